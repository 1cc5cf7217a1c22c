// agent/log: the durable log. Records of JSON in, the same records out after whatever happened to the process, the machine or the disk.
export type { AppendOutcome } from "./held-queue.ts";
export { type Log, type LogOptions, openLog, type Recovered } from "./log.ts";
export { type LogEntry, readLog } from "./read-log.ts";
