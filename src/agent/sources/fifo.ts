// keepalived's notify FIFO: the quickest word of a change of state. Opened for reading and writing, so that keepalived's end is never the end of the file.

import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { Socket } from "node:net";
import type { FactReport } from "../../agent-api/index.ts";
import { messageOf } from "../../base/index.ts";
import { lineReader } from "./line-reader.ts";
import { NOTIFY_LINE_MAX_BYTES, readNotifyLine } from "./notify-line.ts";
import { repeat } from "./repeat.ts";
import { type Note, type Report, type Source, troubleNote } from "./source.ts";

export interface FifoOptions {
  readonly path: string;
  readonly report: Report;
  /** What had waited in the FIFO when it was first opened, of whatever time; absent: as all else. */
  readonly onWaited?: Report;
  readonly note?: Note;
  /** How the FIFO is opened first; without the right to write it is opened read-only in any case. */
  readonly access?: "read-write" | "read-only";
}

/** How often it is looked whether the path still leads to the FIFO that is open, and whether a missing one is there now. */
const LOOK_MS = 500;
/** A pipe holds no more. */
const WAITED_BYTES_MAX = 1024 * 1024;

interface OpenFifo {
  readonly inode: string;
  readonly socket: Socket;
  readonly ended: Promise<void>;
}

/** Reports the state of an instance for each line. A FIFO that is missing, replaced or closed by its last writer is opened again. */
export function startFifo(options: FifoOptions): Source {
  const trouble = troubleNote(options.note, `${options.path}: keepalived's states are read again`);
  let opened: OpenFifo | undefined;
  let stopped = false;
  const report: Report = (facts) => {
    if (!stopped && facts.length > 0) options.report(facts);
  };
  let onWaited = options.onWaited ?? report;
  const close = async (): Promise<void> => {
    opened?.socket.destroy();
    await opened?.ended;
    opened = undefined;
  };
  const look = repeat(LOOK_MS, async () => {
    try {
      const inode = inodeOf(statSync(options.path, { bigint: true }));
      if (opened !== undefined && (opened.inode !== inode || opened.socket.destroyed)) await close();
      if (opened === undefined) {
        opened = openFifo(options, report, onWaited);
        // From now on lines wait for half a second at most.
        onWaited = report;
      }
      trouble(undefined);
    } catch (error) {
      await close();
      trouble(`keepalived's states are not read from ${options.path}: ${messageOf(error)}`);
    }
  });
  return {
    async stop() {
      stopped = true;
      await look.stop();
      await close();
    },
  };
}

/** The descriptor is the socket's from here on: it is polled, and no thread waits in read. */
function openFifo(options: FifoOptions, report: Report, onWaited: Report): OpenFifo {
  const descriptor = openDescriptor(options);
  try {
    const there = fstatSync(descriptor, { bigint: true });
    if (!there.isFIFO()) throw new Error("it is not a FIFO");
    const socket = new Socket({ fd: descriptor, readable: true, writable: false });
    let facts: FactReport[] = [];
    const lines = lineReader(NOTIFY_LINE_MAX_BYTES, (line) => {
      const fact = readNotifyLine(line);
      if (fact !== undefined) facts.push(fact);
    });
    lines.push(waitingIn(descriptor));
    if (facts.length > 0) onWaited(facts);
    facts = [];
    socket.on("data", (chunk: Buffer) => {
      lines.push(chunk);
      report(facts);
      facts = [];
    });
    // An error closes it, and the next look opens it again.
    socket.on("error", () => {});
    const ended = new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
    });
    return { inode: inodeOf(there), socket, ended };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** What is in the FIFO already. */
function waitingIn(descriptor: number): Buffer {
  const waiting = Buffer.alloc(WAITED_BYTES_MAX);
  let length = 0;
  try {
    while (length < waiting.length) {
      const read = readSync(descriptor, waiting, length, waiting.length - length, null);
      if (read === 0) break;
      length += read;
    }
  } catch {
    // EAGAIN: that was all; any other failure the socket meets too.
  }
  return waiting.subarray(0, length);
}

function openDescriptor({ path, access }: FifoOptions): number {
  const readOnly = constants.O_RDONLY | constants.O_NONBLOCK;
  if (access === "read-only") return openSync(path, readOnly);
  try {
    return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EACCES")) throw error;
    return openSync(path, readOnly);
  }
}

function inodeOf(there: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${there.dev}/${there.ino}`;
}
