// References to secrets, and the care that a secret written into the file by mistake is not shown on.
// Rule: no message and no code frame holds a literal secret; the source text that goes with the findings is masked.

import { nearest } from "../base/index.ts";
import type { Span } from "../diagnostics/index.ts";
import { fieldAt, fieldPattern, type Path, pathText } from "./fields.ts";
import type { Finding, FindingList } from "./findings.ts";
import type { SecretReference } from "./pair.ts";
import { keySpanAt, spanAt } from "./places.ts";
import type { SourceTree } from "./source-tree.ts";

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Keys besides `password` whose value is a secret, always. */
const SECRET_PATTERNS: readonly string[] = [
  "agent.key",
  "alerts.routes.*.slack",
  "alerts.routes.*.teams",
  "alerts.routes.*.pagerduty",
  "alerts.routes.*.secret",
];

/** Whether the value at `path` is a secret or a part of its reference. */
export function isUnderSecret(path: Path): boolean {
  return isSecretPlace(path) || isSecretPlace(path.slice(0, -1));
}

function isSecretPlace(path: Path): boolean {
  return path.at(-1) === "password" || SECRET_PATTERNS.includes(fieldPattern(path));
}

/** Whether the header at `path` is one of those that hold a token: its value is written as a reference. */
export function isSecretHeader(path: Path): boolean {
  return (
    fieldPattern(path) === "alerts.routes.*.headers.*" &&
    /auth|token|secret|key|cookie|pass/i.test(String(path.at(-1)))
  );
}

/** Whether a URL has a password in it. */
export function hasLogin(url: string): boolean {
  return /^[a-z+]+:\/\/[^/?#]*@/i.test(url.trim());
}

function adviceAt(path: Path): string {
  if (path[0] !== "agent" && path[0] !== "alerts") return "password: { env: VRRP_PASSWORD }";
  const example = fieldAt(path)?.example ?? "";
  return example.includes("env:") ? example : `${String(path.at(-1))}: { env: ALERT_URL }`;
}

/** The finding for a secret that is not a reference. */
export function literalSecretFinding(tree: SourceTree, path: Path, value: unknown): Finding {
  const span = spanAt(tree, path);
  const parent = path.slice(0, -1);
  if (isSecretPlace(parent)) {
    return {
      code: "HP051",
      span,
      message: `${pathText(path)} is not a text: a ${String(path.at(-1))} is named by one`,
      advice: adviceAt(parent),
    };
  }
  if (value === null || typeof value === "object") {
    const message = `${pathText(path)} is no reference to a secret`;
    return { code: "HP051", span, message, advice: adviceAt(path) };
  }
  const variable = /^\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$/.exec(typeof value === "string" ? value : "")?.[1];
  const isPassword = path.at(-1) === "password";
  return {
    code: "HP050",
    span,
    message: `${pathText(path)} is written into the file: secrets are references`,
    consequence: `everyone who may read the file, its backups and its history has the ${isPassword ? "password" : "secret"}`,
    advice: variable === undefined ? adviceAt(path) : `${String(path.at(-1))}: { env: ${variable} }`,
  };
}

/** Reads { env }, { file } or { command }; undefined, with a finding, where it is not exactly one of them. */
export function readSecretReference(
  tree: SourceTree,
  path: Path,
  written: {
    readonly env?: string | undefined;
    readonly file?: string | undefined;
    readonly command?: string | undefined;
  },
  findings: FindingList,
): SecretReference | undefined {
  const { env, file, command } = written;
  const given = [env, file, command].filter((each) => each !== undefined).length;
  if (given !== 1) {
    // A part that was refused before has its own finding.
    if (given > 1 || Object.keys(rawReference(tree, path)).length === 0) {
      const message = `${pathText(path)} names ${given === 0 ? "no place" : "several places"} to take the secret from`;
      findings.add({ code: "HP051", span: keySpanAt(tree, path), message, advice: adviceAt(path) });
    }
    return undefined;
  }
  if (env !== undefined) {
    if (VARIABLE_NAME.test(env)) return { kind: "env", name: env };
    const message = `${pathText([...path, "env"])} is not the name of an environment variable (letters, digits, underscore)`;
    findings.add({ code: "HP051", span: spanAt(tree, [...path, "env"]), message, advice: adviceAt(path) });
    return undefined;
  }
  return file === undefined ? { kind: "command", command: command ?? "" } : { kind: "file", path: file };
}

function rawReference(tree: SourceTree, path: Path): object {
  let value: unknown = tree.value;
  for (const part of path) value = (value as Record<string | number, unknown> | null)?.[part];
  return typeof value === "object" && value !== null ? value : {};
}

/** The text as it may be shown: literal secrets are `*`, control characters a mark, character for character, so that positions stay. */
export function showableText(text: string, tree: SourceTree | undefined): string {
  const masked = tree === undefined ? maskByLook(text) : maskSpans(text, spansByPlace(tree));
  // Control characters could write to the terminal what is not in the file.
  // oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
  return masked.replaceAll(/\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "\ufffd");
}

// Bounded repeats: a line of noise must not make the search slow.
const SECRET_KEY =
  /(?:pass\w{0,20}|auth_\w{1,20}|authorization|secret|token|\bkey|slack|teams|pagerduty|webhook|alertmanager)["']?[ \t]{0,20}[:=][ \t]{0,20}/gi;
// What may stay readable after such a key: a whole reference, or whether a file is secret.
const HARMLESS_VALUE =
  /\{[ \t]{0,20}(?:env:[ \t]{0,20}[A-Za-z_]\w{0,200}|(?:file|command):[^{}]{0,400})[ \t]{0,20}\}|true\b|false\b/y;
const HARMLESS_LINE = /^\s*(?:env:\s*[A-Za-z_]\w*|(?:file|command):.*)\s*$/;

// Where the YAML is broken nobody knows what is a value, so all that follows such a key is hidden: on its line, and below it as far as
// the lines are indented deeper.
function maskByLook(text: string): string {
  let hiddenBelow: number | undefined;
  const lines = text.split("\n").map((line) => {
    const indent = line.search(/\S/);
    if (hiddenBelow !== undefined && (indent === -1 || indent > hiddenBelow))
      return HARMLESS_LINE.test(line) ? line : hidden(line);
    hiddenBelow = undefined;
    const masked = maskLine(line);
    if (masked.hasSecretKey) hiddenBelow = indent;
    return masked.text;
  });
  return lines.join("\n");
}

function maskLine(line: string): { readonly text: string; readonly hasSecretKey: boolean } {
  let hasSecretKey = false;
  for (const key of line.matchAll(SECRET_KEY)) {
    hasSecretKey = true;
    const start = key.index + key[0].length;
    HARMLESS_VALUE.lastIndex = start;
    if (!HARMLESS_VALUE.test(line))
      return { text: line.slice(0, start) + hidden(line.slice(start)), hasSecretKey };
  }
  return { text: line, hasSecretKey };
}

function maskSpans(text: string, spans: readonly Span[]): string {
  const pieces: string[] = [];
  let end = 0;
  for (const span of spans.toSorted((left, right) => left.start - right.start)) {
    const start = Math.max(end, span.start);
    pieces.push(text.slice(end, start), hidden(text.slice(start, span.end)));
    end = Math.max(end, span.end);
  }
  return pieces.join("") + text.slice(end);
}

function hidden(text: string): string {
  return text.replaceAll(/\S/g, "*");
}

function spansByPlace(tree: SourceTree): Span[] {
  const spans: Span[] = [];
  const visit = (value: unknown, path: Path, depthInPassword: number): void => {
    if (typeof value === "object" && value !== null) {
      const isPassword = depthInPassword > 0 || isSecretName(path);
      for (const [name, each] of Object.entries(value)) {
        if (depthInPassword === 0 && isPassword && !Array.isArray(value) && isReferencePart(name, each))
          continue;
        visit(
          each,
          [...path, Array.isArray(value) ? Number(name) : name],
          isPassword ? depthInPassword + 1 : 0,
        );
      }
      return;
    }
    const isSecret = value !== null && (depthInPassword > 0 || isSecretName(path) || holdsLogin(path, value));
    const span = isSecret ? tree.locate(path)?.value : undefined;
    if (span !== undefined) spans.push(span);
  };
  visit(tree.value, [], 0);
  return spans;
}

/** Whether what stands at `path` is hidden unless it is a reference. A value that says whether a file is secret is none. */
function isSecretName(path: Path): boolean {
  return (
    isPasswordKey(path.at(-1)) ||
    isSecretHeader(path) ||
    SECRET_PATTERNS.includes(fieldPattern(path)) ||
    MISPLACED_SECRETS.includes(fieldPattern(path).split(".").at(-1) ?? "")
  );
}

/** Secrets by their name wherever they stand, were it at the wrong place. */
const MISPLACED_SECRETS: readonly string[] = [
  "key",
  "slack",
  "teams",
  "pagerduty",
  "routing_key",
  "token",
  "api_key",
];

function holdsLogin(path: Path, value: unknown): boolean {
  const key = path.at(-1);
  return (
    typeof value === "string" &&
    (key === "webhook" || key === "alertmanager" || key === "smtp") &&
    hasLogin(value)
  );
}

function isPasswordKey(key: string | number | undefined): boolean {
  if (typeof key !== "string") return false;
  return (
    key === "auth_pass" ||
    key === "auth_key" ||
    nearest(key, ["password", "passwd", "passphrase"]) !== undefined
  );
}

function isReferencePart(name: string, value: unknown): boolean {
  if (name === "env") return typeof value === "string" && VARIABLE_NAME.test(value);
  return name === "file" || name === "command";
}
