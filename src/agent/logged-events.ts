// Events as the log holds them, for whoever asks why: beside the running agent, or without one.

import { join } from "node:path";
import type { AgentEvent, AgentSettings } from "../agent-api/index.ts";
import { readLog } from "./log/index.ts";
import { readEvent } from "./peers/message.ts";

export function logDirectory(settings: AgentSettings): string {
  return join(settings.paths.stateDirectory, "log");
}

/** Events of all nodes, from the log, oldest first; of too many the newest. */
export async function* eventsSince(
  settings: AgentSettings,
  sinceMs: number,
  limit: number,
): AsyncGenerator<AgentEvent> {
  const newest: AgentEvent[] = [];
  for await (const event of loggedEvents(logDirectory(settings), sinceMs)) {
    newest.push(event);
    if (newest.length > 2 * limit) newest.splice(0, newest.length - limit);
  }
  yield* newest.slice(-limit);
}

/** Every event in a log from that moment on, in the order in which they became known. */
export async function* loggedEvents(directory: string, sinceMs: number): AsyncGenerator<AgentEvent> {
  for await (const entry of readLog(directory)) {
    const { events } = (entry.value ?? {}) as { events?: unknown };
    if (!Array.isArray(events)) continue;
    for (const value of events) {
      const event = readEvent(value);
      if (event !== undefined && event.atMs >= sinceMs) yield event;
    }
  }
}
