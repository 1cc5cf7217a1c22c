// A complete keepalived.conf for the rules' examples: sound in everything but what the rule is about.
// Rule: a good example of one rule has no error of any other.

import { blockLines } from "./example-block.ts";

/** What an example says otherwise than the sound file does. */
export interface ExampleValues {
  readonly priority?: number;
  readonly interface?: string;
  /** Empty: no unicast_src_ip line. */
  readonly source?: string;
  /** Empty: no unicast_peer block, so multicast. */
  readonly peers?: readonly string[];
  /** Lines of virtual_ipaddress. */
  readonly vips?: readonly string[];
  /** Lines of virtual_ipaddress_excluded. */
  readonly excluded?: readonly string[];
  /** Further lines of the instance. */
  readonly lines?: readonly string[];
  /** Further lines of global_defs. */
  readonly globals?: readonly string[];
  /** Blocks before the instance. */
  readonly before?: readonly string[];
}

/** keepalived.conf of lb1 (192.0.2.11, with 192.0.2.12 as its peer), or of another node by `values`. */
export function exampleFile(values: ExampleValues = {}): string {
  const { priority = 101, source = "192.0.2.11", peers = ["192.0.2.12"], vips = ["192.0.2.50/32"] } = values;
  const { excluded = [], lines = [], globals = [], before = [] } = values;
  return [
    ...blockLines("global_defs", ["enable_script_security", "script_user root", ...globals]),
    ...before,
    ...blockLines("vrrp_script chk_haproxy", [
      'script "/usr/bin/curl -fs -m 1 http://127.0.0.1:8404/health"',
      "interval 2",
      "timeout 2",
      "fall 2",
    ]),
    ...blockLines("vrrp_instance VI_1", [
      "state BACKUP",
      `interface ${values.interface ?? "eth0"}`,
      "virtual_router_id 50",
      `priority ${priority}`,
      "advert_int 1",
      "nopreempt",
      ...(source === "" ? [] : [`unicast_src_ip ${source}`]),
      ...(peers.length === 0 ? [] : [...blockLines("unicast_peer", peers), "check_unicast_src"]),
      ...lines,
      ...blockLines("authentication", ["auth_type PASS", "auth_pass k7Qw2zPa"]),
      ...blockLines("virtual_ipaddress", vips),
      ...(excluded.length === 0 ? [] : blockLines("virtual_ipaddress_excluded", excluded)),
      ...blockLines("track_script", ["chk_haproxy"]),
    ]),
    "",
  ].join("\n");
}

/** keepalived.conf of lb2, the other node of `exampleFile()`. */
export function otherExampleFile(values: ExampleValues = {}): string {
  return exampleFile({ priority: 100, source: "192.0.2.12", peers: ["192.0.2.11"], ...values });
}
