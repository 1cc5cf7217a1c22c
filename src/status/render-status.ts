// A pair's status as one screen of aligned text. Pure: the same status gives the same text.

import type { Paint } from "../diagnostics/index.ts";
import type { AgentSight } from "./agent-sight.ts";
import { alignedRows, type Cell } from "./aligned-text.ts";
import { type InstanceStatus, layerNames, type LayerStatus, type NodeStatus } from "./node-status.ts";
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
  const { answer, reasons } = status.redundant;
  if (answer === "yes") return ["redundant: yes"];
  const [only] = reasons;
  if (reasons.length === 1 && only !== undefined)
    return [`${paint("error", "redundant: no")}, because ${only}`];
  return [`${paint("error", "redundant: no")}, because`, ...reasons.map((reason) => `  - ${reason}`)];
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
      stateCell(instance),
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

function stateCell(instance: InstanceStatus): Cell {
  const bad = instance.state === "FAULT" || instance.state === "STOPPED";
  if (bad) return { text: instance.state, kind: "error" };
  return instance.state === "unknown" ? { text: "unknown", kind: "warning" } : { text: instance.state };
}

function healthCells(node: NodeStatus): Cell[] {
  const unit = (text: string): Cell =>
    text === "active" ? { text } : { text, kind: node.reachable ? "error" : "warning" };
  return [
    unit(node.keepalived),
    unit(node.haproxy),
    ...layerNames.map((name) => layerCell(name === "hold", node.layers[name])),
    ...(node.agent === undefined ? [] : [agentCell(node.agent)]),
  ];
}

/** A hold that is not set reads as `-`, not as ok. */
function layerCell(isHold: boolean, layer: LayerStatus): Cell {
  if (layer.answer === "bad")
    return { text: layer.text === "1" && isHold ? "set" : layer.text, kind: "error" };
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
