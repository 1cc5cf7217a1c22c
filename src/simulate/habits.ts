// How services and machines behave around a configuration, and how long that takes. Rule: a time is a measurement (baselines.md and lab-notes.md of the
// reference), said beside it; none decides about the order of two adverts.

import type { Habits } from "./site.ts";

/** From keepalived's start to its instances' first states: 0.02 to 0.05 s on a quiet machine. */
const KEEPALIVED_START_US = 40_000;
/** Its children end a second after the goodbye (keepalived-behaviour 8.3). */
const KEEPALIVED_STOP_US = 1_000_000;
/**
 * HAProxy's own start with systemd's check of its file, without what systemd waits before it. Killed, it answered again after 187 to 309 ms (baselines.md),
 * 360 ms (lab-notes.md) and 246, 291, 394 and 394 ms (four clean runs of haproxy-kill on the page's pair), of which 100 ms are that wait.
 */
const HAPROXY_START_US = 200_000;
/** Debian's haproxy.service: Restart=always with systemd's default of 100 ms. */
const HAPROXY_RESTART_US = 100_000;
/** A small virtual machine until its services start. */
const BOOT_US = 10_000_000;

/** Debian's units as they come: nothing watches HAProxy but what the configuration says, and keepalived stays dead when it is killed. */
export const usualHabits: Habits = {
  haproxy: {
    stopLeadUs: 0,
    startUs: HAPROXY_START_US,
    restartUs: HAPROXY_RESTART_US,
    onCrash: "stay",
    hook: false,
  },
  keepalived: { startUs: KEEPALIVED_START_US, stopUs: KEEPALIVED_STOP_US, cleansUp: false },
  bootUs: BOOT_US,
};

/** How long hapair's hook lets the VIP go before HAProxy stops. */
const STOP_LEAD_US = 200_000;

/** hapair's drop-ins and hook: `crashMovesVip` as render decides it. */
export function managedHabits(crashMovesVip: boolean): Habits {
  return {
    haproxy: {
      ...usualHabits.haproxy,
      stopLeadUs: STOP_LEAD_US,
      onCrash: crashMovesVip ? "move" : "stay",
      hook: true,
    },
    keepalived: { ...usualHabits.keepalived, restartUs: 1_000_000, cleansUp: true },
    bootUs: BOOT_US,
  };
}
