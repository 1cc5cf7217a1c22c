// A pair's status as one screen of aligned text. Pure: the same status gives the same text.

import { sentenceList } from "../base/index.ts";
import type { Paint } from "../diagnostics/index.ts";
import type { AgentSight } from "./agent-sight.ts";
import { alignedRows, type Cell } from "./aligned-text.ts";
import { leftoverAdvice } from "./leftovers.ts";
import { drainText, minuteText } from "./maintenance-status.ts";
import { type InstanceStatus, type LayerName, layerNames, type NodeStatus } from "./node-status.ts";
import type { PairStatus, RouterStatus } from "./pair-status.ts";
import { ageText, clockText } from "./time-text.ts";

/** Clock differences below this are not worth a line. */
const CLOCK_DIFFERENCE_MS = 1000;

/** The status, no newline at the end. */
export function renderStatus(status: PairStatus, paint: Paint): string {
  const lines = [
    `${paint("strong", status.pair)}  ${status.profile}  ${paint("dim", clockText(status.observedAtMs))}`,
    "",
    ...status.routers.map((router) => routerLine(router, status, paint)),
    ...redundancyLines(status, paint),
    ...operationLines(status, paint),
    "",
    ...nodeTable(status, paint),
    ...agentLines(status, paint),
  ];
  for (const node of status.nodes) {
    if (node.error?.hint !== undefined) lines.push("", `${node.node}: ${node.error.hint}`);
    if (Math.abs(node.clockAheadMs ?? 0) >= CLOCK_DIFFERENCE_MS) lines.push("", clockLine(node));
  }
  return lines.map((line) => line.trimEnd()).join("\n");
}

function routerLine(router: RouterStatus, status: PairStatus, paint: Paint): string {
  const since =
    router.sinceMs === undefined
      ? ""
      : paint("dim", `  since ${sinceText(router.sinceMs, status.observedAtMs)}`);
  const text = router.verdict === "one-holder" ? paint("strong", router.text) : paint("error", router.text);
  return `${text}${since}  ${paint("dim", `router ${router.router}, VRID ${router.vrid}`)}`;
}

function redundancyLines(status: PairStatus, paint: Paint): string[] {
  const { answer, reasons, planned } = status.redundant;
  if (answer === "yes") return ["redundant: yes"];
  const [only] = reasons;
  if (planned === true) return [`${paint("strong", "redundant: no")}, ${sentenceList(reasons)}`];
  if (reasons.length === 1 && only !== undefined)
    return [`${paint("error", "redundant: no")}, because ${only}`];
  return [`${paint("error", "redundant: no")}, because`, ...reasons.map((reason) => `  - ${reason}`)];
}

/** What is under way, and what of it was left: nothing when nothing is. */
function operationLines(status: PairStatus, paint: Paint): string[] {
  const nowMs = status.observedAtMs;
  return [
    ...status.nodes.flatMap((node) => maintenanceLines(node, status)),
    ...status.drains.map((drain) => `draining: ${drainText(drain, nowMs)}`),
    ...status.nodes.flatMap(({ node, leftovers }) =>
      leftovers.length === 0
        ? []
        : [
            `${paint("warning", "left over:")} ${node}: ${leftovers.map(({ text }) => text).join("; ")}; to mend it: ${leftoverAdvice(node)}`,
          ],
    ),
  ];
}

function maintenanceLines({ node, maintenance, instances }: NodeStatus, status: PairStatus): string[] {
  if (maintenance === undefined) return [];
  const nowMs = status.observedAtMs;
  const { by, reason, sinceMs, untilMs, haproxy, lastResort } = maintenance;
  const parts = [
    sinceMs === undefined ? undefined : `since ${minuteText(sinceMs, nowMs)}`,
    untilMs === undefined ? undefined : untilText(untilMs, nowMs),
    by === undefined ? "whose record cannot be read" : `by ${by}${reason ? `: ${reason}` : ""}`,
    haproxy === "stopped" ? "HAProxy is stopped for it" : undefined,
  ].filter((part) => part !== undefined);
  const vips = status.routers.flatMap(({ vips: each }) =>
    each.filter(({ holders }) => holders.includes(node)).map(({ address }) => address),
  );
  const since = lastResort?.sinceMs === undefined ? "" : ` since ${minuteText(lastResort.sinceMs, nowMs)}`;
  const holds = instances.some((instance) => instance.holds !== "none");
  const resort = holds
    ? `last resort: ${node} holds ${sentenceList(vips)}${since}, because its peers had not been heard`
    : `last resort: ${node} may take the VIP${since}, because its peers have not been heard`;
  return [`maintenance: ${node} ${parts.join(", ")}`, ...(lastResort === undefined ? [] : [resort])];
}

function untilText(untilMs: number, nowMs: number): string {
  const text = `until ${minuteText(untilMs, nowMs)}`;
  return untilMs > nowMs
    ? `${text} (${ageText(untilMs - nowMs)} more)`
    : `${text} (${ageText(nowMs - untilMs)} ago)`;
}

function nodeTable(status: PairStatus, paint: Paint): string[] {
  const severalRouters = status.routers.length > 1;
  const heads = [
    "node",
    ...(severalRouters ? ["router"] : []),
    "state",
    "since",
    "VIP",
    "keepalived",
    "HAProxy",
    ...layerNames,
    ...(status.agents === undefined ? [] : ["agent"]),
  ];
  const rows = status.nodes.flatMap((node) =>
    node.instances.map((instance, index): Cell[] => [
      { text: index === 0 ? node.node : "", kind: "strong" },
      ...(severalRouters ? [{ text: instance.router }] : []),
      stateCell(instance, node),
      {
        text: instance.sinceMs === undefined ? "-" : sinceText(instance.sinceMs, status.observedAtMs),
        kind: "dim",
      },
      { text: node.reachable ? { all: "held", some: "some", none: "-" }[instance.holds] : "unknown" },
      ...(index === 0 ? healthCells(node) : []),
    ]),
  );
  return alignedRows([heads.map((text) => ({ text, kind: "dim" })), ...rows], paint);
}

/** A node under maintenance is in FAULT because somebody wants it to be. */
function stateCell(instance: InstanceStatus, { maintenance }: NodeStatus): Cell {
  if (instance.state === "FAULT" && maintenance !== undefined) return { text: instance.state };
  const bad = instance.state === "FAULT" || instance.state === "STOPPED";
  if (bad) return { text: instance.state, kind: "error" };
  return instance.state === "unknown" ? { text: "unknown", kind: "warning" } : { text: instance.state };
}

function healthCells(node: NodeStatus): Cell[] {
  const isStopped = node.maintenance?.haproxy === "stopped";
  const unit = (text: string, isMeant = false): Cell =>
    text === "active" || isMeant ? { text } : { text, kind: node.reachable ? "error" : "warning" };
  return [
    unit(node.keepalived),
    unit(node.haproxy, isStopped),
    ...layerNames.map((name) => layerCell(name, node)),
    ...(node.agent === undefined ? [] : [agentCell(node.agent)]),
  ];
}

/** Layers that a maintenance sets on purpose, with and without stopping HAProxy. */
const meantLayers: Readonly<Record<"runs" | "stopped", readonly LayerName[]>> = {
  runs: ["hold"],
  stopped: ["hold", "process", "service"],
};

/** A hold that is not set reads as `-`, not as ok. */
function layerCell(name: LayerName, { layers, maintenance }: NodeStatus): Cell {
  const layer = layers[name];
  const isHold = name === "hold";
  if (layer.answer === "bad") {
    const text = isHold ? layer.text.replace(/^1(?= |$)/, "set") : layer.text;
    const isMeant = maintenance !== undefined && meantLayers[maintenance.haproxy ?? "runs"].includes(name);
    return isMeant ? { text } : { text, kind: "error" };
  }
  if (layer.answer === "unknown") return { text: layer.text, kind: "warning" };
  return { text: isHold ? "-" : layer.text };
}

/** An agent's trouble is no lost redundancy, so it is a warning at most. */
function agentCell(agent: AgentSight): Cell {
  return agent.answer === "ok" ? { text: agent.text } : { text: agent.text, kind: "warning" };
}

/** Open incidents and notes; nothing when all is well. */
function agentLines(status: PairStatus, paint: Paint): string[] {
  const { incidents = [], notes = [] } = status.agents ?? {};
  const rows = incidents.map((incident): Cell[] => [
    { text: incident.severity, kind: severityKinds[incident.severity] },
    { text: incident.title },
    { text: `open for ${ageText(status.observedAtMs - incident.openedAtMs)}`, kind: "dim" },
  ]);
  return [
    ...(rows.length === 0 ? [] : ["", ...alignedRows(rows, paint)]),
    ...(notes.length === 0 ? [] : ["", ...notes.map((note) => `${paint("warning", "note:")} ${note}`)]),
  ];
}

const severityKinds = { critical: "error", warning: "warning", info: "dim" } as const;

function sinceText(sinceMs: number, nowMs: number): string {
  return `${clockText(sinceMs).slice(11)} (${ageText(nowMs - sinceMs)})`;
}

function clockLine(node: NodeStatus): string {
  const ahead = node.clockAheadMs ?? 0;
  return `${node.node}: its clock is ${(Math.abs(ahead) / 1000).toFixed(1)} s ${ahead > 0 ? "ahead of" : "behind"} this machine's`;
}
