// A download and an upload over plain HTTP that are paced so that they span a switchover.
// Rule: every byte is counted, at both ends of an upload; a transfer is whole or it failed, and 5 s without a byte is a failure.

import {
  brokeNow,
  failedNow,
  happened,
  type LoadContext,
  type LoadPart,
  openConnection,
  type Pending,
  reasonOf,
  sayGoodbye,
  sentNow,
  SILENT_MS,
} from "./switch-load-context.ts";
import type { LoadKind, Reason } from "./switch-load-figures.ts";
import { readHead } from "./switch-load-protocols.ts";
import type { TransferSettings } from "./switch-load-settings.ts";

const CHUNK_BYTES = 65_536;
const HEAD_BYTES_MAX = 16_384;
const AGAIN_MS = 1_000;

/** A transfer that is under way. */
interface Transfer {
  readonly pending: Pending;
  lastByteMs: number;
  longestStallMs: number;
  tick(nowMs: number): void;
  fail(reason: Reason): void;
}

type Start = (context: LoadContext, settings: TransferSettings, ended: () => void) => Transfer;

/** What both directions have in common: the count, the stalls, the one end. */
function newTransfer(
  context: LoadContext,
  kind: LoadKind,
  ended: () => void,
): Transfer & { moved(bytes: number): void; done(): void; over: boolean; destroy: () => void } {
  const startedMs = context.nowMs();
  const transfer = {
    pending: sentNow(context, kind, startedMs, startedMs),
    lastByteMs: startedMs,
    longestStallMs: 0,
    over: false,
    tick: (_nowMs: number): void => undefined,
    destroy: (): void => undefined,
    moved(bytes: number): void {
      const atMs = context.nowMs();
      transfer.longestStallMs = Math.max(transfer.longestStallMs, atMs - transfer.lastByteMs);
      transfer.lastByteMs = atMs;
      context.book.add({ is: "bytes", kind, phase: context.book.phase, atMs, bytes });
    },
    done(): void {
      if (transfer.over) return;
      transfer.over = true;
      const { phase } = transfer.pending;
      const tookMs = transfer.longestStallMs;
      context.book.add({ is: "answered", kind, phase, atMs: context.nowMs(), tookMs });
      happened(context, kind, "ended");
      ended();
    },
    fail(reason: Reason): void {
      if (transfer.over) return;
      transfer.over = true;
      failedNow(context, transfer.pending, reason);
      brokeNow(context, kind, reason);
      transfer.destroy();
      ended();
    },
  };
  return transfer;
}

const download: Start = (context, { bytes, bytesPerS }, ended) => {
  const transfer = newTransfer(context, "download", ended);
  let head: string | undefined = "";
  let got = 0;
  const socket = openConnection(context, "http", () => {
    happened(context, "download", "opened");
    socket.write(
      `GET /download?bytes=${bytes}&rate=${bytesPerS} HTTP/1.1\r\nHost: ${context.settings.address}\r\n\r\n`,
    );
  });
  transfer.destroy = () => socket.destroy();
  const take = (chunk: Buffer): void => {
    let body = chunk.length;
    if (head !== undefined) {
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0 && head.length < HEAD_BYTES_MAX) return;
      const { status, length } = readHead(head);
      if (status !== 200) transfer.fail(`status ${status}`);
      else if (length !== bytes) transfer.fail("wrong answer");
      body = head.length - end - 4;
      head = undefined;
    }
    got += body;
    transfer.moved(body);
    if (got > bytes) transfer.fail("wrong answer");
    if (got !== bytes) return;
    transfer.done();
    sayGoodbye(socket);
  };
  socket.on("data", (chunk: Buffer) => {
    try {
      take(chunk);
    } catch {
      transfer.fail("wrong answer");
    }
  });
  socket.on("error", (error: NodeJS.ErrnoException) => transfer.fail(reasonOf(error)));
  socket.on("end", () => transfer.fail("closed"));
  socket.on("close", () => transfer.fail("closed"));
  return transfer;
};

const upload: Start = (context, { bytes, bytesPerS }, ended) => {
  const transfer = newTransfer(context, "upload", ended);
  const chunk = Buffer.alloc(CHUNK_BYTES, "x");
  let answer = "";
  let given = 0;
  let startedMs = Number.POSITIVE_INFINITY;
  const socket = openConnection(context, "http", () => {
    happened(context, "upload", "opened");
    startedMs = context.nowMs();
    socket.write(
      `PUT /upload HTTP/1.1\r\nHost: ${context.settings.address}\r\nContent-Length: ${bytes}\r\n\r\n`,
    );
  });
  transfer.destroy = () => socket.destroy();
  transfer.tick = (nowMs) => {
    const due = Math.min(bytes, ((nowMs - startedMs) * bytesPerS) / 1000);
    while (given < due && !socket.writableNeedDrain) {
      const size = Math.min(CHUNK_BYTES, bytes - given);
      given += size;
      socket.write(chunk.subarray(0, size), (error) => {
        if (error === undefined || error === null) transfer.moved(size);
      });
    }
  };
  socket.on("drain", () => transfer.tick(context.nowMs()));
  socket.on("data", (part: Buffer) => {
    answer += part.toString("latin1");
    const end = answer.indexOf("\r\n\r\n");
    if (end < 0 && answer.length < HEAD_BYTES_MAX) return;
    try {
      const { status, length } = readHead(answer);
      if (status !== 200) transfer.fail(`status ${status}`);
      const body = answer.slice(end + 4);
      if (body.length < length) return;
      if (body !== String(bytes)) transfer.fail("wrong answer");
      transfer.done();
      sayGoodbye(socket);
    } catch {
      transfer.fail("wrong answer");
    }
  });
  socket.on("error", (error: NodeJS.ErrnoException) => transfer.fail(reasonOf(error)));
  socket.on("end", () => transfer.fail("closed"));
  socket.on("close", () => transfer.fail("closed"));
  return transfer;
};

/** One transfer after the other, or one alone. */
function startTransfers(context: LoadContext, settings: TransferSettings, start: Start): LoadPart {
  let current: Transfer | undefined;
  let nextMs = settings.bytes === 0 ? Number.POSITIVE_INFINITY : context.nowMs();
  let stopped = false;
  return {
    tick(nowMs) {
      if (current !== undefined) {
        current.tick(nowMs);
        if (nowMs - current.lastByteMs > SILENT_MS) current.fail("silent");
      } else if (!stopped && nowMs >= nextMs) {
        current = start(context, settings, () => {
          current = undefined;
          nextMs = settings.repeat ? context.nowMs() + AGAIN_MS : Number.POSITIVE_INFINITY;
        });
      }
    },
    stop: () => void (stopped = true),
    idle: () => current === undefined,
    abandon: () => current?.fail("unfinished"),
  };
}

export function startDownloads(context: LoadContext): LoadPart {
  return startTransfers(context, context.settings.download, download);
}

export function startUploads(context: LoadContext): LoadPart {
  return startTransfers(context, context.settings.upload, upload);
}
