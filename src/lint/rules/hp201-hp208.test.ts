// The rules on times: what each says of small pairs, and where it must be silent.

import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { exampleNode, examplePair } from "../examples/example-instance.ts";
import { lintedNode } from "../node.ts";
import { virtualRouters } from "../routers.ts";
import type { Finding, Rule } from "../rule.ts";
import { rule as hp201 } from "./hp201-advert-int-differs.ts";
import { rule as hp202 } from "./hp202-advert-int-fraction.ts";
import { rule as hp203 } from "./hp203-detection-slow.ts";
import { rule as hp204 } from "./hp204-script-timeout.ts";
import { rule as hp205 } from "./hp205-outside-acceptable.ts";
import { rule as hp206 } from "./hp206-not-recommended.ts";
import { rule as hp207 } from "./hp207-preempt-without-delay.ts";

interface Asked {
  readonly version?: string;
  readonly promisedServiceHangMs?: number;
  readonly scripts?: Readonly<Record<string, string>>;
}

function findings(rule: Rule, files: Readonly<Record<string, string>>, asked: Asked = {}): Finding[] {
  const { version = "2.2.7", promisedServiceHangMs, scripts = {} } = asked;
  const read = new Map(Object.entries(scripts).map(([path, text]) => [path, sourceText(path, text)]));
  const nodes = Object.entries(files).map(([name, text]) =>
    lintedNode({ name, main: sourceText(`${name}.conf`, text), surroundings: { scripts: read } }, version),
  );
  const promise = promisedServiceHangMs === undefined ? {} : { promisedServiceHangMs };
  return [...rule.check({ nodes, routers: virtualRouters(nodes), version, ...promise })];
}

function messages(rule: Rule, files: Readonly<Record<string, string>>, asked: Asked = {}): string[] {
  return findings(rule, files, asked).map((finding) => finding.message);
}

const withInterval = (index: 0 | 1, interval: string, ...lines: string[]): string =>
  exampleNode(index, { lines }).replace("advert_int 1", `advert_int ${interval}`);

describe("HP201 advert-int-differs", () => {
  it("is an error in version 2, at the node that is unlike the others", () => {
    const found = findings(hp201, { lb1: exampleNode(0), lb2: withInterval(1, "2") });
    expect(found.map((each) => [each.at.node.name, each.message, each.severity])).toEqual([
      [
        "lb2",
        "lb2 advertises every 2 s, lb1 every 1 s: with version 2 each drops the other's adverts",
        undefined,
      ],
    ]);
  });

  it("is a warning in version 3", () => {
    const found = findings(hp201, {
      lb1: withInterval(0, "1", "version 3"),
      lb2: withInterval(1, "0.5", "version 3"),
    });
    expect(found.map((each) => each.severity)).toEqual(["warning"]);
  });

  it("goes by what keepalived makes of the value", () => {
    expect(messages(hp201, { lb1: exampleNode(0), lb2: withInterval(1, "0.5") })).toEqual([]);
  });

  it.each(["{{ advert_int }}", "$ADVERT", "<seconds>"])("is silent about %s", (value) => {
    expect(messages(hp201, { lb1: withInterval(0, "2"), lb2: withInterval(1, value) })).toEqual([]);
  });

  it("leaves nodes of different versions and VRIDs to other rules", () => {
    const slow = withInterval(1, "2", "version 3");
    expect(messages(hp201, { lb1: exampleNode(0), lb2: slow })).toEqual([]);
    const other = exampleNode(1, { id: 51 }).replace("advert_int 1", "advert_int 2");
    expect(messages(hp201, { lb1: exampleNode(0), lb2: other })).toEqual([]);
  });
});

describe("HP202 advert-int-fraction", () => {
  it.each([
    ["0.5", "1 s"],
    ["1.5", "2 s"],
    ["0.2", "1 s"],
  ])("says what %s becomes", (written, used) => {
    expect(messages(hp202, { lb1: withInterval(0, written) })).toEqual([
      `lb1: advert_int ${written} with version 2 becomes ${used}: version 2 counts whole seconds`,
    ]);
  });

  it("reads definitions", () => {
    expect(messages(hp202, { lb1: `$ADV=0.5\n${withInterval(0, "$ADV")}` })).toHaveLength(1);
  });

  it.each(["1.0", "2", "300.5", "abc"])("is silent about %s", (written) => {
    expect(messages(hp202, { lb1: withInterval(0, written) })).toEqual([]);
  });

  it("is silent in version 3", () => {
    expect(messages(hp202, { lb1: withInterval(0, "0.5", "version 3") })).toEqual([]);
  });
});

const check = (lines: string, weight = ""): string =>
  exampleNode(0, { script: weight === "" ? [] : [`weight ${weight}`] }).replace(
    /interval 2\n *timeout 1\n *fall 2/,
    lines,
  );

describe("HP203 detection-slow", () => {
  it("shows the sum of a check and the skew", () => {
    const files = { lb1: check("interval 5\nfall 3"), lb2: exampleNode(1) };
    expect(messages(hp203, files)).toEqual([
      "lb1: a service that is gone is noticed and the address moved after 3 × 5 s + 0.609 s = up to 15.6 s (chk_haproxy: interval 5, fall 3)",
    ]);
  });

  it("adds the missed adverts where the check lowers the priority", () => {
    const files = { lb1: check("interval 3\nfall 3", "-20"), lb2: exampleNode(1) };
    expect(messages(hp203, files).join()).toContain("3 × 3 s + 3 × 1 s + 0.609 s = up to 12.6 s");
    const alone = { lb1: check("interval 3\nfall 3", "-20") };
    expect(messages(hp203, alone)).toEqual([]);
  });

  it("leaves out the takeover where nothing moves", () => {
    const files = { lb1: check("interval 4\nfall 3", "-20"), lb2: exampleNode(1, { lines: ["nopreempt"] }) };
    expect(messages(hp203, files).join()).toContain("is noticed after 3 × 4 s = up to 12 s");
  });

  it("counts a written timeout of a check that may hang, by version", () => {
    const files = { lb1: check("interval 3\nfall 2\ntimeout 3"), lb2: exampleNode(1) };
    expect(messages(hp203, files, { version: "2.2.7" })).toEqual([]);
    expect(messages(hp203, files, { version: "2.4.3" }).join()).toContain(
      "a service that makes chk_haproxy hang is noticed and the address moved after 3 × 3 s + timeout 3 s + 0.609 s = up to 12.6 s",
    );
  });

  it("knows checks that do not hang", () => {
    const slow = check("interval 3\nfall 2\ntimeout 3");
    const file = slow.replace(/script ".*"/, 'script "/usr/bin/pidof haproxy"');
    expect(messages(hp203, { lb1: file, lb2: exampleNode(1) }, { version: "2.4.3" })).toEqual([]);
    const scripts = { "/etc/keepalived/chk_haproxy.sh": "#!/bin/sh\ncurl -m 1 http://127.0.0.1/\n" };
    const files = { lb1: slow, lb2: exampleNode(1) };
    expect(messages(hp203, files, { version: "2.4.3", scripts })).toEqual([]);
  });

  it("judges by the promise where there is one, and then by what is certain", () => {
    const files = { lb1: exampleNode(0), lb2: exampleNode(1) };
    expect(messages(hp203, files, { promisedServiceHangMs: 5000 })).toEqual([]);
    expect(messages(hp203, files, { promisedServiceHangMs: 2000 }).join()).toContain(
      "after 2.6 s at the earliest, 2 × 2 s + 0.609 s = up to 4.6 s; the promise is 2 s",
    );
  });

  it("says once for a script what both nodes have, and names the other", () => {
    const slow = ["interval 5", "fall 3"];
    const files = examplePair({ script: slow }, { script: slow });
    const found = findings(hp203, files);
    expect(found.map((each) => each.related?.map((related) => related.at.node.name))).toEqual([["lb2"]]);
  });

  it("shows what a dead node costs", () => {
    const files = { lb1: withInterval(0, "5"), lb2: withInterval(1, "5") };
    expect(messages(hp203, files)).toEqual([
      "lb2 takes over from a dead lb1 after 3 × 5 s + 0.609 s = up to 15.6 s",
    ]);
  });
});

describe("HP204 script-timeout", () => {
  it("differs by version", () => {
    const files = { lb1: check("interval 2\ntimeout 5\nfall 2") };
    const [old] = findings(hp204, files, { version: "2.2.8" });
    const [later] = findings(hp204, files, { version: "2.3.3" });
    expect(old?.message).toBe("lb1: chk_haproxy may run for 5 s (timeout) and is due every 2 s (interval)");
    expect(later?.message).toBe(old?.message);
    expect(old?.consequence).toContain("up to 3 at a time");
    expect(later?.consequence).toContain("3 intervals later");
  });

  it("is silent up to the interval", () => {
    expect(messages(hp204, { lb1: check("interval 2\ntimeout 2") })).toEqual([]);
    expect(messages(hp204, { lb1: check("interval 5") })).toEqual([]);
  });

  it("tells of a client that waits without a limit, where a hang is noticed late", () => {
    const curl = (options: string, lines: string): string =>
      check(lines).replace(/script ".*"/, `script "/usr/bin/curl ${options} http://127.0.0.1:8404/health"`);
    expect(messages(hp204, { lb1: curl("-fs", "interval 5\nfall 2") })).toEqual([
      "lb1: chk_haproxy runs curl without a time limit, and has no timeout: a run may last the whole interval, 5 s",
    ]);
    expect(messages(hp204, { lb1: curl("-fs", "interval 2\nfall 2") })).toEqual([]);
    expect(messages(hp204, { lb1: curl("-fs -m 1", "interval 5\nfall 2") })).toEqual([]);
    expect(messages(hp204, { lb1: curl("-fsm1", "interval 5\nfall 2") })).toEqual([]);
    expect(messages(hp204, { lb1: curl("-fs", "interval 5\nfall 2\ntimeout 4") })).toEqual([]);
  });
});

describe("HP205 outside-acceptable", () => {
  it("shows what the value means", () => {
    const found = findings(hp205, { lb1: withInterval(0, "5") });
    expect(found.map((each) => [each.message, each.consequence])).toEqual([
      [
        "lb1: LB_VIP has advert_int 5: keepalived takes it, the page's acceptable range is 1–3 sec (recommended 1)",
        "this node takes over from a dead one after 3 × 5 s + 0.605 s = up to 15.6 s",
      ],
    ]);
  });

  it.each([
    ["interval 6", "interval 6"],
    ["interval 2\nfall 11", "fall 11"],
    ["interval 2\nrise 11", "rise 11"],
  ])("asks scripts: %s", (lines, told) => {
    expect(messages(hp205, { lb1: check(lines) }).join()).toContain(`chk_haproxy has ${told}:`);
  });

  it.each(["interval 5\nfall 10\nrise 10", "interval 1"])("takes %s", (lines) => {
    expect(messages(hp205, { lb1: check(lines) })).toEqual([]);
  });

  it("takes the fast profile's interval, and a pair file's own", () => {
    expect(messages(hp205, { lb1: withInterval(0, "0.1", "version 3") })).toEqual([]);
    expect(messages(hp205, { lb1: withInterval(0, "0.2", "version 3") })).toHaveLength(1);
    const promised = { promisedServiceHangMs: 2000 };
    expect(messages(hp205, { lb1: withInterval(0, "0.2", "version 3") }, promised)).toEqual([]);
  });

  it("does not ask a script that nobody watches", () => {
    const unwatched = 'vrrp_script other {\n    script "/bin/true"\n    interval 60\n}\n';
    expect(messages(hp205, { lb1: unwatched + exampleNode(0) })).toEqual([]);
  });
});

describe("HP206 not-recommended", () => {
  it("is off unless asked for, and tells defaults from what is written", () => {
    expect(hp206.optional).toBe(true);
    expect(messages(hp206, { lb1: check("interval 3") })).toEqual([
      "lb1: chk_haproxy has interval 3, the page recommends 2",
      "lb1: chk_haproxy has fall 1 (the default), the page recommends 2",
      "lb1: LB_VIP has no nopreempt, the page recommends it",
    ]);
  });
});

describe("HP207 preempt-without-delay", () => {
  it("tells the preferred node only", () => {
    expect(findings(hp207, examplePair()).map((each) => each.at.node.name)).toEqual(["lb1"]);
  });

  it.each(["nopreempt", "preempt_delay 30"])("is silent with %s on it", (line) => {
    expect(messages(hp207, examplePair({ lines: [line] }))).toEqual([]);
  });

  it("leaves a nopreempt on the other node alone to its own rule", () => {
    expect(messages(hp207, examplePair({}, { lines: ["nopreempt"] }))).toEqual([]);
  });

  it("is silent where nobody is preferred, or nobody knows", () => {
    expect(messages(hp207, examplePair({ priority: 100 }))).toEqual([]);
    expect(messages(hp207, { lb1: exampleNode(0) })).toEqual([]);
  });
});
