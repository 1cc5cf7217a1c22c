// What the rules about checks say, and what they pass over, beyond their own examples.

import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { blockLines } from "../examples/example-block.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { lintedNode } from "../node.ts";
import { virtualRouters } from "../routers.ts";
import type { Rule } from "../rule.ts";
import type { LintSubject } from "../subject.ts";
import { rule as hp401 } from "./hp401-script-untracked.ts";
import { rule as hp402 } from "./hp402-script-undefined.ts";
import { rule as hp403 } from "./hp403-no-service-check.ts";
import { rule as hp404 } from "./hp404-checks-differ.ts";
import { rule as hp405 } from "./hp405-check-asks-process-only.ts";
import { rule as hp406 } from "./hp406-check-needs-a-shell.ts";
import { rule as hp407 } from "./hp407-check-asks-the-vip.ts";
import { rule as hp408 } from "./hp408-shared-fate.ts";
import { rule as hp409 } from "./hp409-check-acts.ts";
import { rule as hp410 } from "./hp410-track-file-weight.ts";
import { rule as hp411 } from "./hp411-init-fail.ts";
import { rule as hp412 } from "./hp412-misspelt-command.ts";
import { rule as hp413 } from "./hp413-script-arguments-dropped.ts";
import { rule as hp414 } from "./hp414-script-path-relative.ts";
import { rule as hp415 } from "./hp415-curl-without-fail.ts";
import { rule as hp416 } from "./hp416-dev-tcp-needs-bash.ts";
import { rule as hp417 } from "./hp417-check-cannot-fail.ts";
import { rule as hp418 } from "./hp418-script-in-tmp.ts";

const ALL = [
  ...[hp401, hp402, hp403, hp404, hp405, hp406, hp407, hp408, hp409],
  ...[hp410, hp411, hp412, hp413, hp414, hp415, hp416, hp417, hp418],
];

function subjectOf(files: Record<string, string>, scripts: Record<string, string> = {}): LintSubject {
  const read = new Map(Object.entries(scripts).map(([path, text]) => [path, sourceText(path, text)]));
  const nodes = Object.entries(files).map(([name, text]) =>
    lintedNode({ name, main: sourceText(`${name}.conf`, text), surroundings: { scripts: read } }, "2.2.7"),
  );
  return { nodes, routers: virtualRouters(nodes), version: "2.2.7" };
}

function messages(rule: Rule, subject: LintSubject): string[] {
  return [...rule.check(subject)].map((finding) => finding.message);
}

/** The codes of all rules here about one node whose check is this line. */
function codes(script: string, scripts: Record<string, string> = {}): string[] {
  const subject = subjectOf({ lb1: exampleCheck({ script }) }, scripts);
  return ALL.filter((rule) => [...rule.check(subject)].length > 0).map((rule) => rule.code);
}

describe("a check's line", () => {
  it.each([
    ['"/usr/bin/curl -sf -m 1 http://127.0.0.1:8404/healthz"', []],
    ["/etc/keepalived/chk_haproxy.sh", []],
    ['"/etc/keepalived/chk_haproxy.sh web"', []],
    ['"sudo /usr/local/bin/retcd get-leader"', []],
    ['"/usr/bin/haproxyctl show info"', []],
    [`'bash -c "! test -e /run/isolated"'`, []],
    ['"/bin/nc -z 127.0.0.1 80"', []],
    [`"/bin/sh -c 'ss -ltn | grep -q :80'"`, []],
    ['"/usr/bin/curl -sf http://127.0.0.1/?a=1&b=2"', []],
    [`"/usr/bin/awk '{print $1}' /proc/loadavg"`, []],
    ['"/etc/keepalived/check.sh <VIP>"', []],
    ['"killall -0 haproxy"', ["HP405"]],
    ['"/sbin/service haproxy status"', ["HP405"]],
    ['"curl -s -m 1 http://127.0.0.1/"', ["HP415"]],
    [`"/bin/sh -c 'curl -s http://127.0.0.1/ | grep -q ok'"`, []],
    [`"/bin/sh -c 'curl -s http://127.0.0.1/ || exit 1'"`, ["HP415"]],
    ['"curl -sf http://127.0.0.1/ || exit 1"', ["HP406"]],
    ['"killall -0 haproxy > /dev/null 2>&1"', ["HP405", "HP406"]],
    ['"kill -0 $(cat /run/haproxy.pid)"', ["HP405", "HP406"]],
    ['"if pidof haproxy; then exit 0; fi"', ["HP406"]],
    ['"systemctl stop keepalived"', ["HP409"]],
    ['"killall haproxy"', ["HP409"]],
    ['"killall - 0 haproxy"', ["HP409", "HP412"]],
    ['"kilall -0 haproxy"', ["HP412"]],
    ["killall -0 haproxy", ["HP413"]],
    ['"check_haproxy.sh"', ["HP414"]],
    ['"</dev/tcp/127.0.0.1/80"', ["HP416"]],
    ['"/bin/true"', ["HP417"]],
    ['"/tmp/check.sh"', ["HP418"]],
    ['"curl -sf http://192.0.2.50/"', ["HP407"]],
    [`"/bin/sh -c 'ip addr show | grep -q 192.0.2.50 || exit 0; curl -sf http://192.0.2.50/'"`, []],
    ['"curl -sf http://$VIP/"', []],
  ])("%s: %j", (script, expected) => {
    expect(codes(script)).toEqual(expected);
  });
});

describe("a check's script", () => {
  const path = "/etc/keepalived/chk.sh";
  it.each([
    ["#!/bin/sh\npidof haproxy || exit 1\n", ["HP405"]],
    ["#!/bin/bash\nVIP=192.0.2.50\ncurl -sf http://$VIP/ || exit 1\n", ["HP407"]],
    ["#!/bin/sh\nif ! pidof haproxy; then systemctl stop keepalived; fi\n", ["HP405", "HP409"]],
    [
      "#!/bin/sh\nsystemctl is-active --quiet haproxy || exit 1\ncurl --silent --fail http://127.0.0.1:8405/healthz\n",
      [],
    ],
    ["#!/bin/bash\r\ncurl -sf http://127.0.0.1/\r\n", ["HP417"]],
    ["#!/usr/bin/python3\nimport os\n", []],
  ])("%j: %j", (text, expected) => {
    expect(codes(`"${path}"`, { [path]: text })).toEqual(expected);
  });

  it("that cannot start is an error", () => {
    const subject = subjectOf({ lb1: exampleCheck({ script: path }) }, { [path]: "#!/bin/sh\r\nexit 1\r\n" });
    expect([...hp417.check(subject)].map((finding) => finding.severity)).toEqual(["error"]);
  });
});

describe("HP401 and HP402", () => {
  it("ask whether the nearest script was meant", () => {
    const subject = subjectOf({
      lb1: exampleCheck({ track: blockLines("track_script", ["check_haproxy"]) }),
    });
    expect(messages(hp402, subject)).toEqual([
      "lb1: web tracks check_haproxy, and no vrrp_script of that name is defined. Did you mean chk_haproxy?",
    ]);
    expect(messages(hp401, subject)).toEqual(["lb1: no instance tracks the script chk_haproxy"]);
  });

  it("know a definition that comes too late, and one whose block is misspelt", () => {
    const check = blockLines("vrrp_script chk_haproxy", ['script "/etc/keepalived/chk_haproxy.sh"']).join(
      "\n",
    );
    const late = subjectOf({ lb1: `${exampleCheck({ blocks: [] })}${check}\n` });
    expect(messages(hp402, late)).toEqual([
      "lb1: web tracks chk_haproxy, which is defined only further down",
    ]);
    const misspelt = subjectOf({ lb1: exampleCheck().replace("vrrp_script chk", "rrp_script chk") });
    const [finding] = [...hp402.check(misspelt)];
    expect(finding?.related?.map((related) => related.message)).toEqual([
      "rrp_script is no keyword; vrrp_script is",
    ]);
  });

  it("count what a sync group tracks", () => {
    const group = blockLines("vrrp_sync_group G", [
      ...blockLines("group", ["web"]),
      ...blockLines("track_script", ["chk_haproxy"]),
    ]);
    const subject = subjectOf({ lb1: `${exampleCheck({ track: [] })}${group.join("\n")}\n` });
    expect(ALL.flatMap((rule) => messages(rule, subject))).toEqual([]);
  });
});

describe("HP404", () => {
  const remote = (address: string): string => `"/usr/bin/curl -sf http://${address}:8404/"`;

  it("takes a check of the node's own address for the same one", () => {
    const file = (own: string, priority: number): string =>
      exampleCheck({ script: remote(own), priority }).replace(
        "state BACKUP",
        `state BACKUP\n    unicast_src_ip ${own}`,
      );
    const subject = subjectOf({ lb1: file("192.0.2.11", 101), lb2: file("192.0.2.12", 100) });
    expect(messages(hp404, subject)).toEqual([]);
  });

  it("does not take a letter in a word for the node's name", () => {
    expect(messages(hp404, subjectOf({ a: exampleCheck(), b: exampleCheck({ priority: 100 }) }))).toEqual([]);
  });

  it("names the node without a check, and the check of the other", () => {
    const bare = exampleCheck({ blocks: [], track: [], priority: 100 });
    expect(messages(hp404, subjectOf({ lb1: exampleCheck(), lb2: bare }))).toEqual([
      "lb1 runs chk_haproxy (chk_haproxy.sh) for web, lb2 runs no check",
    ]);
  });
});

describe("HP405", () => {
  it("is silent where another check asks, or a file is watched", () => {
    const two = exampleCheck({
      blocks: [
        ...blockLines("vrrp_script chk_haproxy", ['script "killall -0 haproxy"']),
        ...blockLines("vrrp_script chk_web", ['script "/etc/keepalived/web.sh"']),
      ],
      track: blockLines("track_script", ["chk_haproxy", "chk_web"]),
    });
    expect(messages(hp405, subjectOf({ lb1: two }))).toEqual([]);
  });

  it("sees a tracked process as one", () => {
    const text = exampleCheck({
      blocks: blockLines("vrrp_track_process haproxy", ["process haproxy"]),
      track: blockLines("track_process", ["haproxy"]),
    });
    expect(messages(hp405, subjectOf({ lb1: text }))).toEqual([
      "lb1: vrrp_track_process haproxy is satisfied while the process exists",
    ]);
  });
});

describe("HP408", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1", 1],
    ["127.0.0.1", "127.0.0.1", 0],
    ["192.0.2.1", "192.0.2.2", 0],
    ["gateway.example", "gateway.example", 0],
    ["192.0.2.50", "192.0.2.50", 0],
  ])("lb1 asks %s, lb2 %s: %i", (left, right, count) => {
    const file = (target: string, priority: number): string =>
      exampleCheck({ script: `"/bin/ping -c 1 -W 1 ${target}"`, priority });
    expect(messages(hp408, subjectOf({ lb1: file(left, 101), lb2: file(right, 100) }))).toHaveLength(count);
  });
});

describe("fixes", () => {
  it("remove init_fail, and put quotes around a command", () => {
    const node = subjectOf({ lb1: exampleCheck({ script: "/x/check.sh web # why", lines: ["init_fail"] }) });
    const text = exampleCheck({ script: "/x/check.sh web # why", lines: ["init_fail"] });
    const edits = [hp411, hp413].flatMap((rule) =>
      [...rule.check(node)].flatMap((each) => each.fix?.edits ?? []),
    );
    expect(edits.map(({ at, replacement }) => [text.slice(at.span.start, at.span.end), replacement])).toEqual(
      [
        ["init_fail", ""],
        ["", '"'],
        ["", '"'],
      ],
    );
  });
});
