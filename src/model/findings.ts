// The findings on a pair file or a scenario file: one table of codes, and the list they are gathered in.
// Rule: a code is permanent; its severity stands in the table, so the same mistake is always equally bad.

import type { Diagnostic, Severity, Span } from "../diagnostics/index.ts";

/** What a code stands for. `explanation` is for the reference page: why it is a mistake at all. */
export interface FindingKind {
  readonly title: string;
  readonly severity: Severity;
  readonly explanation: string;
}

// HP0xx belongs to the files that people write for hapair: HP094 to HP098 to scenarios alone, the others to pairs, or to both. HP205 is the lint rule of that number: the same meaning, found here in pair.yaml.
export const findingTable = {
  HP001: kind(
    "not-text",
    "error",
    "The file holds bytes that are no UTF-8 text: it is another file, or was damaged on its way.",
  ),
  HP002: kind(
    "too-large",
    "error",
    "A pair or a scenario is described in some dozen lines. A very large file is the wrong file, and reading it would take the machine's memory.",
  ),
  HP003: kind("empty", "error", "The file says nothing."),
  HP004: kind("yaml-syntax", "error", "The text is not YAML, so nobody can tell what belongs to what."),
  HP005: kind(
    "duplicate-key",
    "error",
    "The same key stands twice in one map. YAML forbids it, and readers disagree on which one counts.",
  ),
  HP006: kind(
    "too-nested",
    "error",
    "The file nests or refers to itself far beyond anything it could need to.",
  ),
  HP010: kind(
    "unknown-key",
    "error",
    "hapair does not know the key. Passing over it would do something other than what was meant.",
  ),
  HP011: kind("missing-key", "error", "Something is not said that has no default."),
  HP012: kind("wrong-type", "error", "A value of another kind is wanted here."),
  HP013: kind("unknown-value", "error", "Only certain words are known here."),
  HP014: kind(
    "bad-name",
    "error",
    "Names become keepalived's instance names, file names and words in shell commands, so they are kept plain.",
  ),
  HP015: kind(
    "out-of-range",
    "error",
    "The number is outside what keepalived, HAProxy or hapair can work with. keepalived itself would mostly log a line and use a default instead.",
  ),
  HP016: kind(
    "bad-ssh-target",
    "error",
    "SSH goes to [user@]host[:port]; an IPv6 address stands in brackets where a port follows.",
  ),
  HP020: kind(
    "bad-address",
    "error",
    "The text is no IP address. keepalived skips what it cannot read, and falls back to multicast where it was a peer.",
  ),
  HP021: kind(
    "octal-looking-address",
    "error",
    "A number with a leading zero is read as octal by some programs and as decimal by others.",
  ),
  HP022: kind(
    "bad-prefix-length",
    "error",
    "The number after the slash is the length of the network part: 0 to 32 for IPv4, 0 to 128 for IPv6.",
  ),
  HP023: kind(
    "vip-is-node",
    "error",
    "A virtual address moves between nodes; a node's own address must not.",
  ),
  HP024: kind(
    "duplicate-vip",
    "error",
    "The same virtual address stands twice; two routers could put it on two nodes at once.",
  ),
  HP025: kind("duplicate-node-address", "error", "Two nodes have the same address."),
  HP026: kind(
    "vip-outside-network",
    "warning",
    "A virtual address outside the network of its interface is not asked for by ARP there, so clients do not find it.",
  ),
  HP027: kind(
    "unusable-address",
    "error",
    "The address is reserved for something else: loopback, multicast, a network's own or broadcast address.",
  ),
  HP028: kind(
    "family-without-address",
    "error",
    "Advertisements travel in one family, so every node needs one address of that family, and not more than one.",
  ),
  HP030: kind(
    "too-few-nodes",
    "error",
    "A pair is two or more nodes: with one there is nobody to take over.",
  ),
  HP031: kind(
    "too-many",
    "error",
    "VRRP has 254 usable priorities and room for 255 addresses in one advertisement; a scenario has a thousand events.",
  ),
  HP032: kind(
    "bad-interface-name",
    "error",
    "Linux gives interfaces at most 15 characters, without blanks, slash or colon.",
  ),
  HP040: kind(
    "duplicate-vrid",
    "error",
    "Two virtual routers with one VRID on one interface answer each other's advertisements.",
  ),
  HP041: kind("family-needs-version-3", "error", "VRRP version 2 knows IPv4 only."),
  HP042: kind(
    "advert-fraction",
    "error",
    "Version 2 counts whole seconds, version 3 hundredths of a second; keepalived rounds the rest.",
  ),
  HP043: kind("prefer-unknown-node", "error", "`prefer` names a node that is not under `nodes`."),
  HP044: kind(
    "prefer-incomplete",
    "error",
    "`prefer` orders every node exactly once, because every node needs its priority.",
  ),
  HP045: kind(
    "short-and-long-form",
    "error",
    "One router is told by `vips` and `vrrp`, several by `routers`; both at once leave open what belongs to whom.",
  ),
  HP046: kind(
    "router-without-vip",
    "error",
    "A virtual router without a virtual address has nothing to move.",
  ),
  HP050: kind(
    "literal-secret",
    "error",
    "Secrets are references (env, file, command), so that the file can be kept, shown and sent.",
  ),
  HP051: kind(
    "bad-secret-reference",
    "error",
    "A secret is one of { env: NAME }, { file: PATH }, { command: COMMAND }.",
  ),
  HP052: kind(
    "no-password",
    "warning",
    "Version 2 without a password: any host that reaches the node and knows the VRID can speak for the router. The page says: always enable.",
  ),
  HP053: kind(
    "password-without-effect",
    "advice",
    "VRRP version 3 has no password: keepalived ignores it, so hapair does not render it.",
  ),
  HP060: kind("bad-node-path", "error", "Files land on a node at an absolute path of their own."),
  HP061: kind("bad-mode", "error", "A file mode is three or four octal digits."),
  HP062: kind(
    "health-not-loopback",
    "error",
    "Health and statistics are served on loopback only, where no firewall and no stranger is between.",
  ),
  HP063: kind(
    "readable-secret",
    "warning",
    "A file that is called secret can be read by every user of the node.",
  ),
  HP070: kind(
    "promise-out-of-reach",
    "warning",
    "The pair's own timers take longer than the promise allows.",
  ),
  HP071: kind(
    "time-limit-beyond-interval",
    "warning",
    "A check that may run longer than its interval delays the next one, and so the detection of a hang.",
  ),
  HP080: kind(
    "bad-time-span",
    "error",
    "A time without a unit is read differently by everyone: 10s, 250ms, 24h.",
  ),
  HP081: kind(
    "unclear-route",
    "error",
    "A route tells someone in exactly one way, so that a notice of it is delivered or is not.",
  ),
  HP082: kind(
    "unknown-condition",
    "error",
    "The agent has no condition of that name, so nobody would ever be told.",
  ),
  HP083: kind("bad-quiet-time", "error", "A quiet time has a beginning, an end and days of the week."),
  HP084: kind("bad-mail-address", "error", "The text is no mail address that a mail server takes."),
  HP085: kind(
    "notice-in-clear",
    "warning",
    "A signature shows that a notice was not changed; only TLS hides what stands in it.",
  ),
  HP086: kind(
    "bad-url",
    "error",
    "The agent asks over HTTP: a URL, a host and headers have the forms of HTTP.",
  ),
  HP087: kind(
    "unclear-rule",
    "error",
    "A traffic rule has one limit of one backend or frontend, so that a broken rule has one meaning.",
  ),
  HP088: kind(
    "address-of-one-node",
    "error",
    "The file is the same for every node, and with non-local bind an address that the node does not have can be bound and never answers.",
  ),
  HP089: kind("port-taken", "error", "Two programs cannot listen on one address and port."),
  HP090: kind(
    "login-in-clear",
    "error",
    "A login over a connection without TLS shows its password to everybody on the way.",
  ),
  HP091: kind(
    "unknown-backend",
    "error",
    "A traffic rule names a backend or frontend that haproxy.cfg does not have: HAProxy would never report it, and the rule would never be broken.",
  ),
  HP092: kind(
    "two-spellings",
    "error",
    "A key that has two spellings stands in both: with two values nobody can tell which one counts.",
  ),
  HP093: kind(
    "silence-within-restart",
    "warning",
    "A node under maintenance takes the address when the peers have been silent, which tells a dead peer from a restarted one by time alone: the silence has to outlast a restart of keepalived.",
  ),
  HP094: kind("unknown-fault", "error", "No fault or work of that name can happen in a scenario."),
  HP095: kind(
    "event-out-of-order",
    "error",
    "A scenario is read from top to bottom, so its events stand in the order of their times.",
  ),
  HP096: kind("event-after-end", "error", "An event after the scenario's length would never happen."),
  HP097: kind(
    "victim-before-event",
    "error",
    "The victim is the node that the first event was done to; before it there is none.",
  ),
  HP098: kind(
    "unknown-name",
    "error",
    "The scenario names a node, check, watched file or configuration that there is not, so nothing would happen.",
  ),
  HP099: kind("more-findings", "error", "Only the first findings are shown."),
  HP205: kind(
    "outside-acceptable",
    "warning",
    "keepalived accepts the value; the page's table calls it outside the acceptable range.",
  ),
} as const satisfies Record<string, FindingKind>;

export type FindingCode = keyof typeof findingTable;

function kind(title: string, severity: Severity, explanation: string): FindingKind {
  return { title, severity, explanation };
}

/** A finding without what the table and the file add to it. */
export interface Finding {
  readonly code: FindingCode;
  readonly span: Span | undefined;
  /** What is wrong, with the value in it. Never with a secret's value. */
  readonly message: string;
  readonly consequence?: string;
  readonly advice?: string;
}

// A person corrects a file in some rounds; beyond this number the rest is noise.
const FINDINGS_SHOWN_MAX = 100;
// Noise can make hundreds of thousands of findings; beyond this they are counted and not kept.
const FINDINGS_KEPT_MAX = 2_000;

/** Gathers findings; `diagnostics()` gives them in the order of the file, bounded in number. */
export interface FindingList {
  add(finding: Finding): void;
  /** Whether anything was added that makes the pair unusable. */
  hasErrors(): boolean;
  diagnostics(): Diagnostic[];
}

/** An empty list for the findings on `file` (its name as the user gave it). */
export function findingList(file: string): FindingList {
  const kept: Finding[] = [];
  let added = 0;
  let errors = 0;
  return {
    add(finding) {
      added += 1;
      if (findingTable[finding.code].severity === "error") errors += 1;
      if (kept.length < FINDINGS_KEPT_MAX) kept.push(finding);
    },
    hasErrors: () => errors > 0,
    diagnostics() {
      const ordered = kept.toSorted((left, right) => (left.span?.start ?? 0) - (right.span?.start ?? 0));
      const shown = ordered.slice(0, FINDINGS_SHOWN_MAX).map((finding) => toDiagnostic(file, finding));
      if (added > shown.length) {
        const message = `${added - shown.length} further findings are not shown`;
        shown.push(
          toDiagnostic(file, {
            code: "HP099",
            span: undefined,
            message,
            advice: "correct the ones above first",
          }),
        );
      }
      return shown;
    },
  };
}

// A value quoted in a message could otherwise write to the terminal as it likes.
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
}

function toDiagnostic(file: string, finding: Finding): Diagnostic {
  const { severity } = findingTable[finding.code];
  return {
    code: finding.code,
    severity,
    message: printable(finding.message),
    file,
    ...(finding.span === undefined ? {} : { span: finding.span }),
    ...(finding.consequence === undefined ? {} : { consequence: printable(finding.consequence) }),
    ...(finding.advice === undefined ? {} : { advice: printable(finding.advice) }),
  };
}
