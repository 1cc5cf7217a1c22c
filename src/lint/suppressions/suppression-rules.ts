// The two rules about comments that silence findings: what they say, and their pages. Nobody asks them; reading the comments gives their findings.

import type { Diagnostic, Span } from "../../diagnostics/index.ts";
import type { DescribedRule } from "../rule.ts";

const EXAMPLE = "# hapair-ignore HP405: why it is right here";

export type MalformedKind =
  | "no-code"
  | "no-reason"
  | "no-such-code"
  | "unknown-code"
  | "never-silenced"
  | "unknown-word"
  | "file-not-at-top";

interface Wording {
  readonly message: (value: string) => string;
  readonly advice: (value: string) => string;
}

// What stands in the comment is not repeated unless it is a code: a comment mark that was meant as part of a password comes here too.
const MALFORMED: Readonly<Record<MalformedKind, Wording>> = {
  "no-code": { message: () => "hapair-ignore names no rule", advice: () => EXAMPLE },
  "no-reason": {
    message: (code) => `hapair-ignore${code === "" ? "" : ` ${code}`} gives no reason`,
    advice: (code) => `a colon and the reason: ${EXAMPLE.replace("HP405", code === "" ? "HP405" : code)}`,
  },
  "no-such-code": {
    message: () => "a word before the colon is no rule's code",
    advice: (code) =>
      code === ""
        ? `codes as findings show them, HP and three digits: ${EXAMPLE}`
        : `the rule's code: ${EXAMPLE.replace("HP405", code)}`,
  },
  "unknown-code": {
    message: (code) => `${code} is no rule of this version of hapair`,
    advice: () => "the code that the finding shows",
  },
  "never-silenced": {
    message: (code) => `${code} is about comments like this one and cannot be silenced by one`,
    advice: () => "nothing: correct or remove the comment that it is about",
  },
  "unknown-word": {
    message: () => "hapair knows hapair-ignore and hapair-ignore-file, and no other word of that kind",
    advice: () => `on the line or above it: ${EXAMPLE}`,
  },
  "file-not-at-top": {
    message: () => "hapair-ignore-file stands below the file's first setting",
    advice: () =>
      "the comment above everything else in the file, or hapair-ignore at each line it is meant for",
  },
};

/** HP991 at `span`. `value` is a code, or empty. */
export function malformedFinding(
  kind: MalformedKind,
  { file, span, value }: { readonly file: string; readonly span: Span; readonly value: string },
): Diagnostic {
  const { message, advice } = MALFORMED[kind];
  return {
    code: "HP991",
    severity: "warning",
    message: message(value),
    file,
    span,
    consequence: "the comment does not count: what it was meant to silence is still reported",
    advice: advice(value),
  };
}

/** HP990 for a suppression; `remove` is what --fix deletes. */
export function unusedFinding(
  {
    code,
    file,
    span,
    covers,
  }: {
    readonly code: string;
    readonly file: string;
    readonly span: Span;
    readonly covers: number | "file" | undefined;
  },
  remove: Span,
): Diagnostic {
  const where =
    covers === undefined
      ? "no setting follows it"
      : covers === "file"
        ? "nothing in this file gives it"
        : `line ${covers} does not give it`;
  return {
    code: "HP990",
    severity: "warning",
    message: `${code} is silenced here, and ${where}`,
    file,
    span,
    consequence: "the comment would hide the next mistake of this kind, which nobody has looked at",
    advice: "no such comment here: remove it, or move it to the line it is meant for",
    fix: { title: `remove the comment for ${code}`, edits: [{ file, span: remove, replacement: "" }] },
  };
}

const CHECKED = `vrrp_script chk_haproxy {
    script "/usr/bin/curl -fsS -m 1 -o /dev/null http://127.0.0.1:8405/health"
    interval 2
    timeout 2
    fall 2
    rise 1
}
`;

const INSTANCE = `
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 57
    priority 101
    nopreempt
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass example
    }
    virtual_ipaddress {
        192.0.2.50/32
    }
    track_script {
        chk_haproxy
    }
}
`;

const PROCESS_ONLY = CHECKED.replace(/script "[^"]*"/, 'script "/usr/bin/pgrep -x haproxy"');

function withComment(text: string, comment: string): string {
  return text.replace("    script ", `    ${comment}\n    script `) + INSTANCE;
}

const SOURCE = "hapair's own rule: a comment that silences says what and why.";

/** HP990 and HP991 for the reference and for `hapair explain`. */
export const suppressionRules: readonly DescribedRule[] = [
  {
    code: "HP990",
    name: "suppression-unused",
    severity: "warning",
    scope: "node",
    versions: "same",
    summary: "a hapair-ignore comment that silences nothing",
    explanation: `A comment that silences a finding was right on the day somebody wrote it: the finding was there, and there was a reason to live with it. When the setting has since been corrected, moved or removed, the comment stays and waits for the next mistake of the same kind, which it will hide although nobody ever judged it.

Comments for rules that were not asked in this run are left alone.`,
    source: SOURCE,
    bad: { lb1: withComment(CHECKED, "# hapair-ignore HP405: replaced in May") },
    good: { lb1: CHECKED + INSTANCE },
  },
  {
    code: "HP991",
    name: "suppression-malformed",
    severity: "warning",
    scope: "node",
    versions: "same",
    summary: "a hapair-ignore comment without code or reason, or with an unknown code",
    explanation: `A comment silences only what it names, and only with a reason: whoever reads the file in a year has to know whether the reason still holds. A comment that names no code, an unknown one, or gives no reason does not count, and says so here, so that nobody believes a finding to be dealt with that is not.

hapair-ignore-file counts above the file's first setting only, where a reader looks for what holds for the whole file.`,
    source: SOURCE,
    bad: { lb1: withComment(PROCESS_ONLY, "# hapair-ignore HP405") },
    good: {
      lb1: withComment(PROCESS_ONLY, "# hapair-ignore HP405: HAProxy's own watchdog ends it when it hangs"),
    },
  },
];
