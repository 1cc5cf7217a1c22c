// A pair whose standby cannot take over is one failure away from an outage, and nobody notices: "redundancy lost", and restored.
// Rule: only a node that is known to be unfit is told. One that is not heard is told by agent-silent, unless its silence itself cost it the address.

import { type AgentSettings, type Fact, heldByText, sinceText } from "../../agent-api/index.ts";
import { sentenceList } from "../../base/index.ts";
import { factOf, ownTimeMs } from "../knowledge.ts";
import { type Condition, type Finding, joined, type Judgement } from "./condition.ts";
import { type Trouble, troublesOf } from "./troubles.ts";
import {
  begunBy,
  fresh,
  heldBy,
  isStandby,
  lastResortHolders,
  lastResortOf,
  maintenanceOf,
  sinceMs,
  type View,
} from "./view.ts";
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
  resolvedTitle: ({ scope, detail }, settings) =>
    detail["reason"] === LAST_RESORT
      ? `${settings.pair}: ${detail["node"] ?? scope} no longer holds the address as a last resort`
      : `${settings.pair}: redundancy restored: ${scope} is fit again`,
  find: (view) => {
    const judged = joined(view.settings.nodes.map((node) => judge(view, node.name)));
    // Whoever is unfit is why a node under maintenance holds the address, and is told with it.
    return judged.findings.length > 0
      ? judged
      : joined([judged, ...lastResortHolders(view).map((node) => judgeHolder(view, node))]);
  },
};

/** The detail's word for a node under maintenance that holds the address while nothing is known to be wrong with the others. */
const LAST_RESORT = "last-resort";

/** The others are back, and the address stays where it is: with a node that somebody works on. */
function judgeHolder(view: View, node: string): Judgement {
  const known = lastResortOf(view, node);
  if (known === undefined) return { findings: [] };
  const others = view.settings.nodes.map(({ name }) => name).filter((name) => name !== node);
  const silent = others.filter((name) => !fresh(view, name));
  const trouble: Trouble = {
    reason: LAST_RESORT,
    text:
      silent.length > 0
        ? silent.map((name) => silentText(view, name)).join("; ")
        : `the adverts of ${sentenceList(others)} were missing`,
    fact: known,
    action:
      silent.length > 0
        ? `see whether ${sentenceList(silent)} is up, at its console; end the maintenance of ${node} as soon as the work allows`
        : `move the address to ${sentenceList(others, "or")} (hapair switch) before the work on ${node} goes on`,
  };
  // Not in the node's own scope, which is not judged while it is under maintenance and held.
  return { findings: [{ ...lost(view, node, [trouble], node), scope: LAST_RESORT }] };
}

function silentText(view: View, node: string): string {
  const silent = factOf(view.knowledge, view.settings.node, "peer", node);
  const lastMs = view.knowledge.liveness.get(node)?.lastHeardMs ?? silent?.sinceMs;
  return `${node} has been silent${lastMs === undefined ? "" : ` since ${sinceText(lastMs)}`}`;
}

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

interface LastResort {
  readonly teller: string;
  readonly began: Pick<Fact, "sinceMs" | "sequence">;
  /** The nodes under maintenance that hold the address. */
  readonly resort: readonly string[];
}

/** The same loss of redundancy; that somebody works on the node that serves is what has to be known first. */
function lostToLastResort(
  view: View,
  node: string,
  troubles: readonly Trouble[],
  { teller, began, resort }: LastResort,
): Finding {
  const [main] = troubles;
  const why =
    main?.reason === "gone"
      ? silentText(view, node)
      : resort.includes(node)
        ? main?.text
        : `${node}: ${main?.text ?? ""}`;
  const by = resort
    .map((name) => heldByText(maintenanceOf(view, name)?.detail))
    .filter((text) => text !== "");
  return {
    scope: node,
    severity: "warning",
    title: `${view.settings.pair}: ${sentenceList(resort)} is under maintenance and holds the VIP as a last resort: ${why ?? "not known why"}`,
    text: explained({
      why: troubles.map(({ text }) => text).join("; "),
      sinceMs: sinceMs(view, teller, began),
      service: `clients are served by ${sentenceList(resort)}, which is under maintenance${by.length === 0 ? "" : ` (${by.join("; ")})`}: what is done there now is done to them, and its next failure is an outage`,
      action: main?.action ?? "hapair verify names what is wrong",
    }),
    detail: { node, reason: main?.reason ?? "", reasons: troubles.map(({ reason }) => reason).join(",") },
    sinceMs: sinceMs(view, teller, began),
    begunBy: begunBy(view, teller, began),
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
  const resort = lastResortHolders(view);
  if (resort.length > 0) return lostToLastResort(view, node, troubles, { teller, began, resort });
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
