// A machine reached through a program on this one: a namespace (nsenter), a container, or this machine itself. Needs no network there.
import { HapairError } from "../base/index.ts";
import type { Host } from "./host.ts";
import { lastLines } from "./process.ts";
import { sessionQueue } from "./session-queue.ts";
import { type EntryEvidence, type ShellEntry } from "./shell-entry.ts";
import { shellHost } from "./shell-host.ts";

export interface PrefixHostSettings {
  /** The node's name, for messages. */
  readonly name: string;
  /** What stands before a command to run it there, ending before the command: `["nsenter", "--target", "812", "--mount", "--pid", "--"]`. Empty: this machine, as this user. */
  readonly prefix: readonly string[];
  /** How long it may take until a script begins. Default 5,000. */
  readonly entryTimeoutMs?: number;
  /** More at a time wait. Default 8. */
  readonly sessionsMax?: number;
}

const ENTRY_TIMEOUT_MS = 5_000;

/** A Host over a command prefix. There is no connection, so close() has nothing to end. */
export function prefixHost({
  name,
  prefix,
  entryTimeoutMs = ENTRY_TIMEOUT_MS,
  sessionsMax,
}: PrefixHostSettings): Host {
  const queue = sessionQueue(sessionsMax === undefined ? {} : { sessionsMax });
  const description = prefix.length === 0 ? "this machine" : `by ${prefix[0] ?? ""}`;
  const failure = (code: string, evidence: EntryEvidence, what: string): Promise<HapairError> => {
    const { said, exitCode, gaveUpAfterMs } = evidence;
    const how =
      gaveUpAfterMs === undefined
        ? lastLines(said) || `exit code ${exitCode}`
        : `no answer after ${gaveUpAfterMs / 1_000} s`;
    return Promise.resolve(
      new HapairError({
        kind: "unreachable",
        code,
        message: `${name} (${description}): ${what}: ${how}`,
        hint:
          prefix.length === 0
            ? "check that sh, timeout and head are here"
            : `check that the machine still runs: ${prefix.join(" ")} true`,
      }),
    );
  };
  const entry: ShellEntry = {
    description,
    entryTimeoutMs,
    ends: "group",
    launch(command) {
      const [program = "sh", ...programArguments] = [...prefix, ...command];
      return { program, programArguments };
    },
    admit: (work) => queue.admit(work),
    began: () => {},
    refused: (evidence) => failure("host-unreachable", evidence, "no shell there"),
    lost: (evidence) =>
      evidence.gaveUpAfterMs === undefined
        ? failure("host-unreachable", evidence, "the way in broke while a command ran")
        : failure("host-timeout", evidence, "a command did not end in time"),
    close: () => Promise.resolve(),
  };
  return shellHost(name, entry);
}
