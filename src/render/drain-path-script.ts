// The shell functions that open and close the drain path, the two halves of which lie on the old node (give) and on the new one (take).
// Rule: whatever a function sets it notes first, and its counterpart sets it back from the note; what is noted twice is noted once.

/** The mark that a connection accepted by the new node carries where HAProxy is bound to the VIP itself; no other program's. */
const OWN_MARK = "0x68617072";

/** A new connection is remembered for so long: several retries of its handshake. */
const FRESH_S = 30;

/** At this many new connections within {@link FRESH_S} (35,000 a second) the new node forgets some, and they break; memory is used as they come. */
const FRESH_FLOWS_MAX = 1_048_576;

/** Functions of the switchover script; they use its tables, its notes' directory and its basic functions. */
export const DRAIN_PATH_FUNCTIONS = `# open ROLE SECONDS OWNER ...: the transient unit that has the drain path open. A later move takes it over, and then its first owner closes nothing any more.
open_unit() {
    role=$1 seconds=$2 owner=$3; shift 3
    mkdir -p "$drain" || exit 1
    systemctl stop "hapair-drain-$role" 2> /dev/null
    echo $(($(uptime_seconds) + seconds)) > "$drain/$role.until" && echo "$owner" > "$drain/$role.owner" || exit 1
    systemd-run --quiet --collect --unit="hapair-drain-$role" --description="hapair: drain path, $role" \\
        --property="ExecStartPre=$self open-$role $*" --property="ExecStopPost=$self close-$role" "$self" lease "$role" && return
    journalctl --unit="hapair-drain-$role" --lines=5 --output=cat --no-pager >&2
    # Where systemd did not take the unit, nothing of it ran that could end it.
    [ -d "$drain/$role" ] || rm -f "$drain/$role.until" "$drain/$role.owner"
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
    rm -rf "$drain/give" "$drain/give.until" "$drain/give.owner"
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
        ss -Htn state connected exclude syn-recv exclude time-wait src "$(bracketed "$address")" | while read -r state received sent local peer; do
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
    rm -rf "$drain/take" "$drain/take.until" "$drain/take.owner"
}
`;
