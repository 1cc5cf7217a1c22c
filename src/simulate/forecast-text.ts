// Forecasts as a table: a line for each event of each scenario, with what clients would see and where the addresses would be.

import { type Paint, plainPaint } from "../diagnostics/index.ts";
import type { TimedScenario } from "../scenario/index.ts";
import { eventText } from "./event-text.ts";
import type { EventForecast, Range } from "./forecast.ts";
import type { Site } from "./site.ts";
import { clockText } from "./time-words.ts";

export interface ScenarioForecast {
  readonly scenario: TimedScenario;
  readonly events: readonly EventForecast[];
}

const GAP = "  ";
const HEADERS = ["scenario", "what happens", "min", "median", "max", "moves", "VIP after"] as const;
const RIGHT: ReadonlySet<number> = new Set([2, 3, 4, 5]);

/** The table; no newline at the end. */
export function forecastText(
  site: Site,
  forecasts: readonly ScenarioForecast[],
  paint: Paint = plainPaint,
): string {
  const rows = forecasts.flatMap(({ scenario, events }) =>
    events.map((one, index) => [index === 0 ? scenario.name : "", ...cells(site, scenario, one)]),
  );
  const widths = HEADERS.map((header, column) =>
    Math.max(header.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        RIGHT.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join(GAP)
      .trimEnd();
  const before = widths[0]! + widths[1]! + 2 * GAP.length;
  const figures = widths[2]! + widths[3]! + widths[4]! + 2 * GAP.length;
  return [
    paint("dim", " ".repeat(before) + "no answer, s".padStart(figures)),
    paint("dim", line(HEADERS)),
    ...rows.map(line),
  ].join("\n");
}

function cells(site: Site, scenario: TimedScenario, one: EventForecast): string[] {
  const { outageUs, unrecovered, moves, holders } = one;
  const of = site.routers.length > 1 ? `${site.routers[one.router]!.name}: ` : "";
  const more = unrecovered > 0 ? ">" : "";
  return [
    of + eventText(scenario.events[one.event]!.action),
    ...[outageUs.min, outageUs.median, outageUs.max].map((us) => (us === 0 ? "0" : more + clockText(us))),
    countText(moves),
    holders.map(({ nodes }) => holderText(site, nodes)).join(" or "),
  ];
}

function countText({ min, max }: Range): string {
  return min === max ? String(min) : `${min}-${max}`;
}

function holderText({ nodes: all }: Site, nodes: readonly number[]): string {
  return nodes.length === 0 ? "nobody" : nodes.map((node) => all[node]!.name).join("+");
}
