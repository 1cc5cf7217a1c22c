// Random cases from a seed: configurations, and what happens to their nodes.
// Rule: the same seed and index give the same case on every machine; an event is drawn from what makes sense for its node at that moment, so that
// few events are without any effect.

import type { Happening, HappeningKind, TimedEvent } from "../../../src/scenario/index.ts";
import { type Random, seededRandom } from "../../fuzz/random.ts";
import type { FidelityCase, FidelityNode } from "./case.ts";
import { configurationText, drawPair, type NodePlan } from "./configurations.ts";

const START_AT_MS = 100;
const LENGTH_LEAST_MS = 12_000;
const LENGTH_SPREAD_MS = 13_000;
/** Between two events at least, mostly. */
const APART_MS = 150;
/** One pair of events in so many may be nearer than that. */
const NEAR_ONE_IN = 15;
const EVENTS_MAX = 12;
/** keepalived needs a second to end; a start before that waits for it. */
const STOP_TAKES_MS = 1_200;

/** The case that a seed gives under an index. */
export function drawCase(seed: number, index: number): FidelityCase {
  const random = seededRandom(Math.imul(seed, 2_654_435_761) ^ Math.imul(index + 1, 40_503));
  const pair = drawPair(random);
  const lengthMs = LENGTH_LEAST_MS + random.below(LENGTH_SPREAD_MS);
  const nodes = pair.nodes.map((plan): NodeInPlay => newNode(plan));
  const events = [...drawStarts(random, nodes), ...drawEvents(random, nodes, lengthMs)];
  const happened = events.map(({ action }) => featureOf(action));
  return {
    seed,
    index,
    nodes: nodes.map(fidelityNode),
    instances: pair.instances,
    events: events.toSorted((left, right) => left.atUs - right.atUs),
    lengthUs: lengthMs * 1000,
    features: [...new Set([...pair.features, ...happened])].toSorted(),
  };
}

/** What a drawn event leaves of a node, as far as later draws need to know. */
interface NodeInPlay {
  readonly plan: NodePlan;
  readonly configurations: Record<string, string>;
  startedAtMs: number;
  /** stopped: in order or killed, so that it may be started again. */
  daemon: "runs" | "frozen" | "stopped";
  stoppedAtMs: number;
  cable: "whole" | "cut";
  isIsolated: boolean;
  isBlocked: boolean;
  readonly failing: Set<string>;
  readonly written: Set<string>;
}

function newNode(plan: NodePlan): NodeInPlay {
  return {
    plan,
    configurations: { start: configurationText(plan) },
    startedAtMs: 0,
    daemon: "stopped",
    stoppedAtMs: 0,
    cable: "whole",
    isIsolated: false,
    isBlocked: false,
    failing: new Set(),
    written: new Set(),
  };
}

function fidelityNode({ plan, configurations }: NodeInPlay): FidelityNode {
  return {
    name: plan.name,
    address: plan.address,
    configurations,
    watchedFiles: Object.fromEntries(plan.watchedFiles.map(({ name }) => [name, 0])),
  };
}

/** Every node's first start, the first soon and the others some time after it. */
function drawStarts(random: Random, nodes: readonly NodeInPlay[]): TimedEvent[] {
  let atMs = START_AT_MS;
  const order = random.below(2) === 0 ? nodes : nodes.toReversed();
  return order.map((node) => {
    const event = eventAt(atMs, node, { kind: "start-service", service: "keepalived" });
    node.daemon = "runs";
    node.startedAtMs = atMs;
    atMs += random.pick([200, 400, 700, 1_500, 4_500]) + random.below(200);
    return event;
  });
}

function eventAt(atMs: number, node: NodeInPlay, action: Happening): TimedEvent {
  return { atUs: atMs * 1000, on: { node: node.plan.name }, action };
}

function drawEvents(random: Random, nodes: readonly NodeInPlay[], lengthMs: number): TimedEvent[] {
  const events: TimedEvent[] = [];
  let atMs = Math.max(...nodes.map(({ startedAtMs }) => startedAtMs)) + 300 + random.below(5_000);
  while (atMs < lengthMs - 500 && events.length < EVENTS_MAX) {
    const node = random.pick(nodes);
    const action = random.pick(possible(random, node, atMs));
    note(node, action, atMs);
    events.push(eventAt(atMs, node, action));
    atMs += random.below(NEAR_ONE_IN) === 0 ? random.below(APART_MS) : APART_MS + random.below(4_000);
  }
  return events;
}

/** What may happen to a node now; what is listed twice happens twice as often. */
function possible(random: Random, node: NodeInPlay, atMs: number): Happening[] {
  const list: Happening[] = [...linkActions(node)];
  if (node.daemon === "frozen")
    return [
      ...list,
      { kind: "thaw-service", service: "keepalived" },
      { kind: "thaw-service", service: "keepalived" },
    ];
  for (const { name } of node.plan.checks) list.push(...checkActions(node, name));
  for (const { name, weight } of node.plan.watchedFiles) list.push(writeAction(random, node, name, weight));
  if (node.daemon === "stopped") {
    const start: Happening = { kind: "start-service", service: "keepalived" };
    return atMs - node.stoppedAtMs < STOP_TAKES_MS ? list : [...list, start, start, start];
  }
  // A daemon that has just been started gets no signals before it knows what to do with them.
  if (atMs - node.startedAtMs < STOP_TAKES_MS) return list;
  const signals: Happening[] = [
    { kind: "stop-service", service: "keepalived" },
    { kind: "stop-service", service: "keepalived" },
    { kind: "kill-service", service: "keepalived" },
    { kind: "kill-keepalived", process: "child" },
    { kind: "kill-keepalived", process: "parent" },
    { kind: "freeze-service", service: "keepalived" },
    { kind: "reload" },
    { kind: "reload", config: changedConfiguration(random, node) },
    { kind: "reload", config: changedConfiguration(random, node) },
    { kind: "delete-vip" },
  ];
  if (Object.keys(node.configurations).length > 1) signals.push({ kind: "reload", config: "start" });
  return [...list, ...signals];
}

/** A link is whole, or broken in one way and then mended. */
function linkActions(node: NodeInPlay): Happening[] {
  if (node.cable === "cut") return twice({ kind: "restore-cable" });
  if (node.isIsolated) return twice({ kind: "rejoin" });
  if (node.isBlocked) return twice({ kind: "unblock-vrrp" });
  return [
    { kind: "cut-cable" },
    { kind: "isolate" },
    { kind: "block-vrrp", direction: "in" },
    { kind: "block-vrrp", direction: "out" },
    { kind: "block-vrrp", direction: "both" },
  ];
}

function twice(action: Happening): Happening[] {
  return [action, action];
}

function checkActions(node: NodeInPlay, check: string): Happening[] {
  return node.failing.has(check)
    ? [
        { kind: "pass-check", check },
        { kind: "pass-check", check },
      ]
    : [
        { kind: "fail-check", check },
        { kind: "fail-check", check },
        { kind: "hang-check", check },
      ];
}

function writeAction(random: Random, node: NodeInPlay, file: string, weight: number): Happening {
  if (node.written.has(file)) return { kind: "write-file", file, value: 0 };
  return { kind: "write-file", file, value: weight === 0 ? 1 : random.pick([1, 5, 30, -30, 300]) };
}

/** Writes down another configuration of the node, and gives its name. */
function changedConfiguration(random: Random, node: NodeInPlay): string {
  const { plan } = node;
  const change = random.pick(["priority-down", "priority-up", "preemption", "vips", "interval"] as const);
  const routers = plan.routers.map((router, number) => {
    if (change === "priority-down" && router.priority < 255)
      return { ...router, priority: Math.max(1, router.priority - 60) };
    if (change === "priority-up" && router.priority < 255)
      return { ...router, priority: Math.min(254, router.priority + 60) };
    if (change === "preemption")
      return {
        ...router,
        preemption: router.preemption === "nopreempt" ? ("preempt" as const) : ("nopreempt" as const),
      };
    if (change === "vips" && number === 0)
      return { ...router, vips: [router.vips[0] ?? "", "10.77.0.105/24"] };
    if (change === "interval")
      return {
        ...router,
        advertInterval: router.version === 2 ? (router.advertInterval === "1" ? "2" : "1") : "0.25",
      };
    return router;
  });
  node.configurations[change] = configurationText({ ...plan, routers });
  return change;
}

type Mark<Kind extends HappeningKind> = (
  node: NodeInPlay,
  action: Extract<Happening, { readonly kind: Kind }>,
  atMs: number,
) => void;

function markStopped(node: NodeInPlay, _action: Happening, atMs: number): void {
  node.daemon = "stopped";
  node.stoppedAtMs = atMs;
}

/** What events leave of their node; the others leave nothing that a draw must know. */
const marks: { readonly [Kind in HappeningKind]?: Mark<Kind> } = {
  "start-service": (node, _, atMs) => {
    node.daemon = "runs";
    node.startedAtMs = atMs;
  },
  "stop-service": markStopped,
  "kill-service": markStopped,
  "kill-keepalived": (node, action, atMs) => {
    if (action.process === "parent") markStopped(node, action, atMs);
    else node.startedAtMs = atMs;
  },
  "freeze-service": (node) => (node.daemon = "frozen"),
  "thaw-service": (node) => (node.daemon = "runs"),
  "cut-cable": (node) => (node.cable = "cut"),
  "restore-cable": (node) => (node.cable = "whole"),
  isolate: (node) => (node.isIsolated = true),
  rejoin: (node) => (node.isIsolated = false),
  "block-vrrp": (node) => (node.isBlocked = true),
  "unblock-vrrp": (node) => (node.isBlocked = false),
  "fail-check": (node, { check }) => node.failing.add(check),
  "hang-check": (node, { check }) => node.failing.add(check),
  "pass-check": (node, { check }) => node.failing.delete(check),
  "write-file": (node, { file, value }) => {
    if (value === 0) node.written.delete(file);
    else node.written.add(file);
  },
};

function note(node: NodeInPlay, action: Happening, atMs: number): void {
  (marks[action.kind] as Mark<HappeningKind> | undefined)?.(node, action, atMs);
}

/** An event's word in the table of results: `fail-check`, `block-vrrp in`, `reload vips`. */
function featureOf(action: Happening): string {
  if (action.kind === "block-vrrp") return `${action.kind} ${action.direction}`;
  if (action.kind === "kill-keepalived") return `kill-${action.process}`;
  if (action.kind === "reload") return `reload ${action.config ?? "same"}`;
  return action.kind;
}
