// The part of the observation script that looks at what switchover and maintenance have under way. It reads, and changes nothing.
// Rule: the notes are named before and after all else is looked at, so that a leftover is never made of two moments.

import { MAINTENANCE_RECORD_BYTES_MAX } from "../agent-api/index.ts";
import { shellWord } from "../host/index.ts";
import { drainRoles } from "./operation.ts";

export interface OperationRequest {
  readonly paths: {
    readonly maintenance: string;
    readonly motd: string;
    readonly lastResort: string;
    readonly drainDirectory: string;
  };
  readonly watchDirectory: string;
  /** The VIPs, as text; connections to them are counted while the node drains. */
  readonly vips: readonly string[];
}

/** Defines `notes`: which notes there are, and what the watched files of operations say. */
export function notesFunction({ paths, watchDirectory }: OperationRequest): string {
  const { maintenance, motd, lastResort, drainDirectory } = paths;
  const files = [maintenance, motd, lastResort, ...drainRoles.map((role) => `${drainDirectory}/${role}`)];
  const directory = shellWord(watchDirectory);
  return `notes() { echo $(ls -d ${files.map(shellWord).join(" ")}) $(head -c 80 ${directory}/hold ${directory}/hold-* ${directory}/boost); }`;
}

/** What is looked at between the two times that `notes` is asked. */
export function operationPart({ paths, vips }: OperationRequest): string {
  const record = shellWord(paths.maintenance);
  const drain = shellWord(paths.drainDirectory);
  const lastResort = shellWord(paths.lastResort);
  // The record of a node is never longer; one byte more tells that it is none.
  const bytes = MAINTENANCE_RECORD_BYTES_MAX + 1;
  return `
[ -e ${record} ] && say maintenance.record "$(head -c ${bytes} ${record} | tr '\\n\\t' '  ')"
say maintenance.moved "$(stat -c %Y "$(dirname ${record})")"
[ -e ${lastResort} ] && say maintenance.last-resort "$(head -c 40 ${lastResort} | tr '\\n\\t' '  ')"
[ -e ${shellWord(paths.motd)} ] && say maintenance.motd yes
for role in ${drainRoles.join(" ")}; do
[ -d ${drain}/"$role" ] && say drain "$role $(stat -c %Y ${drain}/"$role") $(head -c 40 ${drain}/"$role".until | tr '\\n\\t' '  ')"
done
command -v nft >/dev/null && tables=$(limited nft list tables) && say drain.tables "$(printf '%s\\n' "$tables" | sed -n 's/^table \\(ip6\\{0,1\\}\\) hapair_drain$/\\1/p' | tr '\\n' ' ')"
[ -d ${drain}/give ] && say drain.connections "$({ limited ss -Htn state connected exclude time-wait exclude syn-recv '( ${sources(vips)} )' && echo end; } | sed -n '$ { /^end$/ = ; }')"`;
}

/** ss wants the brackets, or takes the last part of the address for a port. */
function sources(vips: readonly string[]): string {
  return vips.map((vip) => `src ${vip.includes(":") ? `[${vip}]` : vip}`).join(" or ");
}
