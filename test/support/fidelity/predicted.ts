// The one place where the harness meets the simulator: a case as a site and a story, and what comes of it.

import { sourceText } from "../../../src/diagnostics/index.ts";
import { readConfiguration } from "../../../src/keepalived/index.ts";
import type { TimedEvent } from "../../../src/scenario/index.ts";
import {
  advance,
  darkWorld,
  type Fault,
  type Layout,
  type Note,
  type Scene,
  settle,
  type Site,
  siteFromFiles,
  strike,
  type World,
} from "../../../src/simulate/index.ts";
import type {
  CheckTimes,
  FidelityCase,
  Holding,
  KeepalivedVersion,
  Performed,
  Prediction,
  RouterState,
  Transition,
} from "./case.ts";

/** A check's program is a shell that notes its run and ends: measured 3 to 8 ms. */
export const CHECK_LOOK_US = 6_000;

/**
 * What the simulator says of a case. Without `performed` events happen at their planned times and a daemon is ready at once: good enough to tell
 * whether the order of two things hangs on a moment. With it, each event happens when it really did, and a daemon is ready when it really was.
 */
export function predict(
  fidelityCase: FidelityCase,
  version: KeepalivedVersion,
  performed?: readonly Performed[],
  { lookUs = CHECK_LOOK_US, endedLateUs = 0, endsAfterUs = 0 }: CheckTimes = {},
): Prediction {
  return tell(
    fidelityCase,
    knownSite(fidelityCase, version, { lookUs, endedLateUs, endsAfterUs }),
    performed,
  );
}

/** A case is asked about many times, with ever other events; its files are read once for each. */
const sites = new WeakMap<FidelityCase["nodes"], Map<string, Site>>();

function knownSite(
  fidelityCase: FidelityCase,
  version: KeepalivedVersion,
  times: Required<CheckTimes>,
): Site {
  const known = sites.get(fidelityCase.nodes) ?? new Map<string, Site>();
  sites.set(fidelityCase.nodes, known);
  const key = `${version} ${Object.values(times).join(" ")}`;
  const site = known.get(key) ?? withOtherEnds(siteOf(fidelityCase, version, times.lookUs), times);
  known.set(key, site);
  return site;
}

function withOtherEnds(site: Site, { endedLateUs, endsAfterUs }: Required<CheckTimes>): Site {
  const late = (layout: Layout): Layout => ({
    ...layout,
    checks: layout.checks.map((check) => ({
      ...check,
      timeoutUs: check.timeoutUs + endedLateUs,
      endsAfterUs,
    })),
  });
  const nodes = site.nodes.map(({ layouts: [first, ...others], ...node }) => ({
    ...node,
    layouts: [late(first), ...others.map(late)] as const,
  }));
  return { ...site, nodes };
}

function siteOf(fidelityCase: FidelityCase, version: KeepalivedVersion, lookUs: number): Site {
  const read = (name: string, text: string) => readConfiguration(sourceText(name, text), { version });
  return siteFromFiles(
    fidelityCase.nodes.map((node) => {
      const configuration = read(node.name, node.configurations["start"] ?? "");
      return {
        name: node.name,
        address: { family: 4 as const, text: node.address },
        configuration,
        // The one it starts with among them: a reload may go back to it.
        others: new Map(Object.entries(node.configurations).map(([name, text]) => [name, read(name, text)])),
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
): Prediction {
  const world = darkWorld(site);
  for (const node of world.nodes) node.power = true;
  const gaps = gapKeeper(world);
  const seen = listener(site, world, fidelityCase, gaps);
  const settled = waitWatcher(world, gaps);
  const scene: Scene = { site, world, tell: seen.tell, settled };
  for (const { event, atUs, readyUs } of timed(fidelityCase, performed)) {
    advance(scene, atUs);
    strikeEvent(scene, event, readyUs);
    settle(scene);
    settled();
  }
  advance(scene, fidelityCase.lengthUs);
  return { ...seen.story, closestUs: gaps.closestUs() };
}

/** What lies close together and might have come the other way round. */
interface GapKeeper {
  /** A wait was ended early, with so much of it left. */
  left(restUs: number): void;
  /** A node took over by itself, which another that did, and that it hears or that hears it, could have forestalled. */
  tookOver(node: number, atUs: number): void;
  closestUs(): number;
}

function gapKeeper(world: World): GapKeeper {
  let closestUs = Number.POSITIVE_INFINITY;
  let last: { readonly node: number; readonly atUs: number } | undefined;
  const take = (gapUs: number): void => {
    closestUs = Math.min(closestUs, Math.abs(gapUs));
  };
  return {
    left: take,
    tookOver(node, atUs): void {
      if (last !== undefined && last.node !== node && areLinked(world, node, last.node))
        take(atUs - last.atUs);
      last = { node, atUs };
    },
    closestUs: () => closestUs,
  };
}

/** Whether an advert of one of them reaches the other. */
function areLinked({ nodes }: World, one: number, other: number): boolean {
  const [first, second] = [nodes[one]!, nodes[other]!];
  const isOn = [first, second].every(({ cable, isolated }) => cable && !isolated);
  return isOn && ((!first.blocksOut && !second.blocksIn) || (!second.blocksOut && !first.blocksIn));
}

/** Called after every moment: notes how much was left of each wait that a MASTER's advert has set back, also where a sync group tells of no step of its members. */
function waitWatcher(world: World, gaps: GapKeeper): () => void {
  let before = world.nodes.map(({ instances }) => instances);
  return () => {
    world.nodes.forEach(({ instances }, node) => {
      const were = before[node]!;
      // After a start or a reload these are others.
      if (instances === were || instances.length !== were.length) return;
      instances.forEach((state, place) => {
        const was = were[place]!;
        // A member that waits once more for its group wants to be MASTER.
        const isSetBack =
          was.state === "BACKUP" &&
          state.state === "BACKUP" &&
          state.wants === "BACKUP" &&
          state.deadlineUs > was.deadlineUs;
        if (isSetBack) gaps.left(was.deadlineUs - world.nowUs);
      });
    });
    before = world.nodes.map(({ instances }) => instances);
  };
}

interface Timed {
  readonly event: TimedEvent;
  readonly atUs: number;
  readonly readyUs?: number;
}

function timed({ events }: FidelityCase, performed: readonly Performed[] | undefined): Timed[] {
  const given = events.map((event, index): Timed => {
    const done = performed?.find((one) => one.index === index);
    // A reload is over when the file has been read.
    const isReload = event.action.kind === "reload";
    const atUs = (isReload ? done?.readyUs : undefined) ?? done?.atUs ?? event.atUs;
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
  gaps: GapKeeper,
): { readonly story: Pick<Prediction, "transitions" | "holding">; readonly tell: (note: Note) => void } {
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
    // An advert that comes as the preempt delay ends.
    if (note.kind === "step" && note.before.state === "BACKUP" && Number.isFinite(note.before.preemptAtUs))
      gaps.left(note.before.preemptAtUs - world.nowUs);
    // Of a sync group's members the first decides.
    if (
      note.kind === "step" &&
      note.before.state === "BACKUP" &&
      note.after.state === "MASTER" &&
      note.before.deadlineUs <= world.nowUs
    )
      gaps.tookOver(note.node, world.nowUs);
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
