// The steps of planned work, one by one: how long each takes, what it does to the world, and when it is done. Rule: a time stands beside where it comes
// from; what the scripts on the nodes decide is policy's moveTimes.

import { isBeforeMove, type MoveStepKind, moveTimes } from "../policy/index.ts";
import { endConnections } from "./connections.ts";
import { stopDaemon } from "./daemon.ts";
import { AWAIT_US, beginPulse, boost, endErrand, openPath, standAside } from "./errands.ts";
import { stopHaproxy } from "./haproxy.ts";
import { powerOff, powerOn } from "./machine-room.ts";
import { beginMaintenance, endMaintenance } from "./maintenance.ts";
import { workOf } from "./maintenance-watch.ts";
import { isWhole } from "./move-view.ts";
import { holdsRouter, isConnected } from "./network.ts";
import type { Scene } from "./scene.ts";
import type { Job, WorkStep } from "./work-world.ts";

/** A command over an SSH connection that is open already, on an idle machine: 10 to 30 ms. */
const CALL_US = 20_000;
/** With a transient unit of systemd that it waits for. */
const UNIT_US = 50_000;
/** The taker's half of the drain path: a unit, the peers' hardware addresses, the open sockets, nft. */
const TAKE_US = 150_000;
/** From `systemctl reboot` until the machine is off: services that stop in a second and file systems. */
const SHUTDOWN_US = 3_000_000;
/** drill and roll ask again whether a node is back, and whether the pair is whole. */
const BACK_EVERY_US = 500_000;
const BACK_WITHIN_US = 90_000_000;
const WHOLE_EVERY_US = 1_000_000;
const WHOLE_WITHIN_US = 120_000_000;
/** Clients' connections end by themselves within this time, as those of a drill do. */
const CONNECTIONS_END_US = 2_000_000;
const OPEN_AT_LEAST_US = moveTimes.openAtLeastMs * 1000;

interface StepTimes {
  /** From the end of the step before until it works. */
  readonly beforeUs: number;
  /** From its work until whoever does it goes on. */
  readonly afterUs?: number;
  /** It waits for what it brings about, at most this long, and looks so often. */
  readonly waitsUs?: number;
  readonly everyUs?: number;
}

export const stepTimes: Readonly<Record<WorkStep["kind"], StepTimes>> = {
  "open-give": { beforeUs: UNIT_US },
  "open-take": { beforeUs: TAKE_US },
  boost: { beforeUs: UNIT_US, afterUs: moveTimes.boostSettlesMs * 1000 },
  aside: { beforeUs: UNIT_US },
  // The unit has a limit of its own; the answer comes when it has ended.
  give: { beforeUs: UNIT_US, waitsUs: 20_000_000, afterUs: CALL_US },
  maintain: { beforeUs: CALL_US, afterUs: CALL_US },
  await: { beforeUs: CALL_US, waitsUs: AWAIT_US, everyUs: 15_000 },
  unboost: { beforeUs: CALL_US },
  // A request to the VIP and a look into the neighbour table.
  confirm: { beforeUs: CALL_US },
  // It works at its end.
  drain: { beforeUs: OPEN_AT_LEAST_US, afterUs: CALL_US },
  "close-take": { beforeUs: UNIT_US },
  "close-give": { beforeUs: UNIT_US },
  reboot: { beforeUs: CALL_US, afterUs: SHUTDOWN_US },
  restart: { beforeUs: 0 },
  boot: { beforeUs: 0, waitsUs: BACK_WITHIN_US, everyUs: BACK_EVERY_US },
  release: { beforeUs: CALL_US },
  whole: { beforeUs: 0, waitsUs: WHOLE_WITHIN_US, everyUs: WHOLE_EVERY_US },
  turn: { beforeUs: 0 },
};

/** From the end of the step before until one of this kind works. */
export function beforeUs(scene: Scene, kind: WorkStep["kind"]): number {
  const usualUs = stepTimes[kind].beforeUs;
  return kind === "drain" ? Math.min(usualUs, workOf(scene).drainUs) : usualUs;
}

/** Does to the world what the step does. */
export function performStep(scene: Scene, { number }: Job, { kind, node, routers }: WorkStep): void {
  const leaseUs = workOf(scene).drainUs + moveTimes.leaseMarginS * 1_000_000;
  switch (kind) {
    case "open-give":
      return openPath(scene, node, { kind: "give", owner: number, routers }, leaseUs);
    case "open-take":
      return openPath(scene, node, { kind: "take", owner: number, routers }, leaseUs);
    case "boost":
      return boost(scene, node, number);
    case "aside":
      return standAside(scene, node, number, routers);
    case "give":
      return beginPulse(scene, node, number, routers);
    case "maintain":
      return beginMaintenance(scene, node);
    case "unboost":
      return endErrand(scene, node, "boost");
    case "drain":
      return drain(scene, node, routers);
    case "close-take":
      return endErrand(scene, node, "take", number);
    case "close-give":
      return endErrand(scene, node, "give", number);
    case "reboot":
      stopHaproxy(scene, node, false);
      return stopDaemon(scene, node, false);
    case "restart":
      powerOff(scene, node);
      return powerOn(scene, node);
    case "release":
      return endMaintenance(scene, node);
    case "await":
    case "confirm":
    case "boot":
    case "whole":
    case "turn":
      return;
  }
}

/** Connections have had their time. With the VIP those of a node come back to it, and are its own again. */
function drain(scene: Scene, node: number, routers: readonly number[]): void {
  if (workOf(scene).drainUs < CONNECTIONS_END_US) return;
  endConnections(
    scene,
    node,
    routers.filter((router) => !holdsRouter(scene, node, router)),
  );
}

/** What the kinds that wait wait for, and why that has not come about. */
const awaited: Readonly<
  Partial<
    Record<
      WorkStep["kind"],
      { readonly isThere: (scene: Scene, job: Job, step: WorkStep) => boolean; readonly whyNot: string }
    >
  >
> = {
  give: { isThere: hasLetGo, whyNot: "the VIP does not leave the node" },
  await: {
    isThere: (scene, _job, { node, routers }) =>
      isConnected(scene.world.nodes[node]!) && routers.every((router) => holdsRouter(scene, node, router)),
    whyNot: `the VIP is not here after ${moveTimes.awaitLooks / 100} s`,
  },
  boot: {
    isThere: (scene, _job, { node }) => {
      const nodeWorld = scene.world.nodes[node]!;
      return isConnected(nodeWorld) && nodeWorld.daemon === "running" && nodeWorld.haproxy === "up";
    },
    whyNot: "it did not come back in time",
  },
  whole: { isThere: isWhole, whyNot: "the pair does not become whole again" },
};

/** The pulse is over, and the VIPs have left. */
function hasLetGo(scene: Scene, { number }: Job, { node, routers }: WorkStep): boolean {
  const nodeWorld = scene.world.nodes[node]!;
  const pulses = nodeWorld.errands.some(({ kind, owner }) => kind === "pulse" && owner === number);
  return !pulses && isConnected(nodeWorld) && !routers.some((router) => holdsRouter(scene, node, router));
}

/** Whether what a step waits for has come about. */
export function isDone(scene: Scene, job: Job, step: WorkStep): boolean {
  return awaited[step.kind]?.isThere(scene, job, step) ?? true;
}

export function whyNot(kind: WorkStep["kind"]): string {
  return awaited[kind]?.whyNot ?? "it did not end";
}

/** Closes what a move has opened, where the nodes can be told; the others close it at their time. */
export function takeBack(scene: Scene, job: Job, failed: MoveStepKind): void {
  const undone = isBeforeMove(failed) ? [] : ["maintain"];
  for (const step of job.steps) {
    if (!isConnected(scene.world.nodes[step.node]!)) continue;
    if (step.kind === "unboost" || step.kind === "close-take" || step.kind === "close-give")
      performStep(scene, job, step);
    if (undone.includes(step.kind)) endMaintenance(scene, step.node);
  }
}
