// A lab for as long as some work takes, taken apart however the work ends.
// Rule: also on Ctrl-C and SIGTERM, in bounded time; several labs of one process end together, and a second signal does not wait.
import { messageOf } from "../base/index.ts";
import { type Lab, type LabOptions, labUp } from "./lab.ts";
import type { LabSpec } from "./lab-spec.ts";

const signals = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
const tearDownTimeLimitMs = 20_000;

/** One lab of this process: how to stop what is done with it, and how to take it apart. */
interface Tenancy {
  readonly name: string;
  abort(reason: Error): void;
  end(): Promise<void>;
}

/** Every lab of this process that a signal has to take apart. */
const tenancies = new Set<Tenancy>();
let interrupted = false;

/** The process has no other word for its user in its last moment. */
function tell(line: string): void {
  process.stderr.write(`hapair: ${line}\n`);
}

async function interrupt(name: keyof typeof signals): Promise<void> {
  const exit = (): never => process.exit(128 + signals[name]);
  const names = [...tenancies].map((one) => one.name).join(", ");
  if (interrupted) {
    tell(`left ${names} as it is; the next \`hapair lab up\` removes it`);
    exit();
  }
  interrupted = true;
  const limit = setTimeout(() => {
    tell(
      `${names} could not be taken apart in ${tearDownTimeLimitMs / 1000} s; the next \`hapair lab up\` removes what is left`,
    );
    exit();
  }, tearDownTimeLimitMs);
  for (const one of tenancies) one.abort(new Error(`ended by ${name}`));
  const ended = await Promise.allSettled([...tenancies].map((one) => one.end()));
  for (const result of ended) if (result.status === "rejected") tell(messageOf(result.reason));
  clearTimeout(limit);
  exit();
}

const handlers = (Object.keys(signals) as (keyof typeof signals)[]).map((name) => ({
  name,
  handler: (): void => void interrupt(name),
}));

function enter(tenancy: Tenancy): void {
  if (tenancies.size === 0) for (const { name, handler } of handlers) process.on(name, handler);
  tenancies.add(tenancy);
}

function leave(tenancy: Tenancy): void {
  tenancies.delete(tenancy);
  if (tenancies.size === 0) for (const { name, handler } of handlers) process.off(name, handler);
}

/**
 * Makes a lab, does `body` with it and takes it apart: when the body ends, fails, or the process gets SIGINT, SIGTERM or SIGHUP
 * (the process then ends with 128 + the signal's number, when all its labs are gone). `body` gets an AbortSignal that fires on such a signal.
 * With `keep` the lab stays after the body, also one that failed; a signal takes it apart all the same.
 */
export async function withLab<Result>(
  spec: LabSpec,
  options: Omit<LabOptions, "signal">,
  body: (lab: Lab, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { keep = false, ...others } = options;
  const controller = new AbortController();
  const making = labUp(spec, { ...others, signal: controller.signal });
  const tenancy: Tenancy = {
    name: `lab ${spec.name}`,
    abort: (reason) => controller.abort(reason),
    async end() {
      // A lab that is still being made takes itself apart when it sees the signal.
      const lab = await making.catch(() => undefined);
      await lab?.down();
    },
  };
  enter(tenancy);
  try {
    const lab = await making;
    try {
      return await body(lab, controller.signal);
    } finally {
      if (!interrupted) await (keep ? lab.keep(true) : lab.down());
    }
  } finally {
    // On a signal the process ends when its labs are gone; whoever waits for the body must not end it before.
    if (interrupted) await new Promise<never>(() => undefined);
    leave(tenancy);
  }
}
