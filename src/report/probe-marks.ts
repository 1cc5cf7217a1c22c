// From a record to the marks of a plot: SVG path data for answered and lost requests, few enough for thousands of requests.
// Rule: no lost request is left out; marks that would cover each other are joined, never thinned.

import {
  type Outcome,
  OUTCOMES,
  outcomeOf,
  type ProbeRecord,
  firstSlotFrom,
  slotCount,
  startOf,
} from "../measure/index.ts";

/** A scale from monotonic microseconds (or milliseconds of latency) to pixels. */
export type Scale = (value: number) => number;

export interface LostLane {
  readonly outcome: Outcome;
  readonly count: number;
  /** Filled rectangles of the lane's height, to be drawn with the lane's top at 0. */
  readonly path: string;
}

export interface AnsweredMarks {
  readonly count: number;
  /** dots: each request a zero-length stroke with round ends. bars: columns from the fastest to the slowest answer. */
  readonly kind: "dots" | "bars";
  readonly path: string;
}

export interface ProbeMarks {
  readonly answered: AnsweredMarks;
  /** In the order of OUTCOMES, only those that occur; `missed` too, since a slot that was not started is a hole in what is known. */
  readonly lost: readonly LostLane[];
}

export interface MarkScales {
  readonly x: Scale;
  /** Latency in milliseconds. */
  readonly y: Scale;
  readonly laneHeight: number;
}

// More answered requests than this are drawn as columns: single dots would cover each other.
const DOTS_MAX = 700;
const COLUMN_WIDTH = 1.6;
// A single lost request must be seen at any zoom.
const MARK_WIDTH_MIN = 1.2;
const JOIN_GAP = 0.4;

/** The marks of all requests started in [fromUs, toUs]. */
export function probeMarks(
  record: ProbeRecord,
  fromUs: number,
  toUs: number,
  scales: MarkScales,
): ProbeMarks {
  const starts = new Map<Outcome, number[]>();
  const answered: [atUs: number, latencyMs: number][] = [];
  for (let slot = firstSlotFrom(record, fromUs); slot < slotCount(record); slot += 1) {
    const startUs = startOf(record, slot);
    if (startUs > toUs) break;
    const outcome = outcomeOf(record, slot);
    if (outcome === "ok") {
      answered.push([startUs, (record.durationUs[slot] ?? 0) / 1000]);
    } else {
      const others = starts.get(outcome);
      if (others === undefined) starts.set(outcome, [startUs]);
      else others.push(startUs);
    }
  }
  return {
    answered: answered.length > DOTS_MAX ? columns(answered, scales) : dots(answered, scales),
    lost: OUTCOMES.flatMap((outcome) => {
      const atUs = starts.get(outcome);
      return atUs === undefined
        ? []
        : [
            {
              outcome,
              count: atUs.length,
              path: blocks(atUs, scales.x, record.intervalUs, scales.laneHeight),
            },
          ];
    }),
  };
}

function dots(answered: readonly (readonly [number, number])[], { x, y }: MarkScales): AnsweredMarks {
  const path = answered.map(([atUs, latencyMs]) => `M${pixel(x(atUs))} ${pixel(y(latencyMs))}h0`).join("");
  return { count: answered.length, kind: "dots", path };
}

function columns(answered: readonly (readonly [number, number])[], { x, y }: MarkScales): AnsweredMarks {
  const extents = new Map<number, [min: number, max: number]>();
  for (const [atUs, latencyMs] of answered) {
    const column = Math.floor(x(atUs) / COLUMN_WIDTH);
    const extent = extents.get(column);
    if (extent === undefined) extents.set(column, [latencyMs, latencyMs]);
    else extents.set(column, [Math.min(extent[0], latencyMs), Math.max(extent[1], latencyMs)]);
  }
  const path = [...extents]
    .map(
      ([column, [min, max]]) => `M${pixel((column + 0.5) * COLUMN_WIDTH)} ${pixel(y(min))}V${pixel(y(max))}`,
    )
    .join("");
  return { count: answered.length, kind: "bars", path };
}

/** Rectangles one interval wide, neighbours joined. */
function blocks(startsUs: readonly number[], x: Scale, intervalUs: number, height: number): string {
  const rectangles: [left: number, right: number][] = [];
  for (const startUs of startsUs) {
    const left = x(startUs);
    // Half an interval stays free, so that single requests can be told apart where there is room.
    const right = Math.max(x(startUs + intervalUs / 2), left + MARK_WIDTH_MIN);
    const last = rectangles.at(-1);
    if (last !== undefined && left - last[1] < JOIN_GAP) last[1] = Math.max(last[1], right);
    else rectangles.push([left, right]);
  }
  return rectangles
    .map(([left, right]) => `M${pixel(left)} 0h${pixel(right - left)}v${height}H${pixel(left)}z`)
    .join("");
}

/** A coordinate in tenths of a pixel. */
export function pixel(value: number): string {
  return String(Math.round(value * 10) / 10);
}
