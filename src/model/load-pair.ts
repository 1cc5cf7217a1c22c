// pair.yaml's text to a pair: read, checked against the shape, understood, checked as a whole. Pure.
// Rule: every mistake in the file is a finding with its place; there is a pair exactly when none of them is an error.

import { assert } from "../base/index.ts";
import { type Diagnostic, type SourceText, sourceText, type Span } from "../diagnostics/index.ts";
import { checkVips } from "./check-vips.ts";
import type { Path } from "./fields.ts";
import { findingList } from "./findings.ts";
import type { Pair, PairNode } from "./pair.ts";
import { spanAt } from "./places.ts";
import { readAgent } from "./read-agent.ts";
import { readHaproxy } from "./read-haproxy.ts";
import { readMaintenance } from "./read-maintenance.ts";
import { type NodeDraft, readNodes } from "./read-nodes.ts";
import { completeRouter, readRouters } from "./read-routers.ts";
import { checkPromises, readCheck, readPromises } from "./read-settings.ts";
import type { Reading } from "./reading.ts";
import { showableText } from "./secret.ts";
import { checkShape } from "./shape.ts";
import { readSourceTree } from "./source-tree.ts";

export interface LoadedPair {
  /** Absent where there is an error among the diagnostics. */
  readonly pair?: Pair;
  /** In the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text to show with the diagnostics: as given, but literal secrets are masked, character for character. */
  readonly source: SourceText;
  /** Where the value at a path of keys is; undefined where the file has none there. */
  readonly spanOf: (path: readonly (string | number)[]) => Span | undefined;
}

/**
 * Reads a pair file. `file` is its name as the user gave it, `text` its content decoded as UTF-8 (a leading byte order mark may stay).
 * Never throws on any text, and takes bounded time.
 */
export function loadPair(file: string, text: string): LoadedPair {
  const findings = findingList(file);
  const tree = readSourceTree(sourceText(file, text), findings);
  const source = sourceText(file, showableText(text, tree));
  if (tree === undefined) return { diagnostics: findings.diagnostics(), source, spanOf: () => undefined };
  const spanOf = (path: Path): Span | undefined =>
    tree.locate(path) === undefined ? undefined : spanAt(tree, path);
  const shape = checkShape(tree, findings);
  if (shape === undefined) return { diagnostics: findings.diagnostics(), source, spanOf };
  const reading: Reading = { tree, ...shape, findings, profile: shape.file.profile ?? "classic" };
  const pair = readPair(reading);
  const diagnostics = findings.diagnostics();
  return { ...(pair === undefined ? {} : { pair }), diagnostics, source, spanOf };
}

function readPair(reading: Reading): Pair | undefined {
  const { file, findings, profile } = reading;
  const nodes = readNodes(reading);
  const drafts = readRouters(reading, nodes);
  checkVips(reading, nodes, drafts);
  const check = readCheck(reading);
  const promises = readPromises(reading);
  checkPromises(reading, promises, check, drafts);
  const maintenance = readMaintenance(reading, drafts);
  const haproxy = readHaproxy(reading);
  const agent = readAgent(reading, haproxy);
  if (findings.hasErrors()) return undefined;
  const routers = drafts
    .map((draft) => completeRouter(draft, reading, promises.failback === "allowed"))
    .filter((router) => router !== undefined);
  const completeNodes = nodes.map(completeNode).filter((node) => node !== undefined);
  assert(
    routers.length === drafts.length && completeNodes.length === nodes.length,
    "a file without errors has complete nodes and routers",
  );
  assert(
    file.pair !== undefined && haproxy !== undefined,
    "a file without errors has a name and HAProxy's configuration",
  );
  return {
    name: file.pair,
    profile,
    nodes: completeNodes,
    routers,
    check,
    haproxy,
    promises,
    maintenance,
    keepConfiguration: file.network?.keep_configuration ?? false,
    ...(agent === undefined ? {} : { agent }),
  };
}

function completeNode(draft: NodeDraft): PairNode | undefined {
  const { name, addresses, ssh } = draft;
  if (draft.interface === undefined || ssh === undefined || addresses.length === 0) return undefined;
  return { name, addresses: addresses.map(({ address }) => address), interface: draft.interface, ssh };
}
