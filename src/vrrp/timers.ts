// keepalived's two lengths of time, in its own integer arithmetic (keepalived-behaviour section 1.1). Rule: integer microseconds in, integer microseconds out.

/** keepalived keeps its timers in 32 bits without a sign. */
const TIMER_RANGE_US = 2 ** 32;

/** The priority of an instance that owns its addresses (RFC 5798 section 5.2.4). */
export const OWNER_PRIORITY = 255;

/** The priority that says goodbye (RFC 5798 section 5.2.4). */
export const GOODBYE_PRIORITY = 0;

/**
 * Skew: how much later a node of lower priority takes over, microseconds. In version 2 it does not depend on the interval; in version 3 it is a
 * share of `masterIntervalUs`, the interval of the MASTER as last heard.
 */
export function skewUs(version: 2 | 3, priority: number, masterIntervalUs: number): number {
  return version === 2
    ? Math.trunc(((256 - priority) * 1_000_000) / 256)
    : Math.trunc(((256 - priority) * Math.trunc(masterIntervalUs / 10_000) * 625) / 16);
}

/** How long a BACKUP waits for the next advertisement before it takes over, microseconds. */
export function masterDownUs(
  version: 2 | 3,
  priority: number,
  masterIntervalUs: number,
  downTimerAdverts: number,
): number {
  return (downTimerAdverts * masterIntervalUs + skewUs(version, priority, masterIntervalUs)) % TIMER_RANGE_US;
}
