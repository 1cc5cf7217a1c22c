// Words that name the node they stand on: what differs between two nodes in such a word alone is the same.

import type { LintedNode } from "../subject.ts";

const MARK = "\u0000";

/** The word with the node's name and the addresses it sends from as one mark, wherever they stand by themselves in it. */
export function withoutOwnNames(node: LintedNode, word: string): string {
  const names = [
    node.name,
    ...node.configuration.instances.map((instance) => instance.unicastSourceIp?.text ?? ""),
  ];
  return names
    .filter((name) => name !== "")
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, name) => text.replaceAll(standingAlone(name), MARK), word);
}

/** `lb1` in `lb1:80` and `check-lb1`, and not in `lb10`. */
function standingAlone(name: string): RegExp {
  const literal = name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![A-Za-z0-9.])${literal}(?![A-Za-z0-9]|\\.[0-9])`, "g");
}
