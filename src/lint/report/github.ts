// Findings as workflow commands, which GitHub shows beside the lines of a pull request.
// Source: GitHub's "Workflow commands for GitHub Actions" (error, warning, notice) and the escapes of actions/toolkit's core package.

import { type Diagnostic, printable, type Severity, type SourceText } from "../../diagnostics/index.ts";
import { type LintReport, regionOf, rulesByCode, wholeMessage } from "./reported.ts";

const COMMANDS: Readonly<Record<Severity, string>> = {
  error: "error",
  warning: "warning",
  advice: "notice",
};

/** One line for each finding; empty where there is none. */
export function renderGithub(report: LintReport): string {
  const rules = rulesByCode(report.rules);
  const lines = report.results.flatMap(({ diagnostics, sources }) =>
    diagnostics.map((diagnostic) => commandOf(diagnostic, rules.get(diagnostic.code)?.name, sources)),
  );
  return lines.map((line) => `${line}\n`).join("");
}

function commandOf(
  diagnostic: Diagnostic,
  name: string | undefined,
  sources: ReadonlyMap<string, SourceText>,
): string {
  const { code, severity, file, span, related = [] } = diagnostic;
  const region = regionOf(file === undefined ? undefined : sources.get(file), span);
  const properties: [string, string | number | undefined][] = [
    ["file", file],
    ["line", region?.line],
    ["endLine", region?.endLine],
    // Columns mean something within one line only.
    ...(region !== undefined && region.line === region.endLine
      ? ([
          ["col", region.column],
          ["endColumn", Math.max(region.column, region.endColumn)],
        ] as const)
      : []),
    ["title", name === undefined ? code : `${code} ${name}`],
  ] as [string, string | number | undefined][];
  const places = related.map((place) => {
    const line = regionOf(sources.get(place.file), place.span)?.line;
    return `${place.file}${line === undefined ? "" : `:${line}`}: ${place.message}`;
  });
  const message = [wholeMessage(diagnostic), ...places].join("\n");
  const parameters = properties
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${escapedProperty(String(value))}`]))
    .join(",");
  return `::${COMMANDS[severity]} ${parameters}::${escapedData(printable(message))}`;
}

function escapedData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapedProperty(text: string): string {
  return escapedData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
