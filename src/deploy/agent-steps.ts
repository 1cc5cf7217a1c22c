// The agent's steps within a node's part of an apply: its user before what belongs to it, itself after keepalived has settled, and the way out. Pure.

import type { NodePlan, Step, StepKind } from "./plan.ts";
import {
  agentForgetScript,
  agentStartScript,
  agentStopScript,
  agentUndoScript,
  sysusersScript,
  sysusersUndoScript,
} from "./agent-commands.ts";

/** Makes a step of one node. */
export type MakeStep = (
  kind: StepKind,
  title: string,
  script: string,
  more?: Partial<Pick<Step, "why" | "timeoutMs" | "undo">>,
) => Omit<Step, "phase">;

export interface UnitBefore {
  readonly active: boolean;
  readonly enabled: boolean;
}

/** Before any file is replaced: an agent that goes is stopped by the unit it was started with. */
export function agentStopSteps(node: NodePlan, was: UnitBefore, step: MakeStep): Omit<Step, "phase">[] {
  const { kind, why } = node.actions.agent;
  if (kind !== "remove") return [];
  return [step("agent-stop", "stop the agent", agentStopScript(), { why, undo: agentUndoScript(was) })];
}

/** Right after the files were placed. */
export function sysusersSteps(node: NodePlan, step: MakeStep): Omit<Step, "phase">[] {
  if (!node.actions.sysusers) return [];
  return [step("sysusers", "make the agent's user", sysusersScript(), { undo: sysusersUndoScript() })];
}

/** When everything else of the node is done. */
export function agentSteps(node: NodePlan, was: UnitBefore, step: MakeStep): Omit<Step, "phase">[] {
  const { kind, why } = node.actions.agent;
  if (kind === "remove")
    return [step("agent-forget", "remove the agent's user, log and sockets", agentForgetScript())];
  if (kind === "none") return [];
  const title = kind === "start" && was.active ? "enable the agent" : `${kind} the agent`;
  return [step("agent", title, agentStartScript(), { why, undo: agentUndoScript(was) })];
}
