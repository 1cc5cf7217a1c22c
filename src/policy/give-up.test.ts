// The give-up machine step by step: who asks whom, what is granted, what a grant does, how long an opinion lasts. What must never happen is tried in give-up-exploration.test.ts.

import { describe, expect, it, test } from "vitest";
import type { Decision, OwnStanding, Standing } from "./decision.ts";
import {
  decisionFor,
  freshGiveUp,
  type GiveUpEffect,
  type GiveUpInput,
  type GiveUpSelf,
  type GiveUpState,
  stepGiveUp,
} from "./give-up.ts";
import type { Reading } from "./traffic.ts";

const MS = 1000;
const self: GiveUpSelf = {
  session: "s1",
  peers: ["lb2", "lb3"],
  times: {
    ...{ silentUs: 700 * MS, consentUs: 1000 * MS, askUs: 2000 * MS },
    ...{ backOffFirstUs: 5000 * MS, backOffMostUs: 15_000 * MS, quietUs: 60_000 * MS },
  },
};

const standing = (web: Reading, fit: Standing["fit"] = "yes"): Standing => ({ fit, grades: { web } });
const says = (web: Reading, more: Partial<Decision> = {}): Decision => ({
  ...standing(web),
  givenUp: false,
  ...more,
});

/** One machine and its clock, with what it did last. */
class Machine {
  state: GiveUpState = freshGiveUp;
  nowUs = 0;
  effects: readonly GiveUpEffect[] = [];

  #step(input: GiveUpInput): this {
    ({ state: this.state, effects: this.effects } = stepGiveUp(self, this.state, input, this.nowUs));
    return this;
  }
  looks(web: Reading, fit?: Standing["fit"]): this {
    return this.#step({ kind: "looked", own: standing(web, fit) });
  }
  looksAs(own: OwnStanding): this {
    return this.#step({ kind: "looked", own });
  }
  hears(from: string, decision: Decision, session = `session of ${from}`): this {
    return this.#step({ kind: "heard", from, session, decision });
  }
  waits(ms: number): this {
    this.nowUs += ms * MS;
    return this.#step({ kind: "passed" });
  }
  /** What it told, in short. */
  get told(): string[] {
    return this.effects.flatMap((effect) =>
      effect.kind === "tell" ? [`${effect.what} ${effect.peer}: ${effect.why}`] : [],
    );
  }
  get writes(): number[] {
    return this.effects.flatMap((effect) => (effect.kind === "write" ? [effect.opinion] : []));
  }
}

const grant = (request: number, session = self.session): Partial<Decision> => ({
  grant: { session, request },
});
/** Broken, and lb2 is whole: it has asked lb2. */
const asking = (): Machine => new Machine().looks("broken").hears("lb2", says("whole"));
const givenUp = (): Machine => {
  const machine = asking();
  return machine.hears("lb2", says("whole", grant(machine.state.lastRequest)));
};

describe("asking", () => {
  it("a worse node asks the better peer at once, and in every beat", () => {
    const machine = asking();
    const decision = says("broken", { request: 1 });
    expect(machine.effects).toEqual([
      { kind: "send", to: "lb2", decision },
      { kind: "tell", what: "asked", peer: "lb2", rule: "web", why: "web: broken here, whole there" },
    ]);
    expect(decisionFor(machine.waits(200).state, "lb2")).toEqual(decision);
    expect(machine.effects).toEqual([]);
    expect(decisionFor(machine.state, "lb3")).toEqual(says("broken"));
  });

  test.each<[string, Decision]>([
    ["as bad", says("broken")],
    ["worse", says("dead")],
    ["not known", says("unknown")],
    ["unfit", says("whole", { fit: "no" })],
    ["perhaps fit", says("whole", { fit: "unknown" })],
    ["given up", says("whole", { givenUp: true })],
  ])("nobody asks a peer that is %s, and a request to it ends", (_, decision) => {
    expect(new Machine().looks("broken").hears("lb2", decision).effects).toEqual([]);
    const machine = asking().hears("lb2", decision);
    expect(machine.told).toEqual(["request-ended lb2: it is no longer better and fit, or silent"]);
    expect(machine.state.pending).toBeUndefined();
  });

  it("a whole node asks nobody, and one that does not know itself neither", () => {
    expect(new Machine().looks("whole").hears("lb2", says("whole")).effects).toEqual([]);
    expect(new Machine().hears("lb2", says("whole")).effects).toEqual([]);
    expect(asking().looks("whole").told).toHaveLength(1);
  });

  it("a node whose last look no longer bears its grade out asks nobody, and drops what it has asked", () => {
    const returning: OwnStanding = { ...standing("dead"), returning: ["web"] };
    const machine = new Machine().hears("lb2", says("whole")).looksAs(returning);
    expect(machine.told).toEqual([]);
    expect(machine.looks("dead").told).toEqual(["asked lb2: web: dead here, whole there"]);
    expect(machine.looksAs(returning).told).toEqual([
      "request-ended lb2: it is no longer better and fit, or silent",
    ]);
  });

  it("a silent peer is better than nobody", () => {
    const machine = asking().waits(699);
    expect(machine.state.pending).toBeDefined();
    expect(machine.waits(1).state.pending).toBeUndefined();
    expect(machine.looks("dead").effects).toEqual([]);
  });

  it("a request that nobody answers ends, that peer is left alone for a while, and another one is asked", () => {
    const machine = asking();
    for (let waited = 0; waited < 1900; waited += 100) machine.waits(100).hears("lb2", says("whole"));
    machine.hears("lb3", says("broken")).waits(100);
    expect(machine.told).toEqual(["request-ended lb2: it did not answer"]);
    expect(machine.hears("lb2", says("whole")).effects).toEqual([]);
    expect(machine.hears("lb3", says("whole")).told).toEqual(["asked lb3: web: broken here, whole there"]);
    expect(machine.state.lastRequest).toBe(2);
    // The answer comes after all: it is nobody's any more.
    expect(machine.hears("lb2", says("whole", grant(1))).effects).toEqual([]);
    machine.hears("lb3", says("broken"));
    expect(machine.waits(2000).hears("lb2", says("whole")).told).toEqual([
      "asked lb2: web: broken here, whole there",
    ]);
  });

  it("the best of the peers is asked, and the most preferred of equals", () => {
    const dead = (): Machine => new Machine().hears("lb2", says("broken")).hears("lb3", says("whole"));
    expect(dead().looks("dead").state.pending?.to).toBe("lb3");
    expect(dead().hears("lb2", says("whole")).looks("dead").state.pending?.to).toBe("lb2");
    expect(dead().hears("lb3", says("broken")).looks("dead").state.pending?.to).toBe("lb2");
  });

  it("strangers are not heard", () => {
    expect(new Machine().looks("broken").hears("lb9", says("whole")).effects).toEqual([]);
    expect(new Machine().looks("whole").hears("lb9", says("broken", { request: 1 })).effects).toEqual([]);
  });
});

describe("granting", () => {
  it("a better node grants, each time it is asked, and says so at once", () => {
    const machine = new Machine().looks("whole");
    for (let time = 0; time < 2; time += 1) {
      machine.hears("lb2", says("broken", { request: 7 }), "s9");
      expect(machine.effects).toEqual([
        { kind: "send", to: "lb2", decision: says("whole", grant(7, "s9")) },
        { kind: "tell", what: "granted", peer: "lb2", rule: "web", why: "web: broken there, whole here" },
      ]);
    }
  });

  test.each<[string, Machine]>([
    ["as bad", new Machine().looks("dead")],
    ["unfit", new Machine().looks("whole", "no")],
    ["perhaps fit", new Machine().looks("whole", "unknown")],
    ["unknown to itself", new Machine()],
    [
      "given up to another one",
      new Machine()
        .looks("whole")
        .looks("broken")
        .hears("lb3", says("whole"))
        .hears("lb3", says("whole", grant(1))),
    ],
  ])("a node that is %s does not grant", (_, machine) => {
    const sent = machine
      .hears("lb2", says("dead", { request: 1 }))
      .effects.filter((effect) => effect.kind === "send" && effect.decision.grant !== undefined);
    expect(sent).toEqual([]);
  });

  it("drops its own request, and a grant of that one does nothing", () => {
    const machine = new Machine().looks("broken").hears("lb3", says("whole"));
    expect(machine.state.pending?.request).toBe(1);
    machine.hears("lb2", says("dead", { request: 4 }));
    // It still is worse than lb3, so it asks again, with another number.
    expect(machine.told).toEqual([
      "request-ended lb3: lb2 asked first, and this node is better",
      "granted lb2: web: dead there, broken here",
      "asked lb3: web: broken here, whole there",
    ]);
    expect(machine.hears("lb3", says("whole", grant(1))).writes).toEqual([]);
    expect(machine.hears("lb3", says("whole", grant(2))).writes).toEqual([1]);
  });

  it("nobody grants to one that says it has given up already", () => {
    const machine = new Machine().looks("whole");
    expect(machine.hears("lb2", says("broken", { request: 1, givenUp: true })).effects).toEqual([]);
  });
});

describe("giving up", () => {
  it("follows the grant of the pending request", () => {
    const machine = givenUp();
    expect(machine.effects).toEqual([
      { kind: "write", opinion: 1 },
      { kind: "tell", what: "given-up", peer: "lb2", rule: "web", why: "web: broken here, whole there" },
    ]);
    expect(decisionFor(machine.state, "lb2")).toEqual(says("broken", { givenUp: true }));
  });

  test.each<[string, string, Decision]>([
    ["another number", "lb2", says("whole", grant(2))],
    ["another run of this agent", "lb2", says("whole", grant(1, "s0"))],
    ["another peer", "lb3", says("whole", grant(1))],
    ["a peer that is worse by now", "lb2", says("dead", grant(1))],
    ["a peer that is unfit by now", "lb2", says("whole", { fit: "no", ...grant(1) })],
  ])("does not follow a grant of %s", (_, from, decision) => {
    expect(asking().hears(from, decision).writes).toEqual([]);
  });

  it("does not follow the same grant twice", () => {
    const machine = givenUp().looks("whole");
    expect(machine.writes).toEqual([0]);
    expect(machine.looks("broken").hears("lb2", says("whole", grant(1))).writes).toEqual([]);
  });
});

describe("an opinion lasts", () => {
  it("while the node returns, until its grade says so", () => {
    const machine = givenUp();
    expect(machine.looksAs({ ...standing("broken"), returning: ["web"] }).writes).toEqual([]);
    expect(machine.waits(800).hears("lb2", says("whole")).waits(800).writes).toEqual([]);
  });

  it("as long as the taker is heard to consent, and no longer than its consent", () => {
    const machine = givenUp();
    for (let beat = 0; beat < 20; beat += 1) machine.waits(900).hears("lb2", says("whole"));
    expect(machine.state.givenUp?.to).toBe("lb2");
    expect(machine.waits(999).effects).toEqual([]);
    expect(machine.waits(1).effects).toEqual([
      { kind: "write", opinion: 0 },
      {
        ...{ kind: "tell", what: "taken-back", peer: "lb2", rule: "web" },
        why: "its consent has not been heard for 1000 ms",
      },
    ]);
  });

  test.each<[string, (machine: Machine) => Machine, string]>([
    ["the taker is unfit", (machine) => machine.hears("lb2", says("whole", { fit: "no" })), "it is not fit"],
    [
      "it gives up",
      (machine) => machine.hears("lb2", says("whole", { givenUp: true })),
      "it has given up itself",
    ],
    ["it is as bad", (machine) => machine.hears("lb2", says("broken")), "it is not better for any rule"],
    ["it is worse", (machine) => machine.hears("lb2", says("dead")), "it is worse for web (dead)"],
    ["this node is whole", (machine) => machine.looks("whole"), "it is not better for any rule"],
  ])("until %s", (_, happens, why) => {
    const machine = happens(givenUp());
    expect(machine.writes).toEqual([0]);
    expect(machine.told).toEqual([`taken-back lb2: ${why}`]);
  });

  it("through a restart of the taker's agent, which knows nothing at first, if that is short", () => {
    const unsure: Decision = { fit: "unknown", grades: {}, givenUp: false };
    const machine = givenUp().waits(500).hears("lb2", unsure, "its next session");
    expect(machine.state.givenUp).toBeDefined();
    expect(machine.hears("lb2", says("whole"), "its next session").waits(999).writes).toEqual([]);
    expect(givenUp().waits(500).hears("lb2", unsure).waits(500).writes).toEqual([0]);
  });

  it("whatever other peers say", () => {
    const machine = givenUp().waits(900).hears("lb3", says("whole"));
    expect(machine.hears("lb3", says("dead", { fit: "no" })).effects).toEqual([]);
    expect(machine.waits(100).writes).toEqual([0]);
  });
});

describe("flapping is bounded", () => {
  /** Milliseconds after a taking back until the next request. */
  function backOffMs(machine: Machine): number {
    const start = machine.nowUs;
    machine.looks("broken");
    while (machine.hears("lb2", says("whole")).state.pending === undefined) machine.nowUs += 100 * MS;
    const waited = (machine.nowUs - start) / MS;
    machine.hears("lb2", says("whole", grant(machine.state.lastRequest)));
    return waited;
  }

  it("by a back-off that doubles up to its most, and is forgotten after a quiet while", () => {
    const machine = givenUp();
    const waits = [1, 2, 3, 4].map(() => backOffMs(machine.looks("whole")));
    expect(waits).toEqual([5000, 10_000, 15_000, 15_000]);
    // Given up for long is not quiet: what counts is how long it was whole before.
    for (let beat = 0; beat < 100; beat += 1) machine.waits(900).hears("lb2", says("whole"));
    expect(backOffMs(machine.looks("whole"))).toBe(15_000);
    machine.looks("whole");
    machine.nowUs += (15_000 + 60_000) * MS;
    expect(backOffMs(machine)).toBe(0);
    expect(backOffMs(machine.looks("whole"))).toBe(5000);
  });
});
