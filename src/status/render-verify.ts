// verify's report as text: what is wrong first and exactly, then one line for each question that was answered well. Pure.

import { counted } from "../base/index.ts";
import type { Paint } from "../diagnostics/index.ts";
import { alignedRows, type Cell } from "./aligned-text.ts";
import type { CheckOutcome, CheckResult } from "./check.ts";
import { clockText } from "./time-text.ts";
import type { VerifyReport } from "./verify.ts";

const outcomeWords: Readonly<Record<CheckOutcome, { word: string; kind: Cell["kind"] & string }>> = {
  failed: { word: "FAILED", kind: "error" },
  unknown: { word: "unknown", kind: "warning" },
  warning: { word: "warning", kind: "warning" },
  ok: { word: "ok", kind: "dim" },
  skipped: { word: "skipped", kind: "dim" },
};

/** A line longer than this is cut, in evidence only; --json has it whole. */
const EVIDENCE_COLUMNS_MAX = 110;

/** The report, no newline at the end. */
export function renderVerify(report: VerifyReport, paint: Paint): string {
  const lines = [
    `${paint("strong", `verify ${report.pair}`)}  ${paint("dim", `${clockText(report.observedAtMs)}, ${(report.tookMs / 1000).toFixed(1)} s`)}`,
    "",
  ];
  for (const router of report.status.routers) {
    lines.push(router.verdict === "one-holder" ? paint("strong", router.text) : paint("error", router.text));
  }
  lines.push("");
  const troubles = report.checks.filter(
    (result) => result.outcome === "failed" || result.outcome === "unknown" || result.outcome === "warning",
  );
  for (const result of troubles) lines.push(...troubleLines(result, paint), "");
  const quiet = report.checks.filter((result) => !troubles.includes(result));
  lines.push(...alignedRows(quietRows(quiet, report.status.nodes.length), paint), "");
  for (const remark of report.remarks) lines.push(`note: ${remark}`);
  lines.push(
    "To look for yourself, on any node:",
    ...report.commands.map((command) => `  ${command}`),
    "",
    summary(report, paint),
  );
  return lines.map((line) => line.trimEnd()).join("\n");
}

function troubleLines(result: CheckResult, paint: Paint): string[] {
  const { word, kind } = outcomeWords[result.outcome];
  const where = result.node === undefined ? "" : `${result.node}: `;
  const lines = [
    `${paint(kind, word)}  ${paint("strong", `${where}${result.checked}`)}  ${paint("dim", result.check)}`,
    `    seen: ${result.evidence}`,
  ];
  if (result.advice !== undefined) lines.push(`    do:   ${result.advice}`);
  return lines;
}

/** One row for each question and answer; nodes that gave the same answer share it. */
function quietRows(results: readonly CheckResult[], nodeCount: number): Cell[][] {
  const rows = new Map<string, { result: CheckResult; nodes: string[] }>();
  for (const result of results) {
    const key = JSON.stringify([result.outcome, result.checked, result.evidence]);
    const row = rows.get(key) ?? { result, nodes: [] };
    if (result.node !== undefined) row.nodes.push(result.node);
    rows.set(key, row);
  }
  return [...rows.values()].map(({ result, nodes }) => {
    const { word, kind } = outcomeWords[result.outcome];
    const everywhere = nodes.length === nodeCount ? (nodeCount === 2 ? "both" : "all") : undefined;
    const where = result.node === undefined ? "pair" : (everywhere ?? nodes.join(", "));
    return [
      { text: word, kind },
      { text: where },
      { text: result.checked },
      { text: shortened(result.evidence), kind: "dim" as const },
    ];
  });
}

function shortened(evidence: string): string {
  return evidence.length > EVIDENCE_COLUMNS_MAX
    ? `${evidence.slice(0, EVIDENCE_COLUMNS_MAX - 3)}...`
    : evidence;
}

function summary(report: VerifyReport, paint: Paint): string {
  const number = (outcome: CheckOutcome): number =>
    report.checks.filter((result) => result.outcome === outcome).length;
  const parts = [
    number("failed") > 0 ? paint("error", `${number("failed")} failed`) : "",
    number("unknown") > 0 ? paint("warning", `${number("unknown")} unknown`) : "",
    number("warning") > 0 ? paint("warning", counted(number("warning"), "warning")) : "",
    `${number("ok")} ok`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}
