// The one script that reads a node, and the reader of what it prints. The script changes nothing but keepalived's own dump file, which it removes again.
// Every line is `name value`; a value of several lines or of any bytes travels as base64.

import { createHash } from "node:crypto";
import { HapairError } from "../base/index.ts";
import { quoted, quotedWords } from "./shell-quote.ts";

/** A file's content is read up to this size; a larger one is known by its hash alone. */
export const CONTENT_BYTES_MAX = 262_144;
const RULESET_BYTES_MAX = 524_288;

/** keepalived answers SIGUSR1 within milliseconds; this many looks of 10 ms. */
const DUMP_LOOKS_MAX = 50;

export interface FactsRequest {
  /** Files whose content, mode, owner and hash are read. */
  readonly paths: readonly string[];
  /** Files whose content must not leave the node (keys): all but the content is read. */
  readonly hashOnly: readonly string[];
  /** Files that list further paths, one a line; they are read like `hashOnly`. */
  readonly pathLists: readonly string[];
  readonly interface: string;
  /** Below /proc/sys, with slashes. */
  readonly sysctls: readonly string[];
  /** Node.js, whose version is asked; absent: it is not needed. */
  readonly nodeProgram?: string;
}

/** The script. Its output is read by {@link parseFacts}. */
export function factsScript(request: FactsRequest): string {
  return `line() { printf '%s %s\\n' "$1" "$2"; }
blob() { printf '%s ' "$1"; base64 -w0; echo; }
line time "$(date +%s)"
units=$(systemctl show haproxy.service keepalived.service hapair-agent.service firewalld.service --property=Id,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,DropInPaths,MainPID,NeedDaemonReload)
printf '%s\\n' "$units" | blob units
main_pid() { printf '%s\\n\\n' "$units" | awk -v unit="$1" -F= '$1=="Id"{id=$2} $1=="MainPID"{pid=$2} $1=="ActiveState"{state=$2} /^$/{ if (id==unit && state=="active") print pid; id="" }'; }
keepalived=$(main_pid keepalived.service)
dump=/proc/\${keepalived:-0}/root/tmp/keepalived.data
if [ "\${keepalived:-0}" -gt 1 ]; then rm -f "$dump"; kill -USR1 "$keepalived"; fi
blob os < /etc/os-release
for program in keepalived haproxy nft curl firewall-cmd systemd-run unshare; do
    command -v "$program" > /dev/null && line program "$program"
done
command -v keepalived > /dev/null && keepalived --version 2>&1 | head -n 1 | blob keepalived
command -v haproxy > /dev/null && haproxy -v 2>&1 | head -n 1 | blob haproxy
systemctl --version | head -n 1 | blob systemd
${nodeLine(request.nodeProgram)}haproxy=$(main_pid haproxy.service)
[ "\${haproxy:-0}" -gt 1 ] && tr '\\0' ' ' < "/proc/$haproxy/cmdline" | blob command-line
ip -o address show | blob addresses
for key in ${quotedWords(request.sysctls)}; do
    # Not the shell's read: it takes single bytes, and these files give only what the first of them asks for.
    [ -r "/proc/sys/$key" ] && line sysctl "$key=$(cat "/proc/sys/$key")"
done
read -r index 2> /dev/null < ${quoted(`/sys/class/net/${request.interface}/ifindex`)} && line interface "$index"
[ -r "/run/systemd/netif/links/\${index:-none}" ] && sed -n 's/^NETWORK_FILE=/network-file /p' "/run/systemd/netif/links/$index"
df -Pk /etc /var/lib /run 2> /dev/null | blob disks
set -- ${quotedWords(request.paths)}
for path in $(printf '%s\\n' "$units" | sed -n 's/^FragmentPath=//p; s/^DropInPaths=//p'); do set -- "$@" "$path"; done
for path; do [ -L "$path" ] && line link "$path"; done
stat -L -c 'content|%F|%a|%U|%G|%s|%n' -- "$@" 2> /dev/null | blob files
head -q -c ${CONTENT_BYTES_MAX} -- "$@" 2> /dev/null | blob contents
set -- "$@" ${quotedWords(request.hashOnly)}
set -f
for list in ${quotedWords(request.pathLists)}; do
    if [ -r "$list" ]; then while IFS= read -r path; do set -- "$@" "$path"; done < "$list"; fi
done
stat -L -c 'hash|%F|%a|%U|%G|%s|%n' -- "$@" 2> /dev/null | blob more-files
sha256sum -- "$@" 2> /dev/null | blob hashes
command -v nft > /dev/null && nft -j list ruleset 2> /dev/null | head -c ${RULESET_BYTES_MAX} | blob ruleset
${firewalldLines(request.interface)}
if [ "\${keepalived:-0}" -gt 1 ]; then
    looks=0
    until [ -s "$dump" ] || [ "$looks" -ge ${DUMP_LOOKS_MAX} ]; do sleep 0.01; looks=$((looks + 1)); done
    sleep 0.01
    ${STATES_FROM_DUMP} "$dump" 2> /dev/null | blob states
    rm -f "$dump" "/proc/$keepalived/root/tmp/keepalived_parent.data"
fi
line end ok
`;
}

/** An awk program over keepalived's dump that prints `instance state`, one a line; the dump's other lines (the password is one) stay on the node. */
export const STATES_FROM_DUMP = `awk '/^ VRRP Instance = /{name=$4} /^   State = /{ if (name != "") print name, $3; name="" }'`;

function nodeLine(program: string | undefined): string {
  if (program === undefined) return "";
  return `[ -x ${quoted(program)} ] && line node "$(${quoted(program)} --version 2> /dev/null)"\n`;
}

/** firewalld's own tool takes 0.3 s to start; the bus answers in milliseconds. */
function firewalldLines(interfaceName: string): string {
  const service = "org.fedoraproject.FirewallD1";
  const call = `busctl --json=short call ${service} /org/fedoraproject/FirewallD1`;
  return `if [ "$(main_pid firewalld.service)" ]; then
    zone=$(${call} ${service}.zone getZoneOfInterface s ${quoted(interfaceName)} 2> /dev/null | sed -n 's/.*\\["\\(.*\\)"\\].*/\\1/p')
    [ "$zone" ] || zone=$(${call} ${service} getDefaultZone 2> /dev/null | sed -n 's/.*\\["\\(.*\\)"\\].*/\\1/p')
    line zone "$zone"
    for what in RichRules Ports Services; do
        ${call} ${service}.zone "get$what" s "$zone" 2> /dev/null | blob "zone-$what"
    done
    [ -r "/etc/firewalld/zones/$zone.xml" ] && blob zone-file < "/etc/firewalld/zones/$zone.xml"
fi`;
}

/** What the script printed, by name; several lines of one name are all kept. */
export interface RawFacts {
  readonly lines: ReadonlyMap<string, readonly string[]>;
  readonly files: readonly RawFile[];
}

export interface RawFile {
  readonly path: string;
  readonly kind: "file" | "directory" | "other";
  readonly isLink: boolean;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  readonly sizeBytes: number;
  readonly sha256: string | undefined;
  /** Absent for what is too large, not asked for, or no text. */
  readonly content: string | undefined;
}

const BASE64_NAMES = new Set(
  [
    "units os keepalived haproxy systemd command-line addresses disks states ruleset",
    "zone-RichRules zone-Ports zone-Services zone-file files more-files hashes",
  ]
    .join(" ")
    .split(" "),
);

/** Reads the script's output; throws a HapairError (`facts-unreadable`) for a torn or strange one. `node` is for the message. */
export function parseFacts(node: string, output: string): RawFacts {
  const lines = new Map<string, string[]>();
  let contents = Buffer.alloc(0);
  for (const line of output.split("\n")) {
    if (line === "") continue;
    const space = line.indexOf(" ");
    const name = space < 0 ? line : line.slice(0, space);
    const value = space < 0 ? "" : line.slice(space + 1);
    if (name === "contents") contents = Buffer.from(value, "base64");
    else
      lines.set(name, [
        ...(lines.get(name) ?? []),
        BASE64_NAMES.has(name) ? Buffer.from(value, "base64").toString("utf8") : value,
      ]);
  }
  if (lines.get("end")?.[0] !== "ok") {
    throw new HapairError({
      kind: "unreachable",
      code: "facts-unreadable",
      message: `${node}: what the node said of itself is cut off or not readable`,
      hint: `Log in to ${node} and look whether systemctl, ip and base64 work there.`,
    });
  }
  return { lines, files: readFiles(node, lines, contents) };
}

function readFiles(node: string, lines: ReadonlyMap<string, readonly string[]>, contents: Buffer): RawFile[] {
  const hashes = new Map<string, string>();
  for (const line of (lines.get("hashes")?.[0] ?? "").split("\n")) {
    const found = /^([0-9a-f]{64}) [ *](.+)$/.exec(line);
    if (found !== null) hashes.set(found[2] ?? "", found[1] ?? "");
  }
  const links = new Set(lines.get("link"));
  const files = new Map<string, RawFile>();
  let offset = 0;
  for (const line of [...(lines.get("files") ?? []), ...(lines.get("more-files") ?? [])]
    .join("\n")
    .split("\n")) {
    const found = /^(content|hash)\|([^|]*)\|([0-7]+)\|([^|]*)\|([^|]*)\|(\d+)\|(.+)$/.exec(line);
    if (found === null) continue;
    const [, group = "", kindText = "", mode = "0", owner = "", ownerGroup = "", size = "0", path = ""] =
      found;
    const kind = kindText.startsWith("regular") ? "file" : kindText === "directory" ? "directory" : "other";
    const sizeBytes = Number(size);
    let content: string | undefined;
    if (group === "content" && kind === "file") {
      const bytes = contents.subarray(offset, offset + Math.min(sizeBytes, CONTENT_BYTES_MAX));
      offset += bytes.length;
      if (sizeBytes <= CONTENT_BYTES_MAX) content = checkedText(node, path, bytes, hashes.get(path));
    }
    if (files.has(path)) continue;
    files.set(path, {
      path,
      kind,
      isLink: links.has(path),
      mode: Number.parseInt(mode, 8),
      owner,
      group: ownerGroup,
      sizeBytes,
      sha256: kind === "file" ? hashes.get(path) : undefined,
      content,
    });
  }
  return [...files.values()];
}

/** The bytes as text, undefined where they are no UTF-8. A file that changed while it was read is an error: the plan would be made of two states. */
function checkedText(
  node: string,
  path: string,
  bytes: Buffer,
  sha256: string | undefined,
): string | undefined {
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) {
    throw new HapairError({
      kind: "unreachable",
      code: "facts-changing",
      message: `${node}: ${path} changed while it was read`,
      hint: "Somebody or something else is changing this node; run the command again when it is quiet.",
    });
  }
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}
