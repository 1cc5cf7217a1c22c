// What `hapair simulate` prints for a person: a story with its figures among those of other beginnings, or every scenario in figures.

import { type Paint, plainPaint } from "../diagnostics/index.ts";
import type { TimedScenario } from "../scenario/index.ts";
import {
  type EventForecast,
  forecast,
  forecastText,
  phased,
  play,
  restingWorld,
  type Run,
  type RunHead,
  type ScenarioForecast,
  type Site,
  timelineText,
} from "../simulate/index.ts";

/** One scenario played from one beginning, and its figures from others. */
export interface Story {
  readonly head: RunHead;
  readonly run: Run;
  readonly seed: number;
  readonly seeds: readonly number[];
  readonly events: readonly EventForecast[];
}

/** Plays it. */
export function storyFrom(
  site: Site,
  head: RunHead,
  scenario: TimedScenario,
  seeds: readonly number[],
): Story {
  const resting = restingWorld(site);
  const seed = seeds[0] ?? 0;
  const run = play(site, scenario, phased(site, resting, seed));
  return { head, run, seed, seeds, events: forecast(site, resting, scenario, seeds) };
}

/** The story as lines of text; no newline at the end. */
export function storyText(
  { head, run, seed, seeds, events }: Story,
  width: number,
  paint: Paint = plainPaint,
): string {
  return [
    headLine(head, `seed ${seed}`, paint),
    ...notesOf(head),
    timelineText(run, { width, paint }),
    ...(seeds.length > 1 && events.some(({ outageUs }) => outageUs.max > 0)
      ? [
          "",
          paint("dim", `from ${seeds.length} beginnings (--seed ${seeds[0]} to ${seeds.at(-1)}):`),
          forecastText(run.site, [{ scenario: run.scenario, events }], paint),
        ]
      : []),
  ].join("\n");
}

/** A counterexample as lines of text; no newline at the end. */
export function traceStoryText(head: RunHead, run: Run, width: number, paint: Paint = plainPaint): string {
  return [
    headLine(head, "from the pair at rest", paint),
    ...notesOf(head),
    timelineText(run, { width, paint }),
  ].join("\n");
}

/** All scenarios in figures; no newline at the end. */
export function figuresText(
  site: Site,
  head: RunHead,
  seeds: readonly number[],
  forecasts: readonly ScenarioForecast[],
  paint: Paint = plainPaint,
): string {
  const from = seeds.length === 1 ? `from one beginning` : `from ${seeds.length} beginnings`;
  return [headLine(head, from, paint), ...notesOf(head), "", forecastText(site, forecasts, paint)].join("\n");
}

function headLine({ name, keepalived }: RunHead, rest: string, paint: Paint): string {
  return `${paint("strong", name)} ${paint("dim", `(keepalived ${keepalived}), ${rest}`)}`;
}

function notesOf({ notes }: RunHead): string[] {
  return notes.map((note) => `note: ${note}`);
}
