// The service check and the promises: what the file says, else what the profile says; and whether the timers can keep the promises.

import { type Path, pathText } from "./fields.ts";
import { outsideAcceptableFinding } from "./number-range.ts";
import type { Promises, ServiceCheck } from "./pair.ts";
import { spanAt } from "./places.ts";
import { prioritiesAlong, profileTable } from "./profiles.ts";
import type { RouterDraft } from "./read-routers.ts";
import { addAt, type Reading } from "./reading.ts";

/** Reads check:. */
export function readCheck(reading: Reading): ServiceCheck {
  const written = reading.file.check ?? {};
  const defaults = profileTable[reading.profile].check;
  for (const key of ["interval", "fall", "rise"] as const) {
    const value = written[key];
    const path: Path = ["check", key];
    const warning =
      value === undefined ? undefined : outsideAcceptableFinding(spanAt(reading.tree, path), path, value);
    if (warning !== undefined) reading.findings.add(warning);
  }
  const check = {
    intervalS: written.interval ?? defaults.intervalS,
    fall: written.fall ?? defaults.fall,
    rise: written.rise ?? defaults.rise,
    timeLimitMs:
      written.time_limit === undefined ? defaults.timeLimitMs : Math.round(written.time_limit * 1000),
  };
  if (check.timeLimitMs >= check.intervalS * 1000) {
    addAt(reading, "HP071", ["check", "time_limit"], {
      message: `a check may take ${check.timeLimitMs / 1000} s and the next one is due after ${check.intervalS} s`,
      consequence:
        "a hang is noticed later: keepalived skips the run that is due, or (up to 2.3.0) starts a second one beside it",
      advice: "check: { time_limit: 0.5 }, or a longer interval",
    });
  }
  return check;
}

/** Reads promises:. */
export function readPromises(reading: Reading): Promises {
  const written = reading.file.promises ?? {};
  const defaults = profileTable[reading.profile].promises;
  return {
    serviceStopMs: written.service_stop_ms ?? defaults.serviceStopMs,
    serviceCrashMs: written.service_crash_ms ?? defaults.serviceCrashMs,
    serviceHangMs: written.service_hang_ms ?? defaults.serviceHangMs,
    nodeLossMs: written.node_loss_ms ?? defaults.nodeLossMs,
    keepalivedStopMs: written.keepalived_stop_ms ?? defaults.keepalivedStopMs,
    failback: written.failback ?? defaults.failback,
  };
}

// keepalived waits for this many advertisements (down_timer_adverts), less the one that may be due at the moment of the failure.
const ADVERTS_MISSED_MIN = 2;

/**
 * Warns of promises that even the luckiest moment of a failure cannot keep. The arithmetic is keepalived's: skew is
 * (256 - priority) / 256, of a second in version 2, of the interval in version 3.
 */
export function checkPromises(
  reading: Reading,
  promises: Promises,
  check: ServiceCheck,
  routers: readonly RouterDraft[],
): void {
  const slowest = routers
    .filter(
      ({ prefer, family, advertIntervalUs }) =>
        prefer.length > 1 && family !== undefined && advertIntervalUs !== undefined,
    )
    .map((router) => ({
      router,
      skewMs: skewMs(reading, router, router.prefer[1]),
      intervalMs: (router.advertIntervalUs ?? 0) / 1000,
    }))
    .toSorted(
      (left, right) =>
        right.skewMs +
        right.intervalMs * ADVERTS_MISSED_MIN -
        (left.skewMs + left.intervalMs * ADVERTS_MISSED_MIN),
    )[0];
  if (slowest === undefined) return;
  const { router, intervalMs } = slowest;
  const skew = Math.floor(slowest.skewMs);
  const failed = (check.fall - 1) * check.intervalS * 1000 + check.timeLimitMs;
  const sums = [
    {
      key: "node_loss_ms",
      promised: promises.nodeLossMs,
      shortest: ADVERTS_MISSED_MIN * intervalMs + skew,
      sum: `${ADVERTS_MISSED_MIN} × ${intervalMs} ms of advertisements missed + ${skew} ms skew`,
      cause: router.advertPath,
    },
    {
      key: "service_hang_ms",
      promised: promises.serviceHangMs,
      shortest: failed + skew,
      sum: `${check.fall - 1} × ${check.intervalS} s interval + ${check.timeLimitMs} ms time limit + ${skew} ms skew`,
      cause: (["interval", "fall", "time_limit"] as const)
        .filter((key) => reading.file.check?.[key] !== undefined)
        .map((key): Path => ["check", key])[0],
    },
    {
      key: "service_stop_ms",
      promised: promises.serviceStopMs,
      shortest: skew,
      sum: "the standby's skew",
      cause: router.advertPath,
    },
    {
      key: "keepalived_stop_ms",
      promised: promises.keepalivedStopMs,
      shortest: skew,
      sum: "the standby's skew",
      cause: router.advertPath,
    },
  ] as const;
  for (const { key, promised, shortest, sum, cause } of sums) {
    if (shortest <= promised) continue;
    const path: Path = ["promises", key];
    const isWritten = reading.file.promises?.[key] !== undefined;
    const whose = isWritten ? "" : ` (the ${reading.profile} profile's)`;
    addAt(reading, "HP070", isWritten ? path : (cause ?? path), {
      message: `${pathText(path)} is ${promised}${whose}, and the pair's timers need at least ${Math.round(shortest)} ms: ${sum}`,
      consequence: "every drill of this failure breaks the promise",
      advice: `shorter timers, or promises: { ${key}: ${Math.ceil((shortest * 1.5) / 50) * 50} }`,
    });
  }
}

/** How long `node` waits beyond the missed advertisements, in milliseconds; 0 where there is no such node. */
export function skewMs(reading: Reading, router: RouterDraft, node: string | undefined): number {
  const priority =
    node === undefined ? 256 : (prioritiesAlong(router.prefer, reading.profile).get(node) ?? 256);
  const whole = router.version === 2 ? 1000 : (router.advertIntervalUs ?? 0) / 1000;
  return ((256 - priority) / 256) * whole;
}
