// What happened in a run, in sentences with their causes and their arithmetic. Rule: routine is not told (an advert that changes nothing, a check that
// passes as before), and nothing is told twice.

import { sentenceList } from "../base/index.ts";
import type { TimedScenario } from "../scenario/index.ts";
import type { VrrpState } from "../vrrp/index.ts";
import { eventText } from "./event-text.ts";
import { intervalsOf } from "./intervals.ts";
import type { Note } from "./scene.ts";
import type { Entry, Run } from "./simulate.ts";
import {
  checkTold,
  daemonTold,
  fileTold,
  haproxyTold,
  leftoverTold,
  machineTold,
  neighboursTold,
  priorityTold,
} from "./story-causes.ts";
import { hearStep, rememberNote, type StoryMemory, storyMemory } from "./story-memory.ts";
import { instanceName, stepTold } from "./story-steps.ts";
import { secondsText } from "./time-words.ts";

export type ToldKind =
  /** The scenario's own. */
  | "event"
  | "state"
  | "check"
  | "priority"
  | "file"
  | "haproxy"
  | "keepalived"
  | "machine"
  | "refused"
  | "work"
  | "clients";

/** One thing that a person wants to know of. */
export interface Told {
  readonly atUs: number;
  readonly kind: ToldKind;
  /** Absent: it is about the pair, or about several nodes. */
  readonly node?: number;
  /** Which router it is about; absent: none or all. */
  readonly router?: number;
  readonly text: string;
  /** Why, with the arithmetic; absent where `text` says all. */
  readonly cause?: string;
  /** Of an instance that changed its state. */
  readonly state?: { readonly from: VrrpState; readonly to: VrrpState; readonly transition?: string };
}

/** The run as sentences, in the order of time. */
export function storyOf(run: Run): Told[] {
  const memory = storyMemory(run);
  const told = groupsByTime(run.entries).flatMap((group) => tellGroup(run, memory, group));
  const answers = clientsTold(run);
  // What clients notice follows from what else happened at that time.
  return [...told, ...answers].toSorted((left, right) => left.atUs - right.atUs);
}

/** `extlb-02 becomes MASTER: no advert for ...` */
export function sentenceOf({ text, cause }: Told): string {
  return cause === undefined ? text : `${text}: ${cause}`;
}

function groupsByTime(entries: readonly Entry[]): Entry[][] {
  const groups: Entry[][] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last?.[0]?.atUs === entry.atUs) last.push(entry);
    else groups.push([entry]);
  }
  return groups;
}

/** What else happened at the same time decides what need not be said of its own. */
export interface TimeGroup {
  readonly atUs: number;
  /** Nodes that an event of the scenario is about. */
  readonly struck: ReadonlySet<number>;
  /** Nodes of which an instance changed its state. */
  readonly stepped: ReadonlySet<number>;
  /** Nodes that became MASTER. */
  readonly masters: ReadonlySet<number>;
  /** Nodes whose addresses left their interface. */
  readonly letGo: ReadonlySet<number>;
  /** Nodes that lost their power. */
  readonly off: ReadonlySet<number>;
}

function timeGroup(entries: readonly Entry[]): TimeGroup {
  const steps = entries.flatMap(({ note }) =>
    note?.kind === "step" && note.before.state !== note.after.state ? [note] : [],
  );
  return {
    atUs: entries[0]!.atUs,
    struck: new Set(entries.flatMap(({ event }) => (event === undefined ? [] : [event.node]))),
    stepped: new Set(steps.map(({ node }) => node)),
    masters: new Set(steps.filter(({ after }) => after.state === "MASTER").map(({ node }) => node)),
    letGo: new Set(entries.flatMap(({ note }) => (note?.kind === "holds" && !note.holds ? [note.node] : []))),
    off: new Set(
      entries.flatMap(({ note }) =>
        note?.kind === "machine" && note.state === "power off" ? [note.node] : [],
      ),
    ),
  };
}

function tellGroup(run: Run, memory: StoryMemory, entries: readonly Entry[]): Told[] {
  const group = timeGroup(entries);
  const eventsTold = new Set<number>();
  return entries.flatMap(({ event, note }): Told[] => {
    if (event !== undefined) {
      memory.struck(event.node, run.scenario.events[event.index]!.action);
      if (eventsTold.has(event.index)) return [];
      eventsTold.add(event.index);
      return [eventTold(run, entries, event.index)];
    }
    if (note === undefined) return [];
    const told = noteTold(memory, group, note);
    rememberNote(memory, group.atUs, note);
    return told === undefined ? [] : [{ atUs: group.atUs, ...told }];
  });
}

function eventTold({ scenario, site }: Run, entries: readonly Entry[], index: number): Told {
  const { atUs, action } = scenario.events[index]!;
  const nodes = entries.flatMap(({ event }) => (event?.index === index ? [event.node] : []));
  const names = sentenceList(nodes.map((node) => site.nodes[node]!.name));
  const [node] = nodes;
  return {
    ...{ atUs, kind: "event", text: `${names}: ${eventText(action)}` },
    ...(nodes.length === 1 && node !== undefined ? { node } : {}),
  };
}

/** A sentence without its time. */
export type Sentence = Omit<Told, "atUs">;

type Of<Kind extends Note["kind"]> = Extract<Note, { readonly kind: Kind }>;

type Teller<Kind extends Note["kind"]> = (
  memory: StoryMemory,
  group: TimeGroup,
  note: Of<Kind>,
) => Sentence | undefined;

const tellers: { readonly [Kind in Note["kind"]]: Teller<Kind> } = {
  step: (memory, { atUs }, note) => {
    const sentence = stepTold(memory, atUs, note);
    hearStep(memory, atUs, note);
    return sentence;
  },
  check: checkTold,
  priority: (memory, _group, note) => priorityTold(memory, note),
  refused: (memory, _group, note) => refusedTold(memory, note),
  file: fileTold,
  haproxy: haproxyTold,
  daemon: daemonTold,
  machine: machineTold,
  holds: leftoverTold,
  neighbours: neighboursTold,
  work: (_memory, _group, { node, text }) => ({ kind: "work", node, text }),
};

function noteTold(memory: StoryMemory, group: TimeGroup, note: Note): Sentence | undefined {
  // Each row takes the note of its own kind.
  return (tellers[note.kind] as Teller<Note["kind"]>)(memory, group, note);
}

function refusedTold(
  memory: StoryMemory,
  { node, instance, from, why }: Of<"refused">,
): Sentence | undefined {
  if (!memory.once(`refused ${node} ${instance} ${from} ${why}`)) return undefined;
  return {
    kind: "refused",
    node,
    router: memory.instanceOf(node, instance).router,
    text: `${instanceName(memory, node, instance)} throws away the adverts of ${memory.nameOf(from)}`,
    cause: why,
  };
}

function clientsTold(run: Run): Told[] {
  const several = run.site.routers.length > 1;
  return intervalsOf(run).flatMap(({ router, outages }) =>
    outages.flatMap(({ fromUs, toUs }): Told[] => {
      if (toUs >= run.scenario.lengthUs) return [];
      const of = several ? ` of ${run.site.routers[router]!.name}` : "";
      const text = `clients${of} are answered again, after ${secondsText(toUs - fromUs)}`;
      return [{ atUs: toUs, kind: "clients", router, text }];
    }),
  );
}

/** What a run is about, for headings: `haproxy-stop: HAProxy is stopped on the holder, then started again`. */
export function headingOf({ name, title }: TimedScenario): string {
  return title === name || title === "" ? name : `${name}: ${title}`;
}
