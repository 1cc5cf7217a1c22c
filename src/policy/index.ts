// policy: every decision about who should have the VIP, as pure functions over plain values. Pure; imports base alone.
export { agentTimes, giveUpTimes } from "./agent-times.ts";
export { type Consent, consentOf } from "./consent.ts";
export {
  type Decision,
  MOVING_RULES_MAX,
  type OwnStanding,
  readDecision,
  type Standing,
} from "./decision.ts";
export { type Fitness, fitnessOf, type InstanceCondition, type NodeCondition } from "./fitness.ts";
export {
  decisionFor,
  freshGiveUp,
  type GiveUpEffect,
  type GiveUpInput,
  type GiveUpSelf,
  type GiveUpState,
  type GiveUpStep,
  type GiveUpTimes,
  stepGiveUp,
} from "./give-up.ts";
export {
  type BackendNumbers,
  type FrontendNumbers,
  type Grade,
  gradeOf,
  isWorse,
  type ProxyNumbers,
  type Reading,
  type RuleState,
  stepRule,
  unseenRule,
} from "./traffic.ts";
export type { TrafficLimit, TrafficRule } from "./traffic-rule.ts";
export { BOOST, moveTimes } from "./move-times.ts";
export { type RuleLook, standingOf } from "./standing.ts";
export { rollOrder, type RollTurn } from "./roll.ts";
export {
  decideMove,
  type Move,
  type MoveDecision,
  type MoveNode,
  type MoveView,
  type MoveWish,
  type Refusal,
  type RouterMove,
  withForce,
} from "./switchover.ts";
export {
  isBeforeMove,
  type MoveOptions,
  type MoveStep,
  type MoveStepKind,
  moveSteps,
} from "./switchover-steps.ts";
