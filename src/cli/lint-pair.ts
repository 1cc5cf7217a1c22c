// Lint of a pair.yaml: its own findings, then those on the files it becomes, pointed back at the keys that a person wrote.

import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { type Diagnostic, positionAt, type SourceText, sourceText, type Span } from "../diagnostics/index.ts";
import { type LintNodeInput, lintNodes, type LintOptions, type LintResult } from "../lint/index.ts";
import {
  type AgentOptions,
  agentSecrets,
  agentTextFiles,
  findingTable,
  type LoadedPair,
  loadPair,
  type Pair,
} from "../model/index.ts";
import { type AgentInputs, nodePaths, pairPathsOf, renderPair } from "../render/index.ts";
import { readSource } from "./lint-inputs.ts";
import { unknownProxies } from "./traffic-names.ts";

// A secret that is not set is no mistake of the file (design.md), so any password of the right form stands in for it.
const STAND_IN_PASSWORD = "stand-in";

/** Not asked of a pair.yaml: hapair brings a runtime socket of its own, and who writes `failback: allowed` wants it. */
const KEPT_BY_HAPAIR: readonly string[] = ["HP604", "HP207"];

/** `prove` gives further findings on the pair's own file. */
export function lintPairFile(
  path: string,
  options: LintOptions,
  prove?: (pair: Pair, loaded: LoadedPair, options: LintOptions) => readonly Diagnostic[],
): LintResult {
  const given = readSource(path);
  const loaded = loadPair(given.file, given.text);
  const own: LintResult = {
    diagnostics: loaded.diagnostics,
    suppressed: [],
    sources: new Map([[given.file, loaded.source]]),
    nodes: [given.file],
  };
  const { pair } = loaded;
  if (pair === undefined) return own;
  const haproxy = readSource(
    isAbsolute(pair.haproxy.config) ? pair.haproxy.config : join(dirname(path), pair.haproxy.config),
  );
  const rendered = renderedNodes(pair, path, haproxy);
  const selection = options.selection ?? {};
  const result = lintNodes(rendered, {
    ...options,
    selection: { ...selection, skip: [...(selection.skip ?? []), ...KEPT_BY_HAPAIR] },
    promisedServiceHangMs: pair.promises.serviceHangMs,
  });
  const mapped = result.diagnostics.map((each) => pointedBack(each, { loaded, pair, result }));
  return {
    diagnostics: withoutRepetition([
      ...own.diagnostics,
      ...unknownProxyFindings(loaded, pair, haproxy.text),
      ...mapped.filter((each) => !saidBefore(each, own)),
    ]).concat(prove?.(pair, loaded, options) ?? []),
    // Not what hapair's own comments in the rendered files silence.
    suppressed: result.suppressed.filter(({ by }) => by.file === haproxy.file),
    // What a person wrote; nothing points into the rendered files any more.
    sources: new Map([...own.sources, ...[...result.sources].filter(([file]) => file === haproxy.file)]),
    nodes: [...pair.nodes.map((node) => node.name)],
  };
}

function renderedNodes(pair: Pair, path: string, haproxy: SourceText): LintNodeInput[] {
  const files = renderPair(pair, {
    haproxyConfig: haproxy.text,
    carriedFiles: new Map(pair.haproxy.files.map((file) => [file.from, carriedText(path, file.from)])),
    passwords: new Map(pair.routers.map((router) => [router.name, STAND_IN_PASSWORD])),
    ...(pair.agent === undefined ? {} : { agent: agentStandIns(pair.agent) }),
  });
  return [...files].map(([node, rendered]) => {
    const textOf = (wanted: string): string => rendered.find((file) => file.path === wanted)?.content ?? "";
    const script = sourceText(`${node}:${nodePaths.checkScript}`, textOf(nodePaths.checkScript));
    return {
      name: node,
      main: sourceText(renderedName(node), textOf(nodePaths.keepalivedConf)),
      haproxy,
      // The rendered sysctl file switches it on.
      surroundings: { nonlocalBind: "on" as const, scripts: new Map([[nodePaths.checkScript, script]]) },
    };
  });
}

/** No rule reads the agent's files, so nothing of theirs is asked for. */
function agentStandIns(agent: AgentOptions): AgentInputs {
  return {
    program: "",
    secrets: new Map(agentSecrets(agent).map(({ name }) => [name, STAND_IN_PASSWORD])),
    texts: new Map(agentTextFiles(agent).map((file) => [file, ""])),
  };
}

function unknownProxyFindings(loaded: LoadedPair, pair: Pair, haproxyConfig: string): Diagnostic[] {
  return unknownProxies(pair, haproxyConfig).map(({ path, message, meant }) => {
    const span = loaded.spanOf(path);
    return {
      code: "HP091",
      severity: findingTable.HP091.severity,
      file: loaded.source.file,
      message,
      ...(span === undefined ? {} : { span }),
      consequence: "HAProxy never reports it, so the rule is never broken",
      ...(meant === undefined ? {} : { advice: `${path[2]}: ${meant}` }),
    };
  });
}

function renderedName(node: string): string {
  return `${node}:${nodePaths.keepalivedConf}`;
}

function carriedText(path: string, from: string): string {
  try {
    return readFileSync(resolve(dirname(path), from), "utf8");
  } catch {
    // Whether it is there is for render and plan to say; no rule reads it.
    return "";
  }
}

interface Origin {
  readonly loaded: LoadedPair;
  readonly pair: Pair;
  readonly result: LintResult;
}

/** The finding at the key of pair.yaml that made the line it is about. One in the user's haproxy.cfg stays where it is. */
function pointedBack(diagnostic: Diagnostic, { loaded, pair, result }: Origin): Diagnostic {
  const node = pair.nodes.find((each) => renderedName(each.name) === diagnostic.file);
  const source = result.sources.get(diagnostic.file ?? "");
  if (node === undefined || source === undefined) return diagnostic;
  const { keyword, router } = lineAt(source, diagnostic.span);
  const span = pairPathsOf(keyword, router, node.name)
    .map((path) => loaded.spanOf(path))
    .find((each) => each !== undefined);
  const { fix: _, related: __, ...rest } = diagnostic;
  return { ...rest, file: loaded.source.file, ...(span === undefined ? {} : { span }) };
}

/** The keyword of the line and the instance it stands in. The rendered file has one keyword a line. */
function lineAt(source: SourceText, span: Span | undefined): { keyword: string; router: string } {
  const lines = source.text.split("\n");
  const at = span === undefined ? 0 : positionAt(source, span.start).line - 1;
  let keyword = "";
  for (let index = at; index >= 0; index -= 1) {
    const line = lines[index] ?? "";
    keyword ||= /^\s*([a-z_]+)\b/.exec(line)?.[1] ?? "";
    const instance = /^vrrp_instance (\S+)/.exec(line)?.[1];
    if (instance !== undefined) return { keyword, router: instance };
    if (/^\S/.test(line) && index < at) break;
  }
  return { keyword, router: "" };
}

/** What the pair's file is told in its own words: HP070 weighs the same sum against its promises. */
const SAME_MEANING: Readonly<Record<string, string>> = { HP203: "HP070" };

function saidBefore({ code }: Diagnostic, own: LintResult): boolean {
  return own.diagnostics.some((each) => each.code === SAME_MEANING[code]);
}

/** Every node's file has what one key of pair.yaml made, so the same finding comes once for each. */
function withoutRepetition(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ code, file, span }) => {
    const key = `${code} ${file} ${span?.start} ${span?.end}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
