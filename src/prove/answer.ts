// A proof as an answer: what became of each promise, with the story of every counterexample. Rule: what is told of a counterexample is what its trace shows
// when it is played again.

import type { Run, Site, World } from "../simulate/index.ts";
import { type OutageKind, outageKinds } from "./limits.ts";
import { type PromiseLimits, type PromiseName, promiseNames } from "./promises.ts";
import { type Counterexample, type Proof, prove, type ProofOptions } from "./search.ts";
import { playTrace, type Trace, traceOf } from "./trace.ts";
import { type WorstOutage, worstOutages } from "./worst.ts";

/** A promise that is not kept. */
export interface Broken {
  readonly counterexample: Counterexample;
  readonly trace: Trace;
  /** The trace, played. */
  readonly run: Run;
}

export interface Answer {
  /** In the order in which promises are listed. */
  readonly asked: readonly PromiseName[];
  /** Of those that were wanted: nothing is promised that could be broken. */
  readonly unpromised: readonly PromiseName[];
  readonly limits: PromiseLimits;
  readonly proof: Proof;
  readonly broken: ReadonlyMap<PromiseName, Broken>;
  /** After one fault at rest, by its kind. Empty where nobody asked for outages. */
  readonly outages: readonly WorstOutage[];
}

export type AnswerOptions = Omit<ProofOptions, "promises"> & {
  /** Absent: every promise there is. */
  readonly promises?: readonly PromiseName[] | undefined;
};

/** Proves what is promised of the pair that stands as `start`. */
export function answer(site: Site, start: World, options: AnswerOptions): Answer {
  const { limits, promises: wanted = promiseNames } = options;
  const unpromised = promiseNames.filter((name) => wanted.includes(name) && !isPromised(name, limits));
  const asked = promiseNames.filter((name) => wanted.includes(name) && !unpromised.includes(name));
  const outages = wanted.includes("outage") ? worstOutages(site, start) : [];
  const proof = prove(site, start, { ...options, promises: asked });
  const found = withWorstOutage(proof.counterexamples, asked.includes("outage") ? outages : [], limits);
  const broken = new Map(
    asked.flatMap((name): [PromiseName, Broken][] => {
      const counterexample = found.find(({ breach }) => breach.promise === name);
      return counterexample === undefined ? [] : [[name, played(site, start, counterexample)]];
    }),
  );
  return { asked, unpromised, limits, proof, broken, outages };
}

function isPromised(name: PromiseName, { noFailback, outageUs }: PromiseLimits): boolean {
  if (name === "no-failback") return noFailback;
  return name !== "outage" || outageKinds.some((kind) => outageUs[kind] !== undefined);
}

/** One fault is the shortest sequence there is, and its worst outage the plainest counterexample. */
function withWorstOutage(
  found: readonly Counterexample[],
  outages: readonly WorstOutage[],
  limits: PromiseLimits,
): Counterexample[] {
  const over = outages.flatMap((worst) => {
    const allowedUs = allowedOf(limits, worst.kind);
    return worst.counterexample === undefined || worst.longestUs <= allowedUs
      ? []
      : [{ ...worst.counterexample, breach: { ...worst.counterexample.breach, allowedUs } }];
  });
  const [worst] = over.toSorted((left, right) => right.breach.measuredUs - left.breach.measuredUs);
  if (worst === undefined) return [...found];
  return [...found.filter(({ breach }) => breach.promise !== "outage"), worst];
}

/** What is allowed of a kind of fault, microseconds; Infinity: anything. */
export function allowedOf({ outageUs }: PromiseLimits, kind: OutageKind): number {
  return outageUs[kind] ?? Infinity;
}

function played(site: Site, start: World, counterexample: Counterexample): Broken {
  const trace = traceOf(site, start, counterexample);
  return { counterexample, trace, run: playTrace(site, start, trace) };
}
