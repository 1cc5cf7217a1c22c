// render: the files a pair becomes. Pure.
export type { AgentInputs } from "./agent-files.ts";
export { crashLoop, crashMovesVip, healthUrl, secondHaproxyConfPath, secondLookMs } from "./haproxy-files.ts";
export { addressOf, renderKeepalivedConf } from "./keepalived-conf.ts";
export {
  type FileEffect,
  type FileOrigin,
  type NodeFile,
  originOf,
  revisionOf,
  sizeText,
} from "./node-file.ts";
export { pairPathsOf } from "./pair-paths.ts";
export {
  agentNodeMajorMin,
  agentPaths,
  agentUser,
  nodePaths,
  operationPaths,
  type WatchedFile,
  watchedFilesOf,
} from "./paths.ts";
export { type Platform, platformOf, platforms, type UnitCommands, withSecondFile } from "./platform.ts";
export { defaultSystem, type NodeSystem, renderNode, renderPair, type RenderInputs } from "./render-pair.ts";
export { agentAddressOf, agentPeersOf, peersOf } from "./system-files.ts";
