// status: what can be seen of a running pair, and whether it is as it should be. Changes nothing on a host.
export { type AgentHistory, type HistoryOptions, readAgentHistory } from "./agent-history.ts";
export type { AgentAnswer, AgentSight, AgentsStatus, OpenIncident } from "./agent-sight.ts";
export { type AlertTest, renderAlertTest, testAlerts } from "./alert-test.ts";
export type { CheckOutcome, CheckResult } from "./check.ts";
export { type ClientAnswer, type ClientProbe, clientProbeOn, localClientProbe } from "./client-probe.ts";
export type { AdvertCount, NodeObservation, Sighting, SightingFailure, UnitState } from "./observation.ts";
export { parseObservation } from "./observation-parser.ts";
export { gentleLines, type ObservationRequest, observationScript } from "./observation-script.ts";
export {
  observationRequest,
  observeNode,
  type ObserveOptions,
  observePair,
  type PairHosts,
} from "./observe.ts";
export type { InstanceStatus, LayerName, LayerStatus, NodeInstanceState, NodeStatus } from "./node-status.ts";
export {
  type HolderVerdict,
  type PairStatus,
  pairStatus,
  type Redundancy,
  type RouterStatus,
  type VipStatus,
} from "./pair-status.ts";
export type { DrainStatus, MaintenanceStatus } from "./maintenance-status.ts";
export { type Leftover, leftoverAdvice, type LeftoverCode } from "./leftovers.ts";
export type { DrainRole, OpenDrain, OperationState, OperationUnit } from "./operation.ts";
export { readMoment, type WrittenMoment } from "./moment.ts";
export { renderStatus } from "./render-status.ts";
export { renderVerify } from "./render-verify.ts";
export { type VerifyOptions, verifyPair, type VerifyReport, verifyReport } from "./verify.ts";
export { type AdvertPacket, type FirewallVerdict, firewallVerdict } from "./firewall-verdict.ts";
export {
  type FollowedLogs,
  followLogs,
  type LogOptions,
  type LogReport,
  readLogs,
  renderLogEntry,
} from "./logs.ts";
export { type ClockDifference, type LogEntry } from "./merge-logs.ts";
