import { describe, expect, it } from "vitest";
import type { Noise } from "../measure/index.ts";
import { predictedRows, type Prediction } from "./predicted.ts";
import { type DrillReport, type DrillRun, makeReport } from "./report.ts";
import { renderHtml } from "./html.tsx";
import { renderJunit } from "./junit.ts";
import { renderTable } from "./table.ts";

const NOISE: Noise = {
  verdict: "clean",
  exceeded: [],
  latenessP50Us: 0,
  latenessP99Us: 0,
  latenessMaxUs: 0,
  missedSlots: 0,
  baselineLatencyP99Us: 0,
  baselineRequests: 350,
  baselineLatencyP50Us: 0,
  failedBeforeFault: 0,
};

const STOP: Prediction = {
  outageMs: { min: 609.375, median: 609.375, max: 609.375 },
  beginnings: 31,
  neverRecovered: 0,
  moves: 1,
  moved: true,
  holdersAfter: [{ nodes: ["extlb-02"], beginnings: 31 }],
};

const POWER: Prediction = { ...STOP, outageMs: { min: 2639, median: 3088, max: 3606 } };
const HANG: Prediction = {
  ...STOP,
  outageMs: { min: 14_000_000, median: 14_000_000, max: 14_000_000 },
  neverRecovered: 31,
  moves: 0,
  moved: false,
  holdersAfter: [{ nodes: ["extlb-01"], beginnings: 31 }],
};

function run(changes: Partial<DrillRun>): DrillRun {
  return {
    scenario: "haproxy-stop",
    configuration: "classic",
    repeat: 1,
    fromUs: 0,
    toUs: 5_000_000,
    faultAtUs: 700_000,
    events: [],
    requests: 2500,
    outageMs: 611,
    longestOutageMs: 611,
    outages: [],
    lost: 306,
    slow: 0,
    reset: 0,
    outcomes: {
      ok: 2194,
      refused: 306,
      unreachable: 0,
      timeout: 0,
      reset: 0,
      truncated: 0,
      "bad-answer": 0,
      missed: 0,
    },
    neverRecovered: false,
    twoHolderMs: 0,
    longestTwoHolderMs: 0,
    noHolderMs: 609,
    unknownHolderMs: 0,
    holderMoves: 1,
    holderBefore: ["extlb-01"],
    holderAfter: ["extlb-02"],
    nodes: ["extlb-01", "extlb-02"],
    holderSegments: [],
    promises: [],
    kept: "not-promised",
    noise: NOISE,
    notes: [],
    predicted: STOP,
    ...changes,
  };
}

function onlyRow(...runs: readonly DrillRun[]) {
  const [row] = predictedRows(runs);
  return row;
}

describe("a prediction beside its measurement", () => {
  it("is quiet where the measured median is within 100 ms of the predicted one", () => {
    expect(onlyRow(run({ outageMs: 709 }))).toMatchObject({
      asPredicted: true,
      outageWithin: "median",
      text: "as predicted",
    });
    expect(onlyRow(run({ outageMs: 710 }))).toMatchObject({ asPredicted: false, outageWithin: "neither" });
  });

  it("gives both figures where it is not", () => {
    expect(onlyRow(run({ outageMs: 1250.4 }))?.text).toBe(
      "NOT as predicted: outage 1250 ms, predicted 609 ms",
    );
  });

  it("says that the moment of the fault decides where the measurement is elsewhere in the range", () => {
    const row = onlyRow(run({ predicted: POWER, outageMs: 3570 }));
    expect(row).toMatchObject({ asPredicted: true, outageWithin: "range" });
    expect(row?.text).toBe(
      "as predicted (within the range: the moment of the fault within the intervals decides)",
    );
    expect(onlyRow(run({ predicted: POWER, outageMs: 2400 }))?.text).toBe(
      "NOT as predicted: outage 2400 ms, predicted 2639-3606 ms",
    );
  });

  it("does not compare how long the two watched what never recovers", () => {
    const hung = { predicted: HANG, outageMs: 9820, neverRecovered: true, holderAfter: ["extlb-01"] };
    expect(onlyRow(run(hung))?.text).toBe("as predicted");
    expect(onlyRow(run({ ...hung, outageMs: 400, neverRecovered: false }))?.text).toBe(
      "NOT as predicted: outage 400 ms, predicted never answered again",
    );
    expect(onlyRow(run({ ...hung, predicted: STOP, holderAfter: ["extlb-02"] }))?.text).toBe(
      "NOT as predicted: not answered again while it was watched, predicted 609 ms",
    );
  });

  it("names the holders where they differ, and how often", () => {
    const other = run({ repeat: 2, holderAfter: ["extlb-01"] });
    expect(onlyRow(run({}), other)?.text).toBe(
      "NOT as predicted: VIP on extlb-01, predicted extlb-02 (1 of 2 runs)",
    );
    expect(onlyRow(run({ holderAfter: ["extlb-01", "extlb-02"] }))?.text).toBe(
      "NOT as predicted: VIP on both, predicted extlb-02",
    );
  });

  it("takes the holder that could not be asked for no difference", () => {
    expect(onlyRow(run({ holderAfter: [] }))?.asPredicted).toBe(true);
  });

  it("compares the median of repeats, each with the prediction for its own holder", () => {
    const back = { ...STOP, holdersAfter: [{ nodes: ["extlb-01"], beginnings: 31 }] };
    const runs = [
      run({}),
      run({ repeat: 2, outageMs: 900, predicted: back, holderAfter: ["extlb-01"] }),
      run({ repeat: 3, outageMs: 612 }),
    ];
    expect(onlyRow(...runs)).toMatchObject({ measuredMs: 612, asPredicted: true });
    expect(onlyRow(...runs)?.predicted.holdersAfter.map(({ nodes }) => nodes.join())).toEqual([
      "extlb-02",
      "extlb-01",
    ]);
  });

  it("says that a measurement was noisy where it is not as predicted", () => {
    const noisy = { ...NOISE, verdict: "noisy" as const };
    expect(onlyRow(run({ outageMs: 1250, noise: noisy }))?.text).toBe(
      "NOT as predicted: outage 1250 ms, predicted 609 ms (the measurement was noisy)",
    );
    expect(onlyRow(run({ noise: noisy }))?.text).toBe("as predicted");
  });

  it("has no row where nothing was predicted", () => {
    const { predicted: _predicted, ...bare } = run({});
    expect(predictedRows([bare])).toEqual([]);
  });
});

describe("the renderings", () => {
  const runs = [run({}), run({ scenario: "node-power-off", predicted: POWER, outageMs: 4200 })];
  const report: DrillReport = makeReport({
    startedAt: "2026-11-28T08:00:00Z",
    durationMs: 60_000,
    hapairVersion: "0.1.0",
    pair: { name: "ext-lb", vips: ["10.150.160.32"] },
    configurations: [{ name: "classic", what: "the classic profile" }],
    scenarios: [
      { name: "haproxy-stop", title: "systemctl stop haproxy" },
      { name: "node-power-off", title: "node powered off" },
    ],
    environment: { kernel: "6.1.0", nodes: [] },
    runs,
    failures: [],
    predictions: predictedRows(runs),
  });
  const sentence = "classic, node powered off: NOT as predicted: outage 4200 ms, predicted 2639-3606 ms";

  it("puts it into the table, whole where there is room", () => {
    const table = renderTable(report, { width: 120, colour: false });
    expect(table).toMatch(/611 609 → extlb-02 /);
    expect(table).toMatch(/4200 ≠2639-3606 → extlb-02 /);
    expect(table).toContain(sentence);
    expect(table).toContain("As predicted by the simulator: 1 of 2");
  });

  it("keeps to the median where there is little", () => {
    const table = renderTable(report, { width: 68, colour: false });
    expect(table).toMatch(/611 +609 /);
    expect(table).toMatch(/4200 ≠~3088 /);
    expect(table).toContain("~ the moment of the fault decides");
  });

  it("says it in the page and in JUnit", () => {
    const page = renderHtml(report, new Map());
    expect(page).toContain(">predicted</th>");
    expect(page).toContain(sentence);
    const junit = renderJunit(report);
    expect(junit).toContain("predicted: outage 609 ms, VIP → extlb-02\nas predicted");
    expect(junit).not.toContain("<failure");
  });
});
