// What is wrong with text that is not YAML, in words for the one who wrote it.
// Rule: a message never repeats the text, because a broken line may hold a secret.

import type { YAMLError } from "yaml";
import type { Finding } from "./findings.ts";

// Said of every word after the place where the package lost the thread.
const STREAM = /in YAML stream/;

interface Problem {
  readonly message: string;
  readonly advice: string;
}

const problemTable: Readonly<Partial<Record<YAMLError["code"], Problem>>> = {
  TAB_AS_INDENT: {
    message: "a tab where YAML wants blanks: tabs are not allowed as indentation",
    advice: "two blanks for each level",
  },
  BAD_INDENT: {
    message: "the indentation does not fit the lines around it",
    advice: "the same number of blanks for all keys of one map",
  },
  BAD_ALIAS: {
    message: "an alias (*name) without an anchor (&name) before it",
    advice: "the value itself, in quotes if it begins with *",
  },
  BAD_DQ_ESCAPE: {
    message: "an escape that double quotes do not know",
    advice: "single quotes, or \\\\ for a backslash",
  },
  BAD_SCALAR_START: {
    message: "a value cannot begin with this character unless it is quoted",
    advice: "the value in quotes",
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: "a second key on this line",
    advice: "each key on a line of its own, or { key: value, key: value }",
  },
  BLOCK_IN_FLOW: {
    message: "a map or list without braces of its own inside { } or [ ], or no comma before the next key",
    advice: "{ key: value, key: value }, with commas between",
  },
  KEY_OVER_1024_CHARS: {
    message: "a key of over 1024 characters",
    advice: "a colon and a blank after the key",
  },
  MULTILINE_IMPLICIT_KEY: {
    message: "this line is not a key with its value, so it runs on into the next one",
    advice: "key: value, with a blank after the colon",
  },
  NON_STRING_KEY: {
    message: "a key that is no name: only texts can be keys here",
    advice: "a name before the colon",
  },
  RESOURCE_EXHAUSTION: {
    message: "maps or lists nested too deep to read",
    advice: "the same in its plain form",
  },
  TAG_RESOLVE_FAILED: {
    message: "a YAML tag (!name): none is known here",
    advice: "the value without a tag, in quotes if it begins with !",
  },
  ALIAS_PROPS: { message: "an alias with a tag or anchor of its own", advice: "the alias alone" },
  MULTIPLE_DOCS: {
    message: "a second YAML document where one is wanted",
    advice: "one file for each, without --- in between",
  },
};

// The package has one code for many things; these are told by its sentence.
const sentenceTable: readonly {
  readonly when: RegExp;
  readonly opener?: UnclosedOpener["opener"];
  readonly problem: Problem;
}[] = [
  {
    when: /closing "quote/,
    opener: '"',
    problem: { message: "a double quote that is never closed", advice: 'a closing "' },
  },
  {
    when: /closing 'quote/,
    opener: "'",
    problem: { message: "a single quote that is never closed", advice: "a closing '" },
  },
  {
    when: /^Missing space after :/,
    problem: { message: "no blank after the colon", advice: "key: value, with a blank" },
  },
  {
    when: /^Missing , /,
    problem: { message: "no comma between two entries", advice: "a comma between the entries" },
  },
  {
    when: /end with a \}/,
    opener: "{",
    problem: { message: "a brace { that is never closed", advice: "a closing }" },
  },
  {
    when: /end with a \]/,
    opener: "[",
    problem: { message: "a bracket [ that is never closed", advice: "a closing ]" },
  },
  {
    when: /Implicit map keys need/,
    problem: { message: "a line without a colon where a key is wanted", advice: "key: value" },
  },
  {
    when: STREAM,
    problem: {
      message: "this closes or begins something that does not fit what is before it",
      advice: "nothing here, or the missing { or [ before it",
    },
  },
];

const otherwise: Problem = {
  message: "this is not YAML",
  advice: "key: value, with two blanks of indentation for each level",
};
const fence: Problem = { message: "a Markdown fence (```)", advice: "the text between the fences alone" };

/** A brace, bracket or quote that nothing closes. */
export interface UnclosedOpener {
  readonly opener: "{" | "[" | '"' | "'";
  readonly start: number;
}

/** The problems the yaml package found in `text`, as findings, each at the place where it can be mended. */
export function yamlFindings(
  problems: readonly YAMLError[],
  text: string,
  unclosed: readonly UnclosedOpener[],
): Finding[] {
  // Once the package has lost the thread it reports every further word.
  const firstLost = problems.findIndex(({ message }) => STREAM.test(message));
  const told = problems.filter(({ message }, index) => index === firstLost || !STREAM.test(message));
  const findings = told.map((problem) => yamlFinding(problem, text, unclosed));
  // The package reports some places twice, for two consequences of one mistake.
  const byPlace = new Map(findings.toReversed().map((finding) => [finding.span?.start, finding]));
  return [...byPlace.values()];
}

function yamlFinding(problem: YAMLError, text: string, unclosed: readonly UnclosedOpener[]): Finding {
  const sentence = sentenceTable.find(({ when }) => when.test(problem.message));
  const opener =
    sentence?.opener &&
    unclosed.findLast((each) => each.opener === sentence.opener && each.start < problem.pos[0]);
  const start = opener?.start ?? firstInk(text, problem.pos[0]);
  const isFence = text.startsWith("```", start);
  const { message, advice } =
    (isFence ? fence : sentence?.problem) ?? problemTable[problem.code] ?? otherwise;
  const end = opener === undefined ? Math.max(start + 1, Math.min(problem.pos[1], text.length)) : start + 1;
  return { code: "HP004", span: { start, end }, message, advice };
}

// The package points at the beginning of a line; a person looks at its first word.
function firstInk(text: string, offset: number): number {
  let start = Math.max(0, Math.min(offset, text.length - 1));
  while (text[start] === " " && start < text.length - 1) start += 1;
  return start;
}
