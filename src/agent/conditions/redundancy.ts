// A pair whose standby cannot take over is one failure away from an outage, and nobody notices: "redundancy lost", and restored.
// Rule: only a node that is known to be unfit is told. One that is not heard is told by agent-silent, unless its silence itself cost it the address.

import type { AgentSettings, Fact } from "../../agent-api/index.ts";
import { sentenceList } from "../../base/index.ts";
import { factOf, ownTimeMs } from "../knowledge.ts";
import { type Condition, type Finding, joined, type Judgement } from "./condition.ts";
import { type Trouble, troublesOf } from "./troubles.ts";
import { begunBy, fresh, heldBy, isStandby, maintenanceOf, sinceMs, type View } from "./view.ts";
import { explained } from "./words.ts";

/** A crash that systemd mends, a reload, a restart of keepalived are over by then. */
const SETTLED_MS = 15_000;
const AFTER_TAKEOVER_MS = 10_000;

export const standbyNotReady: Condition = {
  code: "standby-not-ready",
  summary: "Redundancy is lost: a node that does not hold the address could not take it over.",
  patience: (settings: AgentSettings) => ({
    opensAfterMs: Math.max(
      SETTLED_MS,
      ...settings.routers.map((router) => router.takeoverMs + AFTER_TAKEOVER_MS),
    ),
    resolvesAfterMs: 5_000,
  }),
  resolvedTitle: ({ scope }, settings) => `${settings.pair}: redundancy restored: ${scope} is fit again`,
  find: (view) => joined(view.settings.nodes.map((node) => judge(view, node.name))),
};

function judge(view: View, node: string): Judgement {
  // Told as maintenance; what was told before stays until it is known to be well.
  if (maintenanceOf(view, node) !== undefined && troublesOf(view, node).length > 0)
    return { findings: [], unknown: [node] };
  if (!fresh(view, node)) {
    const gone = goneSince(view, node);
    return gone === undefined
      ? { findings: [], unknown: [node] }
      : { findings: [lost(view, node, [goneTrouble(node, gone)], view.settings.node)] };
  }
  const troubles = troublesOf(view, node);
  if (troubles.length === 0) return { findings: [] };
  if (isStandby(view, node)) return { findings: [lost(view, node, troubles, node)] };
  // It holds an address itself, or nobody is known to: those are told as what they are; what is open stays.
  return { findings: [], unknown: heldBy(view, node).length > 0 ? [] : [node] };
}

/**
 * The fact of a node's silence, since the moment from which VRRP says more than that: another node became MASTER after this one was last heard, though it
 * never said that it gave the address up. Then it sends no adverts either.
 */
export function goneSince(view: View, node: string): Fact | undefined {
  const { knowledge, settings } = view;
  const silent = factOf(knowledge, settings.node, "peer", node);
  if (silent?.value !== "silent") return undefined;
  const lastHeardMs = knowledge.liveness.get(node)?.lastHeardMs ?? silent.sinceMs;
  const takeovers = settings.routers.flatMap((router) => {
    if (factOf(knowledge, node, "instance", router.name)?.value !== "MASTER") return [];
    return settings.nodes.flatMap(({ name }) => {
      const other = factOf(knowledge, name, "instance", router.name);
      if (name === node || !fresh(view, name) || other?.value !== "MASTER") return [];
      const tookOverMs = ownTimeMs(knowledge, name, other.sinceMs);
      return tookOverMs > lastHeardMs - settings.peers.silentMs ? [tookOverMs] : [];
    });
  });
  return takeovers.length === 0
    ? undefined
    : { ...silent, sinceMs: Math.max(silent.sinceMs, Math.min(...takeovers)) };
}

function goneTrouble(node: string, silent: Fact): Trouble {
  return {
    reason: "gone",
    text: "neither its agent nor its keepalived is heard: it is down, or cut off",
    fact: silent,
    action: `see whether ${node} is up, at its console, and whether its network is`,
  };
}

/** `teller`: the node whose events the troubles are. */
function lost(view: View, node: string, troubles: readonly Trouble[], teller: string): Finding {
  const [main] = troubles;
  const oldest = troubles.reduce<Trouble | undefined>(
    (first, each) => (first === undefined || each.fact.sinceMs < first.fact.sinceMs ? each : first),
    undefined,
  );
  const began = oldest?.fact ?? { value: "", sinceMs: view.nowMs, sequence: 0 };
  const others = view.settings.nodes.map(({ name }) => name).filter((name) => name !== node);
  const serving = others.filter((name) => heldBy(view, name).length > 0);
  return {
    scope: node,
    severity: serving.length > 0 ? "warning" : "critical",
    title: `${view.settings.pair}: redundancy lost: ${node} cannot take over: ${main?.text ?? "not known why"}`,
    text: explained({
      why: troubles.map(({ text }) => text).join("; "),
      sinceMs: sinceMs(view, teller, began),
      service:
        serving.length > 0
          ? `clients notice nothing now: ${sentenceList(serving)} serves; its next failure is an outage`
          : `whether clients are served is not known here: ${sentenceList(others)} is not heard`,
      action: main?.action ?? "hapair verify names what is wrong",
    }),
    detail: { node, reason: main?.reason ?? "", reasons: troubles.map(({ reason }) => reason).join(",") },
    sinceMs: sinceMs(view, teller, began),
    begunBy: begunBy(view, teller, began),
  };
}
