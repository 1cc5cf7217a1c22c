// HAProxy on one node: down, hung, reloaded badly, slow. What is wrong on a node that others stand in for is told as lost redundancy, not twice.

import type { AgentSettings, Fact } from "../../agent-api/index.ts";
import { always, type Condition, type Finding, type Judgement, joined } from "./condition.ts";
import { downText, haproxyDown, haproxyHung } from "./troubles.ts";
import {
  begunBy,
  fact,
  fresh,
  heldBy,
  isMaintained,
  isStandby,
  sinceMs,
  type View,
  vipText,
} from "./view.ts";
import { explained } from "./words.ts";

/** systemd starts HAProxy again within 0.1 s, and it comes up within a second. */
const RESTART_MS = 3_000;
const HANG_MS = 2_000;
const SLOW_MS = 30_000;

interface Found {
  readonly fact: Fact;
  readonly severity: Finding["severity"];
  readonly title: string;
  readonly why: string;
  readonly service: string;
  readonly action: string;
}

/** untold: it is so, but is told as something else; an incident that was opened before stays until it is no longer so. */
type Look = (view: View, node: string) => Found | "untold" | undefined;

/** A condition of each node by itself, told by its own agent, and not judged where its agent is not heard. */
function ofEachNode(find: Look): Condition["find"] {
  return (view) => joined(view.settings.nodes.map(({ name }) => judge(view, name, find)));
}

function judge(view: View, node: string, find: Look): Judgement {
  if (!fresh(view, node)) return { findings: [], unknown: [node] };
  const found = find(view, node);
  if (found === undefined) return { findings: [] };
  if (found === "untold") return { findings: [], unknown: [node] };
  const { fact: known, severity, title, why, service, action } = found;
  const began = sinceMs(view, node, known);
  return {
    findings: [
      {
        scope: node,
        node,
        severity,
        title: `${node}: ${title}`,
        text: explained({ why, sinceMs: began, service, action }),
        detail: { node, reason: why },
        sinceMs: began,
        begunBy: begunBy(view, node, known),
      },
    ],
  };
}

/** What it means for clients that a node does not serve, by what it holds. */
function serviceText(view: View, node: string): string {
  const held = heldBy(view, node);
  return held.length === 0
    ? `${node} holds no address; whether another node serves is not known here`
    : `${node} still holds ${held.map(vipText).join(" and ")}: clients are not served`;
}

/** It is told as something else: as lost redundancy, as no holder, or as the maintenance that it is part of. */
function isToldElsewhere(view: View, node: string): boolean {
  if (heldBy(view, node).length > 0) return false;
  return (
    isStandby(view, node) ||
    isMaintained(view, node) ||
    view.settings.nodes.every(({ name }) => fresh(view, name))
  );
}

export const haproxyIsDown: Condition = {
  code: "haproxy-down",
  summary:
    "HAProxy does not run on a node, longer than systemd takes to start it again, and the address has not moved away from it.",
  patience: always(RESTART_MS, RESTART_MS),
  find: ofEachNode((view, node) => {
    const down = haproxyDown(view, node);
    if (down === undefined) return undefined;
    if (isToldElsewhere(view, node)) return "untold";
    return {
      fact: down,
      severity: heldBy(view, node).length > 0 ? "critical" : "warning",
      title: downText(down),
      why: downText(down),
      service: serviceText(view, node),
      action: `on ${node}: journalctl -u haproxy says why; haproxy -c -f tells whether its configuration is good; then systemctl start haproxy`,
    };
  }),
};

export const haproxyIsHung: Condition = {
  code: "haproxy-hung",
  summary: "HAProxy runs on a node and does not answer, and the address has not moved away from it.",
  patience: always(HANG_MS, RESTART_MS),
  find: ofEachNode((view, node) => {
    const hung = haproxyHung(view, node);
    if (hung === undefined) return undefined;
    if (isToldElsewhere(view, node)) return "untold";
    const what = hung === fact(view, node, "answering", "haproxy") ? "runtime socket" : "health address";
    return {
      fact: hung,
      severity: heldBy(view, node).length > 0 ? "critical" : "warning",
      title: "HAProxy runs but does not answer",
      why: `its ${what} has not answered within the time limit`,
      service: serviceText(view, node),
      action: `on ${node}: systemctl restart haproxy; before that, a core (gcore) or top tells what it is busy with`,
    };
  }),
};

export const haproxyReloadFailed: Condition = {
  code: "haproxy-reload-failed",
  summary: "HAProxy's last reload failed: the old configuration goes on serving.",
  patience: always(1_000, 0),
  find: ofEachNode((view, node) => {
    const reload = fact(view, node, "reload", "haproxy");
    if (reload?.value !== "failed") return undefined;
    const reason = reload.detail?.["reason"];
    return {
      fact: reload,
      severity: "warning",
      title: "HAProxy's reload failed",
      why: reason ?? "HAProxy refused the new configuration, or did not come up with it",
      service: "the old configuration goes on serving; a restart of HAProxy or of the node would fail",
      action: `on ${node}: haproxy -c -f /etc/haproxy/haproxy.cfg names the line; mend it and reload`,
    };
  }),
};

export const checkIsSlow: Condition = {
  code: "check-slow",
  summary: "HAProxy's health address answers, but slowly, again and again.",
  patience: always(SLOW_MS, SLOW_MS),
  find: ofEachNode((view, node) => {
    const health = fact(view, node, "health", "haproxy");
    if (health?.value !== "slow" || haproxyDown(view, node) !== undefined) return undefined;
    return {
      fact: health,
      severity: "warning",
      title: `HAProxy answers its health check slowly (over ${limitText(view.settings)})`,
      why: "the machine or HAProxy is short of CPU, or blocked by disk or a lookup",
      service: `requests are likely to be slow too; past the check's time limit of ${view.settings.haproxy.timeLimitMs} ms the node gives the address up`,
      action: `on ${node}: top, and HAProxy's statistics (idle share, queue, sessions)`,
    };
  }),
};

function limitText(settings: AgentSettings): string {
  return `${settings.haproxy.slowMs} ms`;
}
