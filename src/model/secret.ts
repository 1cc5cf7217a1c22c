// References to secrets, and the care that a secret written into the file by mistake is not shown on.
// Rule: no message and no code frame holds a literal secret; the source text that goes with the findings is masked.

import { nearest } from "../base/index.ts";
import type { Span } from "../diagnostics/index.ts";
import { type Path, pathText } from "./fields.ts";
import type { Finding, FindingList } from "./findings.ts";
import type { SecretReference } from "./pair.ts";
import { keySpanAt, spanAt } from "./places.ts";
import type { SourceTree } from "./source-tree.ts";

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ADVICE = "password: { env: VRRP_PASSWORD }";

/** Whether the value at `path` is a password or a part of its reference. */
export function isUnderPassword(path: Path): boolean {
  return path.at(-1) === "password" || path.at(-2) === "password";
}

/** The finding for a password that is not a reference. */
export function literalSecretFinding(tree: SourceTree, path: Path, value: unknown): Finding {
  const span = spanAt(tree, path);
  if (path.at(-2) === "password") {
    return {
      code: "HP051",
      span,
      message: `${pathText(path)} is not a text: a ${String(path.at(-1))} is named by one`,
      advice: ADVICE,
    };
  }
  if (value === null || typeof value === "object") {
    return { code: "HP051", span, message: `${pathText(path)} is no reference to a secret`, advice: ADVICE };
  }
  const variable = /^\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$/.exec(typeof value === "string" ? value : "")?.[1];
  return {
    code: "HP050",
    span,
    message: `${pathText(path)} is written into the file: secrets are references`,
    consequence: "everyone who may read the file, its backups and its history has the password",
    advice: variable === undefined ? ADVICE : `password: { env: ${variable} }`,
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
      findings.add({ code: "HP051", span: keySpanAt(tree, path), message, advice: ADVICE });
    }
    return undefined;
  }
  if (env !== undefined) {
    if (VARIABLE_NAME.test(env)) return { kind: "env", name: env };
    const message = `${pathText([...path, "env"])} is not the name of an environment variable (letters, digits, underscore)`;
    findings.add({ code: "HP051", span: spanAt(tree, [...path, "env"]), message, advice: ADVICE });
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
  return masked.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "\ufffd");
}

// Where the YAML is broken nobody knows what is a value, so all that follows such a key on its line is hidden.
const LOOKS_LIKE_SECRET =
  /((?:pass\w*|secret)["']?[ \t]*[:=][ \t]*)(?!\{[ \t]*(?:env|file|command)[ \t]*:|true\b|false\b)([^\s{][^\n]*)/gi;

function maskByLook(text: string): string {
  return text.replaceAll(LOOKS_LIKE_SECRET, (_, key: string, value: string) => key + hidden(value));
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
  const visit = (value: unknown, path: Path): void => {
    const key = path.at(-1);
    const isPassword = typeof key === "string" && key !== "secret" && isPasswordKey(key);
    if (isPassword && isScalarValue(value)) pushValue(path);
    if (typeof value !== "object" || value === null) return;
    for (const [name, each] of Object.entries(value)) {
      const below = [...path, Array.isArray(value) ? Number(name) : name];
      if (isPassword && isScalarValue(each) && !isReferencePart(name, each)) pushValue(below);
      else visit(each, below);
    }
  };
  const pushValue = (path: Path): void => {
    const span = tree.locate(path)?.value;
    if (span !== undefined) spans.push(span);
  };
  visit(tree.value, []);
  return spans;
}

function isPasswordKey(key: string): boolean {
  return (
    key === "auth_pass" ||
    key === "auth_key" ||
    nearest(key, ["password", "passwd", "passphrase"]) !== undefined
  );
}

function isScalarValue(value: unknown): boolean {
  return value !== null && typeof value !== "object";
}

function isReferencePart(name: string, value: unknown): boolean {
  if (name === "env") return typeof value === "string" && VARIABLE_NAME.test(value);
  return name === "file" || name === "command";
}
