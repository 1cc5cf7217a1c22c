// Incidents from conditions: opened after patience, changed when there is news, resolved after patience, one for each condition and scope, told by one node. Pure.
// Rules: the id never changes and revisions rise; what cannot be judged changes nothing; `changes` are recorded and applied to the knowledge before the next step.

import {
  type AgentSettings,
  durationText,
  type FactReport,
  type Incident,
  incidentToDetail,
  severities,
  sinceText,
} from "../agent-api/index.ts";
import { type Condition, type Finding, FINDINGS_MAX } from "./conditions/condition.ts";
import { conditions } from "./conditions/registry.ts";
import { type View, viewOf } from "./conditions/view.ts";
import { TO_DO } from "./conditions/words.ts";
import { followingId, incidentId } from "./incident-id.ts";
import { hearingOf, isFresh, type Knowledge, RESOLVED_MAX } from "./knowledge.ts";
import { handlerOf, keyOf, openerOf, openIncidents } from "./open-incidents.ts";

export interface IncidentState {
  /** By condition and scope. */
  readonly open: ReadonlyMap<string, Incident>;
  /** Since when each condition has been found without a break, and since when an open one is not. */
  readonly foundSinceMs: ReadonlyMap<string, number>;
  readonly absentSinceMs: ReadonlyMap<string, number>;
  /** Since when there is news of an open incident that was not told yet. */
  readonly newsSinceMs: ReadonlyMap<string, number>;
  /** Since when a peer's part is being waited for. */
  readonly unsettledSinceMs?: number;
  readonly wakeAtMs?: number;
}

/** Before the first step of a run; what is open is read from the knowledge. */
export const noIncidents: IncidentState = {
  open: new Map(),
  foundSinceMs: new Map(),
  absentSinceMs: new Map(),
  newsSinceMs: new Map(),
};

export interface IncidentStep {
  readonly state: IncidentState;
  readonly changes: readonly Incident[];
}

/** More open incidents than this are not taken: nobody reads them. */
export const OPEN_MAX = 200;
/** Between two changes of one incident. */
const NEWS_PAUSE_MS = 1_000;
const CALM_PAUSE_MS = 30_000;
/** What changes on the way to something else is no news, unless it is worse. */
const NEWS_SETTLES_MS = 6_000;
/** A peer that was heard of, but not out, is waited for this long before what concerns the pair is told. */
export const UNSETTLED_MAX_MS = 5_000;

/** When time alone can change something, with nothing new to know; undefined: never. */
export function nextWakeMs(state: IncidentState): number | undefined {
  return state.wakeAtMs;
}

/** A change as the event by which the other nodes learn of it. */
export function incidentReport(incident: Incident): FactReport {
  return {
    kind: "incident",
    subject: incident.id,
    value: incident.phase,
    atMs: incident.changedAtMs,
    detail: incidentToDetail(incident),
  };
}

/** Everything one step works on. */
interface Work {
  readonly view: View;
  readonly before: IncidentState;
  readonly open: Map<string, Incident>;
  readonly foundSinceMs: Map<string, number>;
  readonly absentSinceMs: Map<string, number>;
  readonly newsSinceMs: Map<string, number>;
  readonly settled: boolean;
  /** The clock; later than the moment that is judged where something is judged late. */
  readonly clockMs: number;
  readonly changes: Incident[];
  readonly wakes: number[];
}

/**
 * Judges every condition on what is known, as of `nowMs`: a moment that is past (by `clockMs`) where what happened then is learned late. What has begun
 * since that moment is not judged, because then it was not so. Does not change its arguments.
 */
export function stepIncidents(
  before: IncidentState,
  knowledge: Knowledge,
  settings: AgentSettings,
  nowMs: number,
  clockMs = nowMs,
): IncidentStep {
  const { open, doubled } = openIncidents(before.open.values(), knowledge, settings);
  const unsettledSinceMs = isSettled(knowledge, settings)
    ? undefined
    : Math.min(before.unsettledSinceMs ?? clockMs, clockMs);
  const work: Work = {
    view: viewOf(knowledge, settings, nowMs),
    before,
    open,
    foundSinceMs: new Map(),
    absentSinceMs: new Map(),
    newsSinceMs: new Map(),
    settled: unsettledSinceMs === undefined || clockMs - unsettledSinceMs >= UNSETTLED_MAX_MS,
    clockMs,
    changes: [],
    wakes: [],
  };
  if (unsettledSinceMs !== undefined) work.wakes.push(unsettledSinceMs + UNSETTLED_MAX_MS);
  for (const incident of doubled) endDoubled(work, incident);
  for (const condition of conditions) judge(work, condition);
  const later = work.wakes.filter((moment) => moment > nowMs);
  return {
    state: {
      open,
      foundSinceMs: work.foundSinceMs,
      absentSinceMs: work.absentSinceMs,
      newsSinceMs: work.newsSinceMs,
      ...(unsettledSinceMs === undefined ? {} : { unsettledSinceMs }),
      ...(later.length === 0 ? {} : { wakeAtMs: Math.min(...later) }),
    },
    changes: work.changes,
  };
}

/** Of every peer it is known whether it is heard, and what is heard of it is up to date: so is what it has opened. */
export function isSettled(knowledge: Knowledge, settings: AgentSettings): boolean {
  return settings.nodes.every(
    ({ name }) => isFresh(knowledge, name) || hearingOf(knowledge, name) === "silent",
  );
}

function judge(work: Work, condition: Condition): void {
  const { recheckAtMs, ...judged } = condition.find(work.view);
  const isLater = ({ sinceMs }: Finding): boolean => sinceMs > work.view.nowMs && sinceMs <= work.clockMs;
  const findings = judged.findings.filter((finding) => !isLater(finding));
  const later = judged.findings.filter(isLater).map(({ scope }) => scope);
  const unknown = [...(judged.unknown ?? []), ...later];
  if (recheckAtMs !== undefined) work.wakes.push(recheckAtMs);
  const found = new Set<string>();
  for (const finding of findings.slice(0, FINDINGS_MAX)) {
    found.add(finding.scope);
    noteFound(work, condition, finding);
  }
  for (const incident of [...work.open.values()]) {
    if (incident.condition !== condition.code || found.has(incident.scope)) continue;
    if (!unknown.includes(incident.scope)) noteAbsent(work, condition, incident);
  }
  // What cannot be judged keeps its patience: it goes on where it was when it can be judged again.
  for (const scope of unknown) keepPatience(work, keyOf({ condition: condition.code, scope }));
}

function keepPatience(work: Work, key: string): void {
  const since = work.before.foundSinceMs.get(key);
  if (since !== undefined && !work.foundSinceMs.has(key)) work.foundSinceMs.set(key, since);
}

function noteFound(work: Work, condition: Condition, finding: Finding): void {
  const { nowMs } = work.view;
  const key = keyOf({ condition: condition.code, scope: finding.scope });
  // Never in the future: a clock that was set back must not hold an alert up.
  const since = Math.min(work.before.foundSinceMs.get(key) ?? finding.sinceMs, finding.sinceMs, nowMs);
  work.foundSinceMs.set(key, since);
  const incident = work.open.get(key);
  if (incident === undefined) openOne(work, condition, finding, since);
  else updateOne(work, condition, finding, incident);
}

function openOne(work: Work, condition: Condition, finding: Finding, since: number): void {
  const { knowledge, settings, nowMs } = work.view;
  const opener = openerOf(knowledge, settings, finding.node);
  if (opener !== settings.node) return;
  if (!work.settled && finding.node !== settings.node) return;
  const opensAtMs = since + opensAfterMs(condition, settings);
  if (nowMs < opensAtMs) {
    work.wakes.push(opensAtMs);
    return;
  }
  const id = freeId(knowledge, condition, settings.pair, finding);
  if (id === undefined || work.open.size >= OPEN_MAX) return;
  change(work, {
    id,
    condition: condition.code,
    scope: finding.scope,
    severity: finding.severity,
    phase: "opened",
    revision: 1,
    openedAtMs: nowMs,
    changedAtMs: nowMs,
    title: finding.title,
    text: finding.text,
    owner: settings.node,
    detail: finding.detail,
  });
}

function opensAfterMs(condition: Condition, settings: AgentSettings): number {
  return settings.alerts.patienceMs[condition.code] ?? condition.patience(settings).opensAfterMs;
}

/** An id that no incident has had; undefined where the thing happened once and was told. */
function freeId(
  knowledge: Knowledge,
  condition: Condition,
  pair: string,
  finding: Finding,
): string | undefined {
  let id = incidentId(pair, condition.code, finding.scope, finding.begunBy);
  for (let tried = 0; knowledge.resolved.has(id); tried += 1) {
    if (condition.once === true || tried > RESOLVED_MAX) return undefined;
    id = followingId(id);
  }
  return id;
}

function updateOne(work: Work, condition: Condition, finding: Finding, incident: Incident): void {
  const { knowledge, settings, nowMs } = work.view;
  if (handlerOf(knowledge, settings, incident) !== settings.node || !work.settled) return;
  if (!isNews(condition, finding, incident)) return;
  const key = keyOf(incident);
  const newsSince = Math.min(work.before.newsSinceMs.get(key) ?? nowMs, nowMs);
  const isUrgent = condition.urgent === true || isWorse(finding, incident);
  // A change that is stamped in the future (a clock was set back, or a peer's is ahead) holds nothing up.
  const pausedUntilMs =
    incident.changedAtMs > nowMs ? nowMs : incident.changedAtMs + (isUrgent ? NEWS_PAUSE_MS : CALM_PAUSE_MS);
  const dueAtMs = Math.max(pausedUntilMs, isUrgent ? nowMs : newsSince + NEWS_SETTLES_MS);
  if (nowMs < dueAtMs) {
    work.newsSinceMs.set(key, newsSince);
    work.wakes.push(dueAtMs);
    return;
  }
  change(work, {
    ...incident,
    phase: "updated",
    revision: incident.revision + 1,
    severity: finding.severity,
    changedAtMs: nowMs,
    title: finding.title,
    text: finding.text,
    owner: settings.node,
    detail: finding.detail,
  });
}

function isWorse(finding: Finding, incident: Incident): boolean {
  return severities.indexOf(finding.severity) > severities.indexOf(incident.severity);
}

function isNews(condition: Condition, finding: Finding, incident: Incident): boolean {
  if (finding.title !== incident.title || finding.severity !== incident.severity) return true;
  return Object.entries(finding.detail).some(([name, value]) => {
    const told = incident.detail[name];
    return condition.figures?.includes(name) === true ? told === undefined : told !== value;
  });
}

function noteAbsent(work: Work, condition: Condition, incident: Incident): void {
  const { knowledge, settings, nowMs } = work.view;
  const key = keyOf(incident);
  const since = Math.min(work.before.absentSinceMs.get(key) ?? nowMs, nowMs);
  work.absentSinceMs.set(key, since);
  if (handlerOf(knowledge, settings, incident) !== settings.node || !work.settled) return;
  const resolvesAtMs = since + condition.patience(settings).resolvesAfterMs;
  if (nowMs < resolvesAtMs) {
    work.wakes.push(resolvesAtMs);
    return;
  }
  const over = `Over: ${sinceText(nowMs)}, after ${durationText(nowMs - incident.openedAtMs)}.`;
  change(work, {
    ...resolved(work, incident),
    title: condition.resolvedTitle?.(incident, settings) ?? incident.title,
    text: [over, ...incident.text.split("\n").filter((line) => !line.startsWith(TO_DO))].join("\n"),
  });
}

function resolved(work: Work, incident: Incident): Incident {
  return {
    ...incident,
    phase: "resolved",
    revision: incident.revision + 1,
    changedAtMs: work.view.nowMs,
    owner: work.view.settings.node,
  };
}

/** Two nodes that did not hear each other opened two incidents for one thing: the older one goes on. */
function endDoubled(work: Work, incident: Incident): void {
  const { knowledge, settings } = work.view;
  if (handlerOf(knowledge, settings, incident) !== settings.node) return;
  const stays = work.open.get(keyOf(incident));
  work.changes.push({
    ...resolved(work, incident),
    text: `It goes on as incident ${stays?.id ?? "of the other node"}, which the other node had opened.\n${incident.text}`,
    detail: { ...incident.detail, ...(stays === undefined ? {} : { goesOnAs: stays.id }) },
  });
}

function change(work: Work, incident: Incident): void {
  work.changes.push(incident);
  if (incident.phase === "resolved") {
    work.open.delete(keyOf(incident));
    work.absentSinceMs.delete(keyOf(incident));
  } else {
    work.open.set(keyOf(incident), incident);
  }
}
