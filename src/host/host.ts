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
 * A machine, as root. Errors are HapairError of kind "unreachable"; each names the host and says what to do:
 * - `host-unreachable` (cannot connect, or the connection broke), `host-key` (wrong or unknown key), `host-login` (login refused),
 *   `host-sudo` (no right to become root). Unless the message says that it is not known how far a command came, nothing was run.
 * - `host-timeout` (a command's time limit), `host-output` (it said more than 64 MiB), `host-read`, `host-stat`, `host-write` (the machine
 *   refused: not a file, disk full ...), `host-follow` (a followed script ended with another exit code than 0).
 * A script runs in /, with umask 022, LC_ALL=C.UTF-8 and root's search path, whatever the way in. At most eight commands run at a time over
 * one ssh connection (a followed script is one of them); others wait their turn.
 */
export interface Host {
  /** The node's name, for messages. */
  readonly name: string;
  /** Runs a POSIX shell script as root. Its text and input are in no process list, there or here; nothing is run of a script with a syntax error. */
  run(script: string, options?: RunOptions): Promise<CommandResult>;
  /** Starts a script whose lines are read as they come, by one reader; ended by stop(), by leaving the loop, or when the script ends. It has no input. */
  follow(script: string): LineStream;
  /** The file's bytes; undefined when there is none. Follows a symbolic link. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Replaces the file in one step (temporary file in the same folder, mode and owner, sync, rename); makes missing folders 0755. On any error the old file is untouched and no temporary file is left. A symbolic link is replaced, not followed. */
  write(path: string, content: string | Uint8Array, options: WriteOptions): Promise<void>;
  /** undefined when nothing is there. Does not follow a symbolic link. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Ends connections that this object opened; never fails. A later command opens one anew. */
  close(): Promise<void>;
}
