// What hapair writes into every keepalived.conf beside what the pair says, as far as the files do not have it already.

import type { KeepalivedInstance } from "../keepalived/index.ts";
import { isRendered } from "./beyond.ts";
import type { NoteList } from "./note.ts";
import type { NamedNode } from "./subject.ts";

interface Addition {
  readonly keywords: readonly string[];
  readonly text: string;
  /** Whether a node's file has it already. */
  readonly has: (node: NamedNode) => boolean;
}

const ADDITIONS: readonly Addition[] = [
  {
    keywords: ["enable_script_security", "script_user"],
    text: "enable_script_security with script_user root",
    has: ({ configuration: { globals } }) => globals.scriptSecurity && globals.scriptUser === "root",
  },
  {
    keywords: ["check_unicast_src", "vrrp_check_unicast_src"],
    text: "check_unicast_src, so that advertisements of others than the nodes are refused",
    has: ({ configuration }) => configuration.instances.every((instance) => instance.checkUnicastSource),
  },
  {
    keywords: ["track_file", "vrrp_track_file"],
    text: "three watched files in /run/hapair/watch, each of which can mean FAULT",
    has: isRendered,
  },
  { keywords: ["garp_master_refresh"], text: "garp_master_refresh 1", has: isRendered },
  {
    keywords: ["preferred_lft"],
    text: "preferred_lft 0 on IPv6 addresses, so that no connection starts from them",
    has: (node) => isRendered(node) || !node.configuration.instances.some(hasIpv6),
  },
];

function hasIpv6(instance: KeepalivedInstance): boolean {
  return [...instance.virtualIpaddresses, ...instance.excludedVirtualIpaddresses].some(
    ({ address }) => address.family === 6,
  );
}

/** The notes on them; none for files that hapair rendered. */
export function remarkAdditions(nodes: readonly NamedNode[], notes: NoteList): void {
  remarkMoved(nodes, notes);
  const added = ADDITIONS.filter(({ has }) => !nodes.every(has));
  if (added.length === 0) return;
  notes.add({
    kind: "changed",
    message: `hapair adds: ${added.map(({ text }) => text).join("; ")}.`,
    keywords: added.flatMap(({ keywords }) => keywords),
  });
}

/** Keywords of global_defs that are each instance's own in what hapair writes. */
function remarkMoved(nodes: readonly NamedNode[], notes: NoteList): void {
  const moved = [
    ["vrrp_version", "version", nodes.some(({ configuration: { globals } }) => globals.version !== 2)],
    [
      "vrrp_check_unicast_src",
      "check_unicast_src",
      nodes.some(({ configuration: { globals } }) => globals.checkUnicastSource),
    ],
  ] as const;
  for (const [global, own, isThere] of moved) {
    if (!isThere) continue;
    notes.add({
      kind: "changed",
      message: `${global} of global_defs stands in each instance as ${own}.`,
      keywords: [global],
    });
  }
}
