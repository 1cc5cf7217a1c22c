// Where the comments of a file are and which of its lines say something, for the three languages whose files are linted.
// Rule: a comment mark inside quotes or inside a text block is no comment.

import type { SourceText, Span } from "../../diagnostics/index.ts";
import { positionAt } from "../../diagnostics/index.ts";
import { type Item, parseConfig, spanOf } from "../../keepalived/index.ts";

export type FileLanguage = "keepalived" | "haproxy" | "yaml";

export interface CommentsAndCode {
  /** From the mark to the end of the line, in the order of the file. */
  readonly comments: readonly Span[];
  /** Lines (from 1) with anything but comments and blanks. */
  readonly codeLines: ReadonlySet<number>;
}

/** The language by the file's name: YAML by its ending, HAProxy by its usual names, else keepalived. */
export function languageOf(file: string): FileLanguage {
  const name = file.split(/[\\/]/).at(-1) ?? file;
  if (/\.ya?ml$/i.test(name)) return "yaml";
  return /haproxy|\.cfg$/i.test(name) && !/keepalived/i.test(name) ? "haproxy" : "keepalived";
}

/** The comments of any text; never fails. */
export function commentsAndCode(source: SourceText, language: FileLanguage): CommentsAndCode {
  return LANGUAGES[language](source);
}

const LANGUAGES: Readonly<Record<FileLanguage, (source: SourceText) => CommentsAndCode>> = {
  keepalived: inKeepalived,
  haproxy: inHaproxy,
  yaml: inYaml,
};

function inKeepalived(source: SourceText): CommentsAndCode {
  const comments: Span[] = [];
  const codeLines = new Set<number>();
  const addCode = ({ start, end }: Span): void => {
    const last = positionAt(source, Math.max(start, end - 1)).line;
    for (let line = positionAt(source, start).line; line <= last; line += 1) codeLines.add(line);
  };
  // A list of its own in place of recursion: a million open braces are no deeper than one.
  const waiting: Item[] = [...parseConfig(source.text).items];
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    if (item.kind === "comment") {
      comments.push(item.span);
    } else if (item.kind === "block") {
      if (item.header !== undefined) addCode(spanOf(item.header));
      addCode(item.open.span);
      if (item.close !== undefined) addCode(item.close.span);
      for (const inner of item.between) waiting.push(inner);
      for (const inner of item.items) waiting.push(inner);
    } else if (item.kind !== "blank") {
      addCode(spanOf(item));
    }
  }
  return { comments: comments.toSorted((a, b) => a.start - b.start), codeLines };
}

/** Line by line; a quote ends with its line. */
function inHaproxy(source: SourceText): CommentsAndCode {
  return byLines(source, (text) => {
    let quote = "";
    for (let offset = 0; offset < text.length; offset += 1) {
      const character = text.charAt(offset);
      if (character === "\\" && quote !== "'") offset += 1;
      else if (character === quote) quote = "";
      else if (quote === "" && (character === '"' || character === "'")) quote = character;
      else if (quote === "" && character === "#") return { commentStart: offset, isText: false };
    }
    return { commentStart: text.length, isText: false };
  });
}

/** Quotes may go over several lines; a text block (`|`, `>`) goes on as long as its lines are indented. */
function inYaml(source: SourceText): CommentsAndCode {
  let quote = "";
  let blockIndent: number | undefined;
  return byLines(source, (text) => {
    const indent = text.length - text.trimStart().length;
    if (blockIndent !== undefined && (text.trim() === "" || indent > blockIndent))
      return { commentStart: text.length, isText: true };
    blockIndent = undefined;
    let offset = 0;
    for (; offset < text.length; offset += 1) {
      const character = text.charAt(offset);
      if (quote !== "") {
        if (character === "\\" && quote === '"') offset += 1;
        else if (character === quote) quote = "";
      } else if (character === "#" && (offset === 0 || /\s/.test(text.charAt(offset - 1)))) {
        break;
      } else if ((character === '"' || character === "'") && beginsValue(text.slice(0, offset))) {
        quote = character;
      }
    }
    const code = text.slice(0, offset);
    if (quote === "" && /(?:^|[\s:-])[|>][-+\d]{0,2}\s*$/.test(code)) blockIndent = indent;
    return { commentStart: offset, isText: false };
  });
}

/** Whether a quote after this begins a value; inside a plain word it is a letter like any other (`it's`). */
function beginsValue(before: string): boolean {
  const trimmed = before.trimEnd();
  return trimmed === "" || /[:,[{?-]$/.test(trimmed) || /(?:^|\s)[!&]\S+$/.test(trimmed);
}

function byLines(
  source: SourceText,
  read: (line: string) => { readonly commentStart: number; readonly isText: boolean },
): CommentsAndCode {
  const comments: Span[] = [];
  const codeLines = new Set<number>();
  for (const [index, start] of source.lineStarts.entries()) {
    const end = source.lineStarts[index + 1] ?? source.text.length;
    const text = source.text.slice(start, end).replace(/\r?\n$/, "");
    const { commentStart, isText } = read(text);
    const code = text.slice(0, commentStart).trim();
    if (isText ? code !== "" : !/^(?:---|\.\.\.|%.*)?$/.test(code)) codeLines.add(index + 1);
    if (commentStart < text.length) {
      comments.push({ start: start + commentStart, end: start + text.trimEnd().length });
    }
  }
  return { comments, codeLines };
}
