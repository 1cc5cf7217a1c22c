// lint: what is wrong with a pair, asked of its nodes' configurations. Pure.
export { type CheckReading, readCheck } from "./checks/check-command.ts";
export {
  describedRules,
  type FurtherFindings,
  lintNodes,
  type LintOptions,
  type LintResult,
  rules,
} from "./engine.ts";
export { exampleFindings } from "./examples/examples.ts";
export { type AppliedFixes, applyFixes } from "./fixes.ts";
export { proofRules, type ProofRule } from "./proofs/proof-rules.ts";
export { groupNodes } from "./groups.ts";
export { type LintNodeInput } from "./node.ts";
export {
  type LintReport,
  renderGithub,
  renderJson,
  renderJunit,
  renderSarif,
  renderText,
} from "./report/index.ts";
export { renderRule, rulePageMarkdown, rulesIndexMarkdown } from "./report/rule-page.ts";
export type { DescribedRule, Rule, RuleCode } from "./rule.ts";
export { isSelected, means, type RuleSelection } from "./selection.ts";
export type { NodeSurroundings } from "./subject.ts";
