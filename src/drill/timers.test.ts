// How long a drill watches: what keepalived's own timers allow, and no less.

import { describe, expect, test } from "vitest";
import { pairNamed } from "../../test/support/pairs.ts";
import type { Pair, Router } from "../model/index.ts";
import { masterDownMs, watchTimes } from "./timers.ts";

function only(name: string): { pair: Pair; router: Router } {
  const pair = pairNamed(name);
  const [router] = pair.routers;
  if (router === undefined) throw new Error(`${name} has no router`);
  return { pair, router };
}

describe("master-down time of the least preferred node", () => {
  test("version 2: three intervals and a skew in 256ths of a second, whatever the interval", () => {
    const { router } = only("classic");
    expect(masterDownMs(router)).toBeCloseTo(3000 + ((256 - 100) * 1000) / 256, 6);
    expect(masterDownMs({ ...router, advertIntervalUs: 2_000_000 })).toBeCloseTo(
      6000 + ((256 - 100) * 1000) / 256,
      6,
    );
  });

  test("version 3: the skew is a part of the interval", () => {
    const { router } = only("fast");
    expect(masterDownMs(router)).toBeCloseTo(300 + ((256 - 253) * 100) / 256, 6);
  });

  test("of three nodes the lowest priority counts", () => {
    const { router } = only("three-nodes");
    expect(masterDownMs(router)).toBeCloseTo(3000 + ((256 - 99) * 1000) / 256, 6);
  });
});

describe("watch times", () => {
  test.each(["classic", "fast", "three-nodes", "ipv6-only"])(
    "%s: a takeover is watched through a lost node and through a hung HAProxy, a return through a failback",
    (name) => {
      const { pair, router } = only(name);
      const { takeoverMs, failbackMs } = watchTimes(pair, router);
      const { intervalS, fall, rise, timeLimitMs } = pair.check;
      expect(takeoverMs).toBeGreaterThan(masterDownMs(router));
      expect(takeoverMs).toBeGreaterThan(fall * intervalS * 1000 + timeLimitMs);
      expect(failbackMs).toBeGreaterThan(masterDownMs(router) + rise * intervalS * 1000);
    },
  );

  test("every promised outage is shorter than the time it is watched for", () => {
    for (const name of ["classic", "fast"]) {
      const { pair, router } = only(name);
      const { takeoverMs, failbackMs } = watchTimes(pair, router);
      const { failback: _, serviceCrashMs, ...outages } = pair.promises;
      for (const limitMs of Object.values(outages)) expect(takeoverMs).toBeGreaterThan(limitMs);
      expect(failbackMs).toBeGreaterThan(serviceCrashMs);
    }
  });
});
