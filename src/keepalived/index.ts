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
export { effectiveConfig, type HostContext } from "./expand.ts";
export type { KeepalivedInstance, TrackEntry, UnicastPeer, VirtualIpaddress } from "./instance.ts";
export { parseConfig } from "./parser.ts";
export { argumentsOf, blocksNamed, linesOf, statementsIn, wordsOf } from "./query.ts";
export { readInstances } from "./read-instances.ts";
export { type KeepalivedScript, readScripts } from "./read-scripts.ts";
