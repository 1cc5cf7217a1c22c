// agent-api: the words in which the agent, its settings and those who ask it speak. Pure.
export {
  type AgentEvent,
  EVIDENCE_LENGTH_MAX,
  type Fact,
  type FactKind,
  factKinds,
  type FactReport,
  FACTS_MAX,
  SUBJECT_LENGTH_MAX,
  VALUE_LENGTH_MAX,
} from "./facts.ts";
export {
  type ConditionCode,
  conditionCodes,
  type Incident,
  type IncidentPhase,
  type Notice,
  noticeId,
  severities,
  type Severity,
} from "./incidents.ts";
export {
  type AgentHaproxy,
  type AgentNode,
  type AgentPaths,
  type AgentPeers,
  type AgentRouter,
  type AgentSettings,
  type AgentSources,
  type AlertRoute,
  type AlertSettings,
  type QuietTime,
  type RouteTarget,
  SETTINGS_VERSION,
} from "./settings.ts";
