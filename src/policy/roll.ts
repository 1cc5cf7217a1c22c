// The order of a rolling change: who is worked on when, and what has to hold before the next. Pure.

/** One node's turn. */
export interface RollTurn {
  readonly node: string;
  /** Its VIPs go to another node first. */
  readonly holds: boolean;
}

/** Standbys first, the least preferred of them first; whoever holds an address comes last, so that addresses move as rarely as can be. */
export function rollOrder(
  nodes: readonly { readonly node: string; readonly holds: readonly string[] }[],
): RollTurn[] {
  const turns = nodes.map(({ node, holds }): RollTurn => ({ node, holds: holds.length > 0 }));
  const standbys = turns.filter(({ holds }) => !holds);
  const leastPreferredFirst = standbys
    .map((_, index) => standbys.at(-1 - index))
    .filter((turn) => turn !== undefined);
  return [...leastPreferredFirst, ...turns.filter(({ holds }) => holds)];
}
