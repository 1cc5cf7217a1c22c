// The summary table of the HTML report: a row per scenario, a group of columns per configuration.

import type { JSX } from "preact";
import type { DrillReport } from "./report.ts";
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
              <th key={name} scope="colgroup" colSpan={4} class="first">
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
  link,
}: {
  readonly cell: CellSummary | undefined;
  readonly link: string;
}): JSX.Element {
  if (cell === undefined || cell.runs.length === 0) {
    return (
      <td class={cell === undefined ? "first muted" : "first bad"} colSpan={4}>
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
