// Sites for tests of the simulator: pairs as a person writes them, rendered and read as the daemon reads them.

import { siteOfPair } from "../../src/cli/simulated-pair.ts";
import { loadPair, type Pair } from "../../src/model/index.ts";
import { fromCatalogue, scenarios, type TimedScenario, usualPhaseTimesUs } from "../../src/scenario/index.ts";
import { type Entry, play, type Run, type Scene, settledWorld, type Site } from "../../src/simulate/index.ts";
import { pairFiles } from "./pairs.ts";

export function pairNamed(name: string, extra = ""): Pair {
  const { pair, diagnostics } = loadPair("pair.yaml", `${pairFiles[name] ?? ""}${extra}`);
  if (pair === undefined) throw new Error(JSON.stringify(diagnostics));
  return pair;
}

export function siteNamed(name: string, extra = ""): Site {
  return siteOfPair(pairNamed(name, extra));
}

/** A drill's scenario, each phase with the room that its watch asks for; `lastsUs`: the last one's instead. */
export function catalogued(name: string, lastsUs?: number): TimedScenario {
  const scenario = scenarios.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  const timed = fromCatalogue(scenario, usualPhaseTimesUs);
  return lastsUs === undefined ? timed : { ...timed, lengthUs: timed.events.at(-1)!.atUs + lastsUs };
}

/** Plays a scenario from rest. */
export function played(site: Site, scenario: TimedScenario, seed = 1): Run {
  return play(site, scenario, settledWorld(site, seed));
}

/** What was told of planned work and agents. */
export function workTexts({
  site,
  entries,
}: {
  readonly site: Site;
  readonly entries: readonly Entry[];
}): string[] {
  return entries.flatMap(({ note }) =>
    note?.kind === "work" ? [`${site.nodes[note.node]!.name} ${note.text}`] : [],
  );
}

/** A pair at rest that nobody listens to. */
export function settledScene(site: Site, seed = 1): Scene {
  return { site, world: settledWorld(site, seed) };
}
