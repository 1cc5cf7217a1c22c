// What this process has to take apart when it is interrupted: every lab that it is making or working in.
// Rule: all of them together, in bounded time, and then the process ends as the signal says; a second signal does not wait.
import { messageOf } from "../base/index.ts";

const signals = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
const tearDownTimeLimitMs = 20_000;

/** One lab of this process. */
export interface Tenancy {
  readonly name: string;
  /** Tells the work that it is over. */
  abort(reason: Error): void;
  /** Takes the lab apart, whatever the work is doing. */
  end(): Promise<void>;
}

const tenancies = new Set<Tenancy>();
let interrupted = false;

/** The process has no other word for its user in its last moment. */
function tell(line: string): void {
  process.stderr.write(`hapair: ${line}\n`);
}

async function interrupt(signal: keyof typeof signals): Promise<void> {
  const exit = (): never => process.exit(128 + signals[signal]);
  const names = [...new Set([...tenancies].map(({ name }) => `lab ${name}`))].join(", ");
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
  for (const tenancy of tenancies) tenancy.abort(new Error(`ended by ${signal}`));
  const ended = await Promise.allSettled([...tenancies].map((tenancy) => tenancy.end()));
  for (const result of ended) if (result.status === "rejected") tell(messageOf(result.reason));
  clearTimeout(limit);
  exit();
}

const handlers = (Object.keys(signals) as (keyof typeof signals)[]).map((signal) => ({
  signal,
  handler: (): void => void interrupt(signal),
}));

/** From now on a signal takes this lab apart before the process ends. */
export function enter(tenancy: Tenancy): void {
  if (tenancies.size === 0) for (const { signal, handler } of handlers) process.on(signal, handler);
  tenancies.add(tenancy);
}

/**
 * From now on the lab is somebody else's. Once a signal has come this never returns: the process ends when its labs are gone, and whoever
 * waits for the work must not end it before.
 */
export async function leave(tenancy: Tenancy): Promise<void> {
  if (interrupted) await new Promise<never>(() => undefined);
  tenancies.delete(tenancy);
  if (tenancies.size === 0) for (const { signal, handler } of handlers) process.off(signal, handler);
}

/** True once a signal has come. */
export function isInterrupted(): boolean {
  return interrupted;
}
