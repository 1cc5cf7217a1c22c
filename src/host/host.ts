// A machine that runs commands. Four implementations (ssh as root, ssh with sudo, lab, memory) pass one conformance suite.
// Rule: every effect on a host is text that a person could have typed; nothing here knows what a pair is.

/** What a finished command left. A non-zero exit code is a value, not an error. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Given to the command's standard input; empty when absent. */
  readonly input?: string | Uint8Array;
  /** The command is ended and a HapairError (`host-timeout`) thrown after this long. Default 30,000. */
  readonly timeoutMs?: number;
}

export interface FileStat {
  readonly kind: "file" | "directory" | "other";
  /** Permission bits, e.g. 0o600. */
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  readonly sizeBytes: number;
}

export interface WriteOptions {
  readonly mode: number;
  /** Default root:root. */
  readonly owner?: string;
  readonly group?: string;
}

/** What a command that goes on (journalctl -f, tail) hands over, line by line. */
export interface LineStream {
  readonly lines: AsyncIterable<string>;
  stop(): Promise<void>;
}

/**
 * A machine, as root. Errors are HapairError of kind "unreachable": `host-unreachable` (cannot connect), `host-key` (wrong or unknown key),
 * `host-login` (login refused), `host-sudo` (no right to become root), `host-timeout`; each names the host and says what to do.
 */
export interface Host {
  /** The node's name, for messages. */
  readonly name: string;
  /** Runs a POSIX shell script as root. */
  run(script: string, options?: RunOptions): Promise<CommandResult>;
  /** Starts a script whose lines are read as they come; ended by stop() or when the script ends. */
  follow(script: string): LineStream;
  /** The file's bytes; undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Replaces the file in one step (temporary file in the same folder, mode and owner, sync, rename); makes missing folders 0755. On any error the old file is untouched and no temporary file is left. */
  write(path: string, content: string | Uint8Array, options: WriteOptions): Promise<void>;
  /** undefined when nothing is there. Does not follow a symbolic link. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Ends connections that this object opened. */
  close(): Promise<void>;
}
