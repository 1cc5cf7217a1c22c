// A drill's scenario as one with times, so that a simulation plays what a drill measures, under the same name.
// Rule: the phases follow each other in the catalogue's order, each with the room that its watch asks for.

import type { Scenario, Watch } from "./scenario.ts";
import type { TimedEvent, TimedScenario } from "./timed.ts";

/** When the first phase begins, and how long each phase is watched before the next one. */
export interface PhaseTimes extends Readonly<Record<Watch, number>> {
  readonly first: number;
}

/** In microseconds: enough for a pair with the classic timers. A roll with its reboots takes longer. */
export const usualPhaseTimesUs: PhaseTimes = { first: 3_000_000, takeover: 12_000_000, failback: 15_000_000 };

/** The scenario's phases as events, `timesUs` apart; its length ends with the last phase's watch. */
export function fromCatalogue(scenario: Scenario, timesUs: PhaseTimes = usualPhaseTimesUs): TimedScenario {
  const events: TimedEvent[] = [];
  let atUs = timesUs.first;
  for (const { action, target, watch } of scenario.phases) {
    events.push({ atUs, action, on: target });
    atUs += timesUs[watch];
  }
  return { name: scenario.name, title: scenario.title, lengthUs: atUs, events };
}
