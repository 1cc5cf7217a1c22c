// keepalived: the language of keepalived.conf, read without loss, built and printed, and what its instances and scripts say. Pure.
export { blankLine, block, type Buildable, canBeWritten, comment, document, statement } from "./builder.ts";
export { commandOf, commandWords } from "./command-words.ts";
export {
  argumentText,
  type Blank,
  type Block,
  type Comment,
  type Definition,
  type Item,
  type KeepalivedCst,
  printConfig,
  spanOf,
  type Statement,
  type StrayBrace,
  type Token,
  type Word,
} from "./cst.ts";
export { compareConfigurations, type Difference } from "./compare.ts";
export type { Complaint, ComplaintKind } from "./complaint.ts";
export { type LocatedSpan, locate } from "./config-files.ts";
export type {
  CommandLine,
  ConfigFiles,
  GlobalSettings,
  KeepalivedConfiguration,
  SyncGroup,
  TrackFile,
  TrackProcess,
} from "./configuration.ts";
export { type DaemonReading, readAsDaemon } from "./daemon-reading.ts";
export { effectiveConfig, type HostContext } from "./expand.ts";
export type { ResolveInclude } from "./include.ts";
export type {
  GarpSettings,
  KeepalivedInstance,
  TrackEntry,
  UnicastPeer,
  UnreadableLine,
  UntrackedReason,
  VirtualIpaddress,
} from "./instance.ts";
export { type MaskedText, maskedText } from "./masked-text.ts";
export { type MatchedInstance, matchInstances } from "./match-instances.ts";
export { parseConfig } from "./parser.ts";
export { isPlaceholder } from "./placeholder.ts";
export { argumentsOf, blocksNamed, linesOf, statementsIn, wordsOf } from "./query.ts";
export { readInstances } from "./read-instances.ts";
export { readConfiguration, type ReadConfigurationOptions } from "./read-configuration.ts";
export { type KeepalivedScript, readScripts } from "./read-scripts.ts";
export { isAtLeast, keepalivedVersions, TESTED_VERSION, versionNumbers } from "./version.ts";
export { type KeywordRow, keywordRows } from "./keyword-support.ts";
export { NOTIFY_KEYWORDS } from "./read-commands.ts";
