// HP406: signs that only a shell understands, in a line that no shell sees. Rule: a word with blanks was quoted on purpose and may hold any sign.

import { sentenceList } from "../../base/index.ts";
import type { KeepalivedScript } from "../../keepalived/index.ts";
import { programName, shellScriptOf, unwrapped } from "../checks/check-command.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { mayHoldSecret, placeOfScript, trackedScripts } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import type { LintedNode, LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP406",
  name: "check-needs-a-shell",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "pipes, &&, ||, ;, redirections or $(...) in a script line, which no shell reads",
  explanation: `keepalived splits the script line into words and starts the first one with the others as its arguments. There is no shell: a pipe, &&, ||, a redirection and $(...) are arguments like any other, and keepalived -t says nothing. What the program makes of them decides the check: pidof finds itself and always succeeds, killall and ps always fail.

A script file without a first line #! does go through a shell, but its arguments are quoted even then; and a line that begins with < is given to /bin/sh with everything behind the first word quoted.`,
  source: "keepalived-behaviour 6.1 and 9.20; lib/notify.c of 2.2.7 (system_call_script); F14",
  bad: { lb1: exampleCheck({ script: '"pidof haproxy || pidof nginx"' }) },
  good: {
    lb1: exampleCheck({
      script: `"/bin/sh -c 'curl --silent --fail --max-time 1 http://127.0.0.1:8404/healthz | grep -q ok'"`,
    }),
  },
  check: findShellSigns,
};

function* findShellSigns(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    for (const script of trackedScripts(node)) {
      const { command } = script;
      if (command === undefined || shellScriptOf(command) !== undefined) continue;
      const finding = noProgram(node, script, command) ?? literalSigns(node, script, command);
      if (finding !== undefined) yield finding;
    }
  }
}

/** Words of the shell's own language: no program has such a name. */
const SHELL_WORDS = new Set([
  "if",
  "for",
  "while",
  "until",
  "case",
  "[[",
  "((",
  "{",
  "(",
  "!",
  "source",
  "exit",
  "export",
  "function",
]);

function noProgram(
  node: LintedNode,
  script: KeepalivedScript,
  command: readonly string[],
): Finding | undefined {
  const [first = ""] = command;
  if (!SHELL_WORDS.has(first) && !/^[A-Za-z_]\w*=/.test(first)) return undefined;
  return {
    message: `${node.name}: ${script.name} begins with ${first}, which is the shell's and no program`,
    at: placeOfScript(node, script),
    consequence: `keepalived finds no program of that name and drops ${script.name}: the instance runs without it`,
    advice: ADVICE,
  };
}

const ADVICE =
  "/bin/sh -c '...' around the command, or the path of a file that holds it and begins with #!/bin/sh";

function literalSigns(
  node: LintedNode,
  script: KeepalivedScript,
  command: readonly string[],
): Finding | undefined {
  const words = unwrapped(command);
  const program = programName(words[0] ?? "");
  // ssh gives its words to a shell on the other side.
  if (program === "ssh") return undefined;
  const rest = words.slice(1);
  const first = rest.findIndex((word) => isShellSign(word, program));
  if (first === -1) return undefined;
  const sign = rest[first] ?? "";
  const behind = [...new Set(rest.slice(first))];
  const literal = mayHoldSecret(behind) ? [sign, "what follows it"] : behind.slice(0, SHOWN_WORDS_MAX);
  const fate = Object.hasOwn(FATES, program) ? FATES[program]?.(rest) : undefined;
  const forever =
    fate?.always === "fails" && script.weight === 0
      ? `; at weight 0 ${node.name} stays in FAULT and never holds the VIP`
      : "";
  return {
    message: `${node.name}: ${script.name} needs a shell for ${sign}, and there is none`,
    at: placeOfScript(node, script),
    consequence: `${program} is started with ${sentenceList(literal)} as arguments: ${fate?.text ?? "its result has nothing to do with what the line means"}${forever}`,
    advice: ADVICE,
  };
}

/** These take programs of their own as arguments, in which a dollar sign is ordinary. */
const LANGUAGES = new Set(["awk", "gawk", "mawk", "sed", "perl", "python", "python3", "ruby", "find"]);

function isShellSign(word: string, program: string): boolean {
  if (LANGUAGES.has(program) || /\s/.test(word)) return false;
  if (/^(?:\|\|?|&&|&|;|\|&)$/.test(word)) return true;
  // `>`, `2>&1`, `>/dev/null`, `&>x`; `<VIP>` is a placeholder.
  if (/^(?:\d|&)?>>?(?:&[\d-]|[^\s<>]*)$/.test(word) || /^<[^<>\s]*$/.test(word)) return true;
  if (/>(?:>|&\d|\/dev\/null)/.test(word) || /^[\w./-]+;$/.test(word)) return true;
  return word.includes("$(") || word.includes("`") || word === "$?";
}

const SHOWN_WORDS_MAX = 5;

interface Fate {
  readonly text: string;
  readonly always?: "passes" | "fails";
}

const ALWAYS_FAILS: Fate = { text: "it ends with an error, and the check always fails", always: "fails" };
const ALWAYS_PASSES: Fate = { text: "it succeeds, and the check can never fail", always: "passes" };

/** What programs make of such arguments. pidof, killall, pgrep, pkill and ps were run with some on Debian 12; the others are from what is known of them. */
const FATES: Readonly<Record<string, (rest: readonly string[]) => Fate>> = {
  pidof: (rest) =>
    rest.some((word) => programName(word) === "pidof")
      ? {
          text: "pidof is among the names it looks for and finds itself, so the check always passes",
          always: "passes",
        }
      : { text: "it looks for processes of all these names, and one of them is enough" },
  killall: () => ({
    text: "it looks for a process of each of these names, does not find one, and the check always fails",
    always: "fails",
  }),
  pgrep: () => ({
    text: "it takes one pattern alone and ends with an error, so the check always fails",
    always: "fails",
  }),
  pkill: () => ({
    text: "it takes one pattern alone and ends with an error, so the check always fails",
    always: "fails",
  }),
  ps: () => ALWAYS_FAILS,
  test: () => ALWAYS_FAILS,
  "[": () => ALWAYS_FAILS,
  nc: () => ALWAYS_FAILS,
  docker: (rest) =>
    rest[0] === "ps" ? ALWAYS_FAILS : { text: "what comes of that is docker's affair, not the service's" },
  echo: () => ALWAYS_PASSES,
  printf: () => ALWAYS_PASSES,
  true: () => ALWAYS_PASSES,
  curl: () => ({ text: "it takes them for further addresses and ends with the result of the last one" }),
  wget: () => ({
    text: "it takes them for further addresses, cannot fetch them, and the check always fails",
    always: "fails",
  }),
  systemctl: () => ({ text: "it takes them for further units" }),
};
