// What a rule says of itself: for `hapair explain HP108` on a terminal, and as a page of the reference. Same headings on every one.

import { adviceLines, type Diagnostic, PAGE_COLUMNS, printable, wrapped } from "../../diagnostics/index.ts";
import type { DescribedRule, ExampleFiles } from "../rule.ts";

/** The page that explains a rule, from the project's root. */
export function rulePagePath(code: string): string {
  return `docs/reference/rules/${code}.md`;
}

const INDENT = "  ";

/** The rule's page for a terminal, line by line. `found`: what linting its bad example gives, to be shown below it. */
export function renderRule(rule: DescribedRule, found: readonly Diagnostic[] = []): string[] {
  return [
    `${rule.code} ${rule.name} (${kindOf(rule)})`,
    "",
    ...section("What", indented(rule.summary)),
    ...section("Why", indented(rule.explanation)),
    ...section("Bad", exampleLines(rule.bad)),
    ...ownFindings(rule, found).flatMap((each) => [...findingLines(each), ""]),
    ...section("Good", exampleLines(rule.good, rule.bad)),
    ...section("Source", indented(rule.source)),
    ...section("Silence", silenceLines(rule)).slice(0, -1),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return [title, ...lines, ""];
}

function indented(text: string): string[] {
  return paragraphsOf(text).flatMap((paragraph, index) => [
    ...(index === 0 ? [] : [""]),
    ...wrapped(paragraph, PAGE_COLUMNS - INDENT.length).map((line) => (INDENT + line).trimEnd()),
  ]);
}

/** The paragraphs of an explanation, each on one line; a list keeps its lines. */
export function paragraphsOf(text: string): string[] {
  return text
    .trim()
    .split(/\n[ \t]*\n/)
    .map((paragraph) =>
      /^[ \t]{2,}|^[-*] /m.test(paragraph) ? paragraph : paragraph.replaceAll(/\s*\n\s*/g, " "),
    );
}

function exampleLines(files: ExampleFiles, before?: ExampleFiles): string[] {
  return Object.entries(files).flatMap(([key, text], index) => [
    ...(index === 0 ? [] : [""]),
    `${INDENT}--- ${fileTitle(key)} ---`,
    ...(before?.[key] === text
      ? [`${INDENT}as above`]
      : codeLines(text).map((line) => (INDENT + printable(line)).trimEnd())),
  ]);
}

function codeLines(text: string): string[] {
  return text.replace(/\n+$/, "").split("\n");
}

/** `lb1: keepalived.conf`, from the key of an example. */
function fileTitle(key: string): string {
  const [node = key, file = "keepalived.conf"] = key.split("/");
  return `${node}: ${file}`;
}

/** At most a few findings of the rule: an example may give it for each node. */
function ownFindings(rule: DescribedRule, found: readonly Diagnostic[]): Diagnostic[] {
  return found.filter(({ code }) => code === rule.code).slice(0, 2);
}

function findingLines(diagnostic: Diagnostic): string[] {
  const [first = "", ...rest] = wrapped(
    `${diagnostic.severity} ${diagnostic.code}: ${printable(diagnostic.message)}`,
    PAGE_COLUMNS - 4,
  );
  return [
    `${INDENT}> ${first}`,
    ...rest.map((line) => `${INDENT}  ${line}`),
    ...adviceLines({ ...diagnostic }),
  ];
}

function kindOf(rule: DescribedRule): string {
  return [
    rule.severity,
    rule.scope === "pair" ? "needs the files of both nodes" : "one node's file is enough",
    ...(rule.optional === true ? ["off unless asked for"] : []),
    ...(rule.versions === "differ" ? ["depends on keepalived's version"] : []),
  ].join("; ");
}

const UNSILENCED = new Set(["HP990", "HP991"]);
const NOT_SILENCED = "It cannot be silenced by a comment: it is about such comments.";
const REASON_NEEDED = "Without a reason it does not count.";

/** The comments, each with where it stands. */
function silencers({ code, scope }: DescribedRule): readonly (readonly [comment: string, where: string])[] {
  if (UNSILENCED.has(code)) return [];
  const either = scope === "pair" ? ", in either node's file" : "";
  return [
    [`# hapair-ignore ${code}: the reason`, `on the line or on the one above it${either}`],
    [`# hapair-ignore-file ${code}: the reason`, "at the top of a file, for all of it"],
  ];
}

function silenceLines(rule: DescribedRule): string[] {
  const ways = silencers(rule);
  if (ways.length === 0) return indented(NOT_SILENCED);
  const width = Math.max(...ways.map(([comment]) => comment.length));
  return [
    ...ways.map(([comment, where]) => `${INDENT}${comment.padEnd(width)}  ${where}`),
    ...indented(REASON_NEEDED),
  ];
}

/** docs/reference/rules/CODE.md, without the note that it is generated. */
export function rulePageMarkdown(rule: DescribedRule, found: readonly Diagnostic[] = []): string {
  return [
    `# ${rule.code} ${rule.name}`,
    "",
    `${capital(kindOf(rule))}.`,
    "",
    "## What",
    "",
    `${capital(escapedMarkdown(rule.summary))}.`.replace(/\.\.$/, "."),
    "",
    "## Why",
    "",
    paragraphsOf(rule.explanation).map(escapedMarkdown).join("\n\n"),
    "",
    "## Bad",
    "",
    ...exampleBlocks(rule.bad),
    ...ownFindings(rule, found).flatMap(findingBlock),
    "## Good",
    "",
    ...exampleBlocks(rule.good, rule.bad),
    "## Source",
    "",
    escapedMarkdown(rule.source),
    "",
    "## Silence",
    "",
    ...silenceBlock(rule),
  ].join("\n");
}

function exampleBlocks(files: ExampleFiles, before?: ExampleFiles): string[] {
  return Object.entries(files).flatMap(([key, text]) => [
    `### ${escapedMarkdown(fileTitle(key))}`,
    "",
    ...(before?.[key] === text ? ["As above.", ""] : fenced(text, languageOf(key))),
  ]);
}

function languageOf(key: string): string {
  if (key.endsWith(".yaml")) return "yaml";
  return key.includes("/") ? "haproxy" : "text";
}

// An example may hold a fence itself (pasted Markdown); the one around it is longer.
function fenced(text: string, language: string): string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return [fence + language, ...codeLines(text), fence, ""];
}

function findingBlock(diagnostic: Diagnostic): string[] {
  const { severity, code, message, consequence, advice } = diagnostic;
  const lines = [
    `**${severity} ${code}: ${escapedMarkdown(printable(message))}**`,
    ...(consequence === undefined ? [] : [`In service: ${escapedMarkdown(printable(consequence))}`]),
    ...(advice === undefined ? [] : [`Write: ${escapedMarkdown(printable(advice))}`]),
  ];
  return [lines.map((line) => `> ${line}`).join("\n>\n"), ""];
}

function silenceBlock(rule: DescribedRule): string[] {
  const ways = silencers(rule);
  if (ways.length === 0) return [NOT_SILENCED, ""];
  return [...ways.map(([comment, where]) => `- \`${comment}\` ${where}`), "", REASON_NEEDED, ""];
}

// Of several prefixes that fit, the last one counts.
const CHAPTERS: readonly (readonly [prefix: string, title: string])[] = [
  ["HP0", "The pair's file"],
  ["HP1", "Who holds the address: priorities, states, preemption, virtual router ids"],
  ["HP2", "Timers and values"],
  ["HP3", "Addresses, advertisements, passwords"],
  ["HP4", "Checks"],
  ["HP5", "Scripts and notifications"],
  ["HP6", "HAProxy"],
  ["HP7", "Promises, asked by hapair lint --prove"],
  ["HP9", "The language of keepalived.conf"],
  ["HP99", "hapair's own comments"],
];

/** docs/reference/rules.md, without the note that it is generated: every rule with a link to its page in the folder `rules`. */
export function rulesIndexMarkdown(rules: readonly DescribedRule[]): string {
  const chapterOf = ({ code }: DescribedRule): string =>
    CHAPTERS.findLast(([prefix]) => code.startsWith(prefix))?.[1] ?? "Others";
  const chapters = [...CHAPTERS.map(([, title]) => title), "Others"].flatMap((title) => {
    const own = rules.filter((rule) => chapterOf(rule) === title);
    return own.length === 0 ? [] : [[`## ${title}`, "", ...table(own), ""].join("\n")];
  });
  return [
    "# Lint rules",
    "",
    "`hapair lint` asks these of a pair's files; `hapair explain CODE` shows a rule's page on the terminal. Codes are permanent.",
    "",
    "An error is certain harm. A warning is doubtful, or harm in some case. Advice does no harm if it is not followed.",
    "",
    'Each page names its source. "keepalived-behaviour" is the record of what keepalived did when it was tried: 2.2.7 and 2.3.3 in a lab, other versions by their source; numbers are its sections. F and a number is a failure that people reported in public; "keepalived issue" and a number is a thread in keepalived\'s own tracker.',
    "",
    chapters.join("\n"),
  ].join("\n");
}

function table(rules: readonly DescribedRule[]): string[] {
  return [
    "| code | name | severity | needs | catches |",
    "|---|---|---|---|---|",
    ...rules.map((rule) => {
      const severity = `${rule.severity}${rule.optional === true ? ", off unless asked for" : ""}`;
      const needs = rule.scope === "pair" ? "pair" : "node";
      return `| [${rule.code}](rules/${rule.code}.md) | ${rule.name} | ${severity} | ${needs} | ${escapedCell(rule.summary)} |`;
    }),
  ];
}

function escapedCell(text: string): string {
  return escapedMarkdown(text)
    .replaceAll("|", "\\|")
    .replaceAll(/\s*\n\s*/g, " ");
}

/** Outside code spans, what Markdown would take for HTML, emphasis or a heading; words with underscores stay readable. */
function escapedMarkdown(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            .replaceAll("<", "&lt;")
            .replaceAll("*", "\\*")
            .replaceAll(/^#/gm, "\\#")
            .replaceAll(/(?<!\w)_|_(?!\w)/g, "\\_"),
    )
    .join("");
}

function capital(text: string): string {
  // A keyword at the start of a sentence keeps its small letter.
  return /^[a-z]+[ ,;:.]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
