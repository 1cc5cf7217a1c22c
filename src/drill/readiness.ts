// Whether a pair could lose a node now: one holder, every other node in BACKUP, both daemons active everywhere.

import { setTimeout as sleep } from "node:timers/promises";
import { HapairError, messageOf } from "../base/index.ts";
import type { DrillNode, DrillSubject } from "./subject.ts";
import { drilledVip } from "./subject.ts";

export interface NodeReadiness {
  readonly node: string;
  readonly holds: boolean;
  /** keepalived's last word on the instance in its present run: MASTER, BACKUP, FAULT or unknown. */
  readonly state: string;
  readonly keepalivedActive: boolean;
  readonly haproxyActive: boolean;
}

export interface PairReadiness {
  readonly redundant: boolean;
  readonly holder: string | undefined;
  readonly standbys: readonly string[];
  /** Why it is not redundant, in words; empty when it is. */
  readonly reasons: readonly string[];
  readonly nodes: readonly NodeReadiness[];
}

// Five lines, in this order: keepalived active, haproxy active, the instance's last state, whether the VIP is here, end.
function readinessScript(instance: string, device: string, vip: string): string {
  return `systemctl is-active keepalived
systemctl is-active haproxy
journalctl --quiet --no-pager --output cat --lines 400 _SYSTEMD_INVOCATION_ID="$(systemctl show --property InvocationID --value keepalived)" |
  sed -n 's/.*(${instance}) [Ee]ntering \\([A-Z]*\\) [Ss][Tt][Aa][Tt][Ee].*/\\1/p' | tail -n 1 | grep . || echo unknown
ip -o address show dev ${device} | grep -F -q ' ${vip}/' && echo holds || echo free`;
}

async function readNode(subject: DrillSubject, node: DrillNode): Promise<NodeReadiness> {
  const result = await node.host.run(
    readinessScript(subject.router.name, node.interface, drilledVip(subject)),
    { timeoutMs: 5000 },
  );
  const [keepalived, haproxy, state = "unknown", holds] = result.stdout.split("\n");
  return {
    node: node.name,
    holds: holds === "holds",
    state,
    keepalivedActive: keepalived === "active",
    haproxyActive: haproxy === "active",
  };
}

/** Asks every node once, at the same time. */
export async function readReadiness(subject: DrillSubject): Promise<PairReadiness> {
  const answers = await Promise.allSettled(subject.nodes.map((node) => readNode(subject, node)));
  const reasons: string[] = [];
  const nodes: NodeReadiness[] = [];
  for (const [index, answer] of answers.entries()) {
    if (answer.status === "fulfilled") nodes.push(answer.value);
    else
      reasons.push(`${subject.nodes[index]?.name ?? "a node"} does not answer (${messageOf(answer.reason)})`);
  }
  const holders = nodes.filter((node) => node.holds).map((node) => node.node);
  if (holders.length === 0) reasons.push(`no node holds ${drilledVip(subject)}`);
  if (holders.length > 1) reasons.push(`${holders.join(" and ")} both hold ${drilledVip(subject)}`);
  for (const node of nodes) {
    if (!node.keepalivedActive) reasons.push(`keepalived is not active on ${node.node}`);
    if (!node.haproxyActive) reasons.push(`HAProxy is not active on ${node.node}`);
    if (!node.holds && node.state !== "BACKUP")
      reasons.push(`${node.node} is in ${node.state}, not in BACKUP`);
  }
  return {
    redundant: reasons.length === 0,
    holder: holders.length === 1 ? holders[0] : undefined,
    standbys: nodes.filter((node) => !node.holds).map((node) => node.node),
    reasons,
    nodes,
  };
}

const POLL_MS = 150;

/** Waits until the pair is redundant twice in a row; throws HapairError `not-redundant` with the reasons after `limitMs`. */
export async function waitUntilRedundant(subject: DrillSubject, limitMs: number): Promise<PairReadiness> {
  const deadline = performance.now() + limitMs;
  let before = false;
  for (;;) {
    const readiness = await readReadiness(subject);
    if (readiness.redundant && before) return readiness;
    before = readiness.redundant;
    if (performance.now() > deadline) {
      throw new HapairError({
        kind: "unreachable",
        code: "not-redundant",
        message: `the pair is not redundant: ${readiness.reasons.join("; ")}`,
        hint: "A drill would only make it worse. hapair verify says more.",
      });
    }
    await sleep(POLL_MS);
  }
}
