// Two drill reports beside each other: what became better or worse, scenario by scenario, within a budget for the measurement's own spread.
// Rule: a promise that was kept and is now broken is always worse; a figure is worse only when it grew by more than the budget.

import { counted } from "../base/index.ts";
import type { Kept } from "./promise.ts";
import type { DrillReport } from "./report.ts";
import { type CellSummary, summarise } from "./summary.ts";
import { outageText } from "./table.ts";
import { type Cell, type Grid, painter, sideBySide, stacked, tightWidth } from "./table-layout.ts";

/** A figure may grow by the larger of the two before it counts as worse. */
export interface ComparisonBudget {
  readonly outageMs: number;
  readonly lost: number;
  readonly percent: number;
}

/** Half the spread that ten runs of one scenario showed on one machine (206 to 290 ms for a power loss with fast timers). */
export const COMPARISON_BUDGET: ComparisonBudget = { outageMs: 40, lost: 20, percent: 20 };

export type Change = "same" | "better" | "worse" | "only-before" | "only-after";

export interface ComparisonRow {
  readonly scenario: string;
  readonly title: string;
  readonly configuration: string;
  readonly change: Change;
  /** Why it is better or worse, each a short sentence. */
  readonly reasons: readonly string[];
  readonly before: ComparedFigures | undefined;
  readonly after: ComparedFigures | undefined;
}

/** Medians over the repeats. */
export interface ComparedFigures {
  readonly runs: number;
  readonly outageMs: number;
  /** `629`, `>10000`. */
  readonly outageText: string;
  readonly lost: number;
  readonly holderAfter: string;
  readonly kept: Kept;
}

export interface Comparison {
  readonly budget: ComparisonBudget;
  readonly rows: readonly ComparisonRow[];
  readonly worse: number;
  readonly better: number;
}

/** `before` and `after` matched by scenario and configuration name. */
export function compareReports(
  before: DrillReport,
  after: DrillReport,
  budget: ComparisonBudget = COMPARISON_BUDGET,
): Comparison {
  const rows: ComparisonRow[] = [];
  const titles = new Map([...before.scenarios, ...after.scenarios].map(({ name, title }) => [name, title]));
  const configurations = new Set([...after.configurations, ...before.configurations].map(({ name }) => name));
  for (const [scenario, title] of titles) {
    for (const configuration of configurations) {
      const old = summarise(before, scenario, configuration);
      const now = summarise(after, scenario, configuration);
      if (old === undefined && now === undefined) continue;
      const { change, reasons } = judgeChange(old, now, budget);
      rows.push({
        scenario,
        title,
        configuration,
        change,
        reasons,
        before: figuresOf(old),
        after: figuresOf(now),
      });
    }
  }
  return {
    budget,
    rows,
    worse: rows.filter(({ change }) => change === "worse").length,
    better: rows.filter(({ change }) => change === "better").length,
  };
}

function judgeChange(
  old: CellSummary | undefined,
  now: CellSummary | undefined,
  budget: ComparisonBudget,
): { change: Change; reasons: string[] } {
  if (now === undefined) return { change: "only-before", reasons: ["not drilled this time"] };
  if (old === undefined) return { change: "only-after", reasons: ["not drilled before"] };
  if (now.runs.length === 0 || old.runs.length === 0) {
    if (now.runs.length === old.runs.length)
      return { change: "same", reasons: ["could not be run, either time"] };
    return now.runs.length === 0
      ? { change: "worse", reasons: ["could not be run"] }
      : { change: "better", reasons: ["could not be run before"] };
  }
  const worse: string[] = [];
  const better: string[] = [];
  if (old.kept !== "no" && now.kept === "no") worse.push("promise now broken");
  if (old.kept === "no" && now.kept !== "no") better.push("promise no longer broken");
  const compareFigure = (name: string, unit: string, from: number, to: number, allowance: number): void => {
    const allowed = Math.max(allowance, (Math.min(from, to) * budget.percent) / 100);
    const difference = Math.round(Math.abs(to - from));
    if (to - from > allowed) worse.push(`${name} ${difference}${unit} more`);
    if (from - to > allowed) better.push(`${name} ${difference}${unit} less`);
  };
  const oldEndless = old.neverRecovered * 2 > old.runs.length;
  const nowEndless = now.neverRecovered * 2 > now.runs.length;
  if (!oldEndless && nowEndless) worse.push("not answering again");
  if (oldEndless && !nowEndless) better.push("answering again");
  // How long an endless outage was watched says nothing about it.
  if (!oldEndless && !nowEndless) {
    compareFigure("outage", " ms", old.outageMs.median, now.outageMs.median, budget.outageMs);
    compareFigure("lost", "", old.lost.median, now.lost.median, budget.lost);
  }
  if (worse.length > 0) return { change: "worse", reasons: [...worse, ...better] };
  return { change: better.length > 0 ? "better" : "same", reasons: better };
}

function figuresOf(cell: CellSummary | undefined): ComparedFigures | undefined {
  if (cell === undefined || cell.runs.length === 0) return undefined;
  return {
    runs: cell.runs.length,
    outageMs: cell.outageMs.median,
    outageText: outageText(cell),
    lost: cell.lost.median,
    holderAfter: cell.holderAfter,
    kept: cell.kept,
  };
}

const CHANGE_STYLE = {
  same: "dim",
  better: "good",
  worse: "bad",
  "only-before": "dim",
  "only-after": "dim",
} as const;

/** The comparison as text, no newline at the end: one line per scenario and configuration, then the count. */
export function renderComparison(
  comparison: Comparison,
  options: { readonly width: number; readonly colour: boolean },
): string {
  const paint = painter(options.colour);
  const configurations = [...new Set(comparison.rows.map(({ configuration }) => configuration))];
  const blocks = configurations.flatMap((configuration) => {
    const grid = gridOf(
      comparison.rows.filter((row) => row.configuration === configuration),
      configuration,
    );
    return [
      ...(tightWidth(grid) <= options.width ? sideBySide(grid, options.width, paint) : stacked(grid, paint)),
      "",
    ];
  });
  const { budget, worse, better } = comparison;
  const tolerance = `counted as changed above ${budget.outageMs} ms, ${counted(budget.lost, "request")}, ${budget.percent} %`;
  const verdict = `${worse} worse, ${better} better of ${comparison.rows.length}`;
  return [...blocks, `${paint(worse > 0 ? "bad" : "good", verdict)} ${paint("dim", `(${tolerance})`)}`].join(
    "\n",
  );
}

function gridOf(rows: readonly ComparisonRow[], configuration: string): Grid {
  return {
    columns: [
      { header: "outage", align: "right" },
      { header: "now", align: "right" },
      { header: "lost", align: "right" },
      { header: "now", align: "right" },
      { header: "", align: "left" },
    ],
    groups: [configuration],
    rows: rows.map(({ title, before, after, change, reasons }) => ({
      title,
      cells: [
        [
          figure(before?.outageText),
          figure(after?.outageText),
          figure(before === undefined ? undefined : String(before.lost)),
          figure(after === undefined ? undefined : String(after.lost)),
          { text: changeText(change, reasons), style: CHANGE_STYLE[change] },
        ],
      ],
    })),
  };
}

function changeText(change: Change, reasons: readonly string[]): string {
  if (change === "only-before" || change === "only-after" || reasons.length === 0)
    return reasons.join(", ") || change;
  return `${change}: ${reasons.join(", ")}`;
}

function figure(text: string | undefined): Cell {
  return { text: text ?? "-", style: text === undefined ? "dim" : "plain" };
}
