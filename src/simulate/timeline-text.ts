// A run as a timeline for a terminal: time runs downward, a lane for each node and one for the clients, and beside them what happened in words.
// Rule: a lane says a word where something is new or an event strikes, and else only goes on; plain text says everything, colour only repeats it.

import { type Paint, plainPaint, printable, wrapped } from "../diagnostics/index.ts";
import { outcomesOf } from "./intervals.ts";
import type { Moment, SeenNode } from "./moments.ts";
import { outcomeText } from "./outcome-text.ts";
import type { Run } from "./simulate.ts";
import { eventText } from "./event-text.ts";
import { headingOf, sentenceOf, storyOf, type Told } from "./story.ts";
import { clockText } from "./time-words.ts";

export interface TimelineOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly paint?: Paint;
}

const TIME_WIDTH = 8;
const GROUP_GAP = "   ";
const COLUMN_GAP = " ";
/** Beside the lanes a sentence wants this much room; with less it stands under its row. */
const SENTENCE_WIDTH_MIN = 40;
/** Two MASTERs that take the clients from each other by turns fill pages; nobody reads more than this. */
const ROWS_MAX = 500;

const HELD = "●";
const GOES_ON = "│";

interface Column {
  readonly title: string;
  readonly width: number;
  /** What the lane says of a moment. */
  readonly word: (moment: Moment) => string;
  /** Stands on every row, whether the word is said or not. */
  readonly mark?: (moment: Moment) => string;
}

interface Group {
  readonly title: string;
  readonly columns: readonly Column[];
}

/** The run's heading, its lanes with sentences, and what followed from each event; no newline at the end. */
export function timelineText(run: Run, { width, paint = plainPaint }: TimelineOptions): string {
  const groups = groupsOf(run);
  const rows = rowsOf(run);
  const shown = rows.slice(0, ROWS_MAX);
  const layout = { groups, width, paint };
  const lines = shown.flatMap((row, index) => rowLines(layout, row, shown[index - 1]?.moment));
  const more = rows.length - shown.length;
  return [
    paint("strong", printable(headingOf(run.scenario))),
    "",
    ...headerLines(groups, paint),
    ...lines,
    ...(more > 0 ? [paint("dim", `... and ${more} more times; --json has them all`)] : []),
    "",
    ...outcomeLines(run, width, paint),
  ].join("\n");
}

function groupsOf({ site }: Run): Group[] {
  const several = site.routers.length > 1;
  const nodes = site.nodes.map((node, index): Group => {
    const seen = ({ nodes: all }: Moment): SeenNode => all[index]!;
    return {
      title: node.name,
      columns: [
        ...site.routers.map(({ name }, router): Column => {
          const title = several ? name : "VRRP";
          return {
            title,
            width: Math.max(8, title.length),
            word: (moment) => seen(moment).states[router]!,
            mark: (moment) => (seen(moment).holds[router] === true ? HELD : ""),
          };
        }),
        { title: "HAProxy", width: 7, word: (moment) => seen(moment).haproxy },
      ],
    };
  });
  const clients: Group = {
    title: several ? "clients" : "",
    columns: site.routers.map(({ name }, router) => {
      const title = several ? name : "clients";
      return {
        title,
        width: Math.max(9, title.length),
        word: ({ served }) => (served[router] === true ? "answered" : "no answer"),
      };
    }),
  };
  return [...nodes, clients];
}

function headerLines(groups: readonly Group[], paint: Paint): string[] {
  const names = groups.map((group) => group.title.padEnd(groupWidth(group)));
  const titles = groups.map(({ title, columns }) => {
    const text = columns.map((column) => column.title.padEnd(column.width)).join(COLUMN_GAP);
    return text.padEnd(Math.max(text.length, title.length));
  });
  return [
    paint("strong", ["".padStart(TIME_WIDTH), ...names].join(GROUP_GAP).trimEnd()),
    paint("dim", ["time, s".padStart(TIME_WIDTH), ...titles].join(GROUP_GAP).trimEnd()),
  ];
}

function groupWidth({ title, columns }: Group): number {
  const text = columns.reduce((sum, { width }) => sum + width, COLUMN_GAP.length * (columns.length - 1));
  return Math.max(text, title.length);
}

interface Row {
  readonly atUs: number;
  readonly moment: Moment;
  readonly told: readonly Told[];
}

/** A row for each time at which something is told or is new, the beginning first. */
function rowsOf(run: Run): Row[] {
  const story = storyOf(run);
  const times = new Set([...run.moments.map(({ atUs }) => atUs), ...story.map(({ atUs }) => atUs)]);
  const rows: Row[] = [];
  let place = 0;
  let sentence = 0;
  for (const atUs of [...times].toSorted((left, right) => left - right)) {
    while ((run.moments[place + 1]?.atUs ?? Infinity) <= atUs) place += 1;
    const from = sentence;
    while (story[sentence]?.atUs === atUs) sentence += 1;
    rows.push({ atUs, moment: run.moments[place]!, told: story.slice(from, sentence) });
  }
  return rows;
}

interface Layout {
  readonly groups: readonly Group[];
  readonly width: number;
  readonly paint: Paint;
}

function rowLines(layout: Layout, row: Row, before: Moment | undefined): string[] {
  const { width, groups, paint } = layout;
  const saysAll = before === undefined || row.told.some(({ kind }) => kind === "event");
  const lanes = laneText(layout, row.moment, saysAll ? undefined : before);
  const goingOn = laneText(layout, row.moment, row.moment);
  const left = TIME_WIDTH + groups.reduce((sum, group) => sum + GROUP_GAP.length + groupWidth(group), 0);
  const room = width - left - GROUP_GAP.length;
  const isBeside = room >= SENTENCE_WIDTH_MIN;
  const indent = isBeside ? 0 : TIME_WIDTH + GROUP_GAP.length;
  const sentences = row.told.flatMap((told) =>
    wrapped(printable(sentenceOf(told)), (isBeside ? room : width - indent) - 2).map((line, index) =>
      paintTold(paint, told, index === 0 ? line : `  ${line}`),
    ),
  );
  const time = clockText(row.atUs).padStart(TIME_WIDTH);
  const first = [time, lanes].join(GROUP_GAP);
  if (!isBeside) return [first.trimEnd(), ...sentences.map((line) => `${" ".repeat(indent)}${line}`)];
  const [beside = "", ...under] = sentences;
  return [
    [first, beside].join(GROUP_GAP).trimEnd(),
    ...under.map((line) => ["".padStart(TIME_WIDTH), goingOn, line].join(GROUP_GAP).trimEnd()),
  ];
}

function paintTold(paint: Paint, { kind }: Told, line: string): string {
  return kind === "event" ? paint("strong", line) : line;
}

/** The lanes; without `before` every word is said. */
function laneText({ groups, paint }: Layout, moment: Moment, before: Moment | undefined): string {
  return groups
    .map((group) => {
      const text = group.columns.map((column) => cellText(column, moment, before, paint)).join(COLUMN_GAP);
      const width = group.columns.reduce((sum, column) => sum + column.width, group.columns.length - 1);
      return text + " ".repeat(groupWidth(group) - width);
    })
    .join(GROUP_GAP);
}

function cellText(
  { word, mark, width }: Column,
  moment: Moment,
  before: Moment | undefined,
  paint: Paint,
): string {
  const now = word(moment);
  const isNew = before === undefined || word(before) !== now;
  const markNow = mark?.(moment) ?? "";
  const text = isNew ? now : GOES_ON;
  const padded = mark === undefined ? text.padEnd(width) : text.padEnd(7) + markNow.padEnd(width - 7);
  if (!isNew) return paint("dim", padded);
  return now === "no answer" || now === "FAULT" ? paint("error", padded) : padded;
}

function outcomeLines(run: Run, width: number, paint: Paint): string[] {
  const { scenario, site } = run;
  return outcomesOf(run).flatMap(({ event, nodes, routers }) => {
    const names = nodes.map((node) => site.nodes[node]!.name).join(", ");
    const head = `${names}: ${eventText(scenario.events[event]!.action)}`;
    return [
      paint("strong", head),
      ...routers.flatMap((outcome) =>
        wrapped(outcomeText(site, outcome), width - 4).map(
          (line, index) => `  ${index === 0 ? "" : "  "}${line}`,
        ),
      ),
    ];
  });
}
