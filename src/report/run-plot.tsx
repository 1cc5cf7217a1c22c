// The plot of one run: requests by their start, lost ones in a lane per kind of failure, answered ones by latency, below them who held the VIP.
// Rule: position and words carry the meaning, colour only repeats it; the drawing has a text alternative that says the same.

import { scaleLinear, scaleLog } from "d3-scale";
import type { JSX } from "preact";
import type { ProbeRecord } from "../measure/index.ts";
import { focusOf, relativeTime, type TimeSpan } from "./focus.ts";
import { HolderLanes, holderLanesHeight } from "./holder-lanes.tsx";
import { pixel, type ProbeMarks, probeMarks, type Scale } from "./probe-marks.ts";
import { milliseconds } from "./promise.ts";
import type { DrillRun } from "./report.ts";

export const PLOT = { width: 1000, left: 96, right: 972 } as const;

const EVENT_ROW = 15;
const EVENT_ROWS_MAX = 4;
const LANE = 13;
const LANE_GAP = 5;
const LATENCY_HEIGHT = 74;
const GAP = 12;
const AXIS_HEIGHT = 22;
const OVERVIEW_HEIGHT = 12;
const OVERVIEW_GAP = 22;
const LATENCY_TICKS_MS = [1, 10, 100];
const LATENCY_MIN_MS = 0.2;
const FEW_DOTS = 150;
// Width of a letter at the plot's text size, for placing labels that must not touch; a little more than the true mean.
const LETTER = 6;

export interface RunPlotProps {
  readonly run: DrillRun;
  readonly record: ProbeRecord | undefined;
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

export function RunPlot({ run, record, id, title, description }: RunPlotProps): JSX.Element {
  const { detail, overview } = focusOf(run);
  const x = timeScale(detail);
  const limitMs = (record?.timeLimitUs ?? 200_000) / 1000;
  const latency = scaleLog().domain([LATENCY_MIN_MS, limitMs]).range([LATENCY_HEIGHT, 0]).clamp(true);
  const marks =
    record === undefined
      ? undefined
      : probeMarks(record, detail.fromUs, detail.toUs, { x, y: latency, laneHeight: LANE });
  const labels = placeLabels(run, x, detail);
  const top = overview ? OVERVIEW_HEIGHT + OVERVIEW_GAP : 0;
  const outageRows = visibleOutages(run, detail).length > 0 ? 1 : 0;
  const lostTop = top + (labels.rows + outageRows) * EVENT_ROW + 4;
  const latencyTop = lostTop + (marks?.lost.length ?? 0) * (LANE + LANE_GAP) + 15;
  const holderTop = latencyTop + (marks === undefined ? 0 : LATENCY_HEIGHT + GAP);
  const axisTop = holderTop + holderLanesHeight(run) + 6;
  const height = axisTop + AXIS_HEIGHT;
  return (
    <svg
      viewBox={`0 0 ${PLOT.width} ${height}`}
      role="img"
      aria-labelledby={`${id}-title ${id}-text`}
      class="plot"
    >
      <title id={`${id}-title`}>{title}</title>
      <desc id={`${id}-text`}>{description}</desc>
      {overview && <Overview run={run} detail={detail} bottom={top} />}
      <TimeGrid x={x} run={run} detail={detail} top={lostTop} bottom={axisTop} />
      <OutageBands run={run} x={x} detail={detail} top={lostTop} bottom={axisTop} />
      {marks !== undefined && <LostLanes marks={marks} top={lostTop} />}
      {marks !== undefined && <AnsweredPanel marks={marks} top={latencyTop} y={latency} limitMs={limitMs} />}
      <HolderLanes run={run} x={x} detail={detail} top={holderTop} left={PLOT.left} right={PLOT.right} />
      <EventLines labels={labels.placed} top={top} bottom={axisTop} />
      <OutageLabels run={run} x={x} detail={detail} top={top + labels.rows * EVENT_ROW} />
    </svg>
  );
}

function timeScale(span: TimeSpan): Scale {
  const scale = scaleLinear().domain([span.fromUs, span.toUs]).range([PLOT.left, PLOT.right]);
  return (atUs) => scale(atUs);
}

interface PlacedLabel {
  readonly text: string;
  readonly kind: "fault" | "heal" | "note" | "limit";
  readonly x: number;
  readonly row: number;
  readonly anchor: "start" | "end";
}

/** Events and the promised limit, each label on the first row where it touches no other. */
function placeLabels(run: DrillRun, x: Scale, detail: TimeSpan): { placed: PlacedLabel[]; rows: number } {
  // The limit is for the outage, so it counts from its first lost request: a fault takes a moment to be made.
  const startUs = run.outages.find(({ inherited }) => !inherited)?.fromUs ?? run.faultAtUs;
  const limits = run.promises
    .filter(({ kind, limitMs }) => limitMs !== undefined && (kind === "outage" || kind === "moves"))
    .map(({ limitMs = 0 }) => ({
      label: `limit ${milliseconds(limitMs)}`,
      kind: "limit" as const,
      atUs: startUs + limitMs * 1000,
    }));
  const wanted = [...run.events, ...limits].filter(
    ({ atUs }) => atUs >= detail.fromUs && atUs <= detail.toUs,
  );
  const ends: { from: number; to: number }[][] = [];
  const placed = wanted
    .toSorted((left, right) => left.atUs - right.atUs)
    .map(({ label, kind, atUs }) => {
      const at = x(atUs);
      const width = label.length * LETTER + 8;
      const anchor = at + width > PLOT.width ? ("end" as const) : ("start" as const);
      const from = anchor === "start" ? at : at - width;
      const free = ends.findIndex((row) =>
        row.every((other) => from > other.to || from + width < other.from),
      );
      const row = Math.min(free < 0 ? ends.length : free, EVENT_ROWS_MAX - 1);
      (ends[row] ??= []).push({ from, to: from + width });
      return { text: label, kind, x: at, row, anchor };
    });
  return { placed, rows: ends.length };
}

function EventLines({
  labels,
  top,
  bottom,
}: {
  labels: readonly PlacedLabel[];
  top: number;
  bottom: number;
}): JSX.Element {
  return (
    <g>
      {labels.map(({ text, kind, x, row, anchor }) => (
        <g class={`event ${kind}`} key={`${text}${x}`}>
          <line x1={pixel(x)} x2={pixel(x)} y1={top + row * EVENT_ROW + 2} y2={bottom} />
          <text
            x={pixel(x + (anchor === "start" ? 4 : -4))}
            y={top + row * EVENT_ROW + 11}
            text-anchor={anchor}
          >
            {text}
          </text>
        </g>
      ))}
    </g>
  );
}

interface PanelProps {
  readonly run: DrillRun;
  readonly x: Scale;
  readonly detail: TimeSpan;
  readonly top: number;
}

function visibleOutages(run: DrillRun, { fromUs, toUs }: TimeSpan): DrillRun["outages"] {
  return run.outages.filter((outage) => outage.toUs >= fromUs && outage.fromUs <= toUs);
}

function OutageBands({ run, x, detail, top, bottom }: PanelProps & { readonly bottom: number }): JSX.Element {
  return (
    <g class="outage">
      {visibleOutages(run, detail).map(({ fromUs, toUs, inherited }) => {
        const left = x(Math.max(fromUs, detail.fromUs));
        const right = x(Math.min(toUs, detail.toUs));
        return (
          <rect
            key={fromUs}
            class={inherited ? "inherited" : undefined}
            x={pixel(left)}
            y={top}
            width={pixel(Math.max(1, right - left))}
            height={bottom - top}
          />
        );
      })}
    </g>
  );
}

/** The length of each outage above its band; of those too narrow to carry theirs, only the longest gets one. */
function OutageLabels({ run, x, detail, top }: PanelProps): JSX.Element {
  const outages = visibleOutages(run, detail);
  const longest = Math.max(0, ...outages.map(({ fromUs, toUs }) => toUs - fromUs));
  return (
    <g class="outage-label">
      {outages.map(({ fromUs, toUs, recovered, inherited, lost }) => {
        const left = x(Math.max(fromUs, detail.fromUs));
        const right = x(Math.min(toUs, detail.toUs));
        const lengthMs = (toUs - fromUs) / 1000;
        const text = inherited
          ? "since before"
          : `${recovered ? milliseconds(lengthMs) : `over ${(lengthMs / 1000).toFixed(1)} s`}, ${lost} lost`;
        const width = text.length * LETTER;
        if (right - left < width && toUs - fromUs < longest) return null;
        const middle = Math.min(Math.max((left + right) / 2, PLOT.left + width / 2), PLOT.right - width / 2);
        return (
          <g key={fromUs} class={inherited ? "inherited" : undefined}>
            <text x={pixel(middle)} y={top + 11} text-anchor="middle">
              {text}
            </text>
            <path d={`M${pixel(left)} ${top + 18}v-3H${pixel(Math.max(right, left + 1))}v3`} />
          </g>
        );
      })}
    </g>
  );
}

function LostLanes({ marks, top }: { readonly marks: ProbeMarks; readonly top: number }): JSX.Element {
  return (
    <g>
      {marks.lost.map(({ outcome, count, path }, index) => (
        <g
          key={outcome}
          class={`lost ${outcome}`}
          transform={`translate(0 ${top + index * (LANE + LANE_GAP)})`}
        >
          <line class="lane" x1={PLOT.left} x2={PLOT.right} y1={LANE} y2={LANE} />
          <path d={path} />
          <text x={PLOT.left - 8} y={LANE - 2.5} text-anchor="end">
            {outcome === "missed" ? "not started" : outcome} <tspan class="count">{count}</tspan>
          </text>
        </g>
      ))}
    </g>
  );
}

interface AnsweredProps {
  readonly marks: ProbeMarks;
  readonly top: number;
  readonly y: Scale;
  readonly limitMs: number;
}

function AnsweredPanel({ marks, top, y, limitMs }: AnsweredProps): JSX.Element {
  const ticks = LATENCY_TICKS_MS.filter((tick) => tick <= limitMs);
  return (
    <g class="answered" transform={`translate(0 ${top})`}>
      {ticks.map((tick) => (
        <g key={tick}>
          <line class="grid" x1={PLOT.left} x2={PLOT.right} y1={pixel(y(tick))} y2={pixel(y(tick))} />
          <text x={PLOT.left - 8} y={pixel(y(tick) + 3.5)} text-anchor="end">
            {tick} ms
          </text>
        </g>
      ))}
      <path
        class={`${marks.answered.kind}${marks.answered.count <= FEW_DOTS ? " few" : ""}`}
        d={marks.answered.path}
      />
      <text x={PLOT.left - 8} y={-3} text-anchor="end">
        answered after
      </text>
    </g>
  );
}

function TimeGrid({ run, x, detail, top, bottom }: PanelProps & { readonly bottom: number }): JSX.Element {
  const toMs = (atUs: number): number => (atUs - run.faultAtUs) / 1000;
  const scale = scaleLinear().domain([toMs(detail.fromUs), toMs(detail.toUs)]);
  const ticks = scale.ticks(10);
  const stepMs = (ticks[1] ?? 1) - (ticks[0] ?? 0);
  return (
    <g class="axis">
      {ticks.map((tick) => {
        const at = pixel(x(run.faultAtUs + tick * 1000));
        return (
          <g key={tick}>
            <line class="grid" x1={at} x2={at} y1={top} y2={bottom} />
            <text x={at} y={bottom + 14} text-anchor="middle">
              {relativeTime(tick, stepMs)}
            </text>
          </g>
        );
      })}
      <line x1={PLOT.left} x2={PLOT.right} y1={bottom} y2={bottom} />
    </g>
  );
}

/** The whole run in one thin strip, and where in it the detail below lies. */
function Overview({
  run,
  detail,
  bottom,
}: {
  readonly run: DrillRun;
  readonly detail: TimeSpan;
  readonly bottom: number;
}): JSX.Element {
  const x = timeScale({ fromUs: run.fromUs, toUs: run.toUs });
  const left = x(detail.fromUs);
  const right = x(detail.toUs);
  const seconds = ((run.toUs - run.fromUs) / 1_000_000).toFixed(1);
  return (
    <g class="overview">
      <text x={PLOT.left - 8} y={OVERVIEW_HEIGHT - 2} text-anchor="end">
        all {seconds} s
      </text>
      <rect class="whole" x={PLOT.left} y={2} width={PLOT.right - PLOT.left} height={OVERVIEW_HEIGHT - 4} />
      {run.outages.map(({ fromUs, toUs }) => (
        <rect
          key={fromUs}
          class="away"
          x={pixel(x(fromUs))}
          y={2}
          width={pixel(Math.max(1.2, x(toUs) - x(fromUs)))}
          height={OVERVIEW_HEIGHT - 4}
        />
      ))}
      <path
        class="zoom"
        d={`M${pixel(left)} ${OVERVIEW_HEIGHT}L${PLOT.left} ${bottom - 2}H${PLOT.right}L${pixel(right)} ${OVERVIEW_HEIGHT}z`}
      />
      <rect
        class="frame"
        x={pixel(left)}
        y={0.5}
        width={pixel(Math.max(2, right - left))}
        height={OVERVIEW_HEIGHT - 1}
      />
    </g>
  );
}
