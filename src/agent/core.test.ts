// The core: events in, records and notices out; late news judged as of its own time; and whenever it is killed, people are told the same.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  asJson,
  CoreLife,
  type Disk,
  emptyDisk,
  loneSettings,
  OWN_LOG,
  STARTED_MS,
} from "../../test/support/agent-core.ts";
import { worldSettings } from "../../test/support/agent-world.ts";
import { tries } from "../../test/support/tries.ts";
import { type AgentSettings, type FactKind, factKinds, type FactReport } from "../agent-api/index.ts";
import { factOf } from "./knowledge.ts";
import { readEvent } from "./peers/message.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** By then the sources have had their first word. */
const SETTLED_MS = 2 * SECOND;

function life(
  disk: Disk = emptyDisk(),
  nowMs = STARTED_MS,
  settings: AgentSettings = loneSettings(),
): CoreLife {
  return new CoreLife({ settings, disk, nowMs });
}

/** A life that has gone on for a while. */
function settled(settings?: AgentSettings): CoreLife {
  const begun = life(undefined, STARTED_MS - 2 * 60 * MINUTE, settings);
  begun.report([{ kind: "agent", subject: "self", value: "running" }]);
  begun.passTo(STARTED_MS);
  return begun;
}

const reload = (value: "failed" | "ok", atMs?: number): FactReport => ({
  kind: "reload",
  subject: "haproxy",
  value,
  ...(atMs === undefined ? {} : { atMs }),
});

const instance = (value: string, atMs?: number): FactReport => ({
  kind: "instance",
  subject: "ext-lb",
  value,
  ...(atMs === undefined ? {} : { atMs }),
});

/** Opens nothing by itself. */
const check = (value: "failed" | "ok", atMs: number): FactReport => ({
  ...{ kind: "check", subject: "chk_haproxy", value, atMs },
});

describe("a report", () => {
  it("that says what is known leaves no record, and what is read of the journal leaves its cursor", () => {
    const agent = settled();
    agent.report([reload("ok")]);
    const { length } = agent.records;
    agent.report([reload("ok")]);
    expect(agent.records.length).toBe(length);
    agent.report([reload("ok", agent.nowMs)], "s=1");
    expect(agent.records.slice(length)).toEqual([{ cursor: "s=1" }]);
    expect(agent.memory.cursor).toBe("s=1");
  });

  it("becomes one record with its event, the incident that opens and its notices", () => {
    const agent = settled(loneSettings({ patienceMs: { "haproxy-reload-failed": 0 } }));
    const { length } = agent.records;
    agent.core.report([reload("failed", agent.nowMs)], "s=2");
    const [record] = agent.records.slice(length);
    expect(record?.cursor).toBe("s=2");
    expect(record?.events?.map(({ kind, value }) => `${kind} ${value}`)).toEqual([
      "reload failed",
      "incident opened",
    ]);
    const id = record?.events?.[1]?.subject;
    expect(record?.outbox).toMatchObject([
      { kind: "added", heldForMs: 0, notice: { id: `${id}/1/hook`, route: "hook" } },
    ]);
    agent.deliver();
    expect(agent.delivered.map((notice) => notice.id)).toEqual([`${id}/1/hook`]);
    expect(agent.records.at(-1)?.events).toMatchObject([
      { kind: "notice", subject: `${id}/1/hook`, value: "delivered" },
    ]);
    expect(agent.core.takeDue(() => true)).toEqual([]);
  });

  it("whatever it holds, becomes an event that can be read back from the log and by the peers", () => {
    const report: fc.Arbitrary<FactReport> = fc.record(
      {
        kind: fc.constantFrom(...(Object.keys(factKinds) as FactKind[])),
        subject: fc.string({ maxLength: 400, unit: "binary" }),
        value: fc.string({ maxLength: 400, unit: "binary" }),
        atMs: fc.oneof(fc.double(), fc.constant(STARTED_MS)),
        detail: fc.dictionary(fc.string({ maxLength: 100 }), fc.string({ maxLength: 5_000, size: "max" }), {
          maxKeys: 60,
        }),
        evidence: fc.string({ maxLength: 500, unit: "binary" }),
      },
      { requiredKeys: ["kind", "subject", "value"] },
    );
    fc.assert(
      fc.property(fc.array(report, { maxLength: 4 }), fc.boolean(), (reports, fromJournal) => {
        const agent = life();
        agent.core.report(reports, fromJournal ? "s=1" : undefined);
        for (const event of agent.events) expect(readEvent(asJson(event))).toEqual(asJson(event));
      }),
      { numRuns: tries(20, 60) },
    );
  });
});

describe("what the journal tells late", () => {
  const agentOf = (): CoreLife => settled(loneSettings({ patienceMs: { "haproxy-reload-failed": SECOND } }));

  it("is judged as of its own time: what lasted is told with its times, what did not is not told", () => {
    const agent = agentOf();
    const beganMs = agent.nowMs;
    // The agent stood still for an hour, and the journal tells all of it at once.
    agent.nowMs += 60 * MINUTE;
    agent.core.report([reload("failed", beganMs + MINUTE)], "s=1");
    agent.core.report([reload("ok", beganMs + MINUTE + 400)], "s=2");
    agent.core.report([reload("failed", beganMs + 20 * MINUTE)], "s=3");
    agent.core.report([reload("ok", beganMs + 30 * MINUTE)], "s=4");
    agent.passes(MINUTE);
    expect(agent.lines()).toEqual([
      "opened haproxy-reload-failed: extlb-01: HAProxy's reload failed",
      "resolved haproxy-reload-failed: extlb-01: HAProxy's reload failed",
    ]);
    const [opened, resolved] = agent.delivered;
    expect(opened?.incident.openedAtMs).toBe(beganMs + 30 * MINUTE);
    expect(resolved?.incident.changedAtMs).toBe(beganMs + 30 * MINUTE);
    // A notice is made when it is known, however old its news is.
    expect(opened?.createdAtMs).toBeGreaterThan(beganMs + 60 * MINUTE - SECOND);
  });

  it("does not make old what has begun since", () => {
    const agent = agentOf();
    agent.report([{ kind: "vip", subject: "10.150.160.32", value: "ens192" }]);
    const beganMs = agent.nowMs;
    agent.nowMs += 10 * MINUTE;
    // HAProxy is restarted now, while the journal still tells of before: three seconds are its patience.
    agent.core.report([{ kind: "unit", subject: "haproxy", value: "failed" }]);
    agent.core.report([instance("MASTER", beganMs + MINUTE)], "s=1");
    agent.core.report([instance("BACKUP", beganMs + 2 * MINUTE)], "s=2");
    agent.passes(SECOND);
    agent.core.report([{ kind: "unit", subject: "haproxy", value: "active" }]);
    agent.passes(MINUTE);
    expect(agent.lines().filter((line) => line.includes("haproxy-down"))).toEqual([]);
  });

  it("holds up what is so now for a moment, and not for longer than the clock says that it is one", () => {
    const agent = settled(loneSettings({ patienceMs: { "haproxy-reload-failed": 0 } }));
    agent.core.report([check("failed", agent.nowMs - MINUTE)], "s=1");
    agent.report([reload("failed")]);
    expect(agent.delivered).toEqual([]);
    agent.passes(400);
    expect(agent.lines()).toHaveLength(1);
    agent.core.report([check("ok", agent.nowMs - 30 * SECOND)], "s=2");
    // The clock is set back by an hour in this moment.
    agent.nowMs -= 60 * MINUTE;
    agent.report([reload("ok")]);
    expect(agent.lines()).toHaveLength(2);
  });

  it("comes to an end even where it never stops being late", () => {
    const agent = settled(loneSettings({ patienceMs: { "haproxy-reload-failed": 0 } }));
    agent.core.report([check("failed", agent.nowMs - MINUTE)], "s=0");
    agent.core.report([reload("failed")]);
    for (let number = 1; number <= 400; number += 1) {
      agent.nowMs += 100;
      agent.report([check(number % 2 === 0 ? "failed" : "ok", agent.nowMs - MINUTE)], `s=${number}`);
    }
    expect(agent.lines().some((line) => line.startsWith("opened haproxy-reload-failed"))).toBe(true);
  });

  it("changes nothing where it is older than what another source has told; of what stands as long it is taken", () => {
    const agent = settled();
    const atMs = agent.nowMs;
    agent.report([instance("FAULT")]);
    agent.nowMs += 200;
    agent.report([instance("BACKUP")]);
    agent.nowMs += 20;
    agent.report([instance("FAULT", atMs - 1)], "s=1");
    agent.report([instance("FAULT", atMs + 199)], "s=2");
    expect(factOf(agent.memory.knowledge, "extlb-01", "instance", "ext-lb")?.value).toBe("BACKUP");
    agent.report([instance("MASTER", atMs + 200)], "s=3");
    expect(factOf(agent.memory.knowledge, "extlb-01", "instance", "ext-lb")?.value).toBe("MASTER");
  });

  it("is taken where what stands was stamped before the clock was set back", () => {
    const agent = settled();
    agent.report([instance("MASTER")]);
    agent.nowMs -= 60 * MINUTE;
    agent.report([instance("FAULT", agent.nowMs)], "s=1");
    expect(factOf(agent.memory.knowledge, "extlb-01", "instance", "ext-lb")?.value).toBe("FAULT");
  });

  it("is told by the quiet times of now", () => {
    // 10:42 is quiet, the hour before was not.
    const quiet = { fromMinute: 10 * 60 + 30, toMinute: 11 * 60, except: "critical" } as const;
    const agent = settled(loneSettings({ patienceMs: { "haproxy-reload-failed": 0 }, quietTimes: [quiet] }));
    agent.report([reload("failed", agent.nowMs - MINUTE)], "s=1");
    expect(agent.delivered).toEqual([]);
    agent.passTo(STARTED_MS + 18 * MINUTE + SECOND);
    expect(agent.lines()).toHaveLength(1);
  });
});

describe("a start", () => {
  it("judges what is remembered only when the sources have had time to say what is so now", () => {
    const settings = loneSettings({ patienceMs: { "haproxy-reload-failed": 0 } });
    const disk = emptyDisk();
    const first = life(disk, STARTED_MS, settings);
    // Killed before the reload that failed was judged.
    first.core.report([reload("failed")]);
    const second = life(disk, STARTED_MS + 10 * MINUTE, settings);
    second.report([{ kind: "agent", subject: "self", value: "running" }]);
    second.passes(100);
    second.report([reload("ok")]);
    second.passes(MINUTE);
    expect(second.lines()).toEqual([]);
  });

  it("leaves out numbers, so that none is used for two events", () => {
    const disk = emptyDisk();
    const first = life(disk);
    first.report([reload("ok")]);
    const second = life(disk, STARTED_MS + MINUTE);
    second.report([reload("failed")]);
    expect([first, second].map(({ events }) => events[0])).toMatchObject([
      { log: OWN_LOG, sequence: 1 },
      { log: OWN_LOG, sequence: 1002 },
    ]);
  });
});

describe("a peer", () => {
  const PEER = "extlb-02";
  const peerFact = (
    sequence: number,
    kind: FactKind,
    subject: string,
    value: string,
    log = "00000000000000b1",
  ) => ({
    ...{ node: PEER, log, sequence, atMs: STARTED_MS, kind, subject, value },
  });
  const told = (...list: ReturnType<typeof peerFact>[]) => ({ from: 1, next: 1 + list.length, list });
  const live = (agent: CoreLife, caughtUp: boolean) => ({
    lastHeardMs: agent.nowMs,
    clockAheadMs: 0,
    caughtUp,
  });

  it("that begins another log is not taken for known until all of it was told", () => {
    const agent = settled(worldSettings("extlb-01"));
    agent.report([{ kind: "peer", subject: PEER, value: "heard" }]);
    agent.core.told(told(peerFact(1, "instance", "ext-lb", "MASTER")));
    expect(agent.core.beat(PEER, live(agent, true))).toBe(true);
    expect(agent.core.beat(PEER, live(agent, true))).toBe(false);
    agent.core.told(told(peerFact(1, "instance", "ext-lb", "BACKUP", "00000000000000b2")));
    expect(agent.core.beat(PEER, live(agent, false))).toBe(false);
    expect(agent.core.beat(PEER, live(agent, true))).toBe(true);
  });

  it("says that it was judged, also where nothing is recorded, so that the next wake-up is reckoned anew", () => {
    const agent = settled(worldSettings("extlb-01"));
    agent.report([{ kind: "peer", subject: PEER, value: "heard" }]);
    const [judged, records] = [agent.judged, agent.records.length];
    agent.core.beat(PEER, live(agent, true));
    expect([agent.judged, agent.records.length]).toEqual([judged + 1, records]);
  });
});

describe("an agent that is killed after any record", () => {
  interface Entry {
    readonly report: FactReport;
    readonly atMs: number;
  }
  const entry = fc.record({
    gapMs: fc.constantFrom(100, 300, 2_000, 5_000, 8_000),
    what: fc.constantFrom<readonly [FactKind, string]>(
      ["reload", "failed"],
      ["reload", "ok"],
      ["unit", "failed"],
      ["unit", "active"],
      ["check", "failed"],
    ),
  });
  const journalOf = (entries: readonly { gapMs: number; what: readonly [FactKind, string] }[]): Entry[] => {
    let atMs = STARTED_MS + SETTLED_MS;
    return entries.map(({ gapMs, what: [kind, value] }) => {
      atMs += gapMs;
      return { atMs, report: { kind, subject: "haproxy", value, atMs } };
    });
  };
  const settings = loneSettings({ patienceMs: { "haproxy-reload-failed": SECOND } });

  /** Follows the journal from the recorded cursor until it is killed or at the end. */
  const follow = (agent: CoreLife, journal: readonly Entry[], rollEach: number): void => {
    agent.report([{ kind: "agent", subject: "self", value: "running" }]);
    agent.report([{ kind: "vip", subject: "10.150.160.32", value: "ens192" }]);
    for (let index = Number(agent.memory.cursor ?? 0); index < journal.length && !agent.isDead; index += 1) {
      const next = journal[index];
      if (next === undefined) return;
      agent.passTo(next.atMs + 5);
      agent.report([next.report], String(index + 1));
      if (index % rollEach === rollEach - 1) agent.roll();
    }
    if (!agent.isDead) agent.passes(MINUTE);
  };
  /** Each notice of a reload once, in the order in which they were first delivered. How long HAProxy has been well again, a restart forgets. */
  const toldOnce = (lives: readonly CoreLife[]): string[] => {
    const byId = new Map<string, string>();
    for (const { id, incident } of lives.flatMap(({ delivered }) => delivered)) {
      const said = `${incident.phase} ${incident.condition} ${incident.revision}`;
      // A repetition says the same.
      expect(byId.get(id) ?? said).toBe(said);
      byId.set(id, said);
    }
    return [...byId.values()].filter((said) => said.includes("haproxy-reload-failed"));
  };

  it("tells what one that lived would have told, each under one id", () => {
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 1, maxLength: 12 }),
        fc.array(
          fc.record({
            records: fc.integer({ min: 1, max: 12 }),
            downMs: fc.constantFrom(0, 400, 20_000, 3_600_000),
          }),
          {
            maxLength: 4,
          },
        ),
        fc.integer({ min: 1, max: 6 }),
        (entries, kills, rollEach) => {
          const journal = journalOf(entries);
          const straight = life(emptyDisk(), STARTED_MS, settings);
          follow(straight, journal, 1_000);

          const disk = emptyDisk();
          const lives: CoreLife[] = [];
          let nowMs = STARTED_MS;
          for (const { records, downMs } of kills) {
            const killed = new CoreLife({ settings, disk, nowMs, recordsMax: records });
            follow(killed, journal, rollEach);
            lives.push(killed);
            nowMs = killed.nowMs + downMs;
          }
          const last = life(disk, nowMs, settings);
          follow(last, journal, rollEach);
          expect(toldOnce([...lives, last])).toEqual(toldOnce([straight]));
          expect(new Set(last.core.incidents.open.keys())).toEqual(
            new Set(straight.core.incidents.open.keys()),
          );
          expect(last.memory.outbox.entries).toEqual([]);
        },
      ),
      { numRuns: tries(40, 150) },
    );
  });
});
