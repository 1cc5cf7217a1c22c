// The vocabulary of what an agent knows: facts about one node, each a kind, a subject and a value. An event is a fact that changed.
// Rule: sources report facts in these words and no others; conditions, stories, metrics and status read them in these words.

/** What a fact is about, what its subjects are and which values it takes. The one table; docs/reference is generated from it. */
export const factKinds = {
  instance: {
    subject: "a router's name",
    values: "MASTER, BACKUP, FAULT, STOPPED",
    text: "keepalived's state",
  },
  vip: { subject: "a virtual address", values: "the interface it is on, or -", text: "where the address is" },
  link: { subject: "an interface", values: "up, down", text: "the interface's carrier" },
  unit: {
    subject: "haproxy, keepalived",
    values: "active, inactive, failed, starting, stopping, reloading",
    text: "systemd's unit; detail: result (success, exit-code 1, signal 9, oom-kill, watchdog)",
  },
  reload: { subject: "haproxy, keepalived", values: "ok, failed", text: "how the last reload ended" },
  answering: {
    subject: "haproxy",
    values: "yes, no",
    text: "the runtime socket answers within its time limit",
  },
  health: {
    subject: "haproxy",
    values: "ok, slow, silent",
    text: "the health address, as the check asks it",
  },
  worker: { subject: "haproxy", values: "a process number", text: "the worker that answers" },
  server: {
    subject: "BACKEND/SERVER",
    values: "up, down, maint, drain, unverified, unchecked",
    text: "a server as HAProxy sees it",
  },
  rule: {
    subject: "a traffic rule's name",
    values: "whole, broken, dead, unknown",
    text: "a traffic rule, after rise and fall",
  },
  watched: {
    subject: "process, traffic, hold, hold-ROUTER",
    values: "the file's text, or missing",
    text: "a watched file",
  },
  check: { subject: "a vrrp_script's name", values: "ok, failed, timed-out", text: "keepalived's check" },
  adverts: {
    subject: "a router's name",
    values: "accepted, refused",
    text: "whether keepalived takes its peers' adverts",
  },
  opinion: {
    subject: "traffic",
    values: "kept, given-up",
    text: "the agent's own opinion; detail: to, rule",
  },
  agent: {
    subject: "self",
    values: "running, stopping",
    text: "the agent; detail: before (how the last run ended)",
  },
  log: {
    subject: "self",
    values: "written, failing",
    text: "whether the agent's own log takes what is recorded; detail: reason",
  },
  peer: { subject: "a node's name", values: "heard, silent", text: "the peer's agent" },
  certificate: {
    subject: "a certificate's name",
    values: "its end, ISO 8601",
    text: "a certificate that HAProxy has loaded",
  },
  configuration: {
    subject: "haproxy, keepalived",
    values: "deployed, unread, edited",
    text: "whether the daemon runs what was deployed",
  },
  maintenance: {
    subject: "node",
    values: "off, on",
    text: "the node is held; detail: by, reason, until (absent: nobody said)",
  },
  "last-resort": {
    subject: "node",
    values: "off, on",
    text: "under maintenance, the node may hold the address all the same: its peers' adverts are missing",
  },
  drain: {
    subject: "give, take",
    values: "closed, open",
    text: "a switchover's connections end on their old node: this one gives, or takes, the address",
  },
  /** An incident changed; detail holds it. This is how the other node learns of it. */
  incident: { subject: "an incident's id", values: "opened, updated, resolved", text: "an incident" },
  /** A notice was delivered, or given up. */
  notice: {
    subject: "INCIDENT/REVISION/ROUTE",
    values: "delivered, expired, dropped",
    text: "a notice's end",
  },
} as const satisfies Record<
  string,
  { readonly subject: string; readonly values: string; readonly text: string }
>;

export type FactKind = keyof typeof factKinds;

/** What a source says: this fact has this value now. Said again with the same value it changes nothing. */
export interface FactReport {
  readonly kind: FactKind;
  readonly subject: string;
  readonly value: string;
  /** The node's wall clock, milliseconds with three decimals, when it was so; absent: now. */
  readonly atMs?: number;
  /** Further values by name; short texts. */
  readonly detail?: Readonly<Record<string, string>>;
  /** The line or figures it rests on, at most {@link EVIDENCE_LENGTH_MAX} characters, without secrets. */
  readonly evidence?: string;
}

/** A changed fact, recorded: what happened on one node. */
export interface AgentEvent {
  readonly node: string;
  /** The log it stands in: a new one is begun when the state directory was lost, and sequence numbers with it. */
  readonly log: string;
  /** Rises by one with each event of this log. */
  readonly sequence: number;
  /** The node's wall clock, milliseconds with three decimals. */
  readonly atMs: number;
  readonly kind: FactKind;
  readonly subject: string;
  readonly value: string;
  /** The value before; absent for a fact seen for the first time. */
  readonly previous?: string;
  readonly detail?: Readonly<Record<string, string>>;
  readonly evidence?: string;
  /** Sequence number of the event on this node that this one follows from. */
  readonly causedBy?: number;
}

/** A fact as it stands: the last event of its kind and subject on its node. */
export interface Fact {
  readonly value: string;
  readonly sinceMs: number;
  readonly sequence: number;
  readonly detail?: Readonly<Record<string, string>>;
}

export const EVIDENCE_LENGTH_MAX = 300;
export const SUBJECT_LENGTH_MAX = 200;
export const VALUE_LENGTH_MAX = 100;
/** Facts of one node; more are not taken, and that is said once. */
export const FACTS_MAX = 4000;
