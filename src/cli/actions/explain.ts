// hapair explain: what the page says of a parameter beside what keepalived really does, and what a rule of lint is about.

import { nearest } from "../../base/index.ts";
import { type DescribedRule, describedRules, exampleFindings, renderRule } from "../../lint/index.ts";
import { explainParameter, type FindingKind, findingTable, renderExplanation } from "../../model/index.ts";
import type { ExplainFlags } from "../commands/file-commands.ts";
import { type HapairContext, printJson } from "../context.ts";
import { exitCodes } from "../exit-code.ts";

export function explain(this: HapairContext, flags: ExplainFlags, name?: string): void {
  const rule = name === undefined ? undefined : ruleMeant(name);
  const finding = name === undefined ? undefined : pairFileFinding(name);
  if (name === "rules") listRules(this, flags);
  else if (rule !== undefined) show(this, flags, rule, renderRule(rule, exampleFindings(rule)));
  else if (finding !== undefined) show(this, flags, finding, pairFileLines(name ?? "", finding));
  else if (/^HP\d*$/i.test(name ?? "")) sayUnknownCode(this, name ?? "");
  else explainParameterNamed(this, flags, name);
}

function ruleMeant(name: string): DescribedRule | undefined {
  return describedRules().find(
    (rule) => rule.code === name.toUpperCase() || rule.name === name.toLowerCase(),
  );
}

/** HP0xx: findings on the pair's own file, which no rule of lint makes. */
function pairFileFinding(name: string): FindingKind | undefined {
  const table: Readonly<Record<string, FindingKind>> = findingTable;
  const code = name.toUpperCase();
  return Object.hasOwn(table, code) ? table[code] : undefined;
}

function pairFileLines(code: string, { title, severity, explanation }: FindingKind): string[] {
  return [`${code.toUpperCase()} ${title} (${severity}, on the pair's file)`, "", `  ${explanation}`];
}

function listRules(context: HapairContext, flags: ExplainFlags): void {
  const described = describedRules();
  if (flags.json === true) {
    printJson(context, described);
    return;
  }
  const width = Math.max(...described.map((rule) => rule.name.length));
  for (const { code, name, severity, summary, optional } of described) {
    const note = optional === true ? " (only if asked for)" : "";
    context.process.stdout.write(
      `${code}  ${name.padEnd(width)}  ${severity.padEnd(7)}  ${summary}${note}\n`,
    );
  }
}

function show(context: HapairContext, flags: ExplainFlags, value: unknown, lines: readonly string[]): void {
  if (flags.json === true) printJson(context, value);
  else context.process.stdout.write(`${lines.join("\n")}\n`);
}

function sayUnknownCode(context: HapairContext, code: string): void {
  const near = nearest(
    code.toUpperCase(),
    describedRules().map((rule) => rule.code),
  );
  const meant = near === undefined ? "" : ` Did you mean ${near}?`;
  context.process.stderr.write(`there is no rule ${code}.${meant} The rules: hapair explain rules\n`);
  context.process.exitCode = exitCodes.usage;
}

function explainParameterNamed(context: HapairContext, flags: ExplainFlags, name: string | undefined): void {
  const explanation = explainParameter(name);
  show(context, flags, explanation, renderExplanation(explanation));
  if (explanation.kind === "unknown") context.process.exitCode = exitCodes.usage;
}
