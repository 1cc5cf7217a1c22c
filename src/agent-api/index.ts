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
export { readAgentEvent } from "./read-event.ts";
export { readSettings, SETTINGS_BYTES_MAX } from "./read-settings.ts";
export { readAgentStatus, readAlertTestResult } from "./read-status.ts";
export {
  AGENT_STATUS_BYTES_MAX,
  AGENT_STATUS_VERSION,
  type AgentBackend,
  type AgentDurations,
  type AgentHolderView,
  type AgentIncident,
  type AgentInstance,
  type AgentInstanceState,
  type AgentLayer,
  type AgentLog,
  type AgentOpinion,
  type AgentPeer,
  type AgentRoute,
  type AgentRule,
  type AgentRuleGrade,
  type AgentSpool,
  type AgentStatus,
  type AlertTestResult,
  type HealthLayer,
  healthLayers,
  instanceStates,
  ruleGrades,
  STATUS_LIST_MAX,
} from "./status.ts";
export { CAUSE_AGE_MAX_MS, causeOf, chainTo } from "./causes.ts";
export { eventText, foundText, heldByText, resultText } from "./event-text.ts";
export { INCIDENT_FIGURES_MAX, incidentFromDetail, incidentToDetail } from "./incident-detail.ts";
export {
  MAINTENANCE_RECORD_BYTES_MAX,
  type MaintenanceRecord,
  readMaintenanceRecord,
} from "./maintenance-record.ts";
export { clockText, durationText, momentText, sinceText } from "./moment-text.ts";
export { type EventName, inOrder, type Move, movesIn, type Scene } from "./moves.ts";
export {
  type Gap,
  gapsIn,
  outageFigure,
  renderHistory,
  renderStory,
  type Story,
  type StoryLine,
  storyOf,
  storySentence,
} from "./story.ts";
