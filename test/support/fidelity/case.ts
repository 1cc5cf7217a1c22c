// What the fidelity harness hands about: a case (nodes with their files, and what happens to them), and what was seen of it, on real daemons or by the
// simulator.
// Rule: a case is data that one seed makes again; times are integer microseconds from the case's beginning.

import type { TimedEvent } from "../../../src/scenario/index.ts";

export type KeepalivedVersion = "2.2.7" | "2.3.3";

/** Where a node's daemon finds what the harness puts there; the configurations name these paths. */
export const nodeFiles = {
  /** keepalived's vrrp_notify_fifo; the check program notes its runs there as well. */
  notices: "/run/fidelity/notices",
  /** The one program behind every vrrp_script: its argument is the script's name. */
  checkProgram: "/run/fidelity/check",
  /** Holds one file for each track_file block, by the block's name. */
  watchedDirectory: "/run/fidelity/watched",
} as const;

/** Every node's interface, the same name on all. */
export const NODE_INTERFACE = "eth0";

/** All nodes' addresses and VIPs are of one network of this length. */
export const NETWORK_PREFIX_LENGTH = 24;

export interface FidelityNode {
  readonly name: string;
  /** IPv4, on {@link NODE_INTERFACE}. */
  readonly address: string;
  /** keepalived.conf by name: `start` is there at the beginning, a reload may bring another, and what was brought last is what a later start reads. */
  readonly configurations: Readonly<Record<string, string>>;
  /** What each watched file holds at the beginning, by the name of its track_file block. */
  readonly watchedFiles: Readonly<Record<string, number>>;
}

/** A virtual router of the case, the same name on every node. Its first VIP stands for all: who has it holds the router. */
export interface FidelityInstance {
  readonly name: string;
  /** Address/prefix as `ip address` has it. */
  readonly vip: string;
}

export interface FidelityCase {
  readonly seed: number;
  /** Which of the seed's cases. */
  readonly index: number;
  readonly nodes: readonly FidelityNode[];
  readonly instances: readonly FidelityInstance[];
  /** In the order of their times; every keepalived is started by one of them, and nothing runs before. */
  readonly events: readonly TimedEvent[];
  readonly lengthUs: number;
  /** What the case has in it, for the table of results: `v3`, `nopreempt`, `kill-child`. */
  readonly features: readonly string[];
}

export type RouterState = "MASTER" | "BACKUP" | "FAULT" | "STOP";

/** keepalived said that an instance is in a state now; once for each notice, also where it was in that state before. */
export interface Transition {
  readonly node: string;
  readonly instance: string;
  readonly state: RouterState;
  readonly atUs: number;
}

/** A node got or lost an instance's first VIP. Nobody holds one at the beginning. */
export interface Holding {
  readonly node: string;
  readonly instance: string;
  readonly holds: boolean;
  readonly atUs: number;
}

/** When an event of the case really happened. */
export interface Performed {
  /** In the case's `events`. */
  readonly index: number;
  /** The signal was sent, the file written, the link or the filter changed. */
  readonly atUs: number;
  /** From when it was called for until `atUs`: it happened somewhere in between. Absent: not measured. */
  readonly tookUs?: number;
  /**
   * When keepalived had done what the event made it do on the processor rather than by the protocol: after a start, or the killing of its child alone, its
   * first notice or first run of a check; after a reload, the end of its reading. Absent where there is no such thing, or it was not seen.
   */
  readonly readyUs?: number;
}

/** One run of a vrrp_script began. Not compared; a person reads it beside a difference. */
export interface CheckRun {
  readonly node: string;
  readonly check: string;
  readonly atUs: number;
  /** From its first line to its last; absent for one that hung or was ended. */
  readonly tookUs?: number;
}

export interface Observation {
  readonly transitions: readonly Transition[];
  readonly holding: readonly Holding[];
  readonly performed: readonly Performed[];
  readonly checkRuns: readonly CheckRun[];
  /** keepalived's own log with times, all nodes; not compared. */
  readonly log: readonly { readonly node: string; readonly text: string; readonly atUs: number }[];
  /**
   * How long anything here may have waited for a processor while the case ran: the largest lateness of a 5 ms timer of this process, or the longest run of
   * a check that has next to nothing to do.
   */
  readonly noiseUs: number;
}

export interface Prediction {
  readonly transitions: readonly Transition[];
  readonly holding: readonly Holding[];
  /** The smallest time by which one node forestalled another, or might have been forestalled; Infinity where none did. */
  readonly closestUs: number;
}

/** What checks may take otherwise than they do as a rule; what is absent is as usual. */
export interface CheckTimes {
  /** Until a run that passes or fails ends. */
  readonly lookUs?: number;
  /** After its timeout until keepalived ends a run: its time counts from when its process was made. */
  readonly endedLateUs?: number;
  /** From then until its process is gone. */
  readonly endsAfterUs?: number;
}
