// The grade of a traffic rule: what one look at HAProxy's numbers says, and what many looks come to after rise and fall.
// Rule: a number that is not there, or that says nothing yet, is "unknown", and an unknown reading changes nothing.

import { unreachable } from "../base/index.ts";
import type { TrafficLimit, TrafficRule } from "./traffic-rule.ts";

/** whole: within its limit; broken: beyond it, with some service left; dead: nothing is left. */
export type Grade = "whole" | "broken" | "dead";

/** What one look says; "unknown": the numbers do not say. */
export type Reading = Grade | "unknown";

/** Higher is worse. */
const badness: Readonly<Record<Grade, number>> = { whole: 0, broken: 1, dead: 2 };

/** Whether the left grade is worse than the right one; an unknown one is neither worse nor better than any. */
export function isWorse(left: Reading, right: Reading): boolean {
  return left !== "unknown" && right !== "unknown" && badness[left] > badness[right];
}

/** What one look at HAProxy gives, of the worker that answers. */
export interface ProxyNumbers {
  /** The runtime socket answered within its time limit. When it did not, the other numbers mean nothing. */
  readonly answering: boolean;
  /** There is no process that could answer: it is being stopped, or started again. systemd and keepalived's check see to that, and sooner. */
  readonly absent?: true;
  readonly frontends: ReadonlyMap<string, FrontendNumbers>;
  readonly backends: ReadonlyMap<string, BackendNumbers>;
}

export interface FrontendNumbers {
  /** It accepts connections. */
  readonly open: boolean;
  readonly sessions: number;
  /** 0: none. */
  readonly sessionLimit: number;
}

export interface BackendNumbers {
  /** Servers that are up and have been checked by this worker, or that nobody checks. */
  readonly serversUp: number;
  /** Servers that may be up or down: this worker has not checked them yet (after a reload), or their last check spoke against what they are called. */
  readonly serversUnverified: number;
  readonly serversTotal: number;
  /** Requests that wait for a server. */
  readonly queue: number;
  /** Since the last look but one, of the same worker; absent while there is none. */
  readonly recent?: { readonly requests: number; readonly errors: number };
}

/** What one look says of a limit. */
export function gradeOf(limit: TrafficLimit, numbers: ProxyNumbers): Reading {
  if (numbers.absent === true) return "unknown";
  if (limit.kind === "answering") return numbers.answering ? "whole" : "dead";
  if (!numbers.answering) return "unknown";
  switch (limit.kind) {
    case "frontends-open":
      return frontendsGrade([...numbers.frontends.values()]);
    case "servers-up":
      return serversGrade(numbers.backends.get(limit.backend), limit.atLeast);
    case "queue": {
      const backend = numbers.backends.get(limit.backend);
      return backend === undefined ? "unknown" : within(backend.queue, limit.atMost);
    }
    case "error-share": {
      const recent = numbers.backends.get(limit.backend)?.recent;
      // No requests have no share of errors, whatever the limit's least number is.
      if (recent === undefined || recent.requests < Math.max(limit.leastRequests, 1)) return "unknown";
      return within(recent.errors / recent.requests, limit.atMost);
    }
    case "session-share": {
      const frontend = numbers.frontends.get(limit.frontend);
      if (frontend === undefined || frontend.sessionLimit === 0) return "unknown";
      return within(frontend.sessions / frontend.sessionLimit, limit.atMost);
    }
    default:
      return unreachable(limit);
  }
}

function within(value: number, atMost: number): Reading {
  return value <= atMost ? "whole" : "broken";
}

function frontendsGrade(frontends: readonly FrontendNumbers[]): Reading {
  if (frontends.length === 0) return "unknown";
  const open = frontends.filter((frontend) => frontend.open).length;
  if (open === 0) return "dead";
  return open < frontends.length ? "broken" : "whole";
}

/** Unverified servers may turn out either way: only what holds both ways is said. */
function serversGrade(backend: BackendNumbers | undefined, atLeast: number): Reading {
  if (backend === undefined) return "unknown";
  if (backend.serversUp >= atLeast) return "whole";
  const atBest = backend.serversUp + backend.serversUnverified;
  if (atBest >= atLeast) return "unknown";
  return atBest === 0 && backend.serversTotal > 0 ? "dead" : "broken";
}

/** A rule's grade and how far the looks have come towards another one. JSON-able. */
export interface RuleState {
  readonly grade: Reading;
  /** Looks in a row that were all worse, or all better, than `grade`; 0 when the last one agreed with it. */
  readonly looks: number;
  /** Of those looks the reading nearest to `grade`: as much as all of them say. */
  readonly toward?: Grade;
}

/** Before the first look. */
export const unseenRule: RuleState = { grade: "unknown", looks: 0 };

/** An agent that has just started says nothing worse than whole after a single look, also where `fall` is 1. */
const FIRST_FALL_LEAST = 2;

/**
 * The state after one more look.
 *
 * `fall` looks in a row that are worse worsen the grade, `rise` in a row that are better improve it, each to the reading nearest
 * to the old grade among them: broken, dead, dead come to broken. An unknown reading is as no look at all: it neither counts nor
 * breaks a row, so a reload in the middle of a fall delays it, and a reload of something whole flaps nothing. At the start the
 * grade is unknown, which neither gives the VIP up nor takes it: one whole look makes it whole, and to be broken or dead takes
 * the row of looks that it always takes, so an agent's restart never gives up early.
 */
export function stepRule(
  rule: Pick<TrafficRule, "fall" | "rise">,
  state: RuleState,
  reading: Reading,
): RuleState {
  if (reading === "unknown") return state;
  const from: Grade = state.grade === "unknown" ? "whole" : state.grade;
  if (reading === from) return { grade: reading, looks: 0 };
  const worsens = isWorse(reading, from);
  const fall = state.grade === "unknown" ? Math.max(rule.fall, FIRST_FALL_LEAST) : rule.fall;
  const row = state.toward !== undefined && isWorse(state.toward, from) === worsens ? state : undefined;
  const looks = (row?.looks ?? 0) + 1;
  const toward = nearer(row?.toward, reading, worsens);
  return looks < (worsens ? fall : rule.rise)
    ? { grade: state.grade, looks, toward }
    : { grade: toward, looks: 0 };
}

/**
 * What a node says of a rule. It calls itself whole only while its last look says so too: what is dead for both is seen by one of them first, and
 * the other must not be taken for the better one in the moment before it knows.
 */
export function toldGrade(state: RuleState, reading: Reading): Reading {
  return state.grade === "whole" && reading !== "whole" ? "unknown" : state.grade;
}

/** Whether the last look does not bear a bad grade out: it says something better, or nothing. */
export function isReturning(state: RuleState, reading: Reading): boolean {
  if (state.grade === "unknown" || state.grade === "whole" || reading === state.grade) return false;
  return !isWorse(reading, state.grade);
}

/** Of two grades beyond the old one, the one that is nearer to it; `worsens`: both are worse than the old one, else better. */
function nearer(left: Grade | undefined, right: Grade, worsens: boolean): Grade {
  if (left === undefined) return right;
  return isWorse(left, right) === worsens ? right : left;
}
