// Names of incidents: derived from what opened them, so that two agents that open the same incident from the same event choose the same name. Pure.

import type { EventName } from "../agent-api/index.ts";

// FNV-1a, 64 bits: names are few, and nobody gains by making two alike.
const OFFSET_BASIS = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;

/** 16 hexadecimal digits. */
function digest(text: string): string {
  let hash = OFFSET_BASIS;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
  return hash.toString(16).padStart(16, "0");
}

export function incidentId(pair: string, condition: string, scope: string, event: EventName): string {
  return digest([pair, condition, scope, event.node, event.log, String(event.sequence)].join("\n"));
}

/** The name of the next incident that the same event opens. */
export function followingId(id: string): string {
  return digest(id);
}
