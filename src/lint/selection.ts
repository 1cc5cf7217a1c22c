// Which rules are asked, and how bad their findings count, where the user says otherwise than the rules do.

import type { Severity } from "../diagnostics/index.ts";
import type { Rule } from "./rule.ts";

export interface RuleSelection {
  /** Codes, names or the beginning of codes (`HP4`); empty or absent: every rule that is not optional. */
  readonly only?: readonly string[];
  /** In the same words: rules not asked. */
  readonly skip?: readonly string[];
  /** In the same words: optional rules that are asked besides the others. */
  readonly add?: readonly string[];
  /** Optional rules as well. */
  readonly all?: boolean;
  /** By code or name. */
  readonly severities?: ReadonlyMap<string, Severity>;
}

/** Whether `word` means the rule: its code, its name, or the beginning of its code. */
export function means(word: string, rule: Pick<Rule, "code" | "name">): boolean {
  const upper = word.toUpperCase().replace(/X+$/, "");
  return word === rule.name || (/^HP\d{1,3}$/.test(upper) && rule.code.startsWith(upper));
}

export function isSelected(rule: Omit<Rule, "check">, selection: RuleSelection): boolean {
  const { only = [], skip = [], add = [], all = false } = selection;
  if (skip.some((word) => means(word, rule))) return false;
  if (only.length > 0) return only.some((word) => means(word, rule));
  return rule.optional !== true || all || add.some((word) => means(word, rule));
}

export function severityOf(rule: Rule, natural: Severity, { severities }: RuleSelection): Severity {
  return severities?.get(rule.code) ?? severities?.get(rule.name) ?? natural;
}
