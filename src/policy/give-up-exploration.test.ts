// Every interleaving of a small model of the give-up machine: health that changes, messages that are late, lost, doubled and out of order, consent that runs out, agents that crash.
// Rule: never have all nodes given up; and where health stays and messages flow, exactly those have that have somebody better.

import { describe, expect, it } from "vitest";
import { consentOf } from "./consent.ts";
import type { Decision, Standing } from "./decision.ts";
import { decisionFor, freshGiveUp, type GiveUpInput, type GiveUpState, stepGiveUp } from "./give-up.ts";

interface Model {
  readonly nodes: readonly string[];
  /** What a node may find when it looks at itself. */
  readonly health: readonly Standing[];
  /**
   * true: messages say how their sender stands, as it knew it. false: whatever would do most harm, at any time, for how a node
   * stands may change between any two steps; then what flies is requests and grants alone, and the model can be larger.
   */
  readonly truthful: boolean;
  /** Messages on their way at the same time; what is sent beyond that is lost. */
  readonly flyingMax: number;
  readonly step: typeof stepGiveUp;
}

interface Message {
  readonly from: number;
  readonly to: number;
  readonly session: string;
  readonly decision: Decision;
}

// Numbers and sessions grow for ever, and the machine asks of them only whether they are its present ones. So the model has two of
// each, and what is no longer present is renamed. It knows no back-off and no silence, which only forbid requests: without them more is possible.
const PRESENT = "present";
const EARLIER = "earlier";
const PRESENT_REQUEST = 1;
const EARLIER_REQUEST = 0;
/** The consent, and the patience with a request, run out with one tick. */
const TICK_US = 1;
const times = {
  ...{ silentUs: Infinity, consentUs: TICK_US, askUs: TICK_US },
  ...{ backOffFirstUs: 0, backOffMostUs: 0, quietUs: 0 },
};

const standing = (fit: Standing["fit"], ...grades: readonly Standing["grades"][string][]): Standing => ({
  fit,
  grades: Object.fromEntries(grades.map((grade, index) => [`rule ${index}`, grade])),
});
const whole = standing("yes", "whole");
const broken = standing("yes", "broken");
const dead = standing("yes", "dead");

const peersOf = (model: Model, node: number): string[] => model.nodes.filter((_, index) => index !== node);

/** As an agent starts, but for the number: its next request is the present one, whatever it is called. */
const started: GiveUpState = { ...freshGiveUp, lastRequest: PRESENT_REQUEST };

/** What an input does to one node. Between steps its clock stands at 0. */
interface NodeStep {
  readonly state: GiveUpState;
  readonly sent: readonly Message[];
  /** It asked anew, so its request until now is an earlier one. */
  readonly askedAnew: boolean;
}

function nodeStep(model: Model, node: number, before: GiveUpState, input: GiveUpInput): NodeStep {
  const self = { session: PRESENT, peers: peersOf(model, node), times };
  const { state, effects } = model.step(self, before, input, input.kind === "passed" ? TICK_US : 0);
  const sent = effects.flatMap((effect) =>
    effect.kind === "send" ? [message(model, node, effect.to, effect.decision)] : [],
  );
  return { state: renamed(model, state), sent, askedAnew: state.lastRequest > PRESENT_REQUEST };
}

/** The state without what the model does not tell apart: which rule, when, and how many requests there were. */
function renamed(model: Model, { own, heard, pending, givenUp }: GiveUpState): GiveUpState {
  const bound = pending?.to ?? givenUp?.to;
  return {
    heard: heard
      // Of a peer that can say anything next, only that counts which a request or an opinion rests on.
      .filter(({ peer }) => model.truthful || peer === bound)
      .map(({ peer, decision: { fit, grades, givenUp: gone } }) => ({
        ...{ peer, atUs: 0, decision: { fit, grades, givenUp: gone } },
      }))
      .toSorted((left, right) => (left.peer < right.peer ? -1 : 1)),
    lastRequest: PRESENT_REQUEST,
    ...(own === undefined ? {} : { own }),
    ...(pending === undefined ? {} : { pending: { ...pending, request: PRESENT_REQUEST, sinceUs: 0 } }),
    ...(givenUp === undefined
      ? {}
      : { givenUp: { to: givenUp.to, rule: "", sinceUs: 0, consentUntilUs: TICK_US } }),
  };
}

function message(model: Model, from: number, to: string, decision: Decision): Message {
  const request = decision.request === undefined ? {} : { request: PRESENT_REQUEST };
  // A liar that asks says that it is dead, and one that grants that it is whole.
  const said = model.truthful ? {} : { ...(decision.grant ? whole : dead), givenUp: false };
  return {
    from,
    to: model.nodes.indexOf(to),
    session: PRESENT,
    decision: { ...decision, ...said, ...request },
  };
}

/** A message on its way after that node asked anew, or after its agent began another run. */
function aged(one: Message, node: number, by: "request" | "session"): Message {
  const { request, grant } = one.decision;
  if (one.from === node && by === "session") return { ...one, session: EARLIER };
  if (one.from === node && one.session === PRESENT && request !== undefined)
    return { ...one, decision: { ...one.decision, request: EARLIER_REQUEST } };
  if (one.to !== node || grant === undefined || grant.session !== PRESENT) return one;
  const older = by === "session" ? { session: EARLIER } : { request: EARLIER_REQUEST };
  return { ...one, decision: { ...one.decision, grant: { ...grant, ...older } } };
}

/** Values by number, the same number for what is the same; numbers fit into one character. */
class Numbered<Value> {
  readonly values: Value[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(value: Value): number {
    const text = JSON.stringify(value);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.values.length);
    return this.values.push(value) - 1;
  }

  valueOf(number: number): Value {
    return this.values[number] as Value;
  }
}

/** A world as numbers: the nodes' states, then the messages on their way, each once, in rising order. */
type World = readonly number[];

/** What follows from a step of one node, in numbers. */
interface Change {
  readonly state: number;
  readonly sent: readonly number[];
  readonly askedAnew: boolean;
}

/** Steps worlds of a model; each step of the machine is taken once and remembered. */
class Explorer {
  readonly model: Model;
  readonly #states = new Numbered<GiveUpState>();
  readonly #messages = new Numbered<Message>();
  readonly #changes = new Map<number, Change>();
  readonly #beats = new Map<number, number[]>();
  readonly #ages = new Map<number, number>();

  constructor(model: Model) {
    this.model = model;
  }

  first(): World {
    return this.model.nodes.map(() => this.#states.numberOf(started));
  }

  statesOf(world: World): GiveUpState[] {
    return world.slice(0, this.model.nodes.length).map((number) => this.#states.valueOf(number));
  }

  hasNothingFlying(world: World): boolean {
    return world.length === this.model.nodes.length;
  }

  allGivenUp(world: World): boolean {
    return this.statesOf(world).every((state) => state.givenUp !== undefined);
  }

  /** Every world that may follow. A message that arrives may stay on its way, to arrive once more. */
  *successors(world: World): Generator<World> {
    const { nodes, health } = this.model;
    for (const node of nodes.keys()) {
      for (const [index, own] of health.entries())
        yield this.#stepped(world, node, 1 + index, () => ({ kind: "looked", own }));
      yield this.#stepped(world, node, 0, () => ({ kind: "passed" }));
      yield this.#crashed(world, node);
      for (const beat of this.#beatsOf(world, node)) yield this.#launched(world, [beat]);
      if (!this.model.truthful) yield* this.#misled(world, node);
    }
    for (const number of world.slice(nodes.length)) {
      const lost = world.filter((other, index) => index < nodes.length || other !== number);
      yield lost;
      const { from, to, session, decision } = this.#messages.valueOf(number);
      const heard = (): GiveUpInput => ({ kind: "heard", from: nodes[from] ?? "", session, decision });
      yield this.#stepped(world, to, 1 + health.length + number, heard);
      yield this.#stepped(lost, to, 1 + health.length + number, heard);
    }
  }

  /** A peer says that it is better off, or worse. */
  *#misled(world: World, node: number): Generator<World> {
    for (const [from, name] of this.model.nodes.entries()) {
      if (from === node) continue;
      for (const said of [whole, dead]) {
        const decision = { ...said, givenUp: false };
        const number = this.#messages.numberOf({ from, to: node, session: PRESENT, decision });
        const heard = (): GiveUpInput => ({ kind: "heard", from: name, session: PRESENT, decision });
        yield this.#stepped(world, node, 1 + this.model.health.length + number, heard);
      }
    }
  }

  /** `which` numbers the inputs. */
  #stepped(world: World, node: number, which: number, input: () => GiveUpInput): World {
    const before = world[node] ?? 0;
    const change = remembered(this.#changes, joined(joined(before, node), which), () => {
      const { state, sent, askedAnew } = nodeStep(this.model, node, this.#states.valueOf(before), input());
      const numbers = sent.map((one) => this.#messages.numberOf(one));
      return { state: this.#states.numberOf(state), sent: numbers, askedAnew };
    });
    if (change.state === before && change.sent.length === 0) return world;
    const after = change.askedAnew ? this.#aged(world, node, "request") : world;
    return this.#launched(after.with(node, change.state), change.sent);
  }

  #crashed(world: World, node: number): World {
    return this.#aged(world, node, "session").with(node, this.#states.numberOf(started));
  }

  #beatsOf(world: World, node: number): number[] {
    const before = world[node] ?? 0;
    return remembered(this.#beats, joined(before, node), () => {
      const state = this.#states.valueOf(before);
      return peersOf(this.model, node)
        .filter((peer) => this.model.truthful || state.pending?.to === peer)
        .map((peer) => this.#messages.numberOf(message(this.model, node, peer, decisionFor(state, peer))));
    });
  }

  #aged(world: World, node: number, by: "request" | "session"): World {
    const age = (number: number): number =>
      remembered(this.#ages, joined(joined(number, node), by === "request" ? 0 : 1), () =>
        this.#messages.numberOf(aged(this.#messages.valueOf(number), node, by)),
      );
    return this.#world(world, world.slice(this.model.nodes.length).map(age));
  }

  #launched(world: World, sent: readonly number[]): World {
    const flying = world.slice(this.model.nodes.length);
    const room = sent.filter((number) => !flying.includes(number));
    return room.length === 0
      ? world
      : this.#world(world, [...flying, ...room].slice(0, this.model.flyingMax));
  }

  #world(world: World, flying: readonly number[]): World {
    const rising = [...new Set(flying)].toSorted((left, right) => left - right);
    return [...world.slice(0, this.model.nodes.length), ...rising];
  }
}

/** Two numbers as one; the right one fits into one character. */
const joined = (left: number, right: number): number => left * 65_536 + right;

function remembered<Value>(memory: Map<number, Value>, key: number, compute: () => Value): Value {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const value = compute();
  memory.set(key, value);
  return value;
}

interface Exploration {
  readonly worlds: number;
  /** Nothing was left out. */
  readonly complete: boolean;
  /** The nodes of the worlds in which nothing flies. */
  readonly still: readonly (readonly GiveUpState[])[];
  /** In some world all have given up; it is the last one that was looked at. */
  readonly violated: boolean;
}

/** Every world that can be reached, nearest first, up to so many. */
function explored(model: Model, worldsMax: number): Exploration {
  const explorer = new Explorer(model);
  const seen = new Set<string>();
  const queue = [explorer.first()];
  const still: GiveUpState[][] = [];
  for (const world of queue) {
    for (const found of explorer.successors(world)) {
      if (found === world) continue;
      const key = String.fromCharCode(...found);
      if (seen.has(key)) continue;
      if (seen.size >= worldsMax) return { worlds: seen.size, complete: false, still, violated: false };
      seen.add(key);
      if (explorer.allGivenUp(found)) return { worlds: seen.size, complete: false, still, violated: true };
      if (explorer.hasNothingFlying(found)) still.push(explorer.statesOf(found));
      queue.push(found);
    }
  }
  return { worlds: seen.size, complete: true, still, violated: false };
}

/** Faulty machines, made of the right one. */
const faulty: Readonly<Record<string, typeof stepGiveUp>> = {
  "grants and keeps its own request": (self, before, input, nowUs) => {
    const step = stepGiveUp(self, before, input, nowUs);
    const grants = step.effects.filter(
      (effect) => effect.kind === "send" && effect.decision.grant !== undefined,
    );
    if (grants.length === 0 || before.pending === undefined) return step;
    const { lastRequest, pending } = before;
    return { state: { ...step.state, lastRequest, pending }, effects: grants };
  },
  "takes a grant of any of its requests": (self, before, input, nowUs) => {
    if (input.kind !== "heard" || input.decision.grant === undefined || before.pending === undefined)
      return stepGiveUp(self, before, input, nowUs);
    const grant = { ...input.decision.grant, request: before.pending.request };
    return stepGiveUp(self, before, { ...input, decision: { ...input.decision, grant } }, nowUs);
  },
  "takes a grant of an earlier run": (self, before, input, nowUs) => {
    if (input.kind !== "heard" || input.decision.grant === undefined)
      return stepGiveUp(self, before, input, nowUs);
    const grant = { ...input.decision.grant, session: self.session };
    return stepGiveUp(self, before, { ...input, decision: { ...input.decision, grant } }, nowUs);
  },
  "grants while it has given up": (self, before, input, nowUs) => {
    const step = stepGiveUp(self, before, input, nowUs);
    if (input.kind !== "heard" || before.givenUp === undefined || input.decision.request === undefined)
      return step;
    const { givenUp: _, ...notGivenUp } = before;
    const grants = stepGiveUp(self, notGivenUp, input, nowUs).effects.filter(
      (effect) => effect.kind === "send" && effect.decision.grant !== undefined,
    );
    return grants.length === 0 ? step : { state: before, effects: grants };
  },
};

/** Rounds after which the nodes have to have settled, and messages that one round may take. */
const ROUNDS = 4;
const ROUND_MESSAGES_MAX = 40;

/** The nodes after some rounds in which health stays, everyone looks, and everyone hears everyone. */
function settled(model: Model, states: readonly GiveUpState[], health: readonly Standing[]): GiveUpState[] {
  const nodes = [...states];
  const queue: Message[] = [];
  const step = (node: number, input: GiveUpInput): void => {
    const { state, sent } = nodeStep(model, node, nodes[node] ?? freshGiveUp, input);
    nodes[node] = state;
    queue.push(...sent);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [node, own] of health.entries()) step(node, { kind: "looked", own });
    for (const [node, state] of nodes.entries()) {
      for (const peer of peersOf(model, node))
        queue.push(message(model, node, peer, decisionFor(state, peer)));
    }
    let taken = 0;
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      taken += 1;
      if (taken > ROUND_MESSAGES_MAX) throw new Error("the nodes answer each other for ever");
      const from = model.nodes[one.from] ?? "";
      step(one.to, { kind: "heard", from, session: one.session, decision: one.decision });
    }
  }
  return nodes;
}

/** A node has to have given up exactly when another would be a better holder. */
function shouldHaveGivenUp(node: number, health: readonly Standing[]): boolean {
  const own = health[node];
  return health.some(
    (other, index) =>
      index !== node && own !== undefined && consentOf(own, { ...other, givenUp: false }).verdict === "yes",
  );
}

const unfit = standing("no", "whole");
const twoTruthful: Model = {
  ...{ nodes: ["a", "b"], health: [whole, broken, dead, unfit], truthful: true },
  ...{ flyingMax: 1, step: stepGiveUp },
};
const twoMisled: Model = { ...twoTruthful, health: [broken], truthful: false, flyingMax: 3 };
const threeMisled: Model = { ...twoMisled, nodes: ["a", "b", "c"], flyingMax: 1 };
const ALL = 1_000_000;

describe("never have all nodes given up", () => {
  it("in any of the more than 25,000 worlds of two nodes that say how they stand", () => {
    const { worlds, complete, violated } = explored(twoTruthful, ALL);
    expect({ complete, violated }).toEqual({ complete: true, violated: false });
    expect(worlds).toBeGreaterThan(25_000);
  });

  it("in any of the more than 15,000 worlds of two nodes that may believe anything of each other", () => {
    const { worlds, complete, violated } = explored(twoMisled, ALL);
    expect({ complete, violated }).toEqual({ complete: true, violated: false });
    expect(worlds).toBeGreaterThan(15_000);
  });

  it("in any of the more than 6,000 worlds of three such nodes with one message on its way", () => {
    const { worlds, complete, violated } = explored(threeMisled, ALL);
    expect({ complete, violated }).toEqual({ complete: true, violated: false });
    expect(worlds).toBeGreaterThan(6000);
  });

  it("in the nearest 40,000 worlds of three such nodes with two messages on their way", () => {
    const { worlds, violated } = explored({ ...threeMisled, flyingMax: 2 }, 40_000);
    expect({ worlds, violated }).toEqual({ worlds: 40_000, violated: false });
  });

  it.each(Object.keys(faulty))("and the exploration finds a machine that %s", (name) => {
    const step = faulty[name] ?? stepGiveUp;
    expect(explored({ ...twoMisled, step }, ALL).violated).toBe(true);
  });
});

describe("when health stays and messages flow, whoever has somebody better has given up, and nobody else", () => {
  /** The starts from which the nodes do not end as they should; the first is enough to see why. */
  function strays(model: Model, starts: Exploration["still"], health: readonly Standing[]): unknown[] {
    const wanted = String(health.map((_, node) => shouldHaveGivenUp(node, health)));
    return starts
      .filter((states) => {
        const ended = settled(model, states, health);
        return String(ended.map((state) => state.givenUp !== undefined)) !== wanted;
      })
      .slice(0, 1);
  }

  it("two nodes, from every world in which nothing flies", () => {
    const { still } = explored(twoTruthful, ALL);
    expect(still.length).toBeGreaterThan(1500);
    const pairs = [
      [broken, whole],
      [whole, broken],
      [broken, dead],
      [whole, whole],
      [broken, broken],
      [broken, unfit],
    ];
    for (const health of pairs)
      expect(strays(twoTruthful, still, health), JSON.stringify(health)).toEqual([]);
  });

  it("three nodes, from every world in which nothing flies", () => {
    const { still } = explored(threeMisled, ALL);
    expect(still.length).toBeGreaterThan(150);
    const grades = [whole, broken, dead];
    for (const a of grades) {
      for (const b of grades) {
        for (const c of grades)
          expect(
            strays({ ...threeMisled, truthful: true }, still, [a, b, c]),
            JSON.stringify([a, b, c]),
          ).toEqual([]);
      }
    }
  });
});
