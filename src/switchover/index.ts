// switchover: moving the VIP on purpose and keeping a node from it, without breaking a connection.
export {
  type ClientView,
  type Confirmation,
  hardwareAddresses,
  neighbourOf,
  type ProbeFigures,
  vipsAt,
} from "./client-view.ts";
export { clientsOf, type DrainOutcome, type DrainWish, drainWishOf, UNTIL_EMPTY_MAX_S } from "./drain.ts";
export {
  type MaintenanceNote,
  maintenanceOffScript,
  maintenanceOnScript,
  stopHaproxyScript,
} from "./node-commands.ts";
export { type WorkOptions, workOn, type WorkResult } from "./node-work.ts";
export { type MoveOutcome, stepTexts, type StepTime } from "./perform-move.ts";
export { preflight, type Preflight } from "./preflight.ts";
export {
  type MovePlan,
  planMove,
  type PlanWish,
  runMove,
  type SwitchReport,
  type SwitchRun,
} from "./switch-over.ts";
