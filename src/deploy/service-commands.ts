// Scripts that make changed files take effect: kernel settings, systemd, firewall, HAProxy, keepalived; and what undoes each. Pure text.
// Rule: a script ends when what it does is done and seen, not when it is asked for; every wait has a bound and says what it waited for.

import { agentPaths, nodePaths, operationPaths } from "../render/index.ts";
import { STATES_FROM_DUMP } from "./facts-script.ts";
import { EMPTY_FOLDERS_LINE } from "./file-commands.ts";
import { quoted } from "./shell-quote.ts";
import { statePaths } from "./state-paths.ts";

/** How long HAProxy has to answer at its health address after a start or reload. */
const HEALTH_WAIT_S = 5;

/** A look every 20 ms. */
const LOOKS_PER_S = 50;

/** What the journal says of a unit, for an error message. */
function journal(unit: string): string {
  return `journalctl --unit=${unit} --lines=12 --output=cat --no-pager 2> /dev/null | grep -v ' "GET \\| "HEAD ' >&2`;
}

export function sysctlScript(): string {
  return `sysctl --quiet --load=${nodePaths.sysctl}\n`;
}

/** `values`: key (with slashes) and value as they were. */
export function sysctlUndoScript(values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(
    ([key, value]) => `echo ${quoted(value)} > ${quoted(`/proc/sys/${key}`)}`,
  );
  return `${lines.join("\n")}\n`;
}

/** For hapair remove: what only the scripts that go can end. */
export function operationsEndScript(): string {
  const { maintenanceScript } = nodePaths;
  return `[ ! -x ${maintenanceScript} ] || ${maintenanceScript} off\n`;
}

export function tmpfilesScript(): string {
  return `systemd-tmpfiles --create ${nodePaths.tmpfiles}\n`;
}

/** For the moment after the files were put back. */
export function tmpfilesUndoScript(): string {
  const { tmpfiles } = nodePaths;
  return `[ ! -e ${tmpfiles} ] || systemd-tmpfiles --create ${tmpfiles}
grep -qs ${agentPaths.notifyFifo} ${tmpfiles} || rm -f ${agentPaths.notifyFifo}
`;
}

export function daemonReloadScript(): string {
  return "systemctl daemon-reload\n";
}

export function networkdScript(): string {
  return "networkctl reload\n";
}

/** Loads our table. */
export function firewallScript(): string {
  return `nft -f ${nodePaths.firewall}\n`;
}

/** For the moment after the files were put back: the old table, or none. */
export function firewallUndoScript(): string {
  return `if [ -e ${nodePaths.firewall} ]; then nft -f ${nodePaths.firewall}; else nft delete table inet hapair 2> /dev/null || true; fi\n`;
}

/** Adds rich rules to firewalld, in its files and as it runs, and notes them for hapair remove. */
export function firewalldScript(zone: string, rules: readonly string[]): string {
  const noted = `${statePaths.originals}/firewalld`;
  return rules
    .map((rule) => {
      const options = `--quiet --zone=${quoted(zone)} --add-rich-rule=${quoted(rule)}`;
      return `firewall-cmd --permanent ${options} && firewall-cmd ${options} && printf '%s\\t%s\\n' ${quoted(zone)} ${quoted(rule)} >> ${noted} || exit 1\n`;
    })
    .join("");
}

export function firewalldUndoScript(zone: string, rules: readonly string[]): string {
  return rules
    .map((rule) => {
      const options = `--quiet --zone=${quoted(zone)} --remove-rich-rule=${quoted(rule)}`;
      return `firewall-cmd --permanent ${options}; firewall-cmd ${options}\n`;
    })
    .join("");
}

/** HAProxy from its files: enabled, started or restarted. */
export function haproxyStartScript(how: "start" | "restart"): string {
  return `systemctl reset-failed haproxy 2> /dev/null
systemctl is-enabled --quiet haproxy || systemctl enable --quiet haproxy
systemctl ${how} haproxy || { echo "HAProxy does not ${how}:" >&2; ${journal("haproxy")}; exit 1; }
`;
}

/** Reload, and wait for a new worker: systemctl says nothing of a configuration that HAProxy could not take (2.6: exit 0, the old worker goes on). */
export function haproxyReloadScript(): string {
  return `main=$(systemctl show --property=MainPID --value haproxy)
before=" $(pgrep -P "$main" | tr '\\n' ' ')"
systemctl reload haproxy || { echo "HAProxy does not reload:" >&2; ${journal("haproxy")}; exit 1; }
seen=
for look in $(seq ${HEALTH_WAIT_S * LOOKS_PER_S}); do
    for worker in $(pgrep -P "$main"); do
        case "$before" in *" $worker "*) ;; *) if [ "$seen" = "$worker" ]; then exit 0; fi; seen=$worker; sleep 0.1; continue 2 ;; esac
    done
    sleep 0.02
done
echo "HAProxy goes on with its old configuration; the new one did not come up:" >&2
${journal("haproxy")}
exit 1
`;
}

/** Waits until HAProxy answers at the health address. */
export function healthScript(url: string): string {
  return `for look in $(seq ${HEALTH_WAIT_S * LOOKS_PER_S}); do
    curl --silent --fail --output /dev/null --noproxy '*' --max-time 1 ${quoted(url)} && exit 0
    sleep 0.02
done
echo ${quoted(`HAProxy does not answer at ${url}:`)} >&2
${journal("haproxy")}
exit 1
`;
}

/** Runs the check as keepalived will, but for one look alone: a script that cannot run counts as healthy there, for ever (keepalived-behaviour 3.1). */
export function tryCheckScript(user: string): string {
  return `for try in 1 2 3 4 5; do
    output=$(runuser -u ${quoted(user)} -- ${nodePaths.checkScript} once 2>&1) && exit 0
    code=$?; sleep 0.1
done
echo "the check ${nodePaths.checkScript} fails (exit $code) as user ${user.replaceAll(/[^\w-]/g, "")}: $output" >&2
exit 1
`;
}

export function keepalivedStartScript(): string {
  return `systemctl reset-failed keepalived 2> /dev/null
systemctl is-enabled --quiet keepalived || systemctl enable --quiet keepalived
systemctl start keepalived || { echo "keepalived does not start:" >&2; ${journal("keepalived")}; exit 1; }
`;
}

export function keepalivedReloadScript(): string {
  return `systemctl reload keepalived || { echo "keepalived does not reload:" >&2; ${journal("keepalived")}; exit 1; }\n`;
}

export function keepalivedStopScript(): string {
  return "systemctl stop keepalived\n";
}

/** For the moment after the files were put back. `was`: the unit's state before. */
export function keepalivedUndoScript(was: { readonly active: boolean; readonly enabled: boolean }): string {
  const disable = was.enabled ? "" : "systemctl disable --quiet keepalived\n";
  if (!was.active) return `systemctl stop keepalived\n${disable}`;
  return `if systemctl is-active --quiet keepalived; then systemctl reload keepalived; else systemctl reset-failed keepalived; systemctl start keepalived; fi\n${disable}`;
}

export function haproxyUndoScript(
  was: { readonly active: boolean; readonly enabled: boolean },
  how: "reload" | "restart",
): string {
  const disable = was.enabled ? "" : "systemctl disable --quiet haproxy\n";
  if (!was.active) return `systemctl stop haproxy\n${disable}`;
  const verb = how === "reload" ? "reload-or-restart" : "restart";
  return `systemctl reset-failed haproxy 2> /dev/null\nsystemctl ${verb} haproxy\n${disable}`;
}

export interface SettleRequest {
  /** Instances that have to be MASTER or BACKUP. */
  readonly instances: readonly string[];
  readonly waitS: number;
}

/**
 * Waits until every instance has left FAULT (and what looks like it while the first checks run) and the watched `process` reads 0. Prints
 * `state INSTANCE STATE`. On a node under maintenance FAULT is what is meant.
 */
export function settleScript(request: SettleRequest): string {
  const wanted = request.instances.length;
  return `looks=0
while [ $looks -lt ${request.waitS * 10} ]; do
    looks=$((looks + 1))
    pid=$(systemctl show --property=MainPID --value keepalived)
    process=$(cat ${nodePaths.watchDirectory}/process 2> /dev/null)
    fine='MASTER|BACKUP'
    if [ -s ${operationPaths.maintenance} ]; then fine="$fine|FAULT"; fi
    if [ "\${pid:-0}" -gt 1 ]; then
        dump=/proc/$pid/root/tmp/keepalived.data
        rm -f "$dump"; kill -USR1 "$pid" 2> /dev/null
        for wait in 1 2 3 4 5 6 7 8 9 10; do [ -s "$dump" ] && break; sleep 0.01; done
        sleep 0.01
        states=$(${STATES_FROM_DUMP} "$dump" 2> /dev/null)
        rm -f "$dump" "/proc/$pid/root/tmp/keepalived_parent.data"
        good=$(printf '%s\\n' "$states" | grep -c -E " ($fine)$")
        if [ "$good" -ge ${wanted} ] && [ "$(printf '%s\\n' "$states" | wc -l)" -eq "$good" ] && [ "$process" = 0 ]; then
            printf '%s\\n' "$states" | sed 's/^/state /'; exit 0
        fi
    fi
    sleep 0.05
done
echo "keepalived is not healthy after ${request.waitS} s: \${states:-it says nothing of its instances}; process file: \${process:-missing}" >&2
${journal("keepalived")}
exit 1
`;
}

/** Kernel settings as noted at the first apply. */
export function sysctlsBackScript(): string {
  return `[ -r ${statePaths.originals}/sysctls ] || exit 0
while read -r key value; do echo "$value" > "/proc/sys/$key"; done < ${statePaths.originals}/sysctls
`;
}

/** Our table and the rules that were added to firewalld go. */
export function firewallBackScript(): string {
  return `command -v nft > /dev/null && nft delete table inet hapair 2> /dev/null
[ -r ${statePaths.originals}/firewalld ] || exit 0
tab=$(printf '\\t')
sort -u ${statePaths.originals}/firewalld | while IFS=$tab read -r zone rule; do
    firewall-cmd --permanent --quiet --zone="$zone" --remove-rich-rule="$rule"
    firewall-cmd --quiet --zone="$zone" --remove-rich-rule="$rule"
done
exit 0
`;
}

/** The end of hapair remove: services that did not start at boot do not, empty folders and hapair's notes go; the lock is left to its holder. */
export function forgetScript(disabled: readonly string[]): string {
  const { directory } = statePaths;
  return `${disabled.map((unit) => `systemctl disable --quiet ${unit}\n`).join("")}rm -rf ${nodePaths.runtimeDirectory}
${EMPTY_FOLDERS_LINE}
find ${directory} -mindepth 1 -maxdepth 1 ! -name 'lock*' -exec rm -rf -- {} +
`;
}
