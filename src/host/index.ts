// host: machines that run commands, and programs on this one.
export type { CommandResult, FileStat, Host, LineStream, RunOptions, WriteOptions } from "./host.ts";
export { CONNECT_TIMEOUT_MS, openSshHost, type OpenSshHostSettings } from "./openssh-host.ts";
export {
  type MemoryCall,
  type MemoryCommand,
  type MemoryFile,
  type MemoryHost,
  memoryHost,
  type MemoryHostSettings,
  type MemoryLink,
} from "./memory-host.ts";
export { prefixHost, type PrefixHostSettings } from "./prefix-host.ts";
export {
  type DetachedOptions,
  type EarlyEnd,
  lastLines,
  OUTPUT_LIMIT_BYTES,
  type ProcessOptions,
  type ProcessResult,
  requireProcess,
  runProcess,
  spawnDetached,
} from "./process.ts";
export { shellWord } from "./shell-word.ts";
export {
  type StartedProcess,
  type StartedProcessEnd,
  type StartedProcessOptions,
  startProcess,
} from "./started-process.ts";
export type { SshDestination } from "./ssh-arguments.ts";
