// A scenario as the text of a scenario file, so that what a search found can be kept, read, changed and played again.
// Rule: what is written reads back as the same scenario, whatever its names look like to YAML.

import { Document, type YAMLMap } from "yaml";
import { faultNameOf, type Given } from "./faults.ts";
import { isNodeRole } from "./keys.ts";
import { timeText } from "./time-text.ts";
import type { Happening, TimedEvent, TimedScenario } from "./timed.ts";

/** The file's text, one event a line. The scenario has to be one that the reader takes: bounded, and in the order of time. */
export function writeScenario({ name, title, lengthUs, events }: TimedScenario): string {
  const document = new Document({
    scenario: name,
    ...(title === name ? {} : { title }),
    length: timeText(lengthUs),
    events: [],
  });
  for (const event of events) {
    const line = document.createNode(eventMap(event), { flow: true }) as YAMLMap;
    document.addIn(["events"], line);
  }
  // A width of 0 folds nothing: an event stays on its line.
  return document.toString({ lineWidth: 0 });
}

function eventMap({ atUs, action, on }: TimedEvent): Record<string, unknown> {
  return { at: timeText(atUs), fault: faultNameOf(action), node: nodeValue(on), ...givenBy(action) };
}

function nodeValue(on: TimedEvent["on"]): unknown {
  if (typeof on === "string") return on;
  return isNodeRole(on.node) ? { name: on.node } : on.node;
}

/** What the file says of an event beside its fault: the keys of {@link Given}, as the file spells them. */
function givenBy(action: Given & Pick<Happening, "kind">): Record<string, unknown> {
  const { check, file, value, config, delayMs } = action;
  return {
    ...(check === undefined ? {} : { check }),
    ...(file === undefined ? {} : { file }),
    ...(value === undefined ? {} : { value }),
    ...(config === undefined ? {} : { config }),
    ...(delayMs === undefined ? {} : { delay: timeText(Math.round(delayMs * 1000)) }),
  };
}
