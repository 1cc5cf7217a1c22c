// What a check's command does, as data: whom it asks, which process it looks for, what it starts or stops.
// Rule: what the line and the given scripts do not show is unknown; nothing is guessed from a script's name.

import type { SourceText } from "../../diagnostics/index.ts";
import { type AskedAddress, askedBy, addressOfDevice } from "./check-asks.ts";
import { readShellText, type ShellCommand } from "./shell-text.ts";

/** What one command does. "listens" looks whether somebody listens on a port; "neutral" decides nothing by itself (echo, test, grep ...). */
export type DeedKind = "process-only" | "asks" | "listens" | "acts" | "neutral" | "unknown";

export interface Deed {
  readonly kind: DeedKind;
  /** The program's name without its path. */
  readonly program: string;
  /** The program and its arguments, behind sudo, timeout and their kind. */
  readonly words: readonly string[];
  readonly asked?: AskedAddress;
  /** What is done to which service: `{ verb: "stop", service: "keepalived" }`. */
  readonly act?: { readonly verb: string; readonly service: string };
  /** Its output goes to another command, which decides. */
  readonly outputRead: boolean;
}

export interface CheckReading {
  /** "script": a file whose content nobody gave. */
  readonly kind: "process-only" | "asks" | "listens" | "acts" | "script" | "unknown";
  readonly deeds: readonly Deed[];
  /** How the commands are run: by keepalived itself, by `sh -c`, or from a script's text. */
  readonly through: "line" | "shell" | "script";
  /** The file it runs, where it runs one of its own. */
  readonly scriptPath?: string;
}

/** Programs that start the rest of their line. The words they take themselves are options, and this many more. */
const STARTERS: Readonly<Record<string, { readonly operands: number; readonly valued: string }>> = {
  sudo: { operands: 0, valued: "ugChpTUr" },
  doas: { operands: 0, valued: "uC" },
  timeout: { operands: 1, valued: "ks" },
  env: { operands: 0, valued: "uCS" },
  nice: { operands: 0, valued: "n" },
  ionice: { operands: 0, valued: "cn" },
  nohup: { operands: 0, valued: "" },
  setsid: { operands: 0, valued: "" },
  exec: { operands: 0, valued: "a" },
  command: { operands: 0, valued: "" },
  runuser: { operands: 0, valued: "ug" },
};
const STARTERS_NESTED_MAX = 4;

export const SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "dash", "ash", "ksh", "zsh"]);

/** The command that is meant in the end: `sudo -n timeout 2 curl x` is `curl x`. */
export function unwrapped(words: readonly string[]): readonly string[] {
  let rest = words;
  for (let turn = 0; turn < STARTERS_NESTED_MAX; turn += 1) {
    const name = programName(rest[0] ?? "");
    const starter = Object.hasOwn(STARTERS, name) ? STARTERS[name] : undefined;
    if (starter === undefined) return rest;
    let index = 1;
    let operands = starter.operands;
    for (; index < rest.length; index += 1) {
      const word = rest[index] ?? "";
      if (/^-[A-Za-z]$/.test(word) && starter.valued.includes(word.charAt(1))) index += 1;
      else if (!word.startsWith("-") && !(name === "env" && word.includes("="))) {
        if (operands === 0) break;
        operands -= 1;
      }
    }
    if (index >= rest.length) return rest;
    rest = rest.slice(index);
  }
  return rest;
}

/** `/usr/bin/killall` is `killall`. */
export function programName(word: string): string {
  return word.slice(word.lastIndexOf("/") + 1);
}

/** The text a shell is given by `-c`, if the command is one with it. */
export function shellScriptOf(command: readonly string[]): string | undefined {
  const [program, ...rest] = unwrapped(command);
  if (program === undefined || !SHELLS.has(programName(program))) return undefined;
  const option = rest.findIndex((word) => /^-[a-z]*c$/.test(word));
  return option === -1 ? undefined : rest[option + 1];
}

/** The file a command runs, if it is one of the administrator's own: `/etc/keepalived/x.sh`, `sh /etc/keepalived/x.sh`. */
export function ownScriptOf(command: readonly string[]): string | undefined {
  const [program = "", ...rest] = unwrapped(command);
  const interpreted =
    SHELLS.has(programName(program)) || /^(?:python|perl|ruby|php)[\d.]*$/.test(programName(program));
  if (interpreted)
    return shellScriptOf(command) === undefined ? rest.find((word) => !word.startsWith("-")) : undefined;
  if (isKnownProgram(program)) return undefined;
  return program.startsWith("/") || /\.(?:sh|bash|py|pl|rb)$/.test(program) ? program : undefined;
}

// A dozen rules ask of the same command.
const known = new WeakMap<
  readonly string[],
  { scripts: ReadonlyMap<string, SourceText>; reading: CheckReading }
>();

/** What the command of a script line does. `scripts` are files that were read beside the configuration, by path. */
export function readCheck(
  command: readonly string[],
  scripts: ReadonlyMap<string, SourceText>,
): CheckReading {
  const before = known.get(command);
  if (before?.scripts === scripts) return before.reading;
  const reading = readCommand(command, scripts);
  known.set(command, { scripts, reading });
  return reading;
}

function readCommand(command: readonly string[], scripts: ReadonlyMap<string, SourceText>): CheckReading {
  const inline = shellScriptOf(command);
  if (inline !== undefined) return ofShellText(inline, "shell");
  const scriptPath = ownScriptOf(command);
  if (scriptPath !== undefined) {
    const text = scripts.get(scriptPath)?.text;
    const readable = text !== undefined && /^(?!#!)|^#!\s*\S*(?:\/|\s)(?:ba|da|a|k|z)?sh\b/.test(text);
    if (!readable) return { kind: "script", deeds: [], through: "line", scriptPath };
    return { ...ofShellText(text, "script"), scriptPath };
  }
  // A first word that is a redirection goes through /bin/sh, the rest in quotes (lib/notify.c, cmd_str_r).
  const [first = ""] = command;
  const device = first.startsWith("<") ? addressOfDevice(first.slice(1).trim()) : undefined;
  if (device !== undefined) {
    const deed: Deed = { kind: "asks", program: first, words: command, asked: device, outputRead: false };
    return { kind: "asks", deeds: [deed], through: "line" };
  }
  const deed = deedOf(command, false);
  return { kind: kindOf([deed]), deeds: [deed], through: "line" };
}

function ofShellText(text: string, through: "shell" | "script"): CheckReading {
  const { commands, functions } = readShellText(text);
  const deeds = commands.flatMap((command) => deedsOf(command, functions));
  return { kind: kindOf(deeds), deeds, through };
}

function deedsOf({ words, redirections, outputRead }: ShellCommand, functions: ReadonlySet<string>): Deed[] {
  const [program = ""] = words;
  const own: Deed[] =
    words.length === 0
      ? []
      : functions.has(program)
        ? [{ kind: "neutral", program, words, outputRead }]
        : [deedOf(words, outputRead)];
  const devices = redirections.flatMap((target): Deed[] => {
    const asked = addressOfDevice(target);
    return asked === undefined ? [] : [{ kind: "asks", program: target, words, asked, outputRead: false }];
  });
  return [...own, ...devices];
}

/** The check as a whole. One command nobody knows leaves it unknown, unless another one asks. */
function kindOf(deeds: readonly Deed[]): CheckReading["kind"] {
  const has = (kind: DeedKind): boolean => deeds.some((deed) => deed.kind === kind);
  if (has("asks")) return "asks";
  if (has("unknown")) return "unknown";
  if (has("listens")) return "listens";
  if (has("process-only")) return "process-only";
  return has("acts") ? "acts" : "unknown";
}

function deedOf(given: readonly string[], outputRead: boolean): Deed {
  const words = unwrapped(given);
  const [path = "", ...rest] = words;
  const program = programName(path);
  const base = { program, words, outputRead };
  const asked = askedBy(program, rest);
  if (asked !== undefined) return { ...base, kind: "asks", asked };
  const act = actOf(path, program, rest);
  if (act !== undefined) return { ...base, kind: "acts", act };
  if (looksForProcess(path, program, rest)) return { ...base, kind: "process-only" };
  if (LISTENER_PROGRAMS.has(program)) return { ...base, kind: "listens" };
  return { ...base, kind: NEUTRAL_PROGRAMS.has(program) ? "neutral" : "unknown" };
}

const LISTENER_PROGRAMS = new Set(["ss", "netstat", "lsof", "fuser"]);

const NEUTRAL_PROGRAMS = new Set([
  ...[
    ":",
    "[",
    "[[",
    "test",
    "true",
    "false",
    "exit",
    "return",
    "echo",
    "printf",
    "sleep",
    "wait",
    "set",
    "unset",
  ],
  ...[
    "grep",
    "egrep",
    "fgrep",
    "awk",
    "sed",
    "wc",
    "cut",
    "tr",
    "head",
    "tail",
    "cat",
    "sort",
    "uniq",
    "tee",
    "expr",
  ],
  ...[
    "logger",
    "date",
    "cd",
    "shift",
    "trap",
    "break",
    "continue",
    "let",
    "hostname",
    "basename",
    "dirname",
    "mkdir",
  ],
  ...["touch", "chmod", "local", "((", "shopt", "ulimit", "umask", "which", "type"],
]);

const SERVICE_STATE = new Set(["status", "is-active", "is-failed", "is-enabled", "show"]);

/** Whether the command only finds out that a process, unit or container is there. */
function looksForProcess(path: string, program: string, rest: readonly string[]): boolean {
  if (program === "pidof" || program === "pgrep" || program === "ps") return true;
  if (program === "killall" || program === "pkill" || program === "kill") return sendsNothing(rest);
  if (program === "systemctl" || program === "supervisorctl" || program === "monit") {
    return rest.some((word) => SERVICE_STATE.has(word));
  }
  if (program === "service" || program === "rc-service") return rest[1] === "status";
  if (path.startsWith("/etc/init.d/")) return rest[0] === "status";
  if (program === "docker" || program === "podman") return ["ps", "inspect", "top"].includes(rest[0] ?? "");
  // A pid file, or a directory below /proc.
  const tests = program === "test" || program === "[" || program === "[[";
  return tests && rest.some((word) => /\.pid$|^\/proc\//.test(word));
}

/** Signal 0: whether the process could be signalled. `-l` lists signals. */
function sendsNothing(rest: readonly string[]): boolean {
  return rest.some((word, index) => {
    if (/^-(?:0|SIG0|l|L)$|^--signal=0$|^--list$/.test(word)) return true;
    return (word === "-s" || word === "--signal" || word === "-n") && rest[index + 1] === "0";
  });
}

const SERVICE_VERBS = new Set([
  ...["start", "stop", "restart", "reload", "kill", "try-restart", "force-reload", "reload-or-restart"],
  ...["try-reload-or-restart", "enable", "disable", "isolate", "mask"],
]);

function actOf(path: string, program: string, rest: readonly string[]): Deed["act"] {
  const plain = rest.filter((word) => !word.startsWith("-"));
  const [first, second] = plain;
  const serviceName = (name: string | undefined): string => (name ?? "").replace(/\.service$/, "");
  if (program === "systemctl" || program === "supervisorctl") {
    return first !== undefined && SERVICE_VERBS.has(first) && second !== undefined
      ? { verb: first, service: serviceName(second) }
      : undefined;
  }
  if (program === "service" || program === "rc-service") {
    return second !== undefined && SERVICE_VERBS.has(second)
      ? { verb: second, service: serviceName(first) }
      : undefined;
  }
  if (path.startsWith("/etc/init.d/") || path.startsWith("/etc/rc.d/init.d/")) {
    return first !== undefined && SERVICE_VERBS.has(first) ? { verb: first, service: program } : undefined;
  }
  if (program === "docker" || program === "podman") {
    return ["start", "stop", "restart", "kill", "rm"].includes(first ?? "") && second !== undefined
      ? { verb: first ?? "", service: second }
      : undefined;
  }
  if (program === "killall" || program === "pkill" || program === "killall5") {
    // `killall - 0 haproxy`: the last word is what was meant.
    const target = program === "killall" ? plain.at(-1) : plain[0];
    return sendsNothing(rest) || target === undefined
      ? undefined
      : { verb: "kill", service: programName(target) };
  }
  if (program === "haproxy" && !rest.includes("-c") && !rest.some((word) => /^-v+$/.test(word))) {
    return rest.includes("-f") ? { verb: "start", service: "haproxy" } : undefined;
  }
  return undefined;
}

/** Whether the name is a program this file knows, by itself or in a directory of the system; others are somebody's own. */
function isKnownProgram(path: string): boolean {
  if (/^\/etc\/(?:rc\.d\/)?init\.d\//.test(path)) return true;
  const program = programName(path);
  const ofSystem = path === program || /^(?:\/usr)?(?:\/local)?\/s?bin\/[^/]+$/.test(path);
  return (
    ofSystem && [LISTENER_PROGRAMS, NEUTRAL_PROGRAMS, KNOWN_PROGRAMS].some((names) => names.has(program))
  );
}

/** Programs that checks call, for telling a misspelling from somebody's own script. */
export const KNOWN_PROGRAMS: ReadonlySet<string> = new Set([
  ...[
    "killall",
    "pidof",
    "pgrep",
    "pkill",
    "kill",
    "ps",
    "systemctl",
    "service",
    "rc-service",
    "supervisorctl",
    "monit",
  ],
  ...[
    "docker",
    "podman",
    "curl",
    "wget",
    "nc",
    "ncat",
    "netcat",
    "ncat",
    "telnet",
    "ping",
    "ping6",
    "fping",
    "arping",
  ],
  ...[
    "openssl",
    "socat",
    "mysqladmin",
    "mysql",
    "redis-cli",
    "pg_isready",
    "psql",
    "nmap",
    "dig",
    "host",
    "nslookup",
  ],
  ...[
    "haproxy",
    "haproxyctl",
    "nginx",
    "keepalived",
    "ss",
    "netstat",
    "lsof",
    "fuser",
    "test",
    "true",
    "false",
    "echo",
  ],
  ...[
    "grep",
    "cat",
    "sudo",
    "timeout",
    "ip",
    "ifconfig",
    "nft",
    "iptables",
    "stat",
    "find",
    "python",
    "python3",
    "perl",
  ],
]);
