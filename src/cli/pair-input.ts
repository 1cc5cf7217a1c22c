// Reads what a command works on: the pair's file and the files it names, the secrets it refers to. Says every mistake at once.

import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { HapairError, messageOf } from "../base/index.ts";
import { type Diagnostic, renderDiagnostic, type SourceText } from "../diagnostics/index.ts";
import { checkPassword, loadPair, type Pair } from "../model/index.ts";
import type { RenderInputs } from "../render/index.ts";
import { readAgentInputs, requireKnownProxies } from "./agent-inputs.ts";
import { AlreadyReported } from "./already-reported.ts";
import { type HapairContext, paintFor, printJson } from "./context.ts";
import { exitCodes } from "./exit-code.ts";
import { resolveSecret } from "./secrets.ts";

export const DEFAULT_PAIR_FILE = "pair.yaml";

export interface PairFile {
  readonly path: string;
  readonly pair: Pair;
  readonly diagnostics: readonly Diagnostic[];
}

async function readText(path: string, what: string, hint: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: "there is no such file",
      EISDIR: "it is a folder",
    };
    const reason = reasons[(cause as NodeJS.ErrnoException).code ?? ""] ?? messageOf(cause);
    throw new HapairError({
      kind: "usage",
      code: "unreadable-file",
      message: `${what} ${path} cannot be read: ${reason}`,
      hint,
      cause,
    });
  }
}

/**
 * The pair of a file. Findings go to standard error (or, with `json`, to standard output as JSON when they are errors);
 * an error among them ends the command with exit code 2.
 */
export async function readPair(
  context: HapairContext,
  path: string | undefined,
  options: { json?: boolean; quiet?: boolean } = {},
): Promise<PairFile> {
  const file = path ?? DEFAULT_PAIR_FILE;
  const text = await readText(
    file,
    "the pair's file",
    "Name the file as an argument, or make one with: hapair init",
  );
  const { pair, diagnostics, source } = loadPair(file, text);
  const failed = pair === undefined || diagnostics.some((diagnostic) => diagnostic.severity === "error");
  if (failed && options.json === true) printJson(context, { ok: false, diagnostics });
  if (options.quiet !== true || failed) printDiagnostics(context, diagnostics, source);
  if (failed) throw new AlreadyReported(exitCodes.usage);
  return { path: file, pair, diagnostics };
}

/** Findings on standard error, each with its code frame; `source` is loadPair's, in which secrets are masked. */
function printDiagnostics(
  context: HapairContext,
  diagnostics: readonly Diagnostic[],
  source: SourceText,
): void {
  const paint = paintFor(context.process.stderr);
  for (const diagnostic of diagnostics)
    context.process.stderr.write(`${renderDiagnostic(diagnostic, source, paint)}\n`);
}

/** The text of the pair's haproxy.cfg. */
export async function readHaproxyConfig(file: PairFile): Promise<string> {
  return await readText(
    resolve(dirname(resolve(file.path)), file.pair.haproxy.config),
    "haproxy.config names a file that",
    `Paths in ${file.path} are relative to it.`,
  );
}

/** Everything rendering needs besides what the nodes say: haproxy.cfg, the carried files, the passwords, the agent's part. */
export async function readRenderInputs(file: PairFile): Promise<RenderInputs> {
  const { pair, path } = file;
  const directory = dirname(resolve(path));
  const readNamed = async (place: string, named: string): Promise<string> =>
    readText(resolve(directory, named), `${place} names a file that`, `Paths in ${path} are relative to it.`);
  const haproxyConfig = await readNamed("haproxy.config", pair.haproxy.config);
  requireKnownProxies(pair, haproxyConfig);
  const carriedFiles = new Map<string, string>();
  for (const carried of pair.haproxy.files)
    carriedFiles.set(carried.from, await readNamed("haproxy.files", carried.from));
  const passwords = new Map<string, string>();
  for (const router of pair.routers) {
    if (router.password === undefined) continue;
    const what = `the VRRP password of router ${router.name}`;
    const password = await resolveSecret(router.password, what, directory);
    refuseUnusable(password, what);
    passwords.set(router.name, password);
  }
  if (pair.agent === undefined) return { haproxyConfig, carriedFiles, passwords };
  const agent = await readAgentInputs(pair.agent, directory, readNamed);
  return { haproxyConfig, carriedFiles, passwords, agent };
}

/** Throws where keepalived would use another password than this one. The value itself is never told. */
function refuseUnusable(password: string, what: string): void {
  const refused = checkPassword(password).problems.find((problem) => problem.severity === "refused");
  if (refused === undefined) return;
  throw new HapairError({
    kind: "usage",
    code: "password-unusable",
    message: `${what}: ${refused.message}`,
    hint: `Use ${refused.advice}.`,
  });
}
