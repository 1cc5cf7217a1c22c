// A command asked once: its output within a time limit and a bound, or why there is none. Never rejects.

import { execFile } from "node:child_process";
import { shortened } from "../../base/index.ts";

export type CommandAnswer = { readonly output: string } | { readonly failure: string };

const OUTPUT_BYTES_MAX = 256 * 1024;

/** Runs the words, without a shell; ended with SIGKILL after `timeLimitMs`, or when `signal` aborts. */
export function askCommand(
  words: readonly string[],
  timeLimitMs: number,
  signal?: AbortSignal,
): Promise<CommandAnswer> {
  const [program, ...rest] = words;
  if (program === undefined) return Promise.resolve({ failure: "no command" });
  return new Promise((resolve) => {
    try {
      execFile(
        program,
        rest,
        {
          timeout: timeLimitMs,
          killSignal: "SIGKILL",
          maxBuffer: OUTPUT_BYTES_MAX,
          encoding: "utf8",
          ...(signal === undefined ? {} : { signal }),
        },
        (error, output, said) => {
          if (error === null) resolve({ output });
          else
            resolve({ failure: shortened(`${error.message} ${said}`.replaceAll(/\s+/g, " ").trim(), 200) });
        },
      );
    } catch (error) {
      resolve({ failure: String(error) });
    }
  });
}
