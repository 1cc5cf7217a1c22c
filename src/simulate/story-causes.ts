// Sentences for what is found out and done around keepalived's instances: checks, watched files, HAProxy, the daemon, the machine. Rule: what is the cause
// of a change of state at the same time is said there, and not by itself.

import type { SiteCheck } from "./site.ts";
import type { Note } from "./scene.ts";
import type { Sentence, TimeGroup } from "./story.ts";
import { fileCause, rememberCause, type StoryMemory } from "./story-memory.ts";
import { instanceName } from "./story-steps.ts";
import { secondsText } from "./time-words.ts";

type Of<Kind extends Note["kind"]> = Extract<Note, { readonly kind: Kind }>;

/** A check that fails, and what its verdict becomes. */
export function checkTold(memory: StoryMemory, group: TimeGroup, note: Of<"check">): Sentence | undefined {
  const check = memory.layoutOf(note.node).checks[note.check]!;
  const name = memory.nameOf(note.node);
  const cause = verdictText(check, note, memory.nodes[note.node]!.haproxy === "hung");
  if (cause !== undefined) rememberCause(memory, note.node, group.atUs, cause);
  // The state or the priority that changes with it says it.
  if (cause !== undefined)
    return group.stepped.has(note.node) || isWeighted(memory, note)
      ? undefined
      : told(note.node, `${name}: ${cause}`);
  if (note.result === "pass") return undefined;
  if (note.verdict === "failed") return undefined;
  const row = check.rise + check.fall - 1 - note.counter;
  const verb = memory.nodes[note.node]!.haproxy === "hung" ? "gets no answer" : "fails";
  return told(note.node, `${name}: ${check.name} ${verb}, ${row} of ${check.fall}`);
}

function told(node: number, text: string): Sentence {
  return { kind: "check", node, text };
}

/** Undefined: the verdict is as it was. */
function verdictText(
  check: SiteCheck,
  { result, verdict, counter }: Of<"check">,
  isHung: boolean,
): string | undefined {
  const { name, rise, fall, intervalUs } = check;
  const every = `every ${secondsText(intervalUs)}`;
  if (result === "pass" && verdict === "passed")
    return rise === 1 ? `${name} passed` : `${name} passed ${rise} times in a row, ${every}`;
  if (result === "fail" && verdict === "failed" && counter === 0) {
    const verb = isHung ? "got no answer" : "failed";
    return fall === 1 ? `${name} ${verb}` : `${name} ${verb} ${fall} times in a row, ${every}`;
  }
  return undefined;
}

function isWeighted(memory: StoryMemory, { node, check }: Of<"check">): boolean {
  return memory
    .layoutOf(node)
    .instances.some(({ watched }) =>
      watched.some(({ kind, index, weight }) => kind === "check" && index === check && weight !== 0),
    );
}

/** An instance's priority that what it watches has changed. */
export function priorityTold(memory: StoryMemory, note: Of<"priority">): Sentence {
  const { node, instance, before, after } = note;
  const { cause } = memory.nodes[node]!;
  return {
    kind: "priority",
    node,
    router: memory.instanceOf(node, instance).router,
    text: `${instanceName(memory, node, instance)}: priority ${before} becomes ${after}`,
    ...(cause === undefined ? {} : { cause: cause.text }),
  };
}

/** Clients' neighbour tables name another node; where that node has just become MASTER, that is how it comes. */
export function neighboursTold(
  memory: StoryMemory,
  group: TimeGroup,
  { node, router }: Of<"neighbours">,
): Sentence | undefined {
  if (group.masters.has(node)) return undefined;
  const text = `clients find the VIP at ${memory.nameOf(node)}`;
  return { kind: "clients", node, router, text, cause: "it is announced there again" };
}

export function fileTold(memory: StoryMemory, group: TimeGroup, note: Of<"file">): Sentence | undefined {
  const { node, file, value } = note;
  if (group.stepped.has(node)) return undefined;
  return { kind: "file", node, text: `${memory.nameOf(node)}: ${fileCause(memory, node, file, value)}` };
}

const haproxyTexts: Readonly<Record<string, string>> = {
  stopped: "HAProxy has stopped",
  killed: "HAProxy is gone",
  up: "HAProxy answers again",
  hung: "HAProxy hangs",
  resumed: "HAProxy goes on",
};

export function haproxyTold(
  memory: StoryMemory,
  group: TimeGroup,
  note: Of<"haproxy">,
): Sentence | undefined {
  const { node, state } = note;
  if (group.struck.has(node)) return undefined;
  return {
    kind: "haproxy",
    node,
    text: `${memory.nameOf(node)}: ${haproxyTexts[state] ?? `HAProxy is ${state}`}`,
  };
}

export function daemonTold(memory: StoryMemory, group: TimeGroup, note: Of<"daemon">): Sentence | undefined {
  const { node, state } = note;
  const before = memory.nodes[node]!.daemon;
  const words = daemonWords(group, note, before === "running" || before === "frozen");
  if (words === undefined) return undefined;
  const [text, cause] = words;
  return {
    ...{ kind: "keepalived", node, text: `${memory.nameOf(node)}: keepalived ${text}` },
    ...(cause === undefined || (state === "running" && before !== "starting") ? {} : { cause }),
  };
}

function daemonWords(
  group: TimeGroup,
  { node, state }: Of<"daemon">,
  wasThere: boolean,
): readonly [text: string, cause?: string] | undefined {
  const removed = group.letGo.has(node);
  if (state === "starting" && wasThere)
    return [
      "is gone without a goodbye",
      removed ? "its unit removes the VIP and starts it again" : "it is started again",
    ];
  if (state === "stopped" && wasThere)
    return ["is gone without a goodbye", removed ? "its unit removes the VIP" : "nothing starts it again"];
  if (state === "stopping" && !group.struck.has(node)) return ["is stopped"];
  if (state === "running" && !wasThere && !group.stepped.has(node))
    return ["runs", "it waits for its checks' first results"];
  return undefined;
}

const machineTexts: Readonly<Record<string, string>> = {
  "power off": "goes down",
  boots: "boots",
  up: "has booted, and its services start",
  "cable out": "has lost its link",
  "cable in": "has its link again",
};

export function machineTold(
  memory: StoryMemory,
  group: TimeGroup,
  note: Of<"machine">,
): Sentence | undefined {
  const { node, state } = note;
  if (group.struck.has(node)) return undefined;
  return { kind: "machine", node, text: `${memory.nameOf(node)} ${machineTexts[state] ?? state}` };
}

/** Addresses that go without a change of state: those that a dead keepalived left. */
export function leftoverTold(
  memory: StoryMemory,
  group: TimeGroup,
  { node, instance, holds }: Of<"holds">,
): Sentence | undefined {
  if (holds || group.off.has(node) || memory.nodes[node]!.daemon !== "starting") return undefined;
  const text = `${instanceName(memory, node, instance)}: keepalived removes the VIP that was left`;
  return { kind: "keepalived", node, router: memory.instanceOf(node, instance).router, text };
}
