// How a finding's text is laid out: four short paragraphs that a person woken at night can take in. Pure.

import { sinceText } from "../../agent-api/index.ts";

export interface Explanation {
  readonly why: string;
  readonly sinceMs: number;
  /** What clients notice. */
  readonly service: string;
  readonly action: string;
}

/** Four lines: why, since when, what it means in service, what to do. */
export function explained({ why, sinceMs, service, action }: Explanation): string {
  return [
    `Why: ${why}.`,
    `Since: ${sinceText(sinceMs)}.`,
    `In service: ${service}.`,
    `To do: ${action}.`,
  ].join("\n");
}
