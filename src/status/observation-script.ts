// The one shell script that a node is asked: it reads, changes nothing, and answers in lines of `section<TAB>text`.
// Rules: POSIX sh with coreutils, sed, iproute2, curl and systemd's tools; every command has a time limit; no secret leaves the node.

import { AGENT_STATUS_BYTES_MAX } from "../agent-api/index.ts";
import { shellWord } from "../host/index.ts";
import { operationUnits } from "./operation.ts";
import { notesFunction, operationPart, type OperationRequest } from "./operation-script.ts";

/** Adverts of one peer for one virtual router, as a standby should hear them. */
export interface ExpectedAdverts {
  readonly router: string;
  readonly vrid: number;
  readonly peer: string;
  readonly peerAddress: string;
  readonly family: 4 | 6;
}

/** What a node is asked, beyond what every node is asked. Made from the pair by `observationRequest`. */
export interface ObservationRequest {
  readonly keepalivedConf: string;
  readonly checkScript: string;
  readonly watchDirectory: string;
  readonly watchedFiles: readonly string[];
  readonly healthUrl: string;
  readonly interfaces: readonly string[];
  /** Files whose content must be the same on every node; only their checksums are read. */
  readonly sameFiles: readonly string[];
  /** Mixed into the passwords' checksums: they can be compared within one asking, and nowhere else. */
  readonly salt: string;
  readonly expected: readonly ExpectedAdverts[];
  /** Where switchover and maintenance leave their notes. */
  readonly operation: Omit<OperationRequest, "watchDirectory">;
  /** Where the agent is asked; absent: the pair has none. */
  readonly agentSocket?: string;
  /** How long adverts are counted; 0: they are not. */
  readonly captureMs: number;
  /** Look at firewall, interface manager and check script too; status does without. */
  readonly thorough: boolean;
}

/** Time limits inside the script, seconds. The whole is bounded by the caller as well. */
const COMMAND_LIMIT = "1";
const HEALTH_LIMIT = "0.5";
const AGENT_LIMIT = "0.5";
const CHECK_LIMIT = "1.4";
/** tcpdump is slow to begin; it ends at once when it has seen enough. */
const TCPDUMP_S = 1.2;
/** Looks, 20 ms apart, whether the counting rules are in place. */
const LOAD_TRIES_MAX = 25;
/** A configuration larger than this is cut (bytes); a ruleset too. */
const TEXT_MAX = 1_000_000;
/** Journal lines read, newest first: states change seldom, and only lines about states are matched. */
const JOURNAL_LINES_MAX = 80;
/** What keepalived (2.0 to 2.4) says about states, checks, starts and reloads. */
const JOURNAL_PATTERN =
  "Entering [A-Z]+ STATE|[Ee]ntering FAULT|VRRP_Script\\(|now returning|[Tt]rack(ed)? ?file|is now (up|down)|" +
  "Starting Keepalived|Startup complete|Reload|[Cc]onfiguration file|Stopped Keepalived|Unknown keyword|interface .* (up|down)|no longer|invalid (passwd|version|ttl)|wrong version|advert interval|mismatch";

/** The script for one node. Its text holds no secret and may be shown. */
export function observationScript(request: ObservationRequest): string {
  return [
    "export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_COLORS=0 SYSTEMD_PAGER=",
    gentleLines,
    toolFunctions,
    captureFunction(request),
    checkFunction(request),
    notesFunction({ ...request.operation, watchDirectory: request.watchDirectory }),
    lookFunction(request),
    // Adverts are counted and the check is run while the rest is looked at. Both print little and at once, so their lines cannot mix.
    "look_started=$(clock)",
    "capture 2>/dev/null & capturing=$!",
    "check 2>/dev/null & checking=$!",
    "looked=$(look 2>/dev/null)",
    "wait $capturing $checking",
    'printf "%s\\n" "$looked"',
    'say time.end "$(clock)"',
    "",
  ].join("\n");
}

/** The first lines of a script that looks: it starts dozens of programs, and clients come first. The kernel may schedule by session, which has a niceness of its own. */
export const gentleLines = `renice -n 10 -p $$ > /dev/null 2>&1
{ echo 10 > /proc/self/autogroup; } 2> /dev/null`;

const toolFunctions = `
say() { printf '%s\\t%s\\n' "$1" "$2"; }
lines() { sed "s/^/$1\\t/"; }
limited() { timeout -k 0.2 ${COMMAND_LIMIT} "$@" </dev/null; }
# Seconds since boot, and the wall clock.
clock() { read -r up rest < /proc/uptime; echo "$up $(date +%s.%N)"; }`;

function lookFunction(request: ObservationRequest): string {
  return ["look() {", ...basicParts(request), ...(request.thorough ? thoroughParts(request) : []), "}"].join(
    "\n",
  );
}

function basicParts(request: ObservationRequest): string[] {
  return [
    'say time.start "$look_started"',
    "noted=$(notes)",
    'say hostname "$(cat /proc/sys/kernel/hostname)"',
    `say addresses "$(limited ip -j addr show | tr -d '\\n')"`,
    unitParts(request),
    journalPart,
    configurationPart(request),
    watchPart(request),
    operationPart({ ...request.operation, watchDirectory: request.watchDirectory }),
    'say operation.steady "$([ "$noted" = "$(notes)" ] && echo yes)"',
    `answer=$(curl --silent --output /dev/null --noproxy '*' --max-time ${HEALTH_LIMIT} --write-out '%{http_code} %{time_total}' ${shellWord(request.healthUrl)})
say health "$? $answer"`,
    ...request.sameFiles.map(
      (path) =>
        `say file "${path} $(sha256sum < ${shellWord(path)} | cut -c1-64) $(stat -c %Y ${shellWord(path)})"`,
    ),
    ...(request.agentSocket === undefined ? [] : [agentPart(request.agentSocket)]),
    // Where HAProxy listens: what a client can ask the VIP for.
    "limited ss -Hltnp | grep '\"haproxy\"' | sed 's/  */ /g' | cut -d' ' -f4 | sort -u | head -n 40 | lines listening",
  ];
}

const unitParts = ({ agentSocket }: ObservationRequest): string => `
limited systemctl show keepalived haproxy${agentSocket === undefined ? "" : " hapair-agent"} ${operationUnits.join(" ")} -p Id,LoadState,UnitFileState,ActiveState,SubState,Result,MainPID,NRestarts,InvocationID,NeedDaemonReload,ExecMainStartTimestampMonotonic,StateChangeTimestampMonotonic,ExecStart | lines unit
limited systemctl show -p UserspaceTimestampMonotonic,Version | lines manager
keepalived_pid=$(systemctl show keepalived -p MainPID --value)
haproxy_pid=$(systemctl show haproxy -p MainPID --value)
[ "\${haproxy_pid:-0}" -gt 0 ] && say haproxy.command "$(tr '\\0' ' ' < "/proc/$haproxy_pid/cmdline")"
say version.keepalived "$(limited keepalived --version 2>&1 | head -n 1)"
say version.haproxy "$(limited haproxy -v 2>&1 | head -n 1)"`;

const journalPart = `
invocation=$(systemctl show keepalived -p InvocationID --value)
[ -n "$invocation" ] && limited journalctl --no-pager --quiet --reverse -n ${JOURNAL_LINES_MAX} -o json --output-fields=MESSAGE --grep ${shellWord(JOURNAL_PATTERN)} "_SYSTEMD_INVOCATION_ID=$invocation" | lines journal`;

/**
 * The configuration with each password replaced by a salted checksum of the eight characters that count. What stands beside a password
 * on a line, and definitions (which may hold one), are left out, and the parser sees that something was. Comments are left out too.
 */
function configurationPart(request: ObservationRequest): string {
  const path = shellWord(request.keepalivedConf);
  return `
if [ -r ${path} ]; then
say conf.file "$(stat -c '%a %U %G %Y %s' ${path})"
head -c ${TEXT_MAX} ${path} | while IFS= read -r line || [ -n "$line" ]; do
bare=\${line#"\${line%%[![:space:]]*}"}
case $bare in
[#!]*) ;;
*auth_type*) case $line in *auth_pass*|*[{}]*) say conf "$hidden";; *) say conf "$line";; esac;;
*auth_*)
  read -r keyword value <<end
$line
end
  case $keyword in auth_pass) ;; *) say conf "$hidden"; continue;; esac
  case $value in
  \\"*) value=\${value#\\"}; value=\${value%%\\"*};;
  *) value=\${value%%[[:space:]]*}; value=\${value%%[#!]*};;
  esac
  cut8=$(printf '%s' "$value" | head -c 8; echo .)
  say conf "auth_pass $(printf '%s%s' ${shellWord(request.salt)} "\${cut8%.}" | sha256sum | cut -c1-64)";;
*\\$*=*) say conf "$hidden";;
*) say conf "$line";;
esac
done
fi`.replaceAll('"$hidden"', `'${HIDDEN_LINE}'`);
}

/** Stands where a line was left out: a definition, so that the configuration counts as partly read. */
const HIDDEN_LINE = "$hidden=hidden";

function watchPart(request: ObservationRequest): string {
  const directory = shellWord(request.watchDirectory);
  return `
if [ -d ${directory} ]; then
say watch.directory "$(stat -c '%i %d' ${directory})"
for name in ${request.watchedFiles.map(shellWord).join(" ")}; do
[ -f ${directory}/"$name" ] && say watch.file "$name $(stat -c %Y ${directory}/"$name") $(head -c 80 ${directory}/"$name" | tr '\\n' ' ')"
done
fi
[ "\${keepalived_pid:-0}" -gt 0 ] && for process in "$keepalived_pid" $(cat "/proc/$keepalived_pid/task/$keepalived_pid/children"); do
cat /proc/"$process"/fdinfo/* | grep '^inotify' | head -n 40 | lines inotify
done`;
}

/** What the agent says of itself, on one line. */
function agentPart(socket: string): string {
  return `
agent=$(curl --silent --noproxy '*' --max-time ${AGENT_LIMIT} --max-filesize ${AGENT_STATUS_BYTES_MAX} --unix-socket ${shellWord(socket)} http://agent/status)
say agent.asked "$?"
[ -n "$agent" ] && say agent "$(printf '%s' "$agent" | tr -d '\\n')"`;
}

/** What only verify asks: how the host is set up around the two daemons. */
function thoroughParts(request: ObservationRequest): string[] {
  return [
    'for family in ipv4 ipv6; do say nonlocal "$family $(cat /proc/sys/net/$family/ip_nonlocal_bind)"; done',
    // A ruleset that changes while it is listed makes nft give up; it is asked once more.
    `if command -v nft >/dev/null; then
ruleset=$(limited nft -j list ruleset) || ruleset=$(limited nft -j list ruleset)
say nft "$(printf '%s' "$ruleset" | head -c ${TEXT_MAX} | tr -d '\\n')"
else say nft.missing yes
fi`,
    "limited iptables-legacy-save | head -c 20000 | lines iptables-legacy",
    firewalldPart,
    ...request.interfaces.map(interfaceManagerPart),
  ];
}

const firewalldPart = `
say firewalld.state "$(systemctl is-active firewalld)"
if systemctl is-active --quiet firewalld; then
say firewalld.default "$(sed -n 's/^DefaultZone=//p' /etc/firewalld/firewalld.conf)"
for zone in /etc/firewalld/zones/*.xml /usr/lib/firewalld/zones/*.xml; do
[ -f "$zone" ] && say firewalld.zone "$zone $(sed 's/<description>.*//' "$zone" | tr '\\n\\t' '  ')"
done
[ -f /etc/firewalld/direct.xml ] && say firewalld.direct "$(tr '\\n\\t' '  ' < /etc/firewalld/direct.xml)"
fi`;

function interfaceManagerPart(name: string): string {
  const device = shellWord(name);
  return `
if systemctl is-active --quiet systemd-networkd; then
say networkd "${name} $(limited networkctl list --no-legend --no-pager ${device} | sed 's/  */ /g')"
for file in $(limited networkctl status --no-pager ${device} | sed -n 's/.*Network File: *//p') ; do
[ -f "$file" ] && cat "$file" $(ls "/etc/systemd/network/$(basename "$file").d/"*.conf "/run/systemd/network/$(basename "$file").d/"*.conf) | grep -E '^(KeepConfiguration|CriticalConnection|DHCP)=' | sed "s/^/networkd.setting\\t${name} /"
say networkd.file "${name} $file"
done
fi
systemctl is-active --quiet NetworkManager && say networkmanager "${name} $(limited nmcli -t -f GENERAL.STATE,GENERAL.CONNECTION device show ${device} | tr '\\n' ' ')"
[ -f /etc/network/interfaces ] && cat /etc/network/interfaces /etc/network/interfaces.d/* | grep -Eq '^iface[[:space:]]+${name}[[:space:]]' && say ifupdown "${name}"`;
}

/**
 * The check script, run as keepalived runs it: by the script user, without a terminal. It may look twice with a pause between, so it has more
 * time than other commands, and runs while the rest is looked at.
 */
function checkFunction(request: ObservationRequest): string {
  if (!request.thorough) return "check() { :; }";
  const script = shellWord(request.checkScript);
  return `
check() {
[ -e ${script} ] || return
say check.file "$(stat -c '%a %U %G' ${script})"
[ -x ${script} ] || return
user=$(sed -n 's/^[[:space:]]*script_user[[:space:]]\\{1,\\}\\([^[:space:]#!]*\\).*/\\1/p' ${shellWord(request.keepalivedConf)} | tail -n 1)
user=\${user:-$(id -un keepalived_script || echo root)}
if [ "$user" = root ]; then timeout -k 0.1 ${CHECK_LIMIT} ${script} </dev/null >/dev/null
else timeout -k 0.1 ${CHECK_LIMIT} runuser -u "$user" -- ${script} </dev/null >/dev/null
fi
say check.run "$user $?"
}`;
}

/**
 * Counts adverts as they reach the host and as they pass its filters. The nftables table belongs to the nft process (flag owner):
 * the kernel removes it when that process ends, however it ends. Without nft, tcpdump waits for one packet of each peer.
 */
function captureFunction(request: ObservationRequest): string {
  if (request.captureMs === 0 || request.expected.length === 0) return "capture() { :; }";
  const seconds = (request.captureMs / 1000).toFixed(2);
  const table = "inet hapair_observe_$$";
  const rules = request.expected.flatMap((expected, index) => {
    const from = `meta l4proto 112 ${expected.family === 4 ? "ip" : "ip6"} saddr ${expected.peerAddress}`;
    return [
      `add rule ${table} arrived ${from} @th,8,8 ${expected.vrid} counter comment \\"arrived ${index}\\"`,
      `add rule ${table} arrived ${from} @th,8,8 != ${expected.vrid} counter comment \\"other ${index}\\"`,
      `add rule ${table} delivered ${from} @th,8,8 ${expected.vrid} counter comment \\"delivered ${index}\\"`,
    ];
  });
  const batch = [
    `add table ${table} { flags owner; }`,
    `add chain ${table} arrived { type filter hook prerouting priority -450; }`,
    // After every filter of the input hook: what is counted here reaches keepalived's socket.
    `add chain ${table} delivered { type filter hook input priority 2147483000; }`,
    ...rules,
  ];
  const peers = [...new Set(request.expected.map((expected) => `src host ${expected.peerAddress}`))].join(
    " or ",
  );
  return `
capture() {
if command -v nft >/dev/null; then
counted=$({ ${batch.map((line) => `echo "${line}"`).join("; ")}
# The time begins when the rules are there, which on a busy machine may take a while.
tries=0; until limited nft list table ${table} >/dev/null 2>&1 || [ $((tries += 1)) -gt ${LOAD_TRIES_MAX} ]; do sleep 0.02; done
sleep ${seconds}; echo "list table ${table}"; } | timeout -k 0.2 ${(request.captureMs / 1000 + 1).toFixed(2)} nft -i 2>&1 | grep comment | sed 's/^[[:space:]]*/adverts\\t/')
[ -n "$counted" ] && { printf '%s\\n' "$counted"; return; }
fi
if command -v tcpdump >/dev/null; then
printf 'adverts.captured\\t%s\\n' "$(timeout ${Math.max(request.captureMs / 1000, TCPDUMP_S).toFixed(2)} tcpdump -l -n -t -i any -Q in -c 4 'proto 112 and (${peers})' 2>/dev/null | head -n 4 | tr '\\n' '|')"
fi
}`;
}
