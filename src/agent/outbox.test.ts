// The outbox: what is tried when, in which order, and that a notice leaves only as delivered, expired or dropped, and said.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tries } from "../../test/support/tries.ts";
import { type IncidentPhase, type Notice, noticeId } from "../agent-api/index.ts";
import {
  added,
  type Adding,
  applied,
  CLOCK_STEP_MS,
  delivered,
  due,
  emptyOutbox,
  endedByPeer,
  failed,
  finished,
  IN_FLIGHT_MAX,
  nextDueAtMs,
  type Outbox,
  type OutboxChange,
  peerSilent,
  REFUSED_FOR_MS,
  restarted,
  ROUTE_IN_FLIGHT_MAX,
  routesKnown,
  started,
} from "./outbox.ts";

const HOUR_MS = 3_600_000;
const SETTINGS = {
  retryFirstMs: 1000,
  retryMaxMs: 60_000,
  retryForMs: 24 * HOUR_MS,
  takeOverAfterMs: 20_000,
};
const START_MS = 1_800_000_000_000;

interface Sketch {
  readonly incident?: string;
  readonly revision?: number;
  readonly route?: string;
  readonly phase?: IncidentPhase;
  readonly owner?: string;
}

function notice({
  incident = "a",
  revision = 1,
  route = "mail",
  phase = "opened",
  owner = "lb-01",
}: Sketch): Notice {
  const value = {
    id: incident,
    condition: "vip-moved" as const,
    scope: "ext-lb",
    severity: "warning" as const,
    phase,
    revision,
    openedAtMs: START_MS,
    changedAtMs: START_MS,
    title: "moved",
    text: "moved",
    owner,
    detail: {},
  };
  return { id: noticeId(value, route), route, incident: value, createdAtMs: START_MS };
}

const MINE: Adding = { atMs: START_MS, mine: true };
const THEIRS: Adding = { atMs: START_MS, mine: false };

function withNotices(sketches: readonly Sketch[], adding = MINE, outbox = emptyOutbox()): Outbox {
  return sketches.reduce<Outbox>(
    (state, sketch) => applied(state, added(state, notice(sketch), adding, SETTINGS)),
    outbox,
  );
}

/** An attempt that fails. */
function failing(
  outbox: Outbox,
  id: string,
  atMs: number,
  more: { retryable?: boolean; retryAfterMs?: number } = {},
): Outbox {
  return applied(outbox, failed(outbox, id, { atMs, retryable: true, ...more }, SETTINGS, 1));
}

const dueIds = (outbox: Outbox, nowMs: number): string[] => due(outbox, nowMs).map(({ id }) => id);
const waitingIds = (outbox: Outbox): string[] => outbox.entries.map((entry) => entry.notice.id);

describe("order", () => {
  it("tries a revision when the one before it has ended on its route; others do not wait", () => {
    let outbox = withNotices([{}, { revision: 2 }, { route: "slack" }, { incident: "b" }]);
    expect(dueIds(outbox, START_MS)).toEqual(["a/1/mail", "a/1/slack", "b/1/mail"]);
    outbox = started(outbox, "a/1/mail");
    expect(dueIds(outbox, START_MS)).toEqual(["a/1/slack", "b/1/mail"]);
    outbox = finished(outbox, "a/1/mail");
    outbox = applied(outbox, delivered(outbox, "a/1/mail"));
    expect(dueIds(outbox, START_MS)).toContain("a/2/mail");
  });

  it("keeps a later revision behind one that failed and waits", () => {
    const outbox = failing(withNotices([{}, { revision: 2 }]), "a/1/mail", START_MS);
    expect(dueIds(outbox, START_MS + 999)).toEqual([]);
    expect(nextDueAtMs(outbox, START_MS + 999)).toBe(START_MS + 1000);
    expect(dueIds(outbox, START_MS + 1000)).toEqual(["a/1/mail"]);
    expect(nextDueAtMs(outbox, START_MS + 1000)).toBeUndefined();
  });

  it("does not overtake an attempt of its own that the peer made needless", () => {
    let outbox = started(withNotices([{}, { revision: 2 }]), "a/1/mail");
    outbox = applied(outbox, endedByPeer(outbox, "a/1/mail"));
    expect(dueIds(outbox, START_MS)).toEqual([]);
    outbox = finished(outbox, "a/1/mail");
    expect(delivered(outbox, "a/1/mail")).toEqual([]);
    expect(dueIds(outbox, START_MS)).toEqual(["a/2/mail"]);
  });

  it("drops what would come after a later revision that the peer has told, and says so", () => {
    const outbox = withNotices([{}, { revision: 2 }, { revision: 3 }]);
    const changes = endedByPeer(outbox, "a/2/mail");
    expect(changes.map((change) => change.kind === "ended" && `${change.id} ${change.how}`)).toEqual([
      "a/2/mail delivered",
      "a/1/mail dropped",
    ]);
    expect(waitingIds(applied(outbox, changes))).toEqual(["a/3/mail"]);
  });
});

describe("what is known", () => {
  it("takes a notice once, also after its end", () => {
    let outbox = withNotices([{}]);
    expect(added(outbox, notice({}), MINE, SETTINGS)).toEqual([]);
    outbox = applied(outbox, delivered(outbox, "a/1/mail"));
    expect(added(outbox, notice({}), MINE, SETTINGS)).toEqual([]);
    expect(delivered(outbox, "a/1/mail")).toEqual([]);
    expect(failed(outbox, "a/1/mail", { atMs: START_MS, retryable: true }, SETTINGS, 0)).toEqual([]);
  });

  it("knows a delivery that the peer reports before the notice itself", () => {
    const outbox = applied(emptyOutbox(), endedByPeer(emptyOutbox(), "a/1/mail"));
    expect(added(outbox, notice({}), THEIRS, SETTINGS)).toEqual([]);
    expect(endedByPeer(outbox, "a/1/mail")).toEqual([]);
    expect(endedByPeer(outbox, "nonsense")).toEqual([]);
  });

  it("drops what was to go along a route that is gone", () => {
    const outbox = withNotices([{}, { route: "slack" }]);
    expect(waitingIds(applied(outbox, routesKnown(outbox, ["slack"])))).toEqual(["a/1/slack"]);
  });

  it("tries again after a restart what was under way", () => {
    const outbox = started(withNotices([{}]), "a/1/mail");
    expect(dueIds(outbox, START_MS)).toEqual([]);
    expect(dueIds(restarted(outbox), START_MS)).toEqual(["a/1/mail"]);
  });
});

describe("the peer's notices", () => {
  it("are due when they are not known to be delivered after a while", () => {
    const outbox = withNotices([{}], THEIRS);
    expect(nextDueAtMs(outbox, START_MS)).toBe(START_MS + 20_000);
    expect(dueIds(outbox, START_MS + 19_999)).toEqual([]);
    expect(dueIds(outbox, START_MS + 20_000)).toEqual(["a/1/mail"]);
    expect(waitingIds(applied(outbox, endedByPeer(outbox, "a/1/mail")))).toEqual([]);
  });

  it("are due at once when their owner is silent, and only its own", () => {
    const outbox = withNotices([{}, { incident: "b", owner: "lb-02" }], THEIRS);
    const released = applied(outbox, peerSilent(outbox, "lb-02"));
    expect(dueIds(released, START_MS + 5)).toEqual(["b/1/mail"]);
    expect(peerSilent(outbox, "lb-03")).toEqual([]);
    expect(peerSilent(withNotices([{}]), "lb-01")).toEqual([]);
  });

  it("stay quiet as long as the owner would", () => {
    const outbox = withNotices([{}], { ...THEIRS, notBeforeMs: START_MS + HOUR_MS });
    expect(nextDueAtMs(outbox, START_MS)).toBe(START_MS + HOUR_MS + 20_000);
    const released = applied(outbox, peerSilent(outbox, "lb-01"));
    expect(nextDueAtMs(released, START_MS)).toBe(START_MS + HOUR_MS);
  });
});

describe("quiet times", () => {
  const quiet = { ...MINE, notBeforeMs: START_MS + HOUR_MS };

  it("hold a notice back", () => {
    const outbox = withNotices([{}], quiet);
    expect(dueIds(outbox, START_MS + HOUR_MS - 1)).toEqual([]);
    expect(dueIds(outbox, START_MS + HOUR_MS)).toEqual(["a/1/mail"]);
  });

  it("end for what stands before an urgent one of the same incident", () => {
    const outbox = withNotices([{ revision: 2 }], MINE, withNotices([{}, { incident: "b" }], quiet));
    expect(dueIds(outbox, START_MS)).toEqual(["a/1/mail"]);
  });
});

describe("failures", () => {
  it("are tried again for as long as the settings say, then it expires", () => {
    let outbox = withNotices([{}]);
    let nowMs = START_MS;
    let attempts = 0;
    for (; outbox.entries.length > 0; attempts += 1) {
      expect(dueIds(outbox, nowMs)).toEqual(["a/1/mail"]);
      const changes = failed(outbox, "a/1/mail", { atMs: nowMs, retryable: true }, SETTINGS, 1);
      outbox = applied(outbox, changes);
      const [change] = changes;
      if (outbox.entries.length === 0) expect(change).toMatchObject({ kind: "ended", how: "expired" });
      nowMs = nextDueAtMs(outbox, nowMs) ?? nowMs;
    }
    expect(nowMs - START_MS).toBeGreaterThanOrEqual(24 * HOUR_MS);
    expect(nowMs - START_MS).toBeLessThan(24 * HOUR_MS + 60_000);
    expect(attempts).toBeGreaterThan(1440);
  });

  it("do not expire because the clock was set forward, or nobody tried for days", () => {
    let outbox = failing(withNotices([{}]), "a/1/mail", START_MS);
    outbox = failing(outbox, "a/1/mail", START_MS + 30 * 24 * HOUR_MS);
    expect(waitingIds(outbox)).toEqual(["a/1/mail"]);
  });

  it("wait as long as the receiver asks", () => {
    const outbox = failing(withNotices([{}]), "a/1/mail", START_MS, { retryAfterMs: 30_000 });
    expect(nextDueAtMs(outbox, START_MS)).toBe(START_MS + 30_000);
  });

  it("of the refused kind are tried at the slowest pace, and after a while give way to the incident's next change", () => {
    const refusedFor = (sketches: readonly Sketch[]): number => {
      let outbox = withNotices(sketches);
      for (let nowMs = START_MS; ; nowMs += 60_000) {
        outbox = failing(outbox, "a/1/mail", nowMs, { retryable: false });
        if (!waitingIds(outbox).includes("a/1/mail")) return nowMs - START_MS;
        expect(nextDueAtMs(outbox, nowMs)).toBe(nowMs + 60_000);
      }
    };
    expect(refusedFor([{}, { revision: 2 }])).toBe(REFUSED_FOR_MS);
    expect(refusedFor([{}, { incident: "b" }, { route: "slack", revision: 2 }])).toBe(24 * HOUR_MS);
  });

  it("in a row make a route dead: one knocks, and the first delivery calls all", () => {
    const incidents = ["a", "b", "c", "d"];
    let outbox = withNotices(incidents.map((incident) => ({ incident })));
    expect(due(outbox, START_MS)).toHaveLength(4);
    for (const incident of incidents) outbox = failing(outbox, `${incident}/1/mail`, START_MS);
    const laterMs = START_MS + 1000;
    expect(dueIds(outbox, laterMs)).toEqual(["a/1/mail"]);
    for (const incident of incidents) outbox = failing(outbox, `${incident}/1/mail`, laterMs);
    outbox = applied(outbox, delivered(outbox, "a/1/mail"));
    expect(dueIds(outbox, laterMs)).toEqual(["b/1/mail", "c/1/mail", "d/1/mail"]);
  });

  it("of a route say nothing about another, and the peer's delivery nothing about ours", () => {
    let outbox = withNotices([{}, { incident: "b" }, { incident: "c", route: "slack" }]);
    for (const id of ["a/1/mail", "b/1/mail", "c/1/slack", "a/1/mail"])
      outbox = failing(outbox, id, START_MS);
    outbox = applied(outbox, delivered(outbox, "c/1/slack"));
    outbox = applied(outbox, endedByPeer(outbox, "a/1/mail"));
    expect(dueIds(outbox, START_MS)).toEqual([]);
    expect(outbox.failuresInRow).toEqual({ mail: 3 });
  });
});

describe("places", () => {
  it("are few for a route and few in all", () => {
    const routes = ["mail", "slack", "teams", "hook", "pager", "alerts"];
    const outbox = withNotices(
      routes.flatMap((route) =>
        Array.from({ length: 10 }, (_, number) => ({ route, incident: `i${number}` })),
      ),
    );
    const chosen = due(outbox, START_MS);
    expect(chosen).toHaveLength(IN_FLIGHT_MAX);
    expect(chosen.filter(({ route }) => route === "mail")).toHaveLength(ROUTE_IN_FLIGHT_MAX);
    const busy = chosen.reduce((state, { id }) => started(state, id), outbox);
    expect(due(busy, START_MS)).toEqual([]);
  });
});

describe("the bound", () => {
  const BOUND = { countMax: 4, bytesMax: 1_000_000 };
  const adding = (outbox: Outbox, sketch: Sketch, bound = BOUND): { outbox: Outbox; dropped: string[] } => {
    const changes = added(outbox, notice(sketch), MINE, SETTINGS, bound);
    const dropped = changes.flatMap((change) => (change.kind === "ended" ? [change.id] : []));
    return { outbox: applied(outbox, changes), dropped };
  };

  it("costs the oldest incident that is over, whole", () => {
    const full = withNotices([
      {},
      { incident: "b" },
      { incident: "b", revision: 2, phase: "resolved" },
      { incident: "c" },
    ]);
    const { outbox, dropped } = adding(full, { incident: "d" });
    expect(dropped).toEqual(["b/1/mail", "b/2/mail"]);
    expect(waitingIds(outbox)).toEqual(["a/1/mail", "c/1/mail", "d/1/mail"]);
  });

  it("costs the oldest notice when none is over but the one that comes", () => {
    const full = withNotices([{}, { incident: "b" }, { incident: "c" }, { incident: "d" }]);
    expect(adding(full, { incident: "d", revision: 2, phase: "resolved" }).dropped).toEqual(["a/1/mail"]);
  });

  it("leaves alone what is under way", () => {
    const full = withNotices([{}, { incident: "b" }, { incident: "c" }, { incident: "d" }]);
    expect(adding(started(full, "a/1/mail"), { incident: "e" }).dropped).toEqual(["b/1/mail"]);
  });

  it("counts bytes too, and refuses a notice that no room could be made for", () => {
    const bytes = Buffer.byteLength(JSON.stringify(notice({})));
    const bound = { countMax: 100, bytesMax: 3 * bytes };
    const full = withNotices([{}, { incident: "b" }, { incident: "c" }]);
    expect(adding(full, { incident: "d" }, bound).dropped).toEqual(["a/1/mail"]);
    expect(adding(emptyOutbox(), {}, { countMax: 100, bytesMax: bytes - 1 }).dropped).toEqual(["a/1/mail"]);
  });
});

/** One step of a random life. Numbers choose among what there is. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("add" as const),
      incident: fc.nat(3),
      mine: fc.boolean(),
      quiet: fc.nat(3),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("start" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("deliver" as const), which: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("fail" as const),
      which: fc.nat(20),
      retryable: fc.boolean(),
      random01: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("clock" as const),
      byMs: fc.integer({ min: -2 * HOUR_MS, max: 3 * HOUR_MS }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("peer-delivered" as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("silent" as const, "restart" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const LIFE_BOUND = { countMax: 12, bytesMax: 1_000_000 };
/** The longest waits that a lane of the fullest outbox could go through one after the other, and one more. */
const WAITS_MAX = LIFE_BOUND.countMax + 1;
const ROUTES = ["mail", "slack"];

/** Lives a life and keeps account of it beside the outbox. */
class Life {
  outbox = emptyOutbox();
  readonly changes: OutboxChange[] = [];
  nowMs = START_MS;
  readonly waiting = new Set<string>();
  readonly told = new Map<string, number>();
  readonly revisions = new Map<number, number>();

  record(changes: readonly OutboxChange[]): void {
    this.changes.push(...changes);
    this.outbox = applied(this.outbox, changes);
    for (const change of changes) {
      if (change.kind === "added") this.waiting.add(change.notice.id);
      if (change.kind === "ended") this.waiting.delete(change.id);
    }
    // Nothing is forgotten, nothing is there that nobody added, and the bound is kept.
    expect(new Set(waitingIds(this.outbox))).toEqual(this.waiting);
    expect(this.waiting.size).toBeLessThanOrEqual(LIFE_BOUND.countMax);
  }

  /** Order as the receiver sees it. */
  tell(id: string): void {
    const [incident = "", revision = "", route = ""] = id.split("/");
    const lane = `${incident}/${route}`;
    expect(Number(revision)).toBeGreaterThan(this.told.get(lane) ?? 0);
    this.told.set(lane, Number(revision));
  }

  start(): void {
    for (const { id, incident, route } of due(this.outbox, this.nowMs)) {
      const before = this.outbox.entries.filter(
        (entry) =>
          entry.notice.incident.id === incident.id &&
          entry.notice.route === route &&
          entry.notice.incident.revision < incident.revision,
      );
      expect(before).toEqual([]);
      this.outbox = started(this.outbox, id);
    }
    expect(due(this.outbox, this.nowMs)).toEqual([]);
    expect(this.outbox.inFlight.length).toBeLessThanOrEqual(IN_FLIGHT_MAX);
    for (const route of ROUTES) {
      const onRoute = this.outbox.inFlight.filter((id) => id.endsWith(`/${route}`));
      expect(onRoute.length).toBeLessThanOrEqual(ROUTE_IN_FLIGHT_MAX);
    }
  }

  /** All that is due is delivered, and what becomes due by that. */
  drain(): void {
    do {
      while (this.outbox.inFlight.length > 0) this.end(0, (id) => delivered(this.outbox, id), true);
      this.start();
    } while (this.outbox.inFlight.length > 0);
  }

  end(which: number, changes: (id: string) => OutboxChange[], succeeded: boolean): void {
    const id = this.outbox.inFlight[which % this.outbox.inFlight.length];
    if (id === undefined) return;
    this.outbox = finished(this.outbox, id);
    // A double of what the peer has told meanwhile carries the same id and is no new telling.
    if (succeeded && this.waiting.has(id)) this.tell(id);
    this.record(changes(id));
  }

  take(one: Step): void {
    switch (one.kind) {
      case "add":
        return this.add(one.incident, one.mine, one.quiet);
      case "start":
        return this.start();
      case "deliver":
        return this.end(one.which, (id) => delivered(this.outbox, id), true);
      case "fail": {
        const failure = { atMs: this.nowMs, retryable: one.retryable };
        return this.end(one.which, (id) => failed(this.outbox, id, failure, SETTINGS, one.random01), false);
      }
      case "clock":
        this.nowMs += one.byMs;
        return;
      case "peer-delivered": {
        // The peer keeps order too: it tells the first of a lane.
        const id = [...this.waiting][one.which % this.waiting.size];
        const [incident, , route] = id?.split("/") ?? [];
        const first = [...this.waiting].find(
          (other) => other.startsWith(`${incident}/`) && other.endsWith(`/${route}`),
        );
        if (first === undefined) return;
        this.tell(first);
        return this.record(endedByPeer(this.outbox, first));
      }
      case "silent":
        return this.record(peerSilent(this.outbox, "lb-01"));
      case "restart":
        this.outbox = restarted(JSON.parse(JSON.stringify(this.outbox)) as Outbox);
    }
  }

  add(number: number, mine: boolean, quiet: number): void {
    const revision = (this.revisions.get(number) ?? 0) + 1;
    this.revisions.set(number, revision);
    const adding = { atMs: this.nowMs, mine, ...(quiet === 0 ? { notBeforeMs: this.nowMs + HOUR_MS } : {}) };
    const phase = revision % 3 === 0 ? "resolved" : "updated";
    for (const route of ROUTES) {
      const one = notice({ incident: `i${number}`, revision, route, phase });
      this.record(added(this.outbox, one, adding, SETTINGS, LIFE_BOUND));
    }
  }
}

describe("a life of an outbox", () => {
  const steps = fc.array(step, { maxLength: 80 });

  it("keeps order and bounds and forgets nothing, also when the clock steps; in the end all is told", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const life = new Life();
        for (const one of all) life.take(one);
        // However the clock went: a wait that was reckoned by a clock of the past or of the future ends all the same.
        life.drain();
        for (let turn = 0; turn < WAITS_MAX && life.waiting.size > 0; turn += 1) {
          life.nowMs += HOUR_MS + SETTINGS.takeOverAfterMs + CLOCK_STEP_MS;
          life.drain();
        }
        expect([...life.waiting]).toEqual([]);
      }),
      { numRuns: tries(250, 1000) },
    );
  });

  it("is the same told straight and folded from a snapshot and the changes after it", () => {
    fc.assert(
      fc.property(steps, fc.nat(), (all, where) => {
        const life = new Life();
        for (const one of all) life.take(one);
        const cut = where % (life.changes.length + 1);
        const snapshot = JSON.stringify(applied(emptyOutbox(), life.changes.slice(0, cut)));
        const after = JSON.parse(JSON.stringify(life.changes.slice(cut))) as OutboxChange[];
        expect(applied(JSON.parse(snapshot) as Outbox, after)).toEqual(restarted(life.outbox));
      }),
      { numRuns: tries(125, 500) },
    );
  });
});
