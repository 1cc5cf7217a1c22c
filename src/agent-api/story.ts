// Why and history: the events of both nodes around one move as a short story, and all moves as a table. Pure; text without colours.
// Rules: every line names its moment, its node and what was seen there; where an agent was not running, the story says so instead of leaving a hole.

import { eventText } from "./event-text.ts";
import type { AgentEvent } from "./facts.ts";
import { clockText, durationText, momentText } from "./moment-text.ts";
import { inOrder, type Move, movesIn, type Scene } from "./moves.ts";

export interface StoryLine {
  readonly atMs: number;
  readonly node: string;
  readonly text: string;
  /** The line of a log that it rests on. */
  readonly evidence?: string;
}

/** A time of which a node's agent tells nothing. */
export interface Gap {
  readonly node: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** How its run before ended, where it is known. */
  readonly before?: string;
}

export interface Story {
  readonly move?: Move;
  readonly lines: readonly StoryLine[];
  readonly gaps: readonly Gap[];
}

/** What happened this long after the arrival still belongs to the story: the old holder comes back. */
const AFTERWARDS_MS = 120_000;
/** Around a moment without a move. */
const AROUND_MS = 30_000;
export const STORY_LINES_MAX = 40;

/** The story of a move; or of a moment, where `about` is one: the last move at or before it, else what happened around it. */
export function storyOf(about: Move | number, events: readonly AgentEvent[], scene: Scene): Story {
  const ordered = inOrder(events, scene);
  const move = typeof about === "number" ? lastMoveAt(movesIn(events, scene), about) : about;
  if (move === undefined) return storyAround(about as number, ordered);
  const steps = [...move.steps, ...afterwards(move, ordered)];
  steps.sort((left, right) => left.atMs - right.atMs);
  const fromMs = Math.min(move.atMs, ...steps.map((step) => step.atMs)) - AROUND_MS;
  const toMs = Math.max(move.atMs, ...steps.map((step) => step.atMs)) + AROUND_MS;
  return {
    move,
    lines: saidOnce(steps.map((step) => lineOf(step, move))).slice(0, STORY_LINES_MAX),
    gaps: gapsIn(ordered).filter((gap) => gap.fromMs <= toMs && gap.toMs >= fromMs),
  };
}

/** systemd tells some things twice in other words; what reads the same is told once. */
function saidOnce(lines: readonly StoryLine[]): StoryLine[] {
  return lines.filter(
    (line, index) => lines.findIndex(({ node, text }) => node === line.node && text === line.text) === index,
  );
}

function lastMoveAt(moves: readonly Move[], atMs: number): Move | undefined {
  return moves.filter((move) => move.atMs <= atMs).at(-1);
}

function storyAround(atMs: number, ordered: readonly AgentEvent[]): Story {
  const near = ordered.filter(
    (event) =>
      Math.abs(event.atMs - atMs) <= AROUND_MS && event.kind !== "notice" && event.kind !== "incident",
  );
  return {
    lines: near.slice(0, STORY_LINES_MAX).map((event) => lineOf(event, undefined)),
    gaps: gapsIn(ordered).filter((gap) => gap.fromMs <= atMs + AROUND_MS && gap.toMs >= atMs - AROUND_MS),
  };
}

/** How the old holder came back: HAProxy runs, keepalived is ready again. The first of each. */
function afterwards(move: Move, ordered: readonly AgentEvent[]): AgentEvent[] {
  const late = ordered.filter(
    (event) =>
      event.node === move.fromNode &&
      event.node !== move.toNode &&
      event.atMs > move.atMs &&
      event.atMs <= move.atMs + AFTERWARDS_MS,
  );
  const runs = late.find(
    (event) => event.kind === "unit" && event.subject === "haproxy" && event.value === "active",
  );
  const ready = late.find(
    (event) => event.kind === "instance" && event.subject === move.router && event.value === "BACKUP",
  );
  return [runs, ready].filter(
    (event): event is AgentEvent => event !== undefined && !move.steps.some((step) => isSame(step, event)),
  );
}

function isSame(left: AgentEvent, right: AgentEvent): boolean {
  return left.node === right.node && left.log === right.log && left.sequence === right.sequence;
}

function lineOf(event: AgentEvent, move: Move | undefined): StoryLine {
  const isArrival =
    move !== undefined &&
    event.node === move.toNode &&
    event.log === move.arrival.log &&
    event.sequence === move.arrival.sequence;
  const isReady =
    event.kind === "instance" && event.value === "BACKUP" && event.atMs > (move?.atMs ?? Infinity);
  const text = isArrival
    ? `took ${move.vip} (keepalived: ${move.router} is MASTER)`
    : isReady
      ? "is ready to take over again"
      : eventText(event);
  return {
    atMs: event.atMs,
    node: event.node,
    text,
    ...(event.evidence === undefined ? {} : { evidence: event.evidence }),
  };
}

/** The times in which agents were not running: up to each event that says it runs, from the last event before. */
export function gapsIn(ordered: readonly AgentEvent[]): Gap[] {
  const last = new Map<string, AgentEvent>();
  const gaps: Gap[] = [];
  for (const event of ordered) {
    const before = last.get(event.node);
    if (event.kind === "agent" && event.value === "running" && before !== undefined) {
      const how = event.detail?.["before"];
      gaps.push({
        node: event.node,
        fromMs: before.atMs,
        toMs: event.atMs,
        ...(how === undefined ? {} : { before: how }),
      });
    }
    last.set(event.node, event);
  }
  return gaps;
}

/** `extlb-01 took it back`, `extlb-01 -> extlb-02`. */
function wayText(move: Move): string {
  if (move.fromNode === undefined) return `-> ${move.toNode}`;
  return move.fromNode === move.toNode ? `back on ${move.toNode}` : `${move.fromNode} -> ${move.toNode}`;
}

/** `about 18 ms`, `unknown`. */
export function outageFigure(move: Pick<Move, "outageMs">): string {
  return move.outageMs === undefined ? "unknown" : `about ${durationText(move.outageMs)}`;
}

/** The story in one sentence: `10:42:07.113Z extlb-01: HAProxy exited (signal 9) -> 10:42:07.131Z extlb-02 took the VIP; outage about 18 ms`. */
export function storySentence(move: Move, utcOffsetMinutes?: number): string {
  const first =
    move.steps.find((step) => step.node === move.fromNode && step.node !== move.toNode) ?? move.steps[0];
  const began =
    first === undefined || first.node === move.toNode
      ? ""
      : `${clockText(first.atMs, utcOffsetMinutes)} ${first.node}: ${eventText(first)} -> `;
  return `${began}${clockText(move.atMs, utcOffsetMinutes)} ${move.toNode} took the VIP; outage ${outageFigure(move)}`;
}

/** The story as lines of text, no newline at the end. Without an offset moments are UTC. */
export function renderStory(story: Story, utcOffsetMinutes?: number): string {
  const { move } = story;
  const head =
    move === undefined
      ? ["No move is known at that time. What happened around it:"]
      : [
          `${momentText(move.atMs, utcOffsetMinutes)}  ${move.router}: ${move.vip}  ${wayText(move)}`,
          `why:    ${move.cause}`,
          `outage: ${outageFigure(move)}, ${move.outageText}`,
        ];
  const rows = story.lines.map((line) => [
    clockText(line.atMs, utcOffsetMinutes),
    line.node,
    line.text,
    line.evidence === undefined ? "" : `| ${line.evidence}`,
  ]);
  const body = rows.length === 0 ? ["Nothing is recorded of it."] : alignedColumns(rows);
  return [...head, "", ...body, ...gapLines(story.gaps, utcOffsetMinutes)].join("\n");
}

/** All moves, oldest first, one line each, no newline at the end. */
export function renderHistory(
  moves: readonly Move[],
  gaps: readonly Gap[] = [],
  utcOffsetMinutes?: number,
): string {
  if (moves.length === 0) return ["No move is recorded.", ...gapLines(gaps, utcOffsetMinutes)].join("\n");
  const heads = ["when", "router", "move", "outage", "why"];
  const rows = moves.map((move) => [
    momentText(move.atMs, utcOffsetMinutes),
    move.router,
    wayText(move),
    outageFigure(move),
    move.cause,
  ]);
  return [...alignedColumns([heads, ...rows]), ...gapLines(gaps, utcOffsetMinutes)].join("\n");
}

function gapLines(gaps: readonly Gap[], utcOffsetMinutes: number | undefined): string[] {
  if (gaps.length === 0) return [];
  return [
    "",
    ...gaps.map(
      (gap) =>
        `${gap.node}'s agent was not running from ${momentText(gap.fromMs, utcOffsetMinutes)} to ${momentText(gap.toMs, utcOffsetMinutes)}${gap.before === undefined ? "" : ` (${gap.before})`}: what happened there meanwhile is not known`,
    ),
  ];
}

/** Every column as wide as its widest cell, two blanks between; names here are ASCII, so characters are columns. */
function alignedColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
