// The closing table of a drill on a terminal: scenario x configuration, then every broken promise in a sentence, then how good the measurement was.
// Rule: plain text says everything; colour only repeats it.

import { counted } from "../base/index.ts";
import { outageMedianText, outageRangeText, predictedHolderText, type PredictedRow } from "./predicted.ts";
import type { DrillReport } from "./report.ts";
import {
  brokenCount,
  brokenSentences,
  failureSentences,
  measurementSentence,
  noiseSentences,
  predictedRowOf,
  predictionSentence,
  promiseCount,
  twoHolderSentences,
  unpredictedSentences,
} from "./sentences.ts";
import { type CellSummary, summarise } from "./summary.ts";
import {
  type Cell,
  type Column,
  type Grid,
  type Paint,
  painter,
  roomyWidth,
  sideBySide,
  stacked,
  type Style,
  tightWidth,
  wrap,
} from "./table-layout.ts";

export interface TableOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly colour: boolean;
}

/** words: kept, BROKEN, none, and predictions whole. marks: one sign each and predicted medians alone, where the terminal is too narrow for words. */
type PromiseForm = "words" | "marks";

const PROMISE: Readonly<
  Record<CellSummary["kept"], { readonly style: Style } & Readonly<Record<PromiseForm, string>>>
> = {
  yes: { words: "kept", marks: "✓", style: "good" },
  no: { words: "BROKEN", marks: "✗", style: "bad" },
  "not-promised": { words: "none", marks: "–", style: "dim" },
};

/** The table as text, no newline at the end. Side by side where `width` allows it, otherwise one block per scenario. */
export function renderTable(report: DrillReport, options: TableOptions): string {
  const paint = painter(options.colour);
  const forms = { words: gridOf(report, "words"), marks: gridOf(report, "marks") };
  const form = formThatFits(forms, options.width);
  const body =
    form === undefined ? stacked(forms.words, paint) : sideBySide(forms[form], options.width, paint);
  return [
    headline(report, paint),
    "",
    ...body,
    ...legend(report, form === "marks", paint),
    ...notes(report, options.width, paint),
  ].join("\n");
}

/** Words with whole titles before marks with whole titles before wrapped titles; undefined: not side by side at all. */
function formThatFits(forms: Readonly<Record<PromiseForm, Grid>>, width: number): PromiseForm | undefined {
  if (roomyWidth(forms.words) <= width) return "words";
  if (roomyWidth(forms.marks) <= width) return "marks";
  if (tightWidth(forms.words) <= width) return "words";
  return tightWidth(forms.marks) <= width ? "marks" : undefined;
}

function headline(report: DrillReport, paint: Paint): string {
  const repeats = Math.max(0, ...report.runs.map(({ repeat }) => repeat));
  const figures = repeats > 1 ? `, medians of ${repeats} runs` : "";
  const what = `(${report.pair.vips.join(", ")}): outage in ms as the client saw it, requests lost${figures}`;
  return `${paint("strong", report.pair.name)} ${paint("dim", what)}`;
}

function gridOf(report: DrillReport, form: PromiseForm): Grid {
  const predicts = hasPredictions(report);
  return {
    columns: [
      { header: "outage", align: "right" },
      ...(predicts ? [PREDICTED_COLUMN[form]] : []),
      { header: "lost", align: "right" },
      { header: "VIP after", align: "left" },
      { header: form === "words" ? "promise" : "", align: "left" },
    ],
    groups: report.configurations.map(({ name }) => name),
    rows: report.scenarios.map(({ name, title }) => ({
      title,
      cells: report.configurations.map((configuration) =>
        cellsOf(
          summarise(report, name, configuration.name),
          form,
          predicts ? [predictedCell(predictedRowOf(report, name, configuration.name), form)] : [],
        ),
      ),
    })),
  };
}

const PREDICTED_COLUMN: Readonly<Record<PromiseForm, Column>> = {
  words: { header: "predicted", align: "left" },
  marks: { header: "pred.", align: "right" },
};

function hasPredictions({ predictions = [] }: DrillReport): boolean {
  return predictions.length > 0;
}

/** Quiet where it is as measured. */
function predictedCell(row: PredictedRow | undefined, form: PromiseForm): Cell {
  if (row === undefined) return { text: "", style: "dim" };
  const { predicted, asPredicted } = row;
  const figures =
    form === "marks"
      ? outageMedianText(predicted)
      : `${outageRangeText(predicted)} ${predictedHolderText(predicted)}`;
  return asPredicted ? { text: figures, style: "dim" } : { text: `≠${figures}`, style: "bad" };
}

function cellsOf(cell: CellSummary | undefined, form: PromiseForm, predicted: readonly Cell[]): Cell[] {
  if (cell === undefined) return [];
  if (cell.runs.length === 0) return [{ text: "not run", style: "bad" }];
  const { style, [form]: word } = PROMISE[cell.kept];
  const broken = cell.runs.filter(({ kept }) => kept === "no").length;
  const share = broken > 0 && cell.runs.length > 1 ? ` ${broken}/${cell.runs.length}` : "";
  return [
    { text: outageText(cell), style: cell.outageBroken ? "bad" : "plain" },
    ...predicted,
    { text: String(cell.lost.median), style: "plain" },
    { text: `${cell.moved ? "→ " : ""}${cell.holderAfter}`, style: "plain" },
    { text: word + share, style },
  ];
}

/** Whole milliseconds; `<1` for less than half of one; `>10000` where the median run was not answered again. */
export function outageText({ outageMs, neverRecovered, runs }: CellSummary): string {
  // The wait is a round figure that the first failed request's place in the schedule shortens by a millisecond or two.
  if (neverRecovered * 2 > runs.length) return `>${Math.round(outageMs.median / 10) * 10}`;
  const rounded = Math.round(outageMs.median);
  return rounded === 0 && outageMs.median > 0 ? "<1" : String(rounded);
}

function legend(report: DrillReport, marks: boolean, paint: Paint): string[] {
  const moved = report.runs.some(
    ({ holderBefore, holderAfter }) => holderBefore.join() !== holderAfter.join(),
  );
  const parts = [
    ...(moved ? ["→ the VIP moved"] : []),
    ...(marks ? ["✓ promise kept, ✗ broken, – none made"] : []),
    ...(report.runs.some(({ neverRecovered }) => neverRecovered)
      ? ["> not answering again while it was watched"]
      : []),
    ...((report.predictions ?? []).some(({ asPredicted }) => !asPredicted) ? ["≠ not as predicted"] : []),
    ...(marks && hasPredictions(report) ? ["~ the moment of the fault decides"] : []),
  ];
  return parts.length === 0 ? [] : [paint("dim", parts.join("; "))];
}

function notes(report: DrillReport, width: number, paint: Paint): string[] {
  const promises = promiseCount(report);
  const broken = brokenCount(report);
  const lines: string[] = [];
  const section = (heading: string, style: Style, sentences: readonly string[]): void => {
    if (sentences.length > 0)
      lines.push("", paint(style, heading), ...sentences.flatMap((text) => item(text, width)));
  };
  if (promises > 0 && broken === 0)
    lines.push("", paint("good", `All ${counted(promises, "promise")} kept.`));
  section(`${broken} of ${counted(promises, "promise")} broken:`, "bad", brokenSentences(report));
  section("Two nodes held the VIP at once (longest stretch):", "strong", twoHolderSentences(report));
  section(`${counted(report.failures.length, "run")} could not be made:`, "bad", failureSentences(report));
  section("Noisy runs, their figures are doubtful:", "bad", noiseSentences(report));
  section("Not what the simulator predicted:", "strong", unpredictedSentences(report));
  const predicted = predictionSentence(report);
  if (predicted !== undefined) lines.push("", ...wrap(predicted, width).map((line) => paint("dim", line)));
  return [...lines, "", ...wrap(measurementSentence(report), width).map((line) => paint("dim", line))];
}

function item(text: string, width: number): string[] {
  return wrap(text, width - 4).map((line, index) => (index === 0 ? `  ${line}` : `    ${line}`));
}
