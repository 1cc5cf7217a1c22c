// systemd's word on the two units every half minute, for what the journal did not tell; and whether the daemons run what was deployed, from file times.

import { stat } from "node:fs/promises";
import type { FactReport } from "../../agent-api/index.ts";
import { askCommand } from "./asked-command.ts";
import { stoppedInstances } from "./journal-entry.ts";
import { repeat } from "./repeat.ts";
import { type Note, type Report, type Source, troubleNote } from "./source.ts";
import { configurationValue, readUnitProperties, type UnitLook } from "./unit-properties.ts";

export interface UnitOptions {
  /** Words of the command that prints both units' properties, see {@link readUnitProperties}; empty: none. */
  readonly words: readonly string[];
  /** Configuration files by daemon; they need not be readable, their times are enough. */
  readonly configurations: Readonly<Record<"haproxy" | "keepalived", string>>;
  /** Touched by every apply. */
  readonly appliedMark: string;
  /** Names of the pair's routers. */
  readonly routers: readonly string[];
  readonly report: Report;
  readonly note?: Note;
}

export interface UnitSource extends Source {
  /** Looks as soon as possible. */
  now(): void;
}

const LOOK_MS = 30_000;
const TIME_LIMIT_MS = 5_000;

/** Reports the units' states and the configurations' standing, at once and every half minute. */
export function startUnits(options: UnitOptions): UnitSource {
  const trouble = troubleNote(options.note, "units: asked again");
  const aborted = new AbortController();
  const look = repeat(LOOK_MS, async () => {
    if (options.words.length === 0) return;
    const answer = await askCommand(options.words, TIME_LIMIT_MS, aborted.signal);
    if (aborted.signal.aborted) return;
    trouble("failure" in answer ? `units: not known from systemd: ${answer.failure}` : undefined);
    if ("failure" in answer) return;
    const looks = readUnitProperties(answer.output);
    const reports = looks.flatMap(({ state }) =>
      state === undefined ? [] : [state, ...stoppedInstances(state, options.routers)],
    );
    for (const unit of looks) reports.push(...(await configurationOf(unit, options)));
    if (reports.length > 0 && !aborted.signal.aborted) options.report(reports);
  });
  return {
    now: () => look.now(),
    async stop() {
      aborted.abort();
      await look.stop();
    },
  };
}

async function configurationOf(look: UnitLook, options: UnitOptions): Promise<FactReport[]> {
  const fileMs = await changedMs(options.configurations[look.unit]);
  const appliedMs = await changedMs(options.appliedMark);
  const beganMs = look.beganUs === undefined ? undefined : wallMsOf(look.beganUs);
  const value = configurationValue({
    ...(fileMs === undefined ? {} : { fileMs }),
    ...(appliedMs === undefined ? {} : { appliedMs }),
    ...(beganMs === undefined ? {} : { beganMs }),
  });
  return value === undefined ? [] : [{ kind: "configuration", subject: look.unit, value }];
}

async function changedMs(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return undefined;
  }
}

/** When it was so many microseconds after boot (CLOCK_MONOTONIC, which process.hrtime reads), by the wall clock of now. */
function wallMsOf(monotonicUs: number): number {
  return Date.now() - (Number(process.hrtime.bigint() / 1000n) - monotonicUs) / 1000;
}
