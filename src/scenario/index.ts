// scenario: what can happen to a pair, as data. Pure.
export { scenarios, scenariosFor } from "./catalogue.ts";
export type { Action, Phase, PhasePromise, Scenario, Service, Target, Watch } from "./scenario.ts";
