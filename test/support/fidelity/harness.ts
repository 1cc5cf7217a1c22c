// Draws cases, plays them on real daemons many at a time, and sets what was seen beside what is predicted.
// Rule: whether a case is fit to be compared is decided from its events alone, before the real run by their planned times and after it by their real ones
// and by how far this machine was from doing them in time; never from what the daemons did.

import { setMaxListeners } from "node:events";
import { HapairError, messageOf } from "../../../src/base/index.ts";
import type { FidelityCase, KeepalivedVersion, Observation, Prediction } from "./case.ts";
import { type Comparison, compare, TIME_TOLERANCE_US } from "./compare.ts";
import { keepalivedImage } from "./ground.ts";
import { measureLateness } from "./lateness.ts";
import { fitCase, hangsOn, MOMENT_US, type Outcome, type Predict } from "./moments.ts";
import { type RealRunOptions, runReal } from "./real-run.ts";

/** A run beside which this machine was stalled for longer says nothing of times; it is done again. */
export const NOISE_MOST_US = 100_000;
/** How often one case is played until it is fit to be compared; the last run counts whatever it is. */
const TURNS_MAX = 4;
/** Cases drawn for each one wanted, at most: more would mean that the draw itself is wrong. */
const DRAWN_PER_WANTED_MAX = 5;
/** Between the beginnings of two cases: their daemons do not all start in one moment. */
const BEGIN_APART_MS = 300;

export interface HarnessOptions {
  readonly seed: number;
  readonly count: number;
  /** The index of the first case drawn. */
  readonly from: number;
  readonly version: KeepalivedVersion;
  readonly parallel: number;
  readonly draw: (seed: number, index: number) => FidelityCase;
  /** Absent: nothing is predicted, everything drawn is played. */
  readonly predict?: Predict;
  /** Ends the work early; what runs is taken away. */
  readonly signal?: AbortSignal;
  readonly onResult: (result: CaseResult, done: number) => void;
}

export interface CaseResult {
  readonly fidelityCase: FidelityCase;
  readonly observation: Observation;
  /** Made with the times at which things really happened. */
  readonly prediction: Prediction | undefined;
  readonly comparison: Comparison | undefined;
  /** Why it was played again, a reason for each time: the machine stalled, or the outcome hung on a moment by the real times. */
  readonly again: readonly string[];
  /** It is still not fit after the last turn: noise, or an order that hangs on a moment. */
  readonly unfit: string | undefined;
}

export interface HarnessResult {
  readonly results: readonly CaseResult[];
  readonly drawn: number;
  /** Of the drawn: their order hung on too little by the planned times. */
  readonly rejected: number;
  /** Runs of the machine or its lab that failed, with the case. */
  readonly failures: readonly { readonly index: number; readonly reason: string }[];
}

/** Plays `count` cases. Rejects only when nothing can be played at all, or the signal came. */
export async function runHarness(options: HarnessOptions): Promise<HarnessResult> {
  const image = await keepalivedImage(options.version);
  const { cases, drawn, rejected } = await drawFit(options);
  // Every run that waits listens once.
  if (options.signal !== undefined) setMaxListeners(options.parallel + 1, options.signal);
  const lateness = measureLateness();
  const results: CaseResult[] = [];
  const failures: { index: number; reason: string }[] = [];
  let next = 0;
  const work = async (worker: number): Promise<void> => {
    await pause(worker * BEGIN_APART_MS);
    for (let fidelityCase = cases[next++]; fidelityCase !== undefined; fidelityCase = cases[next++]) {
      try {
        const result = await playUntilFit(fidelityCase, options, (each) =>
          runReal(each, { image, lateness, ...realOptions(options) }),
        );
        results.push(result);
        options.onResult(result, results.length);
      } catch (error) {
        if (options.signal?.aborted === true) throw error;
        failures.push({ index: fidelityCase.index, reason: messageOf(error) });
      }
    }
  };
  try {
    // All workers end before this does: each takes its own machines away first.
    const ends = await Promise.allSettled(
      Array.from({ length: options.parallel }, (_, worker) => work(worker)),
    );
    const refused = ends.find((end) => end.status === "rejected");
    if (refused !== undefined) throw refused.reason;
  } finally {
    lateness.stop();
  }
  const ordered = results.toSorted((left, right) => left.fidelityCase.index - right.fidelityCase.index);
  return { results: ordered, drawn, rejected, failures };
}

function realOptions(options: HarnessOptions): Pick<RealRunOptions, "outcome" | "signal"> {
  const outcome = outcomeBy(options);
  return {
    ...(outcome === undefined ? {} : { outcome }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

function outcomeBy({ predict, version }: HarnessOptions): Outcome | undefined {
  return predict === undefined
    ? undefined
    : (fidelityCase, performed, checks) => predict(fidelityCase, version, performed, checks);
}

async function pause(durationMs: number): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, durationMs));
}

interface Drawn {
  readonly cases: readonly FidelityCase[];
  readonly drawn: number;
  readonly rejected: number;
}

/** The first `count` cases of which, with their events placed, nothing hangs on a moment by the planned times. */
export async function drawFit(options: HarnessOptions): Promise<Drawn> {
  const { seed, count, from, draw } = options;
  const outcome = outcomeBy(options);
  const cases: FidelityCase[] = [];
  let drawn = 0;
  while (cases.length < count) {
    if (drawn >= count * DRAWN_PER_WANTED_MAX)
      throw new HapairError({
        kind: "usage",
        code: "fidelity-draw",
        message: `Of ${drawn} cases drawn only ${cases.length} do not hang on less than ${MOMENT_US / 1000} ms.`,
      });
    const fidelityCase = draw(seed, from + drawn);
    drawn += 1;
    const fit = outcome === undefined ? fidelityCase : await fitCase(fidelityCase, outcome);
    if (fit !== undefined) cases.push(fit);
  }
  return { cases, drawn, rejected: drawn - cases.length };
}

async function playUntilFit(
  fidelityCase: FidelityCase,
  options: HarnessOptions,
  play: (fidelityCase: FidelityCase) => Promise<Observation>,
): Promise<CaseResult> {
  const outcome = outcomeBy(options);
  const again: string[] = [];
  for (;;) {
    const observation = await play(fidelityCase);
    const unfit = await unfitness(fidelityCase, observation, outcome);
    if (unfit !== undefined && again.length + 1 < TURNS_MAX) {
      again.push(unfit);
      continue;
    }
    const prediction = outcome?.(fidelityCase, observation.performed);
    const comparison =
      prediction === undefined
        ? undefined
        : compare(fidelityCase, observation, prediction, TIME_TOLERANCE_US + observation.noiseUs);
    return { fidelityCase, observation, prediction, comparison, again, unfit };
  }
}

async function unfitness(
  fidelityCase: FidelityCase,
  { noiseUs, performed }: Observation,
  outcome: Outcome | undefined,
): Promise<string | undefined> {
  if (noiseUs > NOISE_MOST_US) return `the machine stalled for ${Math.round(noiseUs / 1000)} ms`;
  return outcome === undefined
    ? undefined
    : (await hangsOn(outcome, fidelityCase, performed, Math.max(MOMENT_US, noiseUs)))?.why;
}
