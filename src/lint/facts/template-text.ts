// A template's marks in a keepalived.conf ({{ vip }}, {% if ... %}, <%= vip %>, ${VIP}), turned into words and comments of the same length.
// Rule: to keepalived their braces are blocks; of a file that is yet to be filled in, what the filled-in file says is judged.

import { sourceText, type SourceText } from "../../diagnostics/index.ts";

export interface TemplateText {
  /** Every character stands where it stood. */
  readonly source: SourceText;
  /** What was written, by the word that stands for it now; empty for a file that is no template. */
  readonly written: ReadonlyMap<string, string>;
}

const ANY_MARK = /\{\{|\{%|<%|\$\{|\{\$|\{[A-Za-z]/;

/** Marks that no keepalived.conf has. */
const TEMPLATE_MARK = /\{\{|\{%/;

/** A jinja comment, which may go over lines. `VI_1 {# ...` is a block of keepalived's with a comment behind its brace. */
const COMMENT = /^[ \t]*\{#(?:[^#]|#(?!\}))*#\}/gm;

/** Conditions and loops at the begin of a line: {% if %}, {{ if }}, {{- range }}, <% if %>; what comes behind on the line belongs to them. */
const CONDITION_LINE =
  /^([ \t]*)(?:\{%|<%(?!=)|\{\{-?\s*(?:#|\/|if\b|else\b|range\b|for\b|end\b|with\b|define\b|template\b|include\b))/gm;

/** A value, or a condition inside a line; {{ a }}, {{ a }}-{{ b }} are two. */
const VALUE = /\{\{[^\n]*?\}\}+|\{%[^\n]*?%\}|<%[^\n]*?%>/g;

/** ${NAME} that no line of the file defines, outside quotes: inside them it may be a shell's. */
const VARIABLE = /\$\{([A-Za-z][\w.]*)\}(?=[^"\n]*$)/gm;

/** {$NAME} and {name} behind a keyword that has one value and no block, and alone on a line {$NAME} and {THE NAME}, in capitals. */
const IN_BRACES =
  /^([ \t]*(?:interface|priority|virtual_router_id|state|auth_pass|unicast_src_ip|mcast_src_ip|router_id)[ \t]+)\{\$?[A-Za-z][\w -]*\}|^([ \t]*)\{(?:\$[A-Za-z][\w-]*|[A-Z][A-Z0-9_ -]*)\}(?=[ \t]*(?:$|[/#!\r]|dev\b))/gm;

/** The file as it reads with its places to be filled in taken for words. A file without any is given back as it is. */
export function templateText(source: SourceText): TemplateText {
  const written = new Map<string, string>();
  if (!ANY_MARK.test(source.text)) return { source, written };
  const word = (mark: string): string => {
    const made = `%@${mark.slice(2, -2).replaceAll(/[^\w.-]/g, "_")}@%`;
    written.set(made, mark);
    return made;
  };
  const named = (mark: string, name: string): string => {
    const made = mark.startsWith("$") ? `%${name}@%` : `@%${name.replaceAll(/[^\w.-]/g, "_")}`;
    written.set(made, mark);
    return made;
  };
  const text = source.text
    .replaceAll(COMMENT, (comment) =>
      TEMPLATE_MARK.test(source.text) ? comment.replaceAll(/[^\r\n]/g, " ") : comment,
    )
    .replaceAll(CONDITION_LINE, (mark, blanks: string) => `${blanks}#${mark.slice(blanks.length + 1)}`)
    .replaceAll(/^[^\n]*(?:\{\{|\{%|<%)[^\n]*$/gm, (line) =>
      /^\s*#/.test(line) ? line : line.replaceAll(VALUE, word),
    )
    .replaceAll(VARIABLE, (mark, name: string) => (isDefined(source.text, name) ? mark : named(mark, name)))
    .replaceAll(IN_BRACES, (mark, behindKeyword?: string, alone?: string) => {
      const before = behindKeyword ?? alone ?? "";
      const name = mark.slice(before.length + 1, -1);
      return isDefined(source.text, name.replace("$", ""))
        ? mark
        : before + named(mark.slice(before.length), name);
    });
  if (written.size === 0 && text === source.text) return { source, written };
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
  return (
    new RegExp(`^\\s*\\$${name.replaceAll(/\\W/g, ".")}\\s*=|^\\s*include`, "m").test(text) ||
    text.includes(`~SEQ`)
  );
}
