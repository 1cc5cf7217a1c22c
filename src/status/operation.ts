// What switchover and maintenance have under way on one node, as it was found: their notes, units, tables and watched files. Nothing here is judged.

import type { MaintenanceRecord } from "../agent-api/index.ts";

/** give: the old node, which keeps its connections. take: the new one, which hands them over to it. */
export const drainRoles = ["give", "take"] as const;
export type DrainRole = (typeof drainRoles)[number];

/** The units that are there while something is under way. Of a drain's and a move's, systemd knows nothing otherwise. */
export const operationUnits = [
  "hapair-maintenance",
  "hapair-move",
  "hapair-aside",
  "hapair-boost",
  "hapair-drain-give",
  "hapair-drain-take",
] as const;
export type OperationUnit = (typeof operationUnits)[number];

/** A drain that is open on the node. */
export interface OpenDrain {
  readonly role: DrainRole;
  /** When it ends at the latest, by the node's wall clock; absent: its note cannot be read. */
  readonly untilMs?: number;
  /** When something of it was last written. */
  readonly changedAtMs?: number;
}

/** Moments are of the node's wall clock. */
export interface OperationState {
  /** The notes and watched files were the same before and after all else was looked at: what was seen belongs together. */
  readonly steady: boolean;
  /** Absent: the node is not under maintenance. */
  readonly record?: MaintenanceRecord | "unreadable";
  /** When a record was last put there or taken away. */
  readonly recordMovedAtMs?: number;
  /** The message that is shown at login. */
  readonly hasMotd: boolean;
  /** There while a node under maintenance may hold the VIP; its moment is absent where the note cannot be read. */
  readonly lastResort?: { readonly sinceMs?: number };
  readonly drains: readonly OpenDrain[];
  /** Connections of clients to the VIPs, counted while the node drains as the old one. */
  readonly connections?: number;
  /** Families of nftables that have a table `hapair_drain`. Absent: nft did not say. */
  readonly drainTables?: readonly string[];
  /** What systemd says; absent: nothing. */
  readonly units: Readonly<Partial<Record<OperationUnit, "runs" | "stopped">>>;
}

/** Whether a unit of an operation runs. false also where that is not known. */
export function isRunning(state: OperationState, unit: OperationUnit): boolean {
  return state.units[unit] === "runs";
}
