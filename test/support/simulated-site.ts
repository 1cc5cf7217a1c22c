// Sites for tests of the simulator: pairs as a person writes them, rendered and read as the daemon reads them.

import { siteOfPair } from "../../src/cli/simulated-pair.ts";
import { loadPair, type Pair } from "../../src/model/index.ts";
import { fromCatalogue, scenarios, type TimedScenario, usualPhaseTimesUs } from "../../src/scenario/index.ts";
import {
  type Entry,
  play,
  type Run,
  type Scene,
  type ServerChecks,
  settledWorld,
  type Site,
  siteAgentsOf,
} from "../../src/simulate/index.ts";
import { pairFiles } from "./pairs.ts";

export function pairNamed(name: string, extra = ""): Pair {
  const { pair, diagnostics } = loadPair("pair.yaml", `${pairFiles[name] ?? ""}${extra}`);
  if (pair === undefined) throw new Error(JSON.stringify(diagnostics));
  return pair;
}

export function siteNamed(name: string, extra = ""): Site {
  return siteOfPair(pairNamed(name, extra));
}

/** As the lab's drills have them. */
const labServerChecks = { intervalUs: 200_000, fall: 2, rise: 2 };

/** A pair with agents, and a rule that servers of its back end are up. */
export function siteWithAgents(name: string, serverChecks: ServerChecks = labServerChecks): Site {
  const extra = "agent: { key: { env: KEY } }\ntraffic: { web: { backend: web, servers_up: 1 } }\n";
  const { agent } = pairNamed(name, extra);
  if (agent === undefined) throw new Error("the pair has no agent");
  return { ...siteNamed(name, extra), agents: siteAgentsOf(agent, serverChecks) };
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
export function workTexts({ entries }: { readonly entries: readonly Entry[] }): string[] {
  return entries.flatMap(({ note }) => (note?.kind === "work" ? [note.text] : []));
}

/** A pair at rest that nobody listens to. */
export function settledScene(site: Site, seed = 1): Scene {
  return { site, world: settledWorld(site, seed) };
}
