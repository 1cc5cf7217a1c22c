// scenario: what can happen to a pair, as data. Pure.
export { scenarios, scenariosFor } from "./catalogue.ts";
export {
  type Action,
  type Need,
  needTexts,
  type Phase,
  type PhasePromise,
  type Scenario,
  type Service,
  type Target,
  type Watch,
} from "./scenario.ts";
export type { Happening, HappeningKind, TimedEvent, TimedScenario } from "./timed.ts";
