// What instances and sync groups really watch; the rows agree with what keepalived 2.2.7 and 2.3.3 dump with -d.

import { describe, expect, it } from "vitest";
import { sourceText } from "../diagnostics/index.ts";
import type { KeepalivedConfiguration } from "./configuration.ts";
import type { TrackEntry } from "./instance.ts";
import { readConfiguration } from "./read-configuration.ts";

const INSTANCE = `interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.10
    }`;

function read(text: string): KeepalivedConfiguration {
  return readConfiguration(sourceText("keepalived.conf", text));
}

describe("what is tracked", () => {
  const DEFINED = `vrrp_script early {
    script /bin/true
    weight -20
}
vrrp_script fault {
    script /bin/true
}
vrrp_script empty {
    interval 1
}
track_file flag {
    file /run/flag
}
vrrp_track_process proxy {
    process haproxy
    weight 10
}
`;
  const AFTER = "vrrp_script late {\n    script /bin/true\n}\n";

  function tracked(lines: string, more = ""): string[] {
    const text = `${DEFINED}${more}vrrp_instance VI {\n${INSTANCE}\n${lines}\n}\n${AFTER}`;
    const [instance] = read(text).instances;
    if (instance === undefined) return [];
    const { trackScripts, trackFiles, trackProcesses, trackInterfaces } = instance;
    return [...trackScripts, ...trackFiles, ...trackProcesses, ...trackInterfaces].map(entry);
  }

  const entry = ({ name, untrackedBecause, weightInForce, reverseInForce }: TrackEntry): string =>
    `${name} ${untrackedBecause ?? weightInForce}${reverseInForce === true ? " reverse" : ""}`;

  const scripts = (...names: readonly string[]) => `track_script {\n${names.join("\n")}\n}`;
  const group = (lines = "") => `vrrp_sync_group G {\ngroup {\nVI\n}\n${lines}\n}\n`;

  it.each([
    [
      "scripts",
      scripts("early", "fault", "late", "nowhere", "empty"),
      "",
      ["early -20", "fault 0", "late defined-later", "nowhere undefined", "empty undefined"],
    ],
    [
      "weights of the line",
      scripts("early weight 5 reverse", "fault weight 254", "late weight 3"),
      "",
      ["early 5 reverse", "fault 253", "late defined-later"],
    ],
    ["a name twice", scripts("early 1", "fault", "early", "fault weight 7"), "", ["fault 0", "early -20"]],
    [
      "options",
      scripts("early -20", "fault weight"),
      "",
      ["early option-unreadable", "fault option-unreadable"],
    ],
    [
      "files, processes, interfaces",
      "track_file {\nflag\n}\ntrack_process {\nproxy\n}\ntrack_interface {\neth1 weight -5\neth0\n}",
      "",
      ["flag 1", "proxy 10", "eth1 -5", "eth0 own-interface"],
    ],
    [
      "a sync group",
      `${scripts("early", "fault")}\ntrack_file {\nflag\n}\ntrack_interface {\neth1 weight -5\n}`,
      group(),
      ["early weight-in-sync-group", "fault 0", "flag 0", "eth1 0"],
    ],
    [
      "a sync group with weights",
      scripts("early", "fault"),
      group("sync_group_tracking_weight"),
      ["early -20", "fault 0"],
    ],
    [
      "an owner",
      `priority 255\n${scripts("early", "fault")}\ntrack_interface {\neth1 weight -5\n}`,
      "",
      ["early weight-of-owner", "fault 0", "eth1 weight-of-owner"],
    ],
  ])("%s", (_name, lines, more, expected) => {
    expect(tracked(lines, more)).toEqual(expected);
  });

  it("and what is not known while a file is not read", () => {
    const text = `include more.conf\nvrrp_instance VI {\n${INSTANCE}\n${scripts("nowhere", "late", "x -3")}\n}\n${AFTER}`;
    const configuration = read(text);
    expect(configuration.incomplete).toBe(true);
    expect(configuration.complaints.map(({ kind, value }) => [kind, value])).toEqual([
      ["include", "more.conf"],
    ]);
    expect(
      configuration.instances[0]?.trackScripts.map((each) => [each.tracked, each.untrackedBecause]),
    ).toEqual([
      [true, undefined],
      [false, "defined-later"],
      [false, "option-unreadable"],
    ]);
  });

  it("by a sync group", () => {
    const text = `${DEFINED}${group(scripts("early", "late"))}vrrp_instance VI {\n${INSTANCE}\n}\n${AFTER}`;
    expect(read(text).syncGroups[0]?.trackScripts.map(entry)).toEqual(["early -20", "late defined-later"]);
  });
});
