// The same finding on several nodes said once: a pair's files are alike, and so are their mistakes.

import type { Diagnostic } from "../diagnostics/index.ts";
import { sentenceList } from "../base/index.ts";

interface OfNode {
  readonly node: string;
  /** The message without the node's name before it. */
  readonly rest: string;
  readonly diagnostic: Diagnostic;
}

/**
 * Findings whose messages begin with a node's name and are the same otherwise become one, with the other nodes' places beside it. What is
 * silenced is to be taken out before: a comment in one node's file speaks of that node.
 */
export function joinedAcrossNodes(
  diagnostics: readonly Diagnostic[],
  nodes: readonly string[],
): Diagnostic[] {
  const groups = new Map<string, OfNode[]>();
  const result: (Diagnostic | OfNode[])[] = [];
  for (const diagnostic of diagnostics) {
    const own = ofNode(diagnostic, nodes);
    if (own === undefined) {
      result.push(diagnostic);
      continue;
    }
    const { code, severity, consequence, advice } = diagnostic;
    const key = [code, severity, own.rest, consequence, advice].join("\0");
    const group = groups.get(key);
    // Two of one node are two mistakes, side by side.
    if (group === undefined || group.some((other) => other.node === own.node)) {
      const fresh = [own];
      groups.set(key, fresh);
      result.push(fresh);
    } else {
      group.push(own);
    }
  }
  return result.map((each) => (Array.isArray(each) ? joined(each) : each));
}

function ofNode(diagnostic: Diagnostic, nodes: readonly string[]): OfNode | undefined {
  const node = nodes.find((name) => diagnostic.message.startsWith(`${name}: `));
  if (node === undefined || diagnostic.related !== undefined) return undefined;
  return { node, rest: diagnostic.message.slice(node.length + 2), diagnostic };
}

function joined(group: readonly OfNode[]): Diagnostic {
  const [first, ...others] = group;
  if (first === undefined) throw new RangeError("a group has a finding");
  const { diagnostic, rest } = first;
  if (others.length === 0) return diagnostic;
  const related = others.flatMap(({ node, diagnostic: { file, span } }) =>
    file === undefined || span === undefined ? [] : [{ file, span, message: `${node} too` }],
  );
  const edits = group.flatMap((each) => each.diagnostic.fix?.edits ?? []);
  return {
    ...diagnostic,
    message: `${sentenceList(group.map((each) => each.node))}: ${rest}`,
    related,
    ...(diagnostic.fix === undefined ? {} : { fix: { title: diagnostic.fix.title, edits } }),
  };
}
