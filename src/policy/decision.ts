// What agents say to each other about who should have the VIP: how a node stands, a request, a grant. Carried in every beat as JSON.
// Rule: what a peer sent is read strictly and within bounds; anything else is no decision at all.

import type { Fitness } from "./fitness.ts";
import type { Reading } from "./traffic.ts";

/** How a node stands, by its own looks. */
export interface Standing {
  readonly fit: Fitness["fit"];
  /** The moving rules' grades after rise and fall, by the rule's name; a rule that is not there is unknown. */
  readonly grades: Readonly<Record<string, Reading>>;
}

/** How a node stands, for itself alone. */
export interface OwnStanding extends Standing {
  /** Moving rules whose last look is no longer as bad as their grade: nobody is asked for their sake. Absent: none. */
  readonly returning?: readonly string[];
}

/** The decision's part of a message to one peer. */
export interface Decision extends Standing {
  readonly givenUp: boolean;
  /** The sender asks the receiver for leave to give up. The number rises within the sender's session and is never used again. */
  readonly request?: number;
  /** The receiver may give up: answers its request of this session and number. */
  readonly grant?: { readonly session: string; readonly request: number };
}

/** Moving rules of a node; more are not read. */
export const MOVING_RULES_MAX = 64;

/** A rule's grade, and unknown for a rule the node does not know. */
export function gradeIn(standing: Pick<Standing, "grades">, rule: string): Reading {
  return Object.hasOwn(standing.grades, rule) ? (standing.grades[rule] ?? "unknown") : "unknown";
}

const fits: readonly unknown[] = ["yes", "no", "unknown"];
const readings: readonly unknown[] = ["whole", "broken", "dead", "unknown"];

/** A decision from a message's JSON value; undefined for anything that is none. Never throws. */
export function readDecision(value: unknown): Decision | undefined {
  if (!isRecord(value) || !fits.includes(value.fit) || typeof value.givenUp !== "boolean") return undefined;
  if (!isRecord(value.grades)) return undefined;
  const grades = Object.entries(value.grades);
  if (grades.length > MOVING_RULES_MAX || !grades.every(([, grade]) => readings.includes(grade)))
    return undefined;
  const { request, grant } = value;
  if (request !== undefined && !isRequestNumber(request)) return undefined;
  if (grant !== undefined && !isGrant(grant)) return undefined;
  return {
    fit: value.fit as Fitness["fit"],
    givenUp: value.givenUp,
    grades: Object.fromEntries(grades) as Record<string, Reading>,
    ...(request === undefined ? {} : { request }),
    ...(grant === undefined ? {} : { grant: { session: grant.session, request: grant.request } }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isRequestNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isGrant(value: unknown): value is { session: string; request: number } {
  return isRecord(value) && typeof value.session === "string" && isRequestNumber(value.request);
}
