// The sums against the figures that keepalived-behaviour measured on 2.2.7, and the arithmetic as messages show it.

import { describe, expect, it } from "vitest";
import {
  fastFailureDetection,
  hangDetection,
  inTurn,
  intervalsBetweenHangingRuns,
  secondsText,
  skewUs,
  type StandbyTimes,
  sumText,
  takeoverAfterFault,
  takeoverAfterNodeLoss,
  takeoverAfterPriorityDrop,
  totalText,
} from "./detection-time.ts";

const version2 = { version: 2, advertIntervalUs: 1_000_000 } as const;
const standby: StandbyTimes = { ...version2, priority: 100, downTimerAdverts: 3, preemptDelayUs: 0 };

describe("skew", () => {
  it.each([
    [101, 605_468],
    [100, 609_375],
    [254, 7812],
    [255, 3906],
  ])("in version 2 belongs to the priority alone: %i", (priority, us) => {
    expect(skewUs(priority, version2)).toBe(us);
    expect(skewUs(priority, { version: 2, advertIntervalUs: 5_000_000 })).toBe(us);
  });

  it("in version 3 grows with the interval", () => {
    expect(skewUs(100, { version: 3, advertIntervalUs: 200_000 })).toBe(121_875);
    expect(skewUs(253, { version: 3, advertIntervalUs: 100_000 })).toBe(1171);
  });
});

describe("detection", () => {
  it("of a check that fails at once lies between fall - 1 and fall intervals", () => {
    const { leastUs, mostUs, parts } = fastFailureDetection({ intervalS: 2, timeoutS: 2, fall: 2 });
    expect([leastUs, mostUs]).toEqual([2_000_000, 4_000_000]);
    expect(parts).toEqual([{ us: 4_000_000, text: "2 × 2 s" }]);
  });

  it("adds the time one failing run takes", () => {
    const sum = fastFailureDetection({ intervalS: 5, timeoutS: 5, fall: 1 }, 300_000);
    expect([sum.leastUs, sum.mostUs]).toEqual([300_000, 5_300_000]);
    expect(sumText(sum)).toBe("5 s + 0.3 s = up to 5.3 s");
  });

  it("of a hang adds the timeout of the last run", () => {
    const sum = hangDetection({ intervalS: 2, timeoutS: 1, fall: 3 }, "2.2.7");
    expect([sum.leastUs, sum.mostUs]).toEqual([5_000_000, 7_000_000]);
    expect(sumText(sum)).toBe("3 × 2 s + timeout 1 s = up to 7 s");
    expect(hangDetection({ intervalS: 2, timeoutS: 1, fall: 3 }, "2.4.3")).toEqual(sum);
  });

  it("of a hang is slower from 2.3.3 on where a run may last an interval or more", () => {
    const check = { intervalS: 2, timeoutS: 2, fall: 2 };
    expect(hangDetection(check, "2.2.7").mostUs).toBe(6_000_000);
    expect(hangDetection(check, "2.3.3").mostUs).toBe(8_000_000);
    expect(intervalsBetweenHangingRuns({ intervalS: 2, timeoutS: 5, fall: 1 }, "2.3.3")).toBe(3);
    expect(intervalsBetweenHangingRuns({ intervalS: 2, timeoutS: 5, fall: 1 }, "2.2.8")).toBe(1);
  });
});

describe("takeover", () => {
  it("after a FAULT takes the standby's skew", () => {
    expect(takeoverAfterFault(version2, standby)).toEqual({
      leastUs: 609_375,
      mostUs: 609_375,
      parts: [{ us: 609_375, text: "0.609 s" }],
    });
  });

  it("after the loss of a node takes two to three adverts and the skew", () => {
    const { leastUs, mostUs } = takeoverAfterNodeLoss(version2, standby);
    expect([leastUs, mostUs]).toEqual([2_609_375, 3_609_375]);
  });

  it("counts the standby's own interval in version 2, the master's in version 3", () => {
    const slow = { ...standby, advertIntervalUs: 5_000_000 };
    expect(sumText(takeoverAfterNodeLoss(version2, slow))).toBe("3 × 5 s + 0.609 s = up to 15.6 s");
    const fast = { version: 3, advertIntervalUs: 100_000 } as const;
    expect(takeoverAfterNodeLoss(fast, { ...slow, version: 3, priority: 253 }).mostUs).toBe(301_171);
  });

  it("counts the adverts that down_timer_adverts asks for", () => {
    expect(takeoverAfterNodeLoss(version2, { ...standby, downTimerAdverts: 1 }).mostUs).toBe(1_609_375);
  });

  it("after a drop of the priority waits as for a dead master, and preempt_delay before", () => {
    expect(takeoverAfterPriorityDrop(version2, standby)).toEqual(takeoverAfterNodeLoss(version2, standby));
    const delayed = takeoverAfterPriorityDrop(version2, { ...standby, preemptDelayUs: 5_000_000 });
    expect(sumText(delayed)).toBe("1 s + preempt_delay 5 s + 3 × 1 s + 0.609 s = up to 9.6 s");
    expect(delayed.leastUs).toBe(7_609_375);
  });
});

describe("sums", () => {
  it("add up to their bounds", () => {
    const sum = inTurn(
      fastFailureDetection({ intervalS: 10, timeoutS: 3, fall: 13 }),
      takeoverAfterPriorityDrop(version2, standby),
    );
    expect(sum.parts.reduce((total, part) => total + part.us, 0)).toBe(sum.mostUs);
    expect(sumText(sum)).toBe("13 × 10 s + 3 × 1 s + 0.609 s = up to 133.6 s");
  });

  it("are written as short as they can be", () => {
    expect(secondsText(609_375)).toBe("0.609 s");
    expect(secondsText(100_000)).toBe("0.1 s");
    expect(totalText(301_171)).toBe("0.301 s");
    expect(totalText(15_609_375)).toBe("15.6 s");
    expect(sumText(takeoverAfterFault(version2, standby))).toBe("0.609 s");
  });
});
