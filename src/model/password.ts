// A resolved VRRP password, judged before it is rendered: what keepalived would make of it.
// Rule: no result holds the value or a part of it.

import { parameterTable } from "./parameters.ts";

export interface PasswordProblem {
  /** refused: keepalived would use another password than this one. doubtful: it works, and surprises. */
  readonly severity: "refused" | "doubtful";
  readonly message: string;
  readonly advice: string;
}

export interface PasswordVerdict {
  readonly problems: readonly PasswordProblem[];
  /** Whether it stands in double quotes in keepalived.conf. */
  readonly needsQuotes: boolean;
  /** Length as keepalived counts. */
  readonly bytes: number;
}

// A character outside this list begins a comment (# !), a block ({ }), a variable ($), or separates words.
const PLAIN_WORD = /^[A-Za-z0-9_.,:;/+=*^&%?|<>()[\]-]+$/;

const rules: readonly { readonly when: (value: string) => boolean; readonly problem: PasswordProblem }[] = [
  {
    when: (value) => value === "",
    problem: {
      severity: "refused",
      message: "the password is empty: keepalived ends at once on auth_pass without a value",
      advice: "one to eight characters where the reference points",
    },
  },
  {
    when: (value) => utf8Length(value) > passwordBytesMax,
    problem: {
      severity: "refused",
      message:
        "the password is longer than 8 bytes: keepalived uses the first 8, so others that begin alike are equal to it",
      advice: "a password of at most 8 bytes, on every node and wherever else it is kept",
    },
  },
  {
    // oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
    when: (value) => /[\u0000-\u001f\u007f]/.test(value),
    problem: {
      severity: "refused",
      message:
        "the password holds a line end, a tab or another control character, which a line of keepalived.conf cannot hold",
      advice: "the password alone, without a line end inside",
    },
  },
  {
    when: (value) => value.includes('"') || value.includes("\\"),
    problem: {
      severity: "refused",
      message:
        "the password holds a double quote or a backslash, which keepalived.conf cannot quote reliably",
      advice: "a password without them",
    },
  },
  {
    when: (value) => value.includes("$"),
    problem: {
      severity: "refused",
      message: "the password holds a dollar sign, which keepalived may read as a variable",
      advice: "a password without it",
    },
  },
  {
    when: (value) => value !== value.trim() && value !== "",
    problem: {
      severity: "doubtful",
      message: "the password begins or ends with a blank",
      advice: "check that the blank belongs to it",
    },
  },
  {
    // oxlint-disable-next-line no-control-regex -- ASCII from its first to its last character.
    when: (value) => /[^\u0000-\u007f]/.test(value),
    problem: {
      severity: "doubtful",
      message:
        "the password holds letters outside ASCII: each takes two to four of the 8 bytes, and every node must store them alike",
      advice: "letters, digits and simple signs",
    },
  },
];

const passwordBytesMax = parameterTable.auth_pass.accepted?.maximum ?? 8;

/** What keepalived would make of the resolved value. Give it as it will be rendered (a file's or command's last line end removed). */
export function checkPassword(value: string): PasswordVerdict {
  return {
    problems: rules.filter(({ when }) => when(value)).map(({ problem }) => problem),
    needsQuotes: !PLAIN_WORD.test(value),
    bytes: utf8Length(value),
  };
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x8_00 ? 2 : point < 0x1_00_00 ? 3 : 4;
  }
  return bytes;
}
