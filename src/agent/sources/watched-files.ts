// The watched files process, traffic and hold as they are: what keepalived reads, whoever wrote it. With them goes a look at what explains a hold.
// They lie in memory (/run), so they are read at once: a thread for each step would cost more than all of it.

import { closeSync, constants, type FSWatcher, openSync, readSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { type FactReport, VALUE_LENGTH_MAX } from "../../agent-api/index.ts";
import { messageOf } from "../../base/index.ts";
import type { OperationLook } from "./operation-notes.ts";
import { repeat } from "./repeat.ts";
import { evidence, type Note, type Report, type Source, troubleNote } from "./source.ts";

const WATCHED_FILES = ["process", "traffic", "hold"] as const;

/** Where there are several routers each has a hold of its own, named after it. */
export function routerHold(router: string): string {
  return `hold-${router}`;
}

export interface WatchedFilesOptions {
  readonly directory: string;
  /** Watched files beside the three that every pair has. Default none. */
  readonly further?: readonly string[];
  /** Asked at every look, after the files were read; what it returns is reported first, as what led to them. */
  readonly look?: OperationLook;
  readonly report: Report;
  readonly note?: Note;
}

/** A look for what the watch missed, or while the directory cannot be watched. */
const LOOK_MS = 2_000;

/** Reports each file's text whenever it changes; a missing file, or directory, is "missing". */
export function startWatchedFiles(options: WatchedFilesOptions): Source {
  const trouble = troubleNote(options.note, `${options.directory}: watched again`);
  const names = [...WATCHED_FILES, ...(options.further ?? [])];
  const said = new Map<string, string>();
  let watcher: FSWatcher | undefined;
  let watchedInode: string | undefined;
  let stopped = false;

  const unwatch = (): void => {
    watcher?.close();
    watcher = undefined;
    watchedInode = undefined;
  };
  const rewatch = (): void => {
    try {
      const there = statSync(options.directory, { bigint: true });
      const inode = `${there.dev}/${there.ino}`;
      if (watchedInode === inode || stopped) return;
      unwatch();
      watcher = watch(options.directory, { persistent: false }, () => look.now());
      watcher.on("error", unwatch);
      watchedInode = inode;
      trouble(undefined);
    } catch (error) {
      unwatch();
      trouble(`${options.directory}: looked at every ${LOOK_MS / 1000} s, not watched: ${messageOf(error)}`);
    }
  };
  const look = repeat(LOOK_MS, () => {
    // Watched first: what changes after the reading below wakes the watch.
    rewatch();
    const reports: FactReport[] = [];
    let hold: string | undefined;
    for (const name of names) {
      const value = readWatched(join(options.directory, name));
      if (name === "hold") hold = value;
      if (value === undefined || said.get(name) === value) continue;
      said.set(name, value);
      reports.push({ kind: "watched", subject: name, value });
    }
    const operations = options.look?.(hold ?? said.get("hold")) ?? [];
    if (operations.length + reports.length > 0 && !stopped) options.report([...operations, ...reports]);
  });
  return {
    async stop() {
      stopped = true;
      await look.stop();
      unwatch();
    },
  };
}

/** The file's text as a value; undefined: it is there and cannot be read, or is empty, and nothing is said. */
function readWatched(path: string): string | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(VALUE_LENGTH_MAX);
      const length = readSync(file, buffer, 0, VALUE_LENGTH_MAX, 0);
      const text = evidence(buffer.subarray(0, length).toString("utf8")).slice(0, VALUE_LENGTH_MAX);
      // Empty for the moment in which somebody writes it.
      return text === "" ? undefined : text;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return missing ? "missing" : undefined;
  }
}
