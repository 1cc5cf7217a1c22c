// What a drill is done to: a pair's router, hosts to act on, a client to measure with, and, in the lab, a hand on power and cables.

import { HapairError } from "../base/index.ts";
import type { Host } from "../host/index.ts";
import type { Pair, Router } from "../model/index.ts";
import type { Action } from "../scenario/index.ts";
import { type FaultSubject, faultScript } from "./fault-commands.ts";
import type { ProberProcess } from "./prober-process.ts";

export interface DrillNode {
  readonly name: string;
  readonly interface: string;
  /** Where faults are made and addresses are watched; in the lab the machine's console, which works without its network. */
  readonly host: Host;
}

/** The lab's hand: what cannot be done by a command on the node. */
export interface PowerAndCables {
  powerOff(node: string): Promise<void>;
  /** Returns when the machine answers again. */
  powerOn(node: string): Promise<void>;
  cutCable(node: string): Promise<void>;
  restoreCable(node: string): Promise<void>;
}

/** What the operator would be told if they asked now. */
export interface SplitBrainAnswer {
  readonly named: boolean;
  readonly text: string;
}

export interface DrillSubject {
  readonly pair: Pair;
  readonly router: Router;
  readonly nodes: readonly DrillNode[];
  /** The servers of haproxy.cfg with an address of their own. */
  readonly servers: FaultSubject["servers"];
  readonly hands?: PowerAndCables;
  /** Starts the open-loop client; its record goes to `outputFile`. */
  startProber(outputFile: string): Promise<ProberProcess>;
  /** Asks hapair status for a split brain. */
  askForSplitBrain(): Promise<SplitBrainAnswer>;
}

/** The drilled router's first VIP: the one that clients are measured at. */
export function drilledVip(subject: DrillSubject): string {
  const [vip] = [...subject.router.vips, ...subject.router.excludedVips];
  if (vip === undefined) {
    throw new HapairError({
      kind: "usage",
      code: "no-vip",
      message: `router ${subject.router.name} has no virtual address to drill`,
    });
  }
  return vip.address.text;
}

export function nodeOf(subject: DrillSubject, name: string): DrillNode {
  const node = subject.nodes.find((candidate) => candidate.name === name);
  if (node === undefined)
    throw new HapairError({
      kind: "usage",
      code: "no-node",
      message: `there is no node ${name} in this pair`,
    });
  return node;
}

/** What the fault commands need to know of a node. */
export function faultSubject(subject: DrillSubject, node: DrillNode): FaultSubject {
  const vips = [...subject.router.vips, ...subject.router.excludedVips];
  return {
    interface: node.interface,
    vips: vips.map((vip) => `${vip.address.text}/${vip.prefixLength}`),
    servers: subject.servers,
  };
}

/** Does an action to a node. Throws HapairError when a command fails, or when the action needs the lab and there is none. */
export async function perform(subject: DrillSubject, action: Action, nodeName: string): Promise<void> {
  const node = nodeOf(subject, nodeName);
  const script = faultScript(action, faultSubject(subject, node));
  if (script !== undefined) {
    const result = await node.host.run(script);
    if (result.exitCode === 0) return;
    throw new HapairError({
      kind: "unreachable",
      code: "fault-failed",
      message: `${node.name}: ${action.kind} did not work: ${result.stderr.trim() || `exit code ${result.exitCode}`}`,
      hint: `The command was: ${script.split("\n")[0] ?? ""}`,
    });
  }
  const { hands } = subject;
  if (hands === undefined) {
    throw new HapairError({
      kind: "usage",
      code: "lab-only",
      message: `${action.kind} needs the lab`,
      hint: "Run the drill with --lab.",
    });
  }
  if (action.kind === "power-off") await hands.powerOff(nodeName);
  else if (action.kind === "power-on") await hands.powerOn(nodeName);
  else if (action.kind === "cut-cable") await hands.cutCable(nodeName);
  else if (action.kind === "restore-cable") await hands.restoreCable(nodeName);
}
