// Mistakes of spelling in the commands of checks: options and programs that do not exist, with the one that was meant.
// Rule: only what is near to something that exists is called a mistake; anything else may be somebody's own.

import { editDistance } from "../../base/index.ts";
import { KNOWN_PROGRAMS, programName, unwrapped } from "./check-command.ts";

export interface Misspelling {
  /** The word as it stands. */
  readonly word: string;
  readonly kind: "program" | "option" | "stray dash";
  /** What was meant, near enough to say so. */
  readonly meant: string;
  readonly program: string;
}

/** Long options of programs that checks call (their manuals on Debian 12 and later ones). */
const LONG_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  systemctl: [
    "--what",
    ...[
      "--quiet",
      "--user",
      "--system",
      "--no-pager",
      "--no-block",
      "--lines",
      "--full",
      "--all",
      "--state",
      "--type",
    ],
    ...[
      "--property",
      "--value",
      "--failed",
      "--now",
      "--force",
      "--signal",
      "--kill-who",
      "--kill-whom",
      "--host",
    ],
    ...[
      "--machine",
      "--root",
      "--output",
      "--plain",
      "--no-legend",
      "--legend",
      "--job-mode",
      "--no-ask-password",
    ],
    ...[
      "--wait",
      "--recursive",
      "--reverse",
      "--no-wall",
      "--runtime",
      "--show-types",
      "--with-dependencies",
      "--version",
      "--help",
    ],
  ],
  killall: [
    ...[
      "--exact",
      "--ignore-case",
      "--process-group",
      "--younger-than",
      "--older-than",
      "--interactive",
      "--list",
    ],
    ...["--quiet", "--regexp", "--signal", "--user", "--verbose", "--version", "--wait", "--ns", "--context"],
  ],
  curl: [
    ...["--crlf", "--http0.9", "--http3", "--krb", "--next", "--proto", "--rate", "--remote-time", "--ssl"],
    ...["--tlsv1.0", "--tlsv1.1"],
    ...[
      "--silent",
      "--show-error",
      "--fail",
      "--fail-with-body",
      "--output",
      "--max-time",
      "--connect-timeout",
      "--head",
    ],
    ...[
      "--insecure",
      "--location",
      "--header",
      "--user",
      "--write-out",
      "--request",
      "--data",
      "--resolve",
      "--interface",
    ],
    ...[
      "--cacert",
      "--cert",
      "--key",
      "--user-agent",
      "--referer",
      "--cookie",
      "--retry",
      "--retry-delay",
      "--proxy",
    ],
    ...[
      "--noproxy",
      "--connect-to",
      "--unix-socket",
      "--url",
      "--include",
      "--verbose",
      "--http1.0",
      "--http1.1",
      "--http2",
    ],
    ...[
      "--ipv4",
      "--ipv6",
      "--compressed",
      "--get",
      "--globoff",
      "--no-buffer",
      "--no-keepalive",
      "--tlsv1.2",
      "--tlsv1.3",
    ],
    ...[
      "--version",
      "--help",
      "--disable",
      "--config",
      "--range",
      "--json",
      "--remote-name",
      "--create-dirs",
      "--stderr",
    ],
    ...[
      "--retry-max-time",
      "--retry-connrefused",
      "--retry-all-errors",
      "--haproxy-protocol",
      "--tcp-nodelay",
      "--raw",
    ],
    ...[
      "--keepalive-time",
      "--max-redirs",
      "--no-progress-meter",
      "--progress-bar",
      "--parallel",
      "--netrc",
      "--path-as-is",
    ],
  ],
};

const SYSTEMCTL_VERBS = [
  ...[
    "is-active",
    "is-failed",
    "is-enabled",
    "is-system-running",
    "status",
    "show",
    "start",
    "stop",
    "restart",
    "reload",
  ],
  ...[
    "list-units",
    "kill",
    "cat",
    "help",
    "enable",
    "disable",
    "mask",
    "unmask",
    "edit",
    "daemon-reload",
    "try-restart",
  ],
];

// In a short option two letters are half of it.
const SHORT_OPTION_MAX = 8;

/** The first misspelling in a command, or undefined. */
export function misspellingIn(command: readonly string[]): Misspelling | undefined {
  return misspelledProgram(command) ?? misspelledArgument(unwrapped(command));
}

function misspelledProgram(command: readonly string[]): Misspelling | undefined {
  // sudo is written right more often than what stands behind it.
  for (const words of [command, unwrapped(command)]) {
    const [path = ""] = words;
    const program = programName(path);
    const ofSystem = path === program || /^(?:\/usr)?\/s?bin\/[^/]+$/.test(path);
    if (!ofSystem || program.length < 4 || KNOWN_PROGRAMS.has(program)) continue;
    // One letter wrong, missing or too many, or two swapped.
    const meant = REAL_PROGRAMS.has(program)
      ? undefined
      : OFTEN_MISSPELT.find((known) => editDistance(program, known, 1) === 1);
    if (meant !== undefined) return { word: path, kind: "program", meant, program };
  }
  return undefined;
}

/** Programs that are meant where a name is one letter away from theirs. */
const OFTEN_MISSPELT = [
  ...[
    "killall",
    "pidof",
    "pgrep",
    "pkill",
    "systemctl",
    "service",
    "curl",
    "wget",
    "ping",
    "socat",
    "timeout",
    "sudo",
  ],
  ...["docker", "mysqladmin", "haproxy", "python3", "openssl", "telnet", "netcat"],
];

/** Real programs whose names are one letter away from those. */
const REAL_PROGRAMS = new Set([
  "killall5",
  "skill",
  "tkill",
  "hping",
  "nping",
  "oping",
  "ping4",
  "wget2",
  "python2",
]);

function misspelledArgument(words: readonly string[]): Misspelling | undefined {
  const [path = "", ...rest] = words;
  const program = programName(path);
  const options = Object.hasOwn(LONG_OPTIONS, program) ? (LONG_OPTIONS[program] ?? []) : [];
  for (const [index, word] of rest.entries()) {
    const [name = ""] = word.split("=");
    if (name.startsWith("--") && name.length > 4 && options.length > 0 && !isOption(name, options)) {
      const meant = nearestOption(name, options);
      if (meant !== undefined) return { word: name, kind: "option", meant, program };
    }
    const signals = program === "killall" || program === "pkill" || program === "kill";
    if (signals && word === "-" && /^\d+$/.test(rest[index + 1] ?? "")) {
      return {
        word: `- ${rest[index + 1] ?? ""}`,
        kind: "stray dash",
        meant: `-${rest[index + 1] ?? ""}`,
        program,
      };
    }
  }
  if (program !== "systemctl") return undefined;
  const verb = rest.find((word) => !word.startsWith("-"));
  if (verb === undefined || SYSTEMCTL_VERBS.includes(verb) || verb.length < 5) return undefined;
  const meant = SYSTEMCTL_VERBS.find((each) => editDistance(verb, each, 1) === 1);
  return meant === undefined ? undefined : { word: verb, kind: "option", meant, program };
}

/** An option may be cut short (getopt_long); curl as well, in older versions. */
function isOption(name: string, options: readonly string[]): boolean {
  const bare = name.replace(/^--no-/, "--");
  return options.some((option) => option.startsWith(name) || option.startsWith(bare));
}

function nearestOption(name: string, options: readonly string[]): string | undefined {
  let best: { option: string; distance: number } | undefined;
  for (const option of options) {
    const limit = name.length <= SHORT_OPTION_MAX ? 1 : 2;
    const distance = editDistance(name, option, limit);
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { option, distance };
  }
  return best?.option;
}
