// One look at what is known, and the questions that several conditions ask of it: who holds an address, which state an instance is in, which moves there were. Pure.
// Rule: an answer about a node whose knowledge is not fresh is "unknown" unless the question says that it asks for the last known.

import {
  type AgentRouter,
  type AgentSettings,
  type EventName,
  type Fact,
  type FactKind,
  type Move,
  movesIn,
  type Scene,
} from "../../agent-api/index.ts";
import { factOf, isFresh, type Knowledge, ownTimeMs } from "../knowledge.ts";

export interface View {
  readonly knowledge: Knowledge;
  readonly settings: AgentSettings;
  readonly nowMs: number;
  /** Of the last {@link MOVES_KEPT_MS}, oldest first. */
  readonly moves: readonly Move[];
}

/** How far back moves are looked for: as far as any condition asks. */
export const MOVES_KEPT_MS = 600_000;

export function viewOf(knowledge: Knowledge, settings: AgentSettings, nowMs: number): View {
  const moves = movesOf(knowledge, settings, nowMs).filter((move) => move.atMs >= nowMs - MOVES_KEPT_MS);
  return { knowledge, settings, nowMs, moves };
}

interface KnownMoves {
  readonly version: number;
  readonly clocks: Readonly<Record<string, number>>;
  readonly fromMs: number;
  readonly moves: readonly Move[];
}

/** Reading moves costs more than all conditions together, and most events change nothing about them. */
const knownMoves = new WeakMap<Knowledge, KnownMoves>();

/** Clocks that have come apart by less than this since the last reading leave it as it is. */
const CLOCK_CHANGE_MS = 2;

function movesOf(knowledge: Knowledge, settings: AgentSettings, nowMs: number): readonly Move[] {
  const scene = sceneOf(knowledge, settings);
  const clocks = scene.clockAheadMs ?? {};
  const fromMs = nowMs - MOVES_KEPT_MS;
  const known = knownMoves.get(knowledge);
  if (
    known !== undefined &&
    known.version === knowledge.version &&
    known.fromMs <= fromMs &&
    Object.keys(clocks).every(
      (node) => Math.abs((clocks[node] ?? 0) - (known.clocks[node] ?? Infinity)) < CLOCK_CHANGE_MS,
    )
  )
    return known.moves;
  const moves = movesIn(knowledge.recent, scene, fromMs);
  knownMoves.set(knowledge, { version: knowledge.version, clocks, fromMs, moves });
  return moves;
}

/** What stories need to know beside the events. */
export function sceneOf(knowledge: Knowledge, settings: AgentSettings): Scene {
  const heard = [...knowledge.liveness];
  return {
    routers: settings.routers.map((router) => ({
      name: router.name,
      vips: router.vips.map((vip) => bare(vip.address)),
    })),
    clockAheadMs: Object.fromEntries(heard.map(([node, { clockAheadMs }]) => [node, clockAheadMs])),
    lastHeardMs: Object.fromEntries(heard.map(([node, { lastHeardMs }]) => [node, lastHeardMs])),
  };
}

/** An address without its prefix length. */
export function bare(address: string): string {
  return address.replace(/\/\d+$/, "");
}

/** `10.0.0.1`, `10.0.0.1 and 2 more`. */
export function vipText(router: AgentRouter): string {
  const [first, ...more] = router.vips.map((vip) => bare(vip.address));
  return more.length === 0 ? (first ?? router.name) : `${first} and ${more.length} more`;
}

export function fact(view: View, node: string, kind: FactKind, subject: string): Fact | undefined {
  return factOf(view.knowledge, node, kind, subject);
}

/** The event that made a fact what it is. */
export function begunBy(view: View, node: string, known: Pick<Fact, "sequence">): EventName {
  return { node, log: view.knowledge.nodes.get(node)?.log ?? "", sequence: known.sequence };
}

/** Since when a node's fact is so, by this node's clock. */
export function sinceMs(view: View, node: string, known: Pick<Fact, "sinceMs">): number {
  return ownTimeMs(view.knowledge, node, known.sinceMs);
}

export function fresh(view: View, node: string): boolean {
  return isFresh(view.knowledge, node);
}

/** The instance as it was last known; STOPPED where keepalived does not run, whatever it said last. */
export function instanceOf(view: View, node: string, router: string): Fact | undefined {
  const unit = fact(view, node, "unit", "keepalived");
  const instance = fact(view, node, "instance", router);
  if (unit !== undefined && (unit.value === "inactive" || unit.value === "failed"))
    return { ...unit, value: "STOPPED" };
  return instance;
}

export type Holding = "yes" | "no" | "unknown";

/** Whether the node has any of the router's addresses, as it was last known: by the addresses where they are watched, else by keepalived. */
export function lastKnownHolding(view: View, node: string, router: AgentRouter): Holding {
  const places = vipFacts(view, node, router);
  if (places.some(({ value }) => value !== "-")) return "yes";
  if (places.length > 0) return "no";
  const instance = instanceOf(view, node, router.name);
  if (instance === undefined) return "unknown";
  return instance.value === "MASTER" ? "yes" : "no";
}

/** The same, of fresh knowledge alone. */
export function holding(view: View, node: string, router: AgentRouter): Holding {
  return fresh(view, node) ? lastKnownHolding(view, node, router) : "unknown";
}

function vipFacts(view: View, node: string, router: AgentRouter): Fact[] {
  return router.vips
    .map((vip) => fact(view, node, "vip", bare(vip.address)))
    .filter((found): found is Fact => found !== undefined);
}

/** The last of the facts that say whether a node has a router's addresses. */
export function holdingFact(view: View, node: string, router: AgentRouter): Fact | undefined {
  const facts = vipFacts(view, node, router);
  const instance = instanceOf(view, node, router.name);
  const all = facts.length > 0 || instance === undefined ? facts : [instance];
  return all.reduce<Fact | undefined>(
    (last, each) => (last === undefined || each.sinceMs > last.sinceMs ? each : last),
    undefined,
  );
}

/** The routers whose addresses a node has for certain. */
export function heldBy(view: View, node: string): AgentRouter[] {
  return view.settings.routers.filter((router) => holding(view, node, router) === "yes");
}

/** Another node holds a router's addresses, as far as was last known. */
export function othersServe(view: View, node: string): boolean {
  return view.settings.nodes.some(
    (other) =>
      other.name !== node &&
      view.settings.routers.some((router) => lastKnownHolding(view, other.name, router) === "yes"),
  );
}

/** What ails such a node matters because it could not take over; standby-not-ready tells it. */
export function isStandby(view: View, node: string): boolean {
  return fresh(view, node) && heldBy(view, node).length === 0 && othersServe(view, node);
}

export function maintenanceOf(view: View, node: string): Fact | undefined {
  const known = fact(view, node, "maintenance", "node");
  return known?.value === "on" ? known : undefined;
}

/** The node may hold the address although it is under maintenance, because its peers' adverts are missing. */
export function lastResortOf(view: View, node: string): Fact | undefined {
  const known = fact(view, node, "last-resort", "node");
  return known?.value === "on" && maintenanceOf(view, node) !== undefined ? known : undefined;
}

/** Nodes under maintenance that hold an address as a last resort. */
export function lastResortHolders(view: View): string[] {
  return view.settings.nodes
    .map(({ name }) => name)
    .filter((node) => lastResortOf(view, node) !== undefined && heldBy(view, node).length > 0);
}

/** Without an end of its own a maintenance is overdue after this. */
const MAINTENANCE_MS = 24 * 3_600_000;

/** When a node's maintenance should be over, by this node's clock. */
export function maintenanceEndMs(view: View, node: string, known: Fact): number {
  const until = known.detail?.["until"];
  const asNumber = Number(until ?? Number.NaN);
  const endMs = Number.isFinite(asNumber) ? asNumber : Date.parse(until ?? "");
  return Number.isFinite(endMs)
    ? ownTimeMs(view.knowledge, node, endMs)
    : sinceMs(view, node, known) + MAINTENANCE_MS;
}

/** In maintenance, and not for longer than was said: what fails there is expected. */
export function isMaintained(view: View, node: string): boolean {
  const known = maintenanceOf(view, node);
  return known !== undefined && maintenanceEndMs(view, node, known) > view.nowMs;
}
