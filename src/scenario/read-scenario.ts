// A scenario file's text to a scenario: every mistake in it is a finding with its place and what to write. Pure.
// Rule: there is a scenario exactly when no finding is an error; no text makes the reader throw, and it takes bounded time.

import { type Diagnostic, type SourceText, sourceText } from "../diagnostics/index.ts";
import { type FileSubject, findingList, readSourceTree } from "../model/index.ts";
import { EVENTS_MAX, LENGTH_MAX_US, REST_AFTER_LAST_US, scenarioKeys } from "./keys.ts";
import { type KnownNames, readEvent } from "./read-event.ts";
import { addAt, addAtKey, isMap, readMap, readText, readTime, type Reading, valueAt } from "./reading.ts";
import { timeText } from "./time-text.ts";
import type { TimedEvent, TimedScenario } from "./timed.ts";

export interface ReadScenario {
  /** Absent where there is an error among the diagnostics. */
  readonly scenario?: TimedScenario;
  /** In the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
  readonly source: SourceText;
}

const SCENARIO: FileSubject = {
  thing: "scenario",
  first: "scenario: NAME on the first line, then events:",
};

/**
 * Reads a scenario file. `file` is its name as the user gave it, `text` its content decoded as UTF-8 (a leading byte order mark may stay).
 * With `known` names the file may use no others; without them whoever plays the scenario has to look.
 */
export function readScenario(file: string, text: string, known: KnownNames = {}): ReadScenario {
  const findings = findingList(file);
  const source = sourceText(file, text);
  const tree = readSourceTree(source, findings, SCENARIO);
  const scenario = tree === undefined ? undefined : readFile({ tree, findings }, known);
  return {
    ...(scenario === undefined ? {} : { scenario }),
    diagnostics: findings.diagnostics(),
    source,
  };
}

function readFile(reading: Reading, known: KnownNames): TimedScenario | undefined {
  const { tree, findings } = reading;
  if (!isMap(tree.value)) {
    addAt(reading, "HP012", [], {
      message: "the file's keys should stand here: a scenario file is a map",
      advice: SCENARIO.first,
    });
    return undefined;
  }
  readMap(reading, [], {
    place: "a scenario file",
    keys: scenarioKeys,
    required: ["scenario", "events"],
  });
  const name = readText(reading, ["scenario"], scenarioKeys.scenario);
  const title = readText(reading, ["title"], scenarioKeys.title);
  const length = readTime(reading, ["length"], scenarioKeys.length);
  const events = readEvents(reading, known);
  const last = events.at(-1)?.atUs ?? 0;
  checkLength(reading, events, length);
  if (name === undefined || findings.hasErrors()) return undefined;
  return {
    name,
    title: title ?? name,
    lengthUs: length ?? Math.min(LENGTH_MAX_US, last + REST_AFTER_LAST_US),
    events: events.map(({ event }) => event).filter((event) => event !== undefined),
  };
}

/** An event's place in the file, and as much of it as could be read. */
interface PlacedEvent {
  readonly index: number;
  readonly atUs: number | undefined;
  readonly event: TimedEvent | undefined;
}

function readEvents(reading: Reading, known: KnownNames): PlacedEvent[] {
  const list = valueAt(reading, ["events"]);
  if (list === undefined) return [];
  if (!Array.isArray(list)) {
    addAt(reading, "HP012", ["events"], {
      message: `events is not a list: ${scenarioKeys.events.wanted} is wanted`,
      advice: scenarioKeys.events.example,
    });
    return [];
  }
  if (list.length > EVENTS_MAX) {
    addAtKey(reading, "HP031", ["events"], {
      message: `events has ${list.length} entries: a scenario has at most ${EVENTS_MAX}`,
      advice: "several scenarios",
    });
  }
  const events = list
    .slice(0, EVENTS_MAX)
    .map((_, index) => ({ index, ...readEvent(reading, index, known) }));
  checkOrder(reading, events);
  return events;
}

/** Each event against the one above it: where one time is wrong, one event is told, not all that follow. */
function checkOrder(reading: Reading, events: readonly PlacedEvent[]): void {
  let beforeUs = 0;
  for (const { index, atUs } of events) {
    if (atUs === undefined) continue;
    if (atUs < beforeUs) {
      addAt(reading, "HP095", ["events", index, "at"], {
        message: `events[${index}] is at ${timeText(atUs)}, below an event at ${timeText(beforeUs)}`,
        advice: `this event above that one, or at: ${timeText(beforeUs)} or later`,
      });
    }
    beforeUs = atUs;
  }
}

function checkLength(reading: Reading, events: readonly PlacedEvent[], lengthUs: number | undefined): void {
  if (lengthUs === undefined) return;
  for (const { index, atUs } of events) {
    if (atUs === undefined || atUs <= lengthUs) continue;
    const enough = Math.min(LENGTH_MAX_US, atUs + REST_AFTER_LAST_US);
    addAt(reading, "HP096", ["events", index, "at"], {
      message: `events[${index}] is at ${timeText(atUs)}, after the scenario's length of ${timeText(lengthUs)}`,
      consequence: "it would never happen",
      advice: `length: ${timeText(enough)}, or an earlier event`,
    });
  }
}
