// The scenarios of a drill, in the order they are run. Adding one is adding a row.

import type { Need, Phase, Scenario } from "./scenario.ts";

const stays = [{ kind: "stays" }] as const;

/** A tenth of a second more than the slowest request of the quiet before: a lost SYN is a whole second late, a busy machine some milliseconds. */
const SLOWER_BY_MS = 100;

function returns(name: string, title: string, action: Phase["action"]): Phase {
  return { name, title, action, target: "victim", watch: "failback", promises: stays };
}

export const scenarios: readonly Scenario[] = [
  {
    name: "haproxy-stop",
    title: "HAProxy is stopped on the holder, then started again",
    phases: [
      {
        name: "haproxy-stop",
        title: "systemctl stop haproxy",
        action: { kind: "stop-service", service: "haproxy" },
        target: "holder",
        watch: "takeover",
        promises: [{ kind: "outage", of: "serviceStopMs" }],
      },
      returns("haproxy-returns", "HAProxy returns", { kind: "start-service", service: "haproxy" }),
    ],
    undo: { kind: "start-service", service: "haproxy" },
    labOnly: false,
  },
  {
    name: "haproxy-kill",
    title: "HAProxy is killed on the holder; systemd restarts it",
    phases: [
      {
        name: "haproxy-kill",
        title: "HAProxy killed (-9)",
        action: { kind: "kill-service", service: "haproxy" },
        target: "holder",
        watch: "failback",
        promises: [{ kind: "outage", of: "serviceCrashMs" }],
      },
    ],
    undo: { kind: "start-service", service: "haproxy" },
    labOnly: false,
  },
  {
    name: "haproxy-hang",
    title: "HAProxy hangs on the holder (SIGSTOP), then goes on",
    phases: [
      {
        name: "haproxy-hang",
        title: "HAProxy hung (SIGSTOP)",
        action: { kind: "freeze-service", service: "haproxy" },
        target: "holder",
        watch: "takeover",
        promises: [{ kind: "outage", of: "serviceHangMs" }],
      },
      returns("haproxy-resumes", "HAProxy resumes", { kind: "thaw-service", service: "haproxy" }),
    ],
    undo: { kind: "thaw-service", service: "haproxy" },
    labOnly: false,
  },
  {
    name: "node-power",
    title: "The holder loses power, then returns",
    phases: [
      {
        name: "node-power-off",
        title: "node powered off",
        action: { kind: "power-off" },
        target: "holder",
        watch: "takeover",
        promises: [{ kind: "outage", of: "nodeLossMs" }],
      },
      returns("node-returns", "node returns", { kind: "power-on" }),
    ],
    undo: { kind: "power-on" },
    labOnly: true,
  },
  {
    name: "cable",
    title: "The holder's cable is cut, then restored",
    phases: [
      {
        name: "cable-cut",
        title: "cable cut",
        action: { kind: "cut-cable" },
        target: "holder",
        watch: "takeover",
        promises: [{ kind: "outage", of: "nodeLossMs" }],
      },
      returns("cable-restored", "cable restored", { kind: "restore-cable" }),
    ],
    undo: { kind: "restore-cable" },
    labOnly: true,
  },
  {
    name: "keepalived-stop",
    title: "keepalived is stopped on the holder, then started again",
    phases: [
      {
        name: "keepalived-stop",
        title: "systemctl stop keepalived",
        action: { kind: "stop-service", service: "keepalived" },
        target: "holder",
        watch: "takeover",
        promises: [{ kind: "outage", of: "keepalivedStopMs" }],
      },
      returns("keepalived-returns", "keepalived returns", { kind: "start-service", service: "keepalived" }),
    ],
    undo: { kind: "start-service", service: "keepalived" },
    labOnly: false,
  },
  {
    name: "keepalived-kill",
    title: "keepalived is killed outright on the holder, all its processes",
    phases: [
      {
        name: "keepalived-kill",
        title: "keepalived killed outright",
        action: { kind: "kill-service", service: "keepalived" },
        target: "holder",
        watch: "failback",
        promises: [{ kind: "one-holder", longestMs: 1000 }],
      },
    ],
    undo: { kind: "start-service", service: "keepalived" },
    labOnly: false,
  },
  {
    name: "vip-deleted",
    title: "The VIP is deleted by hand on the holder",
    phases: [
      {
        name: "vip-deleted",
        title: "VIP deleted by hand",
        action: { kind: "delete-vip" },
        target: "holder",
        watch: "takeover",
        promises: [],
      },
    ],
    undo: { kind: "restart-service", service: "keepalived" },
    labOnly: false,
  },
  {
    name: "vrrp-blocked-one-way",
    title: "VRRP towards the standby is blocked, then restored",
    phases: [
      {
        name: "vrrp-blocked-one-way",
        title: "VRRP blocked one way",
        action: { kind: "block-vrrp", direction: "in" },
        target: "standby",
        watch: "takeover",
        promises: [{ kind: "named", withinMs: 2000 }],
      },
      // After a partition the higher priority wins whatever nopreempt says, so staying is not promised (keepalived-behaviour section 2).
      {
        ...returns("vrrp-one-way-restored", "VRRP restored, one way", { kind: "unblock-vrrp" }),
        promises: [],
      },
    ],
    undo: { kind: "unblock-vrrp" },
    labOnly: false,
  },
  {
    name: "vrrp-blocked",
    title: "VRRP is blocked both ways, then restored",
    phases: [
      {
        name: "vrrp-blocked",
        title: "VRRP blocked both ways",
        action: { kind: "block-vrrp", direction: "both" },
        target: "standby",
        watch: "takeover",
        promises: [{ kind: "named", withinMs: 2000 }],
      },
      { ...returns("vrrp-restored", "VRRP restored, both ways", { kind: "unblock-vrrp" }), promises: [] },
    ],
    undo: { kind: "unblock-vrrp" },
    labOnly: false,
  },
  {
    name: "switch-back",
    title: "The page's manual switch: keepalived is restarted on the holder",
    phases: [
      {
        name: "switch-back",
        title: "systemctl restart keepalived",
        action: { kind: "restart-service", service: "keepalived" },
        target: "holder",
        watch: "failback",
        promises: [{ kind: "moves", of: "keepalivedStopMs" }],
      },
    ],
    undo: { kind: "start-service", service: "keepalived" },
    labOnly: false,
  },
  {
    name: "switch",
    title: "The VIP is switched to the standby; open connections are kept",
    phases: [
      {
        name: "switch",
        title: "hapair switch",
        action: { kind: "switch" },
        target: "holder",
        watch: "failback",
        promises: [{ kind: "unnoticed", holder: "moves", slowerByMs: SLOWER_BY_MS }],
      },
    ],
    undo: { kind: "mend-switch" },
    labOnly: false,
    needs: ["hapair", "no-failback"],
  },
  {
    name: "maintenance",
    title: "The holder is put under maintenance, then may hold the VIP again",
    phases: [
      {
        name: "maintenance-on",
        title: "hapair maintenance",
        action: { kind: "maintenance-on" },
        target: "holder",
        watch: "failback",
        promises: [{ kind: "unnoticed", holder: "moves", slowerByMs: SLOWER_BY_MS }],
      },
      returns("maintenance-off", "maintenance ends", { kind: "maintenance-off" }),
    ],
    undo: { kind: "maintenance-off" },
    labOnly: false,
    needs: ["hapair"],
  },
  {
    name: "roll",
    title: "Every node is rebooted in its turn, the standby first",
    phases: [
      {
        name: "roll",
        title: "hapair roll with reboots",
        action: { kind: "roll" },
        target: "all",
        watch: "failback",
        promises: [{ kind: "unnoticed", holder: "rests", slowerByMs: SLOWER_BY_MS }],
      },
    ],
    undo: { kind: "maintenance-off" },
    labOnly: true,
    needs: ["hapair"],
  },
  {
    name: "backends-dead-here",
    title: "No server answers the holder; the standby reaches them all",
    phases: [
      {
        name: "backends-dead-here",
        title: "servers dead for the holder alone",
        action: { kind: "block-backends" },
        target: "holder",
        watch: "failback",
        promises: [{ kind: "moves-within", limitMs: 2000 }],
      },
      returns("backends-return-here", "servers answer it again", { kind: "unblock-backends" }),
    ],
    undo: { kind: "unblock-backends" },
    labOnly: false,
    needs: ["agent"],
  },
  {
    name: "backends-dead-everywhere",
    title: "No server answers any node",
    phases: [
      {
        name: "backends-dead-everywhere",
        title: "servers dead for every node",
        action: { kind: "block-backends" },
        target: "all",
        watch: "failback",
        promises: [{ kind: "holder-stays" }],
      },
      {
        ...returns("backends-return-everywhere", "servers answer again", { kind: "unblock-backends" }),
        promises: [{ kind: "holder-stays" }],
      },
    ],
    undo: { kind: "unblock-backends" },
    labOnly: false,
    needs: ["agent"],
  },
  {
    name: "agent-stop",
    title: "The agent is stopped on the holder, then started again",
    phases: [
      {
        name: "agent-stop",
        title: "systemctl stop hapair-agent",
        action: { kind: "stop-service", service: "hapair-agent" },
        target: "holder",
        watch: "failback",
        promises: stays,
      },
      returns("agent-returns", "the agent returns", { kind: "start-service", service: "hapair-agent" }),
    ],
    undo: { kind: "start-service", service: "hapair-agent" },
    labOnly: false,
    needs: ["agent"],
  },
  {
    name: "agent-hang",
    title: "The agent hangs on the holder until systemd's watchdog ends it",
    phases: [
      {
        name: "agent-hang",
        title: "agent hung (SIGSTOP)",
        action: { kind: "freeze-service", service: "hapair-agent" },
        target: "holder",
        watch: "failback",
        promises: stays,
      },
    ],
    undo: { kind: "thaw-service", service: "hapair-agent" },
    labOnly: false,
    needs: ["agent"],
  },
];

/** The scenarios that say something about a pair that has these. */
export function scenariosFor(has: ReadonlySet<Need>): readonly Scenario[] {
  return scenarios.filter(({ needs = [] }) => needs.every((need) => has.has(need)));
}
