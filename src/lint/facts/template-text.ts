// A template's marks in a keepalived.conf ({{ vip }}, {% if ... %}, <%= vip %>, ${VIP}), turned into words and comments of the same length.
// Rule: to keepalived their braces are blocks; of a file that is yet to be filled in, what the filled-in file says is judged.

import { sourceText, type SourceText } from "../../diagnostics/index.ts";

export interface TemplateText {
  /** Every character stands where it stood. */
  readonly source: SourceText;
  /** What was written, by the word that stands for it now; empty for a file that is no template. */
  readonly written: ReadonlyMap<string, string>;
}

const ANY_MARK = /\{\{|\{%|\{#|<%|\$\{|\{\$/;

/** A jinja comment, which may go over lines. */
const COMMENT = /\{#(?:[^#]|#(?!\}))*#\}/g;

/** Conditions and loops at the begin of a line: {% if %}, {{ if }}, {{- range }}, <% if %>; what comes behind on the line belongs to them. */
const CONDITION_LINE =
  /^([ \t]*)(?:\{%|<%(?!=)|\{\{-?\s*(?:#|\/|if\b|else\b|range\b|for\b|end\b|with\b|define\b|template\b|include\b))/gm;

/** A value, or a condition inside a line; {{ a }}, {{ a }}-{{ b }} are two. */
const VALUE = /\{\{[^\n]*?\}\}+|\{%[^\n]*?%\}|<%[^\n]*?%>/g;

/** ${NAME} that no line of the file defines, and {$NAME}. */
const VARIABLE = /\$\{([A-Za-z][\w.]*)\}|\{\$([A-Za-z][\w-]*)\}/g;

/** The file as it reads with its places to be filled in taken for words. A file without any is given back as it is. */
export function templateText(source: SourceText): TemplateText {
  const written = new Map<string, string>();
  if (!ANY_MARK.test(source.text)) return { source, written };
  const word = (mark: string): string => {
    const made = `%@${mark.slice(2, -2).replaceAll(/[^\w.-]/g, "_")}@%`;
    written.set(made, mark);
    return made;
  };
  const variable = (mark: string, inDollar?: string, inBraces?: string): string => {
    const name = inDollar ?? inBraces ?? "";
    if (isDefined(source.text, name)) return mark;
    const made = `%${name}@%`;
    written.set(made, mark);
    return made;
  };
  const text = source.text
    .replaceAll(COMMENT, (comment) => comment.replaceAll(/[^\r\n]/g, " "))
    .replaceAll(CONDITION_LINE, (mark, blanks: string) => `${blanks}#${mark.slice(blanks.length + 1)}`)
    .replaceAll(/^[^\n]*(?:\{\{|\{%|<%|\{\$|\$\{)[^\n]*$/gm, (line) =>
      /^\s*#/.test(line) ? line : line.replaceAll(VALUE, word).replaceAll(VARIABLE, variable),
    );
  return { source: sourceText(source.file, text), written };
}

/** A text for people, with the template's own marks in it again. */
export function asWritten(text: string, written: ReadonlyMap<string, string>): string {
  let shown = text;
  for (const [word, mark] of written) shown = shown.replaceAll(word, () => mark);
  return shown;
}

/** An include may define it as well. */
function isDefined(text: string, name: string): boolean {
  return new RegExp(`^\\s*\\$${name}\\s*=|^\\s*include`, "m").test(text) || text.includes(`~SEQ`);
}
