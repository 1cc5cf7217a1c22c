// What the rules about haproxy.cfg say, and what they pass over, beyond their own examples.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { lintedNode } from "../node.ts";
import { virtualRouters } from "../routers.ts";
import type { Rule } from "../rule.ts";
import type { LintSubject, NodeSurroundings } from "../subject.ts";
import { rule as hp601 } from "./hp601-haproxy-cannot-bind.ts";
import { rule as hp602 } from "./hp602-nbsrv-unchecked.ts";
import { rule as hp603 } from "./hp603-haproxy-differs.ts";
import { rule as hp604 } from "./hp604-no-runtime-socket.ts";
import { rule as hp605 } from "./hp605-vip-unserved.ts";

type NonlocalBind = NodeSurroundings["nonlocalBind"];

/** Nodes lb1, lb2 ... with these texts as haproxy.cfg. */
function subjectOf(texts: readonly string[], nonlocalBind: NonlocalBind = "unknown"): LintSubject {
  const nodes = texts.map((text, index) =>
    lintedNode(
      {
        name: `lb${index + 1}`,
        main: sourceText(`lb${index + 1}.conf`, exampleCheck({ priority: 101 - index })),
        haproxy: sourceText(`lb${index + 1}.cfg`, text),
        surroundings: { nonlocalBind },
      },
      "2.2.7",
    ),
  );
  return { nodes, routers: virtualRouters(nodes), version: "2.2.7" };
}

function messages(rule: Rule, ...texts: readonly string[]): string[] {
  return [...rule.check(subjectOf(texts))].map((finding) => finding.message);
}

describe("HP601", () => {
  it.each<[string, NonlocalBind, readonly (string | undefined)[]]>([
    ["bind 192.0.2.50:80", "off", ["error"]],
    ["bind 192.0.2.50:80", "unknown", ["warning"]],
    ["bind 192.0.2.50:80", "on", []],
    ["bind 192.0.2.50:80 transparent", "off", []],
    ["bind *:80", "off", []],
    ["bind 192.0.2.11:80", "off", []],
    ["bind 127.0.0.1:80,192.0.2.50:80", "off", ["error"]],
  ])("%s with nonlocal bind %s", (line, nonlocalBind, expected) => {
    const subject = subjectOf([`frontend web\n  ${line}\n`], nonlocalBind);
    expect([...hp601.check(subject)].map((finding) => finding.severity ?? hp601.severity)).toEqual(expected);
  });
});

describe("HP602", () => {
  const web = (condition: string, servers: readonly string[]): string =>
    `frontend web\n  bind *:80\n  ${condition}\nbackend app\n${servers.map((line) => `  ${line}\n`).join("")}`;
  const unchecked = "server a 192.0.2.21:80";
  const checked = "server b 192.0.2.22:80 check";

  it.each([
    [
      "monitor fail if { nbsrv(app) lt 1 }",
      [unchecked],
      ["lb1: nbsrv(app) never changes, since no server of app has check"],
    ],
    [
      "acl dead nbsrv(app) lt 1",
      [unchecked, checked],
      ["lb1: nbsrv(app) never falls below 1, since 1 server of app has no check"],
    ],
    ["acl dead nbsrv(app) lt 2", [unchecked, checked], []],
    ["acl dead nbsrv(app) lt 1", [checked], []],
    ["acl dead nbsrv(other) lt 1", [unchecked], []],
    ["acl dead nbsrv(app) lt 1", ["default-server check", unchecked], []],
    [
      "acl up srv_is_up(app/a)",
      [unchecked, checked],
      ["lb1: srv_is_up(app/a) never changes, since app/a has no check"],
    ],
    ["default_backend app", [unchecked], []],
  ])("%s over %j", (condition, servers, expected) => {
    expect(messages(hp602, web(condition, servers))).toEqual(expected);
  });
});

describe("HP603", () => {
  const web = "frontend web\n  bind *:80\n  default_backend app\n";
  const app = "backend app\n  server a 192.0.2.21:80 check\n";

  it.each([
    [
      "comments, blanks and the order of sections",
      `${web}${app}`,
      `# x\n${app}\n\n${web.replaceAll("  ", "\t")}`,
    ],
    [
      "the node's name",
      `${web}  http-response set-header X-Node lb1\n`,
      `${web}  http-response set-header X-Node lb2\n`,
    ],
    ["own addresses of binds", "frontend f\n  bind 192.0.2.11:80\n", "frontend f\n  bind 192.0.2.12:80\n"],
    ["what belongs to the machine", "global\n  nbthread 2\n  node a\n", "global\n  nbthread 8\n"],
  ])("does not mind %s", (_what, left, right) => {
    expect(messages(hp603, left, right)).toEqual([]);
  });

  it.each([
    [`${web}${app}`, web, "haproxy.cfg differs: lb1 has a section backend app, lb2 has none"],
    [web, `${web}${app}`, "haproxy.cfg differs: lb2 has a section backend app, lb1 has none"],
    [
      `${web}${app}`,
      `${web}${app}  server b 192.0.2.22:80 check\n`,
      'haproxy.cfg differs in backend app: lb1 has a line less, lb2 has "server b 192.0.2.22:80 check" in line 6',
    ],
    [
      "frontend f\n  bind *:80\n",
      "frontend f\n  bind *:81\n",
      'haproxy.cfg differs in frontend f: lb1 has "bind *:80" in line 2, lb2 has "bind *:81" in line 2',
    ],
    [
      "frontend f\n  bind 192.0.2.50:80\n",
      "frontend f\n  bind 192.0.2.51:80\n",
      'haproxy.cfg differs in frontend f: lb1 has "bind 192.0.2.50:80" in line 2, lb2 has "bind 192.0.2.51:80" in line 2',
    ],
    [
      "userlist u\n  user x insecure-password one\n",
      "userlist u\n  user x insecure-password two\n",
      "haproxy.cfg differs in userlist u: lb1 has another user in line 2, lb2 has another user in line 2",
    ],
  ])("tells the first difference of %j and %j", (left, right, expected) => {
    expect(messages(hp603, left, right)).toEqual([expected]);
  });
});

describe("HP604 and HP605", () => {
  it.each([
    ["global\n  stats socket /run/haproxy.sock\nfrontend f\n  bind *:80\n", 0, 0],
    ["global\n  maxconn 10\nfrontend f\n  bind 192.0.2.50:80\n", 1, 0],
    ["global\n  stats socket /x\nfrontend f\n  bind 192.0.2.11:80\n  bind 127.0.0.1:8404\n", 0, 1],
    ["global\n  stats socket /x\nfrontend f\n  bind 192.0.2.11:80\nfrontend g\n  bind :::443\n", 0, 0],
    ['global\n  stats socket /x\nfrontend f\n  bind "${ADDRESS}:80"\n  bind 192.0.2.11:80\n', 0, 0],
    ["global\n  stats socket /x\nfrontend f\n  bind unix@/run/x.sock\n  bind 192.0.2.11:80\n", 0, 1],
    ["", 0, 0],
  ])("%j", (text, sockets, unserved) => {
    expect([messages(hp604, text).length, messages(hp605, text).length]).toEqual([sockets, unserved]);
  });
});

const corpus = resolve(import.meta.dirname, "../../../../shared/corpus");

describe.skipIf(!existsSync(corpus))("haproxy.cfg files of the corpus", () => {
  it("differ from themselves in nothing, and are read without end of patience", () => {
    for (const file of existsSync(corpus) ? readdirSync(`${corpus}/haproxy`) : []) {
      const text = readFileSync(`${corpus}/haproxy/${file}`, "utf8");
      expect(messages(hp603, text, text), file).toEqual([]);
      expect(messages(hp602, text), file).toEqual([]);
    }
  });

  it("bind the VIP where pairs.md says so (X)", () => {
    const text = readFileSync(`${corpus}/pairs/armc23/a.conf`, "utf8");
    const haproxy = readFileSync(`${corpus}/haproxy/armc23-node1-haproxy.cfg`, "utf8");
    const node = lintedNode(
      { name: "node1", main: sourceText("a.conf", text), haproxy: sourceText("haproxy.cfg", haproxy) },
      "2.2.7",
    );
    const subject = { nodes: [node], routers: virtualRouters([node]), version: "2.2.7" };
    expect([...hp601.check(subject)].map((finding) => finding.severity)).toContain("warning");
  });
});
