// Everything on a node that a switchover or maintenance could leave behind, as text in sections, and the difference of two such looks.
// Rule: what time alone changes (lifetimes, counters) is not in it, and the VIP's own place on its interface is told apart, as holding.

import type { Host } from "../../src/host/index.ts";

export interface NodeSnapshot {
  /** The VIP is on an interface of this node, lo not counted. */
  readonly holds: boolean;
  /** The operators' lock, where one lies there: its content. */
  readonly lock?: string;
  /** Lines by section, sorted but for the rules of the firewall. */
  readonly sections: ReadonlyMap<string, readonly string[]>;
}

const MARK = "== ";
const LOOK_LIMIT_MS = 20_000;
/** Of a watched file or a note; the longest is a line of JSON. */
const CONTENT_BYTES_MAX = 2000;

/** Section and the shell text that prints it. A FIFO is named and never opened: reading one hangs. */
const SECTIONS = {
  addresses: "ip -o address show | sed 's/ *valid_lft.*//'",
  rules: "ip -4 rule show; ip -6 rule show",
  routes: "ip -4 route show table all; ip -6 route show table all | sed 's/ expires [0-9]*sec//'",
  firewall: "nft --stateless list ruleset",
  settings: `for key in /proc/sys/net/ipv4/conf/*/arp_ignore /proc/sys/net/ipv4/conf/*/arp_announce /proc/sys/net/ipv4/conf/*/rp_filter \\
    /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/tcp_fwmark_accept /proc/sys/net/ipv4/tcp_migrate_req /proc/sys/net/ipv4/ip_nonlocal_bind; do
    echo "$key $(cat "$key")"
done
find /proc/sys/net/ipv6 -type f -perm -400 ! -name stable_secret -exec grep -H . {} + 2> /dev/null`,
  // Of the rendered files the names are enough. The directory of a drain's notes may stay, empty.
  notes: `find /run/hapair /etc/hapair /etc/motd.d 2> /dev/null | while read -r path; do
    case $path in
    /run/hapair/drain) ;;
    /run/hapair/*|/etc/hapair/maintenance|/etc/motd.d/*)
        if [ -f "$path" ]; then printf '%s: %s\\n' "$path" "$(head -c ${CONTENT_BYTES_MAX} "$path" | tr '\\n' ' ')"; else printf '%s: %s\\n' "$path" "$(stat -c %F "$path")"; fi ;;
    *) echo "$path" ;;
    esac
done`,
  // What is loaded and at rest is nothing; it comes and goes with systemd's memory.
  units:
    "systemctl list-units --all --plain --no-legend --full 'hapair-*' | awk '$3 != \"inactive\" { print $1, $3, $4 }'",
  lock: "cat /var/lib/hapair/lock 2> /dev/null",
} as const;

const SCRIPT = Object.entries(SECTIONS)
  .map(([name, command]) => `echo '${MARK}${name}'\n{ ${command}\n}`)
  .join("\n");

/** Looks at a node; `host` is its console. Throws where the node cannot be asked. */
export async function nodeSnapshot(host: Host, vip: string): Promise<NodeSnapshot> {
  const { stdout } = await host.run(SCRIPT, { timeoutMs: LOOK_LIMIT_MS });
  return readSnapshot(stdout, vip);
}

/** Reads what the look printed. */
export function readSnapshot(text: string, vip: string): NodeSnapshot {
  const sections = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith(MARK)) {
      current = [];
      sections.set(line.slice(MARK.length), current);
    } else if (line.trim() !== "") current.push(line.trimEnd());
  }
  const lock = sections.get("lock")?.[0];
  sections.delete("lock");
  let holds = false;
  for (const [name, lines] of sections) {
    const rest = lines.filter((line) => {
      const own = (name === "addresses" || name === "routes") && isOwnPlace(line, vip);
      if (own && name === "addresses") holds = true;
      return !own;
    });
    sections.set(name, name === "firewall" ? rest : rest.toSorted());
  }
  return { holds, ...(lock === undefined ? {} : { lock }), sections };
}

/** The VIP on an interface that is not lo, and the kernel's route to it. */
function isOwnPlace(line: string, vip: string): boolean {
  const words = line.split(/\s+/);
  if (!words.some((word) => word === vip || word.startsWith(`${vip}/`))) return false;
  return !words.includes("lo");
}

/** Lines that are there in one look alone, `- ` before and `+ ` after, each with its section; empty: nothing is left over. */
export function snapshotDifference(before: NodeSnapshot, after: NodeSnapshot): string[] {
  const names = new Set([...before.sections.keys(), ...after.sections.keys()]);
  return [...names].flatMap((name) => {
    const [was, is] = [before.sections.get(name) ?? [], after.sections.get(name) ?? []];
    return [
      ...missingFrom(is, was).map((line) => `${name}: - ${line}`),
      ...missingFrom(was, is).map((line) => `${name}: + ${line}`),
    ];
  });
}

/** Lines of `lines` that `others` does not have, or not so often. */
function missingFrom(others: readonly string[], lines: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
