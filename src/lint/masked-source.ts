// A file's text as it may be shown: passwords are asterisks, character for character, so that columns stay what they were.

import { type SourceText, sourceText } from "../diagnostics/index.ts";

// The value ends with its line: what follows a password may belong to it (a blank in quotes, a comment mark that was meant).
const PASSWORD_LINES: readonly RegExp[] = [
  // keepalived: authentication { auth_pass VALUE }, auth_hmac { key ID VALUE }
  // A quote may follow without a blank, and in quotes a brace belongs to the value.
  /\bauth_pass(?:[ \t]+|(?="))("[^"\r\n]*"?[^\r\n}]*|[^\r\n}]+)/g,
  /^[ \t]*key[ \t]+\S+[ \t]+([^\r\n}]+)/gm,
  // HAProxy: stats auth USER:PASSWORD, userlist's user NAME password|insecure-password VALUE
  /\bstats[ \t]+auth[ \t]+[^\s:]+:(\S+)/g,
  /\b(?:insecure-)?password[ \t]+(\S+)/g,
];

/** `source` with every password in it masked; the same object where there is none. */
export function maskedSource(source: SourceText): SourceText {
  const { file, text } = source;
  const names = new Set<string>();
  let masked = text;
  for (const pattern of PASSWORD_LINES) {
    masked = masked.replaceAll(pattern, (whole: string, value: string) => {
      for (const [, name = ""] of value.matchAll(/\$\{?([A-Za-z_]\w*)/g)) names.add(name);
      return whole.slice(0, whole.length - value.length) + stars(value);
    });
  }
  // `$PASSWORD=secret` at the top, used as `auth_pass $PASSWORD`.
  for (const name of names) {
    const definition = new RegExp(`^([ \\t]*\\$${name}=)([^\\r\\n]*)`, "gm");
    masked = masked.replaceAll(definition, (_whole, start: string, value: string) => start + stars(value));
  }
  return masked === text ? source : sourceText(file, masked);
}

function stars(value: string): string {
  return value.replaceAll(/\S/g, "*");
}
