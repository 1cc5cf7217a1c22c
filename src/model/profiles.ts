// The two profiles: every value the file need not say. `classic` is the page's, `fast` is VRRP version 3 with short timers.
// Rule: a default stands here and nowhere else.

import type { MaintenanceSettings, ProfileName, Promises, ServiceCheck } from "./pair.ts";

export interface Profile {
  /** The version of a router that advertises in IPv4; IPv6 is always version 3. */
  readonly version: 2 | 3;
  /** By VRRP version, because version 2 cannot go below a second. */
  readonly advertIntervalUs: Readonly<Record<2 | 3, number>>;
  /** The most preferred node's; each further node has one less. */
  readonly highestPriority: number;
  readonly check: ServiceCheck;
  readonly promises: Promises;
}

export const profileTable: Readonly<Record<ProfileName, Profile>> = {
  classic: {
    version: 2,
    advertIntervalUs: { 2: 1_000_000, 3: 1_000_000 },
    highestPriority: 101,
    check: { intervalS: 2, fall: 2, rise: 1, timeLimitMs: 500 },
    promises: {
      serviceStopMs: 650,
      serviceCrashMs: 400,
      serviceHangMs: 5000,
      // Three intervals and the skew are 3,609 ms at most; the rest is the move itself.
      nodeLossMs: 3650,
      keepalivedStopMs: 650,
      failback: "never",
    },
  },
  fast: {
    version: 3,
    advertIntervalUs: { 2: 1_000_000, 3: 100_000 },
    highestPriority: 254,
    // Two looks of 0.4 s fit into one interval, so that two failures are known within 2 s.
    check: { intervalS: 1, fall: 2, rise: 1, timeLimitMs: 400 },
    promises: {
      serviceStopMs: 10,
      serviceCrashMs: 25,
      serviceHangMs: 2000,
      // Three intervals and the skew are 301 ms at most; the rest is the move itself.
      nodeLossMs: 340,
      keepalivedStopMs: 10,
      failback: "never",
    },
  },
};

/** Where hapair's own file for HAProxy answers health and statistics, unless the pair says otherwise. */
export const defaultHealth = { address: "127.0.0.1", port: 8405 } as const;

/** In both profiles. With long advertisements a restart takes longer than this silence, which then is as long as the restart. */
export const defaultMaintenance: MaintenanceSettings = {
  lastResort: "take",
  silenceS: 10,
  limitS: 7200,
  drainS: 60,
};

// Priorities are 1 to 254 (255 is the owner's, 0 means goodbye), and each node has its own.
export const NODES_MAX = 254;
// One advertisement has room for 255 addresses (its count is one byte).
export const VIPS_PER_ROUTER_MAX = 255;
// VRIDs are 1 to 255, once for each family.
export const ROUTERS_MAX = 510;

/** Priorities along `prefer`, strictly falling; with more nodes than the profile's first priority, counted up from 1. */
export function prioritiesAlong(
  prefer: readonly string[],
  profile: ProfileName,
): ReadonlyMap<string, number> {
  const first = Math.max(profileTable[profile].highestPriority, prefer.length);
  return new Map(prefer.map((node, index) => [node, first - index]));
}
