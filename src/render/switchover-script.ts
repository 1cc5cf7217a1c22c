// /etc/hapair/switchover.sh: what a node does itself when the VIP is moved on purpose, so that nothing depends on the operator's connection.
// Rule: whatever is opened here is a transient unit of systemd with its own time limit, and what stops the unit (its end, a kill, the limit) undoes it;
// a reboot forgets it all, since nothing but the kernel and /run knows of it.
//
// The drain path (measured: no connection breaks): the old node keeps the VIP on `lo`, silent to ARP, so that its sockets live on and answer clients
// straight; the new node hands over packets of connections that it does not know, which it can tell by the listening socket they would reach.

import type { Family, Pair, PairNode } from "../model/index.ts";
import { nodePaths, operationPaths } from "./paths.ts";

/** The mark that a connection accepted by the new node carries where HAProxy is bound to the VIP itself; no other program's. */
const OWN_MARK = "0x68617072";

/** A new connection is remembered for so long: several retries of its handshake. */
const FRESH_S = 30;

/** At this many new connections within {@link FRESH_S} (35,000 a second) the new node forgets some, and they break; memory is used as they come. */
const FRESH_FLOWS_MAX = 1_048_576;

/** How long a VIP may take to leave its interface once the hold is written, in looks of 10 ms. */
const LEAVE_LOOKS = 300;

/** The script for one node. */
export function renderSwitchoverScript(pair: Pair, node: PairNode): string {
  const { watchDirectory, switchoverScript } = nodePaths;
  const { drainDirectory } = operationPaths;
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

fail() { echo "$*" >&2; exit 1; }
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
until_of() { cat "$drain/$1.until" 2> /dev/null || echo 0; }

# open ROLE SECONDS ...: the transient unit that has the drain path open.
open_unit() {
    role=$1 seconds=$2; shift 2
    mkdir -p "$drain" || exit 1
    systemctl stop "hapair-drain-$role" 2> /dev/null
    echo $(($(uptime_seconds) + seconds)) > "$drain/$role.until" || exit 1
    systemd-run --quiet --collect --unit="hapair-drain-$role" --description="hapair: drain path, $role" \\
        --property="ExecStartPre=$self open-$role $*" --property="ExecStopPost=$self close-$role" "$self" lease "$role" && return
    journalctl --unit="hapair-drain-$role" --lines=5 --output=cat --no-pager >&2
    exit 1
}

open_give() {
    mkdir -p "$drain/give" || exit 1
    vips_of "$@" | while read -r family address length on; do
        echo "$address" >> "$drain/give/loopback" || exit 1
        if [ "$family" = 4 ]; then
            # The VIP on lo may neither be answered for nor be spoken of.
            set_kernel give "/proc/sys/net/ipv4/conf/$on/arp_ignore" 1 && set_kernel give "/proc/sys/net/ipv4/conf/$on/arp_announce" 2 || exit 1
            ip address replace "$address/32" dev lo || exit 1
        else
            ip -6 address replace "$address/128" dev lo nodad preferred_lft 0 || exit 1
        fi
    done
}

close_give() {
    [ ! -e "$drain/give/loopback" ] || while read -r address; do
        case $address in *:*) length=128 ;; *) length=32 ;; esac
        ip address delete "$address/$length" dev lo 2> /dev/null
    done < "$drain/give/loopback"
    kernel_back give
    rm -rf "$drain/give" "$drain/give.until"
}

# The hardware addresses of the peers, asked for where they are not known.
peer_hardware() {
    peers | while read -r name family address; do
        for try in 1 2 3; do
            found=$(ip neighbour show "$address" dev "$interface" | sed -n 's/.*lladdr \\([0-9a-f:]*\\).*/\\1/p')
            [ -z "$found" ] || { echo "$found"; break; }
            case $address in *:*) url="http://[$address]:9/" ;; *) url="http://$address:9/" ;; esac
            curl --silent --output /dev/null --noproxy '*' --max-time 0.3 "$url"
        done
    done | sort -u
}

# Connections of the VIPs that this node has now: they stay its own.
own_flows() {
    vips_of "$@" | while read -r family address length on; do
        [ "$family" = "$family_wanted" ] || continue
        ss -Htn state connected exclude syn-recv exclude time-wait src "$address" | while read -r state received sent local peer; do
            port=\${peer##*:}; from=\${peer%:*}; from=\${from#[}; from=\${from%]}; from=\${from#::ffff:}
            echo "$from . $port . \${local##*:}"
        done
    done | sort -u | paste -s -d,
}

# rules_of ADDRESS GIVER: a new connection is ours, and what belongs to an open socket here; everything else in mid-connection is the old node's.
# A socket that is still being opened cannot be told from one in TIME-WAIT (which may be another connection's, from the same port, some
# seconds ago), so new connections are remembered until they are open.
rules_of() {
    flow="$protocol saddr . tcp sport . tcp dport"
    echo "$protocol daddr $1 ether saddr != @peers $unreachable dup to $2 device $interface"
    # What the other node handed over is its last word: handed back, it would go round for ever.
    echo "$protocol daddr $1 meta l4proto tcp ether saddr @peers accept"
    echo "$protocol daddr $1 tcp flags & (fin|syn|rst|ack) == syn update @fresh { $flow timeout ${FRESH_S}s }"
    echo "$protocol daddr $1 tcp flags & (fin|syn|rst|ack) == syn \${mark}accept"
    if [ -n "$mark" ]; then
        echo "$protocol daddr $1 socket mark ${OWN_MARK} accept"
        echo "$protocol daddr $1 $flow @own accept"
    else
        echo "$protocol daddr $1 socket wildcard 0 accept"
    fi
    echo "$protocol daddr $1 $flow @fresh accept"
    echo "$protocol daddr $1 meta l4proto tcp counter dup to $2 device $interface drop"
}

# table FAMILY HARDWARE ROUTER=GIVER ...: what belongs to the old node is handed over to it.
table() {
    family_wanted=$1 hardware=$2 routers= mark=; shift 2
    for pair in "$@"; do routers="$routers \${pair%%=*}"; done
    case $family_wanted in
    4) protocol=ip type=ipv4_addr unreachable='icmp type destination-unreachable' ;;
    *) protocol=ip6 type=ipv6_addr unreachable='icmpv6 type { destination-unreachable, packet-too-big }' ;;
    esac
    [ ! -e "$drain/take/bound" ] || mark="meta mark set ${OWN_MARK} "
    echo "table $protocol hapair_drain {"
    echo "set peers { type ether_addr; elements = { $(echo $hardware | sed 's/ /, /g') }; }"
    echo "set fresh { type $type . inet_service . inet_service; flags dynamic,timeout; size ${FRESH_FLOWS_MAX}; }"
    if [ -n "$mark" ]; then
        echo "set own {"
        echo "type $type . inet_service . inet_service"
        flows=$(own_flows $routers)
        [ -z "$flows" ] || echo "elements = { $flows }"
        echo "}"
    fi
    echo "chain handover {"
    echo "type filter hook prerouting priority mangle; policy accept;"
    for pair in "$@"; do
        giver=$(address_of "\${pair#*=}" "$family_wanted")
        vips_of "\${pair%%=*}" | while read -r family address length on; do
            [ "$family" = "$family_wanted" ] || continue
            [ -n "$giver" ] || fail "\${pair#*=} has no IPv$family_wanted address of its own to hand connections to"
            rules_of "$address" "$giver"
        done || exit 1
    done
    echo "}"
    echo "}"
}

open_take() {
    mkdir -p "$drain/take" || exit 1
    routers=
    for pair in "$@"; do routers="$routers \${pair%%=*}"; done
    hardware=$(peer_hardware)
    [ -n "$hardware" ] || fail "no other node's hardware address is known on $interface"
    # HAProxy bound to the VIP itself: its listening and its open sockets look alike to the filter, so what it accepts from here on is marked.
    vips_of $routers | while read -r family address length on; do
        [ "$family" = 4 ] && local="$address" || local="[$address]"
        if ss -Hltn | awk -v local="$local:" 'index($4, local) == 1 { found = 1 } END { exit !found }'; then : > "$drain/take/bound"; fi
    done
    [ ! -e "$drain/take/bound" ] || set_kernel take /proc/sys/net/ipv4/tcp_fwmark_accept 1 || exit 1
    families=$(vips_of $routers | cut -d' ' -f1 | sort -u)
    for family in $families; do table "$family" "$hardware" "$@" > "$drain/take/rules$family" || exit 1; done
    for family in $families; do nft -f "$drain/take/rules$family" || exit 1; done
}

close_take() {
    unboost
    nft delete table ip hapair_drain 2> /dev/null
    nft delete table ip6 hapair_drain 2> /dev/null
    kernel_back take
    rm -rf "$drain/take" "$drain/take.until"
}

unboost() { [ ! -e "$watch/boost" ] || [ "$(cat "$watch/boost")" = 0 ] || echo 0 > "$watch/boost"; }

# Gives the routers up until their VIPs have left, by keepalived itself, and no longer: where nobody takes them, this node does again.
pulse() {
    for file in $(hold_files "$@"); do echo 1 > "$file" || exit 1; done
    looks=0
    vips_of "$@" | while read -r family address length on; do
        while holds "$address" "$on"; do
            looks=$((looks + 1)); [ $looks -lt ${LEAVE_LOOKS} ] || exit 1
            sleep 0.01
        done
    done || left=no
    unhold "$@"
    [ "\${left:-yes}" = yes ] || fail "the VIP does not leave this node: keepalived did not follow the hold within ${LEAVE_LOOKS / 100} s"
}

# A node under maintenance keeps its hold.
unhold() {
    for file in $(hold_files "$@"); do
        if [ "$file" != "$watch/hold" ] || [ ! -s ${operationPaths.maintenance} ]; then echo 0 > "$file"; fi
    done
}

list() {
    vips_of "$@" | while read -r family address length on; do
        ss -Htn state established state close-wait state fin-wait-1 state closing state last-ack src "$address" | while read -r state received sent local peer; do echo "$local $peer"; done
    done
}

verb=\${1:-}; [ $# -eq 0 ] || shift
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
close)
    systemctl stop "hapair-drain-$1" 2> /dev/null
    [ ! -d "$drain/$1" ] || "close_$1"
    ;;
boost) [ ! -e "$watch/boost" ] || echo 253 > "$watch/boost" ;;
unboost) unboost ;;
# In a unit of its own, so that it ends as it should when the operator's connection does not.
give)
    systemctl reset-failed hapair-move 2> /dev/null
    systemd-run --quiet --collect --wait --pipe --unit=hapair-move --description="hapair: the VIP leaves" --property=RuntimeMaxSec=20 \\
        --property="ExecStopPost=$self unhold $*" "$self" pulse "$@"
    ;;
pulse) pulse "$@" ;;
unhold) unhold "$@" ;;
# await LOOKS ROUTER ...: until this node has the VIPs, a look every 10 ms.
await)
    looks=$1; shift
    vips_of "$@" | while read -r family address length on; do
        look=0
        until holds "$address" "$on"; do look=$((look + 1)); [ $look -lt "$looks" ] || fail "$address is not here after $((looks / 100)) s"; sleep 0.01; done
    done
    ;;
list) list "$@" ;;
count) list "$@" | wc -l ;;
# Connections that can are asked to leave: the old worker of a reload says so to each (Connection: close, GOAWAY) and takes no new one.
ask) systemctl reload haproxy ;;
mend)
    for role in take give; do systemctl stop "hapair-drain-$role" 2> /dev/null; "close_$role"; done
    systemctl stop hapair-move 2> /dev/null
    unboost
    for file in "$watch"/hold "$watch"/hold-*; do
        [ -e "$file" ] || continue
        if [ "$file" = "$watch/hold" ] && [ -s ${operationPaths.maintenance} ]; then continue; fi
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
}

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
