// What a pair has promised, as limits for a proof: a pair.yaml says it, foreign files show little of it. Rule: what nobody promised is not asked for.

import { type KeepalivedConfiguration, matchInstances } from "../keepalived/index.ts";
import type { Pair } from "../model/index.ts";
import type { MoveKind } from "./moves.ts";
import type { PromiseLimits } from "./promises.ts";

/** The kinds of fault that a pair.yaml promises something of (its `promises`). */
export const outageKinds = [
  "service-stop",
  "service-crash",
  "service-hang",
  "node-loss",
  "keepalived-stop",
] as const satisfies readonly MoveKind[];

export type OutageKind = (typeof outageKinds)[number];

/** Outages that are allowed, in microseconds; absent: nothing is promised. */
export type OutageLimits = Partial<Readonly<Record<OutageKind, number>>>;

/** Nobody calls a pair settled that has not come to rest a minute after the last fault. */
const SETTLES_US = 60_000_000;
/** With the slowest adverts (255 s) a takeover alone takes a quarter of an hour: as many adverts as missing ones and two more, twice over. */
const SETTLES_ADVERTS = 10;

/**
 * The limits of a pair.yaml. When two holders meet (a partition heals) the next advert of the stronger one ends it, so that no more than one advert interval
 * is allowed.
 */
export function limitsOfPair({ promises, routers }: Pair): PromiseLimits {
  const advertUs = Math.max(...routers.map(({ advertIntervalUs }) => advertIntervalUs));
  return {
    twoHoldersUs: advertUs,
    outageUs: {
      "service-stop": promises.serviceStopMs * 1000,
      "service-crash": promises.serviceCrashMs * 1000,
      "service-hang": promises.serviceHangMs * 1000,
      "node-loss": promises.nodeLossMs * 1000,
      "keepalived-stop": promises.keepalivedStopMs * 1000,
    },
    settlesUs: settlesUs(advertUs),
    noFailback: promises.failback === "never",
  };
}

/** Two intervals, and a tenth of a second for what happens between them. */
const TWO_HOLDERS_ADVERTS = 2;
const TWO_HOLDERS_MORE_US = 100_000;

/**
 * The limits of foreign files, one configuration a node. They promise no outage but what `outageUs` says. Their authors want no failback where they wrote
 * `nopreempt` for every virtual router, on one node at least: whether it is in force is what a proof shows.
 */
export function limitsOfFiles(
  configurations: readonly KeepalivedConfiguration[],
  outageUs: OutageLimits = {},
): PromiseLimits {
  const instances = configurations.flatMap((configuration) => configuration.instances);
  const advertUs = Math.max(1_000_000, ...instances.map(({ advertIntervalUs }) => advertIntervalUs));
  const routers = matchInstances(configurations.map((configuration) => ({ configuration })));
  return {
    twoHoldersUs: TWO_HOLDERS_ADVERTS * advertUs + TWO_HOLDERS_MORE_US,
    outageUs,
    settlesUs: Math.max(settlesUs(advertUs), ...configurations.map((one) => slowestCheckUs(one))),
    noFailback:
      routers.length > 0 &&
      routers.every((members) => members.some(({ instance }) => instance.nopreemptWritten)),
  };
}

/** Until a check's results have changed its verdict, and back. */
function slowestCheckUs({ scripts }: KeepalivedConfiguration): number {
  return Math.max(
    0,
    ...scripts.map(
      ({ intervalS, timeoutS, rise, fall }) => (rise + fall + 2) * (intervalS + timeoutS) * 1_000_000,
    ),
  );
}

function settlesUs(advertUs: number): number {
  return Math.max(SETTLES_US, SETTLES_ADVERTS * advertUs);
}
