// The file of a node with one check, for the examples of rules about checks. Small on purpose: a reader sees the check and what tracks it.

import { blockLines } from "./example-block.ts";

export interface ExampleCheck {
  /** What stands behind `script`, with its quotes. */
  readonly script?: string;
  /** Further lines of the vrrp_script block. */
  readonly lines?: readonly string[];
  readonly priority?: number;
  /** Blocks in place of the vrrp_script block. */
  readonly blocks?: readonly string[];
  /** What the instance tracks; by default the one check. */
  readonly track?: readonly string[];
}

/** keepalived.conf with the instance `web` (VRID 50, 192.0.2.50/32) that tracks the check `chk_haproxy`. */
export function exampleCheck(values: ExampleCheck = {}): string {
  const { script = '"/etc/keepalived/chk_haproxy.sh"', lines = [], priority = 101 } = values;
  const check = blockLines("vrrp_script chk_haproxy", [`script ${script}`, "interval 2", "fall 2", ...lines]);
  const track = values.track ?? blockLines("track_script", ["chk_haproxy"]);
  const instance = [
    "state BACKUP",
    "interface eth0",
    "virtual_router_id 50",
    `priority ${priority}`,
    ...blockLines("virtual_ipaddress", ["192.0.2.50/32"]),
    ...track,
  ];
  return [...(values.blocks ?? check), ...blockLines("vrrp_instance web", instance), ""].join("\n");
}
