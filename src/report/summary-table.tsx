// The summary table of the HTML report: a row per scenario, a group of columns per configuration.

import type { JSX } from "preact";
import { outageRangeText, predictedHolderText, type PredictedRow } from "./predicted.ts";
import type { DrillReport } from "./report.ts";
import { predictedRowOf } from "./sentences.ts";
import { type CellSummary, type Spread, summarise } from "./summary.ts";
import { outageText } from "./table.ts";

/** The id of the figure that a cell leads to. */
export function figureId(scenario: string, configuration: number): string {
  return `${scenario}-${configuration + 1}`;
}

const PROMISE_WORD = { yes: "kept", no: "broken", "not-promised": "none" } as const;
const PROMISE_CLASS = { yes: "good", no: "bad", "not-promised": "muted" } as const;

export function SummaryTable({ report }: { readonly report: DrillReport }): JSX.Element {
  const repeats = Math.max(0, ...report.runs.map(({ repeat }) => repeat));
  const predicts = (report.predictions ?? []).length > 0;
  return (
    <div class="scroll">
      <table>
        <caption>
          Outage in milliseconds as the client saw it and requests lost
          {repeats > 1 && `, medians of ${repeats} runs, below an outage its smallest and largest`}.
        </caption>
        <thead>
          <tr>
            <td />
            {report.configurations.map(({ name }) => (
              <th key={name} scope="colgroup" colSpan={predicts ? 5 : 4} class="first">
                {name}
              </th>
            ))}
          </tr>
          <tr>
            <th scope="col">scenario</th>
            {report.configurations.map(() => (
              <>
                <th scope="col" class="number first">
                  outage
                </th>
                {predicts && (
                  <th scope="col" class="number">
                    predicted
                  </th>
                )}
                <th scope="col" class="number">
                  lost
                </th>
                <th scope="col">VIP after</th>
                <th scope="col">promise</th>
              </>
            ))}
          </tr>
        </thead>
        <tbody>
          {report.scenarios.map(({ name, title }) => (
            <tr key={name}>
              <th scope="row">
                <a href={`#${name}`}>{title}</a>
              </th>
              {report.configurations.map((configuration, index) => (
                <Cells
                  key={configuration.name}
                  cell={summarise(report, name, configuration.name)}
                  predicts={predicts}
                  predicted={predictedRowOf(report, name, configuration.name)}
                  link={`#${figureId(name, index)}`}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cells({
  cell,
  predicts,
  predicted,
  link,
}: {
  readonly cell: CellSummary | undefined;
  /** There is a column for predictions. */
  readonly predicts: boolean;
  readonly predicted: PredictedRow | undefined;
  readonly link: string;
}): JSX.Element {
  if (cell === undefined || cell.runs.length === 0) {
    return (
      <td class={cell === undefined ? "first muted" : "first bad"} colSpan={predicts ? 5 : 4}>
        {cell === undefined ? "–" : "not run"}
      </td>
    );
  }
  const broken = cell.runs.filter(({ kept }) => kept === "no").length;
  return (
    <>
      <td class={cell.outageBroken ? "number first bad" : "number first"}>
        <a href={link}>{outageText(cell)}</a>
        <Range spread={cell.outageMs} />
      </td>
      {predicts && <PredictedCell row={predicted} />}
      <td class="number">{cell.lost.median}</td>
      <td>
        {cell.moved && "→ "}
        {cell.holderAfter}
      </td>
      <td class={PROMISE_CLASS[cell.kept]}>
        {PROMISE_WORD[cell.kept]}
        {broken > 0 && cell.runs.length > 1 && ` ${broken}/${cell.runs.length}`}
      </td>
    </>
  );
}

/** What the simulator says: the median, below it the range and where the VIP is afterwards. Quiet where it is as measured. */
function PredictedCell({ row }: { readonly row: PredictedRow | undefined }): JSX.Element {
  if (row === undefined) return <td class="number muted">–</td>;
  const { predicted, asPredicted, text } = row;
  const range = outageRangeText(predicted);
  const isRange = range.includes("-");
  return (
    <td class={asPredicted ? "number muted" : "number bad"} title={text}>
      {!asPredicted && "≠ "}
      {isRange ? Math.round(predicted.outageMs.median) : range}
      <span class="range">
        {isRange && `${range.replace("-", "–")}, `}
        {predictedHolderText(predicted)}
      </span>
    </td>
  );
}

/** The smallest and largest of the repeats, where they differ. */
function Range({ spread }: { readonly spread: Spread }): JSX.Element | null {
  const [min, max] = [Math.round(spread.min), Math.round(spread.max)];
  if (min === max) return null;
  return (
    <span class="range">
      {min}–{max}
    </span>
  );
}
