// A gateway with two legs for the examples of rules about sync groups: OUTSIDE on eth0 and INSIDE on eth1, each with an address.

import { exampleBlock } from "./example-block.ts";

const GROUP = exampleBlock("vrrp_sync_group GATEWAY", ["group {", "    OUTSIDE", "    INSIDE", "}"]);

/** keepalived.conf of one node, with the priorities of both legs; `grouped`: whether the sync group is there. */
export function exampleGateway(
  priorities: { readonly outside: number; readonly inside: number },
  grouped = true,
): string {
  return [
    ...(grouped ? [GROUP] : []),
    leg("OUTSIDE", ["interface eth0", "virtual_router_id 50", `priority ${priorities.outside}`], "192.0.2.10"),
    leg("INSIDE", ["interface eth1", "virtual_router_id 52", `priority ${priorities.inside}`], "198.51.100.10"),
  ].join("\n");
}

function leg(name: string, lines: readonly string[], address: string): string {
  return exampleBlock(`vrrp_instance ${name}`, [
    "state BACKUP",
    ...lines,
    "authentication {",
    "    auth_type PASS",
    "    auth_pass s3cret42",
    "}",
    "virtual_ipaddress {",
    `    ${address}/32`,
    "}",
  ]);
}
