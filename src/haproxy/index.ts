// haproxy: what haproxy.cfg and HAProxy's runtime socket say. Pure.
export { type CheckTimes, readCheckTimes, usualCheckTimes } from "./check-times.ts";
export { type Endpoint, parseEndpoint } from "./endpoint.ts";
export {
  type HaproxyBind,
  type HaproxyFrontend,
  type HaproxyServer,
  readFrontends,
  readServers,
} from "./proxies.ts";
export {
  type BackendNumbers,
  type FrontendNumbers,
  nobodyThere,
  noNumbers,
  type ProxyLook,
  type ProxyNumbers,
  proxyNumbers,
  readProxyLook,
  type ServerState,
  type ServerStatus,
} from "./proxy-numbers.ts";
export {
  ANSWER_BYTES_MAX,
  answerReader,
  type AnswerReader,
  type Complete,
  LOOK_COMMAND,
  lookIsComplete,
  PROMPT_COMMAND,
  type ProtocolFailure,
  readWorkerInfo,
  type WorkerInfo,
} from "./runtime-protocol.ts";
export { readShowInfo, readShowStat, type StatRow } from "./runtime.ts";
export { type HaproxyLine, type HaproxySection, type HaproxyWord, readSections } from "./sections.ts";
export { type CheckedServer, readCheckedServers } from "./server-checks.ts";
