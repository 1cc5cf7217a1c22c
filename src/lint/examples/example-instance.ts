// Small complete keepalived.conf texts for rules' examples: unicast, a check of its own, nothing that another rule would have to say much about.

import { blockLines, exampleBlock } from "./example-block.ts";

/** What an example has otherwise than the usual. */
export interface ExampleSettings {
  readonly state?: string;
  /** null: no such line. */
  readonly priority?: number | null;
  readonly id?: number;
  /** Further lines of the check's block, such as `weight -2`. */
  readonly script?: readonly string[];
  /** Further lines of the instance. */
  readonly lines?: readonly string[];
  /** Further blocks at the end of the file. */
  readonly blocks?: readonly string[];
}

const ADDRESSES = ["192.0.2.11", "192.0.2.12"] as const;

/** The file of lb1 (0) or lb2 (1). Without settings: BACKUP, priority 101 or 100, VRID 50. */
export function exampleNode(index: 0 | 1, settings: ExampleSettings = {}): string {
  const {
    state = "BACKUP",
    priority = 101 - index,
    id = 50,
    script = [],
    lines = [],
    blocks = [],
  } = settings;
  const instance = [
    `state ${state}`,
    "interface eth0",
    `virtual_router_id ${id}`,
    ...(priority === null ? [] : [`priority ${priority}`]),
    "advert_int 1",
    ...lines,
    `unicast_src_ip ${ADDRESSES[index]}`,
    ...blockLines("unicast_peer", [ADDRESSES[index === 0 ? 1 : 0]]),
    ...blockLines("authentication", ["auth_type PASS", "auth_pass s3cret42"]),
    ...blockLines("virtual_ipaddress", ["192.0.2.10/32"]),
    ...blockLines("track_script", ["chk_haproxy"]),
  ];
  const check = ['script "/etc/keepalived/chk_haproxy.sh"', "interval 2", "timeout 1", "fall 2", ...script];
  return [
    exampleBlock("global_defs", ["enable_script_security", "script_user root"]),
    exampleBlock("vrrp_script chk_haproxy", check),
    exampleBlock("vrrp_instance LB_VIP", instance),
    ...blocks,
  ].join("\n");
}

/** Both nodes' files, each with its own settings. */
export function examplePair(lb1: ExampleSettings = {}, lb2: ExampleSettings = {}): Record<string, string> {
  return { lb1: exampleNode(0, lb1), lb2: exampleNode(1, lb2) };
}
