// The moves of virtual addresses, read from the events of all nodes: from where, to where, when, why, and for about how long nobody served. Pure.
// Rules: peers' clocks are corrected before anything is compared; what the events do not say is absent or said to be unknown, never guessed.

import { CAUSE_AGE_MAX_MS, chainTo } from "./causes.ts";
import { eventText, resultText } from "./event-text.ts";
import { isPlannedStep, type Planned, plannedMove, tookAsLastResort } from "./planned-moves.ts";
import type { AgentEvent, FactKind } from "./facts.ts";
import { sinceText } from "./moment-text.ts";

/** What is known of the pair beside its events. */
export interface Scene {
  readonly routers: readonly { readonly name: string; readonly vips: readonly string[] }[];
  /** How far each node's clock is ahead of the reader's; absent: not at all. */
  readonly clockAheadMs?: Readonly<Record<string, number>>;
  /** When each node was last heard, by the reader's clock. */
  readonly lastHeardMs?: Readonly<Record<string, number>>;
}

/** An event of one node's log, which no other has. */
export interface EventName {
  readonly node: string;
  readonly log: string;
  readonly sequence: number;
}

export interface Move {
  readonly router: string;
  /** The router's first address; it stands for all of them. */
  readonly vip: string;
  /** Absent: who had it before is not known. The same as `toNode`: it left and came back. */
  readonly fromNode?: string;
  readonly toNode: string;
  /** The arrival, by the reader's clock. */
  readonly atMs: number;
  /** For about how long nobody served; absent: not known. */
  readonly outageMs?: number;
  /** From what to what that was taken; or why it is not known. */
  readonly outageText: string;
  readonly cause: string;
  /** false: the events do not say (yet) why. */
  readonly causeKnown: boolean;
  /** A person asked for it: the node was held. */
  readonly planned: boolean;
  /** The event by which the new holder became MASTER. */
  readonly arrival: EventName;
  /** What it is told from, in order, moments by the reader's clock. */
  readonly steps: readonly AgentEvent[];
}

/** keepalived tells MASTER after the address is there; both are one arrival when they are at most this far apart. */
const ARRIVAL_MS = 2_000;
/** The old holder may notice later that it is no longer the holder. */
const LEAVES_LATE_MS = 1_500;
/** Stamps of a whole chain of causes may be late by this much. */
const LED_LATE_MS = 1_000;
/** Where a peer fell silent this near to a move, its silence is the move's cause. */
const SILENCE_NEAR_MS = 15_000;

/** What a person did to move an address lies at most this far from its arrival. */
const PLANNED_NEAR_MS = 20_000;

/** Kinds that no step of a story is of. */
const explainsNothing: ReadonlySet<FactKind> = new Set(["incident", "notice", "certificate"]);

/** The event with its moment by the reader's clock. */
export function inReadersTime(event: AgentEvent, scene: Scene): AgentEvent {
  const aheadMs = scene.clockAheadMs?.[event.node] ?? 0;
  return aheadMs === 0 ? event : { ...event, atMs: event.atMs - aheadMs };
}

/** All events by the reader's clock; at the same moment by node, and within a node by sequence. */
export function inOrder(events: readonly AgentEvent[], scene: Scene): AgentEvent[] {
  const ordered = events.map((event) => inReadersTime(event, scene));
  ordered.sort(
    (left, right) =>
      left.atMs - right.atMs ||
      (left.node < right.node ? -1 : left.node > right.node ? 1 : 0) ||
      left.sequence - right.sequence,
  );
  return ordered;
}

/** Of ordered events those from one moment to another, both included. A move is told from the few that are near it, however many there are. */
function between(ordered: readonly AgentEvent[], fromMs: number, toMs: number): readonly AgentEvent[] {
  return ordered.slice(
    firstPlace(ordered, ({ atMs }) => atMs >= fromMs),
    firstPlace(ordered, ({ atMs }) => atMs > toMs),
  );
}

/** Where the first one stands that `is`, when all after it are too; the length where there is none. */
function firstPlace(ordered: readonly AgentEvent[], is: (event: AgentEvent) => boolean): number {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const event = ordered[middle];
    if (event === undefined || is(event)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The last one up to a moment that `is`. */
function lastUpTo(
  ordered: readonly AgentEvent[],
  toMs: number,
  is: (event: AgentEvent) => boolean,
): AgentEvent | undefined {
  for (let place = firstPlace(ordered, ({ atMs }) => atMs > toMs) - 1; place >= 0; place -= 1) {
    const event = ordered[place];
    if (event !== undefined && is(event)) return event;
  }
  return undefined;
}

/** The moves that arrived at `fromMs` or later, oldest first. Events may come in any order. */
export function movesIn(events: readonly AgentEvent[], scene: Scene, fromMs = -Infinity): Move[] {
  // Most events are of no concern to who is MASTER; only a move that is found is looked at with all of them.
  const transitions = inOrder(
    events.filter((event) => event.kind === "instance"),
    scene,
  );
  const found = scene.routers.flatMap((router) => arrivalsOf(router, transitions));
  const wanted = found.filter((arrival) => arrival.event.atMs >= fromMs);
  if (wanted.length === 0) return [];
  const ordered = inOrder(
    events.filter(({ kind }) => !explainsNothing.has(kind)),
    scene,
  );
  const moves = wanted.map((arrival) => moveOf(arrival, ordered, scene));
  moves.sort((left, right) => left.atMs - right.atMs);
  return moves;
}

interface Arrival {
  readonly router: Scene["routers"][number];
  readonly event: AgentEvent;
  /** When the holder before it became MASTER. */
  readonly before?: AgentEvent;
}

/** Walks one router's transitions and keeps who was MASTER last. */
function arrivalsOf(router: Scene["routers"][number], transitions: readonly AgentEvent[]): Arrival[] {
  const arrivals: Arrival[] = [];
  let holder: AgentEvent | undefined;
  for (const event of transitions) {
    if (event.subject !== router.name || event.value !== "MASTER") continue;
    const firstSeen = event.previous === undefined;
    // An agent that has just begun sees the present holder as news; that is no move, unless another node was known to hold it.
    const moved = holder === undefined ? !firstSeen : !(firstSeen && holder.node === event.node);
    if (moved && holder !== undefined) arrivals.push({ router, event, before: holder });
    else if (moved) arrivals.push({ router, event });
    holder = event;
  }
  return arrivals;
}

function moveOf(arrival: Arrival, ordered: readonly AgentEvent[], scene: Scene): Move {
  const { router, event, before } = arrival;
  const arrivedMs = arrivedAtMs(arrival, ordered);
  const fromNode = before?.node;
  const leave = before === undefined ? undefined : leaveOf(arrival, before, arrivedMs, ordered);
  const chain = leave === undefined ? [] : chainTo(leave, ledTo(leave, ordered));
  const silence =
    fromNode === undefined || leave !== undefined ? undefined : silenceOf(arrival, fromNode, ordered, scene);
  const stop = stopOf(chain) ?? silence?.event;
  const stopMs = stop === undefined ? undefined : stop === silence?.event ? silence?.lastSignMs : stop.atMs;
  const near = between(ordered, event.atMs - PLANNED_NEAR_MS, event.atMs + PLANNED_NEAR_MS);
  const planned = leave === undefined ? undefined : plannedMove(leave, chain, near);
  const why = causeOfMove(arrival, { chain, silence, planned, near }, ordered);
  const steps = [
    ...chain,
    ...(silence === undefined ? [] : [silence.event]),
    ...vipArrivals(arrival, ordered).slice(0, 1),
    event,
  ];
  steps.sort((left, right) => left.atMs - right.atMs);
  return {
    router: router.name,
    vip: router.vips[0] ?? router.name,
    ...(fromNode === undefined ? {} : { fromNode }),
    toNode: event.node,
    atMs: arrivedMs,
    ...(stopMs === undefined ? {} : { outageMs: Math.max(0, arrivedMs - stopMs) }),
    outageText: outageText(arrival, stop, silence, fromNode),
    ...why,
    planned: planned !== undefined || chain.some(isPlannedStep),
    arrival: { node: event.node, log: event.log, sequence: event.sequence },
    steps,
  };
}

/** When the address was there: its own event where there is one, else keepalived's. */
function arrivedAtMs(arrival: Arrival, ordered: readonly AgentEvent[]): number {
  return vipArrivals(arrival, ordered)[0]?.atMs ?? arrival.event.atMs;
}

/** The new holder's events of the router's addresses being there, about when it became MASTER. */
function vipArrivals({ router, event }: Arrival, ordered: readonly AgentEvent[]): AgentEvent[] {
  return between(ordered, event.atMs - ARRIVAL_MS, event.atMs + ARRIVAL_MS).filter(
    (each) =>
      each.node === event.node &&
      each.kind === "vip" &&
      each.value !== "-" &&
      router.vips.includes(each.subject),
  );
}

/** The first sign on the old holder that it gave the address up. */
function leaveOf(
  { router, event }: Arrival,
  before: AgentEvent,
  arrivedMs: number,
  ordered: readonly AgentEvent[],
): AgentEvent | undefined {
  // Back on the same node it has left before it came; on another one it may notice later.
  const latestMs = before.node === event.node ? event.atMs : arrivedMs + LEAVES_LATE_MS;
  return between(ordered, before.atMs, latestMs).find((each) => {
    if (each.node !== before.node) return false;
    if (each.kind === "instance") return each.subject === router.name && each.value !== "MASTER";
    if (each.kind === "vip")
      return router.vips.includes(each.subject) && each.value === "-" && each.previous !== undefined;
    return (
      each.kind === "unit" && each.subject === "keepalived" && ["inactive", "failed"].includes(each.value)
    );
  });
}

/** Of its node what can have led to an event. Each cause on the way back may be stamped a little after its effect. */
function ledTo(event: AgentEvent, ordered: readonly AgentEvent[]): AgentEvent[] {
  const fromMs = event.atMs - 2 * CAUSE_AGE_MAX_MS;
  return between(ordered, fromMs, event.atMs + LED_LATE_MS).filter((each) => each.node === event.node);
}

/** The first step of a chain after which clients of the old holder were not served. */
function stopOf(chain: readonly AgentEvent[]): AgentEvent | undefined {
  // Who stops HAProxy on purpose lets the VIP go first: it serves until then.
  const onPurpose = chain.some((step) => isTold(step));
  return chain.find(
    (step) =>
      (endsService[step.kind]?.(step.value) === true && !isTold(step)) ||
      (step.kind === "watched" && step.subject === "process" && !onPurpose),
  );
}

/** A unit that was told to stop, and whose process has not ended yet. */
function isTold({ kind, value, detail }: AgentEvent): boolean {
  return kind === "unit" && value === "stopping" && resultText(detail?.["result"]) === "";
}

/** Which values mean that clients of this node's address are not served. */
const endsService: Readonly<Partial<Record<FactKind, (value: string) => boolean>>> = {
  unit: (value) => ["stopping", "failed", "inactive", "starting"].includes(value),
  answering: (value) => value === "no",
  health: (value) => value === "silent",
  check: (value) => value !== "ok",
  link: (value) => value === "down",
  instance: (value) => value !== "MASTER",
  vip: (value) => value === "-",
};

interface Silence {
  /** A surviving node's event that it no longer hears the old holder. */
  readonly event: AgentEvent;
  readonly lastSignMs: number;
}

/** Where the old holder says nothing of its leaving: whether it fell silent about then, and its last sign of life. */
function silenceOf(
  { event }: Arrival,
  fromNode: string,
  ordered: readonly AgentEvent[],
  scene: Scene,
): Silence | undefined {
  const silent = between(ordered, event.atMs - SILENCE_NEAR_MS, event.atMs + SILENCE_NEAR_MS).find(
    (each) => each.kind === "peer" && each.subject === fromNode && each.value === "silent",
  );
  if (silent === undefined) return undefined;
  // Where the event does not say it, and the node has not been heard since.
  const told = Number(silent.detail?.["lastHeardMs"] ?? scene.lastHeardMs?.[fromNode] ?? Number.NaN);
  const lastEvent = lastUpTo(ordered, silent.atMs, ({ node }) => node === fromNode);
  const lastSignMs = told <= silent.atMs ? told : lastEvent?.atMs;
  return lastSignMs === undefined
    ? undefined
    : { event: silent, lastSignMs: Math.min(lastSignMs, silent.atMs) };
}

function outageText(
  { event }: Arrival,
  stop: AgentEvent | undefined,
  silence: Silence | undefined,
  fromNode: string | undefined,
): string {
  if (fromNode === undefined) return "who had it before is not known";
  if (stop === undefined) return `${fromNode} has not told when it stopped serving`;
  const from =
    silence?.event === stop ? `the last sign of life of ${fromNode}` : `"${eventText(stop)}" on ${fromNode}`;
  return `from ${from} to the address on ${event.node}`;
}

interface Found {
  /** What led to the old holder's leaving, the beginning first. */
  readonly chain: readonly AgentEvent[];
  readonly silence: Silence | undefined;
  readonly planned: Planned | undefined;
  /** All that happened about then. */
  readonly near: readonly AgentEvent[];
}

function causeOfMove(
  arrival: Arrival,
  found: Found,
  ordered: readonly AgentEvent[],
): Pick<Move, "cause" | "causeKnown"> {
  const why = whyItLeft(arrival, found, ordered);
  const { event } = arrival;
  return tookAsLastResort(event, found.near)
    ? { ...why, cause: `${why.cause}; ${event.node} is under maintenance and took it as a last resort` }
    : why;
}

/** Why, in words: where the chain began on the old holder. */
function whyItLeft(
  { event, before }: Arrival,
  { chain, silence, planned }: Found,
  ordered: readonly AgentEvent[],
): Pick<Move, "cause" | "causeKnown"> {
  if (planned !== undefined) return { cause: planned.cause, causeKnown: true };
  if (before === undefined) return { cause: "who had it before is not known", causeKnown: false };
  const { node } = before;
  const [first] = chain;
  if (first === undefined) {
    return silence === undefined
      ? { cause: `not known: ${untoldText(event, node, ordered)}`, causeKnown: false }
      : { cause: `${node} fell silent: it is down, or cut off from ${event.node}`, causeKnown: true };
  }
  if (first.kind === "instance" && first.value === "BACKUP")
    return { cause: `${event.node} sent adverts of a higher priority`, causeKnown: true };
  // A VIP that is gone, or a FAULT, is what happened and not why; the why may still come.
  if (first.kind === "instance" && first.value === "FAULT")
    return { cause: `${node}: keepalived went to FAULT, why is not known`, causeKnown: false };
  if (first.kind === "vip") return { cause: `the address left ${node}, why is not known`, causeKnown: false };
  const gaveUp = chain.find(({ kind }) => kind === "opinion");
  if (gaveUp !== undefined && first !== gaveUp)
    return { cause: `${node}: ${ruleOf(chain, first)}, and its agent gave the VIP up`, causeKnown: true };
  return { cause: `${node}: ${eventText(first)}`, causeKnown: true };
}

/** Why the old holder's agent says nothing of a move. */
function untoldText(arrival: AgentEvent, node: string, ordered: readonly AgentEvent[]): string {
  const heard = lastUpTo(
    ordered,
    arrival.atMs,
    (each) => each.kind === "peer" && each.subject === node && each.node === arrival.node,
  );
  return heard?.value === "silent"
    ? `the agent of ${node} has not been heard since ${sinceText(heard.atMs)}`
    : `the agent of ${node} has told nothing of it`;
}

/** A rule says more than the one server that broke it. */
function ruleOf(chain: readonly AgentEvent[], first: AgentEvent): string {
  return eventText(chain.find(({ kind }) => kind === "rule") ?? first);
}
