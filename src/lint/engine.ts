// Asks every rule about nodes that belong together, on every version of keepalived that may be meant, and gives one list of findings.
// Rule: a verdict that depends on keepalived's version is never given as if it did not.

import { assert } from "../base/index.ts";
import {
  type Diagnostic,
  severitiesWorstFirst,
  type Severity,
  type SourceText,
} from "../diagnostics/index.ts";
import { isAtLeast, keepalivedVersions, locate, TESTED_VERSION } from "../keepalived/index.ts";
import { asWritten } from "./facts/template-text.ts";
import { joinedAcrossNodes } from "./joined.ts";
import { maskedSource } from "./masked-source.ts";
import { type LintNodeInput, lintedNode } from "./node.ts";
import { proofRules } from "./proofs/proof-rules.ts";
import { rules as allRules } from "./registry.ts";
import { virtualRouters } from "./routers.ts";
import type { DescribedRule, Finding, Rule } from "./rule.ts";
import { isSelected, type RuleSelection, severityOf } from "./selection.ts";
import type { LintedNode, LintSubject, Place } from "./subject.ts";
import { suppressionRules } from "./suppressions/suppression-rules.ts";
import { applySuppressions, type SuppressedFinding } from "./suppressions/suppressions.ts";

export interface LintOptions {
  /** The version of keepalived that will read the files; absent: every one that is still in use. */
  readonly keepalived?: string;
  readonly selection?: RuleSelection;
  readonly promisedServiceHangMs?: number;
  /** What was found by other means on the same files: silenced by the same comments, told among the others. */
  readonly further?: FurtherFindings;
}

export interface FurtherFindings {
  /** The rules that were asked, whether they found anything or not. */
  readonly codes: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface LintResult {
  /** Worst first, then in the order of the nodes and their files. */
  readonly diagnostics: readonly Diagnostic[];
  readonly suppressed: readonly SuppressedFinding[];
  /** By file name, passwords masked. */
  readonly sources: ReadonlyMap<string, SourceText>;
  /** The nodes' names. */
  readonly nodes: readonly string[];
}

/** The rules, in the order of their codes. */
export function rules(): readonly Rule[] {
  return allRules;
}

/** Every rule that findings may name: those that ask about configurations, those that a proof asks, and those about the comments that silence them. */
export function describedRules(): readonly DescribedRule[] {
  return [...allRules, ...proofRules, ...suppressionRules];
}

function knownRules(): { knownCodes: ReadonlySet<string>; codesByName: ReadonlyMap<string, string> } {
  const described = describedRules();
  return {
    knownCodes: new Set(described.map((each) => each.code)),
    codesByName: new Map(described.map((each) => [each.name, each.code])),
  };
}

/** One file for all nodes, given once for each of them, is as many copies of every node that its conditions speak of. */
function withoutCopies(inputs: readonly LintNodeInput[]): LintNodeInput[] {
  return inputs.filter(
    ({ name, configId, main }, index) =>
      configId === undefined ||
      !inputs
        .slice(0, index)
        .some((other) => other.name === name && other.configId === configId && other.main.text === main.text),
  );
}

function scopeOf(code: string): Rule["scope"] | undefined {
  return allRules.find((each) => each.code === code)?.scope;
}

/** Lints nodes that are one pair (two or more nodes), or one node alone. Never throws on any text. */
export function lintNodes(given: readonly LintNodeInput[], options: LintOptions = {}): LintResult {
  const inputs = withoutCopies(given);
  const subjects = subjectsByVersion(inputs, options);
  const selection = options.selection ?? {};
  const merged: Found = new Map();
  const dependsOnVersion = subjects.some((subject) =>
    subject.nodes.some((node) => node.configuration.dependsOnVersion),
  );
  for (const rule of allRules.filter((each) => isSelected(each, selection))) {
    for (const { subject, stretch } of stretchesOf(rule, subjects, dependsOnVersion)) {
      for (const finding of rule.check(subject)) {
        for (const version of stretch) addFinding(merged, rule, finding, version);
      }
    }
  }
  const newest = subjects.at(-1);
  const originals = sourcesOf(newest?.nodes ?? []);
  const found = [
    ...[...merged.values()].flat().map((each) => diagnosticOf(each, subjects.length, selection)),
    ...(options.further?.diagnostics ?? []),
  ].map((each) => inTheAuthorsWords(each, newest?.nodes ?? []));
  const asked = new Set<string>([
    ...allRules.filter((each) => isSelected(each, selection)).map((each) => each.code),
    ...(options.further?.codes ?? []),
  ]);
  const { kept, suppressed, findings } = applySuppressions(found, originals, {
    ...knownRules(),
    // Rules that compare nodes were not really asked about one alone.
    wasAsked: (code) => asked.has(code) && (inputs.length > 1 || scopeOf(code) !== "pair"),
  });
  const order = [...originals.keys()];
  const nodes = inputs.map((input) => input.name);
  return {
    diagnostics: joinedAcrossNodes(
      [...kept, ...findings].toSorted((a, b) => compareFindings(a, b, order)),
      nodes,
    ),
    suppressed,
    sources: new Map([...originals].map(([file, source]) => [file, maskedSource(source)])),
    nodes,
  };
}

/** Oldest first: one subject for every version that is asked about. */
function subjectsByVersion(inputs: readonly LintNodeInput[], options: LintOptions): LintSubject[] {
  const { keepalived, promisedServiceHangMs } = options;
  // Older ones are out of support everywhere; who still has one says so.
  const versions =
    keepalived === undefined
      ? keepalivedVersions.filter((version) => isAtLeast(version, TESTED_VERSION))
      : [keepalived];
  const newest = versions.at(-1) ?? TESTED_VERSION;
  const nodes = inputs.map((input) => lintedNode(input, newest));
  const routers = virtualRouters(nodes);
  const alike = nodes.every((node) => !node.configuration.dependsOnVersion);
  return versions.map((version) => {
    const same = alike || version === newest;
    const own = same ? nodes : inputs.map((input) => lintedNode(input, version));
    return {
      nodes: own,
      routers: same ? routers : virtualRouters(own),
      version,
      ...(promisedServiceHangMs === undefined ? {} : { promisedServiceHangMs }),
    };
  });
}

/** One mistake, with what each version makes of it. */
interface VersionedFinding {
  readonly rule: Rule;
  readonly byVersion: Map<string, Finding>;
}

/** The subjects to ask the rule about, each with the versions that its answer holds for. */
function stretchesOf(
  rule: Rule,
  subjects: readonly LintSubject[],
  dependsOnVersion: boolean,
): { subject: LintSubject; stretch: string[] }[] {
  const stretches: { subject: LintSubject; stretch: string[] }[] = [];
  for (const subject of subjects) {
    const last = stretches.at(-1);
    const changes =
      last === undefined ||
      dependsOnVersion ||
      (rule.versions === "differ" && rule.changesAt?.includes(subject.version) !== false);
    if (changes) stretches.push({ subject, stretch: [subject.version] });
    else last.stretch.push(subject.version);
  }
  return stretches;
}

/** A repetition (`~SEQ`) makes thousands of instances of one line; who mends the line mends them all. */
const FINDINGS_OF_ONE_PLACE_MAX = 5;

/** The findings so far: by rule and place, the first, second ... mistake there. */
type Found = Map<string, VersionedFinding[]>;

function addFinding(found: Found, rule: Rule, finding: Finding, version: string): void {
  const { at } = finding;
  // One file may be several nodes'; what stands in it is said once.
  const place = `${rule.code} ${resolved(at).file} ${at.span.start} ${at.span.end}`;
  const there = found.get(place) ?? [];
  if (there.length === 0) found.set(place, there);
  for (const known of there) {
    const before = known.byVersion.get(version);
    if (before === undefined) {
      known.byVersion.set(version, finding);
      return;
    }
    if (before.message === finding.message || before.at.node !== at.node) return;
  }
  if (there.length < FINDINGS_OF_ONE_PLACE_MAX) {
    there.push({ rule, byVersion: new Map([[version, finding]]) });
  }
}

function diagnosticOf(
  { rule, byVersion }: VersionedFinding,
  versionsAsked: number,
  selection: RuleSelection,
): Diagnostic {
  const [version = "", finding] = [...byVersion].at(-1) ?? [];
  assert(finding !== undefined, "a finding belongs to a version");
  const everywhere = byVersion.size === versionsAsked;
  const natural = finding.severity ?? rule.severity;
  const severity = severityOf(rule, everywhere ? natural : doubtful(natural), selection);
  const where = resolved(finding.at);
  const note = everywhere
    ? ""
    : ` (with keepalived ${versionRange([...byVersion.keys()])}; other versions take it)`;
  return {
    code: rule.code,
    severity,
    message: finding.message + note,
    file: where.file,
    span: where.span,
    consequence: consequenceOf(byVersion, version, finding.consequence),
    advice: finding.advice,
    ...(finding.related === undefined || finding.related.length === 0
      ? {}
      : { related: finding.related.map(({ at, message }) => ({ ...resolved(at), message })) }),
    ...(finding.fix === undefined
      ? {}
      : {
          fix: {
            title: finding.fix.title,
            edits: finding.fix.edits.map(({ at, replacement }) => ({ ...resolved(at), replacement })),
          },
        }),
  };
}

/** What stands for a template's marks is nobody's word. */
function inTheAuthorsWords(diagnostic: Diagnostic, nodes: readonly LintedNode[]): Diagnostic {
  const written = new Map(nodes.flatMap(({ template }) => [...(template?.written ?? [])]));
  if (written.size === 0) return diagnostic;
  const { message, consequence, advice, related } = diagnostic;
  return {
    ...diagnostic,
    message: asWritten(message, written),
    ...(consequence === undefined ? {} : { consequence: asWritten(consequence, written) }),
    ...(advice === undefined ? {} : { advice: asWritten(advice, written) }),
    ...(related === undefined
      ? {}
      : { related: related.map((each) => ({ ...each, message: asWritten(each.message, written) })) }),
  };
}

/** What depends on a version nobody named is not certain. */
function doubtful(severity: Severity): Severity {
  return severity === "error" ? "warning" : severity;
}

/** One consequence, or each with the versions it belongs to where they differ. */
function consequenceOf(byVersion: ReadonlyMap<string, Finding>, newest: string, text: string): string {
  const versionsByText = new Map<string, string[]>();
  for (const [version, { consequence }] of byVersion) {
    versionsByText.set(consequence, [...(versionsByText.get(consequence) ?? []), version]);
  }
  if (versionsByText.size < 2) return text;
  return [...versionsByText]
    .map(([each, versions]) => {
      const range = versions.includes(newest) ? `${versions[0]} and later` : versionRange(versions);
      return `keepalived ${range}: ${each}`;
    })
    .join("; ");
}

function versionRange(versions: readonly string[]): string {
  const [first = ""] = versions;
  const last = versions.at(-1) ?? first;
  return first === last ? first : `${first} to ${last}`;
}

function resolved({ node, file, span }: Place): { file: string; span: Place["span"] } {
  if (file === "haproxy") return { file: node.haproxy?.source.file ?? "haproxy.cfg", span };
  const place = locate(node.configuration.files, span);
  return { file: place.source.file, span: place.span };
}

function sourcesOf(nodes: readonly LintedNode[]): Map<string, SourceText> {
  const sources = new Map<string, SourceText>();
  for (const { configuration, haproxy, template } of nodes) {
    for (const { source } of configuration.files.parts) sources.set(source.file, source);
    if (template !== undefined) sources.set(template.main.file, template.main);
    if (haproxy !== undefined) sources.set(haproxy.source.file, haproxy.source);
  }
  return sources;
}

function compareFindings(a: Diagnostic, b: Diagnostic, order: readonly string[]): number {
  const severity = severitiesWorstFirst.indexOf(a.severity) - severitiesWorstFirst.indexOf(b.severity);
  if (severity !== 0) return severity;
  const fileA = order.indexOf(a.file ?? "");
  const fileB = order.indexOf(b.file ?? "");
  if (fileA !== fileB) return fileA - fileB;
  return (a.span?.start ?? 0) - (b.span?.start ?? 0) || a.code.localeCompare(b.code);
}
