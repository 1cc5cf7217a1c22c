// Starts and stops the prober as a process of its own, where the client is (another network namespace, say), and reads the record it leaves.
// Rule: it is stopped by the end of its standard input, which reaches it through any prefix command, and also when the drill itself dies.

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { HapairError, messageOf } from "../base/index.ts";
import {
  decodeProbeRecord,
  PROBE_INTERVAL_US,
  PROBE_TIME_LIMIT_US,
  type ProbeRecord,
} from "../measure/index.ts";
import type { LiveState, ProberOptions } from "./prober.ts";

export interface StartProberOptions extends ProberOptions {
  /** What runs a command where the client is: ["ip", "netns", "exec", NAME], or []. */
  readonly commandPrefix: readonly string[];
  /** What runs hapair: node and the path of the command line. */
  readonly hapairCommand: readonly [string, ...string[]];
}

/** What the client sees while it probes; the record says it exactly, afterwards. */
export interface LiveView {
  /** 0 while requests fail. */
  readonly answeringForMs: number;
  /** All outages so far, the present one included. */
  readonly outageMs: number;
  /** Whether requests failed at or after this moment (CLOCK_MONOTONIC), as far as is known by now. */
  failedSince(atUs: number): boolean;
}

export interface ProberProcess {
  /** What clients see at this moment. */
  live(): LiveView;
  /** The first request has an outcome. Rejects with HapairError `prober-start` when the prober ends before, or says nothing for 10 s. */
  readonly ready: Promise<void>;
  /** Ends the probing, waits for what is under way, and gives the record; the file stays. May be called more than once. Throws HapairError `prober-stop`. */
  stop(): Promise<ProbeRecord>;
}

const READY_TIME_MS = 10_000;
const STOP_TIME_MS = 5000;
const MESSAGE_CHARACTERS_MAX = 4000;

/** The arguments after `hapair`: the hidden subcommand and its flags, each with a value. */
export function proberArguments(options: ProberOptions): string[] {
  const { address, port, kind } = options.target;
  const flags: readonly (readonly [string, string | number | undefined])[] = [
    ["--target", `${address.includes(":") ? `[${address}]` : address}:${port}`],
    ["--kind", kind],
    ["--interval-us", options.intervalUs ?? PROBE_INTERVAL_US],
    ["--time-limit-ms", (options.timeLimitUs ?? PROBE_TIME_LIMIT_US) / 1000],
    ["--source", options.sourceAddress],
    ["--path", options.path],
    ["--host-header", options.hostHeader],
    ["--identity-header", options.identityHeader],
    ["--max-duration-ms", options.maxDurationMs],
    ["--output", options.outputFile],
  ];
  return ["prober", ...flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]))];
}

/** Starts the prober; it probes from now until stop(). */
export function startProber(options: StartProberOptions): ProberProcess {
  const [program = "", ...programArguments] = [
    ...options.commandPrefix,
    ...options.hapairCommand,
    ...proberArguments(options),
  ];
  const child = spawn(program, programArguments, { stdio: ["pipe", "pipe", "pipe"] });
  let message = "";
  let stopped: Promise<ProbeRecord> | undefined;
  const live = liveView();
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => {
    message = (message + text).slice(-MESSAGE_CHARACTERS_MAX);
  });
  // The end of the child closes this pipe under our hands; its exit code says all there is to say.
  child.stdin.on("error", () => {});
  const failure = (code: string, what: string): HapairError =>
    new HapairError({
      kind: "unreachable",
      code,
      message: `the probing client ${what}${message.trim() === "" ? "" : `: ${message.trim()}`}`,
      hint: `it was started as: ${[program, ...programArguments].join(" ")}`,
    });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(`could not be started (${messageOf(error)})`));
    child.once("close", (exitCode, signal) => {
      resolve(exitCode === 0 ? undefined : `ended with ${signal ?? `exit code ${exitCode}`}`);
    });
  });
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(failure("prober-start", "did not become ready in 10 s")),
      READY_TIME_MS,
    );
    const settle = (action: () => void): void => {
      clearTimeout(timer);
      action();
    };
    createInterface({ input: child.stdout }).on("line", (line) => {
      live.note(line === "answering");
      settle(resolve);
    });
    void ended.then((how) =>
      settle(() => reject(failure("prober-start", how ?? "ended before its first request"))),
    );
  });
  // Whoever does not wait for readiness learns of the failure from stop().
  ready.catch(() => {});
  const stop = async (): Promise<ProbeRecord> => {
    child.stdin.end();
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIME_MS);
    const how = await ended;
    clearTimeout(timer);
    if (how !== undefined) throw failure("prober-stop", how);
    return decodeProbeRecord(await readFile(options.outputFile, "utf8"), options.outputFile);
  };
  return { ready, live: () => live.view(), stop: () => (stopped ??= stop()) };
}

/** Keeps what the prober's lines say. A change is known one answer, or one time limit, after it happened. */
function liveView(): { note(answering: boolean): void; view(): LiveView } {
  let state: LiveState | undefined;
  let sinceUs = nowUs();
  let lastFailingUs = 0;
  let pastOutageUs = 0;
  return {
    note(answering) {
      const atUs = nowUs();
      if (state === "failing") {
        pastOutageUs += atUs - sinceUs;
        lastFailingUs = atUs;
      }
      state = answering ? "answering" : "failing";
      sinceUs = atUs;
    },
    view() {
      const atUs = nowUs();
      const failing = state === "failing";
      return {
        answeringForMs: state === "answering" ? (atUs - sinceUs) / 1000 : 0,
        outageMs: (pastOutageUs + (failing ? atUs - sinceUs : 0)) / 1000,
        failedSince: (momentUs) => failing || lastFailingUs >= momentUs,
      };
    },
  };
}

function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
