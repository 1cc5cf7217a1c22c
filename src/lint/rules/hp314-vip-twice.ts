// HP314: one virtual address in two instances of a node that may be MASTER apart from each other.

import type { KeepalivedInstance, VirtualIpaddress } from "../../keepalived/index.ts";
import { exampleBlock } from "../examples/example-block.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode } from "../subject.ts";
import { virtualAddresses } from "../facts/addresses.ts";

export const rule: Rule = {
  code: "HP314",
  name: "vip-twice",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "one VIP in two instances of a node",
  explanation: [
    "An address is on the interface once, whoever put it there. The instance that stops being MASTER takes it away, also from under the other one. keepalived notices that an address of a MASTER is gone: that instance goes to BACKUP, and elects again.",
    "Instances of one sync group move together, so there it is no mistake.",
  ].join("\n\n"),
  source: "keepalived-behaviour 1.4 (one of its VIPs deleted by someone)",
  bad: { lb1: twoInstances("192.0.2.50/32") },
  good: { lb1: twoInstances("192.0.2.51/32") },
  *check({ nodes }) {
    for (const node of nodes) yield* findingsOf(node);
  },
};

function twoInstances(vip: string): string {
  return (
    exampleFile() +
    exampleBlock("vrrp_instance VI_2", [
      "state BACKUP",
      "interface eth0",
      "virtual_router_id 51",
      "priority 100",
      "nopreempt",
      "unicast_src_ip 192.0.2.11",
      "unicast_peer {",
      "    192.0.2.12",
      "}",
      "check_unicast_src",
      "authentication {",
      "    auth_type PASS",
      "    auth_pass k7Qw2zPa",
      "}",
      "virtual_ipaddress {",
      `    ${vip}`,
      "}",
      "track_script {",
      "    chk_haproxy",
      "}",
    ])
  );
}

interface HeldAddress {
  readonly instance: KeepalivedInstance;
  readonly vip: VirtualIpaddress;
}

function* findingsOf(node: LintedNode): Generator<Finding> {
  const running = node.configuration.instances.filter(
    (each) => each.virtualRouterId !== undefined && each.interface !== undefined,
  );
  const held = new Map<string, HeldAddress>();
  for (const instance of running) {
    const vips = virtualAddresses(instance);
    for (const vip of vips) {
      const key = `${vip.address.text} ${vip.device ?? instance.interface}`;
      const other = held.get(key);
      if (other === undefined) {
        held.set(key, { instance, vip });
      } else if (other.instance !== instance && !moveTogether(node, other.instance, instance)) {
        yield {
          message: `${node.name}: ${vip.address.text} is in ${other.instance.name} and in ${instance.name}`,
          at: inKeepalived(node, vip.span),
          consequence: `whichever of the two leaves MASTER takes the address away from the other, which then elects again: the VIP goes back and forth`,
          advice: `${vip.address.text} into one of them alone, on every node; or both into one vrrp_sync_group`,
          related: [
            { at: inKeepalived(node, other.vip.span), message: `${other.instance.name} has it here` },
          ],
        };
      }
    }
  }
}

function moveTogether(
  { configuration }: LintedNode,
  one: KeepalivedInstance,
  other: KeepalivedInstance,
): boolean {
  return configuration.syncGroups.some(({ members }) =>
    [one, other].every((instance) => members.some((member) => member.name === instance.name)),
  );
}
