// The argument vector of the system's ssh. The user's own configuration is honoured; what is set here wins over it, and each has its reason.
import { shellWord } from "./shell-word.ts";

/** Where ssh goes. `user` and `port` absent: what the operator's own ssh configuration says. */
export interface SshDestination {
  readonly user?: string;
  readonly host: string;
  readonly port?: number;
}

/** How long an idle connection stays for the next command, seconds. */
export const PERSIST_S = 60;

export interface SshArguments {
  readonly destination: SshDestination;
  /** ssh -F: instead of the user's configuration. */
  readonly configFile?: string;
  /** The socket of the shared connection. May contain %C. */
  readonly controlPath: string;
  readonly connectTimeoutMs: number;
}

/** Everything before the remote command. */
export function sshArguments(settings: SshArguments): string[] {
  const { destination, configFile, controlPath, connectTimeoutMs } = settings;
  // One second less than ours, so that ssh's own reason comes first; ssh counts whole seconds.
  const connectTimeoutS = Math.max(1, Math.ceil(connectTimeoutMs / 1_000) - 1);
  const options: readonly (readonly [name: string, value: string])[] = [
    ["BatchMode", "yes"], // never asks: a question nobody sees is a hang
    ["ConnectTimeout", String(connectTimeoutS)],
    ["ConnectionAttempts", "1"],
    ["ServerAliveInterval", "5"], // a connection that died silently is noticed after 15 s
    ["ServerAliveCountMax", "3"],
    ["ControlMaster", "auto"],
    ["ControlPath", `"${controlPath}"`],
    ["ControlPersist", String(PERSIST_S)],
    ["LogLevel", "INFO"], // QUIET in the user's file would hide the reason of a failure
    ["RequestTTY", "no"], // a terminal would change bytes and join both outputs
    ["RemoteCommand", "none"],
    ["PermitLocalCommand", "no"],
    ["ClearAllForwardings", "yes"], // a forwarding that cannot be set up would end the connection
    ["ForwardAgent", "no"], // nothing on the node may use the operator's keys
    ["ForwardX11", "no"],
    ["EscapeChar", "none"],
  ];
  return [
    ...(configFile === undefined ? [] : ["-F", configFile]),
    ...options.flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    ...destinationArguments(destination),
  ];
}

/** For messages and for hints that a person types: `ops@lb1.example -p 2222`. */
export function typedDestination(destination: SshDestination, configFile?: string): string {
  const { user, host, port } = destination;
  return [
    ...(configFile === undefined ? [] : ["-F", shellWord(configFile)]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    shellWord(user === undefined ? host : `${user}@${host}`),
  ].join(" ");
}

function destinationArguments({ user, host, port }: SshDestination): string[] {
  return [
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    "--",
    host,
  ];
}

/** How root is reached: not known yet, by the login itself, or through sudo. */
export type WayToRoot = "unknown" | "direct" | "sudo";

/**
 * The remote command in the login shell's language (any of sh, csh, fish). While the way is unknown the machine decides, in the same
 * round trip; the begin mark of the frame then says how it went.
 */
export function remoteCommand(command: readonly string[], way: WayToRoot): string {
  const direct = command.map(shellWord).join(" ");
  const sudo = `sudo -n ${direct}`;
  if (way === "direct") return `exec ${direct}`;
  if (way === "sudo") return `exec ${sudo}`;
  return `exec sh -c ${shellWord(`if [ "$(id -u)" = 0 ]; then exec ${direct}; else exec ${sudo}; fi`)}`;
}
