// What the teller of a story has to remember of what came before: states and priorities, what each instance heard last, what was said once.
// Rule: it is filled from a run's beginning and its notes alone.

import type { Happening } from "../scenario/index.ts";
import type { InstanceState } from "../vrrp/index.ts";
import type { Note } from "./scene.ts";
import type { Layout, SiteInstance, SiteNode } from "./site.ts";
import type { Run } from "./simulate.ts";
import type { DaemonState, HaproxyState } from "./world.ts";

export type StepNote = Extract<Note, { readonly kind: "step" }>;

/** Why an instance's timer is as it is: the last thing that set it, or left it alone. */
export interface Heard {
  /** The transition's name. */
  readonly transition: string;
  readonly atUs: number;
  readonly from?: number;
  /** The sender's effective priority then. */
  readonly priority?: number;
}

interface NodeMemory {
  layout: number;
  readonly states: Map<number, InstanceState>;
  readonly heard: Map<number, Heard>;
  readonly files: Map<number, number>;
  cable: boolean;
  haproxy: HaproxyState;
  daemon: DaemonState;
  /** What was last found out or written on it, and when: the cause of what follows at that time. */
  cause?: { readonly atUs: number; readonly text: string };
}

export interface StoryMemory {
  readonly nodes: readonly NodeMemory[];
  nameOf(node: number): string;
  siteNode(node: number): SiteNode;
  layoutOf(node: number): Layout;
  instanceOf(node: number, instance: number): SiteInstance;
  /** Whether a node speaks for more than one router, so that sentences have to say which. */
  readonly several: boolean;
  /** An event of the scenario is about this node. */
  struck(node: number, action: Happening): void;
  /** True the first time it is asked about `key`. */
  once(key: string): boolean;
  /** Forgets what {@link once} was asked about keys that begin so. */
  again(start: string): void;
}

/** The memory at a run's beginning. */
export function storyMemory({ site, start }: Run): StoryMemory {
  const said = new Set<string>();
  const nodes = start.nodes.map((node): NodeMemory => ({
    layout: node.layout,
    states: new Map(node.instances.entries()),
    heard: new Map(),
    files: new Map(node.files.entries()),
    cable: node.cable,
    haproxy: node.haproxy,
    daemon: node.daemon,
  }));
  const layoutOf = (node: number): Layout => site.nodes[node]!.layouts[nodes[node]!.layout]!;
  return {
    nodes,
    nameOf: (node) => site.nodes[node]!.name,
    siteNode: (node) => site.nodes[node]!,
    layoutOf,
    instanceOf: (node, instance) => layoutOf(node).instances[instance]!,
    several: site.routers.length > 1,
    struck: (node, action) => {
      if (action.kind !== "reload" || action.config === undefined) return;
      const index = site.nodes[node]!.layouts.findIndex(({ name }) => name === action.config);
      if (index !== -1) nodes[node]!.layout = index;
    },
    once: (key) => {
      const isNew = !said.has(key);
      said.add(key);
      return isNew;
    },
    again: (start_) => {
      for (const key of said) if (key.startsWith(start_)) said.delete(key);
    },
  };
}

/** What a note leaves behind for later sentences; steps are {@link hearStep}'s. */
export function rememberNote(memory: StoryMemory, atUs: number, note: Note): void {
  if (note.kind === "neighbours") return;
  const node = memory.nodes[note.node]!;
  if (note.kind === "priority") {
    const state = node.states.get(note.instance);
    if (state !== undefined) node.states.set(note.instance, { ...state, priority: note.after });
  } else if (note.kind === "haproxy") {
    node.haproxy = note.state === "hung" ? "hung" : ["up", "resumed"].includes(note.state) ? "up" : "down";
    node.cause = { atUs, text: node.haproxy === "down" ? "HAProxy's process is gone" : "HAProxy is there" };
  } else if (note.kind === "file") {
    node.files.set(note.file, note.value);
    node.cause = { atUs, text: fileCause(memory, note.node, note.file, note.value) };
  } else if (note.kind === "machine") rememberMachine(node, atUs, note.state);
  else if (note.kind === "daemon") node.daemon = note.state as DaemonState;
}

function rememberMachine(node: NodeMemory, atUs: number, state: string): void {
  if (state === "cable out" || state === "cable in") {
    node.cable = state === "cable in";
    node.cause = { atUs, text: node.cable ? "its interface is up" : "its interface is down" };
  } else if (state === "up") node.files.clear();
  else if (state === "power off") {
    node.daemon = "stopped";
    node.haproxy = "down";
  }
}

/** A check's verdict, as the cause of what follows. */
export function rememberCause(memory: StoryMemory, node: number, atUs: number, text: string): void {
  memory.nodes[node]!.cause = { atUs, text };
}

/** The cause of what happens to the node now, if something of it was found out or written at this time. */
export function causeAt(memory: StoryMemory, node: number, atUs: number): string | undefined {
  const { cause } = memory.nodes[node]!;
  return cause?.atUs === atUs ? cause.text : undefined;
}

/** `the watched file process holds 1`. */
export function fileCause(memory: StoryMemory, node: number, file: number, value: number): string {
  const name = memory.layoutOf(node).files[file]?.name ?? "";
  return `the watched file ${name} ${Number.isNaN(value) ? "is gone" : `holds ${value}`}`;
}

/** Keeps what a step says of the instance: its state, and what it heard. */
export function hearStep(memory: StoryMemory, atUs: number, note: StepNote): void {
  const node = memory.nodes[note.node]!;
  node.states.set(note.instance, note.after);
  const { transition, from } = note;
  const name = transition?.name ?? `${note.before.state} to ${note.after.state}`;
  const sender = from === undefined ? undefined : senderPriority(memory, from, note);
  node.heard.set(note.instance, {
    transition: name,
    atUs,
    ...(from === undefined ? {} : { from }),
    ...(sender === undefined ? {} : { priority: sender }),
  });
}

/** The effective priority of the sender's instance for the same router. */
export function senderPriority(memory: StoryMemory, from: number, note: StepNote): number | undefined {
  const { router } = memory.instanceOf(note.node, note.instance);
  const place = memory.layoutOf(from).instances.findIndex((instance) => instance.router === router);
  return memory.nodes[from]!.states.get(place)?.priority;
}
