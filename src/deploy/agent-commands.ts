// Scripts around the agent on a node: its user, its start, its end, and what undoes each. Pure text.
// Rule: a start is done when systemd has it ready and it answers on its control socket; an undo can run twice.

import { agentPaths, agentUser } from "../render/index.ts";
import { EMPTY_FOLDERS_LINE } from "./file-commands.ts";
import { statePaths } from "./state-paths.ts";

const UNIT = "hapair-agent";

/** How long the agent has to answer after systemd has it ready: it reads its log back first. */
const ANSWER_WAIT_S = 10;
/** A look every 50 ms. */
const LOOKS_PER_S = 20;

const JOURNAL = `journalctl --unit=${UNIT} --lines=12 --output=cat --no-pager >&2 2> /dev/null`;

export function sysusersScript(): string {
  return `systemd-sysusers ${agentPaths.users}\n`;
}

/** For the moment after the files were put back: the user goes where it was not wanted before. */
export function sysusersUndoScript(): string {
  return `[ -e ${agentPaths.users} ] || { ${REMOVE_USER}; }\n`;
}

const REMOVE_USER = `userdel ${agentUser} 2> /dev/null; groupdel ${agentUser} 2> /dev/null; true`;

/** Enabled and started anew, with what lies there now. */
export function agentStartScript(): string {
  return `systemctl reset-failed ${UNIT} 2> /dev/null
systemctl enable --quiet ${UNIT} || exit 1
systemctl restart ${UNIT} || { echo "the agent does not start:" >&2; ${JOURNAL}; exit 1; }
for look in $(seq ${ANSWER_WAIT_S * LOOKS_PER_S}); do
    curl --silent --fail --output /dev/null --max-time 1 --unix-socket ${agentPaths.controlSocket} http://agent/status && exit 0
    sleep ${1 / LOOKS_PER_S}
done
echo "the agent does not answer at ${agentPaths.controlSocket} within ${ANSWER_WAIT_S} s:" >&2
${JOURNAL}
exit 1
`;
}

/** For the moment after the files were put back. `was`: the unit before. */
export function agentUndoScript(was: { readonly active: boolean; readonly enabled: boolean }): string {
  const start = was.active
    ? `systemctl reset-failed ${UNIT} 2> /dev/null\nsystemctl restart ${UNIT}\n`
    : `systemctl stop ${UNIT} 2> /dev/null\nsystemctl reset-failed ${UNIT} 2> /dev/null\n`;
  // Without its unit file systemctl disable leaves the link behind.
  const enable = was.enabled
    ? `systemctl enable --quiet ${UNIT}\n`
    : `systemctl disable --quiet ${UNIT} 2> /dev/null\nrm -f /etc/systemd/system/multi-user.target.wants/${UNIT}.service\n`;
  return `systemctl daemon-reload\n${enable}${start}[ -e ${agentPaths.unit} ] || rm -rf ${agentPaths.stateDirectory} ${agentPaths.runtimeDirectory}\n`;
}

/** Stopped, and not started at boot. Its unit withdraws its opinion. */
export function agentStopScript(): string {
  return `systemctl disable --quiet --now ${UNIT} 2> /dev/null || systemctl stop ${UNIT} 2> /dev/null
systemctl reset-failed ${UNIT} 2> /dev/null
systemctl is-active --quiet ${UNIT} && { echo "the agent does not stop" >&2; exit 1; }
exit 0
`;
}

/** The agent's traces: what it made itself, its user, and what firewalld was told for it. Its files are gone before. */
export function agentForgetScript(): string {
  const noted = `${statePaths.originals}/firewalld`;
  return `rm -rf ${agentPaths.stateDirectory} ${agentPaths.runtimeDirectory}
rm -f ${agentPaths.notifyFifo} ${agentPaths.appliedMark} /etc/systemd/system/multi-user.target.wants/${UNIT}.service
${EMPTY_FOLDERS_LINE}
${REMOVE_USER}
if [ -r ${noted} ]; then
    tab=$(printf '\\t')
    grep 'protocol="udp"' ${noted} | sort -u | while IFS=$tab read -r zone rule; do
        firewall-cmd --permanent --quiet --zone="$zone" --remove-rich-rule="$rule"
        firewall-cmd --quiet --zone="$zone" --remove-rich-rule="$rule"
    done
    grep -v 'protocol="udp"' ${noted} > ${noted}.new; mv -f ${noted}.new ${noted}
fi
exit 0
`;
}
