// Findings made by hand for the tests of every kind of report: a pair with errors, a fix, something silenced; and a directory of many files.

import { type Diagnostic, type SourceText, sourceText, type Span } from "../../src/diagnostics/index.ts";
import type { DescribedRule } from "../../src/lint/rule.ts";
import type { LintReport, PairFindings } from "../../src/lint/report/reported.ts";

export const firstText = `global_defs {
    router_id lb1
}

vrrp_script chk_haproxy {
    script "/usr/bin/curl -fsS -m 1 http://127.0.0.1:8405/health"
    interval 2
    weight -2
}

vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51 # hapair-ignore HP103: nobody else is in this network
    priority 101
    advert_int 1
    advert_int 2
    track_script {
        chk_haproxy
    }
}
`;

export const secondText = `vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 98
    nopreempt
}
`;

/** Where `words` stand in `source`. */
export function spanIn(source: SourceText, words: string): Span {
  const start = source.text.indexOf(words);
  if (start === -1) throw new RangeError(`${source.file} does not say ${words}`);
  return { start, end: start + words.length };
}

const first = sourceText("lb1.conf", firstText);
const second = sourceText("lb2.conf", secondText);

const weight: Diagnostic = {
  code: "HP108",
  severity: "error",
  message: "lb1's chk_haproxy has weight -2: 101-2 = 99 still beats lb2's 98, and lb2 has nopreempt",
  file: "lb1.conf",
  span: spanIn(first, "weight -2"),
  consequence:
    "when HAProxy on lb1 stops, the check fails and lb1 keeps the address with priority 99: clients get refused connections until somebody intervenes",
  advice: "no weight in chk_haproxy: a failed check then takes lb1 out (FAULT), and lb2 takes over",
  related: [
    {
      file: "lb1.conf",
      span: spanIn(first, "priority 101"),
      message: "lb1 has 101, and 99 while the check fails",
    },
    { file: "lb2.conf", span: spanIn(second, "priority 98"), message: "lb2 has 98" },
    {
      file: "lb2.conf",
      span: spanIn(second, "nopreempt"),
      message: "lb2 takes over only from a node that is silent or has priority 0",
    },
  ],
};

const repeated: Diagnostic = {
  code: "HP906",
  severity: "warning",
  message: 'lb1: advert_int is given twice; "2" counts',
  file: "lb1.conf",
  span: spanIn(first, "advert_int 1"),
  consequence: "the first line has no effect, and whoever reads it believes in one second",
  advice: "one advert_int",
  fix: {
    title: "remove the line that has no effect",
    edits: [{ file: "lb1.conf", span: spanIn(first, "advert_int 1"), replacement: "" }],
  },
};

const noPassword: Diagnostic = {
  code: "HP323",
  severity: "advice",
  message: "lb2's VI_1 has no authentication",
  file: "lb2.conf",
  span: spanIn(second, "vrrp_instance VI_1"),
  consequence: "any host of the network can speak for the router",
  advice: "authentication { auth_type PASS ... }",
};

const silenced: Diagnostic = {
  code: "HP103",
  severity: "advice",
  message: "VRID 51 is every tutorial's",
  file: "lb1.conf",
  span: spanIn(first, "virtual_router_id 51"),
};

export const pairFindings: PairFindings = {
  diagnostics: [weight, repeated, noPassword],
  suppressed: [
    {
      diagnostic: silenced,
      reason: "nobody else is in this network",
      by: {
        file: "lb1.conf",
        span: spanIn(first, "# hapair-ignore HP103: nobody else is in this network"),
      },
    },
  ],
  sources: new Map([
    [first.file, first],
    [second.file, second],
  ]),
};

function rule(code: DescribedRule["code"], name: string, details: Partial<DescribedRule>): DescribedRule {
  return {
    code,
    name,
    severity: "warning",
    scope: "node",
    versions: "same",
    summary: name.replaceAll("-", " "),
    explanation: "It is a mistake.",
    source: "keepalived-behaviour 1.1",
    bad: { lb1: "vrrp_instance VI_1 {\n}\n" },
    good: { lb1: "vrrp_instance VI_1 {\n    priority 100\n}\n" },
    ...details,
  };
}

export const weightRule = rule("HP108", "weight-under-nopreempt", {
  severity: "error",
  scope: "pair",
  summary: "a tracked weight that lowers the holder below a peer that has nopreempt",
  explanation: `A negative weight lowers a node's priority while its check fails. The node goes on sending advertisements, with the lower priority. A peer
with nopreempt hears a living master and stays where it is, whatever the numbers are.

The check can therefore never move the address. Only weight 0 takes the node out of the race: it goes to FAULT and falls silent.`,
  source: "keepalived-behaviour 2.4; failure F03",
  bad: { lb1: firstText, lb2: secondText },
  good: { lb1: firstText.replace("    weight -2\n", ""), lb2: secondText },
});

export const describedRules: readonly DescribedRule[] = [
  rule("HP103", "vrid-tutorial-default", { severity: "advice" }),
  weightRule,
  rule("HP323", "password-missing", { severity: "advice" }),
  rule("HP906", "last-one-wins", { summary: "a keyword given twice | the last counts, <first> is lost" }),
];

export const pairReport: LintReport = { results: [pairFindings], rules: describedRules };

export const cleanReport: LintReport = {
  results: [{ ...pairFindings, diagnostics: [], suppressed: [] }],
  rules: describedRules,
};

/** A directory: one node's file each, every other one without a password, one with a keyword many times over. */
export function directoryReport(fileCount: number): LintReport {
  const results = Array.from({ length: fileCount }, (_, index): PairFindings => {
    const file = `site-${String(index).padStart(3, "0")}/keepalived.conf`;
    const instances = index === 2 ? 30 : 1;
    const block = (number: number): string =>
      `vrrp_instance VI_${number} {\n    advert_int 1\n    advert_int 2\n}\n`;
    const source = sourceText(
      file,
      Array.from({ length: instances }, (_each, number) => block(number)).join(""),
    );
    const again = [...source.text.matchAll(/advert_int 1/g)].map((match): Diagnostic => ({
      ...repeated,
      file,
      span: { start: match.index, end: match.index + match[0].length },
      fix: { title: "remove the line that has no effect", edits: [] },
    }));
    const missing: Diagnostic = { ...noPassword, file, span: { start: 0, end: 18 } };
    const diagnostics = index === 2 ? again : index % 2 === 0 ? [missing] : [];
    return { diagnostics, suppressed: [], sources: new Map([[file, source]]) };
  });
  return { results, rules: describedRules };
}
