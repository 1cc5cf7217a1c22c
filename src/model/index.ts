// model: what a pair is, and the findings on its file; and how any file that people write for hapair is read. Pure.
export {
  addressBytes,
  addressOfBytes,
  formatEndpoint,
  parseAddress,
  type ParsedAddress,
  shareNetwork,
} from "./address.ts";
export { AGENT_KEY_LENGTH_MIN, type AgentSecret, agentSecrets, agentTextFiles } from "./agent-secrets.ts";
export { alertConditions } from "./alert-conditions.ts";
export { type Explanation, explainParameter, renderExplanation } from "./explain.ts";
export { fieldTable, type Path, pathText } from "./fields.ts";
export {
  type Finding,
  type FindingCode,
  type FindingKind,
  type FindingList,
  findingList,
  findingTable,
} from "./findings.ts";
export { pairJsonSchema, pairJsonSchemaText } from "./json-schema.ts";
export { type LoadedPair, loadPair } from "./load-pair.ts";
export type {
  AgentOptions,
  AlertOptions,
  AlertRouteOptions,
  AlertSeverity,
  AlertTarget,
  CarriedFile,
  Concealable,
  Family,
  HaproxySettings,
  IpAddress,
  MaintenanceSettings,
  Pair,
  PairNode,
  ProfileName,
  Promises,
  Router,
  SecretReference,
  ServiceCheck,
  SshTarget,
  TrafficLimit,
  TrafficRule,
  VirtualAddress,
} from "./pair.ts";
export {
  judgeNumber,
  type NumberRange,
  type Parameter,
  type ParameterName,
  parameterNames,
  parameterTable,
} from "./parameters.ts";
export { checkPassword, type PasswordProblem, type PasswordVerdict } from "./password.ts";
export { defaultMaintenance, type Profile, profileTable } from "./profiles.ts";
export { keySpanAt, shown, spanAt, spanForMissing } from "./places.ts";
export { OWN_ADDRESS } from "./read-agent.ts";
export { namePattern } from "./schema-words.ts";
export { type FileSubject, readSourceTree, type SourceTree } from "./source-tree.ts";
