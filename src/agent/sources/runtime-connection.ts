// One connection to HAProxy's runtime socket: opened, asked one question at a time, closed at the first failure.
// Rule: every question has a time limit, and nothing here rejects or throws.

import { connect } from "node:net";
import { messageOf } from "../../base/index.ts";
import { ANSWER_BYTES_MAX, answerReader, type Complete, PROMPT_COMMAND } from "../../haproxy/index.ts";

/** HAProxy writes an answer in pieces of its buffer's size, 16 KB by default. */
const READ_BYTES = 64 * 1024;

/** `late`: there is somebody, who does not answer in time; else nobody took the connection, or ended it. */
export type RuntimeAnswer = { readonly answer: string } | { readonly failure: string; readonly late?: true };

export interface RuntimeConnection {
  /** Asks one command (a line with its line feed); after a failure the connection is closed. */
  ask(command: string, timeLimitMs: number, complete?: Complete): Promise<RuntimeAnswer>;
  readonly closed: boolean;
  close(): void;
}

/** A connection that is not open yet: the first question waits for it, within its time limit. */
export function openRuntime(path: string, answerBytesMax: number = ANSWER_BYTES_MAX): RuntimeConnection {
  const reader = answerReader(answerBytesMax);
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const socket = connect({
    path,
    // Read into one buffer, past the machinery of streams: at four looks a second that is a good part of what the agent costs at rest.
    onread: {
      buffer,
      callback: (length) => {
        // A character a byte: what is read of it is ASCII, and decoding costs nothing.
        take(buffer.toString("latin1", 0, length));
        return true;
      },
    },
  });
  let settle: ((answer: RuntimeAnswer) => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let greeted = false;

  const finish = (answer: RuntimeAnswer): void => {
    clearTimeout(timer);
    const waiting = settle;
    settle = undefined;
    waiting?.(answer);
  };
  const fail = (failure: string, late?: true): void => {
    socket.destroy();
    finish({ failure, ...(late === undefined ? {} : { late }) });
  };
  const take = (text: string): void => {
    const got = reader.push(text);
    if (got === undefined) return;
    if ("failure" in got)
      fail(got.failure === "too large" ? "an answer too large" : "an answer nobody asked for");
    else finish(got);
  };
  socket.on("error", (error) => fail(messageOf(error)));
  socket.on("close", () => fail("the connection was closed"));

  const ask = (command: string, timeLimitMs: number, complete?: Complete): Promise<RuntimeAnswer> => {
    if (socket.destroyed) return Promise.resolve({ failure: "the connection is closed" });
    if (settle !== undefined) return Promise.resolve({ failure: "another question is not answered yet" });
    return new Promise((resolve) => {
      settle = resolve;
      timer = setTimeout(() => fail(`no answer within ${Math.round(timeLimitMs)} ms`, true), timeLimitMs);
      reader.expect(complete);
      socket.write(command);
    });
  };
  return {
    async ask(command, timeLimitMs, complete) {
      const startedMs = performance.now();
      if (!greeted) {
        const prompt = await ask(PROMPT_COMMAND, timeLimitMs);
        if ("failure" in prompt) return prompt;
        greeted = true;
      }
      const leftMs = Math.max(1, timeLimitMs - (performance.now() - startedMs));
      return ask(command, leftMs, complete);
    },
    get closed() {
      return socket.destroyed;
    },
    close: () => fail("the connection was closed"),
  };
}
