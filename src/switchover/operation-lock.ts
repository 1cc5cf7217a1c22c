// The nodes' locks for the moment of a move: the same locks that apply takes, so that no two people change a pair at once.
// Rule: they are given back before connections are waited for; an operator who dies holds a node no longer than the move may take.

import { randomUUID } from "node:crypto";
import { HapairError } from "../base/index.ts";
import { lockError, lockOutcome, releaseLockScript, takeLockScript } from "../deploy/index.ts";
import type { Host } from "../host/index.ts";

/** Longer than any move takes. */
const MOVE_LOCK_S = 120;
const RELEASE_LIMIT_MS = 10_000;

/** Runs `body` with these hosts locked. Throws HapairError `locked` when somebody else has one of them. */
export async function withNodesLocked<Result>(
  hosts: readonly Host[],
  who: string,
  what: string,
  body: () => Promise<Result>,
): Promise<Result> {
  const token = randomUUID();
  const taken: Host[] = [];
  try {
    // One after the other, in the pair's order: of two who start at once, the first node decides.
    for (const host of hosts) {
      const result = await host.run(
        `${takeLockScript({ who, what, token }, MOVE_LOCK_S)}printf 'clock %s\\n' "$(date +%s)"\n`,
      );
      const outcome = lockOutcome(result.stdout);
      const clockS = Number(/^clock (\d+)$/m.exec(result.stdout)?.[1] ?? 0);
      if (outcome.kind !== "taken") throw lockError(host.name, outcome, clockS, result.stderr);
      taken.push(host);
    }
    return await body();
  } finally {
    await Promise.allSettled(
      taken.map((host) => host.run(releaseLockScript(token), { timeoutMs: RELEASE_LIMIT_MS })),
    );
  }
}

/** A host by its node's name. Throws HapairError `no-host`. */
export function hostNamed(hosts: ReadonlyMap<string, Host>, node: string): Host {
  const host = hosts.get(node);
  if (host !== undefined) return host;
  throw new HapairError({
    kind: "usage",
    code: "no-host",
    message: `there is no connection for node ${node}`,
  });
}
