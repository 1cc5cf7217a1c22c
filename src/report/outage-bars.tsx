// The outages of one scenario beside each other, on one linear scale: a bar for each configuration's median, a dot for each run, the promise as a stroke.

import { scaleLinear } from "d3-scale";
import type { JSX } from "preact";
import { pixel } from "./probe-marks.ts";
import { milliseconds } from "./promise.ts";
import type { DrillReport } from "./report.ts";
import { type CellSummary, summarise } from "./summary.ts";
import { outageText } from "./table.ts";

const WIDTH = 1000;
const LEFT = 112;
const RIGHT = 790;
const ROW = 20;
const BAR = 11;
// So that a handful of milliseconds does not look like a disaster.
const SCALE_MS_MIN = 250;

/** undefined where no configuration had an outage: there is nothing to compare. */
export function OutageBars({
  report,
  scenario,
  id,
}: {
  readonly report: DrillReport;
  readonly scenario: string;
  readonly id: string;
}): JSX.Element | null {
  const cells = report.configurations.flatMap(({ name }) => {
    const cell = summarise(report, scenario, name);
    return cell === undefined || cell.runs.length === 0 ? [] : [cell];
  });
  const largest = Math.max(0, ...cells.map(({ outageMs }) => outageMs.max));
  if (largest === 0 || cells.length < 2) return null;
  const x = scaleLinear()
    .domain([0, Math.max(largest, SCALE_MS_MIN)])
    .range([LEFT, RIGHT]);
  const sentence = cells.map((cell) => `${cell.configuration} ${outageText(cell)} ms`).join(", ");
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${cells.length * ROW + 4}`}
      role="img"
      aria-labelledby={`${id}-title`}
      class="plot"
    >
      <title id={`${id}-title`}>{`Outages to one scale: ${sentence}`}</title>
      {cells.map((cell, index) => (
        <OutageBar key={cell.configuration} cell={cell} x={x} top={index * ROW + 2} />
      ))}
    </svg>
  );
}

interface OutageBarProps {
  readonly cell: CellSummary;
  readonly x: (valueMs: number) => number;
  readonly top: number;
}

function OutageBar({ cell, x, top }: OutageBarProps): JSX.Element {
  const end = x(cell.outageMs.median);
  const limitMs = cell.runs[0]?.promises.find(({ kind }) => kind === "outage" || kind === "moves")?.limitMs;
  const limitAt = limitMs === undefined ? undefined : x(limitMs);
  const farthest = Math.max(
    end,
    x(cell.outageMs.max),
    limitAt !== undefined && limitAt <= RIGHT ? limitAt : 0,
  );
  const endless = cell.neverRecovered * 2 > cell.runs.length;
  return (
    <g class="compare" transform={`translate(0 ${top})`}>
      <text x={LEFT - 10} y={BAR - 0.5} text-anchor="end">
        {cell.configuration}
      </text>
      <line class="lane" x1={LEFT} x2={LEFT} y1={-2} y2={BAR + 3} />
      <rect
        class={endless ? "endless" : "bar"}
        x={LEFT}
        y={0}
        width={pixel(Math.max(cell.outageMs.median > 0 ? 1 : 0, end - LEFT))}
        height={BAR}
      />
      {cell.runs.map((run) => (
        <circle key={run.repeat} class="run" cx={pixel(x(run.outageMs))} cy={BAR / 2} r={2.4} />
      ))}
      {limitAt !== undefined && limitAt <= RIGHT && (
        <line class="limit" x1={pixel(limitAt)} x2={pixel(limitAt)} y1={-3} y2={BAR + 3} />
      )}
      <text x={pixel(farthest + 8)} y={BAR - 0.5} class={cell.outageBroken ? "value broken" : "value"}>
        {`${outageText(cell)} ms`}
        {limitMs !== undefined && (
          <tspan class="muted" font-weight="400">{`  promised ${milliseconds(limitMs)}`}</tspan>
        )}
      </text>
    </g>
  );
}
