// Every key of a scenario file: what it is for, what it wants, an example, and its bounds. Reader, JSON Schema and reference page read it.
// Rule: what the reader refuses for its form, the schema refuses too, because both take it from here.

import { namePattern } from "../model/index.ts";

/** The form of a key's value. */
export type Form =
  | {
      readonly kind: "text";
      readonly pattern: RegExp;
      readonly lengthMax: number;
      /** The pattern in words. */
      readonly allowed: string;
    }
  | { readonly kind: "time"; readonly maxUs: number }
  | { readonly kind: "whole number"; readonly minimum: number; readonly maximum: number }
  | { readonly kind: "fault" }
  | { readonly kind: "node" }
  | { readonly kind: "events" };

export interface Key {
  readonly description: string;
  /** What is wanted, to end the sentence "... is wanted here". */
  readonly wanted: string;
  /** What to write. */
  readonly example: string;
  readonly form: Form;
}

/** A scenario longer than a day says nothing that a shorter one does not. */
export const LENGTH_MAX_US = 86_400_000_000;
/** Without a length the story goes on for this long after its last event. */
export const REST_AFTER_LAST_US = 20_000_000;
export const EVENTS_MAX = 1_000;
/** Beyond a minute a link that delays is one that is cut. */
export const DELAY_MAX_US = 60_000_000;
const TITLE_LENGTH_MAX = 200;
const NAME_LENGTH_MAX = 63;
const WORD_LENGTH_MAX = 255;
// keepalived passes over a number in a watched file that is beyond 32 bits (keepalived-behaviour section 3.3).
const FILE_VALUE_MAX = 2_147_483_647;

/** One line without control characters, so that it can be shown on a terminal. */
// oxlint-disable-next-line no-control-regex -- Control characters are what is refused.
const linePattern = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/;
const ONE_LINE = "on one line";
const word = { kind: "text", pattern: linePattern, lengthMax: WORD_LENGTH_MAX, allowed: ONE_LINE } as const;

/** A node's name; the reader does not ask more of it than of a check's name, because other people's files have names of their own. */
export const nodeNameForm = word;

/** The nodes that can be told by what they are. */
export const nodeRoles = ["holder", "standby", "victim", "all"] as const;

export type NodeRole = (typeof nodeRoles)[number];

export function isNodeRole(text: string): text is NodeRole {
  return (nodeRoles as readonly string[]).includes(text);
}

/** The keys at the top of the file. */
export const scenarioKeys = {
  scenario: {
    description: "The scenario's name.",
    wanted: "a name",
    example: "scenario: haproxy-stop-twice",
    form: {
      kind: "text",
      pattern: namePattern,
      lengthMax: NAME_LENGTH_MAX,
      allowed: "of letters, digits, dots, underscores and hyphens, not digits alone",
    },
  },
  title: {
    description: "One line for those who read the result; without it, the name.",
    wanted: "a text",
    example: "title: HAProxy stops on the holder, then on the other one",
    form: { kind: "text", pattern: linePattern, lengthMax: TITLE_LENGTH_MAX, allowed: ONE_LINE },
  },
  length: {
    description: "How long it goes on from its beginning; without it, until 20 s after the last event.",
    wanted: "a time of at most 24h",
    example: "length: 30s",
    form: { kind: "time", maxUs: LENGTH_MAX_US },
  },
  events: {
    description: `What happens, in the order of time; at most ${EVENTS_MAX} events.`,
    wanted: "a list of events",
    example: "events: [{ at: 3s, fault: stop-haproxy, node: holder }]",
    form: { kind: "events" },
  },
} as const satisfies Record<string, Key>;

/** The keys of one event. Every event has the first three; the others belong to the faults that name them (see faults.ts). */
export const eventKeys = {
  at: {
    description: "When, from the beginning; the pair has been at rest for long before it.",
    wanted: "a time of at most 24h, such as 3s, 14.5s or 250ms",
    example: "at: 3s",
    form: { kind: "time", maxUs: LENGTH_MAX_US },
  },
  fault: {
    description: "What happens.",
    wanted: "the name of a fault",
    example: "fault: stop-haproxy",
    form: { kind: "fault" },
  },
  node: {
    description:
      "The node it happens to: its name, or holder, standby or all, as they are at that moment, or victim, the node that the first event was done to. { name: standby } is a node that is called so.",
    wanted: "a node's name, holder, standby, victim or all",
    example: "node: holder",
    form: { kind: "node" },
  },
  check: {
    description: "The name of a vrrp_script of the node.",
    wanted: "the name of a vrrp_script",
    example: "check: chk_haproxy",
    form: word,
  },
  file: {
    description: "The name of a track_file block of the node.",
    wanted: "the name of a track_file block",
    example: "file: boost",
    form: word,
  },
  value: {
    description: "The number that stands in the watched file from then on.",
    wanted: `a whole number from -${FILE_VALUE_MAX} to ${FILE_VALUE_MAX}`,
    example: "value: 154",
    form: { kind: "whole number", minimum: -FILE_VALUE_MAX, maximum: FILE_VALUE_MAX },
  },
  config: {
    description: "The configuration that keepalived finds; without it, the one it has.",
    wanted: "the name of a configuration",
    example: "config: lb1-new.conf",
    form: word,
  },
  delay: {
    description: "How long every packet from and to the node takes.",
    wanted: "a time of at most 60s",
    example: "delay: 50ms",
    form: { kind: "time", maxUs: DELAY_MAX_US },
  },
} as const satisfies Record<string, Key>;

export type EventKey = keyof typeof eventKeys;
