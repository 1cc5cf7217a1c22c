// What a pair has of the things that scenarios need to say something about it.

import type { Pair } from "../model/index.ts";
import type { Need } from "../scenario/index.ts";

/** `applied`: hapair has been applied to its nodes, or would be. */
export function needsMetBy(pair: Pair, applied: boolean): ReadonlySet<Need> {
  const has: Readonly<Record<Need, boolean>> = {
    agent: pair.agent !== undefined,
    hapair: applied,
    "no-failback": pair.routers.every(({ preempt }) => !preempt),
  };
  return new Set((["agent", "hapair", "no-failback"] as const).filter((need) => has[need]));
}
