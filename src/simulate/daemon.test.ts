// keepalived's process as it was seen to behave by real daemons beside the simulator (docs/reference/fidelity.md): thaw, reload, delay, checks.

import { describe, expect, it } from "vitest";
import type { FidelityCase, KeepalivedVersion } from "../../test/support/fidelity/case.ts";
import { predict } from "../../test/support/fidelity/predicted.ts";
import type { Happening } from "../scenario/index.ts";

interface NodeText {
  readonly globals?: string;
  readonly blocks?: string;
  readonly priority: number;
  readonly lines?: string;
  readonly vip?: string;
  /** Further files, that a reload may bring: what is different in them. */
  readonly others?: Readonly<Record<string, Partial<NodeText>>>;
}

const configuration = ({
  globals = "",
  blocks = "",
  priority,
  lines = "",
  vip = "192.0.2.100/24",
}: NodeText): string => `
global_defs {
  router_id test
  ${globals}
}
${blocks}
vrrp_instance one {
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 1
  virtual_ipaddress {
    ${vip}
  }
  ${lines}
}
`;

type Event = readonly [atMs: number, node: "a" | "b", action: Happening];

const START: Happening = { kind: "start-service", service: "keepalived" };
const STOP: Happening = { kind: "stop-service", service: "keepalived" };
const FREEZE: Happening = { kind: "freeze-service", service: "keepalived" };
const THAW: Happening = { kind: "thaw-service", service: "keepalived" };

/** What node a's keepalived tells of its instance: states with their times in milliseconds. */
function storyOfA(
  version: KeepalivedVersion,
  a: NodeText,
  b: NodeText | undefined,
  happened: readonly Event[],
  lengthMs = 30_000,
  isReadyAtOnce = true,
): string[] {
  const nodes = [a, ...(b === undefined ? [] : [b])].map((node, index) => ({
    name: index === 0 ? "a" : "b",
    address: `192.0.2.${index + 1}`,
    configurations: {
      start: configuration(node),
      ...Object.fromEntries(
        Object.entries(node.others ?? {}).map(([name, other]) => [
          name,
          configuration({ ...node, ...other }),
        ]),
      ),
    },
    watchedFiles: { f: 0 },
  }));
  const events = happened.map(([atMs, node, action]) => ({ atUs: atMs * 1000, on: { node }, action }));
  const fidelityCase: FidelityCase = {
    ...{ seed: 0, index: 0, nodes, events, lengthUs: lengthMs * 1000, features: [] },
    instances: [{ name: "one", vip: "192.0.2.100/24" }],
  };
  const performed = events.map(({ atUs }, index) => ({
    index,
    atUs,
    ...(isReadyAtOnce ? { readyUs: atUs } : {}),
  }));
  return predict(fidelityCase, version, performed)
    .transitions.filter(({ node }) => node === "a")
    .map(({ state, atUs }) => `${state} ${Math.round(atUs / 1000)}`);
}

const strong: NodeText = { priority: 200 };
const weak: NodeText = { priority: 100 };
const check = (lines: string): string => `
vrrp_script c {
  script "/usr/bin/true"
  ${lines}
}`;
const tracking = "track_script {\n c\n }";

describe("a keepalived that goes on after SIGCONT", () => {
  it("reads the adverts in its socket before its overdue timer counts", () => {
    const story = storyOfA("2.2.7", weak, strong, [
      [100, "b", START],
      [200, "a", START],
      [9_000, "a", FREEZE],
      [20_000, "a", THAW],
    ]);
    expect(story).toEqual(["BACKUP 200"]);
  });

  it("gives way to the adverts that came before the goodbye, and takes over after it", () => {
    const story = storyOfA("2.2.7", weak, strong, [
      [100, "a", START],
      [5_000, "a", FREEZE],
      [5_500, "b", START],
      [14_000, "b", STOP],
      [20_000, "a", THAW],
    ]);
    // 0.609 s is the skew of priority 100.
    expect(story).toEqual(["BACKUP 100", "MASTER 3709", "BACKUP 20000", "MASTER 20609"]);
  });

  it("is told of every change of the carrier, after what it had to read before", () => {
    const story = storyOfA("2.2.7", weak, strong, [
      [100, "a", START],
      [5_000, "a", FREEZE],
      [5_500, "b", START],
      [12_000, "a", { kind: "cut-cable" }],
      [13_000, "a", { kind: "restore-cable" }],
      [14_000, "a", { kind: "cut-cable" }],
      [20_000, "a", THAW],
    ]);
    expect(story).toEqual([
      ...["BACKUP 100", "MASTER 3709", "BACKUP 20000", "FAULT 20000", "BACKUP 20000", "FAULT 20000"],
    ]);
  });

  it("reads what was in its socket though its cable has been cut since", () => {
    const story = storyOfA("2.2.7", weak, strong, [
      [100, "a", START],
      [5_000, "a", FREEZE],
      [5_500, "b", START],
      [12_000, "a", { kind: "cut-cable" }],
      [20_000, "a", THAW],
    ]);
    expect(story.slice(2)).toEqual(["BACKUP 20000", "FAULT 20000"]);
  });

  it("begins a check's run that was missed at once, and counts from there", () => {
    const watching = { ...weak, blocks: check("interval 2\nfall 2"), lines: tracking };
    const story = storyOfA("2.2.7", watching, undefined, [
      [0, "a", START],
      [5_000, "a", FREEZE],
      [5_500, "a", { kind: "fail-check", check: "c" }],
      [9_500, "a", THAW],
    ]);
    expect(story.at(-1)).toBe("FAULT 11506");
  });
});

describe("a reload", () => {
  const watching = (other: string): NodeText => ({
    ...weak,
    blocks: check("interval 2\nfall 2\nrise 2"),
    lines: tracking,
    others: { other: { blocks: check(other) } },
  });
  const events: readonly Event[] = [
    [0, "a", START],
    [9_000, "a", { kind: "fail-check", check: "c" }],
    [9_100, "a", { kind: "reload", config: "other" }],
  ];

  it("keeps a full count: one failure is not enough where fall is 2", () => {
    expect(storyOfA("2.2.7", watching("interval 2\nfall 2\nrise 2"), undefined, events).at(-1)).toBe(
      "FAULT 11106",
    );
  });

  it("fills the count up to what the new file has for full", () => {
    expect(storyOfA("2.2.7", watching("interval 2\nfall 3\nrise 1"), undefined, events).at(-1)).toBe(
      "FAULT 13106",
    );
  });

  it("keeps a failed check's count: the passes before it are not forgotten", () => {
    const story = storyOfA("2.2.7", watching("interval 2\nfall 2\nrise 2"), undefined, [
      ...[[0, "a", START] as const, [1_000, "a", { kind: "fail-check", check: "c" }] as const],
      [7_000, "a", { kind: "pass-check", check: "c" }],
      [9_100, "a", { kind: "reload", config: "other" }],
    ]);
    expect(story.at(-2)).toBe("BACKUP 9106");
  });

  it("waits for no result of a check that it brings, and one failure of it is enough", () => {
    const story = storyOfA(
      "2.2.7",
      { ...weak, lines: tracking, others: { other: { blocks: check("interval 2\nfall 3") } } },
      undefined,
      [
        [0, "a", START],
        [9_000, "a", { kind: "reload", config: "other" }],
      ],
    );
    // The new check finds no process.
    expect(story).toEqual(["BACKUP 0", "MASTER 3609", "FAULT 9005"]);
  });
});

describe("a reload of a sync group that has not come up", () => {
  const beside = `
vrrp_sync_group g {
  group {
    one
    two
  }
}
vrrp_instance two {
  interface eth0
  virtual_router_id 52
  priority 100
  virtual_ipaddress {
    192.0.2.110/24
  }
}`;

  it("says nothing of the members that were down without a word before", () => {
    const story = storyOfA(
      "2.2.7",
      {
        ...weak,
        blocks: `${check("interval 1\ntimeout 1")}${beside}`,
        lines: tracking,
        others: { other: {} },
      },
      undefined,
      [
        [0, "a", { kind: "hang-check", check: "c" }],
        [100, "a", START],
        [5_000, "a", { kind: "reload", config: "other" }],
      ],
    );
    expect(story).toEqual(["FAULT 1100"]);
  });
});

describe("instances that share a socket", () => {
  const other = (lines: string): string => `
vrrp_instance two {
  interface eth0
  virtual_router_id 52
  priority 90
  virtual_ipaddress {
    192.0.2.110/24
  }
  ${lines}
}`;
  const watching = (lines: string): NodeText => ({
    ...weak,
    blocks: `track_file f {\n file /f\n weight -1\n}${other(lines)}`,
    lines: "track_file {\n f\n }",
  });
  const events: readonly Event[] = [
    [0, "a", START],
    [1_000, "a", { kind: "write-file", file: "f", value: 50 }],
  ];

  it("wait for the first of them, whose wait a change of priority has made longer", () => {
    const story = storyOfA("2.3.3", watching(""), undefined, events);
    expect(story.slice(2)).toEqual(["MASTER 3805", "MASTER 3805"]);
  });

  it("do not wait for one that has a socket of its own", () => {
    const unicast = "unicast_src_ip 192.0.2.1\nunicast_peer {\n 192.0.2.2\n }";
    const story = storyOfA("2.3.3", watching(unicast), undefined, events);
    expect(story.slice(2)).toEqual(["MASTER 3648", "MASTER 3805"]);
  });
});

describe("skip_check_adv_addr", () => {
  const sparing: NodeText = { ...weak, lines: "skip_check_adv_addr" };
  const other: NodeText = { ...strong, vip: "192.0.2.200/24" };

  it("refuses another list of VIPs in the first advert of a master", () => {
    const story = storyOfA("2.2.7", sparing, other, [
      [0, "b", START],
      [100, "a", START],
    ]);
    expect(story).toEqual(["BACKUP 100", "MASTER 3709"]);
  });

  it("takes another list from the master that a BACKUP heard last, until it starts anew", () => {
    const story = storyOfA("2.2.7", sparing, { ...strong, others: { other } }, [
      [0, "b", START],
      [100, "a", START],
      [9_000, "b", { kind: "reload", config: "other" }],
      [20_000, "a", { kind: "kill-keepalived", process: "child" }],
    ]);
    expect(story).toEqual(["BACKUP 100", "BACKUP 20000", "MASTER 23609"]);
  });

  it("takes none as MASTER", () => {
    const story = storyOfA("2.2.7", sparing, other, [
      [0, "a", START],
      [5_000, "b", START],
    ]);
    expect(story).toEqual(["BACKUP 0", "MASTER 3609"]);
  });
});

describe("vrrp_startup_delay", () => {
  const delayed: NodeText = { ...strong, globals: "vrrp_startup_delay 4" };
  const events: readonly Event[] = [
    [0, "b", START],
    [5_100, "a", START],
  ];

  it("is put off by every advert that is ignored while it lasts, on 2.2.7", () => {
    // b's adverts at 5.609, 6.609, 7.609 and 8.609 s each add what is left of the delay until 9.1 s; the wait itself is 3.219 s.
    expect(storyOfA("2.2.7", delayed, weak, events).at(-1)).toBe("MASTER 20281");
  });

  it("holds for an owner as well, which waits for nothing else", () => {
    const owner = { ...delayed, priority: 255, lines: "state MASTER" };
    for (const version of ["2.2.7", "2.3.3"] as const)
      expect(storyOfA(version, owner, undefined, [[100, "a", START]])).toEqual(["MASTER 4100"]);
  });

  it("is followed by a whole wait after a reload, which finds the owner a BACKUP", () => {
    const owner = { ...delayed, priority: 255, lines: "state MASTER", others: { other: {} } };
    const story = storyOfA("2.2.7", owner, undefined, [
      [100, "a", START],
      [1_000, "a", { kind: "reload", config: "other" }],
    ]);
    // 4.1 s, and 3 x 1 s + 0.004 s skew.
    expect(story).toEqual(["MASTER 7104"]);
  });

  it("deafens from 2.2.8 on, so that nothing puts it off", () => {
    expect(storyOfA("2.3.3", delayed, weak, events).at(-1)).toBe("MASTER 12319");
  });
});

describe("a child that dies young", () => {
  const KILL: Happening = { kind: "kill-keepalived", process: "child" };

  it("is followed by the next at once the first time, then after 1 s and 2 s", () => {
    const story = storyOfA(
      "2.2.7",
      weak,
      undefined,
      [
        [0, "a", START],
        [1_000, "a", KILL],
        [2_000, "a", KILL],
        [4_000, "a", KILL],
      ],
      9_000,
      false,
    );
    expect(story).toEqual(["BACKUP 40", "BACKUP 1040", "BACKUP 3040", "BACKUP 6040"]);
  });
});

describe("a sync group", () => {
  it("starts in FAULT as a whole, and says so, where one of its members has a cause", () => {
    const blocks =
      "track_file f {\n file /run/f\n weight 0\n}\nvrrp_sync_group g {\n group {\n one\n two\n }\n}";
    const two =
      "}\nvrrp_instance two {\n interface eth0\n virtual_router_id 52\n priority 100\n virtual_ipaddress {\n 192.0.2.101\n }\n track_file {\n f\n }";
    const story = storyOfA(
      "2.2.7",
      { ...weak, blocks, lines: two },
      undefined,
      [
        [0, "a", { kind: "write-file", file: "f", value: 1 }],
        [100, "a", START],
        [2_000, "a", { kind: "write-file", file: "f", value: 0 }],
      ],
      4_000,
    );
    expect(story).toEqual(["FAULT 100", "FAULT 100", "BACKUP 2000", "BACKUP 2000"]);
  });
});

describe("owners in a sync group", () => {
  it("become MASTER together at once when the last first result of a check is there", () => {
    const owner = "state MASTER\n";
    const blocks = `${check("interval 1")}\nvrrp_sync_group g {\n group {\n one\n two\n }\n}`;
    const two = `}\nvrrp_instance two {\n ${owner} interface eth0\n virtual_router_id 52\n priority 255\n virtual_ipaddress {\n 192.0.2.101\n }`;
    const a = { priority: 255, blocks, lines: `${owner}${tracking}${two}` };
    const story = storyOfA("2.3.3", a, undefined, [[0, "a", START]], 3_000);
    expect(story).toEqual(["MASTER 6", "MASTER 6"]);
  });
});

describe("a check that hangs", () => {
  const watching: NodeText = { ...weak, blocks: check("interval 1\nfall 2"), lines: tracking };
  const events: readonly Event[] = [
    [0, "a", START],
    [5_500, "a", { kind: "hang-check", check: "c" }],
  ];

  it("fails every interval where its timeout is one, on 2.2.7", () => {
    expect(storyOfA("2.2.7", watching, undefined, events).at(-1)).toBe("FAULT 8000");
  });

  it("fails every second interval from 2.3.3 on: the run due at the timeout is skipped", () => {
    expect(storyOfA("2.3.3", watching, undefined, events).at(-1)).toBe("FAULT 9000");
  });

  describe("for longer than its interval", () => {
    const overlapping = (fall: number): NodeText => ({
      ...weak,
      blocks: check(`interval 2\ntimeout 3\nfall ${fall}`),
      lines: tracking,
    });

    it("fails every interval on 2.2.7: the next run has begun when one runs out of time", () => {
      expect(storyOfA("2.2.7", overlapping(2), undefined, events).at(-1)).toBe("FAULT 11000");
    });

    it("is forgotten on 2.2.7 when another run has ended since the last one began", () => {
      const passing: readonly Event[] = [...events, [7_000, "a", { kind: "pass-check", check: "c" }]];
      expect(storyOfA("2.2.7", overlapping(1), undefined, passing)).toEqual(["BACKUP 6", "MASTER 3615"]);
      // There the next run waits for the end of the one that hangs.
      expect(storyOfA("2.3.3", overlapping(1), undefined, passing).slice(2, 4)).toEqual([
        "FAULT 9000",
        "BACKUP 10006",
      ]);
    });

    it("is ended with every other that ran out of time while keepalived was frozen", () => {
      const frozen: readonly Event[] = [...events, [8_500, "a", FREEZE], [12_000, "a", THAW]];
      expect(storyOfA("2.2.7", overlapping(2), undefined, frozen).at(-1)).toBe("FAULT 12000");
    });
  });
});
