// Words that name the node they stand on: what differs between two nodes in such a word alone is the same.

import type { LintedNode } from "../subject.ts";

const MARK = "\u0000";

/** The word with the node's name and the addresses it sends from as one mark, wherever they stand by themselves in it. */
export function withoutOwnNames(node: LintedNode, word: string): string {
  return ownNames(node).reduce(
    (text, { name, alone }) => (text.includes(name) ? text.replaceAll(alone, MARK) : text),
    word,
  );
}

interface OwnName {
  readonly name: string;
  /** `lb1` in `lb1:80` and `check-lb1`, and not in `lb10`. */
  readonly alone: RegExp;
}

// Asked for every word of every line that two nodes have in common.
const known = new WeakMap<LintedNode, readonly OwnName[]>();

/** Longest first, so that a name inside another does not hide it. */
function ownNames(node: LintedNode): readonly OwnName[] {
  const before = known.get(node);
  if (before !== undefined) return before;
  const sources = node.configuration.instances.map((instance) => instance.unicastSourceIp?.text ?? "");
  const names = [...new Set([node.name, ...sources])]
    .filter((name) => name !== "")
    .toSorted((a, b) => b.length - a.length)
    .map((name) => ({ name, alone: standingAlone(name) }));
  known.set(node, names);
  return names;
}

function standingAlone(name: string): RegExp {
  const literal = name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![A-Za-z0-9.])${literal}(?![A-Za-z0-9]|\\.[0-9])`, "g");
}
