// What verify asks about switchover and maintenance: nothing is left over; and which answers of other checks a maintenance explains. Pure.

import type { Answer, Check, CheckResult } from "./check.ts";
import { leftoverAdvice } from "./leftovers.ts";
import { drainText, type MaintenanceStatus, maintenanceText } from "./maintenance-status.ts";
import type { NodeStatus } from "./node-status.ts";
import type { PairStatus } from "./pair-status.ts";

export const operationChecks: readonly Check[] = [
  {
    check: "leftovers",
    ofNode: ({ name }, { operation }, { status }) => {
      const node = status.nodes.find((candidate) => candidate.node === name);
      return node === undefined || operation === undefined
        ? []
        : [leftoverAnswer(node, operation.steady, status)];
    },
  },
];

function leftoverAnswer(node: NodeStatus, steady: boolean, status: PairStatus): Answer {
  const checked = "nothing is left over from a switchover or a maintenance";
  const evidence = underWayText(node, status);
  if (!steady)
    return {
      checked,
      outcome: "skipped",
      evidence: "a switchover or a maintenance is beginning or ending just now: ask again",
    };
  if (node.leftovers.length === 0) return { checked, outcome: "ok", evidence };
  return {
    checked,
    outcome: "failed",
    evidence: node.leftovers.map(({ text }) => text).join("; "),
    advice: leftoverAdvice(node.node),
  };
}

function underWayText({ node, maintenance }: NodeStatus, { drains, observedAtMs }: PairStatus): string {
  const parts = [
    ...(maintenance === undefined ? [] : [maintenanceText(node, maintenance, observedAtMs)]),
    ...drains
      .filter(({ from, to }) => from === node || to === node)
      .map((drain) => drainText(drain, observedAtMs)),
  ];
  return parts.length === 0 ? "no maintenance, no drain, no hold" : parts.join("; ");
}

/** When a check's bad answer is nothing but the maintenance. */
type Explains = (maintenance: MaintenanceStatus, node: NodeStatus) => boolean;

const isHeld: Explains = (_maintenance, { troubles, layers }) =>
  layers.hold.answer === "bad" && !troubles.some((text) => text.includes("FAULT"));
const haproxyIsStopped: Explains = ({ haproxy }) => haproxy === "stopped";

const explained: Readonly<Record<string, Explains>> = {
  state: (maintenance, node) => isHeld(maintenance, node) || haproxyIsStopped(maintenance, node),
  // A node in FAULT hears as well as another one, but nothing can be inferred of that where nobody counted.
  "adverts-heard": isHeld,
  "haproxy-active": haproxyIsStopped,
  "health-address": haproxyIsStopped,
  "check-script": haproxyIsStopped,
};

/** The result, or that it is skipped where the node's maintenance alone is why it is not well. */
export function besideMaintenance(result: CheckResult, status: PairStatus): CheckResult {
  const node = status.nodes.find((candidate) => candidate.node === result.node);
  if (node?.maintenance === undefined) return result;
  const explains = Object.hasOwn(explained, result.check) ? explained[result.check] : undefined;
  if (explains?.(node.maintenance, node) !== true || !isExplainable(result)) return result;
  const { advice: _notNeeded, ...rest } = result;
  return { ...rest, outcome: "skipped", evidence: `under maintenance: ${result.evidence}` };
}

/** Adverts that were counted and did not come are no matter of a hold. */
function isExplainable({ check, outcome }: CheckResult): boolean {
  return outcome === "unknown" || (outcome === "failed" && check !== "adverts-heard");
}
