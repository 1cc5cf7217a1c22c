// What will fail later or was changed on purpose: certificates near their end, daemons that run another configuration, nodes in maintenance.

import { type Fact, heldByText, momentText, sinceText } from "../../agent-api/index.ts";
import { sentenceList } from "../../base/index.ts";
import { factsOf } from "../knowledge.ts";
import { always, type Condition, type Finding, joined, type Judgement } from "./condition.ts";
import {
  begunBy,
  fact,
  fresh,
  lastResortHolders,
  maintenanceEndMs,
  maintenanceOf,
  sinceMs,
  type View,
} from "./view.ts";
import { explained } from "./words.ts";

const DAY_MS = 24 * 3_600_000;

function isoText(atMs: number): string {
  return momentText(atMs).replace(" ", "T");
}

const LOOKS_APART_MS = 60_000;

export const certificateEnding: Condition = {
  code: "certificate-ending",
  summary: "A certificate that HAProxy has loaded ends within the set number of days, or has ended.",
  // Each node asks its own HAProxy, and people need to be told once.
  patience: always(LOOKS_APART_MS, 0),
  find: (view) => {
    const names = new Set(
      view.settings.nodes.flatMap(({ name }) =>
        factsOf(view.knowledge, name, "certificate").map(([certificate]) => certificate),
      ),
    );
    return joined([...names].map((certificate) => judgeCertificate(view, certificate)));
  },
};

interface Loaded {
  readonly node: string;
  readonly fact: Fact;
  readonly endMs: number;
}

function judgeCertificate(view: View, certificate: string): Judgement {
  const loaded: Loaded[] = [];
  let unknown = false;
  for (const { name } of view.settings.nodes) {
    const known = fact(view, name, "certificate", certificate);
    const endMs = Date.parse(known?.value ?? "");
    if (known === undefined || !Number.isFinite(endMs)) continue;
    if (fresh(view, name)) loaded.push({ node: name, fact: known, endMs });
    else unknown = true;
  }
  const noticeMs = view.settings.alerts.certificateDays * DAY_MS;
  const ending = loaded.filter(({ endMs }) => endMs - noticeMs <= view.nowMs);
  const nextMs = loaded
    .flatMap(({ endMs }) => [endMs - noticeMs, endMs])
    .filter((moment) => moment > view.nowMs);
  const recheck = nextMs.length === 0 ? {} : { recheckAtMs: Math.min(...nextMs) };
  const [first] = ending;
  if (first === undefined) return { findings: [], unknown: unknown ? [certificate] : [], ...recheck };
  return { findings: [certificateFinding(view, certificate, first, ending)], ...recheck };
}

function certificateFinding(
  view: View,
  certificate: string,
  first: Loaded,
  ending: readonly Loaded[],
): Finding {
  const endMs = Math.min(...ending.map((each) => each.endMs));
  const ended = endMs <= view.nowMs;
  const nodes = sentenceList(ending.map(({ node }) => node));
  const began = Math.max(
    sinceMs(view, first.node, first.fact),
    endMs - view.settings.alerts.certificateDays * DAY_MS,
  );
  return {
    scope: certificate,
    severity: ended ? "critical" : "warning",
    title: `${view.settings.pair}: certificate ${certificate} ${ended ? "ended" : "ends"} ${sinceText(endMs)}`,
    text: explained({
      why: `HAProxy on ${nodes} has loaded it, and it ${ended ? "is no longer valid" : "has not been renewed"}`,
      sinceMs: began,
      service: ended
        ? "clients refuse the connection"
        : "clients notice nothing until then; from then on they refuse the connection",
      action: `renew it, put it on every node and reload HAProxy; a renewed file that was not loaded does not help`,
    }),
    detail: {
      certificate,
      ends: isoText(endMs),
      nodes: ending.map(({ node }) => node).join(","),
    },
    sinceMs: Math.min(began, view.nowMs),
    begunBy: begunBy(view, first.node, first.fact),
  };
}

/** An apply writes files, and reloads daemons a while later. */
const APPLY_MS = 120_000;

export const configurationDiffers: Condition = {
  code: "configuration-differs",
  summary:
    "A daemon runs another configuration than the deployed one: it was not read, or was changed by hand.",
  patience: always(APPLY_MS, 1_000),
  find: (view) => joined(view.settings.nodes.map(({ name }) => judgeConfiguration(view, name))),
};

function judgeConfiguration(view: View, node: string): Judgement {
  if (!fresh(view, node)) return { findings: [], unknown: [node] };
  const wrong = (["haproxy", "keepalived"] as const).flatMap((daemon) => {
    const known = fact(view, node, "configuration", daemon);
    return known?.value === "unread" || known?.value === "edited" ? [{ daemon, known }] : [];
  });
  const reload = fact(view, node, "reload", "keepalived");
  const refused = reload?.value === "failed" ? [{ daemon: "keepalived" as const, known: reload }] : [];
  const all = [...wrong, ...refused];
  const [first] = all;
  if (first === undefined) return { findings: [] };
  const reasons = all.map(({ daemon, known }) => configurationReasons[known.value]?.(daemon) ?? daemon);
  const began = sinceMs(view, node, first.known);
  return {
    findings: [
      {
        scope: node,
        node,
        severity: "warning",
        title: `${node}: ${sentenceList([...new Set(all.map(({ daemon }) => daemon))])} does not run what was deployed`,
        text: explained({
          why: reasons.join("; "),
          sinceMs: began,
          service:
            "the running configuration goes on; after a restart it is another one, and a failover may behave differently",
          action: "hapair plan shows the difference; hapair apply makes both the same",
        }),
        detail: { node, reason: reasons.join("; ") },
        sinceMs: began,
        begunBy: begunBy(view, node, first.known),
      },
    ],
  };
}

const configurationReasons: Readonly<Record<string, (daemon: string) => string>> = {
  unread: (daemon) => `${daemon} was not reloaded since its file was written`,
  edited: (daemon) => `${daemon}'s file was changed after the last apply`,
  failed: (daemon) => `${daemon} refused its last reload`,
};

export const maintenance: Condition = {
  code: "maintenance",
  summary: "A node is held for maintenance, or has left it.",
  patience: always(0, 0),
  find: (view) => joined(view.settings.nodes.map(({ name }) => judgeMaintenance(view, name, false))),
};

export const maintenanceOverdue: Condition = {
  code: "maintenance-overdue",
  summary: "A node is still held after the end that was said, or for more than a day where none was.",
  patience: always(0, 0),
  find: (view) => joined(view.settings.nodes.map(({ name }) => judgeMaintenance(view, name, true))),
};

/** When it ends, or should have, where that was said. */
function endText(known: Fact, endMs: number, overdue: boolean): string {
  if (known.detail?.["until"] === undefined) return "";
  return overdue ? `; it should have ended ${sinceText(endMs)}` : `; until ${sinceText(endMs)}`;
}

function judgeMaintenance(view: View, node: string, overdue: boolean): Judgement {
  if (!fresh(view, node)) return { findings: [], unknown: [node] };
  const known = maintenanceOf(view, node);
  if (known === undefined) return { findings: [] };
  const endMs = maintenanceEndMs(view, node, known);
  if (overdue && endMs > view.nowMs) return { findings: [], recheckAtMs: endMs };
  const by = heldByText(known.detail);
  const holds = lastResortHolders(view).includes(node);
  const until = known.detail?.["until"] === undefined ? "" : ` until ${sinceText(endMs)}`;
  return {
    findings: [
      {
        scope: node,
        node,
        severity: overdue ? "warning" : "info",
        title: overdue
          ? `${node}: maintenance is overdue${by === "" ? "" : ` (${by})`}`
          : `${node}: in maintenance${until}${by === "" ? "" : ` (${by})`}`,
        text: explained({
          why: `${by === "" ? "the node was held, and nobody said by whom" : by}${endText(known, endMs, overdue)}`,
          sinceMs: sinceMs(view, node, known),
          service: holds
            ? `${node} holds the address as a last resort: the pair is not redundant`
            : `${node} does not take the address over: the pair is not redundant`,
          action: overdue
            ? `end the maintenance of ${node} (hapair maintenance off ${node}), or prolong it`
            : `end it when the work on ${node} is done: hapair maintenance off ${node}`,
        }),
        detail: { node, until: isoText(endMs), ...(by === "" ? {} : { by }) },
        sinceMs: overdue ? endMs : sinceMs(view, node, known),
        begunBy: begunBy(view, node, known),
      },
    ],
  };
}
