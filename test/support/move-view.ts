// Views of a pair before a move, for tests: everybody well, n1 holding every router, with what a test changes.

import * as fc from "fast-check";
import type { MoveNode, MoveView } from "../../src/policy/index.ts";

type NodeChange = Partial<Omit<MoveNode, "node">>;

export interface ViewChange {
  /** The pair's size. */
  readonly nodes?: number;
  /** Who holds what, by router; absent: n1 holds `web`. */
  readonly holders?: Readonly<Record<string, string>>;
  /** `failback: allowed`. */
  readonly preempt?: boolean;
  /** By node. */
  readonly changes?: Readonly<Record<string, NodeChange>>;
  readonly problems?: MoveView["problems"];
}

/** Nodes are n1, n2 ..., the most preferred first. */
export function moveView(change: ViewChange = {}): MoveView {
  const holders = change.holders ?? { web: "n1" };
  const names = Array.from({ length: change.nodes ?? 2 }, (_, index) => `n${index + 1}`);
  return {
    nodes: names.map((node): MoveNode => ({
      node,
      reachable: true,
      states: Object.fromEntries(
        Object.entries(holders).map(([router, holder]) => [router, holder === node ? "MASTER" : "BACKUP"]),
      ),
      holds: Object.keys(holders).filter((router) => holders[router] === node),
      underMaintenance: false,
      draining: [],
      service: { answers: true, text: "port 80 HTTP 200" },
      ...change.changes?.[node],
    })),
    routers: Object.keys(holders).map((router) => ({
      router,
      preempt: change.preempt === true,
      prefer: names,
    })),
    problems: change.problems ?? [],
  };
}

const states = fc.constantFrom<MoveNode["states"][string]>("MASTER", "BACKUP", "FAULT", "STOPPED", "unknown");
const routerNames = ["web", "api"];

function anyNode(node: string): fc.Arbitrary<MoveNode> {
  const mostly = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.boolean());
  const text = fc.constant("port 80");
  return fc
    .record({
      reachable: mostly,
      states: fc.record({ web: fc.oneof(fc.constant("BACKUP" as const), states), api: states }),
      holds: fc.subarray(routerNames),
      free: mostly,
      service: fc.record({ answers: mostly, text }),
      drains: mostly,
    })
    .map(({ free, drains, ...seen }) => ({
      ...seen,
      node,
      underMaintenance: !free,
      draining: [],
      ...(drains ? {} : { noDrainPath: "nft is not installed" }),
    }));
}

/** Two or three nodes in any condition at all, one or two routers. */
export const anyView: fc.Arbitrary<MoveView> = fc
  .tuple(
    fc.tuple(anyNode("n1"), anyNode("n2"), anyNode("n3")),
    fc.integer({ min: 2, max: 3 }),
    fc.integer({ min: 1, max: 2 }),
    fc.boolean(),
    fc.subarray([
      { code: "configuration", node: "n2", text: "differs" },
      { code: "certificates", text: "differ" },
    ]),
  )
  .map(([nodes, count, routers, preempt, problems]) => ({
    nodes: nodes.slice(0, count),
    routers: routerNames.slice(0, routers).map((router) => ({
      router,
      preempt,
      prefer: nodes.slice(0, count).map(({ node }) => node),
    })),
    problems,
  }));
