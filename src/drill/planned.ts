// Planned work in a drill: the look, the decision and the steps are those of hapair switch, maintenance and roll; what clients saw of it the drill
// measures itself. Rule: what an operator would be refused is a run that could not be made, and nothing is forced.

import { setTimeout as sleep } from "node:timers/promises";
import { counted, HapairError } from "../base/index.ts";
import type { Host } from "../host/index.ts";
import { rollOrder } from "../policy/index.ts";
import type { Action, Scenario } from "../scenario/index.ts";
import {
  type ClientView,
  type DrainWish,
  drainWishOf,
  type MaintenanceNote,
  type MovePlan,
  planMove,
  preflight,
  type Preflight,
  runMove,
  type SwitchReport,
  workOn,
} from "../switchover/index.ts";
import type { HolderMonitor } from "./holder-monitor.ts";
import { readReadiness, waitUntilRedundant } from "./readiness.ts";
import { type DrillSubject, nodeOf, perform } from "./subject.ts";

const PLANNED_KINDS = ["switch", "maintenance-on", "roll"] as const;

export type PlannedAction = Extract<Action, { readonly kind: (typeof PLANNED_KINDS)[number] }>;

/** Whether an action is planned work, and more than one command on a node. */
export function isPlanned(action: Action): action is PlannedAction {
  return PLANNED_KINDS.some((kind) => kind === action.kind);
}

/** What looks on while planned work is done, and what ends it. */
export interface PlannedWatch {
  readonly monitor: Pick<HolderMonitor, "nodeGone" | "nodeBack">;
  readonly signal?: AbortSignal;
}

/** In a lab nobody but the drill's client is connected. */
const LAB_DRAIN_S = 3;

/** How long the work may take besides its drain; the node's own undo waits for it. */
const BESIDE_DRAIN_S: Readonly<Record<PlannedAction["kind"], number>> = {
  switch: 60,
  "maintenance-on": 60,
  roll: 600,
};

/** The maintenance ends by itself after this long and its drain. */
const MAINTENANCE_S = 600;

const REBOOT_LIMIT_MS = 90_000;
const SERVING_LIMIT_MS = 60_000;
const POLL_MS = 300;

/** How long connections have: on real nodes they are clients', and get the pair's own time. */
function drainOf({ hands, pair }: DrillSubject): DrainWish & { readonly forS: number } {
  const forS = hands === undefined ? pair.maintenance.drainS : LAB_DRAIN_S;
  return { ...drainWishOf(forS, hands === undefined ? undefined : "never"), forS };
}

/** When a node may undo by itself what a scenario does: never before planned work is over. `usualS`: a fault's own time. */
export function undoAfterOf(subject: DrillSubject, scenario: Scenario, usualS: number): number {
  const planned = scenario.phases.map(({ action }) => action).filter(isPlanned);
  const besideS = planned.map(({ kind }) => BESIDE_DRAIN_S[kind] + drainOf(subject).forS);
  return usualS + besideS.reduce((sum, each) => sum + each, 0);
}

/** Does what was planned, and says in a sentence each what became of connections. */
export type PlannedWork = (watch: PlannedWatch) => Promise<string[]>;

/**
 * Looks at the pair, decides, and changes nothing yet: looking costs a node a third of a second of its processor (measured), which in a lab is the
 * client's as well, and would be taken for the move's doing. Errors are planMove's; those of the work are runMove's and workOn's.
 */
export async function planWork(
  subject: DrillSubject,
  action: PlannedAction,
  node: string,
): Promise<PlannedWork> {
  const looked = await look(subject);
  if (action.kind !== "roll")
    return planMoveAway(subject, looked, node, action.kind === "switch" ? "give" : "maintain");
  const order = rollOrder(looked.view.nodes).map((turn) => turn.node);
  return async (watch) => await roll(subject, order, watch);
}

/** The drilled router's VIPs, or with `maintain` all that the node has, go to another node. */
function planMoveAway(
  subject: DrillSubject,
  looked: Preflight,
  node: string,
  letGo: "give" | "maintain",
): PlannedWork {
  const drainWish = drainOf(subject);
  const plan = planMove(subject.pair, looked, {
    ...(letGo === "maintain" ? { from: node } : { routers: [subject.router.name] }),
    ...{ letGo, drainWish, drain: drainWish.forS !== 0, force: false },
  });
  return async ({ signal }) => await moveAway(subject, plan, letGo, signal);
}

async function moveAway(
  subject: DrillSubject,
  plan: MovePlan,
  letGo: "give" | "maintain",
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const note: MaintenanceNote = {
    by: "hapair drill",
    reason: "a drill of planned work",
    lengthS: MAINTENANCE_S + drainOf(subject).forS,
  };
  const report = await runMove({
    ...{ plan, hosts: hostsOf(subject), client: THE_DRILL_MEASURES, onProgress: () => undefined },
    ...{ who: "hapair drill", what: `a drill of pair ${subject.pair.name}` },
    ...(letGo === "maintain" ? { note } : {}),
    signal: signal ?? new AbortController().signal,
  });
  const { failures } = report.outcome;
  if (failures.length > 0)
    throw new HapairError({
      kind: "unreachable",
      code: "planned-work-failed",
      message: `the VIP moved, and then failed: ${failures.join("; ")}`,
      hint: "The nodes close what was opened by themselves. hapair verify says what is left.",
    });
  return plan.move.routers.length === 0 ? [] : [moveSentence(report)];
}

/** Its own client asks the VIP five hundred times a second. */
const THE_DRILL_MEASURES: ClientView = {
  confirm: () => Promise.resolve({ vips: [] }),
  stop: () => Promise.resolve({ notMeasured: "the drill measures it" }),
};

function moveSentence({ from, to, connections, tookMs }: SwitchReport): string {
  const { atMove, cut } = connections;
  return `${from.join(" and ")} to ${to} in ${(tookMs / 1000).toFixed(1)} s: ${counted(atMove, "connection")} seen on the old node after the move, ${cut} cut`;
}

function hostsOf(subject: DrillSubject): ReadonlyMap<string, Host> {
  return new Map(subject.nodes.map(({ name, host }) => [name, host]));
}

/** The pair was redundant a moment ago, so a node that does not answer a look is only slow to, and is asked again. */
const LOOKS_MAX = 3;

async function look(subject: DrillSubject): Promise<Preflight> {
  const hosts = hostsOf(subject);
  for (let attempt = 1; ; attempt += 1) {
    const looked = await preflight(subject.pair, hosts);
    if (attempt === LOOKS_MAX || looked.view.nodes.every(({ reachable }) => reachable)) return looked;
  }
}

async function roll(subject: DrillSubject, order: readonly string[], watch: PlannedWatch): Promise<string[]> {
  if (subject.hands === undefined)
    throw new HapairError({
      kind: "usage",
      code: "lab-only",
      message: "a roll that reboots every node needs the lab",
      hint: "Run the drill with --lab.",
    });
  const notes: string[] = [];
  for (const node of order) {
    notes.push(...(await planMoveAway(subject, await look(subject), node, "maintain")(watch)));
    const tookMs = await reboot(subject, node, watch);
    await untilServing(subject, node, watch.signal);
    await perform(subject, { kind: "maintenance-off" }, node);
    await waitUntilRedundant(subject, SERVING_LIMIT_MS);
    notes.push(`${node} rebooted in ${(tookMs / 1000).toFixed(1)} s`);
  }
  return notes;
}

/** Reboots a node as its operator would. The watch on its addresses ends with it, and begins again with the new boot. */
async function reboot(subject: DrillSubject, node: string, watch: PlannedWatch): Promise<number> {
  watch.monitor.nodeGone(node);
  const { rebooted, tookMs } = await workOn(nodeOf(subject, node).host, "systemctl reboot", {
    ...{ limitMs: REBOOT_LIMIT_MS, onOutput: () => undefined, onProgress: () => undefined },
    signal: watch.signal ?? new AbortController().signal,
  });
  await watch.monitor.nodeBack(node);
  if (rebooted) return tookMs;
  throw new HapairError({
    kind: "unreachable",
    code: "no-reboot",
    message: `${node} was told to reboot and did not`,
  });
}

/** Both daemons run on the node; under maintenance keepalived's state says nothing. */
async function untilServing(
  subject: DrillSubject,
  node: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadlineMs = performance.now() + SERVING_LIMIT_MS;
  for (;;) {
    signal?.throwIfAborted();
    const { nodes } = await readReadiness(subject);
    const seen = nodes.find((one) => one.node === node);
    if (seen?.keepalivedActive === true && seen.haproxyActive) return;
    if (performance.now() > deadlineMs)
      throw new HapairError({
        kind: "unreachable",
        code: "not-serving",
        message: `${node} has rebooted, and keepalived and HAProxy do not both run there after ${SERVING_LIMIT_MS / 1000} s`,
        hint: "It stays under maintenance; journalctl -b on the node says why.",
      });
    await sleep(POLL_MS);
  }
}
