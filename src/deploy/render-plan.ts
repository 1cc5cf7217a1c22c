// A plan as a person reads it: the files of each node with their differences, what to know, the steps in order. Pure text; secrets are masked already.

import { counted } from "../base/index.ts";
import { type Paint, plainPaint } from "../diagnostics/index.ts";
import type { ChangeKind, FileChange } from "./file-change.ts";
import type { NodePlan, Plan, Step } from "./plan.ts";

export interface RenderPlanOptions {
  readonly paint?: Paint;
  /** Show every step's script. */
  readonly scripts?: boolean;
}

const MARKS: Readonly<Record<ChangeKind, string>> = {
  create: "+",
  replace: "~",
  "take-over": "~",
  mode: "~",
  delete: "-",
  restore: "<",
};
const WORDS: Readonly<Record<ChangeKind, string>> = {
  create: "new",
  replace: "changed",
  "take-over": "taken over: not hapair's, the original is kept",
  mode: "mode or owner",
  delete: "removed",
  restore: "given back",
};

/** Several lines; `no changes` when every node is as its files say. Ends with a newline. */
export function renderPlan(plan: Plan, options: RenderPlanOptions = {}): string {
  const paint = options.paint ?? plainPaint;
  const warnings = plan.warnings.map(
    (warning) =>
      `${paint("warning", "!")} ${warning.node === undefined ? "" : `${warning.node}: `}${warning.text}`,
  );
  if (!plan.changed) {
    return [`${plan.pair}: no changes (revision ${plan.revision})`, ...warnings, ""].join("\n");
  }
  const shown = new Map<string, string>();
  const nodes = plan.nodes
    .filter((node) => node.changes.length > 0)
    .flatMap((node) => nodeLines(node, paint, shown));
  return [
    paint("strong", `${plan.pair}: revision ${plan.revision}`),
    "",
    ...nodes,
    ...(warnings.length === 0 ? [] : [...warnings, ""]),
    paint("strong", "Steps"),
    ...stepLines(plan, paint, options.scripts === true),
    "",
    summary(plan),
    "",
  ].join("\n");
}

/** `shown`: a difference and the node it was shown for; the same one is not shown for the next node. */
function nodeLines(node: NodePlan, paint: Paint, shown: Map<string, string>): string[] {
  const role =
    node.role === "holder"
      ? `holds ${node.heldVips.join(", ")}`
      : node.role === "standby"
        ? "standby"
        : "keepalived does not run";
  return [
    paint("strong", `${node.node} (${role})`),
    ...node.changes.flatMap((change) => changeLines(change, node.node, paint, shown)),
    "",
  ];
}

function changeLines(change: FileChange, node: string, paint: Paint, shown: Map<string, string>): string[] {
  const notes = [...(change.editedByHand ? ["changed by hand since the last apply"] : []), ...change.remarks];
  const head = `  ${MARKS[change.kind]} ${change.path}  ${paint("dim", [WORDS[change.kind], ...notes].join("; "))}`;
  if (change.diff === "") return [head];
  // A new file's text is there for the asking (hapair render); its plus signs would bury the rest.
  if (change.kind === "create")
    return [`${head}${paint("dim", `, ${counted(change.diff.split("\n").length - 1, "line")}`)}`];
  const key = `${change.path}\n${change.diff}`;
  const before = shown.get(key);
  if (before !== undefined) return [`${head}${paint("dim", `; the same difference as on ${before}`)}`];
  shown.set(key, node);
  return [head, ...change.diff.split("\n").map((line) => `      ${paint(paintKind(line), line)}`)];
}

function paintKind(line: string): Parameters<Paint>[0] {
  if (line.startsWith("+")) return "advice";
  return line.startsWith("-") ? "error" : "dim";
}

function stepLines(plan: Plan, paint: Paint, scripts: boolean): string[] {
  const width = Math.max(...plan.steps.map((step) => step.node.length));
  return plan.steps.flatMap((step, index) => [
    `  ${String(index + 1).padStart(2)}. ${step.node.padEnd(width)}  ${step.title}${step.why === "" ? "" : paint("dim", ` (${step.why})`)}`,
    ...(scripts
      ? step.script
          .trimEnd()
          .split("\n")
          .map((line) => paint("dim", `        ${line}`))
      : []),
  ]);
}

function summary(plan: Plan): string {
  const changes = plan.nodes.flatMap((node) => node.changes);
  const count = (kinds: readonly ChangeKind[]): number =>
    changes.filter((change) => kinds.includes(change.kind)).length;
  const files = `${count(["create"])} new, ${count(["replace", "mode"])} changed, ${count(["take-over"])} taken over, ${count(["delete", "restore"])} removed`;
  const agent = plan.steps
    .filter((step) => step.kind === "agent" || step.kind === "agent-stop")
    .map((step) => `; ${step.title} on ${step.node}`);
  return `${files}; ${daemonSummary(plan.steps, "haproxy", "HAProxy")}; ${daemonSummary(plan.steps, "keepalived", "keepalived")}${agent.join("")}`;
}

function daemonSummary(steps: readonly Step[], kind: "haproxy" | "keepalived", name: string): string {
  const done = steps.filter(
    (step) => step.kind === kind || (kind === "haproxy" && step.kind === "bridge-exchange"),
  );
  if (done.length === 0) return `${name} is left alone`;
  return done
    .map(
      (step) =>
        `${step.kind === "bridge-exchange" ? "restart (bridged) HAProxy" : step.title} on ${step.node}`,
    )
    .join(", ");
}
