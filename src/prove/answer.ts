// A proof as an answer: what became of each promise, with the story of every counterexample. Rule: what is told of a counterexample is what its trace shows
// when it is played again.

import type { Run, Site, World } from "../simulate/index.ts";
import { type OutageKind, outageKinds } from "./limits.ts";
import { moves, plannedMoves, serverMoves } from "./moves.ts";
import {
  agentPromises,
  plannedPromises,
  type PromiseLimits,
  type PromiseName,
  promiseNames,
} from "./promises.ts";
import type { Counterexample, Proof, ProofOptions } from "./proof.ts";
import { prove } from "./search.ts";
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
  /** Of faults and repairs. */
  readonly proof: Proof;
  /** Of planned work among them; absent where no promise asks for it. */
  readonly planned?: Proof;
  readonly broken: ReadonlyMap<PromiseName, Broken>;
  /** After one fault at rest, by its kind. Empty where nobody asked for outages. */
  readonly outages: readonly WorstOutage[];
}

export type AnswerOptions = Omit<ProofOptions, "promises"> & {
  /** Absent: every promise but those of agents, and of hapair's own work where there is none. */
  readonly promises?: readonly PromiseName[] | undefined;
};

/** Planned work is tried among fewer faults: a switch in the middle of three failures is nobody's plan. */
const PLANNED_DEPTH_MAX = 2;

/** Proves what is promised of the pair that stands as `start`. */
export function answer(site: Site, start: World, options: AnswerOptions): Answer {
  const { limits, promises: wanted = usualPromises(site) } = options;
  const unpromised = promiseNames.filter((name) => wanted.includes(name) && !isPromised(site, name, limits));
  const asked = promiseNames.filter((name) => wanted.includes(name) && !unpromised.includes(name));
  const ofWork = asked.filter((name) => needsWork(name));
  const outages = wanted.includes("outage") ? worstOutages(site, start) : [];
  const proof = prove(site, start, { ...options, promises: asked.filter((name) => !needsWork(name)) });
  const planned =
    ofWork.length === 0
      ? undefined
      : prove(site, start, plannedOptions(site, { ...options, promises: ofWork }));
  const found = [
    ...withWorstOutage(proof.counterexamples, asked.includes("outage") ? outages : [], limits),
    ...(planned?.counterexamples ?? []),
  ];
  const broken = new Map(
    asked.flatMap((name): [PromiseName, Broken][] => {
      const counterexample = found.find(({ breach }) => breach.promise === name);
      return counterexample === undefined ? [] : [[name, played(site, start, counterexample)]];
    }),
  );
  return { asked, unpromised, limits, proof, broken, outages, ...(planned === undefined ? {} : { planned }) };
}

/** Agents make a search long, and foreign files have nothing to do with hapair's own work: both are asked for by name. */
function usualPromises(site: Site): PromiseName[] {
  return promiseNames.filter(
    (name) => !agentPromises.includes(name) && (site.work !== undefined || !plannedPromises.includes(name)),
  );
}

/** Nothing but planned work, or agents, could break it. */
export function needsWork(name: PromiseName): boolean {
  return plannedPromises.includes(name) || agentPromises.includes(name);
}

function plannedOptions(site: Site, options: ProofOptions): ProofOptions {
  return {
    ...options,
    depth: Math.min(PLANNED_DEPTH_MAX, options.depth),
    overlaps: 0,
    moves: [
      ...(options.moves ?? moves),
      ...(site.work === undefined ? [] : plannedMoves),
      ...(site.agents === undefined ? [] : serverMoves),
    ],
  };
}

function isPromised(site: Site, name: PromiseName, { noFailback, outageUs }: PromiseLimits): boolean {
  if (name === "no-failback") return noFailback;
  if (name === "outage") return outageKinds.some((kind) => outageUs[kind] !== undefined);
  if (agentPromises.includes(name)) return site.agents !== undefined;
  return !plannedPromises.includes(name) || site.work !== undefined;
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
