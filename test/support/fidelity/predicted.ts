// The one place where the harness meets the simulator: a case as a site and a story, and what comes of it.

import { sourceText } from "../../../src/diagnostics/index.ts";
import { readConfiguration } from "../../../src/keepalived/index.ts";
import type { TimedEvent } from "../../../src/scenario/index.ts";
import {
  advance,
  darkWorld,
  type Fault,
  type Note,
  type Scene,
  settle,
  type Site,
  siteFromFiles,
  strike,
  type World,
} from "../../../src/simulate/index.ts";
import { seededRandom } from "../../fuzz/random.ts";
import type {
  FidelityCase,
  Holding,
  KeepalivedVersion,
  Performed,
  Prediction,
  RouterState,
  Transition,
} from "./case.ts";

/** A check's program is a shell that notes its run and ends: measured 3 to 8 ms. */
const CHECK_LOOK_US = 6_000;

/** Within so much the order of two events is left to chance, and cases that hang on it are drawn again. */
const MARGIN_US = 20_000;
/** A story is told so many times with its moments shaken, to see whether it stays the same. */
const SHAKEN_TIMES = 12;
/** Transitions of a shaken story may be later or earlier by what was shaken, several times over where one follows from another. */
const SHAKEN_US = 45_000;

/**
 * What the simulator says of a case. Without `performed` events happen at their planned times and a daemon is ready at once: good enough to tell
 * whether the order of two things hangs on a moment. With it, each event happens when it really did, and a daemon is ready when it really was.
 */
export function predict(
  fidelityCase: FidelityCase,
  version: KeepalivedVersion,
  performed?: readonly Performed[],
): Prediction {
  const story = tell(fidelityCase, siteOf(fidelityCase, version, CHECK_LOOK_US), performed);
  return {
    ...story,
    closestUs: performed === undefined ? closestOf(fidelityCase, version, story) : Infinity,
  };
}

type Story = Pick<Prediction, "transitions" | "holding">;

/** Shakes what a real machine shakes: the moments of events, of adverts' arrival and of checks' ends. */
interface Shake {
  readonly events: readonly number[];
  readonly delaysUs: readonly number[];
}

/** 0 where the story changes when its moments are shaken by up to {@link MARGIN_US}; Infinity where it does not. */
function closestOf(fidelityCase: FidelityCase, version: KeepalivedVersion, story: Story): number {
  const random = seededRandom(fidelityCase.seed * 7_919 + fidelityCase.index);
  const within = (limitUs: number): number => random.below(limitUs) - limitUs / 2;
  for (let time = 0; time < SHAKEN_TIMES; time += 1) {
    const site = siteOf(fidelityCase, version, CHECK_LOOK_US + random.below(MARGIN_US / 2));
    const shaken = tell(fidelityCase, site, undefined, {
      events: fidelityCase.events.map(() => within(MARGIN_US)),
      delaysUs: fidelityCase.nodes.map(() => random.below(MARGIN_US / 2)),
    });
    if (!isSameStory(story.transitions, shaken.transitions)) return 0;
  }
  return Number.POSITIVE_INFINITY;
}

function isSameStory(left: readonly Transition[], right: readonly Transition[]): boolean {
  const lanes = (transitions: readonly Transition[]): Map<string, Transition[]> => {
    const byLane = new Map<string, Transition[]>();
    for (const transition of transitions) {
      const lane = `${transition.node} ${transition.instance}`;
      byLane.set(lane, [...(byLane.get(lane) ?? []), transition]);
    }
    return byLane;
  };
  const [lefts, rights] = [lanes(left), lanes(right)];
  if (lefts.size !== rights.size) return false;
  return [...lefts].every(([lane, transitions]) => {
    const others = rights.get(lane) ?? [];
    return (
      transitions.length === others.length &&
      transitions.every(
        ({ state, atUs }, index) =>
          state === others[index]?.state && Math.abs(atUs - others[index].atUs) <= SHAKEN_US,
      )
    );
  });
}

function siteOf(fidelityCase: FidelityCase, version: KeepalivedVersion, lookUs: number): Site {
  const read = (name: string, text: string) => readConfiguration(sourceText(name, text), { version });
  return siteFromFiles(
    fidelityCase.nodes.map((node) => {
      const { start = "", ...others } = node.configurations;
      const configuration = read(node.name, start);
      return {
        name: node.name,
        address: { family: 4 as const, text: node.address },
        configuration,
        others: new Map(Object.entries(others).map(([name, text]) => [name, read(name, text)])),
        checks: new Map(configuration.scripts.map(({ name }) => [name, { asks: "passes" as const, lookUs }])),
        files: new Map(Object.entries(node.watchedFiles)),
      };
    }),
    version,
  );
}

function tell(
  fidelityCase: FidelityCase,
  site: Site,
  performed: readonly Performed[] | undefined,
  shake?: Shake,
): Story {
  const world = darkWorld(site);
  world.nodes.forEach((node, index) => {
    node.power = true;
    node.delayUs = shake?.delaysUs[index] ?? 0;
  });
  const seen = listener(site, world, fidelityCase);
  const scene: Scene = { site, world, tell: seen.tell };
  for (const { event, atUs, readyUs } of timed(fidelityCase, performed, shake)) {
    advance(scene, atUs);
    strikeEvent(scene, event, readyUs);
    settle(scene);
  }
  advance(scene, fidelityCase.lengthUs);
  return seen.story;
}

interface Timed {
  readonly event: TimedEvent;
  readonly atUs: number;
  readonly readyUs?: number;
}

function timed(
  { events }: FidelityCase,
  performed: readonly Performed[] | undefined,
  shake: Shake | undefined,
): Timed[] {
  const given = events.map((event, index): Timed => {
    const done = performed?.find((one) => one.index === index);
    // A reload is over when the file has been read.
    const isReload = event.action.kind === "reload";
    const atUs =
      (isReload ? done?.readyUs : undefined) ??
      done?.atUs ??
      event.atUs + Math.round(shake?.events[index] ?? 0);
    return { event, atUs, ...(done?.readyUs === undefined || isReload ? {} : { readyUs: done.readyUs }) };
  });
  return given.toSorted((left, right) => left.atUs - right.atUs);
}

function strikeEvent(scene: Scene, { on, action }: TimedEvent, readyUs: number | undefined): void {
  const node = scene.site.nodes.findIndex(({ name }) => typeof on === "object" && name === on.node);
  strike(scene, node, action as Fault);
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.daemon === "starting" && readyUs !== undefined) nodeWorld.daemonDueUs = readyUs;
}

function listener(
  site: Site,
  world: World,
  { instances }: FidelityCase,
): { readonly story: Story; readonly tell: (note: Note) => void } {
  const transitions: Transition[] = [];
  const holding: Holding[] = [];
  const nameOf = (node: number, instance: number): string =>
    site.nodes[node]!.layouts[world.nodes[node]!.layout]!.instances[instance]?.name ?? "";
  const say = (node: number, instance: number, state: RouterState): void => {
    transitions.push({
      node: site.nodes[node]!.name,
      instance: nameOf(node, instance),
      state,
      atUs: world.nowUs,
    });
  };
  const tellOne = (note: Note): void => {
    if (note.kind === "step" && note.after.state !== note.before.state && note.after.state !== "INIT")
      say(note.node, note.instance, note.after.state);
    if (note.kind === "daemon" && note.state === "stopping")
      world.nodes[note.node]!.instances.forEach((_state, instance) => say(note.node, instance, "STOP"));
    if (note.kind === "holds") {
      const instance = nameOf(note.node, note.instance);
      if (instances.some(({ name }) => name === instance))
        holding.push({ node: site.nodes[note.node]!.name, instance, holds: note.holds, atUs: world.nowUs });
    }
  };
  return { story: { transitions, holding }, tell: tellOne };
}
