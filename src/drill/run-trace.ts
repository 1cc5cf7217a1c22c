// A counterexample's events on real daemons, in the order and at the times of its trace, with a drill's measurements.
// Rule: only in a lab made for it, since nothing undoes a trace; and what cannot be done there is refused before anything is done.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HapairError, sentenceList } from "../base/index.ts";
import { measureRun } from "../measure/index.ts";
import type { DrillEvent, DrillRun, ReportScenario } from "../report/index.ts";
import { makeRun } from "../report/index.ts";
import type { Action, Happening, TimedScenario } from "../scenario/index.ts";
import { eventText } from "../simulate/index.ts";
import { type HolderMonitor, monitorHolders, monotonicUs } from "./holder-monitor.ts";
import { isPlanned, planWork } from "./planned.ts";
import { waitUntilRedundant } from "./readiness.ts";
import { drilledVip, type DrillSubject, nodeOf, perform } from "./subject.ts";
import { watchTimes } from "./timers.ts";

/** A trace as a drill needs it. */
export interface DrilledTrace {
  readonly scenario: TimedScenario;
  /** By event: it comes when the pair is at rest again, not at a time after the one before. */
  readonly atRest: readonly boolean[];
}

export interface TraceOptions {
  readonly configuration: string;
  /** Where the raw record goes. */
  readonly directory: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

const BASELINE_MS = 700;
const POLL_MS = 20;
const REDUNDANT_LIMIT_MS = 30_000;
/** A pair that two nodes fight over never comes to rest; then the next event is made all the same. */
const REST_LIMIT_MS = 60_000;
/** An event later than this after its time is noted: its order with what the daemons do may be another one. */
const LATE_MS = 50;

/** Commands of what a proof does and no drill's scenario has. */
const COMMANDS: Readonly<Partial<Record<Happening["kind"], string>>> = {
  reload: "systemctl reload keepalived",
};

function isAction(action: Happening): action is Action {
  return !NOT_IN_LAB.has(action.kind) && COMMANDS[action.kind] === undefined;
}

/** What only the simulator and the fidelity harness do. */
const NOT_IN_LAB: ReadonlySet<Happening["kind"]> = new Set<Happening["kind"]>([
  "kill-keepalived",
  "fail-check",
  "hang-check",
  "pass-check",
  "write-file",
  "isolate",
  "rejoin",
  "delay-link",
]);

/** The report's rows: one for each event, in its own words. */
export function traceRows({ scenario }: DrilledTrace): ReportScenario[] {
  return scenario.events.map(({ action, on }, index) => ({
    name: rowName(index),
    title: `${index + 1}. ${eventText(action)} on ${typeof on === "object" ? on.node : on}`,
  }));
}

function rowName(index: number): string {
  return `trace-${index + 1}`;
}

/** Throws HapairError `trace-not-for-lab` naming the events that no lab can do. */
export function refuseUndrillable({ scenario }: DrilledTrace): void {
  const refused = scenario.events.filter(
    ({ action, on }) =>
      NOT_IN_LAB.has(action.kind) ||
      (action.kind === "reload" && action.config !== undefined) ||
      typeof on !== "object",
  );
  if (refused.length === 0) return;
  const named = [...new Set(refused.map(({ action }) => eventText(action)))];
  throw new HapairError({
    kind: "usage",
    code: "trace-not-for-lab",
    message: `the lab cannot do what this trace has: ${sentenceList(named)}`,
    hint: "hapair simulate --trace plays it without daemons.",
  });
}

/** Plays the trace on a pair that is redundant; `holder` has the VIP when it begins. One run for each event. */
export async function runTrace(
  subject: DrillSubject,
  trace: DrilledTrace,
  holder: string,
  options: TraceOptions,
): Promise<DrillRun[]> {
  refuseUndrillable(trace);
  await giveTo(subject, holder);
  const monitor = await monitorHolders(subject.nodes, drilledVip(subject));
  const recordFile = join("records", `${options.configuration}-trace-1.json`);
  const prober = await subject.startProber(join(options.directory, `${options.configuration}-trace-1.json`));
  const made: Made[] = [];
  let record;
  try {
    await prober.ready;
    await sleep(BASELINE_MS);
    for (const index of trace.scenario.events.keys()) {
      options.signal?.throwIfAborted();
      made.push(await makeEvent(subject, trace, index, { monitor, made, options }));
    }
    await untilRest(subject, monitor);
  } finally {
    record = await prober.stop();
    await monitor.stop();
  }
  const endUs = monotonicUs();
  return made.map(({ event, notes }, index) =>
    makeRun({
      scenario: rowName(index),
      configuration: options.configuration,
      repeat: 1,
      measurement: measureRun({
        record,
        samples: monitor.changes,
        faultAtUs: event.atUs,
        fromUs: event.atUs - BASELINE_MS * 1000,
        toUs: made[index + 1]?.event.atUs ?? endUs,
      }),
      events: [event],
      promises: [],
      notes,
      recordFile,
    }),
  );
}

interface Made {
  readonly event: DrillEvent;
  readonly notes: readonly string[];
}

interface Under {
  readonly monitor: HolderMonitor;
  readonly made: readonly Made[];
  readonly options: TraceOptions;
}

async function makeEvent(
  subject: DrillSubject,
  { scenario, atRest }: DrilledTrace,
  index: number,
  { monitor, made, options }: Under,
): Promise<Made> {
  const { action, on, atUs } = scenario.events[index]!;
  const node = typeof on === "object" ? on.node : "";
  const notes: string[] = [];
  const before = made[index - 1];
  if (before === undefined || atRest[index] === true) {
    await untilRest(subject, monitor);
    notes.push("Made at rest; where between two adverts it comes is not chosen.");
  } else {
    const dueUs = before.event.atUs + atUs - scenario.events[index - 1]!.atUs;
    await sleep(Math.max(0, (dueUs - monotonicUs()) / 1000));
    const lateMs = (monotonicUs() - dueUs) / 1000;
    if (lateMs > LATE_MS) notes.push(`Made ${Math.round(lateMs)} ms later than in the trace.`);
  }
  const title = `${eventText(action)} on ${node}`;
  options.onProgress?.(`  ${title}`);
  const event: DrillEvent = { label: title, kind: "fault", atUs: monotonicUs() };
  const command = COMMANDS[action.kind];
  if (command !== undefined) await nodeOf(subject, node).host.run(command);
  else if (isAction(action)) notes.push(...(await act(subject, action, node, monitor)));
  return { event, notes };
}

async function act(
  subject: DrillSubject,
  action: Action,
  node: string,
  monitor: HolderMonitor,
): Promise<string[]> {
  if (isPlanned(action)) return await (await planWork(subject, action, node))({ monitor });
  if (action.kind === "power-off") monitor.nodeGone(node);
  await perform(subject, action, node);
  if (action.kind === "power-on") await monitor.nodeBack(node);
  return [];
}

/** For as long as a node needs to come back and take the VIP, nobody took or lost it. */
async function untilRest(subject: DrillSubject, monitor: HolderMonitor): Promise<void> {
  const { takeoverMs, failbackMs } = watchTimes(subject.pair, subject.router);
  const quietMs = Math.max(takeoverMs, failbackMs);
  const began = monotonicUs();
  for (;;) {
    const changedUs = Math.max(began, monitor.changes.at(-1)?.atUs ?? 0);
    const nowUs = monotonicUs();
    if (nowUs - changedUs >= quietMs * 1000 || nowUs - began >= REST_LIMIT_MS * 1000) return;
    await sleep(POLL_MS);
  }
}

/** The trace begins with the VIP where the simulated pair has it. */
async function giveTo(subject: DrillSubject, holder: string): Promise<void> {
  const { holder: found } = await waitUntilRedundant(subject, REDUNDANT_LIMIT_MS);
  if (found === undefined || found === holder) return;
  await perform(subject, { kind: "restart-service", service: "keepalived" }, found);
  await waitUntilRedundant(subject, REDUNDANT_LIMIT_MS);
}
