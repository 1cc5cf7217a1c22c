// Which promise each phase is judged by: the pair's own, the document's words, or none.

import type { Promises } from "../model/index.ts";
import type { RunPromise } from "../report/index.ts";
import type { Phase, PhasePromise } from "../scenario/index.ts";

/** What came of asking hapair status: whether there was a split brain to name, and after how long it was named, if it was. */
export interface Asked {
  readonly splitBrain: boolean;
  readonly namedAfterMs?: number;
}

/** Gives the promises of a phase. */
export type PromisedBy = (phase: Phase, asked: Asked | undefined) => RunPromise[];

/** A pair's own promises, from its file or its profile. */
export function promisedByPair(promises: Promises): PromisedBy {
  return (phase, asked) =>
    phase.promises
      .filter((promise) => applies(promise, promises, asked))
      .map((promise) => figure(promise, promises, asked?.namedAfterMs));
}

/** A VIP that moved cleanly although adverts were blocked (the higher priority was heard) leaves no split brain to name. */
function applies(promise: PhasePromise, promises: Promises, asked: Asked | undefined): boolean {
  if (promise.kind === "stays") return promises.failback === "never";
  if (promise.kind === "named") return asked?.splitBrain === true;
  return true;
}

function figure(promise: PhasePromise, promises: Promises, namedAfterMs: number | undefined): RunPromise {
  switch (promise.kind) {
    case "outage":
    case "moves":
      return { kind: promise.kind, limitMs: promises[promise.of] };
    case "moves-within":
      return { kind: "moves", limitMs: promise.limitMs };
    case "stays":
    case "holder-stays":
      return { kind: promise.kind };
    case "unnoticed":
      return { kind: promise.kind, holder: promise.holder, slowerByMs: promise.slowerByMs };
    case "one-holder":
      return { kind: "one-holder", longestMs: promise.longestMs };
    case "named":
      return {
        kind: "named",
        withinMs: promise.withinMs,
        ...(namedAfterMs === undefined ? {} : { namedAfterMs }),
      };
  }
}

// "BACKUP takes the VIP in ~2 seconds", given half a second of grace.
const ABOUT_TWO_SECONDS_MS = 2500;

/** What the document says of its own configuration: its four failover promises, and nothing else. */
export const promisedByPage: PromisedBy = (phase) => {
  const outage: RunPromise = { kind: "outage", limitMs: ABOUT_TWO_SECONDS_MS };
  const page: Readonly<Record<string, RunPromise>> = {
    "haproxy-stop": outage,
    "haproxy-returns": { kind: "stays" },
    "node-returns": { kind: "stays" },
    "cable-restored": { kind: "stays" },
    "keepalived-returns": { kind: "stays" },
    "switch-back": { kind: "moves", limitMs: ABOUT_TWO_SECONDS_MS },
  };
  const promise = page[phase.name];
  return promise === undefined ? [] : [promise];
};

/** Nothing was promised: measured only. */
export const promisedByNobody: PromisedBy = () => [];
