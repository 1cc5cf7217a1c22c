import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AgentEvent, FactKind } from "./facts.ts";
import { inOrder, movesIn, type Scene } from "./moves.ts";
import { gapsIn, renderHistory, renderStory, storyOf, storySentence } from "./story.ts";

const VIP = "10.150.160.32";
const scene: Scene = { routers: [{ name: "ext-lb", vips: [VIP] }] };
const STARTED_MS = Date.parse("2026-11-22T10:42:00Z");

interface More {
  readonly previous?: string;
  readonly detail?: Readonly<Record<string, string>>;
  readonly evidence?: string;
}

type Line = readonly [
  afterMs: number,
  node: "extlb-01" | "extlb-02",
  kind: FactKind,
  subject: string,
  value: string,
  more?: More,
];

/** Each node's events get the numbers of its log in the order written. */
function events(...lines: readonly Line[]): AgentEvent[] {
  const counts = new Map<string, number>();
  return lines.map(([afterMs, node, kind, subject, value, more]) => {
    const sequence = (counts.get(node) ?? 0) + 1;
    counts.set(node, sequence);
    return { node, log: `log-${node}`, sequence, atMs: STARTED_MS + afterMs, kind, subject, value, ...more };
  });
}

const before: readonly Line[] = [
  [-60_000, "extlb-01", "agent", "self", "running"],
  [-60_000, "extlb-01", "instance", "ext-lb", "MASTER"],
  [-60_000, "extlb-01", "vip", VIP, "ens192"],
  [-60_000, "extlb-02", "agent", "self", "running"],
  [-60_000, "extlb-02", "instance", "ext-lb", "BACKUP"],
  [-60_000, "extlb-02", "vip", VIP, "-"],
];

const killed: readonly Line[] = [
  [
    7113,
    "extlb-01",
    "unit",
    "haproxy",
    "failed",
    {
      previous: "active",
      detail: { result: "oom-kill" },
      evidence: "haproxy.service: Failed with result 'oom-kill'.",
    },
  ],
  [7115, "extlb-01", "watched", "process", "1", { previous: "0" }],
  [
    7117,
    "extlb-01",
    "instance",
    "ext-lb",
    "FAULT",
    { previous: "MASTER", evidence: 'INSTANCE "ext-lb" FAULT 101' },
  ],
  [7118, "extlb-01", "vip", VIP, "-", { previous: "ens192" }],
  [7131, "extlb-02", "vip", VIP, "ens192", { previous: "-" }],
  [
    7132,
    "extlb-02",
    "instance",
    "ext-lb",
    "MASTER",
    { previous: "BACKUP", evidence: 'INSTANCE "ext-lb" MASTER 100' },
  ],
  [8300, "extlb-01", "unit", "haproxy", "active", { previous: "failed" }],
  [8310, "extlb-01", "watched", "process", "0", { previous: "1" }],
  [8320, "extlb-01", "instance", "ext-lb", "BACKUP", { previous: "FAULT" }],
];

function onlyMove(all: readonly AgentEvent[], of: Scene = scene) {
  const [move] = movesIn(all, of);
  if (move === undefined) throw new Error("no move was found");
  return move;
}

describe("a move", () => {
  test("from, to, why, for how long, and what it cost", () => {
    expect(onlyMove(events(...before, ...killed))).toMatchObject({
      router: "ext-lb",
      vip: VIP,
      fromNode: "extlb-01",
      toNode: "extlb-02",
      atMs: STARTED_MS + 7131,
      outageMs: 18,
      cause: "extlb-01: HAProxy exited (killed: out of memory)",
      causeKnown: true,
      planned: false,
    });
  });

  test("in whatever order the events come, and with a peer whose clock is wrong", () => {
    const all = events(...before, ...killed);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.integer({ min: -5000, max: 5000 }),
        (shuffled, aheadMs) => {
          const skewed = shuffled.map((event) =>
            event.node === "extlb-02" ? { ...event, atMs: event.atMs + aheadMs } : event,
          );
          const corrected = movesIn(skewed, { ...scene, clockAheadMs: { "extlb-02": aheadMs } });
          expect(corrected).toEqual(movesIn(all, scene));
        },
      ),
    );
  });

  test("an agent that has just begun sees no move in the state that it finds", () => {
    expect(movesIn(events(...before), scene)).toEqual([]);
  });

  test("the holder falls silent: from its last sign of life", () => {
    const move = onlyMove(
      events(
        ...before,
        [1000, "extlb-01", "worker", "haproxy", "17"],
        [
          3000,
          "extlb-02",
          "peer",
          "extlb-01",
          "silent",
          { previous: "heard", detail: { lastHeardMs: String(STARTED_MS + 2000) } },
        ],
        [5600, "extlb-02", "instance", "ext-lb", "MASTER", { previous: "BACKUP" }],
      ),
    );
    expect(move).toMatchObject({
      cause: "extlb-01 fell silent: it is down, or cut off from extlb-02",
      outageMs: 3600,
      outageText: "from the last sign of life of extlb-01 to the address on extlb-02",
    });
  });

  test("the higher priority comes back: no outage, and the old holder leaves after", () => {
    const move = onlyMove(
      events(
        ...before,
        [5000, "extlb-02", "instance", "ext-lb", "MASTER", { previous: "BACKUP" }],
        [5003, "extlb-01", "instance", "ext-lb", "BACKUP", { previous: "MASTER" }],
      ),
    );
    expect(move).toMatchObject({ outageMs: 0, cause: "extlb-02 sent adverts of a higher priority" });
  });

  test("held by a person: planned", () => {
    const move = onlyMove(
      events(
        ...before,
        [5000, "extlb-01", "maintenance", "node", "on", { detail: { by: "alice", reason: "kernel update" } }],
        [5001, "extlb-01", "watched", "hold", "1", { previous: "0" }],
        [5002, "extlb-01", "instance", "ext-lb", "FAULT", { previous: "MASTER" }],
        [5020, "extlb-02", "instance", "ext-lb", "MASTER", { previous: "BACKUP" }],
      ),
    );
    expect(move).toMatchObject({
      planned: true,
      outageMs: 18,
      cause: "extlb-01 was put under maintenance by alice: kernel update",
    });
  });

  test("a maintenance whose record is seen after its hold is the cause all the same", () => {
    const move = onlyMove(
      events(
        ...before,
        [5001, "extlb-01", "watched", "hold", "1", { previous: "0" }],
        [5002, "extlb-01", "instance", "ext-lb", "FAULT", { previous: "MASTER" }],
        [5020, "extlb-02", "instance", "ext-lb", "MASTER", { previous: "BACKUP" }],
        [6900, "extlb-01", "maintenance", "node", "on", { previous: "off", detail: { by: "anna@ops1" } }],
      ),
    );
    expect(move).toMatchObject({
      planned: true,
      cause: "extlb-01 was put under maintenance by anna@ops1",
    });
  });

  test.each(["hold", "hold-ext-lb"])(
    "moved by hapair switch: %s pulses, and nobody is under maintenance",
    (hold) => {
      const pulse: Line[] = [
        [5001, "extlb-01", "watched", hold, "1", { previous: "0" }],
        [5002, "extlb-01", "instance", "ext-lb", "FAULT", { previous: "MASTER" }],
        [5020, "extlb-02", "instance", "ext-lb", "MASTER", { previous: "BACKUP" }],
      ];
      const lifted: Line = [5040, "extlb-01", "watched", hold, "0", { previous: "1" }];
      expect(onlyMove(events(...before, ...pulse, lifted))).toMatchObject({
        planned: true,
        causeKnown: true,
        cause: "moved by hapair switch",
      });
      // At once where its drain is known: it was opened before.
      const drain: Line = [4000, "extlb-01", "drain", "give", "open", { previous: "closed" }];
      expect(onlyMove(events(...before, drain, ...pulse)).cause).toBe("moved by hapair switch");
      // Until then it may be anybody's.
      expect(onlyMove(events(...before, ...pulse))).toMatchObject({
        planned: true,
        cause: expect.stringMatching(/^extlb-01: the node was held/),
      });
    },
  );

  test("a pulse that was over before anyone looked shows by its drain", () => {
    const unseen: Line[] = [
      [5002, "extlb-01", "instance", "ext-lb", "FAULT", { previous: "MASTER" }],
      [5020, "extlb-02", "instance", "ext-lb", "MASTER", { previous: "BACKUP" }],
    ];
    const drain: Line = [4700, "extlb-01", "drain", "give", "open", { previous: "closed" }];
    expect(onlyMove(events(...before, drain, ...unseen))).toMatchObject({
      planned: true,
      cause: "moved by hapair switch",
    });
    expect(onlyMove(events(...before, ...unseen))).toMatchObject({ planned: false, causeKnown: false });
  });

  test("a failure while a drain is open is no switch", () => {
    const move = onlyMove(
      events(
        ...before,
        [4700, "extlb-01", "drain", "give", "open", { previous: "closed" }],
        [
          5000,
          "extlb-01",
          "unit",
          "haproxy",
          "failed",
          { previous: "active", detail: { result: "signal 9" } },
        ],
        [5001, "extlb-01", "watched", "process", "1", { previous: "0" }],
        [5002, "extlb-01", "instance", "ext-lb", "FAULT", { previous: "MASTER" }],
        [5020, "extlb-02", "instance", "ext-lb", "MASTER", { previous: "BACKUP" }],
      ),
    );
    expect(move).toMatchObject({ planned: false, cause: "extlb-01: HAProxy exited (signal 9)" });
  });

  test("a node under maintenance that takes it as a last resort is named as such", () => {
    const lastResort: Line[] = [
      [2000, "extlb-02", "maintenance", "node", "on", { previous: "off", detail: { by: "anna@ops1" } }],
      [
        3000,
        "extlb-02",
        "peer",
        "extlb-01",
        "silent",
        { previous: "heard", detail: { lastHeardMs: String(STARTED_MS + 2000) } },
      ],
      [9000, "extlb-02", "last-resort", "node", "on", { previous: "off" }],
      [9600, "extlb-02", "instance", "ext-lb", "MASTER", { previous: "FAULT" }],
    ];
    expect(onlyMove(events(...before, ...lastResort)).cause).toBe(
      "extlb-01 fell silent: it is down, or cut off from extlb-02; extlb-02 is under maintenance and took it as a last resort",
    );
  });

  test("what the old holder has not told is not made up", () => {
    const move = onlyMove(
      events(...before, [5000, "extlb-02", "instance", "ext-lb", "MASTER", { previous: "BACKUP" }]),
    );
    expect(move.outageMs).toBeUndefined();
    expect(move).toMatchObject({
      causeKnown: false,
      cause: "not known: the agent of extlb-01 has told nothing of it",
      outageText: "extlb-01 has not told when it stopped serving",
    });
  });
});

describe("the story", () => {
  test("of a failover, in a sentence", () => {
    expect(storySentence(onlyMove(events(...before, ...killed)))).toBe(
      "10:42:07.113Z extlb-01: HAProxy exited (killed: out of memory) -> 10:42:07.131Z extlb-02 took the VIP; outage about 18 ms",
    );
  });

  test("of a failover, with the evidence of both nodes", () => {
    const all = events(...before, ...killed);
    expect(renderStory(storyOf(onlyMove(all), all, scene), 60)).toMatchInlineSnapshot(`
      "2026-11-22 11:42:07.131  ext-lb: 10.150.160.32  extlb-01 -> extlb-02
      why:    extlb-01: HAProxy exited (killed: out of memory)
      outage: about 18 ms, from "HAProxy exited (killed: out of memory)" on extlb-01 to the address on extlb-02

      11:42:07.113  extlb-01  HAProxy exited (killed: out of memory)             | haproxy.service: Failed with result 'oom-kill'.
      11:42:07.115  extlb-01  HAProxy's unit let the VIP go (process is 1)
      11:42:07.117  extlb-01  keepalived: ext-lb is FAULT                        | INSTANCE "ext-lb" FAULT 101
      11:42:07.131  extlb-02  10.150.160.32 is on ens192
      11:42:07.132  extlb-02  took 10.150.160.32 (keepalived: ext-lb is MASTER)  | INSTANCE "ext-lb" MASTER 100
      11:42:08.300  extlb-01  HAProxy runs
      11:42:08.320  extlb-01  is ready to take over again"
    `);
  });

  test("of a moment: the last move before it, or what happened around it", () => {
    const all = events(...before, ...killed);
    expect(storyOf(STARTED_MS + 60_000, all, scene).move?.atMs).toBe(STARTED_MS + 7131);
    expect(renderStory(storyOf(STARTED_MS - 60_000, all, scene))).toMatchInlineSnapshot(`
      "No move is known at that time. What happened around it:

      10:41:00.000Z  extlb-01  the agent runs
      10:41:00.000Z  extlb-01  keepalived: ext-lb is MASTER
      10:41:00.000Z  extlb-01  10.150.160.32 is on ens192
      10:41:00.000Z  extlb-02  the agent runs
      10:41:00.000Z  extlb-02  keepalived: ext-lb is BACKUP
      10:41:00.000Z  extlb-02  10.150.160.32 is on no interface"
    `);
    expect(renderStory(storyOf(0, [], scene))).toMatchInlineSnapshot(`
      "No move is known at that time. What happened around it:

      Nothing is recorded of it."
    `);
  });

  test("of a give-up, with an agent that was not running in between", () => {
    const all = events(
      ...before,
      [
        6000,
        "extlb-01",
        "server",
        "web/s1",
        "down",
        { previous: "up", evidence: "web/s1: L4CON, connection refused" },
      ],
      [
        6500,
        "extlb-01",
        "rule",
        "web-servers",
        "dead",
        { previous: "whole", detail: { found: "0 of 3 servers up" } },
      ],
      [
        6510,
        "extlb-01",
        "opinion",
        "traffic",
        "given-up",
        { previous: "kept", detail: { to: "extlb-02", rule: "web-servers" } },
      ],
      [6511, "extlb-01", "watched", "traffic", "1", { previous: "0" }],
      [6513, "extlb-01", "instance", "ext-lb", "FAULT", { previous: "MASTER" }],
      [7122, "extlb-02", "instance", "ext-lb", "MASTER", { previous: "BACKUP" }],
      [20_000, "extlb-01", "agent", "self", "stopping"],
      [35_000, "extlb-01", "agent", "self", "running", { detail: { before: "it was killed" } }],
    );
    expect(renderStory(storyOf(onlyMove(all), all, scene))).toMatchInlineSnapshot(`
      "2026-11-22 10:42:07.122Z  ext-lb: 10.150.160.32  extlb-01 -> extlb-02
      why:    extlb-01: rule web-servers is dead (0 of 3 servers up), and its agent gave the VIP up
      outage: about 609 ms, from "keepalived: ext-lb is FAULT" on extlb-01 to the address on extlb-02

      10:42:06.000Z  extlb-01  server web/s1 is down                                     | web/s1: L4CON, connection refused
      10:42:06.500Z  extlb-01  rule web-servers is dead (0 of 3 servers up)
      10:42:06.510Z  extlb-01  the agent gives the VIP up to extlb-02, rule web-servers
      10:42:06.511Z  extlb-01  the agent let the VIP go (traffic is 1)
      10:42:06.513Z  extlb-01  keepalived: ext-lb is FAULT
      10:42:07.122Z  extlb-02  took 10.150.160.32 (keepalived: ext-lb is MASTER)

      extlb-01's agent was not running from 2026-11-22 10:42:20.000Z to 2026-11-22 10:42:35.000Z (it was killed): what happened there meanwhile is not known"
    `);
  });
});

describe("the history", () => {
  test("lists moves and gaps in aligned columns", () => {
    const all = events(
      ...before,
      ...killed,
      [90_000, "extlb-02", "agent", "self", "stopping"],
      [95_000, "extlb-02", "agent", "self", "running"],
      [200_000, "extlb-02", "unit", "keepalived", "stopping"],
      [200_900, "extlb-02", "instance", "ext-lb", "STOPPED", { previous: "MASTER" }],
      [201_512, "extlb-01", "instance", "ext-lb", "MASTER", { previous: "BACKUP" }],
    );
    expect(renderHistory(movesIn(all, scene), gapsIn(inOrder(all, scene)))).toMatchInlineSnapshot(`
      "when                      router  move                  outage        why
      2026-11-22 10:42:07.131Z  ext-lb  extlb-01 -> extlb-02  about 18 ms   extlb-01: HAProxy exited (killed: out of memory)
      2026-11-22 10:45:21.512Z  ext-lb  extlb-02 -> extlb-01  about 612 ms  extlb-02: keepalived was told to stop

      extlb-02's agent was not running from 2026-11-22 10:43:30.000Z to 2026-11-22 10:43:35.000Z: what happened there meanwhile is not known"
    `);
    expect(renderHistory([])).toBe("No move is recorded.");
  });
});

test("stories, histories and sentences of any events are text, and nothing throws", () => {
  const event = fc.record({
    node: fc.constantFrom("extlb-01", "extlb-02"),
    log: fc.constantFrom("a", "b"),
    sequence: fc.nat(50),
    atMs: fc.integer({ min: 0, max: 60_000 }),
    kind: fc.constantFrom<FactKind>("instance", "vip", "unit", "watched", "peer", "agent", "rule", "opinion"),
    subject: fc.constantFrom("ext-lb", VIP, "haproxy", "keepalived", "process", "extlb-01", "self"),
    value: fc.constantFrom(
      "MASTER",
      "BACKUP",
      "FAULT",
      "-",
      "ens192",
      "1",
      "0",
      "silent",
      "failed",
      "running",
      "given-up",
      "dead",
    ),
    previous: fc.constantFrom("MASTER", "BACKUP", "-", "0"),
    causedBy: fc.nat(50),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), fc.integer({ min: 0, max: 60_000 }), (all, atMs) => {
      const moves = movesIn(all, scene);
      for (const move of moves) {
        expect(move.outageMs ?? 0).toBeGreaterThanOrEqual(0);
        expect(storySentence(move)).toContain("took the VIP");
      }
      expect(typeof renderHistory(moves, gapsIn(inOrder(all, scene)))).toBe("string");
      expect(renderStory(storyOf(atMs, all, scene)).split("\n").length).toBeLessThan(120);
    }),
  );
});
