// A whole drill on one pair: every chosen scenario, as often as asked, each judged; the pair is left as it was found.

import { basename } from "node:path";
import { messageOf } from "../base/index.ts";
import {
  type DrillEvent,
  type DrillRun,
  makeRun,
  type ReportScenario,
  type RunFailure,
} from "../report/index.ts";
import type { Scenario } from "../scenario/index.ts";
import { isPlanned, type PlannedWatch, planWork } from "./planned.ts";
import type { Asked, PromisedBy } from "./promised.ts";
import { readReadiness, waitUntilRedundant } from "./readiness.ts";
import { type PhaseRun, runScenario, type ScenarioRun, type TimedAnswer } from "./run-scenario.ts";
import { type DrillSubject, perform } from "./subject.ts";

export interface DrillOptions {
  /** The column's name in the report. */
  readonly configuration: string;
  readonly scenarios: readonly Scenario[];
  readonly repeats: number;
  readonly promisedBy: PromisedBy;
  /** Where raw records go. */
  readonly directory: string;
  readonly outageBudgetMs?: number;
  /** The whole drill ends after this long; the scenario under way is finished. */
  readonly budgetMs?: number;
  /** A node undoes a fault by itself after this long. */
  readonly undoAfterS?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

export interface DrillResult {
  readonly runs: readonly DrillRun[];
  readonly failures: readonly RunFailure[];
  readonly notes: readonly string[];
}

/** The report's rows for some scenarios: one for each phase. */
export function reportRows(scenarios: readonly Scenario[]): ReportScenario[] {
  return scenarios.flatMap((scenario) =>
    scenario.phases.map((phase) => ({ name: phase.name, title: phase.title })),
  );
}

/** Runs the drill. A scenario that fails is a failure in the result, and the next one begins once the pair is redundant again. */
export async function runDrill(subject: DrillSubject, options: DrillOptions): Promise<DrillResult> {
  const runs: DrillRun[] = [];
  const failures: RunFailure[] = [];
  const notes: string[] = [];
  const startedAtMs = performance.now();
  // A lab that has just come up is waited for; a real pair that is not redundant now is refused.
  const patienceMs = options.outageBudgetMs === undefined ? SETTLE_LIMIT_MS : REFUSE_AFTER_MS;
  const before = await waitUntilRedundant(subject, patienceMs);
  let spentOutageMs = 0;
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    for (const scenario of options.scenarios) {
      options.signal?.throwIfAborted();
      if (options.budgetMs !== undefined && performance.now() - startedAtMs > options.budgetMs) {
        notes.push(
          `The time budget of ${options.budgetMs / 1000} s was used up before ${scenario.name}, repeat ${repeat}.`,
        );
        return { runs, failures, notes };
      }
      const left = options.outageBudgetMs === undefined ? undefined : options.outageBudgetMs - spentOutageMs;
      options.onProgress?.(`${scenario.title} ...`);
      try {
        const run = await runScenario(subject, scenario, {
          directory: options.directory,
          runName: `${options.configuration}-${scenario.name}-${repeat}`.replaceAll(/[^\w.-]+/g, "-"),
          phaseFraction: (repeat - 0.5) / options.repeats,
          ...(left === undefined ? {} : { outageBudgetMs: left }),
          ...(options.undoAfterS === undefined ? {} : { undoAfterS: options.undoAfterS }),
          ...(options.signal === undefined ? {} : { signal: options.signal }),
        });
        const described = describe(run, repeat, options);
        runs.push(...described);
        spentOutageMs += described.reduce((sum, one) => sum + one.outageMs, 0);
        for (const one of described) options.onProgress?.(progressLine(one));
      } catch (thrown) {
        // What ended the drill says more than the wait that it ended.
        if (options.signal?.aborted === true) throw options.signal.reason;
        failures.push({
          scenario: scenario.phases[0].name,
          configuration: options.configuration,
          repeat,
          message: messageOf(thrown),
        });
        options.onProgress?.(`${scenario.name}: ${messageOf(thrown)}`);
        if (options.outageBudgetMs !== undefined) return { runs, failures, notes };
      }
    }
  }
  notes.push(...(await giveBack(subject, before.holder, options)));
  return { runs, failures, notes };
}

const SETTLE_LIMIT_MS = 30_000;
const REFUSE_AFTER_MS = 3000;

function describe(run: ScenarioRun, repeat: number, options: DrillOptions): DrillRun[] {
  return run.phases.map((phase) => {
    return makeRun({
      scenario: phase.phase.name,
      configuration: options.configuration,
      repeat,
      measurement: phase.measurement,
      events: [eventOf(phase)],
      promises: options.promisedBy(phase.phase, askedOf(phase.answer)),
      notes: [
        ...phase.notes,
        ...(phase.answer === undefined
          ? []
          : [`status: ${phase.answer.text} (${Math.round(phase.answer.tookMs)} ms)`]),
      ],
      recordFile: `records/${basename(run.recordFile)}`,
    });
  });
}

function askedOf(answer: TimedAnswer | undefined): Asked | undefined {
  if (answer === undefined) return undefined;
  return { splitBrain: answer.holders > 1, ...(answer.named ? { namedAfterMs: answer.tookMs } : {}) };
}

const HEALING = new Set([
  "start-service",
  "thaw-service",
  "power-on",
  "restore-cable",
  "unblock-vrrp",
  "maintenance-off",
]);

function eventOf({ phase, node, startedAtUs }: PhaseRun): DrillEvent {
  const { action, title } = phase;
  const kind = isPlanned(action) ? "note" : HEALING.has(action.kind) ? "heal" : "fault";
  return { label: `${title} on ${node}`, kind, atUs: startedAtUs };
}

function progressLine(run: DrillRun): string {
  const outage = run.neverRecovered
    ? `no answer for ${(run.outageMs / 1000).toFixed(1)} s`
    : `outage ${run.outageMs.toFixed(0)} ms`;
  const judged = { yes: "kept", no: "BROKEN", "not-promised": "not promised" }[run.kept];
  return `  ${run.scenario}: ${outage}, ${run.lost} lost, VIP on ${run.holderAfter.join(" and ") || "no node"}, promise ${judged}`;
}

/**
 * Moves the VIP back to where it was before the drill, and notes what that took: with hapair's switch where planned work was drilled, so that
 * a drill without a loss ends without one; else, and where the switch is refused, by the document's manual switch.
 */
async function giveBack(
  subject: DrillSubject,
  holderBefore: string | undefined,
  options: DrillOptions,
): Promise<string[]> {
  await waitUntilRedundant(subject, SETTLE_LIMIT_MS);
  const { holder } = await readReadiness(subject);
  if (holder === undefined || holderBefore === undefined || holder === holderBefore) return [];
  const planned = options.scenarios.some(({ phases }) => phases.some(({ action }) => isPlanned(action)));
  const switched =
    planned && subject.nodes.length === 2 && (await switchedBack(subject, holder, options.signal));
  if (!switched) await perform(subject, { kind: "restart-service", service: "keepalived" }, holder);
  const after = await waitUntilRedundant(subject, SETTLE_LIMIT_MS);
  const how = switched ? "the VIP was switched away from" : "keepalived was restarted on";
  return [`At the end ${how} ${holder} to give the VIP back to ${after.holder ?? "nobody"}.`];
}

async function switchedBack(
  subject: DrillSubject,
  holder: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const watch = { monitor: NOBODY_WATCHES, ...(signal === undefined ? {} : { signal }) };
  const work = await planWork(subject, { kind: "switch" }, holder).catch(() => undefined);
  return (
    work !== undefined &&
    (await work(watch).then(
      () => true,
      () => false,
    ))
  );
}

const NOBODY_WATCHES: PlannedWatch["monitor"] = {
  nodeGone: () => undefined,
  nodeBack: () => Promise.resolve(),
};
