// The agent's core in a test's hands: a disk that is an array of JSON, a clock that is set, a receiver that takes everything. It can be killed after any record.
// Rule: what is not in the disk's array is lost with the life, and time passes only where the test says so, with every wake-up on its way.

import type { AgentEvent, AgentSettings, FactReport, Notice } from "../../src/agent-api/index.ts";
import { type Core, startCore } from "../../src/agent/core.ts";
import { leapSequence } from "../../src/agent/durability.ts";
import { beginRun } from "../../src/agent/knowledge.ts";
import { type LogRecord, type Memory, remembered, snapshotFrom } from "../../src/agent/record.ts";
import { STARTED_MS, worldSettings } from "./agent-world.ts";

export const OWN_LOG = "00000000000000a1";

/** What outlives a life, as JSON that nobody shares. */
export interface Disk {
  snapshot: unknown;
  records: unknown[];
}

export const emptyDisk = (): Disk => ({ snapshot: undefined, records: [] });

/** An agent without a peer, with one route that takes everything. */
export function loneSettings(alerts: Partial<AgentSettings["alerts"]> = {}): AgentSettings {
  const base = worldSettings("extlb-01");
  const target = { kind: "webhook", url: "http://127.0.0.1:1/", headers: {} } as const;
  return {
    ...base,
    nodes: base.nodes.slice(0, 1),
    routers: base.routers.map((router) => ({ ...router, prefer: ["extlb-01"] })),
    alerts: { ...base.alerts, routes: [{ name: "hook", severity: "info", target }], ...alerts },
  };
}

export interface LifeOptions {
  readonly settings: AgentSettings;
  readonly disk: Disk;
  readonly nowMs: number;
  /** The disk takes so many records, and then the agent is killed. Absent: it lives. */
  readonly recordsMax?: number;
}

/** One run of an agent. */
export class CoreLife {
  nowMs: number;
  readonly memory: Memory;
  readonly core: Core;
  readonly records: LogRecord[] = [];
  readonly events: AgentEvent[] = [];
  /** In the order in which they were delivered. */
  readonly delivered: Notice[] = [];
  judged = 0;
  readonly #options: LifeOptions;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.nowMs = options.nowMs;
    const { settings, disk } = options;
    const nodes = settings.nodes.map(({ name }) => name);
    const { snapshot, records } = asJson(disk);
    this.memory = remembered(snapshot, records, settings.node, nodes, options.nowMs);
    beginRun(this.memory.knowledge);
    leapSequence(this.memory, settings.node);
    // A log's first snapshot says since when there is one.
    disk.snapshot ??= asJson(snapshotFrom(this.memory));
    this.core = startCore({
      settings,
      log: OWN_LOG,
      memory: this.memory,
      nowMs: () => this.nowMs,
      localTime: (atMs) => {
        const date = new Date(atMs);
        return { minuteOfDay: date.getUTCHours() * 60 + date.getUTCMinutes(), weekday: date.getUTCDay() };
      },
      random01: () => 0.5,
      record: (record) => {
        if (this.isDead) return;
        this.records.push(record);
        disk.records.push(asJson(record));
      },
      onEvent: (event) => this.events.push(event),
      onJudged: () => (this.judged += 1),
    });
  }

  get isDead(): boolean {
    return this.records.length >= (this.#options.recordsMax ?? Infinity);
  }

  /** Everything that the disk holds as one snapshot. */
  roll(): void {
    const { disk } = this.#options;
    if (this.isDead) return;
    disk.snapshot = asJson(snapshotFrom(this.memory));
    disk.records = [];
  }

  report(reports: readonly FactReport[], cursor?: string): void {
    this.core.report(reports, cursor);
    this.deliver();
  }

  /** Time goes by up to that moment, and the agent wakes when it has asked to. */
  passTo(untilMs: number): void {
    for (;;) {
      const wakeMs = this.core.nextWakeMs();
      if (wakeMs === undefined || wakeMs > untilMs || this.isDead) break;
      this.nowMs = Math.max(this.nowMs, wakeMs);
      const before = this.core.nextWakeMs();
      this.core.passed();
      this.deliver();
      if (this.core.nextWakeMs() === before) this.nowMs += 1;
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  passes(lengthMs: number): void {
    this.passTo(this.nowMs + lengthMs);
  }

  /** What is due and on the disk arrives at once. */
  deliver(): void {
    // One delivery makes room for the next of its incident.
    for (let notices = this.#due(); notices.length > 0; notices = this.#due()) {
      for (const notice of notices) {
        if (this.isDead) return;
        this.delivered.push(notice);
        this.core.deliveryEnded(notice.id, { kind: "delivered" });
      }
    }
  }

  #due(): Notice[] {
    return this.isDead ? [] : this.core.takeDue(() => true);
  }

  /** What people were told, one line each: phase, condition and title. */
  lines(): string[] {
    return this.delivered.map(
      ({ incident: { phase, condition, title } }) => `${phase} ${condition}: ${title}`,
    );
  }
}

export function asJson<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify({ value })).value as Value;
}

export { STARTED_MS };
