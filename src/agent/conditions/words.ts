// How a finding's text is laid out: four short paragraphs that a person woken at night can take in. Pure.

import { sinceText } from "../../agent-api/index.ts";

/** Begins the line that says what to do; it is left out when there is nothing to do any more. */
export const TO_DO = "To do:";

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
    `${TO_DO} ${action}.`,
  ].join("\n");
}
