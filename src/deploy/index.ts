// deploy: from a pair's files to nodes that run from them. Facts, a plan as data, an apply that does it, and the way back.
export { type ApplyEvent, type ApplyOptions, applyPlan, type ApplyResult, type StepReport } from "./apply.ts";
export {
  type FileFacts,
  gatherFacts,
  gatherPairFacts,
  type NodeFacts,
  nodeSystemOf,
  requireInstalled,
  type UnitFacts,
} from "./facts.ts";
export type { ChangeKind, FileChange } from "./file-change.ts";
export { type Lock, lockError, lockOutcome, releaseLockScript, takeLockScript } from "./lock.ts";
export type { Manifest, Unfinished } from "./manifest.ts";
export {
  makePlan,
  type NodePlan,
  type Plan,
  type PlanOptions,
  type PlanWarning,
  type Step,
  type StepKind,
} from "./plan.ts";
export { makeRemovePlan } from "./remove-plan.ts";
export { renderPlan, type RenderPlanOptions } from "./render-plan.ts";
export { statePaths } from "./state-paths.ts";
