// hapair lint: reads the files, asks the rules, writes the findings, mends what can be mended.

import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { HapairError, messageOf } from "../../base/index.ts";
import { type Diagnostic, severitiesWorstFirst, type Severity } from "../../diagnostics/index.ts";
import { versionNumbers } from "../../keepalived/index.ts";
import {
  applyFixes,
  type DescribedRule,
  describedRules,
  type FurtherFindings,
  groupNodes,
  isSelected,
  lintNodes,
  type LintNodeInput,
  type LintOptions,
  type LintReport,
  type LintResult,
  means,
  proofRules,
  renderGithub,
  renderJson,
  renderJunit,
  renderSarif,
  renderText,
  type RuleSelection,
} from "../../lint/index.ts";
import type { LintFlags, LintFormat } from "../commands/lint-command.ts";
import { type HapairContext, paintFor } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { lintInputs, readSource, withTellingNames } from "../lint-inputs.ts";
import { hapairVersion } from "../version.ts";

// A change may lay open another one; who needs more rounds runs it again.
const FIX_ROUNDS_MAX = 5;

export async function lint(this: HapairContext, flags: LintFlags, ...given: string[]): Promise<void> {
  const options = optionsOf(flags);
  const paths = given.length === 0 ? ["pair.yaml"] : given;
  refuseImpossible(flags, paths);
  const pairFiles = paths.filter((path) => /\.ya?ml$/.test(path));
  const others = paths.filter((path) => !pairFiles.includes(path));
  // A search and its simulator are loaded for who wants them.
  const proof = flags.prove === true ? await import("../lint-proof.ts") : undefined;
  const ask = (): LintResult[] => [
    ...lintOthers(others, flags, options, proof?.proofOfFiles),
    ...pairFiles.flatMap((path) => lintPairFileOf(path, options)),
  ];
  // Reading a pair.yaml needs much that files of keepalived do not.
  const { lintPairFile } =
    pairFiles.length === 0 ? { lintPairFile: undefined } : await import("../lint-pair.ts");
  const lintPairFileOf = (path: string, own: LintOptions): LintResult[] =>
    lintPairFile === undefined ? [] : [lintPairFile(path, own, proof?.proofOfPair)];
  let results = ask();
  if (flags.fix === true) results = await mend(this, flags, results, ask);
  const report: LintReport = { results, rules: rulesAsked(options.selection ?? {}, proof !== undefined) };
  this.process.stdout.write(written(this, flags.json === true ? "json" : flags.format, report));
  if (fails(results, flags.failOn)) this.process.exitCode = exitCodes.findings;
}

function lintOthers(
  paths: readonly string[],
  flags: LintFlags,
  options: LintOptions,
  prove?: (group: readonly LintNodeInput[], options: LintOptions) => FurtherFindings,
): LintResult[] {
  if (paths.length === 0) return [];
  const inputs: LintNodeInput[] = lintInputs(paths, {
    haproxy: flags.haproxy ?? [],
    ...(flags.configId === undefined ? {} : { configId: flags.configId }),
    ...(flags.nonlocalBind === undefined ? {} : { nonlocalBind: flags.nonlocalBind }),
  });
  // As many nodes as names: every one was named by hand, none was found in a folder.
  const named = new Set(inputs.map((input) => input.main.file)).size === paths.length;
  return groupNodes(inputs, { named }).map((group) =>
    lintNodes(withTellingNames(group), {
      ...options,
      ...(prove === undefined ? {} : { further: prove(group, options) }),
    }),
  );
}

function optionsOf(flags: LintFlags): LintOptions {
  const selection: RuleSelection = {
    only: checkedWords(flags.only),
    skip: checkedWords(flags.skip),
    add: checkedWords(flags.add),
    all: flags.all ?? false,
    severities: new Map(
      (flags.severity ?? []).flatMap(([word, severity]) => {
        checkedWords([word]);
        return describedRules()
          .filter((rule) => means(word, rule))
          .map((rule): [string, Severity] => [rule.code, severity]);
      }),
    ),
  };
  return {
    selection,
    ...(flags.keepalived === undefined ? {} : { keepalived: flags.keepalived }),
    ...(flags.promise === undefined ? {} : { promisedServiceHangMs: flags.promise }),
  };
}

/** The words, each of which means a rule. A misspelt one would silently ask too little or too much. */
function checkedWords(words: readonly string[] = []): readonly string[] {
  for (const word of words) {
    if (describedRules().some((rule) => means(word, rule))) continue;
    throw new HapairError({
      kind: "usage",
      code: "no-rule",
      message: `there is no rule ${word}`,
      hint: "A rule is meant by its code (HP108), its name (weight-under-nopreempt) or the beginning of its code (HP1). The rules: hapair explain rules",
    });
  }
  return words;
}

function refuseImpossible(flags: LintFlags, paths: readonly string[]): void {
  const refuse = (code: string, message: string, hint: string): never => {
    throw new HapairError({ kind: "usage", code, message, hint });
  };
  if (flags.keepalived !== undefined && versionNumbers(flags.keepalived) === undefined) {
    refuse("bad-version", `"${flags.keepalived}" is no version of keepalived`, "Write it as 2.2.7.");
  }
  const ofProofs = [...(flags.only ?? []), ...(flags.add ?? [])].find((word) => meansProofsAlone(word));
  if (ofProofs !== undefined && flags.prove !== true)
    refuse("needs-prove", `${ofProofs} is asked by a search`, "Give --prove as well.");
  if (flags.dryRun === true && flags.fix !== true)
    refuse("dry-run", "--dry-run shows what --fix would change", "Give --fix as well.");
  if (flags.fix === true && paths.includes("-"))
    refuse(
      "fix-stdin",
      "what came by standard input cannot be mended in place",
      "Name the file instead of -.",
    );
}

function meansProofsAlone(word: string): boolean {
  const meant = describedRules().filter((rule) => means(word, rule));
  return meant.length > 0 && meant.every(({ code }) => proofRules.some((rule) => rule.code === code));
}

function rulesAsked(selection: RuleSelection, proves: boolean): DescribedRule[] {
  const ofProofs = new Set<string>(proofRules.map(({ code }) => code));
  const { add = [] } = selection;
  return describedRules().filter((rule) =>
    ofProofs.has(rule.code)
      ? proves && isSelected(rule, { ...selection, add: [...add, rule.code] })
      : isSelected(rule, selection),
  );
}

function written(context: HapairContext, format: LintFormat, report: LintReport): string {
  switch (format) {
    case "text":
      return renderText(report, paintFor(context.process.stdout));
    case "json":
      return renderJson(report);
    case "sarif":
      return renderSarif(report, hapairVersion);
    case "github":
      return renderGithub(report);
    case "junit":
      return renderJunit(report);
  }
}

function fails(results: readonly LintResult[], failOn: Severity): boolean {
  const least = severitiesWorstFirst.indexOf(failOn);
  return results.some(({ diagnostics }) =>
    diagnostics.some(({ severity }) => severitiesWorstFirst.indexOf(severity) <= least),
  );
}

/** Makes the changes, in rounds, and gives what is left; with --dry-run shows the first round and changes nothing. */
async function mend(
  context: HapairContext,
  flags: LintFlags,
  found: LintResult[],
  ask: () => LintResult[],
): Promise<LintResult[]> {
  let results = found;
  for (let round = 0; round < FIX_ROUNDS_MAX; round += 1) {
    const diagnostics = results.flatMap((result) => result.diagnostics);
    const fixed = applyFixes(diagnostics, originalTexts(diagnostics));
    if (fixed.texts.size === 0) break;
    sayFixes(context, fixed.applied, flags.dryRun === true);
    if (flags.dryRun === true) {
      await showChanges(context, results);
      return results;
    }
    for (const [file, text] of fixed.texts) writeMended(file, text);
    results = ask();
  }
  return results;
}

/** The texts of the files that would change, as they are on disk: what reports show is masked. */
function originalTexts(diagnostics: readonly Diagnostic[]): Map<string, string> {
  const files = new Set(diagnostics.flatMap(({ fix }) => (fix?.edits ?? []).map((edit) => edit.file)));
  return new Map([...files].map((file) => [file, readSource(file).text]));
}

function writeMended(file: string, text: string): void {
  const refuse = (reason: string, hint: string, cause?: unknown): never => {
    throw new HapairError({
      kind: "usage",
      code: "cannot-mend",
      message: `${file} cannot be mended: ${reason}`,
      hint,
      cause,
    });
  };
  const bytes = readFileSync(file);
  // Text of another encoding was read with marks in place of its letters; written back, the letters would be lost.
  if (!bytes.equals(Buffer.from(bytes.toString("utf8"))))
    refuse("it is not UTF-8 text", "Convert it (iconv -t UTF-8), or make the change by hand.");
  try {
    writeFileSync(file, text);
  } catch (cause) {
    refuse(messageOf(cause), "See who may write the file; --fix --dry-run shows the change.", cause);
  }
}

function sayFixes(context: HapairContext, applied: readonly Diagnostic[], dryRun: boolean): void {
  for (const { code, file, fix } of applied) {
    context.process.stderr.write(
      `${dryRun ? "would mend" : "mended"} ${code} in ${basename(file ?? "")}: ${fix?.title ?? ""}\n`,
    );
  }
}

/** The changes as unified patches, made on the texts as they may be shown: a mask is as long as what it hides, so every edit fits. */
async function showChanges(context: HapairContext, results: readonly LintResult[]): Promise<void> {
  const { createTwoFilesPatch } = await import("diff");
  const shown = new Map(
    results.flatMap(({ sources }) =>
      [...sources].map(([file, source]): [string, string] => [file, source.text]),
    ),
  );
  const { texts } = applyFixes(
    results.flatMap((result) => result.diagnostics),
    shown,
  );
  for (const [file, text] of texts) {
    const patch = createTwoFilesPatch(file, file, shown.get(file) ?? "", text, "", "", { context: 2 });
    context.process.stderr.write(patch.split("\n").slice(1).join("\n"));
  }
}
