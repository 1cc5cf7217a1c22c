// The authentication block to values. The password is hidden as soon as it is read.

import type { Span } from "../diagnostics/index.ts";
import type { Item, Word } from "./cst.ts";
import type { KeepalivedInstance } from "./instance.ts";
import { type MaskedText, maskedText } from "./masked-text.ts";
import { argumentsOf, linesOf } from "./query.ts";

/** The last usable line of each keyword. PASS without a password is told as written; the daemon then runs without authentication. */
export function readAuthentication(items: readonly Item[]): Pick<KeepalivedInstance, "authentication"> {
  let type: "PASS" | "AH" | undefined;
  let given: { readonly passwordSpan: Span; readonly password: MaskedText } | undefined;
  for (const line of linesOf(items, "authentication")) {
    const [argument] = argumentsOf(line);
    if (line.keyword.value === "auth_type" && (argument?.value === "PASS" || argument?.value === "AH")) {
      type = argument.value;
    } else if (line.keyword.value === "auth_pass" && argument !== undefined) {
      given = { passwordSpan: valueSpan(argument), password: maskedText(argument.value) };
    }
  }
  return type === undefined ? {} : { authentication: { type, ...given } };
}

/** Where the value itself stands: inside the quotes, before an escaped comment mark. A value that came of a definition has its line's span. */
function valueSpan({ source, value, quoted, span }: Word): Span {
  if (span.end - span.start !== source.length) return span;
  const start = span.start + (quoted ? 1 : 0);
  return { start, end: start + value.length };
}
