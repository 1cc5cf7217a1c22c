// Events as the log holds them, for whoever asks why: beside the running agent, or without one.
// Rule: few of them are in memory at once, however many there are and however many ask: the agent's memory is small.

import { join } from "node:path";
import type { AgentEvent, AgentSettings } from "../agent-api/index.ts";
import { readLog } from "./log/index.ts";
import { readEvent } from "./peers/message.ts";

/** What of the settings says where the log is. */
type Paths = Pick<AgentSettings, "paths">;

export function logDirectory(settings: Paths): string {
  return join(settings.paths.stateDirectory, "log");
}

/** Events of all nodes, from the log, oldest first; of too many the newest. The log is read twice: where they begin, and they themselves. */
export async function* eventsSince(
  settings: Paths,
  sinceMs: number,
  limit: number,
): AsyncGenerator<AgentEvent> {
  const directory = logDirectory(settings);
  const first = await beginOfNewest(directory, sinceMs, limit);
  if (first === undefined) return;
  let given = 0;
  for await (const { record, index, event } of placedEvents(directory, sinceMs)) {
    if (record < first.record || (record === first.record && index < first.index)) continue;
    // What was recorded meanwhile is left for the next question.
    if (given === limit) return;
    given += 1;
    yield event;
  }
}

/** Every event in a log from that moment on, in the order in which they became known. */
export async function* loggedEvents(directory: string, sinceMs: number): AsyncGenerator<AgentEvent> {
  for await (const { event } of placedEvents(directory, sinceMs)) yield event;
}

interface Place {
  /** The record's number. */
  readonly record: number;
  /** Which of its events. */
  readonly index: number;
}

async function* placedEvents(
  directory: string,
  sinceMs: number,
): AsyncGenerator<Place & { readonly event: AgentEvent }> {
  for await (const { number: record, value } of readLog(directory)) {
    const { events } = (value ?? {}) as { events?: unknown };
    if (!Array.isArray(events)) continue;
    for (const [index, one] of events.entries()) {
      const event = readEvent(one);
      if (event !== undefined && event.atMs >= sinceMs) yield { record, index, event };
    }
  }
}

/** Where the newest `limit` events begin; undefined: there is none, or none is wanted. */
async function beginOfNewest(directory: string, sinceMs: number, limit: number): Promise<Place | undefined> {
  if (limit === 0) return undefined;
  // The places of the newest, each in the place of the one that is too old for it.
  const records = new Float64Array(limit);
  const indexes = new Uint32Array(limit);
  let seen = 0;
  for await (const { record, index } of placedEvents(directory, sinceMs)) {
    records[seen % limit] = record;
    indexes[seen % limit] = index;
    seen += 1;
  }
  if (seen === 0) return undefined;
  const oldest = seen < limit ? 0 : seen % limit;
  return { record: records[oldest] ?? 0, index: indexes[oldest] ?? 0 };
}
