// One scenario on one pair: baseline, fault or planned work, watch, return, watch, with the open-loop client running all the while.
// Rule: whatever happens, the fault is undone: by the scenario, else by the runner, else by the node itself.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HapairError } from "../base/index.ts";
import { measureRun, type ProbeRecord, type RunMeasurement } from "../measure/index.ts";
import type { Phase, Scenario } from "../scenario/index.ts";
import { armUndoScript, disarmUndoScript, faultScript } from "./fault-commands.ts";
import { type HolderMonitor, monitorHolders, monotonicUs } from "./holder-monitor.ts";
import { isPlanned, type PlannedWork, planWork, undoAfterOf } from "./planned.ts";
import type { ProberProcess } from "./prober-process.ts";
import { waitUntilRedundant } from "./readiness.ts";
import {
  drilledVip,
  type DrillSubject,
  faultSubject,
  nodeOf,
  perform,
  type SplitBrainAnswer,
} from "./subject.ts";
import { type WatchTimes, watchTimes } from "./timers.ts";

/** A failure that nothing recovers from is watched for this long after the fault. */
export const NEVER_RECOVERED_CAP_MS = 10_000;
const BASELINE_MS = 700;
/** Answered without a break for this long: the outage is over. */
const QUIET_MS = 800;
const SETTLE_LIMIT_MS = 25_000;
/** The node undoes a fault by itself after this long, unless the drill has done it. */
export const UNDO_AFTER_S = 60;
const POLL_MS = 20;

export interface PhaseRun {
  readonly phase: Phase;
  /** The node, or nodes, that the action was done to. */
  readonly node: string;
  readonly startedAtUs: number;
  readonly endedAtUs: number;
  readonly measurement: RunMeasurement;
  /** Only for phases that ask hapair status for a split brain. */
  readonly answer?: TimedAnswer;
  /** What planned work says of itself, a sentence each. */
  readonly notes: readonly string[];
}

/** What hapair status said, how long that took, and how many nodes really held the VIP then. */
export interface TimedAnswer extends SplitBrainAnswer {
  readonly tookMs: number;
  readonly holders: number;
}

export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly record: ProbeRecord;
  readonly recordFile: string;
  readonly holderChanges: HolderMonitor["changes"];
  readonly phases: readonly PhaseRun[];
}

export interface ScenarioOptions {
  /** Where the raw record goes. */
  readonly directory: string;
  /** A name for files, unique within the drill. */
  readonly runName: string;
  /** Position of the fault within the advertisement interval, 0 to 1; repeats spread over it. */
  readonly phaseFraction: number;
  /** Real nodes: once clients have seen this much outage, the rest is abandoned and undone. */
  readonly outageBudgetMs?: number;
  /** The node undoes the fault by itself this long after it was armed; {@link UNDO_AFTER_S} when absent. */
  readonly undoAfterS?: number;
  readonly signal?: AbortSignal;
}

interface PhaseTimes {
  readonly phase: Phase;
  readonly node: string;
  readonly startedAtUs: number;
  readonly endedAtUs: number;
  readonly answer?: TimedAnswer;
  readonly notes: readonly string[];
}

/** Runs one scenario and leaves the pair redundant, or throws with the fault undone. */
export async function runScenario(
  subject: DrillSubject,
  scenario: Scenario,
  options: ScenarioOptions,
): Promise<ScenarioRun> {
  const readiness = await waitUntilRedundant(subject, SETTLE_LIMIT_MS);
  const holder = readiness.holder ?? "";
  const victims = victimsOf(scenario, holder, readiness.standbys);
  const victim = victims.join(" and ");
  const times = watchTimes(subject.pair, subject.router);
  const recordFile = join(options.directory, `${options.runName}.json`);

  const monitor = await monitorHolders(subject.nodes, drilledVip(subject));
  const prober = await subject.startProber(recordFile);
  const drillId = `${scenario.name}-${randomBytes(3).toString("hex")}`;
  const phases: PhaseTimes[] = [];
  let record: ProbeRecord;
  let undone = false;
  try {
    await prober.ready;
    const undoAfterS = undoAfterOf(subject, scenario, options.undoAfterS ?? UNDO_AFTER_S);
    for (const node of victims) await armUndo(subject, scenario, node, drillId, undoAfterS);
    await pause(
      BASELINE_MS + options.phaseFraction * (subject.router.advertIntervalUs / 1000),
      options.signal,
    );
    for (const phase of scenario.phases) {
      const act = await prepare(subject, phase, victims);
      if (isPlanned(phase.action)) await pause(BASELINE_MS, options.signal);
      if (phase.target !== "victim") await untilAnswering(prober, options.signal);
      const startedAtUs = monotonicUs();
      if (phase.action.kind === "power-off") monitor.nodeGone(victim);
      const notes = await act({
        monitor,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      if (phase.action.kind === "power-on") await monitor.nodeBack(victim);
      await watch(phase, times, prober, startedAtUs, options);
      const answer = await askIfPromised(subject, phase, monitor);
      phases.push({
        phase,
        node: victim,
        startedAtUs,
        endedAtUs: monotonicUs(),
        notes,
        ...(answer === undefined ? {} : { answer }),
      });
    }
    undone = scenario.phases.length > 1;
  } finally {
    try {
      record = await prober.stop();
      await monitor.stop();
    } finally {
      // A scenario of one phase has healed by itself; its undo only makes sure. It is done too when the client has failed.
      await Promise.all(victims.map((node) => undoNow(subject, scenario, node, { drillId, undone })));
    }
  }
  return {
    scenario,
    record,
    recordFile,
    holderChanges: monitor.changes,
    phases: phases.map((phase) => measurePhase(phase, record, monitor)),
  };
}

/** What a phase does to its nodes, ready to be done. Planned work is done once, and finds its nodes itself. */
async function prepare(
  subject: DrillSubject,
  { action }: Phase,
  nodes: readonly string[],
): Promise<PlannedWork> {
  if (isPlanned(action)) return await planWork(subject, action, nodes[0] ?? "");
  return async () => {
    await Promise.all(nodes.map((node) => perform(subject, action, node)));
    return [];
  };
}

function victimsOf(scenario: Scenario, holder: string, standbys: readonly string[]): readonly string[] {
  const { target } = scenario.phases[0];
  if (target === "all") return [holder, ...standbys];
  return [target === "standby" ? (standbys[0] ?? "") : holder];
}

function measurePhase(times: PhaseTimes, record: ProbeRecord, monitor: HolderMonitor): PhaseRun {
  // With the baseline, which tells how quiet the machine was; requests under way when the fault strikes are lost by their start, which lies there too.
  const fromUs = times.startedAtUs - BASELINE_MS * 1000;
  const measurement = measureRun({
    record,
    samples: monitor.changes,
    faultAtUs: times.startedAtUs,
    fromUs,
    toUs: times.endedAtUs,
  });
  return { ...times, measurement };
}

const ANSWERING_LIMIT_MS = 15_000;

/** A fault is made only while clients are answered: an outage that was there before would be taken for its doing. */
async function untilAnswering(prober: ProberProcess, signal: AbortSignal | undefined): Promise<void> {
  const deadline = performance.now() + ANSWERING_LIMIT_MS;
  while (prober.live().answeringForMs < BASELINE_MS / 2) {
    if (performance.now() > deadline) {
      throw new HapairError({
        kind: "unreachable",
        code: "not-answering",
        message: "the VIP does not answer clients, so no fault was made",
        hint: "hapair verify says what is wrong.",
      });
    }
    await pause(POLL_MS, signal);
  }
}

async function askIfPromised(
  subject: DrillSubject,
  phase: Phase,
  monitor: HolderMonitor,
): Promise<TimedAnswer | undefined> {
  if (!phase.promises.some((promise) => promise.kind === "named")) return undefined;
  const askedAtUs = monotonicUs();
  const holders = monitor.holders().length;
  const answer = await subject.askForSplitBrain();
  return { ...answer, holders, tookMs: (monotonicUs() - askedAtUs) / 1000 };
}

/** Watches a phase for as long as its failover or failback may take, and on until clients are answered, up to the cap. */
async function watch(
  phase: Phase,
  times: WatchTimes,
  prober: ProberProcess,
  startedAtUs: number,
  options: ScenarioOptions,
): Promise<void> {
  const doneAtUs = monotonicUs();
  const leastMs = phase.watch === "takeover" ? times.takeoverMs : times.failbackMs;
  // Where an outage is what is judged, seeing it end is enough; elsewhere the whole time is watched, for what does not happen.
  const mayEndEarly =
    phase.watch === "takeover" && phase.promises.some((promise) => promise.kind === "outage");
  for (;;) {
    const sinceActionMs = (monotonicUs() - doneAtUs) / 1000;
    const live = prober.live();
    const quiet = live.answeringForMs >= QUIET_MS;
    if (sinceActionMs >= leastMs && quiet) return;
    if (mayEndEarly && live.failedSince(startedAtUs) && quiet) return;
    // Planned work takes its time; what comes back by itself afterwards has to be seen all the same.
    if (sinceActionMs >= leastMs && (monotonicUs() - startedAtUs) / 1000 >= NEVER_RECOVERED_CAP_MS) return;
    if (options.outageBudgetMs !== undefined && live.outageMs > options.outageBudgetMs) {
      throw new HapairError({
        kind: "unreachable",
        code: "outage-budget",
        message: `clients have seen ${Math.round(live.outageMs)} ms of outage in ${phase.name}: over the budget of ${options.outageBudgetMs} ms`,
        hint: "The fault has been undone and the drill stopped. hapair status shows the pair.",
      });
    }
    await pause(POLL_MS, options.signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((thrown: unknown) => {
    // Whoever ended the drill has said why; "the operation was aborted" would say nothing.
    signal?.throwIfAborted();
    throw thrown;
  });
}

async function armUndo(
  subject: DrillSubject,
  scenario: Scenario,
  victim: string,
  drillId: string,
  afterS: number,
): Promise<void> {
  const node = nodeOf(subject, victim);
  const undo = faultScript(scenario.undo, faultSubject(subject, node));
  if (undo === undefined) return;
  const result = await node.host.run(armUndoScript(drillId, undo, afterS));
  if (result.exitCode === 0) return;
  throw new HapairError({
    kind: "unreachable",
    code: "undo-not-armed",
    message: `${victim}: the undo of ${scenario.name} could not be armed (${result.stderr.trim()}), so the fault was not made`,
    hint: "systemd-run must work on the node.",
  });
}

/** Undoes the fault unless the scenario has, and only then disarms the node's own undo: one that failed here is still done there. */
async function undoNow(
  subject: DrillSubject,
  scenario: Scenario,
  victim: string,
  { drillId, undone }: { readonly drillId: string; readonly undone: boolean },
): Promise<void> {
  const node = nodeOf(subject, victim);
  const done =
    undone ||
    (await perform(subject, scenario.undo, victim).then(
      () => true,
      () => false,
    ));
  if (!done || faultScript(scenario.undo, faultSubject(subject, node)) === undefined) return;
  // A node that cannot be reached now runs its undo by itself when its timer ends.
  await node.host.run(disarmUndoScript(drillId)).catch(() => undefined);
}
