// What a text for the shell runs: its simple commands with their words, as far as the text alone says it.
// Rule: nothing is executed and nothing is guessed; a word that depends on the run keeps its `$` or its back-quote.

export interface ShellCommand {
  /** Without assignments, redirections and reserved words; variables that have one literal value are replaced. */
  readonly words: readonly string[];
  /** Where its redirections go to or come from. */
  readonly redirections: readonly string[];
  /** Its output is read by another command, not its result: before a pipe, or inside `$(...)`. */
  readonly outputRead: boolean;
}

export interface ShellText {
  readonly commands: readonly ShellCommand[];
  /** Names of functions that the text defines. */
  readonly functions: ReadonlySet<string>;
}

const TEXT_MAX = 65_536;
const NESTING_MAX = 5;
const REPLACEMENTS_MAX = 3;
// Longer ones are left as they stand: no address is that long, and a word could grow without end.
const VALUE_MAX = 200;
const WORD_MAX = 2000;

/** A dollar sign that is no variable's, until the variables are replaced. */
const LITERAL_DOLLAR = "\uE000";

const RESERVED = new Set([
  "if",
  "then",
  "elif",
  "else",
  "fi",
  "while",
  "until",
  "do",
  "done",
  "esac",
  "{",
  "}",
  "!",
  "time",
]);
const DECLARING = new Set(["export", "local", "readonly", "declare", "typeset"]);

interface Word {
  text: string;
  /** Quotes keep it one word, whatever a variable in it holds. */
  quoted: boolean;
}

type Token =
  | { readonly kind: "word"; readonly word: Word }
  | { readonly kind: "operator"; readonly text: string };

/** Reads any text; what lies behind the first 64 KiB, or in more than five substitutions, is left out. */
export function readShellText(text: string): ShellText {
  const reader = new ShellReader();
  reader.read(text.slice(0, TEXT_MAX).replaceAll("\r\n", "\n"), 0, false);
  return reader.result();
}

class ShellReader {
  readonly #commands: { words: Word[]; redirections: string[]; outputRead: boolean }[] = [];
  readonly #functions = new Set<string>();
  /** By name: the one value it is given, or undefined where it has several or nobody knows. */
  readonly #variables = new Map<string, string | undefined>();

  read(text: string, depth: number, substituted: boolean): void {
    const tokens = tokensOf(text, (inner) => {
      if (depth < NESTING_MAX) this.read(inner, depth + 1, true);
    });
    let words: Word[] = [];
    let redirections: string[] = [];
    let awaited = false;
    for (const token of tokens) {
      if (token.kind === "word") {
        if (awaited) redirections.push(token.word.text);
        else words.push(token.word);
        awaited = false;
        continue;
      }
      const operator = token.text;
      awaited = operator.includes("<") || operator.includes(">");
      if (awaited) continue;
      if (operator === "(" && words.length === 1) this.#functions.add(words[0]?.text ?? "");
      // `name (` begins a function, `pattern )` a branch of case: neither is a command.
      const noCommand = operator === "(" || (operator === ")" && words.length === 1);
      if (!noCommand)
        this.#end(words, redirections, substituted || (operator.startsWith("|") && operator !== "||"));
      words = [];
      redirections = [];
    }
    this.#end(words, redirections, substituted);
  }

  #end(words: Word[], redirections: string[], outputRead: boolean): void {
    let rest = words;
    while (rest[0] !== undefined && !rest[0].quoted && RESERVED.has(rest[0].text)) rest = rest.slice(1);
    const [first] = rest;
    if (first?.text === "for" || first?.text === "read") {
      for (const word of rest.slice(1)) this.#variables.set(word.text, undefined);
      return;
    }
    if (first?.text === "function" && rest[1] !== undefined) {
      this.#functions.add(rest[1].text);
      return;
    }
    if (first?.text === "case") return;
    if (first !== undefined && DECLARING.has(first.text)) rest = rest.slice(1);
    while (rest[0] !== undefined && this.#assign(rest[0].text)) rest = rest.slice(1);
    if (rest.length > 0 || redirections.length > 0) {
      this.#commands.push({ words: rest, redirections, outputRead });
    }
  }

  #assign(text: string): boolean {
    const [, name, added, value] = /^([A-Za-z_]\w*)(\+?)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) return false;
    const known = added === "" && value.length <= VALUE_MAX && !this.#variables.has(name);
    this.#variables.set(name, known ? value : undefined);
    return true;
  }

  result(): ShellText {
    const commands = this.#commands.map(({ words, redirections, outputRead }) => ({
      words: words.flatMap((word) => this.#expanded(word)),
      redirections: redirections.map((text) => this.#replaced(text)),
      outputRead,
    }));
    return { commands, functions: this.#functions };
  }

  #expanded(word: Word): string[] {
    const text = this.#replaced(word.text);
    const splits = !word.quoted && word.text !== text && /\s/.test(text);
    return splits ? text.split(/\s+/).filter((part) => part !== "") : [text];
  }

  #replaced(text: string): string {
    let result = text;
    for (
      let turn = 0;
      turn < REPLACEMENTS_MAX && result.length < WORD_MAX && result.includes("$");
      turn += 1
    ) {
      result = result.replaceAll(
        /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g,
        (whole, braced?: string, bare?: string) => {
          return this.#variables.get(braced ?? bare ?? "") ?? whole;
        },
      );
    }
    return result.replaceAll(LITERAL_DOLLAR, "$");
  }
}

const OPERATOR = /(?:\d*(?:<<<|<<-?|<&|>&|>>|>\||<>|<|>)|&>>?|&&|\|\||\|&|;;&?|;&|[;&|()\n])/y;
const HERE_DOCUMENT = /^\d*<<-?$/;

/** The words and operators of a text; `nested` is called with what stands inside substitutions. */
function tokensOf(text: string, nested: (inner: string) => void): Token[] {
  const tokens: Token[] = [];
  const delimiters: string[] = [];
  let offset = 0;
  while (offset < text.length) {
    const character = text.charAt(offset);
    const continued = character === "\\" && text.charAt(offset + 1) === "\n";
    if (continued || character === " " || character === "\t" || character === "\r") {
      offset += continued ? 2 : 1;
      continue;
    }
    if (character === "#") {
      offset = endOfLine(text, offset);
      continue;
    }
    OPERATOR.lastIndex = offset;
    const operator = OPERATOR.exec(text)?.[0];
    if (operator !== undefined) {
      tokens.push({ kind: "operator", text: operator });
      offset += operator.length;
      if (operator === "\n") offset = behindHereDocuments(text, offset, delimiters);
      continue;
    }
    const { word, end } = wordAt(text, offset, nested);
    const previous = tokens.at(-1);
    if (previous?.kind === "operator" && HERE_DOCUMENT.test(previous.text)) delimiters.push(word.text);
    tokens.push({ kind: "word", word });
    // Every turn goes on, also where a word begins with what no word may hold.
    offset = Math.max(end, offset + 1);
  }
  return tokens;
}

function endOfLine(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  return newline === -1 ? text.length : newline;
}

/** The offset behind the bodies of the here-documents that wait; empties the list. */
function behindHereDocuments(text: string, start: number, delimiters: string[]): number {
  let offset = start;
  while (delimiters.length > 0 && offset < text.length) {
    const end = endOfLine(text, offset);
    if (text.slice(offset, end).trim() === delimiters[0]) delimiters.shift();
    offset = end + 1;
  }
  return Math.min(offset, text.length);
}

/** One word, its quotes removed. Substitutions stand in it as `$()`. */
function wordAt(text: string, start: number, nested: (inner: string) => void): { word: Word; end: number } {
  const word: Word = { text: "", quoted: false };
  let quote = false;
  let offset = start;
  while (offset < text.length) {
    const character = text.charAt(offset);
    if (!quote && /[\s;&|()<>]/.test(character)) break;
    if (character === '"') {
      quote = !quote;
      word.quoted = true;
      offset += 1;
    } else if (character === "'" && !quote) {
      const close = closing(text, offset + 1, "'");
      word.text += text.slice(offset + 1, close).replaceAll("$", LITERAL_DOLLAR);
      word.quoted = true;
      offset = close + 1;
    } else if (character === "\\") {
      const next = text.charAt(offset + 1);
      word.text += next === "\n" ? "" : next === "$" ? LITERAL_DOLLAR : next;
      offset += 2;
    } else if (character === "`") {
      const close = closing(text, offset + 1, "`");
      nested(text.slice(offset + 1, close));
      word.text += "$()";
      offset = close + 1;
    } else if (text.startsWith("$(", offset)) {
      const close = closingParenthesis(text, offset + 2);
      if (!text.startsWith("$((", offset)) nested(text.slice(offset + 2, close));
      word.text += "$()";
      offset = close + 1;
    } else if (text.startsWith("${", offset)) {
      const close = closing(text, offset + 2, "}");
      word.text += text.slice(offset, close + 1);
      offset = close + 1;
    } else {
      word.text += character;
      offset += 1;
    }
  }
  return { word, end: offset };
}

function closing(text: string, start: number, mark: string): number {
  const found = text.indexOf(mark, start);
  return found === -1 ? text.length : found;
}

/** The `)` that belongs to an open one; parentheses in quotes are not looked for. */
function closingParenthesis(text: string, start: number): number {
  let open = 1;
  for (let offset = start; offset < text.length; offset += 1) {
    const character = text.charAt(offset);
    if (character === "(") open += 1;
    if (character === ")") open -= 1;
    if (open === 0) return offset;
  }
  return text.length;
}
