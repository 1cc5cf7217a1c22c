// An event of a case in words, for a person who reads a difference.

import type { TimedEvent } from "../../../src/scenario/index.ts";

/** `node-1: fail-check a`. */
export function eventText(event: TimedEvent | undefined): string {
  if (event === undefined) return "no event of the case";
  const { kind, ...more } = event.action;
  const node = typeof event.on === "string" ? event.on : event.on.node;
  const words = Object.values(more)
    .map(String)
    .filter((word) => word !== "keepalived");
  return [`${node}: ${kind}`, ...words].join(" ");
}
