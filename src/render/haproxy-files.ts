// What hapair adds to HAProxy: a second configuration file, the drop-in that loads it, the hook that writes `process`, the check script.

import type { Pair } from "../model/index.ts";
import { nodePaths } from "./paths.ts";
import { type Platform, type UnitCommands, withSecondFile } from "./platform.ts";

/** A crash loop: this many crashes within the window keep `process` at 1 until HAProxy has been up for the steady time. */
export const crashLoop = { crashesMax: 3, windowS: 60, steadyS: 30 } as const;

/**
 * The second file: runtime socket, health and statistics on loopback, in a `defaults` of its own so that the user's do not reach it
 * and it does not reach the user's (named defaults: HAProxy >= 2.4).
 */
export function renderSecondHaproxyConf(pair: Pair, platform: Platform): string {
  const { healthAddress, healthPort } = pair.haproxy;
  const address = healthAddress.includes(":") ? `[${healthAddress}]` : healthAddress;
  return `global
    stats socket ${platform.runtimeSocket} mode 660 level admin
${agentSocket(pair, platform)}
defaults hapair
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s

frontend hapair from hapair
    bind ${address}:${healthPort}
    monitor-uri /healthz
    stats enable
    stats uri /stats
`;
}

/** A socket of the agent's own: what it is asked for there cannot change a setting, and no other program waits behind it. */
function agentSocket(pair: Pair, platform: Platform): string {
  if (pair.agent === undefined) return "";
  return `    stats socket ${platform.agentSocket} mode 660 group haproxy level operator\n`;
}

/**
 * Health as keepalived asks for it: the unit is active and the local health address answers within the time limit. keepalived counts whole
 * seconds, so the script looks twice in an interval: a hang is noticed sooner, and `fall` still counts intervals.
 */
export function renderCheckScript(pair: Pair): string {
  const { intervalS, timeLimitMs } = pair.check;
  const limit = String(timeLimitMs / 1000);
  const looks = [`look || exit 1`];
  const pauseMs = secondLookMs(pair);
  if (pauseMs !== undefined) looks.push(`sleep ${pauseMs / 1000}`, "look || exit 1");
  return `#!/bin/sh
# keepalived's check, every ${intervalS} s: HAProxy's unit is active, and HAProxy itself answers within ${limit} s. Catches a hang, which the unit's state does not show.
# While a second HAProxy bridges a restart, the unit may be between two processes; whether clients are answered is what counts then.
look() {
    [ -e ${nodePaths.bridgeMark} ] || systemctl is-active --quiet haproxy || return 1
    curl --silent --fail --output /dev/null --noproxy '*' --max-time ${limit} ${healthUrl(pair)}
}
# apply asks once, before keepalived gets the check.
[ "\${1:-}" = once ] && { look; exit $?; }
${looks.join("\n")}
exit 0
`;
}

/** When the second look of a run begins, so that it ends before the next run; undefined where the interval is too short for two. */
export function secondLookMs(pair: Pair): number | undefined {
  const { intervalS, timeLimitMs } = pair.check;
  const half = intervalS * 500;
  return half + timeLimitMs + SCRIPT_OVERHEAD_MS <= intervalS * 1000 ? half : undefined;
}

// Two systemctl and curl starts, on a busy machine.
const SCRIPT_OVERHEAD_MS = 60;

/** The address the check script and verify ask on the node itself. */
export function healthUrl(pair: Pair): string {
  const { healthAddress, healthPort } = pair.haproxy;
  const address = healthAddress.includes(":") ? `[${healthAddress}]` : healthAddress;
  return `http://${address}:${healthPort}/healthz`;
}

/**
 * Whether a crash that systemd mends at once should move the VIP: only where taking over is quicker than restarting.
 * A restart takes about 0.2 s (measured); a takeover takes the standby's skew, 0.6 s in version 2 at priority 100.
 */
export function crashMovesVip(pair: Pair): boolean {
  return pair.routers.every((router) => {
    const standbyPriority = [...router.priorities.values()].toSorted((left, right) => right - left)[1] ?? 100;
    const intervalUs = router.version === 3 ? router.advertIntervalUs : 1_000_000;
    return ((256 - standbyPriority) * intervalUs) / 256 < RESTART_US;
  });
}

const RESTART_US = 200_000;

/** The drop-in of haproxy.service. `unit`: the command lines of the node's own unit, read there. */
export function renderHaproxyDropIn(pair: Pair, unit: UnitCommands): string {
  const loadsDirectory = unit.execStart.some((command) => command.includes("$CFGDIR"));
  const start = loadsDirectory
    ? []
    : [
        "ExecStart=",
        ...withSecondFile(unit.execStart, nodePaths.secondHaproxyConf).map((line) => `ExecStart=${line}`),
      ];
  const reload = loadsDirectory
    ? []
    : [
        "ExecReload=",
        ...withSecondFile(unit.execReload, nodePaths.secondHaproxyConf).map((line) => `ExecReload=${line}`),
      ];
  return [
    "[Unit]",
    "# A start limit would leave HAProxy failed after a few quick crashes; the hook keeps a crash loop from flapping the VIP instead.",
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    "Restart=always",
    "RestartSec=100ms",
    `Environment=HAPAIR_ON_CRASH=${crashMovesVip(pair) ? "move" : "stay"}`,
    ...start,
    ...reload,
    "# ExecStop runs only for systemctl stop and restart: the VIP goes first. ExecStopPost runs however HAProxy ended.",
    `ExecStartPre=+${nodePaths.haproxyHook} starting`,
    `ExecStartPost=+${nodePaths.haproxyHook} started`,
    `ExecStop=+${nodePaths.haproxyHook} stopping`,
    `ExecStopPost=+${nodePaths.haproxyHook} stopped`,
    "",
  ].join("\n");
}

/** Where the second file lies: beside haproxy.cfg, or in the directory that the unit loads anyway (last by name). */
export function secondHaproxyConfPath(unit: UnitCommands): string {
  const loadsDirectory = unit.execStart.some((command) => command.includes("$CFGDIR"));
  return loadsDirectory ? "/etc/haproxy/conf.d/zz-hapair.cfg" : nodePaths.secondHaproxyConf;
}

/** The hook that systemd calls around HAProxy's life: the only writer of the watched file \`process\`. */
export function renderHaproxyHook(): string {
  const { crashesMax, windowS, steadyS } = crashLoop;
  return `#!/bin/sh
# systemd calls this around HAProxy's life. It alone writes ${nodePaths.watchDirectory}/process, which keepalived watches:
# 0 lets this node hold the VIP, 1 makes it give the VIP up at once.
set -u
process=${nodePaths.watchDirectory}/process
crashes=${nodePaths.runtimeDirectory}/haproxy-crashes
looping=${nodePaths.runtimeDirectory}/haproxy-crash-loop

write() { echo "$1" > "$process"; }
uptime_seconds() { cut -d. -f1 /proc/uptime; }

# While another HAProxy serves the ports (a restart that hapair bridges), the end of this one may not move the VIP.
bridged() { [ -e ${nodePaths.bridgeMark} ]; }

# Notes a crash and answers whether there were ${crashesMax} or more within ${windowS} s.
crash_loop() {
    now=$(uptime_seconds)
    { [ -r "$crashes" ] && awk -v from="$((now - ${windowS}))" '$1 >= from' "$crashes" | tail -n 20; echo "$now"; } > "$crashes.new"
    mv -f "$crashes.new" "$crashes"
    [ "$(wc -l < "$crashes")" -ge ${crashesMax} ]
}

case "\${1:-}" in
starting)
    # systemd restarts without limit; a loop is slowed so that it does not eat the machine.
    [ -e "$looping" ] && sleep 1
    ;;
started)
    if [ -e "$looping" ]; then
        systemd-run --quiet --collect --on-active=${steadyS} --unit="hapair-haproxy-steady-$MAINPID" "$0" steady "$MAINPID" || write 0
    else
        write 0
    fi
    ;;
steady)
    # Only the process that was started then, and still runs, has been up for ${steadyS} s.
    if [ "$(systemctl show --property MainPID --value haproxy)" = "\${2:-none}" ]; then
        rm -f "$looping" "$crashes"
        write 0
    fi
    ;;
stopping)
    # A deliberate stop: the VIP goes first, then HAProxy stops. Someone is at work here, so old crashes no longer count.
    bridged && exit 0
    rm -f "$looping" "$crashes"
    # Without the VIP's permission there is nothing to wait for.
    [ "$(cat "$process" 2>/dev/null)" = 1 ] && exit 0
    write 1
    sleep 0.2
    ;;
stopped)
    bridged && exit 0
    # Where a crash moves the VIP it moves now; counting crashes takes some milliseconds that clients would notice.
    [ "\${SERVICE_RESULT:-success}" = success ] && { write 1; exit 0; }
    [ "\${HAPAIR_ON_CRASH:-move}" = move ] && write 1
    if crash_loop; then
        : > "$looping"
        write 1
    fi
    ;;
*)
    echo "usage: $0 starting|started|steady|stopping|stopped" >&2
    exit 2
    ;;
esac
exit 0
`;
}
