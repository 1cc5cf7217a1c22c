// A lab for as long as some work takes, taken apart however the work ends.
// Rule: also on Ctrl-C and SIGTERM, in bounded time; a second signal does not wait.
import { messageOf } from "../base/index.ts";
import { type Lab, type LabOptions, labUp } from "./lab.ts";
import type { LabSpec } from "./lab-spec.ts";

const signals = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
const tearDownTimeLimitMs = 20_000;

/** How a process that has no other word for it shows its user something. */
function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Makes a lab, does `body` with it and takes it apart: when the body ends, fails, or the process gets SIGINT, SIGTERM or SIGHUP
 * (the process then ends with 128 + the signal's number). `body` gets an AbortSignal that fires on such a signal.
 */
export async function withLab<Result>(
  spec: LabSpec,
  options: Omit<LabOptions, "signal">,
  body: (lab: Lab, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const interrupted = new AbortController();
  let lab: Lab | undefined;
  const end = async (name: keyof typeof signals): Promise<void> => {
    const exit = (): never => process.exit(128 + signals[name]);
    if (interrupted.signal.aborted) {
      tell(`hapair: left lab ${spec.name} as it is; the next \`hapair lab up\` removes it.`);
      exit();
    }
    interrupted.abort(new Error(`ended by ${name}`));
    const limit = setTimeout(() => {
      tell(`hapair: lab ${spec.name} could not be taken apart in ${tearDownTimeLimitMs / 1000} s; the next \`hapair lab up\` removes it.`);
      exit();
    }, tearDownTimeLimitMs);
    // A lab that is still being made takes itself apart when it sees the signal.
    await making.catch(() => undefined);
    await lab?.down().catch((thrown: unknown) => tell(`hapair: ${messageOf(thrown)}`));
    clearTimeout(limit);
    exit();
  };
  const handlers = (Object.keys(signals) as (keyof typeof signals)[]).map((name) => {
    const handler = (): void => void end(name);
    process.on(name, handler);
    return { name, handler };
  });
  const making = labUp(spec, { ...options, signal: interrupted.signal });
  try {
    lab = await making;
    return await body(lab, interrupted.signal);
  } finally {
    // On a signal the handler takes the lab apart and ends the process; whoever waits for the body must not end it before.
    if (interrupted.signal.aborted) await new Promise<never>(() => undefined);
    try {
      await lab?.down();
    } finally {
      for (const { name, handler } of handlers) process.off(name, handler);
    }
  }
}
