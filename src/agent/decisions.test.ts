// Decisions of two nodes, each with a real watched file: given up by one of them at most, taken back when the consent ends, and for good at the end.

import { mkdtempSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { worldSettings } from "../../test/support/agent-world.ts";
import type { AgentSettings, FactKind, FactReport } from "../agent-api/index.ts";
import type { Decision, ProxyNumbers } from "../policy/index.ts";
import { type Decisions, startDecisions, writeOpinionFile } from "./decisions.ts";
import { applyReport, emptyKnowledge, type Knowledge } from "./knowledge.ts";

const NAMES = ["extlb-01", "extlb-02"] as const;
type Name = (typeof NAMES)[number];
const other = (name: Name): Name => (name === "extlb-01" ? "extlb-02" : "extlb-01");

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hapair-decisions-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const FIT: readonly (readonly [FactKind, string, string])[] = [
  ["watched", "process", "0"],
  ["watched", "hold", "missing"],
  ["health", "haproxy", "ok"],
];

/** What a look sees of back end web. */
function look(serversUp: number): ProxyNumbers {
  const web = { serversUp, serversUnverified: 0, serversTotal: 4, queue: 0 };
  return { answering: true, frontends: new Map(), backends: new Map([["web", web]]) };
}

interface Sent {
  readonly from: Name;
  readonly session: string;
  readonly decision: Decision;
}

/** One node: its decisions, what it knows, its watched file and what it has said. */
interface Node {
  readonly decisions: Decisions;
  readonly knowledge: Knowledge;
  readonly file: string;
  readonly session: string;
  readonly notes: string[];
  readonly reports: FactReport[];
}

/** Two nodes and what flies between them. Beats are sent by {@link beat}; what is sent at once waits for {@link arrives}. */
class Pair {
  nowMs = 0;
  readonly nodes: Record<Name, Node>;
  flying: Sent[] = [];
  #sessions = 0;

  constructor() {
    this.nodes = { "extlb-01": this.start("extlb-01"), "extlb-02": this.start("extlb-02") };
  }

  start(name: Name, settings: AgentSettings = worldSettings(name)): Node {
    this.#sessions += 1;
    const session = `session ${this.#sessions}`;
    const file = join(directory, `traffic-${name}`);
    const knowledge = emptyKnowledge(name, NAMES);
    const [notes, reports]: [string[], FactReport[]] = [[], []];
    const know = (report: FactReport): void => {
      applyReport(knowledge, report, { log: "00000000000000a1", nowMs: this.nowMs });
    };
    for (const [kind, subject, value] of FIT) know({ kind, subject, value });
    know({ kind: "instance", subject: "ext-lb", value: name === "extlb-01" ? "MASTER" : "BACKUP" });
    writeFileSync(file, "0\n");
    const decisions = startDecisions({
      settings,
      session,
      knowledge,
      nowUs: () => this.nowMs * 1000,
      writeOpinion: (opinion) => writeOpinionFile(file, opinion),
      send: (_to, decision) => this.flying.push({ from: name, session, decision }),
      report: (all) => {
        reports.push(...all);
        for (const report of all) know(report);
      },
      note: (line) => notes.push(line),
    });
    return { decisions, knowledge, file, session, notes, reports };
  }

  looks(name: Name, serversUp: number, times = 1): void {
    for (let count = 0; count < times; count += 1) this.nodes[name].decisions.looked(look(serversUp));
  }

  /** What was sent at once, and what follows from it. */
  arrives(): void {
    for (let sent = this.flying.shift(); sent !== undefined; sent = this.flying.shift())
      this.nodes[other(sent.from)].decisions.heard(sent.from, sent.session, sent.decision);
  }

  /** Both say how they stand. */
  beat(names: readonly Name[] = NAMES): void {
    for (const name of NAMES) this.nodes[name].decisions.passed();
    for (const from of names) {
      const { decisions, session } = this.nodes[from];
      this.flying.push({ from, session, decision: decisions.decisionFor(other(from)) });
    }
    this.arrives();
  }

  passes(lengthMs: number, names: readonly Name[] = NAMES): void {
    for (let passedMs = 0; passedMs < lengthMs; passedMs += 200) {
      this.nowMs += 200;
      this.beat(names);
    }
  }

  opinion(name: Name): string {
    return readFileSync(this.nodes[name].file, "utf8");
  }

  opinions(): string {
    return NAMES.map((name) => this.opinion(name).trim()).join("");
  }
}

/** Both whole, and each has heard it of the other. */
function wholePair(): Pair {
  const pair = new Pair();
  for (const name of NAMES) pair.looks(name, 4, 2);
  pair.passes(400);
  return pair;
}

/** extlb-01 has given up to extlb-02. */
function givenUp(): Pair {
  const pair = wholePair();
  pair.looks("extlb-01", 0, 3);
  pair.passes(400);
  expect(pair.opinions()).toBe("10");
  return pair;
}

describe("a node that is worse", () => {
  it("gives up to a peer that is better, once it has asked and was answered, and says so", () => {
    const pair = wholePair();
    pair.looks("extlb-01", 0, 1);
    pair.passes(400);
    expect(pair.opinions()).toBe("00");
    pair.looks("extlb-01", 0, 2);
    // Asked, and not answered yet.
    expect(pair.opinions()).toBe("00");
    pair.arrives();
    expect(pair.opinions()).toBe("10");
    const { decisions, reports, notes } = pair.nodes["extlb-01"];
    expect(decisions.givenUp()).toBe(true);
    expect(decisions.decisionFor("extlb-02")).toMatchObject({
      givenUp: true,
      grades: { "web-servers": "dead" },
    });
    expect(reports.at(-1)).toMatchObject({
      ...{ kind: "opinion", subject: "traffic", value: "given-up" },
      detail: { to: "extlb-02", rule: "web-servers" },
    });
    expect(notes.map((note) => note.split(" ")[0])).toEqual(["asked", "given-up"]);
  });

  it("keeps its opinion where the peer is as bad, unfit or silent", () => {
    const asBad = wholePair();
    for (const name of NAMES) asBad.looks(name, 0, 3);
    asBad.passes(3000);
    expect(asBad.opinions()).toBe("00");
    const unfit = wholePair();
    const { knowledge, decisions } = unfit.nodes["extlb-02"];
    applyReport(
      knowledge,
      { kind: "instance", subject: "ext-lb", value: "FAULT" },
      { log: "00000000000000a1", nowMs: 1 },
    );
    decisions.looked(look(4));
    unfit.passes(400);
    unfit.looks("extlb-01", 0, 3);
    unfit.passes(3000);
    expect(unfit.opinions()).toBe("00");
    const silent = wholePair();
    silent.passes(2000, ["extlb-01"]);
    silent.looks("extlb-01", 0, 3);
    silent.flying = [];
    silent.passes(3000, ["extlb-01"]);
    expect(silent.opinions()).toBe("00");
  });

  it("holds on while the peer consents, and takes its opinion back when that has not been heard for a while", () => {
    const pair = givenUp();
    pair.passes(20_000);
    expect(pair.opinions()).toBe("10");
    pair.passes(2_800, ["extlb-01"]);
    expect(pair.opinions()).toBe("10");
    pair.passes(600, ["extlb-01"]);
    expect(pair.opinions()).toBe("00");
    expect(pair.nodes["extlb-01"].reports.at(-1)).toMatchObject({ kind: "opinion", value: "kept" });
  });

  it("takes it back at once when the peer has given up itself, or is no better any more", () => {
    const pair = givenUp();
    const { decisions, session } = pair.nodes["extlb-02"];
    const decision = { ...decisions.decisionFor("extlb-01"), givenUp: true };
    pair.nodes["extlb-01"].decisions.heard("extlb-02", session, decision);
    expect(pair.opinions()).toBe("00");
    const mended = givenUp();
    mended.looks("extlb-01", 4, 5);
    mended.passes(400);
    expect(mended.opinions()).toBe("00");
  });

  it("takes nothing from a message that is no decision, or of a node that is none", () => {
    const pair = wholePair();
    pair.looks("extlb-01", 0, 3);
    const { decisions } = pair.nodes["extlb-01"];
    const grant = { session: pair.nodes["extlb-01"].session, request: 1 };
    for (const value of [
      undefined,
      null,
      7,
      "grant",
      { grant },
      { fit: "yes", grades: {}, givenUp: "no", grant },
    ])
      decisions.heard("extlb-02", pair.nodes["extlb-02"].session, value);
    decisions.heard("extlb-09", "session 9", {
      fit: "yes",
      grades: { "web-servers": "whole" },
      givenUp: false,
      grant,
    });
    expect(pair.opinions()).toBe("00");
  });
});

describe("the end", () => {
  it("takes the opinion back, and neither a late grant nor a look changes it", () => {
    const pair = givenUp();
    const { decisions, reports } = pair.nodes["extlb-01"];
    decisions.stop();
    expect(pair.opinions()).toBe("00");
    expect(reports.at(-1)).toMatchObject({
      kind: "opinion",
      value: "kept",
      detail: { why: "the agent stops" },
    });
    expect(decisions.decisionFor("extlb-02")).toEqual({ fit: "unknown", grades: {}, givenUp: false });
    pair.looks("extlb-01", 0, 5);
    pair.passes(20_000);
    expect(pair.opinions()).toBe("00");

    const asking = wholePair();
    asking.looks("extlb-01", 0, 3);
    asking.nodes["extlb-01"].decisions.stop();
    // Its request is answered now.
    asking.arrives();
    expect(asking.opinions()).toBe("00");
  });

  it("of the taker ends its consent", () => {
    const pair = givenUp();
    pair.nodes["extlb-02"].decisions.stop();
    pair.passes(3_400);
    expect(pair.opinions()).toBe("00");
  });

  it("comes where the opinion cannot be written: nothing is said as if it had been", () => {
    const pair = wholePair();
    pair.looks("extlb-01", 0, 3);
    const { decisions, file, reports } = pair.nodes["extlb-01"];
    unlinkSync(file);
    expect(() => pair.arrives()).toThrow("ENOENT");
    expect(reports.filter(({ kind }) => kind === "opinion")).toEqual([]);
    expect(() => decisions.stop()).toThrow("ENOENT");
  });
});

describe("the watched file", () => {
  it("is written in place, and never empty", () => {
    const file = join(directory, "traffic");
    writeFileSync(file, "0\n");
    const { ino } = statSync(file);
    for (const opinion of [1, 0, 1] as const) {
      writeOpinionFile(file, opinion);
      expect(readFileSync(file, "utf8")).toBe(`${opinion}\n`);
    }
    expect(statSync(file).ino).toBe(ino);
    expect(() => writeOpinionFile(join(directory, "missing"), 0)).toThrow("ENOENT");
  });
});
