// A machine reached by the system's OpenSSH: one shared connection per host, the user's own ssh configuration honoured, root directly or by sudo.
// Rule: nothing waits without a bound, no check of ssh's is weakened, and a script that may have begun is never sent a second time.
import { createHash, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import type { Host } from "./host.ts";
import { runProcess } from "./process.ts";
import { runtimeFolder } from "./runtime-folder.ts";
import { sessionQueue } from "./session-queue.ts";
import type { EntryEvidence, ShellEntry } from "./shell-entry.ts";
import { shellHost } from "./shell-host.ts";
import {
  PERSIST_S,
  remoteCommand,
  type SshDestination,
  sshArguments,
  type WayToRoot,
} from "./ssh-arguments.ts";
import { destinationText, sshFailure, sshLost } from "./ssh-failure.ts";

export interface OpenSshHostSettings {
  /** The node's name, for messages. */
  readonly name: string;
  /** Where ssh goes; what is absent comes from the user's own ssh configuration. */
  readonly target: SshDestination;
  /** ssh -F: this file instead of the user's configuration. */
  readonly configFile?: string;
  /** Runs ssh inside something, e.g. `["nsenter", "--net=/run/netns/NAME", "--"]`. It must execute ssh in its own place. */
  readonly commandPrefix?: readonly string[];
  /** "auto" (default): by sudo unless the login is root's. "sudo": always. "none": the login is root's. */
  readonly becomeRoot?: "auto" | "sudo" | "none";
  /** From the start of ssh to the first line of a script, all in all. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /**
   * "private" (default): a connection of this object alone, which close() ends. "shared": other hapair processes of this user use it too, and
   * it ends by itself a minute after its last command; close() leaves it.
   */
  readonly connection?: "private" | "shared";
  /** Where the connection's socket lives; default: see runtime-folder.ts. */
  readonly runtimeFolder?: string;
}

export const CONNECT_TIMEOUT_MS = 5_000;

/** Talking to ssh's own background process on this machine. */
const CONTROL_TIMEOUT_MS = 2_000;

/** An idle connection ends after PERSIST_S; a little before that, commands stop counting on it. */
const IDLE_MS = PERSIST_S * 900;

const FIRST_WAY = { auto: "unknown", sudo: "sudo", none: "direct" } as const satisfies Record<
  string,
  WayToRoot
>;

/** Of a socket that one object uses: random. */
const PRIVATE_NAME_BYTES = 12;

/** Of a socket that others find: six digits, a hyphen, and %C, which becomes 40 hexadecimal digits. */
const SHARED_NAME_BYTES = 6 + 1 + 40;

/**
 * A Host over the system's ssh. Nothing is connected until the first command. Errors are HapairError of kind "unreachable", as Host says,
 * and `host-runtime-folder` (at once) when there is no safe place for the connection's socket.
 */
export function openSshHost(settings: OpenSshHostSettings): Host {
  const { name, target, configFile, commandPrefix = [], connectTimeoutMs = CONNECT_TIMEOUT_MS } = settings;
  const socket = controlSocket(settings);
  const sshBase = sshArguments({
    destination: target,
    ...(configFile === undefined ? {} : { configFile }),
    controlPath: socket.controlPath,
    connectTimeoutMs,
  });
  const queue = sessionQueue({ idleMs: IDLE_MS });
  let way: WayToRoot = FIRST_WAY[settings.becomeRoot ?? "auto"];
  let launched = false;

  const ssh = (before: readonly string[], after: readonly string[]) => {
    const [program = "ssh", ...programArguments] = [...commandPrefix, "ssh", ...before, ...sshBase, ...after];
    return { program, programArguments };
  };
  /** `stop` lets running commands end; `exit` ends them. Without a connection, or without ssh, both fail, which is what was wanted. */
  const control = async (request: "stop" | "exit"): Promise<void> => {
    const { program, programArguments } = ssh(["-O", request], []);
    await runProcess(program, programArguments, { timeoutMs: CONTROL_TIMEOUT_MS, ends: "program" }).catch(
      () => {},
    );
  };
  const evidenceOf = (evidence: EntryEvidence) => ({
    ...evidence,
    name,
    destination: target,
    ...(configFile === undefined ? {} : { configFile }),
  });

  /** A connection whose machine fell silent would hold up every further command as well; those that run over it may still come through. */
  const distrust = async ({ gaveUpAfterMs }: EntryEvidence): Promise<void> => {
    queue.reset();
    if (gaveUpAfterMs !== undefined) await control("stop");
  };

  const entry: ShellEntry = {
    description: destinationText(target),
    entryTimeoutMs: connectTimeoutMs,
    // The first ssh becomes the shared connection's owner in its own process group; an early end must not take the connection along.
    ends: "program",
    launch(command) {
      launched = true;
      return ssh([], [remoteCommand(command, way)]);
    },
    admit: (work) => queue.admit(work),
    began(note) {
      if (way === "unknown") way = note === "direct" ? "direct" : "sudo";
    },
    async refused(evidence) {
      await distrust(evidence);
      return sshFailure(evidenceOf(evidence));
    },
    async lost(evidence) {
      await distrust(evidence);
      return sshLost(evidenceOf(evidence));
    },
    async close() {
      if (socket.ownPath === undefined || !launched) return;
      launched = false;
      queue.reset();
      await control("exit");
      // ssh removes it itself, unless it was killed.
      rmSync(socket.ownPath, { force: true });
    },
  };
  return shellHost(name, entry);
}

interface ControlSocket {
  /** In ssh's notation. */
  readonly controlPath: string;
  /** The path where it is this object's alone. */
  readonly ownPath: string | undefined;
}

/**
 * A shared socket is one per way to a machine: %C tells user, host and port apart, the digits tell namespaces and configurations apart, in
 * which the same address is another machine.
 */
function controlSocket(settings: OpenSshHostSettings): ControlSocket {
  const { target, configFile, commandPrefix, connection } = settings;
  if (connection !== "shared") {
    const name = randomBytes(PRIVATE_NAME_BYTES / 2).toString("hex");
    const ownPath = `${runtimeFolder(PRIVATE_NAME_BYTES, settings.runtimeFolder)}/${name}`;
    return { controlPath: ownPath.replaceAll("%", "%%"), ownPath };
  }
  const folder = runtimeFolder(SHARED_NAME_BYTES, settings.runtimeFolder).replaceAll("%", "%%");
  const identity = createHash("sha256")
    .update(JSON.stringify([target, configFile, commandPrefix]))
    .digest("hex");
  return { controlPath: `${folder}/${identity.slice(0, 6)}-%C`, ownPath: undefined };
}
