// The agents themselves: one that is not heard, and one that could not tell what it had to tell.

import { type AgentRouter, sinceText } from "../../agent-api/index.ts";
import { sentenceList } from "../../base/index.ts";
import { factsOf } from "../knowledge.ts";
import { always, type Condition, joined, type Judgement } from "./condition.ts";
import { goneSince } from "./redundancy.ts";
import {
  begunBy,
  fact,
  fresh,
  holding,
  instanceOf,
  isMaintained,
  lastKnownHolding,
  sinceMs,
  type View,
} from "./view.ts";
import { explained } from "./words.ts";

/** An upgrade or a restart of the agent is over by then. */
const RESTART_MS = 30_000;

export const agentSilent: Condition = {
  code: "agent-silent",
  summary: "A node's agent is not heard by the others: node, agent or network.",
  patience: always(RESTART_MS, 5_000),
  find: (view) => joined(view.settings.nodes.map(({ name }) => judgeSilence(view, name))),
};

function judgeSilence(view: View, node: string): Judgement {
  const { node: self } = view.settings;
  const silent = node === self ? undefined : fact(view, self, "peer", node);
  if (silent === undefined || silent.value !== "silent") return { findings: [] };
  // In maintenance a reboot is expected; a node that lost the address by its silence is told as lost redundancy.
  if (isMaintained(view, node) || goneSince(view, node) !== undefined) return { findings: [] };
  const lastHeardMs = view.knowledge.liveness.get(node)?.lastHeardMs ?? silent.sinceMs;
  const { why, action } = whySilent(view, node);
  return {
    findings: [
      {
        scope: node,
        node,
        severity: "warning",
        title: `${node}: its agent is not heard${why.short}`,
        text: explained({
          why: why.long,
          sinceMs: lastHeardMs,
          service: `failover by keepalived goes on as before; back ends do not move the address meanwhile, and whether ${node} could take over is not known here`,
          action,
        }),
        detail: { node, lastHeard: sinceText(lastHeardMs), reason: why.reason },
        sinceMs: silent.sinceMs,
        begunBy: begunBy(view, self, silent),
      },
    ],
  };
}

interface WhySilent {
  readonly why: { readonly reason: string; readonly short: string; readonly long: string };
  readonly action: string;
}

/** Of node, agent and network: what VRRP and the agent's own last words leave over. */
function whySilent(view: View, node: string): WhySilent {
  const lastWords = fact(view, node, "agent", "self");
  if (lastWords?.value === "stopping")
    return {
      why: {
        reason: "stopped",
        short: ": it was stopped",
        long: "the agent said that it stops, and has not come back",
      },
      action: `on ${node}: systemctl start hapair-agent`,
    };
  if (view.settings.routers.some((router) => isHeardByVrrp(view, node, router)))
    return {
      why: {
        reason: "agent",
        short: "; the node itself is up",
        long: `its keepalived still sends adverts, so the node is up: its agent does not run, or UDP port ${view.settings.peers.port} is blocked`,
      },
      action: `on ${node}: systemctl status hapair-agent; let UDP port ${view.settings.peers.port} pass between the nodes`,
    };
  return {
    why: {
      reason: "unknown",
      short: "",
      long: "the node, its agent or the network between is down; VRRP does not tell which, because a standby sends nothing",
    },
    action: `see whether ${node} is up and reached; then systemctl status hapair-agent there`,
  };
}

/** Somebody's adverts keep every node that is heard in BACKUP, and only this node can be sending them. */
function isHeardByVrrp(view: View, node: string, router: AgentRouter): boolean {
  const others = router.prefer.filter((other) => other !== node);
  return (
    router.prefer.includes(node) &&
    lastKnownHolding(view, node, router) !== "no" &&
    others.every(
      (other) =>
        holding(view, other, router) === "no" && instanceOf(view, other, router.name)?.value === "BACKUP",
    )
  );
}

export const alertsLost: Condition = {
  code: "alerts-lost",
  summary: "Notices could not be delivered and were given up, or the agent's log cannot be written.",
  patience: always(0, 300_000),
  find: (view) => joined(view.settings.nodes.map(({ name }) => judgeAlerts(view, name))),
};

/** How the outbox begins its reason for a notice that nobody misses: the same receiver was told what came after it. */
const OVERTAKEN = "a later change of its incident";

function judgeAlerts(view: View, node: string): Judgement {
  if (!fresh(view, node)) return { findings: [], unknown: [node] };
  const routesSet = new Set(view.settings.alerts.routes.map((route) => route.name));
  const lost = factsOf(view.knowledge, node, "notice").filter(
    ([route, known]) =>
      routesSet.has(route) &&
      (known.value === "expired" || known.value === "dropped") &&
      known.detail?.["reason"]?.startsWith(OVERTAKEN) !== true,
  );
  const log = fact(view, node, "log", "self");
  const logFails = log?.value === "failing" ? log : undefined;
  const first = logFails ?? lost[0]?.[1];
  if (first === undefined) return { findings: [] };
  const routes = lost.map(([route]) => route);
  const reasons = [
    ...(logFails === undefined
      ? []
      : [`its log cannot be written${reasonText(logFails.detail?.["reason"])}`]),
    ...lost.map(
      ([route, known]) =>
        `route ${route}: a notice was ${known.value === "expired" ? "tried for as long as was set and given up" : "dropped to make room"}${reasonText(known.detail?.["reason"])}`,
    ),
  ];
  const began = sinceMs(view, node, first);
  return {
    findings: [
      {
        scope: node,
        node,
        severity: "critical",
        title: `${node}: ${logFails === undefined ? `alerts were lost on ${routes.length === 1 ? "route" : "routes"} ${sentenceList(routes)}` : "the agent's log cannot be written"}`,
        text: explained({
          why: reasons.join("; "),
          sinceMs: began,
          service:
            logFails === undefined
              ? "clients notice nothing; people may not have learned of what hapair history lists"
              : "clients notice nothing; alerts go on, as long as the agent runs",
          action:
            logFails === undefined
              ? "mend the receiver or the route, then try it: hapair alert test"
              : `make room on ${node}'s disk, or see why it refuses to be written`,
        }),
        detail: { node, routes: routes.join(","), reason: reasons[0] ?? "" },
        sinceMs: began,
        begunBy: begunBy(view, node, first),
      },
    ],
  };
}

function reasonText(reason: string | undefined): string {
  return reason === undefined || reason === "" ? "" : ` (${reason})`;
}
