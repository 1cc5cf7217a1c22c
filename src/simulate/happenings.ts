// What a scenario's event does to a node: one table from the kinds of happening to the functions that make them. Rule: nothing else in a simulation
// comes from outside.

import { unreachable } from "../base/index.ts";
import type { Happening, Service } from "../scenario/index.ts";
import { freezeAgent, killAgent, restartAgent, startAgent, stopAgent, thawAgent } from "./agents.ts";
import { rouse } from "./checks.ts";
import {
  freezeDaemon,
  killChild,
  killDaemon,
  killParent,
  reloadDaemon,
  startDaemon,
  stopDaemon,
  thawDaemon,
} from "./daemon.ts";
import { hangHaproxy, killHaproxy, resumeHaproxy, startHaproxy, stopHaproxy, writeFile } from "./haproxy.ts";
import { happen, setHolds } from "./instances.ts";
import { powerOff, powerOn, setCable } from "./machine-room.ts";
import { layoutOf } from "./network.ts";
import type { Scene } from "./scene.ts";
import { changedCheck, type CheckWorld, markUnread } from "./world.ts";

/** Planned work is more than one thing at one moment: it is begun elsewhere. */
export type WorkKind = "switch" | "maintenance-on" | "maintenance-off" | "roll" | "mend-switch";
export type Fault = Exclude<Happening, { readonly kind: WorkKind }>;

type OfService = Extract<Fault, { readonly service: Service }>["kind"];

const services: Readonly<Record<Service, Record<OfService, (scene: Scene, node: number) => void>>> = {
  haproxy: {
    "stop-service": (scene, node) => stopHaproxy(scene, node, false),
    "start-service": startHaproxy,
    "restart-service": (scene, node) => stopHaproxy(scene, node, true),
    "kill-service": killHaproxy,
    "freeze-service": hangHaproxy,
    "thaw-service": resumeHaproxy,
  },
  keepalived: {
    "stop-service": (scene, node) => stopDaemon(scene, node, false),
    "start-service": startDaemon,
    "restart-service": (scene, node) => stopDaemon(scene, node, true),
    "kill-service": killDaemon,
    "freeze-service": freezeDaemon,
    "thaw-service": thawDaemon,
  },
  "hapair-agent": {
    "stop-service": stopAgent,
    "start-service": startAgent,
    "restart-service": restartAgent,
    "kill-service": killAgent,
    "freeze-service": freezeAgent,
    "thaw-service": thawAgent,
  },
};

/** Makes it happen to one node, at the world's time. */
export function strike(scene: Scene, node: number, fault: Fault): void {
  const nodeWorld = scene.world.nodes[node]!;
  switch (fault.kind) {
    case "stop-service":
    case "start-service":
    case "restart-service":
    case "kill-service":
    case "freeze-service":
    case "thaw-service":
      if (nodeWorld.power) services[fault.service][fault.kind](scene, node);
      return;
    case "power-off":
      return powerOff(scene, node);
    case "power-on":
      return powerOn(scene, node);
    case "cut-cable":
      return setCable(scene, node, false);
    case "restore-cable":
      return setCable(scene, node, true);
    case "delete-vip":
      return deleteVips(scene, node);
    case "block-vrrp":
      nodeWorld.blocksIn ||= fault.direction !== "out";
      nodeWorld.blocksOut ||= fault.direction !== "in";
      return;
    case "unblock-vrrp":
      nodeWorld.blocksIn = false;
      nodeWorld.blocksOut = false;
      return;
    case "isolate":
      nodeWorld.isolated = true;
      return;
    case "rejoin":
      nodeWorld.isolated = false;
      return;
    case "delay-link":
      nodeWorld.delayUs = Math.round(fault.delayMs * 1000);
      return;
    case "block-backends":
      nodeWorld.backends = false;
      return;
    case "unblock-backends":
      nodeWorld.backends = true;
      return;
    case "reload":
      return reload(scene, node, fault.config);
    case "kill-keepalived":
      return fault.process === "child" ? killChild(scene, node) : killParent(scene, node);
    case "fail-check":
      return force(scene, node, fault.check, "fail");
    case "hang-check":
      return force(scene, node, fault.check, "hang");
    case "pass-check":
      return force(scene, node, fault.check, "pass");
    case "write-file":
      return writeFile(scene, node, fault.file, fault.value);
    default:
      return unreachable(fault);
  }
}

/** Someone deletes the VIPs of the pair's first router: a running keepalived that is MASTER of them is told so by the kernel. */
function deleteVips(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { instances } = layoutOf(scene, node);
  for (let instance = 0; instance < nodeWorld.holds.length; instance += 1) {
    if (nodeWorld.holds[instance] !== true || instances[instance]!.router !== 0) continue;
    if (nodeWorld.daemon === "running" && nodeWorld.instances[instance]!.state === "MASTER")
      happen(scene, node, instance, "vip-deleted");
    else {
      if (nodeWorld.daemon === "frozen") markUnread(nodeWorld, "kernel");
      setHolds(scene, node, instance, false);
    }
  }
}

function reload(scene: Scene, node: number, config: string | undefined): void {
  const { layouts } = scene.site.nodes[node]!;
  const nodeWorld = scene.world.nodes[node]!;
  const index = config === undefined ? nodeWorld.layout : layouts.findIndex(({ name }) => name === config);
  if (index >= 0 && nodeWorld.power) reloadDaemon(scene, node, index);
}

function force(scene: Scene, node: number, name: string, forced: CheckWorld["forced"]): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { checks } = layoutOf(scene, node);
  nodeWorld.checks = nodeWorld.checks.map((check, index) =>
    checks[index]!.name === name ? changedCheck(check, { forced }) : check,
  );
  rouse(scene, node);
}
