// A log that was set back goes on under another name: the disk is of an older day, or lost what peers were told, so its next numbers would say
// other things to them than they know. Under a new name they are told all that stands. Pure.

import { type Knowledge, setFact } from "./knowledge.ts";

/** Gives this node's log another name and its facts new numbers, in the order of the old ones. It is durable with the next snapshot. */
export function renameLog(knowledge: Knowledge, name: string): void {
  const own = knowledge.nodes.get(knowledge.node);
  if (own === undefined) return;
  const facts = [...own.facts];
  facts.sort(([, left], [, right]) => left.sequence - right.sequence);
  own.log = name;
  own.sequence = 0;
  for (const [key, fact] of facts) {
    own.sequence += 1;
    setFact(own, key, { ...fact, sequence: own.sequence });
  }
  knowledge.version += 1;
}
