// What planned work has under way: on the nodes themselves, and in the hands of whoever does it. Rule: these values are replaced and never changed, so
// that worlds share them; every time in them is the world's.

import type { MoveStepKind } from "../policy/index.ts";

/** Something a move has begun on a node, which ends by itself. */
export interface Errand {
  /** pulse: held until the VIPs have left. aside: held for a moment. boost: the priority is lifted. give, take: the halves of the drain path. */
  readonly kind: "pulse" | "aside" | "boost" | "give" | "take";
  /** The job's number: a close by another one is none. */
  readonly owner: number;
  readonly routers: readonly number[];
  readonly sinceUs: number;
  /** When it is looked at next, or ends. */
  readonly dueUs: number;
  readonly untilUs: number;
}

/** What the node's own watch on its maintenance knows; there while the node runs and is under maintenance. */
export interface MaintenanceWatch {
  /** It looks every second from here. */
  readonly anchorUs: number;
  /** The look at which an advert of a peer had been heard last. */
  readonly heardUs: number;
  /** The last resort: the node may take the VIP. */
  readonly released: boolean;
  /** The next look that may find something. */
  readonly dueUs: number;
}

/** A move's steps, and those of a roll between its moves. */
export interface WorkStep {
  readonly kind: MoveStepKind | "reboot" | "restart" | "boot" | "release" | "whole" | "turn";
  readonly node: number;
  readonly routers: readonly number[];
}

/** Work that somebody does from elsewhere, one step after the other. */
export interface Job {
  /** Not another job's as long as anything of this one is left. */
  readonly number: number;
  readonly work: "switch" | "maintenance" | "roll";
  readonly steps: readonly WorkStep[];
  /** Which step is being done. */
  readonly place: number;
  /** does: the step begins to work at `dueUs`. waits: for what it brings about. lost: the node does not answer. */
  readonly stage: "does" | "waits" | "lost";
  readonly beganUs: number;
  readonly dueUs: number;
  /** While it waits: when it is given up; else NEVER. */
  readonly limitUs: number;
  /** The taker has the VIPs: what fails from now on is told, and undoes nothing. */
  readonly moved: boolean;
  /** Of a roll: the nodes whose turn comes later. */
  readonly turns: readonly number[];
}

/** The clients' open connections of one router. */
export interface Connections {
  /** By node: those whose sockets are there. */
  readonly open: readonly number[];
  /** Those that have been broken since the beginning. */
  readonly broken: number;
}

/** More than this at once nobody does. */
export const JOBS_MAX = 8;

/** The first look at or after `nowUs` of those that began at `sinceUs`. */
export function nextLook(sinceUs: number, nowUs: number, everyUs: number): number {
  return sinceUs + Math.ceil((nowUs - sinceUs) / everyUs) * everyUs;
}

export function shiftedErrand(errand: Errand, at: (timeUs: number) => number): Errand {
  return {
    ...errand,
    sinceUs: at(errand.sinceUs),
    dueUs: at(errand.dueUs),
    untilUs: at(errand.untilUs),
  };
}

export function shiftedWatch(
  watch: MaintenanceWatch | undefined,
  at: (timeUs: number) => number,
): MaintenanceWatch | undefined {
  if (watch === undefined) return undefined;
  return { ...watch, anchorUs: at(watch.anchorUs), heardUs: at(watch.heardUs), dueUs: at(watch.dueUs) };
}

export function shiftedJob(job: Job, at: (timeUs: number) => number): Job {
  return { ...job, beganUs: at(job.beganUs), dueUs: at(job.dueUs), limitUs: at(job.limitUs) };
}
