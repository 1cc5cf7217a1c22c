// Effective priorities against what keepalived 2.2.7 logged of the same files, and what is not reckoned with because nobody knows it.

import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import {
  effectivePriority,
  electorate,
  isUnfilled,
  preferredMember,
  priorityArithmetic,
  trackedItems,
  writtenValue,
} from "./effective-priority.ts";
import { lintedNode } from "../node.ts";
import { virtualRouters } from "../routers.ts";
import type { LintedNode, RouterMember } from "../subject.ts";

function nodeOf(name: string, text: string): LintedNode {
  return lintedNode({ name, main: sourceText(`${name}.conf`, text) }, "2.2.7");
}

const checks = `
vrrp_script chk { script "/bin/chk"
  interval 2
  weight -20
}
vrrp_script plus { script "/bin/plus"
  weight 7
}
vrrp_script fault { script "/bin/fault"
}
vrrp_script turned { script "/bin/turned"
  weight 5 reverse
}
vrrp_track_process proxy { process haproxy
  weight -11
}
track_file flag { file /run/flag
}
track_file heavy { file /run/heavy
  weight 9
}
`;

function instance(priority: string | number, lines: string, name = "VI", vrid = 50): string {
  return `vrrp_instance ${name} {
  state BACKUP
  interface eth0
  virtual_router_id ${vrid}
  priority ${priority}
  ${lines}
  virtual_ipaddress { 192.0.2.${vrid}
  }
}
`;
}

const tracking = (...names: string[]) => `track_script {\n${names.join("\n")}\n}`;

function memberOf(text: string, name = "VI"): RouterMember {
  const node = nodeOf("lb1", text);
  const found = node.configuration.instances.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no instance ${name}`);
  return { node, instance: found };
}

const member = (priority: number, lines: string) => memberOf(checks + instance(priority, lines));

describe("effectivePriority", () => {
  it.each([
    ["nothing tracked", 100, "", [], 100],
    ["a negative weight, well", 100, tracking("chk"), [], 100],
    ["a negative weight, failed", 100, tracking("chk"), ["script chk"], 80],
    ["a positive weight, well", 100, tracking("plus"), [], 107],
    ["a positive weight, failed", 100, tracking("plus"), ["script plus"], 100],
    ["weights add up", 100, tracking("chk", "plus"), ["script chk"], 87],
    ["the line's weight before the script's", 100, tracking("chk weight -3"), ["script chk"], 97],
    ["weight 0 failed is a FAULT", 100, tracking("fault", "plus"), ["script fault"], 0],
    // keepalived 2.2.7 logged 95, 93 and 107 for these three while the script succeeded, which is what a reversed one calls a failure.
    ["reversed", 100, tracking("turned"), ["script turned"], 95],
    ["reversed, another weight", 100, tracking("turned weight 7"), ["script turned"], 93],
    ["noreverse", 100, tracking("turned weight 7 noreverse"), [], 107],
    ["not below 1", 10, tracking("chk"), ["script chk"], 1],
    ["not above 254", 250, tracking("plus"), [], 254],
    ["an owner", 255, tracking("chk", "plus"), ["script chk"], 255],
    ["an undefined script", 100, tracking("nobody weight 20"), [], 100],
    ["a process", 100, "track_process { proxy\n}", ["process proxy"], 89],
    ["an interface", 100, "track_interface { eth1 weight -9\n}", ["interface eth1"], 91],
    ["an interface without weight", 100, "track_interface { eth1\n}", ["interface eth1"], 0],
    ["a file that holds 1", 100, "track_file { heavy\n}", ["file heavy"], 109],
    ["a file that holds 0", 100, "track_file { heavy\n}", [], 100],
    ["a file of FAULT size", 100, "track_file { heavy weight -254\n}", ["file heavy"], 0],
  ] as const)("%s", (_name, priority, lines, failed, expected) => {
    expect(effectivePriority(member(priority, lines), new Set(failed))).toBe(expected);
  });

  it("ignores a script that is only defined further down", () => {
    expect(
      effectivePriority(memberOf(instance(100, tracking("chk")) + checks), new Set(["script chk"])),
    ).toBe(100);
  });
});

describe("trackedItems in a sync group", () => {
  const everything = `${tracking("chk", "fault")}
  track_process { proxy
  }
  track_file { flag
    heavy
  }
  track_interface { eth1 weight -9
  }`;
  const grouped = (group: string) =>
    trackedItems(
      memberOf(`${checks}vrrp_sync_group G {\n group {\n VI\n }\n${group}\n}\n${instance(100, everything)}`),
    ).map((item) => `${item.key} ${item.weight}`);

  it("keeps what the daemon keeps: no weights of scripts and files, those of interfaces as 0, processes as they are", () => {
    expect(grouped("")).toEqual(["script fault 0", "file flag 0", "process proxy -11", "interface eth1 0"]);
  });

  it("keeps all weights with sync_group_tracking_weight", () => {
    expect(grouped("sync_group_tracking_weight")).toEqual([
      "script chk -20",
      "script fault 0",
      "file flag 1",
      "file heavy 9",
      "process proxy -11",
      "interface eth1 -9",
    ]);
  });

  it("adds what the group tracks, with the group's weight", () => {
    expect(grouped(tracking("chk weight -30", "plus", "fault weight -4"))).toEqual([
      "script fault 0",
      "file flag 0",
      "process proxy -11",
      "interface eth1 0",
      "script chk -30",
      "script plus 7",
    ]);
  });
});

describe("priorityArithmetic", () => {
  it.each([
    [100, "", [], "100"],
    [101, tracking("chk"), ["script chk"], "101-20 = 81"],
    [101, tracking("plus"), [], "101+7 = 108"],
    [101, tracking("plus"), ["script plus"], "101"],
    [250, tracking("plus"), [], "250+7 = 257, at most 254"],
    [10, tracking("chk"), ["script chk"], "10-20 = -10, at least 1"],
    [100, tracking("fault"), ["script fault"], "FAULT"],
    [255, tracking("chk"), ["script chk"], "255"],
  ] as const)("of %s with %j and %j failed: %s", (priority, lines, failed, expected) => {
    expect(priorityArithmetic(member(priority, lines), new Set(failed))).toBe(expected);
  });
});

describe("electorate and preferredMember", () => {
  const routerOf = (lb1: string, lb2: string) => {
    const [router] = virtualRouters([nodeOf("lb1", lb1), nodeOf("lb2", lb2)]);
    if (router === undefined) throw new Error("no router");
    return router;
  };
  const preferredOf = (lb1: string, lb2: string) =>
    preferredMember(electorate(routerOf(lb1, lb2)))?.node.name;

  it("prefers the highest effective priority", () => {
    expect(preferredOf(instance(100, ""), instance(101, ""))).toBe("lb2");
    expect(preferredOf(checks + instance(100, tracking("plus")), instance(101, ""))).toBe("lb1");
  });

  it("prefers nobody at a tie", () => {
    expect(preferredOf(instance(100, ""), instance(100, ""))).toBeUndefined();
  });

  it.each([
    ["{{ priority }}", "a template's value"],
    ["$PRIORITY", "a definition that is not there"],
    ["<priority>", "a word in brackets"],
  ])("does not reckon with %s, %s", (priority) => {
    expect(electorate(routerOf(instance(priority, ""), instance(priority, "")))).toEqual([]);
  });

  it("takes a definition for its value", () => {
    const text = `$PRIORITY=150\n${instance("$PRIORITY", "")}`;
    expect(writtenValue(memberOf(text), "priority")).toBe("150");
    expect(isUnfilled(memberOf(text), "priority")).toBe(false);
    expect(preferredOf(text, instance(100, ""))).toBe("lb1");
  });
});
