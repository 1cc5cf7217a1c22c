// /etc/hapair/switchover.sh: what a node does itself when the VIP is moved on purpose, so that nothing depends on the operator's connection.
// Rule: whatever is opened here is a transient unit of systemd with its own time limit, and what stops the unit (its end, a kill, the limit) undoes it;
// a reboot forgets it all, since nothing but the kernel and /run knows of it.
//
// The drain path (measured: no connection breaks): the old node keeps the VIP on `lo`, silent to ARP, so that its sockets live on and answer clients
// straight; the new node hands over packets of connections that it does not know, which it can tell by the sockets that it has.

import type { Family, Pair, PairNode } from "../model/index.ts";
import { BOOST, moveTimes } from "../policy/index.ts";
import { DRAIN_PATH_FUNCTIONS } from "./drain-path-script.ts";
import { nodePaths, operationPaths } from "./paths.ts";

const { asideS, boostS, leaveLooks, lookMs } = moveTimes;
const LOOK_S = lookMs / 1000;

const { drainDirectory, maintenance } = operationPaths;
const { watchDirectory, switchoverScript } = nodePaths;

/** The script for one node. */
export function renderSwitchoverScript(pair: Pair, node: PairNode): string {
  return `#!/bin/sh
# hapair's switchover on this node: the drain path that keeps open connections alive, and the move itself. hapair calls it; \`${switchoverScript} mend\`
# by hand undoes whatever is left.
set -u
self=${switchoverScript}
watch=${watchDirectory}
drain=${drainDirectory}
interface=${node.interface}

# Router, family, address, length, interface.
vips() {
    cat <<'END'
${vipLines(pair, node)}
END
}

# The other nodes' own addresses: node, family, address.
peers() {
    cat <<'END'
${peerLines(pair, node)}
END
}

${BASIC_FUNCTIONS}
${DRAIN_PATH_FUNCTIONS}
${MOVE_FUNCTIONS}
${VERBS}`;
}

const BASIC_FUNCTIONS = `fail() { echo "$*" >&2; exit 1; }
uptime_seconds() { cut -d. -f1 /proc/uptime; }
vips_of() { for wanted in "$@"; do vips | while read -r router rest; do [ "$router" != "$wanted" ] || echo "$rest"; done; done; }
address_of() { peers | while read -r name family address; do [ "$name $family" != "$1 $2" ] || echo "$address"; done; }
holds() { ip -o address show dev "$2" 2> /dev/null | grep -qF " $1/"; }
# The files that keep this node from holding these routers: one for each where there are several.
hold_files() { for router in "$@"; do if [ -e "$watch/hold-$router" ]; then echo "$watch/hold-$router"; else echo "$watch/hold"; fi; done | sort -u; }
# Writes a kernel setting and notes what it was, once.
set_kernel() {
    grep -qs "^$2 " "$drain/$1/kernel" || echo "$2 $(cat "$2")" >> "$drain/$1/kernel" || return 1
    echo "$3" > "$2"
}
kernel_back() { [ ! -e "$drain/$1/kernel" ] || while read -r key value; do echo "$value" > "$key"; done < "$drain/$1/kernel"; }
# An address as ss wants it; in quotes, for the brackets are a pattern to a shell.
bracketed() { case $1 in *:*) echo "[$1]" ;; *) echo "$1" ;; esac; }
until_of() { cat "$drain/$1.until" 2> /dev/null || echo 0; }
`;

/** The move itself, and what is left to mend. */
const MOVE_FUNCTIONS = `lower() { [ ! -e "$watch/boost" ] || [ "$(cat "$watch/boost")" = 0 ] || echo 0 > "$watch/boost"; }
unboost() {
    lower || return 1
    systemctl stop hapair-boost 2> /dev/null
    return 0
}

# Gives the routers up until their VIPs have left, by keepalived itself, and no longer: where nobody takes them, this node does again.
pulse() {
    for file in $(hold_files "$@"); do echo 1 > "$file" || exit 1; done
    looks=0
    vips_of "$@" | while read -r family address length on; do
        while holds "$address" "$on"; do
            looks=$((looks + 1)); [ $looks -lt ${leaveLooks} ] || exit 1
            sleep ${LOOK_S}
        done
    done || left=no
    unhold "$@"
    [ "\${left:-yes}" = yes ] || fail "the VIP does not leave this node: keepalived did not follow the hold within ${leaveLooks * LOOK_S} s"
}

# A node under maintenance keeps its hold.
unhold() {
    for file in $(hold_files "$@"); do
        if [ "$file" != "$watch/hold" ] || [ ! -s ${maintenance} ]; then echo 0 > "$file"; fi
    done
}

list() {
    vips_of "$@" | while read -r family address length on; do
        ss -Htn state established state close-wait state fin-wait-1 state closing state last-ack src "$(bracketed "$address")" | while read -r state received sent local peer; do echo "$local $peer"; done
    done
}
`;

const VERBS = `verb=\${1:-}; [ $# -eq 0 ] || shift
case $verb in
# Whether the kernel and nft know what the drain path needs.
able)
    command -v nft > /dev/null || fail "nft is not installed"
    command -v ss > /dev/null || fail "ss is not installed"
    nft --check -f - <<'END'
table ip hapair_able {
    chain handover {
        type filter hook prerouting priority mangle
        socket wildcard 1 dup to 127.0.0.1 device lo drop
    }
}
END
    ;;
open) open_unit "$@" ;;
open-give) open_give "$@" ;;
open-take) open_take "$@" ;;
close-give) close_give ;;
close-take) close_take ;;
# extend ROLE SECONDS: from now on.
extend) [ ! -d "$drain/$1" ] || echo $(($(uptime_seconds) + $2)) > "$drain/$1.until" ;;
lease) while [ "$(uptime_seconds)" -lt "$(until_of "$1")" ]; do sleep 1; done ;;
# close ROLE OWNER
close)
    [ "$(cat "$drain/$1.owner" 2> /dev/null)" = "$2" ] || exit 0
    systemctl stop "hapair-drain-$1" 2> /dev/null
    [ ! -d "$drain/$1" ] || "close_$1"
    ;;
# In a unit of its own, so that it ends where nobody comes back, also where no drain path is open.
boost)
    [ -e "$watch/boost" ] || exit 0
    systemctl stop hapair-boost 2> /dev/null
    systemd-run --quiet --collect --unit=hapair-boost --description="hapair: quick to take the VIP" \\
        --property="ExecStartPre=$self lift" --property="ExecStopPost=$self lower" sleep ${boostS}
    ;;
lift) echo ${BOOST} > "$watch/boost" ;;
lower) lower ;;
unboost) unboost ;;
# In a unit of its own, so that it ends as it should when the operator's connection does not.
give)
    systemctl reset-failed hapair-move 2> /dev/null
    systemd-run --quiet --collect --wait --pipe --unit=hapair-move --description="hapair: the VIP leaves" --property=RuntimeMaxSec=20 \\
        --property="ExecStopPost=$self unhold $*" "$self" pulse "$@"
    ;;
# For the moment of a move between two others.
aside)
    systemctl reset-failed hapair-aside 2> /dev/null
    systemd-run --quiet --collect --unit=hapair-aside --description="hapair: stands aside" --property="ExecStopPost=$self unhold $*" "$self" stand "$@"
    ;;
stand) for file in $(hold_files "$@"); do echo 1 > "$file"; done; sleep ${asideS} ;;
pulse) pulse "$@" ;;
unhold) unhold "$@" ;;
# await LOOKS ROUTER ...: until this node has the VIPs, a look every 10 ms.
await)
    looks=$1; shift
    vips_of "$@" | while read -r family address length on; do
        look=0
        until holds "$address" "$on"; do look=$((look + 1)); [ $look -lt "$looks" ] || fail "$address is not here after $((looks / 100)) s"; sleep ${LOOK_S}; done
    done
    ;;
# gone ROUTER ...: whether their VIPs are still elsewhere.
gone) vips_of "$@" | while read -r family address length on; do ! holds "$address" "$on" || exit 1; done ;;
list) list "$@" ;;
count) list "$@" | wc -l ;;
# Connections that can are asked to leave: the old worker of a reload says so to each (Connection: close, GOAWAY) and takes no new one.
ask) systemctl reload haproxy ;;
mend)
    for role in take give; do systemctl stop "hapair-drain-$role" 2> /dev/null; "close_$role"; done
    systemctl stop hapair-move hapair-aside 2> /dev/null
    unboost
    for file in "$watch"/hold "$watch"/hold-*; do
        [ -e "$file" ] || continue
        if [ "$file" = "$watch/hold" ] && [ -s ${maintenance} ]; then continue; fi
        [ "$(cat "$file")" = 0 ] || echo 0 > "$file"
    done
    # An address on lo that no note tells of, and that keepalived does not mean.
    vips | while read -r router family address length on; do
        case $family in 4) length=32 ;; *) length=128 ;; esac
        ip address delete "$address/$length" dev lo 2> /dev/null
    done
    exit 0
    ;;
*) fail "usage: $0 able|open|extend|close|boost|unboost|give|await|list|count|ask|mend" ;;
esac
`;

function vipLines(pair: Pair, node: PairNode): string {
  return pair.routers
    .flatMap((router) =>
      [...router.vips, ...router.excludedVips].map((vip) =>
        [
          router.name,
          vip.address.family,
          vip.address.text,
          vip.prefixLength,
          vip.interface ?? node.interface,
        ].join(" "),
      ),
    )
    .join("\n");
}

function peerLines(pair: Pair, node: PairNode): string {
  const lineOf = (name: string, address: { readonly family: Family; readonly text: string }): string =>
    `${name} ${address.family} ${address.text}`;
  return pair.nodes
    .filter((other) => other.name !== node.name)
    .flatMap((other) => other.addresses.map((address) => lineOf(other.name, address)))
    .join("\n");
}
