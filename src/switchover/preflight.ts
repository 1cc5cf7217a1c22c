// The look before a move: verify's questions and a few more, put into the plain words that the decision is made of. Changes nothing.

import type { Host } from "../host/index.ts";
import type { Pair, PairNode } from "../model/index.ts";
import type { MoveNode, MoveView } from "../policy/index.ts";
import { type NodeStatus, type VerifyReport, verifyPair } from "../status/index.ts";
import { lookScript } from "./node-commands.ts";
import { type NodeLook, readLook } from "./node-look.ts";

export interface Preflight {
  readonly view: MoveView;
  /** By node; a node that could not be asked has none. */
  readonly looks: ReadonlyMap<string, NodeLook>;
  readonly verified: VerifyReport;
}

/** Looks at every node at once. */
export async function preflight(pair: Pair, hosts: ReadonlyMap<string, Host>): Promise<Preflight> {
  const looking = Promise.all(
    pair.nodes.map(async (node) => [node.name, await lookAt(pair, node, hosts)] as const),
  );
  // The VIP is not asked: whether it answers now says nothing for or against a move, and a client looks on all the while.
  const [verified, looked] = await Promise.all([verifyPair(pair, hosts, { ports: [] }), looking]);
  const looks = new Map(
    looked.flatMap(([name, look]) => (look === undefined ? [] : [[name, look] as const])),
  );
  return { view: moveView(pair, verified, looks), looks, verified };
}

const LOOK_LIMIT_MS = 20_000;

/** A node's own answer; undefined: it gave none. */
export async function lookAt(
  pair: Pair,
  node: PairNode,
  hosts: ReadonlyMap<string, Host>,
): Promise<NodeLook | undefined> {
  const [address] = node.addresses;
  const host = hosts.get(node.name);
  if (host === undefined || address === undefined) return undefined;
  const vips = pair.routers.flatMap((router) =>
    [...router.vips, ...router.excludedVips].map((vip) => vip.address.text),
  );
  const routers = pair.routers.map(({ name }) => name);
  try {
    const result = await host.run(lookScript({ address: address.text }, vips, routers), {
      timeoutMs: LOOK_LIMIT_MS,
    });
    return readLook(result.stdout);
  } catch {
    // Why it cannot be reached is in verify's answer.
    return undefined;
  }
}

/** Checks of verify that say nothing against a move: they tell of redundancy, of clocks, or of what the agent would do. */
const BESIDE_THE_POINT = new Set(["clock", "agent-active", "leftovers", "vip-answers", "reachable"]);

/** The plain view that policy decides on. Pure. */
export function moveView(pair: Pair, verified: VerifyReport, looks: ReadonlyMap<string, NodeLook>): MoveView {
  return {
    nodes: verified.status.nodes.map((node) => moveNode(pair, node, looks.get(node.node))),
    routers: pair.routers.map((router) => ({
      router: router.name,
      preempt: router.preempt,
      prefer: router.prefer,
    })),
    problems: verified.checks
      .filter(({ outcome, check }) => outcome === "failed" && !BESIDE_THE_POINT.has(check))
      .map(({ check, node, checked, evidence }) => ({
        code: check,
        ...(node === undefined ? {} : { node }),
        text: `${checked}: ${evidence}`,
      })),
  };
}

function moveNode(pair: Pair, node: NodeStatus, look: NodeLook | undefined): MoveNode {
  const unseen = { answers: false, text: "it could not be asked" };
  return {
    node: node.node,
    reachable: node.reachable && look !== undefined,
    states: Object.fromEntries(node.instances.map(({ router, state }) => [router, state])),
    holds: node.instances.filter(({ holds }) => holds === "all").map(({ router }) => router),
    underMaintenance: node.maintenance !== undefined,
    draining: pair.routers
      .filter((router) =>
        [...router.vips, ...router.excludedVips].some(({ address }) => look?.draining.includes(address.text)),
      )
      .map(({ name }) => name),
    service: look?.service ?? unseen,
    ...(look?.noDrainPath === undefined ? {} : { noDrainPath: look.noDrainPath }),
  };
}
