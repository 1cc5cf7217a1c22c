// What keeps a node from the VIP while someone works on it: a script, the unit that ends maintenance at its time, and the last resort.
// Rule: the node's own clock and the peers' advertisements decide; neither the operator nor the agent is needed for maintenance to end.

import type { Pair } from "../model/index.ts";
import { nodePaths, operationPaths } from "./paths.ts";

/** The named counter, in hapair's own table, of the peers' advertisements as they reach this node. */
export const ADVERT_COUNTER = "adverts";

/** The unit that is there as long as the node is under maintenance; keepalived's drop-in wants it, so it comes back at boot. */
export function renderMaintenanceUnit(): string {
  return [
    "[Unit]",
    "Description=hapair: this node is under maintenance",
    `ConditionPathExists=${operationPaths.maintenance}`,
    "StartLimitIntervalSec=0",
    "After=keepalived.service",
    "",
    "[Service]",
    `ExecStart=${nodePaths.maintenanceScript} watch`,
    "Restart=on-failure",
    "RestartSec=1s",
    "",
  ].join("\n");
}

/** The script. Its note is one line of JSON, so that the agent, status and this script read the same. */
export function renderMaintenanceScript(pair: Pair): string {
  const { maintenanceScript, switchoverScript, watchDirectory } = nodePaths;
  const { maintenance, motd } = operationPaths;
  const vips = pair.routers.flatMap((router) =>
    [...router.vips, ...router.excludedVips].map((vip) => vip.address.text),
  );
  return `#!/bin/sh
# Maintenance of this node: while ${maintenance} exists, ${watchDirectory}/hold is 1 and keepalived cannot hold the VIP here.
# It ends at its time by itself; \`${maintenanceScript} off\` ends it at once and mends what a switchover may have left.
set -u
note=${maintenance}
hold=${watchDirectory}/hold
released=${operationPaths.lastResort}
motd=${motd}
made=${maintenance}.made-motd.d

number() { sed -n "s/.*\\"$1\\":\\([0-9]*\\).*/\\1/p" "$note" 2> /dev/null; }
uptime_seconds() { cut -d. -f1 /proc/uptime; }
# How many advertisements of the peers have reached this node; empty where nobody counts.
adverts() { nft list counter inet hapair ${ADVERT_COUNTER} 2> /dev/null | sed -n 's/.*packets \\([0-9]*\\).*/\\1/p'; }
holds_any() { for address in ${vips.join(" ")}; do ip -o address show | grep -v '^[0-9]*: lo ' | grep -qF " $address/" && return 0; done; return 1; }
write() { [ "$(cat "$hold" 2> /dev/null)" = "$1" ] || echo "$1" > "$hold"; }

finish() {
    stopped=$(grep -c '"haproxy":"stopped"' "$note" 2> /dev/null)
    rm -f "$note" "$note.new" "$motd" "$released"
    # The login messages' directory goes only where maintenance made it: on some systems it is a package's.
    [ ! -e "$made" ] || rmdir "\${motd%/*}" 2> /dev/null
    rm -f "$made"
    [ "$stopped" != 1 ] || systemctl start haproxy
    write 0
}

case \${1:-} in
# on SECONDS JSON BY REASON: JSON is the note's beginning, {"by":...,"reason":...
on)
    now=$(date +%s); until=$((now + $2)); haproxy=runs
    # Maintenance that is renewed still owes HAProxy its start.
    if grep -qs '"haproxy":"stopped"' "$note"; then haproxy=stopped; fi
    printf '%s,"sinceS":%s,"untilS":%s,"haproxy":"%s"}\\n' "$3" "$now" "$until" "$haproxy" > "$note.new" && chmod 0644 "$note.new" && sync "$note.new" && mv -f "$note.new" "$note" || exit 1
    [ -d "\${motd%/*}" ] || { mkdir -p "\${motd%/*}" && : > "$made"; }
    printf '%s is under maintenance until %s (%s%s). It does not hold the virtual address. To end it: hapair maintenance off %s\\n' \\
        "$(hostname)" "$(date -d "@$until" '+%F %H:%M %Z')" "$4" "\${5:+: $5}" "$(hostname)" > "$motd"
    rm -f "$released"
    write 1
    systemctl start --no-block hapair-maintenance
    ;;
# extend SECONDS: from now on.
extend)
    [ -s "$note" ] || { echo "this node is not under maintenance" >&2; exit 1; }
    sed "s/\\"untilS\\":[0-9]*/\\"untilS\\":$(($(date +%s) + $2))/" "$note" > "$note.new" && mv -f "$note.new" "$note"
    ;;
# HAProxy has been stopped for the maintenance: its end starts it again.
stop-haproxy)
    sed 's/"haproxy":"runs"/"haproxy":"stopped"/' "$note" > "$note.new" && mv -f "$note.new" "$note" || exit 1
    systemctl stop haproxy
    ;;
off)
    systemctl stop hapair-maintenance
    finish
    ${switchoverScript} mend
    ;;
# Before keepalived starts: /run is empty after a boot, and the note is not.
restore)
    if [ -s "$note" ] && [ ! -e "$released" ]; then write 1; fi
    ;;
${watchVerb(pair)}*)
    echo "usage: $0 on|extend|stop-haproxy|off|restore|watch" >&2
    exit 2
    ;;
esac
exit 0
`;
}

/** While the node is under maintenance: ends it at its time, and lets the node take the VIP when no peer is heard any more. */
function watchVerb(pair: Pair): string {
  const { lastResort, silenceS } = pair.maintenance;
  const { switchoverScript } = nodePaths;
  return `watch)
    last=$(adverts) heard_s=$(uptime_seconds) mute=
    while [ -s "$note" ]; do
        until=$(number untilS)
        if [ "$(date +%s)" -ge "\${until:-0}" ]; then
            echo "the time of this maintenance is over"
            finish
            ${switchoverScript} mend
            exit 0
        fi
        count=$(adverts) now_s=$(uptime_seconds)
        if [ -z "$count" ]; then
            [ -n "$mute" ] || echo "nobody counts the peers' advertisements here (nft), so this node cannot tell when to take the VIP as a last resort"
            mute=yes heard_s=$now_s
        elif [ "$count" != "$last" ]; then
            last=$count heard_s=$now_s
            if [ -e "$released" ] && ! holds_any; then
                echo "the peers are heard again"
                rm -f "$released"
            fi
        elif [ ${lastResort} = take ] && [ ! -e "$released" ] && [ $((now_s - heard_s)) -ge ${silenceS} ]; then
            echo "no advertisement of any peer for ${silenceS} s: this node takes the VIP rather than nobody"
            date +%s > "$released"
        fi
        if [ -e "$released" ]; then write 0; else write 1; fi
        sleep 1
    done
    ;;
`;
}
