// The report as SARIF 2.1.0, for code scanning and editors. Rule: valid by the OASIS schema, and what a rule says is said once, in the rule.
// Source: the OASIS standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; its sections are named as SARIF 3.x.

import {
  type Diagnostic,
  type Edit,
  lineText,
  printable,
  positionAt,
  type Severity,
  type SourceText,
  type Span,
} from "../../diagnostics/index.ts";
import { tidyEdit } from "../fixes.ts";
import type { DescribedRule } from "../rule.ts";
import { paragraphsOf, renderRule, rulePageMarkdown } from "./rule-page.ts";
import type { SuppressedFinding } from "../suppressions/suppressions.ts";
import {
  allDiagnostics,
  allSources,
  groupedBy,
  type LintReport,
  regionOf,
  wholeMessage,
} from "./reported.ts";

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

const LEVELS: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  error: "error",
  warning: "warning",
  advice: "note",
};

/** A piece of the document; its keys are SARIF's. */
type Sarif = Readonly<Record<string, unknown>>;

/** The document, ending with a newline. `version` is hapair's own. */
export function renderSarif(report: LintReport, version: string): string {
  return `${JSON.stringify(sarifReport(report, version), undefined, 2)}\n`;
}

/** The document as a value: one run, every rule that was asked, every finding, those that are silenced too. */
function sarifReport(report: LintReport, version: string): Sarif {
  const sources = allSources(report);
  const silenced = report.results.flatMap(({ suppressed }) => suppressed);
  const found = [...allDiagnostics(report), ...silenced.map(({ diagnostic }) => diagnostic)];
  const descriptors = descriptorsOf(report.rules, found);
  const indexes = new Map(descriptors.map((descriptor, index) => [descriptor["id"] as string, index]));
  const fingerprint = fingerprints(sources);
  const result = (diagnostic: Diagnostic, by: readonly Sarif[] | undefined): Sarif =>
    resultOf(diagnostic, {
      sources,
      ruleIndex: indexes.get(diagnostic.code) ?? -1,
      fingerprint: fingerprint(diagnostic),
      suppressions: by,
    });
  // All results say whether they are silenced, or none does (SARIF 3.27.23).
  const none = silenced.length === 0 ? undefined : [];
  return {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: "hapair", version, semanticVersion: version, language: "en", rules: descriptors },
        },
        columnKind: "utf16CodeUnits",
        artifacts: [...sources.values()].map(({ file }) => ({ location: { uri: uriOf(file) } })),
        results: [
          ...allDiagnostics(report).map((diagnostic) => result(diagnostic, none)),
          ...silenced.map((each) => result(each.diagnostic, [suppressionOf(each, sources)])),
        ],
      },
    ],
  };
}

/** A descriptor for every rule, and one with nothing but the code for findings of no rule (on a pair.yaml). */
function descriptorsOf(rules: readonly DescribedRule[], found: readonly Diagnostic[]): Sarif[] {
  const known = new Set<string>(rules.map(({ code }) => code));
  const others = [...new Set(found.map(({ code }) => code))].filter((code) => !known.has(code));
  return [...rules.map(descriptorOf), ...others.map((id) => ({ id }))];
}

function descriptorOf(rule: DescribedRule): Sarif {
  return {
    id: rule.code,
    name: rule.name,
    shortDescription: messageOf(rule.summary),
    fullDescription: messageOf(paragraphsOf(rule.explanation).join("\n\n")),
    help: { ...messageOf(renderRule(rule).join("\n")), markdown: braced(rulePageMarkdown(rule)) },
    defaultConfiguration: { level: LEVELS[rule.severity], enabled: rule.optional !== true },
    properties: { tags: ["high-availability", rule.scope] },
  };
}

interface ResultDetails {
  readonly sources: ReadonlyMap<string, SourceText>;
  readonly ruleIndex: number;
  readonly fingerprint: string;
  readonly suppressions: readonly Sarif[] | undefined;
}

function resultOf(diagnostic: Diagnostic, details: ResultDetails): Sarif {
  const { code, severity, file, span, related = [], fix } = diagnostic;
  const { sources, ruleIndex, fingerprint, suppressions } = details;
  const changes = fix === undefined ? [] : changesOf(fix.edits, sources);
  return {
    ruleId: code,
    ruleIndex,
    level: LEVELS[severity],
    message: messageOf(wholeMessage(diagnostic)),
    ...(file === undefined ? {} : { locations: [{ physicalLocation: placeOf(file, span, sources) }] }),
    ...(related.length === 0
      ? {}
      : {
          relatedLocations: related.map((place, id) => ({
            id,
            physicalLocation: placeOf(place.file, place.span, sources),
            message: messageOf(place.message),
          })),
        }),
    partialFingerprints: { "hapairFinding/v1": fingerprint },
    ...(fix === undefined || changes.length === 0
      ? {}
      : { fixes: [{ description: messageOf(fix.title), artifactChanges: changes }] }),
    ...(suppressions === undefined ? {} : { suppressions }),
  };
}

function changesOf(edits: readonly Edit[], sources: ReadonlyMap<string, SourceText>): Sarif[] {
  // A fix that cannot be told whole is not told.
  if (edits.some(({ file }) => !sources.has(file))) return [];
  return [...groupedBy(edits, ({ file }) => file)].map(([file, own]) => ({
    artifactLocation: { uri: uriOf(file) },
    replacements: own.map((edit) => {
      const source = sources.get(file);
      const { span, replacement } = source === undefined ? edit : tidyEdit(edit, source.text);
      return { deletedRegion: sarifRegion(source, span), insertedContent: { text: replacement } };
    }),
  }));
}

function suppressionOf({ reason, by }: SuppressedFinding, sources: ReadonlyMap<string, SourceText>): Sarif {
  return {
    kind: "inSource",
    status: "accepted",
    justification: printable(reason),
    location: { physicalLocation: placeOf(by.file, by.span, sources) },
  };
}

function placeOf(file: string, span: Span | undefined, sources: ReadonlyMap<string, SourceText>): Sarif {
  const region = sarifRegion(sources.get(file), span);
  return { artifactLocation: { uri: uriOf(file) }, ...(region === undefined ? {} : { region }) };
}

/** Lines and columns for those who count so, offsets for those who replace. */
function sarifRegion(source: SourceText | undefined, span: Span | undefined): Sarif | undefined {
  const region = regionOf(source, span);
  if (region === undefined || span === undefined) return undefined;
  return {
    startLine: region.line,
    startColumn: region.column,
    endLine: region.endLine,
    endColumn: region.endColumn,
    charOffset: span.start,
    charLength: Math.max(0, span.end - span.start),
  };
}

function messageOf(text: string): Sarif {
  return { text: braced(printable(text)) };
}

// `{0}` is a placeholder in SARIF's messages, and doubled where it is meant as it stands (SARIF 3.11.5). Other braces stay single: readers of the
// format show doubled ones as they are, and keepalived's examples are full of them.
function braced(text: string): string {
  return text.replaceAll(/\{(\d+)\}/g, "{{$1}}");
}

/** A relative path as a relative reference, an absolute one as file:, with what is no URI character escaped. */
function uriOf(file: string): string {
  const path = file.replaceAll("\\", "/");
  const drive = /^[A-Za-z]:\//.exec(path)?.[0] ?? "";
  const escaped = path
    .slice(drive.length)
    .split("/")
    .map((part) => encodeURIComponent(part.replaceAll(/\p{Surrogate}/gu, "\ufffd")))
    .join("/");
  if (drive !== "") return `file:///${drive}${escaped}`;
  return path.startsWith("/") ? `file://${escaped}` : escaped;
}

/**
 * What stays the same of a finding when lines above it come and go: its code, its file, the text of its line, and which of several alike it is.
 * Gives one fingerprint for each call, so call it once for each finding, in order.
 */
function fingerprints(sources: ReadonlyMap<string, SourceText>): (diagnostic: Diagnostic) => string {
  const seen = new Map<string, number>();
  return ({ code, file = "", span }) => {
    const source = sources.get(file);
    const line =
      source === undefined || span === undefined
        ? ""
        : lineText(source, positionAt(source, span.start).line).trim().replaceAll(/\s+/g, " ");
    const key = [code, file, line].join("\n");
    const turn = seen.get(key) ?? 0;
    seen.set(key, turn + 1);
    return `${hash(key)}:${turn}`;
  };
}

/** FNV-1a over UTF-16 units, 64 bits in hexadecimal. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n;
  for (let index = 0; index < text.length; index += 1) {
    value = BigInt.asUintN(64, (value ^ BigInt(text.charCodeAt(index))) * 0x100000001b3n);
  }
  return value.toString(16).padStart(16, "0");
}
