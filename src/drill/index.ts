// drill: failures made on purpose, on the lab's hosts or real ones, and what clients see of them.
export {
  deployAsWritten,
  pairFromFiles,
  scriptPaths,
  type WrittenFile,
  type WrittenNode,
} from "./as-written.ts";
export { type DrillOptions, type DrillResult, reportRows, runDrill } from "./drill.ts";
export { type FaultSubject, faultScript } from "./fault-commands.ts";
export { withPredictions } from "./predict.ts";
export { type ProberOptions, parseProbeTarget, runProber } from "./prober.ts";
export { type ProberProcess, startProber, type StartProberOptions } from "./prober-process.ts";
export { promisedByNobody, promisedByPage, promisedByPair, type PromisedBy } from "./promised.ts";
export { type PairReadiness, readReadiness, waitUntilRedundant } from "./readiness.ts";
export { type DrilledTrace, refuseUndrillable, runTrace, type TraceOptions, traceRows } from "./run-trace.ts";
export { NEVER_RECOVERED_CAP_MS } from "./run-scenario.ts";
export type { DrillNode, DrillSubject, PowerAndCables, SplitBrainAnswer } from "./subject.ts";
