// How a node under maintenance and a drain are told: who, why, since when, until when. Pure. Rule: planned work is no fault, and no word here makes it look like one.

import { sentenceList } from "../base/index.ts";
import { isHold, isRaised } from "./leftovers.ts";
import type { NodeObservation } from "./observation.ts";
import { isRunning, type OperationState } from "./operation.ts";
import { clockText } from "./time-text.ts";

/** A node under maintenance. Moments are milliseconds of the asking machine's wall clock; without `by` the node's record cannot be read. */
export interface MaintenanceStatus {
  readonly by?: string;
  /** Absent or empty: none was given. */
  readonly reason?: string;
  readonly sinceMs?: number;
  /** When it ends by itself. */
  readonly untilMs?: number;
  /** stopped: HAProxy was stopped for it. */
  readonly haproxy?: "runs" | "stopped";
  /** There while the node may hold the VIP, because its peers had not been heard. */
  readonly lastResort?: { readonly sinceMs?: number };
}

/** Connections of clients that end on their old node, which no longer holds the VIP. */
export interface DrainStatus {
  readonly from: string;
  /** Absent: the node that takes them over cannot be told. */
  readonly to?: string;
  /** Absent: they could not be counted. */
  readonly connections?: number;
  /** When it ends at the latest, milliseconds of the asking machine's wall clock. */
  readonly untilMs?: number;
}

/** undefined: the node is not under maintenance. */
export function maintenanceStatus({ operation }: NodeObservation): MaintenanceStatus | undefined {
  const record = operation?.record;
  if (record === undefined) return undefined;
  const lastResort = operation?.lastResort;
  return {
    ...(record === "unreadable" ? {} : record),
    ...(lastResort === undefined ? {} : { lastResort }),
  };
}

/** An operation with its moments told by another clock, which the node's is ahead of. */
export function operationByClock(operation: OperationState, aheadMs: number): OperationState {
  const { record, recordMovedAtMs, lastResort } = operation;
  const ours = <Key extends string>(key: Key, atMs: number | undefined): { readonly [K in Key]?: number } =>
    (atMs === undefined ? {} : { [key]: atMs - aheadMs }) as { readonly [K in Key]?: number };
  return {
    ...operation,
    ...(record === undefined || record === "unreadable"
      ? {}
      : { record: { ...record, sinceMs: record.sinceMs - aheadMs, untilMs: record.untilMs - aheadMs } }),
    ...ours("recordMovedAtMs", recordMovedAtMs),
    ...(lastResort === undefined ? {} : { lastResort: ours("sinceMs", lastResort.sinceMs) }),
    drains: operation.drains.map((drain) => ({
      role: drain.role,
      ...ours("untilMs", drain.untilMs),
      ...ours("changedAtMs", drain.changedAtMs),
    })),
  };
}

/** Why a hold is set, where the node is not under maintenance; undefined: none is set. */
export function holdCause(observation: NodeObservation): string | undefined {
  const { operation, watch } = observation;
  const raised = (watch?.files ?? []).filter(({ name, value }) => isHold(name) && isRaised(value));
  if (raised.length === 0) return undefined;
  const files = raised.map(({ name, value }) => `${name} is ${value.trim()}`);
  const moves =
    operation !== undefined && (isRunning(operation, "hapair-move") || isRunning(operation, "hapair-aside"));
  return moves ? `the VIP is being moved (${sentenceList(files)})` : `it is held (${sentenceList(files)})`;
}

/** `extlb-01 is under maintenance (kernel upgrade, anna@ops1, until 14:05Z)`. */
export function maintenanceText(node: string, maintenance: MaintenanceStatus, nowMs: number): string {
  const { by, reason, untilMs } = maintenance;
  const parts = [
    reason,
    by ?? "its record cannot be read",
    untilMs === undefined ? undefined : `until ${minuteText(untilMs, nowMs)}`,
  ].filter((part) => part !== undefined && part !== "");
  return `${node} is under maintenance (${parts.join(", ")})`;
}

/** `14:05Z`, with its date where that is another day than now. */
export function minuteText(atMs: number, nowMs: number): string {
  const [date, time] = clockText(atMs).split(" ");
  const today = clockText(nowMs).startsWith(`${date ?? ""} `);
  return `${today ? "" : `${date ?? ""} `}${(time ?? "").slice(0, 5)}Z`;
}

/** The drains of the seen nodes; `holders`: the nodes that hold a VIP. */
export function drainsOf(seen: readonly NodeObservation[], holders: readonly string[]): DrainStatus[] {
  return seen.flatMap((observation): DrainStatus[] => {
    const { operation, node } = observation;
    const give = operation?.drains.find((drain) => drain.role === "give");
    if (operation === undefined || give === undefined) return [];
    const takers = seen.filter((other) => other.operation?.drains.some((drain) => drain.role === "take"));
    const others = [...takers.map((taker) => taker.node), ...holders].filter((name) => name !== node);
    const [to] = others;
    const { untilMs } = give;
    const { connections } = operation;
    return [
      {
        from: node,
        ...(to === undefined ? {} : { to }),
        ...(connections === undefined ? {} : { connections }),
        ...(untilMs === undefined ? {} : { untilMs }),
      },
    ];
  });
}

/** `extlb-01 drains 12 connections to extlb-02, at most 43 s more`. */
export function drainText({ from, to, connections, untilMs }: DrainStatus, nowMs: number): string {
  const what =
    connections === undefined
      ? "connections"
      : connections === 1
        ? "1 connection"
        : `${connections} connections`;
  const where = to === undefined ? "" : ` to ${to}`;
  const leftS = untilMs === undefined ? undefined : Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
  return `${from} drains ${what}${where}${leftS === undefined ? "" : `, at most ${leftS} s more`}`;
}
