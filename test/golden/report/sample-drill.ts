// A drill that never was, but looks like a real one: records, holders and a report made from a seed, for goldens and for looking at the pages.

import {
  type HolderSample,
  measureRun,
  type Outcome,
  OUTCOMES,
  PROBE_INTERVAL_US,
  PROBE_TIME_LIMIT_US,
  type ProbeRecord,
} from "../../../src/measure/index.ts";
import { type DrillReport, type DrillRun, makeReport, makeRun, type RunPromise } from "../../../src/report/index.ts";

export interface SampleOutage {
  readonly fromMs: number;
  readonly toMs: number;
  readonly outcome: Outcome;
}

const CLOCK_US = 7_000_000_000;

/** Uniform in [0, 1), the same for the same seed (a linear congruence; quality does not matter here). */
export function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

/** A record of `durationMs` in which requests fail in the given stretches (by their due time). */
export function sampleRecord(durationMs: number, failing: readonly SampleOutage[], seed: number): ProbeRecord {
  const random = sequence(seed);
  const slots = (durationMs * 1000) / PROBE_INTERVAL_US;
  const record = {
    target: { address: "10.150.160.32", port: 80, kind: "http" as const },
    intervalUs: PROBE_INTERVAL_US,
    timeLimitUs: PROBE_TIME_LIMIT_US,
    startedAtUs: CLOCK_US,
    latenessUs: [] as number[],
    durationUs: [] as number[],
    outcomes: [] as number[],
    answeredBy: [] as number[],
    names: ["", "extlb-01", "extlb-02"],
  };
  for (let slot = 0; slot < slots; slot += 1) {
    const dueMs = (slot * PROBE_INTERVAL_US) / 1000;
    const failed = failing.find(({ fromMs, toMs }) => dueMs >= fromMs && dueMs < toMs);
    const outcome: Outcome = failed === undefined ? "ok" : random() < 0.02 ? "reset" : failed.outcome;
    const tail = random();
    const answerUs = 600 + random() * 500 + (tail > 0.97 ? 4000 * random() : 0) + (tail > 0.9995 ? 60_000 : 0);
    record.latenessUs.push(Math.round(random() * 1300));
    record.durationUs.push(
      outcome === "timeout" ? 200_000 + Math.round(random() * 2000) : Math.round(outcome === "ok" ? answerUs : answerUs / 3),
    );
    record.outcomes.push(OUTCOMES.indexOf(outcome));
    record.answeredBy.push(outcome === "ok" ? 1 : 0);
  }
  return record;
}

interface SampleRun {
  readonly scenario: string;
  readonly configuration: string;
  readonly down: readonly SampleOutage[];
  /** Changes after the fault: who loses or gains the VIP, milliseconds after the record's start. */
  readonly changes: readonly (readonly [node: string, atMs: number, holds: boolean])[];
  readonly promises: readonly RunPromise[];
  readonly holder: "extlb-01" | "extlb-02";
  readonly durationMs: number;
  readonly fault: string;
  readonly notes?: readonly string[];
}

const FAULT_MS = 1000;
const page = "page as written";

function moveTo(node: "extlb-01" | "extlb-02", goneMs: number, takenMs: number): SampleRun["changes"] {
  const other = node === "extlb-01" ? "extlb-02" : "extlb-01";
  return [
    [other, FAULT_MS + goneMs, false],
    [node, FAULT_MS + takenMs, true],
  ];
}

function down(fromMs: number, toMs: number, outcome: Outcome): SampleOutage[] {
  return [{ fromMs: FAULT_MS + fromMs, toMs: FAULT_MS + toMs, outcome }];
}

const stop = { scenario: "haproxy-stop", holder: "extlb-01", fault: "systemctl stop haproxy on extlb-01" } as const;
const back = { scenario: "haproxy-returns", fault: "HAProxy started on extlb-01", promises: [{ kind: "stays" }] } as const;
const hang = { scenario: "haproxy-hang", holder: "extlb-01", fault: "SIGSTOP on extlb-01" } as const;
const power = { scenario: "node-power-off", holder: "extlb-01", fault: "power off extlb-01" } as const;
const blocked = { scenario: "vrrp-blocked", holder: "extlb-01", fault: "protocol 112 dropped on extlb-02" } as const;
const killed = { scenario: "keepalived-kill", holder: "extlb-01", fault: "kill -9 keepalived on extlb-01" } as const;

const runs: readonly SampleRun[] = [
  { ...stop, configuration: page, down: down(6, 3620, "refused"), changes: moveTo("extlb-02", 3005, 3616), promises: [{ kind: "outage", limitMs: 2000 }], durationMs: 7000 },
  { ...stop, configuration: "classic", down: down(4, 634, "refused"), changes: moveTo("extlb-02", 12, 629), promises: [{ kind: "outage", limitMs: 650 }], durationMs: 6000 },
  { ...stop, configuration: "fast", down: down(3, 7, "refused"), changes: moveTo("extlb-02", 2, 6), promises: [{ kind: "outage", limitMs: 10 }], durationMs: 4000 },
  { ...back, configuration: page, holder: "extlb-02", down: down(4310, 4316, "refused"), changes: moveTo("extlb-01", 4318, 4312), durationMs: 7000 },
  { ...back, configuration: "classic", holder: "extlb-02", down: [], changes: [], durationMs: 7000 },
  { ...back, configuration: "fast", holder: "extlb-02", down: [], changes: [], durationMs: 4000 },
  { ...hang, configuration: page, down: down(0, 20_000, "timeout"), changes: [], promises: [{ kind: "outage", limitMs: 2000 }], durationMs: 11_000, notes: ["systemctl is-active goes on saying active"] },
  { ...hang, configuration: "classic", down: down(0, 4402, "timeout"), changes: moveTo("extlb-02", 3790, 4400), promises: [{ kind: "outage", limitMs: 5000 }], durationMs: 8000 },
  { ...hang, configuration: "fast", down: down(0, 1822, "timeout"), changes: moveTo("extlb-02", 1814, 1820), promises: [{ kind: "outage", limitMs: 2000 }], durationMs: 5000 },
  { ...power, configuration: page, down: down(0, 3502, "timeout"), changes: moveTo("extlb-02", 0, 3498), promises: [{ kind: "outage", limitMs: 3600 }], durationMs: 7000 },
  { ...power, configuration: "classic", down: down(0, 2992, "timeout"), changes: moveTo("extlb-02", 0, 2990), promises: [{ kind: "outage", limitMs: 3600 }], durationMs: 7000 },
  { ...power, configuration: "fast", down: down(0, 256, "timeout"), changes: moveTo("extlb-02", 0, 253), promises: [{ kind: "outage", limitMs: 300 }], durationMs: 4000 },
  { ...killed, configuration: page, down: [], changes: [["extlb-02", 4604, true]], promises: [], durationMs: 9000 },
  { ...killed, configuration: "classic", down: [], changes: [["extlb-02", 4600, true], ["extlb-01", 4690, false]], promises: [{ kind: "one-holder", longestMs: 1000 }], durationMs: 9000 },
  { ...killed, configuration: "fast", down: [], changes: [["extlb-02", 1290, true], ["extlb-01", 1310, false]], promises: [{ kind: "one-holder", longestMs: 1000 }], durationMs: 6000 },
  { ...blocked, configuration: page, down: [], changes: [["extlb-02", 4611, true]], promises: [{ kind: "named", withinMs: 2000 }], durationMs: 8000 },
  { ...blocked, configuration: "classic", down: [], changes: [["extlb-02", 4603, true]], promises: [{ kind: "named", withinMs: 2000, namedAfterMs: 412 }], durationMs: 8000 },
  { ...blocked, configuration: "fast", down: [], changes: [["extlb-02", 1298, true]], promises: [{ kind: "named", withinMs: 2000, namedAfterMs: 388 }], durationMs: 5000 },
];

export const recordOf = new Map<string, ProbeRecord>();

function toRun(run: SampleRun, index: number, repeat: number): DrillRun {
  const record = sampleRecord(run.durationMs, run.down, index * 101 + repeat);
  const at = (milliseconds: number): number => CLOCK_US + milliseconds * 1000;
  const samples: HolderSample[] = [
    { node: "extlb-01", atUs: CLOCK_US - 1, holds: run.holder === "extlb-01" },
    { node: "extlb-02", atUs: CLOCK_US - 1, holds: run.holder === "extlb-02" },
    ...run.changes.map(([node, milliseconds, holds]) => ({ node, atUs: at(milliseconds), holds })),
  ];
  const recordFile = `records/${run.scenario}.${run.configuration.replaceAll(" ", "-")}.${repeat}.json`;
  recordOf.set(recordFile, record);
  return makeRun({
    scenario: run.scenario,
    configuration: run.configuration,
    repeat,
    measurement: measureRun({ record, samples, faultAtUs: at(FAULT_MS) }),
    events: [{ label: run.fault, kind: run.scenario.endsWith("returns") ? "heal" : "fault", atUs: at(FAULT_MS) }],
    promises: run.promises,
    notes: run.notes ?? [],
    recordFile,
  });
}

/** The report, each scenario `repeats` times. */
export function sampleReport(repeats = 1): DrillReport {
  return makeReport({
    startedAt: "2026-11-22T18:00:00Z",
    durationMs: 341_000,
    hapairVersion: "0.1.0",
    pair: { name: "ext-lb", vips: ["10.150.160.32"] },
    configurations: [
      { name: page, what: "the document's two keepalived.conf and its check, untouched" },
      { name: "classic", what: "hapair, profile classic: the document's values, no preemption, systemd's hooks" },
      { name: "fast", what: "hapair, profile fast: VRRPv3, an advertisement every 0.1 s, priorities from 254 down" },
    ],
    scenarios: [
      { name: "haproxy-stop", title: "systemctl stop haproxy" },
      { name: "haproxy-returns", title: "HAProxy returns" },
      { name: "haproxy-hang", title: "HAProxy hung (SIGSTOP)" },
      { name: "node-power-off", title: "node powered off" },
      { name: "keepalived-kill", title: "keepalived killed outright" },
      { name: "vrrp-blocked", title: "VRRP blocked both ways" },
    ],
    environment: {
      kernel: "Linux 6.18.0",
      cores: 2,
      nodes: ["extlb-01", "extlb-02"].map((name) => ({
        name,
        system: "Debian GNU/Linux 12 (bookworm)",
        keepalived: "2.2.7",
        haproxy: "2.6.12",
        systemd: "252",
      })),
      notes: ["Client, both nodes and the back ends share one machine; three labs ran side by side."],
    },
    runs: Array.from({ length: repeats }, (_, repeat) => runs.map((run, index) => toRun(run, index, repeat + 1))).flat(),
    failures: [],
  });
}
