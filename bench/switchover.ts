// npm run bench:switchover: what a load sees of a move of the VIP, four ways side by side in one lab: not at all, restarting keepalived (the page's way), a plain move, and hapair switch.
// Needs root, the built command line and an otherwise idle machine: the first column is what the load is like without a move, and the others are read beside it.

import { parseArgs } from "node:util";
import {
  type KindFigures,
  LOAD_KINDS,
  type LoadFigures,
  type LoadKind,
  type PhaseFigures,
} from "../test/support/switch-load-figures.ts";
import { LOAD_DEFAULTS } from "../test/support/switch-load-settings.ts";
import { type SwitchSite, withSwitchSite } from "../test/support/switch-site.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1" },
    profile: { type: "string", default: "classic" },
    bind: { type: "string", default: "wildcard" },
    firewalld: { type: "boolean", default: false },
    /** Only these ways, by their first word: none, restart, plain, switch. */
    ways: { type: "string", default: "none,restart,plain,switch" },
    /** For a machine that the whole load is too much for: the same load in smaller numbers. */
    requests: { type: "string", default: String(LOAD_DEFAULTS.newRequestsPerS) },
    tcp: { type: "string", default: String(LOAD_DEFAULTS.tcp.connections) },
    websockets: { type: "string", default: String(LOAD_DEFAULTS.websocket.connections) },
    "download-mb": { type: "string", default: String(LOAD_DEFAULTS.download.bytes / 1_000_000) },
    "upload-mb": { type: "string", default: String(LOAD_DEFAULTS.upload.bytes / 1_000_000) },
    json: { type: "boolean", default: false },
  },
});

/** What is open and warm when the move begins. */
const QUIET_S = 5;
/** The phase of the move; every way's is as long. */
const MOVE_S = 25;
/** Longer than the load's connections stay, polls and transfers under way included: what is measured is that nothing breaks while draining, not what is cut afterwards. */
const DRAIN_S = 60;
const HOLD_MS = 3_000;

interface Done {
  /** What is not as it should be, for the reader. */
  readonly note?: string;
}

interface Way {
  readonly word: string;
  readonly title: string;
  readonly moves: boolean;
  act(site: SwitchSite, holder: string): Promise<Done>;
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const HOLD_FILE = "/run/hapair/watch/hold";

const WAYS: readonly Way[] = [
  { word: "none", title: "no move", moves: false, act: async () => Promise.resolve({}) },
  {
    word: "restart",
    title: "restart keepalived",
    moves: true,
    async act(site, holder) {
      await site.on(holder, "systemctl restart keepalived");
      return {};
    },
  },
  {
    word: "plain",
    title: "plain move",
    moves: true,
    async act(site, holder) {
      await site.on(holder, `echo 1 > ${HOLD_FILE}`);
      await pause(HOLD_MS);
      await site.on(holder, `echo 0 > ${HOLD_FILE}`);
      return {};
    },
  },
  {
    word: "switch",
    title: "hapair switch",
    moves: true,
    async act(site) {
      const { exitCode, stderr } = await site.hapair("switch", "--drain", `${DRAIN_S}s`, "--yes", "--json");
      return exitCode === 0
        ? {}
        : { note: `exit code ${exitCode}: ${stderr.trim().replaceAll(/\s*\n\s*/g, " | ")}` };
    },
  },
];

interface Run {
  readonly way: string;
  readonly notes: readonly string[];
  readonly figures: LoadFigures;
}

async function runWay(site: SwitchSite, way: Way, signal: AbortSignal): Promise<Run> {
  await site.redundant();
  const holder = await site.holder();
  const transferS = QUIET_S + MOVE_S - 5;
  const megabytes = (text: string): { bytes: number; bytesPerS: number; repeat: boolean } => {
    const bytes = Number(text) * 1_000_000;
    return { bytes, bytesPerS: bytes / transferS, repeat: false };
  };
  const load = await site.startLoad({
    newRequestsPerS: Number(values.requests),
    tcp: { ...LOAD_DEFAULTS.tcp, connections: Number(values.tcp) },
    websocket: { ...LOAD_DEFAULTS.websocket, connections: Number(values.websockets) },
    download: megabytes(values["download-mb"]),
    upload: megabytes(values["upload-mb"]),
  });
  await pause(QUIET_S * 1000);
  signal.throwIfAborted();
  load.phase("move");
  const acting = way.act(site, holder);
  await pause(MOVE_S * 1000);
  signal.throwIfAborted();
  const figures = await load.end();
  const done = await acting;
  const notes = done.note === undefined ? [] : [done.note];
  const after = await site.holder();
  if ((after !== holder) !== way.moves) notes.push(`the VIP was at ${holder} and is at ${after}`);
  if (figures.dropped > 0) notes.push(`${figures.dropped} records were dropped`);
  return { way: way.title, notes, figures };
}

const REQUESTS: readonly LoadKind[] = ["new-http1", "new-http2"];
const KEPT: readonly LoadKind[] = ["kept-http1", "kept-http2"];

interface Line {
  readonly title: string;
  /** Of one run; what several runs come to is their sum, or for times and rates the worst. */
  of(phase: PhaseFigures, figures: LoadFigures): number;
  readonly runs: "sum" | "most" | "least";
  readonly digits?: number;
}

function total(phase: PhaseFigures, kinds: readonly LoadKind[], value: (one: KindFigures) => number): number {
  return kinds.reduce(
    (sum, kind) => sum + (phase.kinds[kind] === undefined ? 0 : value(phase.kinds[kind])),
    0,
  );
}

function most(phase: PhaseFigures, kinds: readonly LoadKind[], value: (one: KindFigures) => number): number {
  return Math.max(
    0,
    ...kinds.map((kind) => (phase.kinds[kind] === undefined ? 0 : value(phase.kinds[kind]))),
  );
}

/** What failed during the move, also of what was under way when it began. */
function failedLine(title: string, kinds: readonly LoadKind[]): Line {
  return {
    title,
    of: (phase, { phases }) =>
      total(phase, kinds, ({ failed }) => failed) +
      (phases[0] === undefined ? 0 : total(phases[0], kinds, ({ failedLater }) => failedLater)),
    runs: "sum",
  };
}

function requestLines(name: string, kinds: readonly LoadKind[]): Line[] {
  return [
    { title: `${name} sent`, of: (phase) => total(phase, kinds, ({ sent }) => sent), runs: "sum" },
    failedLine(`${name} failed`, kinds),
    { title: `${name} p99 ms`, of: (phase) => most(phase, kinds, ({ p99Ms }) => p99Ms), runs: "most" },
    {
      title: `${name} slowest ms`,
      of: (phase) => most(phase, kinds, ({ slowestMs }) => slowestMs),
      runs: "most",
    },
    {
      title: `${name} longest without an answer ms`,
      of: (phase) => most(phase, kinds, ({ longestGapMs }) => longestGapMs),
      runs: "most",
    },
  ];
}

function connectionLines(name: string, kinds: readonly LoadKind[]): Line[] {
  return [
    {
      title: `${name} connections broken`,
      of: (phase) => total(phase, kinds, ({ broken }) => broken),
      runs: "sum",
    },
    failedLine(`${name} messages failed`, kinds),
    {
      title: `${name} slowest ms`,
      of: (phase) => most(phase, kinds, ({ slowestMs }) => slowestMs),
      runs: "most",
    },
  ];
}

function transferLines(name: string, kind: LoadKind): Line[] {
  return [
    { title: `${name}s broken`, of: (phase) => total(phase, [kind], ({ broken }) => broken), runs: "sum" },
    {
      title: `${name} MB/s`,
      of: (phase) => total(phase, [kind], ({ bytesPerS }) => bytesPerS / 1_000_000),
      runs: "least",
      digits: 1,
    },
    {
      title: `${name} longest stall ms`,
      of: (phase) => most(phase, [kind], ({ longestStallMs }) => longestStallMs),
      runs: "most",
    },
  ];
}

const LINES: readonly Line[] = [
  ...requestLines("new requests", REQUESTS),
  ...connectionLines("TCP", ["tcp"]),
  ...connectionLines("WebSocket", ["websocket"]),
  ...requestLines("kept", KEPT),
  ...connectionLines("kept", KEPT).slice(0, 1),
  { title: "kept asked to leave", of: (phase) => total(phase, KEPT, ({ asked }) => asked), runs: "sum" },
  { title: "kept sent again", of: (phase) => total(phase, KEPT, ({ again }) => again), runs: "sum" },
  failedLine("polls failed", ["poll"]),
  ...transferLines("download", "download"),
  ...transferLines("upload", "upload"),
  {
    title: "anything failed or broken before the move",
    of: (_, { phases }) =>
      phases[0] === undefined
        ? 0
        : total(phases[0], LOAD_KINDS, ({ broken, failed, failedLater }) => broken + failed - failedLater),
    runs: "sum",
  },
  {
    title: "new requests missed by the load itself",
    of: (phase) => total(phase, REQUESTS, ({ missed }) => missed),
    runs: "sum",
  },
  {
    title: "the load's own worst lateness ms",
    of: (phase) => most(phase, LOAD_KINDS, ({ latestMs }) => latestMs),
    runs: "most",
  },
  { title: "the load's processor time s", of: (_, { cpuS }) => cpuS, runs: "most", digits: 1 },
];

const JOIN: Readonly<Record<Line["runs"], (of: readonly number[]) => number>> = {
  sum: (of) => of.reduce((sum, one) => sum + one, 0),
  most: (of) => Math.max(...of),
  least: (of) => Math.min(...of),
};

function valueOf(line: Line, runs: readonly Run[]): number {
  const of = runs.flatMap(({ figures }) => {
    const phase = figures.phases[1];
    return phase === undefined ? [] : [line.of(phase, figures)];
  });
  return of.length === 0 ? Number.NaN : JOIN[line.runs](of);
}

function print(ways: readonly Way[], runs: readonly Run[]): void {
  const columns = ways.map(({ title }) => ({ title, runs: runs.filter(({ way }) => way === title) }));
  const width = Math.max(...LINES.map(({ title }) => title.length)) + 2;
  const wide = (text: string): string => text.padStart(20);
  process.stdout.write(`${"".padEnd(width)}${columns.map(({ title }) => wide(title)).join("")}\n`);
  for (const line of LINES) {
    const cells = columns.map((column) => wide(valueOf(line, column.runs).toFixed(line.digits ?? 0)));
    process.stdout.write(`${line.title.padEnd(width)}${cells.join("")}\n`);
  }
  for (const { way, notes } of runs) for (const note of notes) process.stdout.write(`${way}: ${note}\n`);
}

const chosen = values.ways.split(",");
const ways = WAYS.filter(({ word }) => chosen.includes(word));
const profile = values.profile === "fast" ? "fast" : "classic";
const bind = values.bind === "vip" ? "vip" : "wildcard";
const tell = (line: string): void => void process.stderr.write(`${line}\n`);
await withSwitchSite(
  { base: "bench-switch", profile, bind, firewalld: values.firewalld, onProgress: tell },
  async (site, signal) => {
    const runs: Run[] = [];
    for (let round = 1; round <= Number(values.runs); round += 1) {
      for (const way of ways) {
        tell(`run ${round} of ${values.runs}: ${way.title}`);
        runs.push(await runWay(site, way, signal));
      }
    }
    if (values.json)
      process.stdout.write(`${JSON.stringify({ ...values, profile, bind, runs }, undefined, 2)}\n`);
    else print(ways, runs);
  },
);
