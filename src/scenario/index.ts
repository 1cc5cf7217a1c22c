// scenario: what can happen to a pair, as data. Pure.
export { scenarios, scenariosFor } from "./catalogue.ts";
export {
  type Fault,
  type FaultName,
  faultNameOf,
  faultNames,
  faultOf,
  happeningOf,
  keysTaken,
} from "./faults.ts";
export { fromCatalogue, type PhaseTimes, usualPhaseTimesUs } from "./from-catalogue.ts";
export { scenarioJsonSchema, scenarioJsonSchemaText } from "./json-schema.ts";
export { eventKeys, type Key, scenarioKeys } from "./keys.ts";
export type { KnownNames } from "./read-event.ts";
export { type ReadScenario, readScenario } from "./read-scenario.ts";
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
export { timeText } from "./time-text.ts";
export type { Happening, HappeningKind, TimedEvent, TimedScenario } from "./timed.ts";
export { writeScenario } from "./write-scenario.ts";
