// The agent's middle: what sources and peers report becomes events, what is known becomes incidents, incidents become notices, and all of it one record.
// Rules: no I/O, no clock; a record is handed out before anything follows from it; state changes here and nowhere else.

import {
  type AgentEvent,
  type AgentSettings,
  EVIDENCE_LENGTH_MAX,
  type FactReport,
  incidentFromDetail,
  type Incident,
  type Notice,
  SUBJECT_LENGTH_MAX,
  VALUE_LENGTH_MAX,
} from "../agent-api/index.ts";
import {
  type IncidentState,
  incidentReport,
  isSettled,
  nextWakeMs,
  noIncidents,
  stepIncidents,
  UNSETTLED_MAX_MS,
} from "./incidents.ts";
import { applyEvent, applyReport, factOf, hearingOf, isFresh, type Liveness, noteBeat } from "./knowledge.ts";
import {
  added,
  delivered,
  due,
  endedByPeer,
  failed,
  finished,
  nextDueAtMs,
  type OutboxChange,
  peerSilent,
  routesKnown,
  started,
} from "./outbox.ts";
import { renameLog } from "./own-log.ts";
import { DETAIL_LENGTH_MAX, DETAILS_MAX, NAME_LENGTH_MAX, type ToldEvents } from "./peers/message.ts";
import type { LocalTime } from "./quiet-times.ts";
import { applyOutbox, type LogRecord, type Memory } from "./record.ts";
import { noticesFor } from "./routing.ts";

export interface CoreOptions {
  readonly settings: AgentSettings;
  /** The name of a log that holds nothing yet. */
  readonly log: string;
  readonly memory: Memory;
  /** The node's wall clock, milliseconds. */
  readonly nowMs: () => number;
  readonly localTime: (atMs: number) => LocalTime;
  /** 0 to 1. */
  readonly random01: () => number;
  /** Takes a record, with the number of this node's last event in it. */
  readonly record: (record: LogRecord, lastSequence: number) => void;
  /** Each event as it becomes known, this node's and its peers'. */
  readonly onEvent: (event: AgentEvent) => void;
  /** Something was judged, whether or not anything came of it: {@link Core.nextWakeMs} may be another one. */
  readonly onJudged?: () => void;
}

export interface Core {
  readonly memory: Memory;
  readonly incidents: IncidentState;
  /** What a source says; `cursor`: how far the journal was read with it. */
  report(reports: readonly FactReport[], cursor?: string): void;
  /** Events of a peer's log, in order. */
  told(events: ToldEvents): void;
  /** A peer was heard; true where something may be judged or delivered now that was not before. */
  beat(node: string, liveness: Liveness): boolean;
  /** This node's log was set back, and goes on under this name; for the disk a snapshot has to follow. */
  renamed(log: string): void;
  /** Time went by. */
  passed(): void;
  /** Notices to deliver now; they count as under way. */
  takeDue(isReady: (notice: Notice) => boolean): Notice[];
  deliveryEnded(id: string, result: DeliveryEnd): void;
  /** When to call {@link passed} or {@link takeDue} although nothing happens; undefined: never. */
  nextWakeMs(): number | undefined;
}

export type DeliveryEnd =
  | { readonly kind: "delivered" }
  | { readonly kind: "failed"; readonly retryable: boolean; readonly retryAfterMs?: number };

interface Batch {
  cursor?: string;
  readonly events: AgentEvent[];
  readonly outbox: OutboxChange[];
}

/** A report from the journal that is older than this is late: conditions are judged as they would have been at its own time. */
const LATE_MS = 500;
/** After a start the sources have this long to say what is so now, before what the log remembers is judged as of now. */
const START_MS = 500;
/** And while late reports keep coming, what is so now is not known yet: nothing is judged as of now until none has come for so long ... */
const CALM_MS = 300;
/** ... or this is over. */
const CATCH_UP_MAX_MS = 20_000;
/** An incident's change makes an event that may matter to another condition; more rounds than this are none of ours. */
const ROUNDS_MAX = 4;
/** A fact that lies further ahead than this was stamped before the clock was set back. */
const CLOCK_STEP_MS = 50;

/** What changes while the agent runs. */
interface State {
  readonly options: CoreOptions;
  readonly memory: Memory;
  incidents: IncidentState;
  readonly startedMs: number;
  /** Notices of an earlier run: a peer may have told them meanwhile, and what came after them. */
  readonly carriedOver: ReadonlySet<string>;
  /** What happened before is still being learned. */
  catchUp: { readonly sinceMs: number; readonly untilMs: number };
}

export function startCore(options: CoreOptions): Core {
  const { settings, memory } = options;
  const startedMs = options.nowMs();
  const state: State = {
    options,
    memory,
    incidents: noIncidents,
    startedMs,
    catchUp: { sinceMs: startedMs, untilMs: startedMs + START_MS },
    carriedOver: new Set(memory.outbox.entries.map(({ notice }) => notice.id)),
  };
  const inBatch = (work: (batch: Batch) => void): void => {
    const batch: Batch = { events: [], outbox: [] };
    const before = state.incidents;
    work(batch);
    commit(state, batch);
    if (state.incidents !== before) options.onJudged?.();
  };
  return {
    memory,
    get incidents() {
      return state.incidents;
    },
    report: (reports, cursor) => {
      inBatch((batch) => {
        if (cursor !== undefined) batch.cursor = cursor;
        for (const report of reports) takeReport(state, batch, report, cursor !== undefined);
        if (batch.events.length > 0) judgeNow(state, batch);
      });
    },
    told: ({ list }) => {
      inBatch((batch) => {
        for (const event of list) takePeerEvent(state, batch, event);
        if (batch.events.length > 0) judgeNow(state, batch);
      });
    },
    beat: (node, liveness) => {
      const was = isFresh(memory.knowledge, node);
      noteBeat(memory.knowledge, node, liveness);
      // What was not to be judged may be judged now, or the other way round.
      const changed = isFresh(memory.knowledge, node) !== was;
      if (changed) inBatch((batch) => judgeNow(state, batch));
      return changed;
    },
    renamed: (log) => renameLog(memory.knowledge, log),
    passed: () => inBatch((batch) => judgeNow(state, batch)),
    takeDue: (isReady) => {
      const routes = settings.alerts.routes.map(({ name }) => name);
      inBatch((batch) => changeOutbox(state, batch, routesKnown(memory.outbox, routes)));
      const holdsBack = isSettledOrLate(state) ? new Set<string>() : state.carriedOver;
      const notices = due(memory.outbox, options.nowMs()).filter(
        (notice) => isReady(notice) && !holdsBack.has(notice.id),
      );
      for (const { id } of notices) memory.outbox = started(memory.outbox, id);
      return notices;
    },
    deliveryEnded: (id, result) => {
      inBatch((batch) => {
        changeOutbox(state, batch, endOf(state, id, result));
        if (batch.events.length > 0) judgeNow(state, batch);
      });
    },
    nextWakeMs: () => {
      const nowMs = options.nowMs();
      const carriedOverMs = isSettledOrLate(state) ? undefined : state.startedMs + UNSETTLED_MAX_MS;
      const wakes = [
        isCatchingUp(state, nowMs) ? state.catchUp.untilMs : nextWakeMs(state.incidents),
        nextDueAtMs(memory.outbox, nowMs),
        state.carriedOver.size === 0 ? undefined : carriedOverMs,
      ];
      const known = wakes.filter((wake) => wake !== undefined);
      return known.length === 0 ? undefined : Math.min(...known);
    },
  };
}

/** What the peers have told is known, or has been waited for long enough. */
function isSettledOrLate({ options, memory, startedMs }: State): boolean {
  const ranMs = options.nowMs() - startedMs;
  return ranMs < 0 || ranMs >= UNSETTLED_MAX_MS || isSettled(memory.knowledge, options.settings);
}

function endOf({ options, memory }: State, id: string, result: DeliveryEnd): OutboxChange[] {
  memory.outbox = finished(memory.outbox, id);
  if (result.kind === "delivered") return delivered(memory.outbox, id);
  const failure = { atMs: options.nowMs(), ...result };
  return failed(memory.outbox, id, failure, options.settings.alerts, options.random01());
}

function takeReport(state: State, batch: Batch, given: FactReport, fromJournal: boolean): void {
  const { options, memory } = state;
  const { node } = options.settings;
  const nowMs = options.nowMs();
  const report = bounded(given);
  if (isOutdated(memory, node, report, nowMs)) return;
  const asOfMs = fromJournal ? lateMoment(state, report, nowMs) : undefined;
  // Between the last thing known and this one, time went by in which something may have run out of patience.
  if (asOfMs !== undefined && isNews(memory, node, report)) judge(state, batch, asOfMs);
  const event = takeOwn(state, batch, report);
  if (event === undefined) return;
  if (event.kind === "peer" && event.value === "silent")
    changeOutbox(state, batch, peerSilent(memory.outbox, event.subject));
  if (asOfMs === undefined) judgeNow(state, batch);
  else judge(state, batch, asOfMs);
}

/** The moment as of which a report from the journal is judged: its own, where it is late or comes among late ones. Undefined: as of now. */
function lateMoment(state: State, { atMs }: FactReport, nowMs: number): number | undefined {
  if (atMs === undefined || atMs < state.memory.bornAtMs) return undefined;
  const isLate = atMs < nowMs - LATE_MS;
  const catchingUp = isCatchingUp(state, nowMs);
  if (isLate) {
    const { sinceMs, untilMs } = state.catchUp;
    // Late ones that follow each other belong to one catching up, so that it has an end.
    const goesOn = nowMs >= sinceMs && nowMs < untilMs + CALM_MS;
    state.catchUp = goesOn
      ? { sinceMs, untilMs: Math.max(untilMs, nowMs + CALM_MS) }
      : { sinceMs: nowMs, untilMs: nowMs + CALM_MS };
  }
  return isLate || catchingUp ? Math.min(atMs, nowMs) : undefined;
}

/** A clock that was set back ends it too. */
function isCatchingUp({ catchUp }: State, nowMs: number): boolean {
  return nowMs >= catchUp.sinceMs && nowMs < Math.min(catchUp.untilMs, catchUp.sinceMs + CATCH_UP_MAX_MS);
}

/** The event that a report makes, if it makes one. */
function takeOwn({ options, memory }: State, batch: Batch, report: FactReport): AgentEvent | undefined {
  const log = memory.knowledge.nodes.get(options.settings.node)?.log ?? options.log;
  const event = applyReport(memory.knowledge, bounded(report), { log, nowMs: options.nowMs() });
  if (event === undefined) return undefined;
  batch.events.push(event);
  options.onEvent(event);
  return event;
}

function takePeerEvent(state: State, batch: Batch, event: AgentEvent): void {
  const { options, memory } = state;
  const knownLog = memory.knowledge.nodes.get(event.node)?.log;
  if (!applyEvent(memory.knowledge, event)) return;
  // Its log is another one now: until all that stands in it is told, what is known of the node is not how it is.
  if (event.log !== knownLog) memory.knowledge.liveness.delete(event.node);
  batch.events.push(event);
  options.onEvent(event);
  if (event.kind === "notice" && event.value === "delivered")
    changeOutbox(state, batch, endedByPeer(memory.outbox, event.subject));
  if (event.kind !== "incident") return;
  const incident = incidentFromDetail(event.subject, event.value, event.detail);
  if (incident === undefined) return;
  // What comes from an owner that has fallen silent meanwhile, nobody else will tell.
  const isOrphan = hearingOf(memory.knowledge, incident.owner) === "silent";
  tell(state, batch, incident, isOrphan);
}

/** Judges as of now, where it is known how it is now. */
function judgeNow(state: State, batch: Batch): void {
  const nowMs = state.options.nowMs();
  if (!isCatchingUp(state, nowMs)) judge(state, batch, nowMs);
}

/** Judges every condition as of a moment, and tells what has changed. */
function judge(state: State, batch: Batch, asOfMs: number): void {
  const { options, memory } = state;
  const clockMs = Math.max(asOfMs, options.nowMs());
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const step = stepIncidents(state.incidents, memory.knowledge, options.settings, asOfMs, clockMs);
    state.incidents = step.state;
    if (step.changes.length === 0) return;
    for (const change of step.changes) {
      takeOwn(state, batch, incidentReport(change));
      tell(state, batch, change, true);
    }
  }
}

/** Puts an incident's change into the outbox, once for each of its routes. It is told now, whenever it happened: quiet times are for those who are told. */
function tell(state: State, batch: Batch, incident: Incident, mine: boolean): void {
  const { options, memory } = state;
  const { settings } = options;
  const atMs = options.nowMs();
  const moment = { nowMs: atMs, local: options.localTime(atMs) };
  for (const notice of noticesFor(incident, settings, moment, memory.told.get(incident.id) ?? [])) {
    const { notBeforeMs } = notice;
    const adding = { atMs, mine, ...(notBeforeMs === undefined ? {} : { notBeforeMs }) };
    changeOutbox(state, batch, added(memory.outbox, notice, adding, settings.alerts));
  }
}

/** Applies changes of the outbox; of a notice that ended here, status and the other node must know. */
function changeOutbox(state: State, batch: Batch, made: readonly OutboxChange[]): void {
  if (made.length === 0) return;
  applyOutbox(state.memory, made);
  batch.outbox.push(...made);
  for (const change of made) {
    if (change.kind !== "ended" || change.byPeer) continue;
    const detail = change.why === undefined ? {} : { detail: { reason: change.why } };
    takeOwn(state, batch, { kind: "notice", subject: change.id, value: change.how, ...detail });
  }
}

function commit({ options, memory }: State, batch: Batch): void {
  const { cursor, events, outbox } = batch;
  if (events.length === 0 && outbox.length === 0 && cursor === undefined) return;
  if (cursor !== undefined) memory.cursor = cursor;
  const record: LogRecord = {
    ...(cursor === undefined ? {} : { cursor }),
    ...(events.length === 0 ? {} : { events }),
    ...(outbox.length === 0 ? {} : { outbox }),
  };
  options.record(record, memory.knowledge.nodes.get(options.settings.node)?.sequence ?? 0);
}

/** Whether the report says something else than what is known. */
function isNews(memory: Memory, node: string, report: FactReport): boolean {
  return factOf(memory.knowledge, node, report.kind, report.subject)?.value !== report.value;
}

/**
 * The journal tells again what other sources told sooner, and after a restart what was read but not recorded: what is older than the fact that stands
 * changes nothing. What happened before the log was begun is taken only where nothing is known yet.
 */
function isOutdated(memory: Memory, node: string, report: FactReport, nowMs: number): boolean {
  const fact = factOf(memory.knowledge, node, report.kind, report.subject);
  if (report.atMs === undefined || fact === undefined) return false;
  if (fact.sinceMs > nowMs + CLOCK_STEP_MS) return false;
  return report.atMs < fact.sinceMs;
}

/** Within the bounds of what can be read back from the log and by the peers, whatever a source says. */
function bounded({ atMs, detail, ...report }: FactReport): FactReport {
  const details = Object.entries(detail ?? {})
    .filter(([name]) => name !== "__proto__")
    .slice(0, DETAILS_MAX);
  const cut = details.map(([name, text]) => [
    name.slice(0, NAME_LENGTH_MAX),
    text.slice(0, DETAIL_LENGTH_MAX),
  ]);
  return {
    ...report,
    ...(atMs === undefined || !(atMs >= 0 && atMs < Infinity) ? {} : { atMs }),
    ...(detail === undefined ? {} : { detail: Object.fromEntries(cut) as Record<string, string> }),
    subject: report.subject.slice(0, SUBJECT_LENGTH_MAX),
    value: report.value.slice(0, VALUE_LENGTH_MAX),
    ...(report.evidence === undefined ? {} : { evidence: report.evidence.slice(0, EVIDENCE_LENGTH_MAX) }),
  };
}
