// What a load saw, as figures by phase and kind. Pure: records in, summary out, so that what is called broken or failed is decided here and tested without a network.
// Rule: what was sent was answered or failed, nothing else; a summary in which something is left over says so (`open`).

/** What the load consists of. Kinds of a `new-` and `kept-` request are told apart by the protocol that was spoken. */
export const LOAD_KINDS = [
  "tcp",
  "websocket",
  "new-http1",
  "new-http2",
  "kept-http1",
  "kept-http2",
  "poll",
  "download",
  "upload",
] as const;
export type LoadKind = (typeof LOAD_KINDS)[number];

/** Why something failed or broke, in the words of the figures. */
export type Reason =
  | "reset"
  | "closed"
  | "silent"
  | "refused"
  | "unreachable"
  | "no connection"
  | "out of order"
  | "wrong answer"
  | "TLS"
  | "too many at once"
  | "unfinished"
  | `status ${number}`;

/** One thing that happened. `atMs` is the load's monotonic clock. */
export type LoadRecord =
  /** A message or request that is now under way. `lateMs`: how much later than its time on the schedule. */
  | { readonly is: "sent"; readonly kind: LoadKind; readonly phase: number; readonly lateMs: number }
  /** Its answer; `phase` is the one it was sent in, `by` the node that says it answered. */
  | {
      readonly is: "answered";
      readonly kind: LoadKind;
      readonly phase: number;
      readonly atMs: number;
      readonly tookMs: number;
      readonly by?: string;
    }
  /** `phase` is the one it was sent in, `during` the one it failed in. */
  | {
      readonly is: "failed";
      readonly kind: LoadKind;
      readonly phase: number;
      readonly during: number;
      readonly reason: Reason;
    }
  /** A request on a kept connection that its server was just closing, without a word of an answer: sent again on a new connection, as browsers do. */
  | { readonly is: "again"; readonly kind: LoadKind; readonly phase: number }
  /** A request that the load had no time for: it was never sent. */
  | { readonly is: "missed"; readonly kind: LoadKind; readonly phase: number }
  /** A connection's life. `ended` by the load itself, `asked` by Connection: close, GOAWAY or an orderly close between two requests. */
  | {
      readonly is: "opened" | "ended" | "asked";
      readonly kind: LoadKind;
      readonly phase: number;
    }
  | { readonly is: "broken"; readonly kind: LoadKind; readonly phase: number; readonly reason: Reason }
  /** Payload that a transfer moved. */
  | {
      readonly is: "bytes";
      readonly kind: LoadKind;
      readonly phase: number;
      readonly atMs: number;
      readonly bytes: number;
    };

export interface KindFigures {
  /** Messages or requests that were sent in this phase, and what became of them. */
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Of those that failed, the ones that failed when a later phase had begun: its doing, not this one's. */
  readonly failedLater: number;
  readonly failedBecause: Readonly<Partial<Record<Reason, number>>>;
  readonly again: number;
  /** Sent and neither answered nor failed; 0 once the load has ended. */
  readonly open: number;
  /** Of a message or request: until its answer. Of a poll: beyond the time it asked for. Of a transfer: its longest wait for room or bytes. */
  readonly slowestMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The longest time in which none of them was answered, between two answers. */
  readonly longestGapMs: number;
  /** How late the load itself was at worst. */
  readonly latestMs: number;
  /** What the load had no time to send: where this is not 0, the machine was too small for the load and its times say little. */
  readonly missed: number;
  /** Who answered, as the answers say. */
  readonly answeredBy: Readonly<Record<string, number>>;
  readonly opened: number;
  readonly ended: number;
  readonly asked: number;
  readonly broken: number;
  readonly brokenBecause: Readonly<Partial<Record<Reason, number>>>;
  readonly bytes: number;
  /** Over the time between the first and the last byte of the phase; 0 where that is too short to tell. */
  readonly bytesPerS: number;
  /** The longest time without a byte, within the phase. */
  readonly longestStallMs: number;
}

export interface PhaseFigures {
  readonly name: string;
  readonly startedAtMs: number;
  readonly tookMs: number;
  readonly kinds: Readonly<Partial<Record<LoadKind, KindFigures>>>;
}

export interface LoadFigures {
  readonly phases: readonly PhaseFigures[];
  /** Processor time of the load itself. */
  readonly cpuS: number;
  /** Records that no longer found room; the figures are wrong where this is not 0. */
  readonly dropped: number;
}

/** Times kept for one kind in one phase; beyond, records are dropped and counted. */
const TIMES_MAX = 2_000_000;
const PHASES_MAX = 100;
const RATE_MS_MIN = 500;
/** Nodes' names kept apart; any further one is counted as "another". */
const NAMES_MAX = 10;

interface Tally {
  sent: number;
  failed: number;
  failedLater: number;
  again: number;
  missed: number;
  opened: number;
  ended: number;
  asked: number;
  broken: number;
  bytes: number;
  latestMs: number;
  slowestMs: number;
  longestGapMs: number;
  lastAnswerMs: number | undefined;
  firstByteMs: number | undefined;
  lastByteMs: number;
  longestStallMs: number;
  readonly tookMs: number[];
  readonly failedBecause: Partial<Record<Reason, number>>;
  readonly brokenBecause: Partial<Record<Reason, number>>;
  readonly answeredBy: Record<string, number>;
}

function emptyTally(): Tally {
  return {
    sent: 0,
    failed: 0,
    failedLater: 0,
    again: 0,
    missed: 0,
    opened: 0,
    ended: 0,
    asked: 0,
    broken: 0,
    bytes: 0,
    latestMs: 0,
    slowestMs: 0,
    longestGapMs: 0,
    lastAnswerMs: undefined,
    firstByteMs: undefined,
    lastByteMs: 0,
    longestStallMs: 0,
    tookMs: [],
    failedBecause: {},
    brokenBecause: {},
    answeredBy: {},
  };
}

interface Phase {
  readonly name: string;
  readonly startedAtMs: number;
  readonly tallies: Map<LoadKind, Tally>;
}

/** The book that a load writes its records into. */
export interface FigureBook {
  /** The number of the phase that is on; what is sent now belongs to it, whenever its answer comes. */
  readonly phase: number;
  begin(name: string, atMs: number): void;
  add(record: LoadRecord): void;
  /** The phase that is on, in few figures and little time. */
  glance(): Verdict & { readonly phase: string };
  /** Everything so far. */
  figures(atMs: number, cpuS: number): LoadFigures;
}

/** A book whose first phase is called `first`. */
export function newFigureBook(first: string, atMs: number): FigureBook {
  const phases: Phase[] = [{ name: first, startedAtMs: atMs, tallies: new Map() }];
  let dropped = 0;
  return {
    get phase() {
      return phases.length - 1;
    },
    begin(next, startedAtMs) {
      if (phases.length < PHASES_MAX) phases.push({ name: next, startedAtMs, tallies: new Map() });
      else dropped += 1;
    },
    add(record) {
      const tallies = phases[record.phase]?.tallies;
      const tally = tallies?.get(record.kind) ?? emptyTally();
      tallies?.set(record.kind, tally);
      if (tallies === undefined || !count(tally, record)) dropped += 1;
    },
    glance() {
      const { name = "", tallies = new Map<LoadKind, Tally>() } = phases.at(-1) ?? {};
      return {
        phase: name,
        ...addUp([...tallies.values()].map((tally) => ({ ...tally, open: openOf(tally) }))),
      };
    },
    figures: (nowMs, cpuS) => ({
      phases: phases.map((phase, index) => ({
        name: phase.name,
        startedAtMs: phase.startedAtMs,
        tookMs: (phases[index + 1]?.startedAtMs ?? nowMs) - phase.startedAtMs,
        kinds: Object.fromEntries(
          LOAD_KINDS.flatMap((kind) => {
            const tally = phase.tallies.get(kind);
            return tally === undefined ? [] : [[kind, figuresOf(tally)]];
          }),
        ),
      })),
      cpuS,
      dropped,
    }),
  };
}

/** False where there is no room for the record. */
function count(tally: Tally, record: LoadRecord): boolean {
  switch (record.is) {
    case "sent":
      tally.sent += 1;
      tally.latestMs = Math.max(tally.latestMs, record.lateMs);
      return true;
    case "answered":
      return countAnswer(tally, record.atMs, record.tookMs, record.by);
    case "failed":
      tally.failed += 1;
      if (record.during > record.phase) tally.failedLater += 1;
      tally.failedBecause[record.reason] = (tally.failedBecause[record.reason] ?? 0) + 1;
      return true;
    case "broken":
      tally.broken += 1;
      tally.brokenBecause[record.reason] = (tally.brokenBecause[record.reason] ?? 0) + 1;
      return true;
    case "bytes":
      if (tally.firstByteMs === undefined) tally.firstByteMs = record.atMs;
      else tally.longestStallMs = Math.max(tally.longestStallMs, record.atMs - tally.lastByteMs);
      tally.lastByteMs = record.atMs;
      tally.bytes += record.bytes;
      return true;
    case "again":
    case "missed":
    case "opened":
    case "ended":
    case "asked":
      tally[record.is] += 1;
      return true;
  }
}

function countAnswer(tally: Tally, atMs: number, tookMs: number, by: string | undefined): boolean {
  if (tally.tookMs.length >= TIMES_MAX) return false;
  tally.tookMs.push(tookMs);
  tally.slowestMs = Math.max(tally.slowestMs, tookMs);
  if (tally.lastAnswerMs !== undefined)
    tally.longestGapMs = Math.max(tally.longestGapMs, atMs - tally.lastAnswerMs);
  tally.lastAnswerMs = atMs;
  if (by !== undefined) {
    const known = by in tally.answeredBy || Object.keys(tally.answeredBy).length < NAMES_MAX;
    const name = known ? by : "another";
    tally.answeredBy[name] = (tally.answeredBy[name] ?? 0) + 1;
  }
  return true;
}

function openOf({ sent, tookMs, failed }: Tally): number {
  return sent - tookMs.length - failed;
}

function figuresOf(tally: Tally): KindFigures {
  const { tookMs, firstByteMs, lastByteMs, lastAnswerMs: _, ...counted } = tally;
  const sorted = Float64Array.from(tookMs).toSorted();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const movedMs = firstByteMs === undefined ? 0 : lastByteMs - firstByteMs;
  return {
    ...counted,
    failedBecause: { ...tally.failedBecause },
    brokenBecause: { ...tally.brokenBecause },
    answeredBy: { ...tally.answeredBy },
    answered: tookMs.length,
    open: openOf(tally),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    bytesPerS: movedMs >= RATE_MS_MIN ? (tally.bytes * 1000) / movedMs : 0,
  };
}

/** One load that ran as several processes, each with its own kinds and the same phases. Throws where two say something of the same kind. */
export function joinFigures(parts: readonly LoadFigures[]): LoadFigures {
  const [first] = parts;
  if (first === undefined) throw new Error("there are no figures to join");
  return {
    phases: first.phases.map((phase, index) => ({
      ...phase,
      kinds: joinKinds(parts.map((part) => part.phases[index]?.kinds ?? {})),
    })),
    cpuS: parts.reduce((sum, { cpuS }) => sum + cpuS, 0),
    dropped: parts.reduce((sum, { dropped }) => sum + dropped, 0),
  };
}

function joinKinds(parts: readonly PhaseFigures["kinds"][]): PhaseFigures["kinds"] {
  const joined: Partial<Record<LoadKind, KindFigures>> = {};
  for (const kind of LOAD_KINDS) {
    const [figures, second] = parts.flatMap((part) => part[kind] ?? []);
    if (second !== undefined) throw new Error(`two processes have figures of ${kind}`);
    if (figures !== undefined) joined[kind] = figures;
  }
  return joined;
}

/** What all kinds of a phase, or some of them, come to: the figures that a promise is made of. */
export interface Verdict {
  readonly sent: number;
  readonly failed: number;
  readonly broken: number;
  readonly open: number;
  readonly slowestMs: number;
}

/** Adds up a phase. `only`: these kinds alone. */
export function verdictOf(phase: PhaseFigures, only: readonly LoadKind[] = LOAD_KINDS): Verdict {
  return addUp(only.flatMap((kind) => phase.kinds[kind] ?? []));
}

function addUp(all: readonly Verdict[]): Verdict {
  const total = { sent: 0, failed: 0, broken: 0, open: 0, slowestMs: 0 };
  for (const { sent, failed, broken, open, slowestMs } of all) {
    total.sent += sent;
    total.failed += failed;
    total.broken += broken;
    total.open += open;
    total.slowestMs = Math.max(total.slowestMs, slowestMs);
  }
  return total;
}
