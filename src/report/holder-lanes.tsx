// Who held the VIP, a lane per node under the requests; stretches with two holders or none are named.

import type { JSX } from "preact";
import type { HolderSegment } from "../measure/index.ts";
import type { TimeSpan } from "./focus.ts";
import { pixel, type Scale } from "./probe-marks.ts";
import { milliseconds } from "./promise.ts";
import type { DrillRun } from "./report.ts";

const LANE = 13;
const LANE_GAP = 5;
const NOTE_HEIGHT = 13;
const LETTER = 6;

/** Room for a lane per node and the notes under them. */
export function holderLanesHeight(run: DrillRun): number {
  return run.nodes.length * (LANE + LANE_GAP) + (unusualStretches(run).length > 0 ? NOTE_HEIGHT : 0);
}

interface Stretch {
  readonly fromUs: number;
  readonly toUs: number;
  readonly kind: "two" | "none";
}

function kindOf({ holders, unknown }: HolderSegment): "two" | "none" | undefined {
  if (holders.length > 1) return "two";
  return holders.length === 0 && unknown.length === 0 ? "none" : undefined;
}

function unusualStretches(run: DrillRun): Stretch[] {
  const stretches: Stretch[] = [];
  for (const segment of run.holderSegments) {
    const kind = kindOf(segment);
    const last = stretches.at(-1);
    if (kind === undefined) continue;
    if (last?.kind === kind && last.toUs === segment.fromUs)
      stretches[stretches.length - 1] = { ...last, toUs: segment.toUs };
    else stretches.push({ fromUs: segment.fromUs, toUs: segment.toUs, kind });
  }
  return stretches;
}

export interface HolderLanesProps {
  readonly run: DrillRun;
  readonly x: Scale;
  readonly detail: TimeSpan;
  readonly top: number;
  readonly left: number;
  readonly right: number;
}

export function HolderLanes({ run, x, detail, top, left, right }: HolderLanesProps): JSX.Element {
  const clip = (atUs: number): number => Math.min(Math.max(x(atUs), left), right);
  const visible = run.holderSegments.filter(
    ({ fromUs, toUs }) => toUs > detail.fromUs && fromUs < detail.toUs,
  );
  const lanesHeight = run.nodes.length * (LANE + LANE_GAP);
  return (
    <g class="holders">
      {run.nodes.map((node, index) => {
        const y = top + index * (LANE + LANE_GAP);
        return (
          <g key={node} class={`node-${index % 4}`}>
            <text x={left - 8} y={y + LANE - 3} text-anchor="end">
              {node}
            </text>
            <line class="lane" x1={left} x2={right} y1={y + LANE / 2} y2={y + LANE / 2} />
            {bars(visible, node).map(({ fromUs, toUs, known }) => (
              <rect
                key={fromUs}
                class={known ? "holds" : "unknown"}
                x={pixel(clip(fromUs))}
                y={y}
                width={pixel(Math.max(1, clip(toUs) - clip(fromUs)))}
                height={LANE}
                rx={known ? 2 : 0}
              />
            ))}
          </g>
        );
      })}
      {unusualStretches(run)
        .filter(({ fromUs, toUs }) => toUs > detail.fromUs && fromUs < detail.toUs)
        .map(({ fromUs, toUs, kind }) => {
          const from = clip(fromUs);
          const to = clip(toUs);
          const text = `${kind === "two" ? "two holders" : "no holder"} ${milliseconds((toUs - fromUs) / 1000)}`;
          const half = (text.length * LETTER) / 2;
          const middle = Math.min(Math.max((from + to) / 2, left + half), right - half);
          return (
            <g key={fromUs} class={`stretch ${kind}`}>
              <rect
                x={pixel(from)}
                y={top - 2}
                width={pixel(Math.max(1, to - from))}
                height={lanesHeight - LANE_GAP + 4}
              />
              {(to - from > 24 || kind === "two") && (
                <text x={pixel(middle)} y={top + lanesHeight + NOTE_HEIGHT - 5} text-anchor="middle">
                  {text}
                </text>
              )}
            </g>
          );
        })}
    </g>
  );
}

/** The stretches in which a node held the VIP, or in which it is not known; neighbours joined. */
function bars(
  segments: readonly HolderSegment[],
  node: string,
): { fromUs: number; toUs: number; known: boolean }[] {
  const joined: { fromUs: number; toUs: number; known: boolean }[] = [];
  for (const { fromUs, toUs, holders, unknown } of segments) {
    const known = holders.includes(node);
    if (!known && !unknown.includes(node)) continue;
    const last = joined.at(-1);
    if (last !== undefined && last.known === known && last.toUs === fromUs) last.toUs = toUs;
    else joined.push({ fromUs, toUs, known });
  }
  return joined;
}
