// Restarting HAProxy on a node that holds the VIP without losing a request: a second HAProxy from the same unit text binds the same ports
// (SO_REUSEPORT), serves while the first one ends softly and comes back with its new command line, then ends softly itself. Pure text.
// Rule: the bridge leaves only when the unit's own HAProxy serves; while /run/hapair/bridge exists the hook and the check know of it.
// tcp_migrate_req hands connections that a closing listener had not accepted yet to the other one (Linux >= 5.14); it is set for the moment alone.

import { nodePaths } from "../render/index.ts";
import { RUNTIME_MADE } from "./file-commands.ts";
import { quoted } from "./shell-quote.ts";

/** How long the old HAProxy has to finish the connections it has. Below systemd's own stop limit of 90 s. */
export const DRAIN_S = 30;

/** How long the new HAProxy has to be up after the old one has gone. */
const RESTART_WAIT_S = 15;

/** The same when a change is taken back: something is wrong already, and it shall end soon. */
const UNDO_DRAIN_S = 10;

const UNIT = "hapair-bridge";
const UNIT_FILE = `/run/systemd/system/${UNIT}.service`;
const MIGRATE = "/proc/sys/net/ipv4/tcp_migrate_req";
const MIGRATE_BEFORE = `${nodePaths.runtimeDirectory}/tcp_migrate_req`;

export interface BridgeRequest {
  /** The unit's fragment and other people's drop-ins, in order. */
  readonly unitFiles: readonly string[];
  /** The command line as the unit will have it. */
  readonly execStart: string;
}

/** Exists from the moment the old HAProxy is told to end. */
const EXCHANGED = `${nodePaths.runtimeDirectory}/bridge-exchanged`;

/** Starts the bridge and waits until it is ready; reloads systemd's units on the way, so the new drop-in is known from here on. */
export function bridgeUpScript(request: BridgeRequest): string {
  const [fragment, ...dropIns] = [...request.unitFiles, nodePaths.haproxyDropIn];
  const command = request.execStart.replace(/\s-p\s+\S+/, "");
  const copies = dropIns.map(
    (path, index) =>
      `[ ! -e ${quoted(path)} ] || cp ${quoted(path)} ${UNIT_FILE}.d/${String(index).padStart(2, "0")}.conf || exit 1`,
  );
  return `mkdir -p ${nodePaths.runtimeDirectory} ${UNIT_FILE}.d || exit 1
rm -f ${UNIT_FILE}.d/*
cp ${quoted(fragment)} ${UNIT_FILE} || exit 1
${copies.join("\n")}
cat > ${UNIT_FILE}.d/99-bridge.conf <<'HAPAIR_UNIT'
[Service]
Restart=no
RuntimeDirectoryPreserve=yes
TimeoutStopSec=infinity
ExecStartPre=
ExecStartPost=
ExecReload=
ExecStop=
ExecStopPost=
PIDFile=
ExecStart=
ExecStart=${command} -p ${nodePaths.runtimeDirectory}/bridge.pid
HAPAIR_UNIT
: > ${nodePaths.bridgeMark}
if [ -w ${MIGRATE} ] && [ ! -s ${MIGRATE_BEFORE} ]; then cat ${MIGRATE} > ${MIGRATE_BEFORE}; echo 1 > ${MIGRATE}; fi
systemctl daemon-reload || exit 1
systemctl reset-failed ${UNIT} 2> /dev/null
systemctl start ${UNIT} || { echo "the second HAProxy that would bridge the restart does not start:" >&2; journalctl --unit=${UNIT} --lines=12 --output=cat --no-pager >&2; exit 1; }
`;
}

/** The hook's word for a HAProxy that is up: the watched \`process\` becomes 0 by its own writer. */
export function bridgeServesScript(): string {
  return `MAINPID=$(systemctl show --property=MainPID --value ${UNIT}) ${nodePaths.haproxyHook} started\n`;
}

/**
 * `exchange PID SECONDS`: ends that HAProxy softly and waits until systemd has started the next one, from the files as they lie there. The
 * workers are told, not the master: told itself, the master reports the unit as stopping for as long as connections are open, and checks that
 * ask for the unit would fail. When its workers have ended it ends too. What has not ended in time is ended, and said.
 */
const EXCHANGE_FUNCTION = `exchange() {
    if [ "\${1:-0}" -gt 1 ]; then
        for worker in $(pgrep -P "$1" -x haproxy); do kill -USR1 "$worker"; done
        looks=0; alone=0
        while [ -d "/proc/$1" ] && [ $looks -lt $(($2 * 20)) ]; do
            looks=$((looks + 1)); sleep 0.05
            pgrep -P "$1" -x haproxy > /dev/null || alone=$((alone + 1))
            # no-exit-on-failure: a master that stays without workers.
            if [ $alone -eq 10 ]; then kill -USR1 "$1"; fi
        done
        if [ -d "/proc/$1" ]; then
            echo "note: connections of the old HAProxy that were still open after $2 s were ended"
            kill -TERM "$1"
        fi
    else systemctl reset-failed haproxy 2> /dev/null; systemctl start haproxy; fi
    looks=0
    while [ $looks -lt ${RESTART_WAIT_S * 20} ]; do
        looks=$((looks + 1))
        new=$(systemctl show --property=MainPID --value haproxy)
        if [ "\${new:-0}" -gt 1 ] && [ "$new" != "\${1:-0}" ] && systemctl is-active --quiet haproxy; then return 0; fi
        sleep 0.05
    done
    return 1
}
`;

/** Ends the old HAProxy and waits until the unit's new one is up. */
export function bridgeExchangeScript(drainS: number): string {
  return `${EXCHANGE_FUNCTION}: > ${EXCHANGED}
exchange "$(systemctl show --property=MainPID --value haproxy)" ${drainS} && exit 0
echo "HAProxy does not come back with its new command line; the second one still serves:" >&2
journalctl --unit=haproxy --lines=12 --output=cat --no-pager >&2
exit 1
`;
}

/** Ends the bridge softly: it takes no new connection from here on, and ends by itself when its last one has. */
export function bridgeDownScript(): string {
  return `pid=$(systemctl show --property=MainPID --value ${UNIT})
if [ "\${pid:-0}" -gt 1 ]; then
    systemctl kill --kill-who=main --signal=USR1 ${UNIT}
    looks=0
    while [ -d "/proc/$pid" ] && [ $looks -lt 20 ]; do looks=$((looks + 1)); sleep 0.02; done
    if [ -d "/proc/$pid" ]; then echo "note: the second HAProxy still serves connections it accepted; it ends by itself with the last of them"; fi
fi
rm -rf ${UNIT_FILE} ${UNIT_FILE}.d ${nodePaths.bridgeMark} ${EXCHANGED}
if [ -s ${MIGRATE_BEFORE} ]; then cat ${MIGRATE_BEFORE} > ${MIGRATE}; rm -f ${MIGRATE_BEFORE}; fi
`;
}

/** After the files were put back: the unit's HAProxy runs from them again, then the bridge goes. Where the old one was never told to end, it stays. */
export function bridgeUndoScript(): string {
  return `${EXCHANGE_FUNCTION}systemctl daemon-reload
main=$(systemctl show --property=MainPID --value haproxy)
if [ -e ${EXCHANGED} ] || [ "\${main:-0}" -le 1 ]; then
    exchange "$main" ${UNDO_DRAIN_S} || { echo "HAProxy does not start from its old files; the second one still serves" >&2; exit 1; }
fi
${bridgeDownScript()}if [ -e ${RUNTIME_MADE} ]; then rm -rf ${nodePaths.runtimeDirectory}; fi
`;
}
