// The first difference of meaning between two nodes' haproxy.cfg: comments, blanks and the order of the sections make none.
// Rule: what names the node itself, or an address of its own, belongs to the node.

import { type HaproxyLine, type HaproxySection, parseEndpoint } from "../../haproxy/index.ts";
import { withoutOwnNames } from "./own-names.ts";
import type { LintedNode } from "../subject.ts";
import { addressesOf } from "./addresses.ts";

export interface HaproxyDifference {
  /** `frontend web`. */
  readonly section: string;
  /** Absent: that node does not have the line, or the whole section. */
  readonly left?: HaproxyLine;
  readonly right?: HaproxyLine;
  readonly leftSection?: HaproxySection;
  readonly rightSection?: HaproxySection;
}

/** Lines that are about one node by their nature. */
const OF_ONE_NODE = new Set([
  "node",
  "localpeer",
  "description",
  "log-tag",
  "log-send-hostname",
  "pidfile",
  "nbthread",
  "cpu-map",
  "maxconn",
]);

/** The first difference in the order of the left file, or undefined. */
export function haproxyDifference(left: LintedNode, right: LintedNode): HaproxyDifference | undefined {
  const leftSections = keyed(left.haproxy?.sections ?? []);
  const rightSections = keyed(right.haproxy?.sections ?? []);
  for (const [key, leftSection] of leftSections) {
    const rightSection = rightSections.get(key);
    if (rightSection === undefined) return { section: titleOf(leftSection), leftSection };
    const difference = inSection(left, leftSection, right, rightSection);
    if (difference !== undefined) return difference;
  }
  for (const [key, rightSection] of rightSections) {
    if (!leftSections.has(key)) return { section: titleOf(rightSection), rightSection };
  }
  return undefined;
}

/** Sections by what they are called; of several with one name, their number as well. Empty ones mean nothing. */
function keyed(sections: readonly HaproxySection[]): Map<string, HaproxySection> {
  const result = new Map<string, HaproxySection>();
  for (const section of sections) {
    if (section.lines.length === 0) continue;
    const title = titleOf(section);
    let key = title;
    for (let number = 2; result.has(key); number += 1) key = `${title} ${number}`;
    result.set(key, section);
  }
  return result;
}

function titleOf({ kind, name }: HaproxySection): string {
  return name === undefined ? kind : `${kind} ${name}`;
}

function inSection(
  left: LintedNode,
  leftSection: HaproxySection,
  right: LintedNode,
  rightSection: HaproxySection,
): HaproxyDifference | undefined {
  const section = titleOf(leftSection);
  const leftLines = leftSection.lines.filter((line) => !isOfOneNode(leftSection, line));
  const rightLines = rightSection.lines.filter((line) => !isOfOneNode(rightSection, line));
  const length = Math.max(leftLines.length, rightLines.length);
  for (let index = 0; index < length; index += 1) {
    const leftLine = leftLines[index];
    const rightLine = rightLines[index];
    if (leftLine !== undefined && rightLine !== undefined && sameLine(left, leftLine, right, rightLine))
      continue;
    return {
      section,
      leftSection,
      rightSection,
      ...(leftLine === undefined ? {} : { left: leftLine }),
      ...(rightLine === undefined ? {} : { right: rightLine }),
    };
  }
  return undefined;
}

function isOfOneNode({ kind }: HaproxySection, line: HaproxyLine): boolean {
  return kind === "global" && OF_ONE_NODE.has(line.keyword.value);
}

function sameLine(
  left: LintedNode,
  leftLine: HaproxyLine,
  right: LintedNode,
  rightLine: HaproxyLine,
): boolean {
  const leftWords = wordsOf(leftLine);
  const rightWords = wordsOf(rightLine);
  if (leftWords.join("\0") === rightWords.join("\0")) return true;
  if (leftWords.length !== rightWords.length) return false;
  const vips = new Set([...vipsOf(left), ...vipsOf(right)]);
  return leftWords.every((word, index) => {
    const other = rightWords[index] ?? "";
    if (word === other || withoutOwnNames(left, word) === withoutOwnNames(right, other)) return true;
    return takesOwnAddress(leftLine) && isOwnAddress(word, other, vips);
  });
}

function wordsOf(line: HaproxyLine): string[] {
  return [line.keyword, ...line.arguments].map((word) => word.value);
}

function takesOwnAddress({ keyword, arguments: words }: HaproxyLine): boolean {
  return keyword.value === "bind" || keyword.value === "source" || words[0]?.value === "socket";
}

/** The same port at two addresses that are no VIP: each node's own. */
function isOwnAddress(word: string, other: string, vips: ReadonlySet<string>): boolean {
  const left = parseEndpoint(word);
  const right = parseEndpoint(other);
  if (left?.family === undefined || right?.family !== left.family || left.port !== right.port) return false;
  return [left.host, right.host].every((host) => host !== "*" && !vips.has(host));
}

function vipsOf(node: LintedNode): string[] {
  return node.configuration.instances.flatMap((instance) => addressesOf(instance));
}
