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
    keywords: ["preferred_lft", "virtual_ipaddress", "virtual_ipaddress_excluded"],
    text: "preferred_lft 0 on IPv6 addresses, so that no connection starts from them",
    has: (node) => isRendered(node) || !node.configuration.instances.some(hasIpv6),
  },
];

function hasIpv6(instance: KeepalivedInstance): boolean {
  return [...instance.virtualIpaddresses, ...instance.excludedVirtualIpaddresses].some(
    ({ address }) => address.family === 6,
  );
}

/** The note on them; none for files that hapair rendered. */
export function remarkAdditions(nodes: readonly NamedNode[], notes: NoteList): void {
  const added = ADDITIONS.filter(({ has }) => !nodes.every(has));
  if (added.length === 0) return;
  notes.add({
    kind: "changed",
    message: `hapair adds: ${added.map(({ text }) => text).join("; ")}.`,
    keywords: added.flatMap(({ keywords }) => keywords),
  });
}
