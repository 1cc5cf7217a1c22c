// What an event says in words, without its node and moment: one phrase a kind, in the field's words. Pure.

import type { AgentEvent, FactKind } from "./facts.ts";

type Said = Pick<AgentEvent, "subject" | "value" | "detail" | "previous">;

// Maps, not records: a subject comes from another machine, and may be called like something that every object has.
const daemonNames: ReadonlyMap<string, string> = new Map([
  ["haproxy", "HAProxy"],
  ["keepalived", "keepalived"],
]);

function daemon(subject: string): string {
  return daemonNames.get(subject) ?? subject;
}

/** ` (signal 9)`, or nothing. */
function inBrackets(text: string | undefined): string {
  return text === undefined || text === "" ? "" : ` (${text})`;
}

/** How a daemon ended: systemd's result in words. Success says nothing. */
export function resultText(result: string | undefined): string {
  if (result === undefined || result === "success" || result === "unknown") return "";
  if (result === "oom-kill") return " (killed: out of memory)";
  return result === "watchdog" ? " (killed: its watchdog ran out)" : ` (${result})`;
}

function unitText({ subject, value, detail }: Said): string {
  const result = resultText(detail?.["result"]);
  switch (value) {
    case "active":
      return `${daemon(subject)} runs`;
    case "inactive":
      return result === "" ? `${daemon(subject)} was stopped` : `${daemon(subject)} exited${result}`;
    case "failed":
      return `${daemon(subject)} exited${result === "" ? " (failed)" : result}`;
    case "starting":
      return result === ""
        ? `${daemon(subject)} starts`
        : `${daemon(subject)} exited${result}; it is started again`;
    case "stopping":
      // With a result: its process has ended by itself.
      return result === "" ? `${daemon(subject)} was told to stop` : `${daemon(subject)} exited${result}`;
    default:
      return `${daemon(subject)} is ${value}`;
  }
}

const watchedNames: ReadonlyMap<string, readonly [raised: string, cleared: string]> = new Map([
  ["process", ["HAProxy's unit let the VIP go (process", "HAProxy's unit may have the VIP again (process"]],
  ["traffic", ["the agent let the VIP go (traffic", "the agent may have the VIP again (traffic"]],
  ["hold", ["the node was held (hold", "the hold was lifted (hold"]],
]);

function watchedText({ subject, value }: Said): string {
  const router = /^hold-(.+)$/.exec(subject)?.[1];
  if (router !== undefined && value !== "missing")
    return `${value === "0" ? "the hold was lifted" : "the node was held"} for ${router} (${subject} is ${value})`;
  const [raised, cleared] = watchedNames.get(subject) ?? [
    `${subject} was set (it`,
    `${subject} was cleared (it`,
  ];
  if (value === "missing") return `the watched file ${subject} is missing`;
  return `${value === "0" ? cleared : raised} is ${value})`;
}

/** What the rule found, where its source said so. */
export function foundText(detail: Said["detail"]): string {
  return inBrackets(detail?.["found"] ?? detail?.["text"]);
}

/** Who holds the node and why, `anna@ops1: kernel upgrade`; empty where nobody said. */
export function heldByText(detail: Said["detail"]): string {
  return [detail?.["by"], detail?.["reason"]].filter(Boolean).join(": ");
}

function maintenanceText({ value, detail, previous }: Said): string {
  if (value !== "on") return "maintenance ended";
  const until = detail?.["until"];
  if (previous !== "on") return `maintenance began${inBrackets(heldByText(detail))}`;
  return `maintenance was changed${inBrackets([heldByText(detail), until === undefined ? "" : `until ${until}`].filter(Boolean).join(", "))}`;
}

const phrases: Readonly<Record<FactKind, (event: Said) => string>> = {
  instance: ({ subject, value }) => `keepalived: ${subject} is ${value}`,
  vip: ({ subject, value }) =>
    value === "-" ? `${subject} is on no interface` : `${subject} is on ${value}`,
  link: ({ subject, value }) =>
    value === "down" ? `${subject} lost its carrier` : `${subject} has its carrier`,
  unit: unitText,
  reload: ({ subject, value, detail }) =>
    value === "ok"
      ? `${daemon(subject)} was reloaded`
      : `${daemon(subject)}'s reload failed${inBrackets(detail?.["reason"])}`,
  answering: ({ value }) =>
    value === "no" ? "HAProxy does not answer on its runtime socket" : "HAProxy answers",
  health: ({ value }) =>
    value === "ok"
      ? "the health address answers"
      : value === "slow"
        ? "the health address answers slowly"
        : "the health address does not answer",
  worker: ({ value }) => `HAProxy's worker is process ${value}`,
  server: ({ subject, value }) => `server ${subject} is ${value}`,
  rule: ({ subject, value, detail }) => `rule ${subject} is ${value}${foundText(detail)}`,
  watched: watchedText,
  check: ({ subject, value }) =>
    value === "timed-out"
      ? `keepalived's check ${subject} timed out`
      : `keepalived's check ${subject}: ${value}`,
  adverts: ({ subject, value }) =>
    `keepalived ${value === "refused" ? "refuses" : "takes"} the adverts of ${subject}'s peers`,
  opinion: ({ value, detail }) =>
    value === "kept"
      ? "the agent takes its give-up back"
      : `the agent gives the VIP up${detail?.["to"] === undefined ? "" : ` to ${detail["to"]}`}${detail?.["rule"] === undefined ? "" : `, rule ${detail["rule"]}`}`,
  agent: ({ value, detail }) =>
    value === "stopping" ? "the agent stops" : `the agent runs${inBrackets(beforeText(detail))}`,
  log: ({ value, detail }) =>
    value === "failing"
      ? `the agent's log cannot be written${inBrackets(detail?.["reason"])}`
      : "the agent's log is written",
  peer: ({ subject, value }) =>
    value === "silent" ? `${subject} is no longer heard` : `${subject} is heard`,
  certificate: ({ subject, value }) => `certificate ${subject} ends ${value}`,
  configuration: ({ subject, value }) =>
    value === "deployed"
      ? `${daemon(subject)} runs what was deployed`
      : value === "unread"
        ? `${daemon(subject)} has not read what was deployed`
        : `${daemon(subject)}'s configuration was changed by hand`,
  maintenance: maintenanceText,
  "last-resort": ({ value }) =>
    value === "on"
      ? "under maintenance, the node may take the VIP as a last resort: no peer's adverts are heard"
      : "the node no longer takes the VIP as a last resort",
  drain: ({ subject, value }) => {
    const side =
      subject === "give" ? "the node's connections end here" : "connections end on the node before";
    return value === "open" ? `a switchover drains: ${side}` : `the drain (${subject}) is closed`;
  },
  incident: ({ value, detail }) => `incident ${value}: ${detail?.["title"] ?? ""}`,
  notice: ({ subject, value }) => `notice ${subject} ${value}`,
};

function beforeText(detail: Said["detail"]): string | undefined {
  const before = detail?.["before"];
  return before === undefined ? undefined : `before: ${before}`;
}

/** `HAProxy exited (signal 9)`. */
export function eventText(event: Said & Pick<AgentEvent, "kind">): string {
  return phrases[event.kind](event);
}
