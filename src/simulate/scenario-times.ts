// How long a drill's scenario has to be watched on a site: long enough for what follows from each phase to be over. Rule: a site with longer timers gets
// longer phases, and none is shorter than a drill's.

import {
  fromCatalogue,
  type PhaseTimes,
  type Scenario,
  type TimedScenario,
  usualPhaseTimesUs,
} from "../scenario/index.ts";
import { timerLengthUs, initialState } from "../vrrp/index.ts";
import type { Layout, Site } from "./site.ts";

const SECOND_US = 1_000_000;

/** After the last thing that follows, a look at how it stays. */
const REST_US = 3_000_000;

/** A roll reboots every node in its turn, with a drain before. */
const ROLL_REST_US = 30_000_000;

/** The scenario with the times that this site needs. */
export function timedOn(site: Site, scenario: Scenario): TimedScenario {
  return fromCatalogue(scenario, phaseTimesOn(site, scenario));
}

function phaseTimesOn(site: Site, { phases }: Scenario): PhaseTimes {
  const layouts = site.nodes.map(({ layouts: [first] }) => first);
  const takeoverUs = Math.max(...layouts.map((layout) => detectionUs(layout) + takeoverOf(layout)));
  const bootUs = Math.max(...site.nodes.map(({ habits }) => habits.bootUs + habits.keepalived.startUs));
  const delayUs = Math.max(...layouts.map(({ startupDelayUs }) => startupDelayUs));
  const failbackUs = bootUs + delayUs + takeoverUs;
  const isRoll = phases.some(({ action }) => action.kind === "roll");
  const turnUs = failbackUs + ROLL_REST_US;
  const watched = (us: number): number => Math.ceil((us + REST_US) / SECOND_US) * SECOND_US;
  return {
    first: usualPhaseTimesUs.first,
    takeover: Math.max(usualPhaseTimesUs.takeover, watched(takeoverUs)),
    failback: isRoll
      ? watched(site.nodes.length * turnUs)
      : Math.max(usualPhaseTimesUs.failback, watched(failbackUs)),
  };
}

/** The slowest check, from the fault to its verdict, in either direction. */
function detectionUs({ checks }: Layout): number {
  return Math.max(
    0,
    ...checks.map(({ intervalUs, timeoutUs, fall, rise }) => Math.max(fall, rise) * intervalUs + timeoutUs),
  );
}

/** The longest wait of an instance for adverts, with what it may wait before. */
function takeoverOf({ instances }: Layout): number {
  return Math.max(
    0,
    ...instances.map(
      ({ settings }) =>
        settings.preemptDelayUs +
        settings.advertIntervalUs +
        timerLengthUs(settings, initialState(settings), "master-down"),
    ),
  );
}
