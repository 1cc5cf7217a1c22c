// The rules about VRIDs, priorities and elections on files as people write them: what each says, and where all of them are silent.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { exampleBlock } from "../examples/example-block.ts";
import { exampleNode, examplePair, type ExampleSettings } from "../examples/example-instance.ts";
import { lintedNode } from "../node.ts";
import { virtualRouters } from "../routers.ts";
import type { ExampleFiles, Finding, Rule } from "../rule.ts";
import type { LintSubject } from "../subject.ts";

const VERSION = "2.2.7";

const rules: Rule[] = [];
for (const name of readdirSync(import.meta.dirname).toSorted()) {
  if (!/^hp1[01]\d-.*\.ts$/.test(name) || name.endsWith(".test.ts")) continue;
  const loaded = (await import(join(import.meta.dirname, name))) as { rule: Rule };
  rules.push(loaded.rule);
}

function subjectOf(files: ExampleFiles): LintSubject {
  const nodes = Object.entries(files).map(([name, text]) =>
    lintedNode({ name, main: sourceText(`${name}.conf`, text) }, VERSION),
  );
  return { nodes, routers: virtualRouters(nodes), version: VERSION };
}

interface Found {
  readonly rule: Rule;
  readonly finding: Finding;
}

function findingsOn(files: ExampleFiles): Found[] {
  const subject = subjectOf(files);
  return rules.flatMap((rule) => [...rule.check(subject)].map((finding) => ({ rule, finding })));
}

/** `HP109 error`, in the order of the codes. */
function codesOn(files: ExampleFiles): string[] {
  return findingsOn(files).map(({ rule, finding }) => `${rule.code} ${finding.severity ?? rule.severity}`);
}

function messageOn(files: ExampleFiles, code: string): string | undefined {
  return findingsOn(files).find(({ rule }) => rule.code === code)?.finding.message;
}

const both = (settings: ExampleSettings) => (own: ExampleSettings) => ({ ...settings, ...own });
const nopreempt = { lines: ["nopreempt"] };

describe("pairs", () => {
  const weighted = both({ script: ["weight -20"] });
  it.each<[string, ExampleSettings, ExampleSettings, string[]]>([
    ["two priorities, a check of weight 0", {}, {}, []],
    ["state MASTER, preempting back", { state: "MASTER" }, {}, []],
    ["nopreempt on both", nopreempt, nopreempt, []],
    ["nopreempt on the preferred one, which is enough", nopreempt, {}, []],
    ["a weight larger than the gap", weighted({}), weighted({}), []],
    ["a weight smaller than the gap", weighted({ priority: 150 }), weighted({}), ["HP109 error"]],
    ["a tie", weighted({ priority: 120 }), weighted({ priority: 100 }), ["HP109 error"]],
    ["a weight under nopreempt", weighted(nopreempt), weighted(nopreempt), ["HP108 error"]],
    ["nopreempt on the lower one", {}, nopreempt, ["HP107 error"]],
    ["nopreempt with state MASTER", { ...nopreempt, state: "MASTER" }, nopreempt, ["HP106 error"]],
    ["nopreempt with 255", { ...nopreempt, priority: 255 }, nopreempt, ["HP105 warning", "HP106 error"]],
    [
      "preempt_delay with state MASTER",
      { state: "MASTER", lines: ["preempt_delay 30"] },
      {},
      ["HP106 error"],
    ],
    [
      "a weight under preempt_delay",
      weighted({ lines: ["preempt_delay 60"] }),
      weighted({ lines: ["preempt_delay 60"] }),
      ["HP119 warning"],
    ],
    [
      "a weight under a preempt_delay of the preferred one alone, or a short one",
      weighted({ lines: ["preempt_delay 60"] }),
      weighted({ lines: ["preempt_delay 2"] }),
      [],
    ],
    ["preempt_delay with weight 0", { lines: ["preempt_delay 60"] }, { lines: ["preempt_delay 60"] }, []],
    [
      "strict mode, which makes BACKUP of it first",
      { state: "MASTER", lines: ["nopreempt", "strict_mode"] },
      nopreempt,
      [],
    ],
    [
      "preempt_delay beside nopreempt",
      { lines: ["nopreempt", "preempt_delay 9"] },
      nopreempt,
      ["HP116 warning"],
    ],
    ["preempt_delay 0 with state MASTER", { state: "MASTER", lines: ["preempt_delay 0"] }, {}, []],
    ["one priority", { priority: 100 }, { priority: 100 }, ["HP104 warning"]],
    [
      "one priority on purpose",
      { ...nopreempt, priority: 100 },
      { ...nopreempt, priority: 100 },
      ["HP104 advice"],
    ],
    ["state MASTER twice", { state: "MASTER" }, { state: "MASTER" }, ["HP111 warning"]],
    ["state MASTER on the lower one", { state: "MASTER", priority: 51 }, {}, ["HP115 warning"]],
    ["two VRIDs", { id: 50 }, { id: 51 }, ["HP101 error"]],
    ["two versions", { lines: ["version 3"] }, {}, ["HP114 error"]],
    ["state SLAVE", { state: "MASTER" }, { state: "SLAVE" }, ["HP112 warning"]],
    ["no priority", { priority: null }, {}, ["HP104 warning", "HP113 warning"]],
    [
      "no priority with state MASTER: 255, so the check goes",
      weighted({ priority: null, state: "MASTER" }),
      weighted({}),
      ["HP113 warning"],
    ],
  ])("%s", (_name, lb1, lb2, expected) => {
    expect(codesOn(examplePair(lb1, lb2))).toEqual(expected);
  });

  it("AH makes BACKUP of state MASTER first, so that nopreempt stays", () => {
    const { lb1 = "", lb2 = "" } = examplePair({ ...nopreempt, state: "MASTER" }, nopreempt);
    const [first, second] = [lb1, lb2].map((text) => text.replace("auth_type PASS", "auth_type AH"));
    expect(codesOn({ lb1: first ?? "", lb2: second ?? "" })).not.toContain("HP106 error");
  });

  it("one node alone says nothing about its peer", () => {
    expect(codesOn({ lb1: exampleNode(0, { priority: 150, script: ["weight -2"], ...nopreempt }) })).toEqual(
      [],
    );
  });

  it("the same with the files in another order", () => {
    const { lb1 = "", lb2 = "" } = examplePair(weighted({ priority: 150 }), weighted({}));
    expect(messageOn({ lb2, lb1 }, "HP109")).toBe(messageOn({ lb1, lb2 }, "HP109"));
  });
});

describe("messages", () => {
  it("tell the arithmetic", () => {
    const script = ["weight -2"];
    expect(messageOn(examplePair({ script }, { priority: 98, script }), "HP109")).toBe(
      "when chk_haproxy (weight -2) fails, lb1: 101-2 = 99 still beats lb2: 98",
    );
    expect(messageOn(examplePair({ priority: 100, script }, { priority: 98, script }), "HP109")).toBe(
      "when chk_haproxy (weight -2) fails, lb1: 100-2 = 98 ties with lb2: 98, and at equal priority nobody takes over",
    );
    const plus = { script: ["weight 2"] };
    expect(messageOn(examplePair({ priority: 200, ...plus }, plus), "HP109")).toBe(
      "when chk_haproxy (weight 2) fails, lb1: 200 still beats lb2: 100+2 = 102",
    );
    expect(
      messageOn(examplePair({ script, lines: ["nopreempt"] }, { script, lines: ["nopreempt"] }), "HP108"),
    ).toBe(
      "when chk_haproxy fails, lb1: 101-2 = 99, lb2: 100, but lb2 has nopreempt and never takes the VIP from a living master",
    );
  });

  it("propose a weight that would do, and none where none does", () => {
    const advice = (weight: number, first: number, second: number) => {
      const script = [`weight ${weight}`];
      const files = examplePair({ priority: first, script }, { priority: second, script });
      const found = findingsOn(files).find(({ rule }) => rule.code === "HP109");
      return / weight (-?\d+) \(or more/.exec(found?.finding.advice ?? "")?.[1];
    };
    expect(advice(-20, 150, 100)).toBe("-51");
    expect(advice(2, 150, 100)).toBe("51");
    expect(advice(50, 254, 250)).toBeUndefined();
    for (const [first, second, sign] of [
      [150, 100, -1],
      [150, 100, 1],
      [102, 100, -1],
      [102, 100, 1],
    ] as const) {
      const script = [`weight ${advice(sign, first, second)}`];
      const cured = examplePair({ priority: first, script }, { priority: second, script });
      expect(codesOn(cured)).toEqual([]);
    }
  });

  it("name the higher source address where priorities are equal", () => {
    const equal = findingsOn(examplePair({ priority: 100 }, { priority: 100 }))[0];
    expect(equal?.finding.consequence).toContain("lb2 (192.0.2.12) wins");
  });
});

describe("three nodes", () => {
  const trio = (first: number, second: number, third: number, lines: readonly string[] = []) => {
    const file = (index: 0 | 1, priority: number) =>
      exampleNode(index, { priority, script: ["weight -20"], lines });
    return { lb1: file(0, first), lb2: file(1, second), lb3: file(1, third) };
  };

  it.each<[string, ExampleFiles, string[]]>([
    ["any peer is enough", trio(100, 95, 90), []],
    ["too far from both", trio(150, 100, 90), ["HP109 error"]],
    ["the third too far from the second", trio(110, 100, 50), ["HP109 warning"]],
    ["the lower two alike", trio(101, 100, 100), ["HP104 advice"]],
    ["nopreempt on all", trio(110, 105, 100, ["nopreempt"]), ["HP108 error"]],
  ])("%s", (_name, files, expected) => {
    expect(codesOn(files)).toEqual(expected);
  });
});

describe("VRIDs on one node", () => {
  const instance = (name: string, id: number, address: string, ...lines: readonly string[]) =>
    exampleBlock(`vrrp_instance ${name}`, [
      "state BACKUP",
      "interface eth0",
      `virtual_router_id ${id}`,
      "priority 100",
      ...lines,
      "virtual_ipaddress {",
      `    ${address}`,
      "}",
    ]);
  const unicast = (peer: string) => ["unicast_src_ip 192.0.2.1", "unicast_peer {", `    ${peer}`, "}"];
  const codes = (...blocks: readonly string[]) => codesOn({ lb1: blocks.join("\n") });

  // keepalived -t of 2.2.7 and 2.3.3 says the same of each.
  it.each<[string, string, string, string[]]>([
    ["multicast twice", instance("A", 50, "192.0.2.10"), instance("B", 50, "192.0.2.20"), ["HP102 error"]],
    ["two VRIDs", instance("A", 50, "192.0.2.10"), instance("B", 52, "192.0.2.20"), []],
    ["two families", instance("A", 50, "192.0.2.10"), instance("B", 50, "2001:db8::10"), []],
    [
      "a common peer",
      instance("A", 50, "192.0.2.10", ...unicast("192.0.2.2")),
      instance("B", 50, "192.0.2.20", ...unicast("192.0.2.2")),
      ["HP102 error"],
    ],
    [
      "other peers",
      instance("A", 50, "192.0.2.10", ...unicast("192.0.2.2")),
      instance("B", 50, "192.0.2.20", ...unicast("192.0.2.3")),
      [],
    ],
    [
      "unicast and multicast",
      instance("A", 50, "192.0.2.10", ...unicast("192.0.2.2")),
      instance("B", 50, "192.0.2.20"),
      [],
    ],
    [
      "another multicast group",
      instance("A", 50, "192.0.2.10", "mcast_dst_ip 224.0.0.50"),
      instance("B", 50, "192.0.2.20"),
      [],
    ],
  ])("%s", (_name, first, second, expected) => {
    expect(codes(first, second)).toEqual(expected);
  });

  it("crossed preferences on two routers are fine, and each gap is reckoned for itself", () => {
    const script = (weight: number) =>
      exampleBlock("vrrp_script chk", ['script "/usr/local/bin/chk"', "interval 2", `weight ${weight}`]);
    const track = ["track_script {", "    chk", "}"];
    const node = (a: number, b: number, weight: number) =>
      [
        script(weight),
        instance("A", 60, "192.0.2.10", ...track).replace("priority 100", `priority ${a}`),
        instance("B", 61, "192.0.2.20", ...track).replace("priority 100", `priority ${b}`),
      ].join("\n");
    expect(codesOn({ lb1: node(101, 100, 2), lb2: node(100, 101, 2) })).toEqual([]);
    expect(codesOn({ lb1: node(150, 100, -20), lb2: node(100, 150, -20) })).toEqual([
      "HP109 error",
      "HP109 error",
    ]);
  });
});

describe("sync groups", () => {
  const group = (...lines: readonly string[]) =>
    exampleBlock("vrrp_sync_group G", ["group {", "    LB_VIP", "}", ...lines]);
  const track = ["track_script {", "    chk_haproxy", "}"];
  const script = ["weight -20"];
  const pairWith = (block: string) =>
    examplePair({ priority: 110, script, blocks: [block] }, { priority: 100, script, blocks: [block] });

  it("drop a member's weighted check, of which no gap is said", () => {
    expect(codesOn(pairWith(group()))).toEqual(["HP110 error", "HP110 error"]);
  });

  it("keep it where the group tracks it too, or lets members have weights", () => {
    expect(codesOn(pairWith(group(...track)))).toEqual([]);
    expect(codesOn(pairWith(group("sync_group_tracking_weight")))).toEqual([]);
  });
});

describe("sync groups of two legs", () => {
  const leg = (name: string, id: number, priority: number) =>
    exampleBlock(`vrrp_instance ${name}`, [
      "state BACKUP",
      `interface eth${id % 2}`,
      `virtual_router_id ${id}`,
      `priority ${priority}`,
      "virtual_ipaddress {",
      `    192.0.2.${id}`,
      "}",
    ]);
  const group = (name: string, ...members: readonly string[]) =>
    exampleBlock(`vrrp_sync_group ${name}`, ["group {", ...members, "}"]);
  const node = (first: number, second: number, third: number, fourth: number, ...groups: readonly string[]) =>
    [...groups, leg("A", 60, first), leg("B", 61, second), leg("C", 62, third), leg("D", 63, fourth)].join(
      "\n",
    );
  const groups = [group("FIRST", "A", "B"), group("SECOND", "C", "D")];

  it.each<[string, ExampleFiles, string[]]>([
    [
      "two groups, each on its own node",
      { lb1: node(101, 101, 100, 100, ...groups), lb2: node(100, 100, 101, 101, ...groups) },
      [],
    ],
    [
      "a group that is of two minds",
      { lb1: node(101, 100, 100, 100, ...groups), lb2: node(100, 101, 101, 101, ...groups) },
      ["HP117 warning"],
    ],
    [
      "groups of another name and order",
      {
        lb1: node(101, 101, 100, 100, ...groups),
        lb2: node(100, 100, 101, 101, group("X", "D", "C"), group("Y", "B", "A")),
      },
      [],
    ],
    [
      "a group on one node only",
      { lb1: node(101, 101, 100, 100, ...groups), lb2: node(100, 100, 101, 101, group("SECOND", "C", "D")) },
      ["HP118 warning"],
    ],
  ])("%s", (_name, files, expected) => {
    expect(codesOn(files)).toEqual(expected);
  });
});

describe("values nobody has filled in", () => {
  it.each(["{{ priority }}", "$PRIORITY", "<PRIORITY>", "PRIORITY"])("%s as priority", (priority) => {
    const text = (index: 0 | 1) =>
      exampleNode(index, { script: ["weight -2"], lines: ["nopreempt"] }).replace(
        /priority \d+/,
        `priority ${priority}`,
      );
    expect(codesOn({ lb1: text(0), lb2: text(1) })).toEqual([]);
  });

  it.each(["{{ state }}", "$STATE", "<state>"])("%s as state", (state) => {
    const lines = ["nopreempt", "preempt_delay 0"];
    expect(codesOn(examplePair({ state, lines }, { state, lines }))).toEqual([]);
  });

  it("a template that chooses the state", () => {
    const text = (index: 0 | 1) =>
      exampleNode(index, { lines: ["nopreempt"] }).replace(
        "state BACKUP",
        "{% if first %}\n    state MASTER\n    {% else %}\n    state BACKUP\n    {% endif %}",
      );
    expect(codesOn({ lb1: text(0), lb2: text(1) })).toEqual([]);
  });
});

describe("fixes", () => {
  const fixed = (files: ExampleFiles, code: string): string | undefined => {
    const found = findingsOn(files).find(
      ({ rule, finding }) => rule.code === code && finding.fix !== undefined,
    );
    const [edit] = found?.finding.fix?.edits ?? [];
    if (edit === undefined) return undefined;
    const { node, span } = edit.at;
    const text = files[node.name] ?? "";
    const changed = text.slice(0, span.start) + edit.replacement + text.slice(span.end);
    expect(codesOn({ ...files, [node.name]: changed })).not.toContain(`${code} error`);
    return changed.split("\n").find((line) => line.includes("state "));
  };

  it("write state BACKUP where every node asks for nopreempt", () => {
    expect(fixed(examplePair({ ...nopreempt, state: "MASTER" }, nopreempt), "HP106")).toBe(
      "    state BACKUP",
    );
  });

  it.each<[string, ExampleFiles]>([
    [
      "a weighted check would then be blocked",
      examplePair({ ...nopreempt, state: "MASTER", script: ["weight -2"] }, nopreempt),
    ],
    [
      "the priority hangs on the state",
      examplePair({ ...nopreempt, state: "MASTER", priority: null }, nopreempt),
    ],
    ["the peer preempts", examplePair({ ...nopreempt, state: "MASTER" }, {})],
    ["the peer is not known", { lb1: exampleNode(0, { ...nopreempt, state: "MASTER" }) }],
  ])("none where %s", (_name, files) => {
    expect(codesOn(files)).toContain("HP106 error");
    expect(fixed(files, "HP106")).toBeUndefined();
  });

  it("capitalise backup, and leave master to a person", () => {
    expect(fixed(examplePair({}, { state: "backup" }), "HP112")).toBe("    state BACKUP");
    expect(fixed(examplePair({ state: "master" }, {}), "HP112")).toBeUndefined();
  });
});
