// Every fault and its undo as shell text that a person can review. Pure: nothing here runs anything.
// Power and cable are not here: they need a hand on the machine, which only the lab has. Nor is planned work, which is more than one command.

import { nodePaths } from "../render/index.ts";
import type { Action, Service } from "../scenario/index.ts";
import { maintenanceOffScript } from "../switchover/index.ts";

/** What the commands need to know of a node. */
export interface FaultSubject {
  readonly interface: string;
  /** Address/prefix of the drilled router's VIPs. */
  readonly vips: readonly string[];
  /** Where the back ends' servers listen. */
  readonly servers: readonly { readonly address: string; readonly port: number }[];
}

/** The nftables table that blocks protocol 112 during a drill; deleted by the undo. */
const DRILL_TABLE = "hapair_drill";

/** A table of its own, so that lifting one block leaves the other. */
const BACKENDS_TABLE = "hapair_drill_backends";

const units = {
  haproxy: "haproxy.service",
  keepalived: "keepalived.service",
  "hapair-agent": "hapair-agent.service",
} as const satisfies Record<Service, string>;

/** The script that performs an action as root; undefined for those that need the lab's hand, and for planned work. */
export function faultScript(action: Action, subject: FaultSubject): string | undefined {
  switch (action.kind) {
    case "stop-service":
      return `systemctl stop ${units[action.service]}`;
    case "start-service":
      return `${forgetCrashes(action.service)}systemctl reset-failed ${units[action.service]} 2>/dev/null; systemctl start ${units[action.service]}`;
    case "restart-service":
      return `systemctl restart ${units[action.service]}`;
    case "kill-service":
      return `systemctl kill --signal=SIGKILL ${units[action.service]}`;
    case "freeze-service":
      return `systemctl kill --signal=SIGSTOP ${units[action.service]}`;
    case "thaw-service":
      return `systemctl kill --signal=SIGCONT ${units[action.service]}`;
    case "delete-vip":
      return subject.vips.map((vip) => `ip address delete ${vip} dev ${subject.interface}`).join("\n");
    case "block-vrrp":
      return blockScript(action.direction);
    case "unblock-vrrp":
      return `nft delete table inet ${DRILL_TABLE} 2>/dev/null || true`;
    case "block-backends":
      return blockServersScript(subject.servers);
    case "unblock-backends":
      return `nft delete table inet ${BACKENDS_TABLE} 2>/dev/null || true`;
    case "maintenance-off":
      return maintenanceOffScript();
    case "mend-switch":
      return `${nodePaths.switchoverScript} mend`;
    case "switch":
    case "maintenance-on":
    case "roll":
    case "power-off":
    case "power-on":
    case "cut-cable":
    case "restore-cable":
      return undefined;
  }
}

// Crashes that a drill made are no sign of a crash loop; left in the count, the third drill within a minute would look like one.
function forgetCrashes(service: Service): string {
  const { runtimeDirectory } = nodePaths;
  return service === "haproxy"
    ? `rm -f ${runtimeDirectory}/haproxy-crashes ${runtimeDirectory}/haproxy-crash-loop; `
    : "";
}

const HOOKS = { in: ["input"], out: ["output"], both: ["input", "output"] } as const;

function blockScript(direction: keyof typeof HOOKS): string {
  // Priority -300 is before any other table's chains, so that no accept elsewhere decides first.
  const chains = HOOKS[direction].map(
    (hook) => `  chain ${hook} { type filter hook ${hook} priority -300; meta l4proto 112 drop; }`,
  );
  return [`nft -f - <<'EOF'`, `table inet ${DRILL_TABLE} {`, ...chains, "}", "EOF"].join("\n");
}

/** Refused, not dropped: a dead server's machine says so at once, and HAProxy's checks notice within their interval. */
function blockServersScript(servers: FaultSubject["servers"]): string {
  const rules = servers.map(
    ({ address, port }) =>
      `    ${address.includes(":") ? "ip6" : "ip"} daddr ${address} tcp dport ${port} reject with tcp reset`,
  );
  return [
    `nft -f - <<'EOF'`,
    `table inet ${BACKENDS_TABLE} {`,
    "  chain output {",
    "    type filter hook output priority -300;",
    ...rules,
    "  }",
    "}",
    "EOF",
  ].join("\n");
}

/** The unit that undoes a fault by itself when nobody else does. */
export function undoUnit(drillId: string): string {
  return `hapair-drill-undo-${drillId}`;
}

/**
 * Arms the undo on the node before the fault is made: a transient timer of systemd runs it after `afterS` seconds,
 * whether or not the operator's connection still exists.
 */
export function armUndoScript(drillId: string, undo: string, afterS: number): string {
  const quoted = `'${undo.replaceAll("'", String.raw`'\''`)}'`;
  // systemd's own accuracy for timers is a minute, which would double the time.
  return `systemd-run --quiet --collect --unit=${undoUnit(drillId)} --on-active=${afterS} --timer-property=AccuracySec=100ms /bin/sh -c ${quoted}`;
}

/** Disarms the undo once the drill has undone its fault itself. */
export function disarmUndoScript(drillId: string): string {
  return `systemctl stop ${undoUnit(drillId)}.timer 2>/dev/null || true`;
}
