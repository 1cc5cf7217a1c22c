// Two agents that talk over a link that loses, doubles, delays and reorders: each ends with what stands at the other, whatever was lost on the way or on a disk.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STARTED_MS, worldSettings } from "../../../test/support/agent-world.ts";
import { type Random, seededRandom } from "../../../test/fuzz/random.ts";
import type { AgentEvent, FactKind } from "../../agent-api/index.ts";
import {
  applyEvent,
  applyReport,
  beginRun,
  emptyKnowledge,
  factOf,
  isFresh,
  type Knowledge,
  noteBeat,
} from "../knowledge.ts";
import { knowledgeFromSnapshot, knowledgeSnapshot } from "../knowledge-snapshot.ts";
import { renameLog } from "../own-log.ts";
import { type Exchange, startExchange } from "./exchange.ts";

const NAMES = ["extlb-01", "extlb-02"] as const;
type Name = (typeof NAMES)[number];
const other = (name: Name): Name => (name === "extlb-01" ? "extlb-02" : "extlb-01");

const STEP_MS = 10;
const BEAT_MS = 200;
const SILENT_MS = 1000;

interface Weather {
  /** Shares of the datagrams, 0 to 1. */
  readonly lost: number;
  readonly doubled: number;
  readonly delayMaxMs: number;
}

const FINE: Weather = { lost: 0, doubled: 0, delayMaxMs: 0 };

interface Flying {
  readonly to: Name;
  readonly atMs: number;
  readonly datagram: Buffer;
}

/** A run of an agent's exchange, as far as it concerns its peer. */
interface Run {
  readonly exchange: Exchange;
  readonly receive: (datagram: Buffer) => void;
  readonly heard: AgentEvent[];
  readonly hearing: string[];
  readonly refused: string[];
}

/** Both nodes, the link between them and their time. */
class Talk {
  nowMs = 0;
  weather: Weather = FINE;
  /** Nothing arrives there. */
  deaf: Name | undefined;
  readonly knowledge: Record<Name, Knowledge> = {
    "extlb-01": emptyKnowledge("extlb-01", NAMES),
    "extlb-02": emptyKnowledge("extlb-02", NAMES),
  };
  readonly runs: Partial<Record<Name, Run>> = {};
  #flying: Flying[] = [];
  #tokens = 0;
  readonly #random: Random;

  constructor(seed = 1) {
    this.#random = seededRandom(seed);
  }

  token(): string {
    this.#tokens += 1;
    return this.#tokens.toString(16).padStart(16, "0");
  }

  wallMs(): number {
    return STARTED_MS + this.nowMs;
  }

  start(name: Name): Run {
    const knowledge = this.knowledge[name];
    beginRun(knowledge);
    const own = knowledge.nodes.get(name)!;
    own.log ??= this.token();
    const foundSequence = own.sequence;
    own.sequence += 1000;
    const [heard, hearing, refused]: [AgentEvent[], string[], string[]] = [[], [], []];
    let receive: (datagram: Buffer) => void = () => undefined;
    const exchange = startExchange({
      settings: worldSettings(name),
      session: this.token(),
      knowledge,
      foundSequence,
      tellableSequence: () => own.sequence,
      decisionFor: () => ({ fit: "yes", grades: {}, givenUp: false }),
      onTold: (_peer, { list }) => heard.push(...list.filter((event) => applyEvent(knowledge, event))),
      onDecision: () => undefined,
      onBeat: (peer, liveness) => noteBeat(knowledge, peer, liveness),
      onHearing: (peer, value) => {
        hearing.push(value);
        this.happens(name, "peer", peer, value);
      },
      onSetBack: () => renameLog(knowledge, this.token()),
      onRefused: (reason) => refused.push(reason),
      note: () => undefined,
      steadyMs: () => this.nowMs,
      wallMs: () => this.wallMs(),
      openLink: ({ onDatagram }) => {
        const { address } = worldSettings(name).nodes.find((node) => node.name === other(name)) ?? {
          address: "",
        };
        receive = (datagram) => onDatagram(datagram, address);
        return { send: (datagram) => this.#send(other(name), datagram), stop: () => Promise.resolve() };
      },
    });
    const run = { exchange, receive: (datagram: Buffer) => receive(datagram), heard, hearing, refused };
    this.runs[name] = run;
    return run;
  }

  /** Killed: what flies to it is lost. */
  async kill(name: Name): Promise<void> {
    await this.runs[name]?.exchange.stop();
    delete this.runs[name];
  }

  happens(name: Name, kind: FactKind, subject: string, value: string): void {
    const knowledge = this.knowledge[name];
    const log = knowledge.nodes.get(name)?.log ?? "";
    const event = applyReport(knowledge, { kind, subject, value }, { log, nowMs: this.wallMs() });
    if (event !== undefined) this.runs[name]?.exchange.soon();
  }

  #send(to: Name, datagram: Buffer): void {
    const { lost, doubled, delayMaxMs } = this.weather;
    if (this.deaf === to || this.#random.below(1000) < 1000 * lost) return;
    const copies = this.#random.below(1000) < 1000 * doubled ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1)
      this.#flying.push({ to, datagram, atMs: this.nowMs + this.#random.below(delayMaxMs + 1) });
  }

  arrives(): void {
    const due = this.#flying.filter(({ atMs }) => atMs <= this.nowMs);
    this.#flying = this.#flying.filter(({ atMs }) => atMs > this.nowMs);
    for (const { to, datagram } of due) this.runs[to]?.receive(datagram);
  }

  async passes(lengthMs: number): Promise<void> {
    const untilMs = this.nowMs + lengthMs;
    while (this.nowMs < untilMs) {
      this.nowMs += STEP_MS;
      this.arrives();
      if (this.nowMs % BEAT_MS < STEP_MS) for (const name of NAMES) this.runs[name]?.exchange.beat();
      await turn();
    }
  }

  /** What a node knows of a node: value and number by kind and subject, without what is told to nobody. */
  known(by: Name, of: Name): Record<string, string> {
    const facts = this.knowledge[by].nodes.get(of)?.facts ?? new Map<string, never>();
    return Object.fromEntries([...facts].map(([key, { value, sequence }]) => [key, `${value} ${sequence}`]));
  }

  agree(): void {
    for (const name of NAMES) {
      expect(this.known(other(name), name)).toEqual(this.known(name, name));
      expect(isFresh(this.knowledge[other(name)], name)).toBe(true);
    }
  }
}

/** What was asked for within this turn of the event loop is done. */
async function turn(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function both(seed?: number): Talk {
  const talk = new Talk(seed);
  for (const name of NAMES) talk.start(name);
  return talk;
}

const copyOf = (knowledge: Knowledge): Knowledge =>
  knowledgeFromSnapshot(JSON.parse(JSON.stringify(knowledgeSnapshot(knowledge))), knowledge.node, NAMES)!;

const sequences = (events: readonly AgentEvent[]): number[] => events.map(({ sequence }) => sequence);
const rising = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));

const happening = fc.record({
  name: fc.constantFrom<Name>(...NAMES),
  subject: fc.constantFrom("web/a", "web/b", "web/c"),
  value: fc.constantFrom("up", "down", "maint"),
  thenMs: fc.constantFrom(0, 0, 10, 150, 700),
});
const weather = fc.record({
  lost: fc.constantFrom(0, 0.2, 0.5),
  doubled: fc.constantFrom(0, 0.3),
  delayMaxMs: fc.constantFrom(0, 30, 400),
});

describe("two agents", () => {
  it("end with each other's events, each once and in order, over any link", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 30 }), weather, fc.nat(), async (list, sky, seed) => {
        const talk = both(seed);
        talk.weather = sky;
        for (const { name, subject, value, thenMs } of list) {
          talk.happens(name, "server", subject, value);
          await talk.passes(thenMs);
        }
        talk.weather = FINE;
        await talk.passes(1500);
        talk.agree();
        for (const name of NAMES) {
          const heard = sequences(talk.runs[name]?.heard ?? []);
          expect(heard).toEqual(
            sequences(talk.knowledge[other(name)].recent.filter((event) => event.node === other(name))),
          );
          expect(rising(heard)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("are up to date within a few turns, however much one of them has missed", async () => {
    const talk = new Talk();
    talk.start("extlb-01");
    for (let count = 0; count < 900; count += 1) talk.happens("extlb-01", "server", `web/${count}`, "up");
    talk.start("extlb-02");
    await talk.passes(2 * BEAT_MS + 200);
    talk.agree();
    expect(talk.runs["extlb-02"]?.heard.length).toBeGreaterThan(900);
  });

  it("go on where they were when one is started again, and nothing is told twice", async () => {
    const talk = both();
    talk.happens("extlb-01", "unit", "haproxy", "active");
    await talk.passes(1000);
    await talk.kill("extlb-02");
    talk.knowledge["extlb-02"] = copyOf(talk.knowledge["extlb-02"]);
    talk.happens("extlb-01", "unit", "haproxy", "failed");
    const again = talk.start("extlb-02");
    await talk.passes(1000);
    talk.agree();
    expect(again.heard.filter(({ kind }) => kind === "unit").map(({ value }) => value)).toEqual(["failed"]);
    expect(again.heard.filter(({ kind }) => kind !== "unit").map(({ kind }) => kind)).not.toContain("server");
  });

  it("say when a peer falls silent and is heard again, and what was known before is not taken for fresh then", async () => {
    const talk = both();
    await talk.passes(1000);
    const fresh: boolean[] = [];
    const knowledge = talk.knowledge["extlb-01"];
    talk.deaf = "extlb-01";
    await talk.passes(2 * SILENT_MS);
    expect(talk.runs["extlb-01"]?.hearing).toEqual(["heard", "silent"]);
    expect(talk.runs["extlb-02"]?.hearing).toEqual(["heard"]);
    talk.happens("extlb-02", "instance", "ext-lb", "MASTER");
    await talk.passes(SILENT_MS);
    const happens = talk.happens.bind(talk);
    // Judged when it is said that the peer is heard, as the core does.
    talk.happens = (...what) => {
      happens(...what);
      if (what[0] === "extlb-01") fresh.push(isFresh(knowledge, "extlb-02"));
    };
    talk.deaf = undefined;
    await talk.passes(500);
    expect(talk.runs["extlb-01"]?.hearing).toEqual(["heard", "silent", "heard"]);
    expect(fresh).toEqual([false]);
    talk.agree();
    expect(factOf(knowledge, "extlb-02", "instance", "ext-lb")?.value).toBe("MASTER");
  });

  it("do not call a peer silent because they stood still themselves", async () => {
    const talk = both();
    await talk.passes(1000);
    talk.nowMs += 5 * SILENT_MS;
    // The timers come first; the peer's message waits in the socket.
    talk.runs["extlb-02"]?.exchange.beat();
    talk.runs["extlb-01"]?.exchange.beat();
    talk.arrives();
    await turn();
    expect(talk.runs["extlb-01"]?.hearing).toEqual(["heard"]);
  });

  it("say nothing more when they are stopped", async () => {
    const talk = both();
    await talk.passes(1000);
    const run = talk.runs["extlb-01"]!;
    run.exchange.beat();
    await talk.kill("extlb-01");
    const { length } = run.heard;
    talk.nowMs += 5 * SILENT_MS;
    talk.happens("extlb-02", "unit", "haproxy", "failed");
    await turn();
    talk.runs["extlb-01"] = run;
    talk.arrives();
    await turn();
    expect(run.hearing).toEqual(["heard"]);
    expect(run.heard).toHaveLength(length);
  });
});

describe("a log that was lost", () => {
  const told: readonly (readonly [FactKind, string, string])[] = [
    ["instance", "ext-lb", "BACKUP"],
    ["unit", "haproxy", "active"],
    ["server", "web/a", "up"],
  ];
  const begun = async (): Promise<Talk> => {
    const talk = both();
    for (const name of NAMES) for (const fact of told) talk.happens(name, ...fact);
    await talk.passes(1000);
    return talk;
  };

  it("is another one: what was known of it is forgotten, and what the peer has told is told again", async () => {
    const talk = await begun();
    await talk.kill("extlb-01");
    talk.knowledge["extlb-01"] = emptyKnowledge("extlb-01", NAMES);
    talk.start("extlb-01");
    talk.happens("extlb-01", "unit", "haproxy", "failed");
    await talk.passes(1000);
    talk.agree();
    expect(factOf(talk.knowledge["extlb-02"], "extlb-01", "instance", "ext-lb")).toBeUndefined();
    expect(factOf(talk.knowledge["extlb-01"], "extlb-02", "instance", "ext-lb")?.value).toBe("BACKUP");
  });

  it("in its end, or set back, goes on under another name: nothing that only the peer knew stays there", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 12 }), fc.nat(1500), async (early, leftOut) => {
        const talk = await begun();
        const older = copyOf(talk.knowledge["extlb-01"]);
        // What the peer is told now is not on the disk when the agent is killed.
        talk.happens("extlb-01", "rule", "web", "dead");
        talk.happens("extlb-01", "instance", "ext-lb", "MASTER");
        const own = talk.knowledge["extlb-01"].nodes.get("extlb-01")!;
        own.sequence += leftOut;
        talk.happens("extlb-01", "check", "chk", "failed");
        await talk.passes(500);
        await talk.kill("extlb-01");
        talk.knowledge["extlb-01"] = older;
        talk.start("extlb-01");
        for (const { subject, value } of early) talk.happens("extlb-01", "server", subject, value);
        await talk.passes(1500);
        talk.agree();
        expect(factOf(talk.knowledge["extlb-02"], "extlb-01", "rule", "web")).toBeUndefined();
        talk.happens("extlb-01", "instance", "ext-lb", "FAULT");
        await talk.passes(500);
        talk.agree();
      }),
      { numRuns: 25 },
    );
  });

  it("and comes back from a copy is not the one that the peer gave up", async () => {
    const talk = await begun();
    const copy = copyOf(talk.knowledge["extlb-01"]);
    await talk.kill("extlb-01");
    talk.knowledge["extlb-01"] = emptyKnowledge("extlb-01", NAMES);
    talk.start("extlb-01");
    await talk.passes(1000);
    await talk.kill("extlb-01");
    talk.knowledge["extlb-01"] = copy;
    talk.start("extlb-01");
    talk.happens("extlb-01", "instance", "ext-lb", "MASTER");
    await talk.passes(1500);
    talk.agree();
  });

  it("of both at once is forgotten by both", async () => {
    const talk = await begun();
    for (const name of NAMES) {
      await talk.kill(name);
      talk.knowledge[name] = emptyKnowledge(name, NAMES);
    }
    for (const name of NAMES) talk.start(name);
    talk.happens("extlb-02", "unit", "haproxy", "failed");
    await talk.passes(1500);
    talk.agree();
  });
});

describe("a datagram", () => {
  it("that is no peer's, or is played back, is refused and counted", async () => {
    const talk = both();
    await talk.passes(600);
    const run = talk.runs["extlb-01"]!;
    const seen: Buffer[] = [];
    const { receive } = talk.runs["extlb-02"]!;
    talk.runs["extlb-02"] = {
      ...talk.runs["extlb-02"]!,
      receive: (datagram) => (seen.push(datagram), receive(datagram)),
    };
    await talk.passes(400);
    const { length } = run.refused;
    const victim = talk.runs["extlb-02"];
    for (const datagram of seen) receive(datagram);
    receive(Buffer.from("HPA1 nobody"));
    // What extlb-01 has sent comes back to itself.
    for (const datagram of seen) run.receive(datagram);
    expect(new Set(victim?.refused)).toEqual(new Set(["stale", "not-ours"]));
    expect(run.refused.slice(length)).toEqual(seen.map(() => "stranger"));
  });
});
