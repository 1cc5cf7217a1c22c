// Sentences for an instance that changes its state, one row a transition of the machine's table. Rule: the arithmetic is of the state before and after, as
// the machine reckoned it.

import type { InstanceState } from "../vrrp/index.ts";
import type { Sentence } from "./story.ts";
import {
  causeAt,
  fileCause,
  type Heard,
  senderPriority,
  type StepNote,
  type StoryMemory,
} from "./story-memory.ts";
import { clockText, masterDownText, skewText } from "./time-words.ts";

interface Step {
  readonly memory: StoryMemory;
  readonly note: StepNote;
  readonly name: string;
  readonly atUs: number;
}

interface Words {
  readonly text: string;
  readonly cause?: string | undefined;
}

/** `extlb-02`, and where nodes speak for several routers `extlb-02 (web)`. */
export function instanceName(memory: StoryMemory, node: number, instance: number): string {
  const name = memory.nameOf(node);
  return memory.several ? `${name} (${memory.instanceOf(node, instance).name})` : name;
}

/** By transition; what is not here is routine. */
const rows: Readonly<Record<string, (step: Step) => Words | undefined>> = {
  starts: ({ name, memory, note }) => ({
    text: `${name} starts as BACKUP`,
    cause: `it waits ${masterDownText(memory.instanceOf(note.node, note.instance).settings, note.after)}`,
  }),
  "starts-in-fault": ({ name, memory, note }) => ({
    text: `${name} starts in FAULT`,
    cause: badThings(memory, note),
  }),
  "took-over": tookOver,
  "standby-failed": (step) => ({
    text: `${step.name} is in FAULT`,
    cause: faultCause(step),
  }),
  "holder-failed": (step) => ({
    text: `${step.name} is in FAULT and lets the VIP go`,
    cause: faultCause(step),
  }),
  recovered: (step) => ({
    text: `${step.name} leaves FAULT and is BACKUP`,
    cause: recoveryCause(step),
  }),
  "gave-way": gaveWay,
  "gave-way-with-an-advert": gaveWay,
  "owner-gave-way": ({ name, memory, note }) => ({
    text: `${name} lets the VIP go and is BACKUP`,
    cause: `it hears ${senderName(memory, note)}, which says that it owns the VIP as well (priority 255)`,
  }),
  "lost-a-vip": ({ name, memory, note }) => ({
    text: `${name} is BACKUP, and says goodbye`,
    cause: `its VIP was deleted, so keepalived starts anew and waits ${skewText(memory.instanceOf(note.node, note.instance).settings, note.after)}`,
  }),
  "holder-stopped": ({ name }) => ({ text: `${name} says goodbye and lets the VIP go` }),
  "answered-lower-priority": heardLower,
  "heard-lower-priority": heardLower,
};

/** What happened to the instance; undefined: routine. */
export function stepTold(memory: StoryMemory, atUs: number, note: StepNote): Sentence | undefined {
  const name = instanceName(memory, note.node, note.instance);
  const { before, after, transition } = note;
  if (after.state !== before.state) memory.again(`heard ${note.node} ${note.instance} `);
  const step: Step = { memory, note, name, atUs };
  const words = transition === undefined ? withoutRow(step) : rows[transition.name]?.(step);
  if (words === undefined) return undefined;
  const { text, cause } = words;
  return {
    ...{ kind: "state", node: note.node, router: memory.instanceOf(note.node, note.instance).router, text },
    ...(cause === undefined ? {} : { cause }),
    ...(after.state === before.state
      ? {}
      : {
          state: {
            from: before.state,
            to: after.state,
            ...(transition === undefined ? {} : { transition: transition.name }),
          },
        }),
  };
}

interface Wait {
  readonly before: InstanceState;
  readonly heard: Heard | undefined;
  /** The name of who was heard last. */
  readonly from: string;
  readonly wait: string;
  readonly skew: string;
}

/** Why a wait for adverts ended, by what was heard last. */
const waits: Readonly<Record<string, (wait: Wait) => string>> = {
  "heard-goodbye": ({ from, skew }) => `${from} said goodbye, and after it comes ${skew}`,
  "lost-a-vip": ({ skew }) => `nobody was quicker than its ${skew}`,
  "ignored-lower-priority": preemption,
  "refused-advert": ({ wait, from }) =>
    `no advert that it accepts for ${wait}; those of ${from} it throws away`,
  recovered: ({ wait }) => `no advert since it left FAULT, for ${wait}`,
  starts: ({ wait }) => `no advert since its start, for ${wait}`,
};

function tookOver({ memory, note, name }: Step): Words {
  const { settings } = memory.instanceOf(note.node, note.instance);
  const { before } = note;
  const heard = memory.nodes[note.node]!.heard.get(note.instance);
  if (settings.startsAsOwner && heard === undefined)
    return { text: `${name} becomes MASTER`, cause: "it owns the VIP (priority 255)" };
  const from = heard?.from === undefined ? "another node" : memory.nameOf(heard.from);
  const takes = heard?.transition === "ignored-lower-priority" ? ` and takes the VIP from ${from}` : "";
  const wait = masterDownText(settings, before);
  const told = { before, heard, from, wait, skew: skewText(settings, before) };
  const cause = waits[heard?.transition ?? ""]?.(told) ?? `no advert for ${wait}${lastHeard(heard)}`;
  return { text: `${name} becomes MASTER${takes}`, cause };
}

function lastHeard(heard: Heard | undefined): string {
  return heard === undefined ? "" : `; the last came at ${clockText(heard.atUs)}`;
}

function preemption({ before, heard, from, wait }: Wait): string {
  const than = `${heard?.priority ?? "less"} < ${before.priority}`;
  return `it has no nopreempt in force and heard only the lower priority of ${from} (${than}) for ${wait}`;
}

function gaveWay({ memory, note, name }: Step): Words {
  const theirs = note.from === undefined ? undefined : senderPriority(memory, note.from, note);
  const ours = note.before.priority;
  const why =
    theirs === ours
      ? `with the same priority and the higher address`
      : `with the higher priority (${theirs ?? "more"} > ${ours})`;
  return {
    text: `${name} lets the VIP go and is BACKUP`,
    cause: `it hears ${senderName(memory, note)} ${why}`,
  };
}

function heardLower({ memory, note, name }: Step): Words | undefined {
  // Of the adverts of one that starts or stops there may be one or two; who goes on is a second MASTER.
  if (!memory.once(`heard ${note.node} ${note.instance} ${note.from ?? -1}`)) return undefined;
  const theirs = note.from === undefined ? undefined : senderPriority(memory, note.from, note);
  const than =
    theirs === note.before.priority ? "the same priority and the lower address" : "the lower priority";
  return {
    text: `${name} stays MASTER and hears another one, ${senderName(memory, note)}`,
    cause: `${than} (${theirs ?? "less"}, its own is ${note.before.priority})`,
  };
}

function senderName(memory: StoryMemory, { from }: StepNote): string {
  return from === undefined ? "another node" : memory.nameOf(from);
}

function faultCause({ memory, note, atUs }: Step): string {
  return causeAt(memory, note.node, atUs) ?? badThings(memory, note);
}

function recoveryCause({ memory, note, atUs }: Step): string {
  const { settings } = memory.instanceOf(note.node, note.instance);
  const found = causeAt(memory, note.node, atUs) ?? "nothing that it watches is bad any more";
  return `${found}; it waits ${masterDownText(settings, note.after)}`;
}

/** What of the things it watches is bad, as far as notes say it. */
function badThings(memory: StoryMemory, { node, instance }: StepNote): string {
  const { files, cable, haproxy } = memory.nodes[node]!;
  const bad = memory.instanceOf(node, instance).watched.flatMap((watched): string[] => {
    if (watched.weight !== 0) return [];
    if (watched.kind === "interface") return cable ? [] : ["its interface is down"];
    if (watched.kind === "process") return haproxy === "down" ? ["HAProxy's process is gone"] : [];
    if (watched.kind === "check") return [];
    const value = files.get(watched.index) ?? memory.layoutOf(node).files[watched.index]!.initial;
    return value === 0 ? [] : [fileCause(memory, node, watched.index, value)];
  });
  return bad.length > 0 ? bad.join(" and ") : "something that it watches is bad";
}

/** In a sync group, and after a reload, no line of the table stands for the change. */
function withoutRow({ memory, note, name, atUs }: Step): Words | undefined {
  const { before, after } = note;
  if (before.state === after.state) return undefined;
  const { group, settings } = memory.instanceOf(note.node, note.instance);
  const text = `${name} is ${after.state}${before.state === "MASTER" ? " and lets the VIP go" : ""}`;
  if (group === undefined) return { text, cause: "as the file that was reloaded says" };
  if (after.state === "FAULT")
    return { text, cause: causeAt(memory, note.node, atUs) ?? "another member of its sync group is" };
  if (after.state !== "MASTER") return { text, cause: "with its sync group" };
  const wait = masterDownText(settings, before);
  return { text: `${name} becomes MASTER`, cause: `every member of its sync group wants it, after ${wait}` };
}
