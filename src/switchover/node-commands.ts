// What is asked of a node, as shell text that a person could type: the scripts that apply put there do the work. Pure.

import { type MoveStep, moveTimes } from "../policy/index.ts";
import { nodePaths, operationPaths } from "../render/index.ts";
import { shellWord } from "../host/index.ts";
import { gentleLines } from "../status/index.ts";
import { plainLine } from "./plain-line.ts";

const { switchoverScript, maintenanceScript } = nodePaths;

/** How much longer the nodes keep the drain path than the operator means to use it. */
export const LEASE_MARGIN_S = moveTimes.leaseMarginS;

/** How long the maintenance is, and who and why, for the step that begins it. */
export interface MaintenanceNote {
  readonly by: string;
  readonly reason: string;
  readonly lengthS: number;
}

export interface StepContext {
  /** How long connections have. */
  readonly drainS: number;
  /** Tells what this move has opened from what another has: letters and digits. */
  readonly owner: string;
  readonly note?: MaintenanceNote;
}

/** The script of a step; undefined for the steps that the operator's side performs. */
export function stepScript(step: MoveStep, { drainS, owner, note }: StepContext): string | undefined {
  const routers = step.routers.map(({ router }) => shellWord(router)).join(" ");
  const leaseS = drainS + LEASE_MARGIN_S;
  switch (step.kind) {
    case "open-give":
      // A drain the other way round may still be open: its connections go on being handed over until this one is done.
      return `${extendScript("take", leaseS)}${switchoverScript} open give ${leaseS} ${owner} ${routers}\n`;
    case "open-take": {
      const from = step.routers.map(({ router, from: giver }) => shellWord(`${router}=${giver}`)).join(" ");
      return `${extendScript("give", leaseS)}${switchoverScript} open take ${leaseS} ${owner} ${from}\n`;
    }
    case "boost":
      return `${switchoverScript} boost && sleep ${moveTimes.boostSettlesMs / 1000}\n`;
    case "unboost":
      return `${switchoverScript} unboost\n`;
    case "aside":
      return `${switchoverScript} aside ${routers}\n`;
    case "give":
      return `${switchoverScript} give ${routers}\n`;
    case "maintain":
      return note === undefined ? undefined : maintenanceOnScript(note);
    case "await":
      return `${switchoverScript} await ${moveTimes.awaitLooks} ${routers}\n`;
    case "close-take":
      return `${switchoverScript} close take ${owner}\n`;
    case "close-give":
      return `${switchoverScript} close give ${owner}\n`;
    case "confirm":
    case "drain":
      return undefined;
  }
}

/** The drain path of a role stays open for so long from now on, where it is open. */
export function extendScript(role: "give" | "take", seconds: number): string {
  return `${switchoverScript} extend ${role} ${seconds}\n`;
}

/** What {@link listScript} and {@link countScript} end with when the VIPs have come back: their connections are the node's own again. */
export const VIP_IS_BACK = 75;

function whileGone(verb: "list" | "count", routers: readonly string[]): string {
  const names = routers.map(shellWord).join(" ");
  return `${switchoverScript} gone ${names} || exit ${VIP_IS_BACK}\n${switchoverScript} ${verb} ${names}\n`;
}

/** Prints a line per open connection of the routers' VIPs: local and remote address with port. */
export function listScript(routers: readonly string[]): string {
  return whileGone("list", routers);
}

/** Prints how many there are. */
export function countScript(routers: readonly string[]): string {
  return whileGone("count", routers);
}

/** Asks HAProxy's clients on this node to leave. */
export function askScript(): string {
  return `${switchoverScript} ask\n`;
}

/** Begins maintenance. The note's text is JSON, put into the file by the node with its own clock. */
export function maintenanceOnScript(note: MaintenanceNote): string {
  // A note without a name is none to who reads it.
  const by = plainLine(note.by, BY_LENGTH_MAX) || "somebody";
  const reason = plainLine(note.reason, REASON_LENGTH_MAX);
  const beginning = JSON.stringify({ by, reason }).slice(0, -1);
  return `${maintenanceScript} on ${note.lengthS} ${shellWord(beginning)} ${shellWord(by)} ${shellWord(reason)}\n`;
}

export function maintenanceOffScript(): string {
  return `${maintenanceScript} off\n`;
}

/** Stops HAProxy of a node under maintenance; the end of maintenance starts it. */
export function stopHaproxyScript(): string {
  return `${maintenanceScript} stop-haproxy\n`;
}

const BY_LENGTH_MAX = 80;
const REASON_LENGTH_MAX = 200;

/** What a move wants to know of a node that status does not ask. Answers in lines of `key<TAB>text`. */
export function lookScript(
  node: { readonly address: string },
  vips: readonly string[],
  routers: readonly string[],
): string {
  const own = node.address.includes(":") ? `[${node.address}]` : node.address;
  return `${gentleLines}
if [ -x ${switchoverScript} ]; then
    able=$(${switchoverScript} able 2>&1 | head -n 1)
    printf 'able\\t%s\\n' "$able"
    ${switchoverScript} list ${routers.map(shellWord).join(" ")} | sed 's/^/connection\\t/'
    printf 'boosts\\t%s\\n' "$([ -e ${nodePaths.watchDirectory}/boost ] && echo yes)"
else printf 'able\\t%s\\n' "the node has no ${switchoverScript}: apply the pair first"; fi
[ ! -e ${operationPaths.drainDirectory}/give/loopback ] || sed 's/^/draining\\t/' ${operationPaths.drainDirectory}/give/loopback
ss -Hlun -p 2> /dev/null | grep -q '"haproxy"' && printf 'quic\\tyes\\n'
ss -Hltn -p 2> /dev/null | awk '/"haproxy"/ { print $4 }' | sort -u | head -n ${LISTENERS_MAX} | while read -r listener; do
    port=\${listener##*:}; address=\${listener%:*}; address=\${address%\\%*}
    case $address in
    127.*|'[::1]'|'[::ffff:127.'*) continue ;;
    '*'|0.0.0.0|'[::]') target=${shellWord(own)} ;;
    *) case ${shellWord(` ${vips.join(" ")} `)} in *" $address "*) printf 'listener\\t%s bound\\n' "$port"; continue ;; esac; target=$address ;;
    esac
    said=$(curl --silent --insecure --output /dev/null --noproxy '*' --max-time 1 --write-out '%{http_code} %{time_connect}' "http://$target:$port/")
    printf 'listener\\t%s %s %s\\n' "$port" "$?" "$said"
done
`;
}

const LISTENERS_MAX = 16;
