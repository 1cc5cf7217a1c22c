// The measurement's own noise: what is taken into each figure, and every limit.
import { describe, expect, it } from "vitest";
import { judgeNoise, noise, NOISE_LIMITS, type NoiseFigures } from "./noise.ts";
import { type Outcome, OUTCOMES, type ProbeRecord } from "./probe-record.ts";

function recordOf(
  slots: readonly (readonly [outcome: Outcome, latenessUs: number, durationUs: number])[],
): ProbeRecord {
  return {
    target: { address: "192.0.2.1", port: 80, kind: "http" },
    intervalUs: 2000,
    timeLimitUs: 200_000,
    startedAtUs: 0,
    latenessUs: slots.map(([, latenessUs]) => latenessUs),
    durationUs: slots.map(([, , durationUs]) => durationUs),
    outcomes: slots.map(([outcome]) => OUTCOMES.indexOf(outcome)),
    answeredBy: slots.map(() => 0),
    names: [""],
  };
}

const quiet: NoiseFigures = {
  latenessP50Us: 600,
  latenessP99Us: 1500,
  latenessMaxUs: 5000,
  baselineRequests: 400,
  baselineLatencyP50Us: 900,
  baselineLatencyP99Us: 3000,
  missedSlots: 0,
  failedBeforeFault: 0,
};

describe("noise", () => {
  it("takes lateness from the whole run and answer times from before the fault", () => {
    const found = noise(
      recordOf([
        ["ok", 100, 700],
        ["ok", 300, 900],
        ["ok", 200, 9000],
        ["refused", 900, 100],
        ["missed", 60_000, 0],
      ]),
      6000,
    );
    expect(found).toMatchObject({
      latenessP50Us: 200,
      latenessMaxUs: 900,
      baselineRequests: 2,
      baselineLatencyP99Us: 900,
      missedSlots: 1,
      failedBeforeFault: 0,
    });
  });

  it("names a failure before the fault, but not an outage that goes on into it", () => {
    const before = recordOf([
      ["ok", 0, 1],
      ["reset", 0, 1],
      ["ok", 0, 1],
      ["refused", 0, 1],
      ["refused", 0, 1],
    ]);
    expect(noise(before, 9000)).toMatchObject({ failedBeforeFault: 1, verdict: "noisy" });
  });

  it("is clean under every limit", () => {
    expect(judgeNoise(quiet)).toMatchObject({ verdict: "clean", exceeded: [] });
  });

  it.each(NOISE_LIMITS.map((limit) => [limit.name, limit] as const))(
    "is noisy over the limit of: %s",
    (name, limit) => {
      const loud = judgeNoise({ ...quiet, [limit.figure]: limit.limit + 1 });
      expect(loud.verdict).toBe("noisy");
      expect(loud.exceeded).toEqual([
        { name, measured: limit.limit + 1, limit: limit.limit, unit: limit.unit },
      ]);
    },
  );
});
