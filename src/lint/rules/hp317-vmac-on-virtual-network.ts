// HP317: use_vmac, which most virtual networks and many switches' port security do not carry. Asked for only by its code.

import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf } from "../subject.ts";

export const rule: Rule = {
  code: "HP317",
  name: "vmac-on-virtual-network",
  severity: "advice",
  scope: "node",
  optional: true,
  versions: "same",
  summary: "use_vmac needs a network that lets a node use a second MAC address",
  explanation: [
    "With use_vmac the VIP has a MAC address of its own (00:00:5e:00:01:VRID) that moves with it, so no neighbour has to learn a new one. Hypervisors drop frames from and to addresses they did not give out, unless MAC changes, forged transmits and promiscuous mode are allowed on the port; clouds never allow it.",
    "No file says on what network a node is, so this is asked for only by its code or with --all.",
  ].join("\n\n"),
  source: "F33",
  bad: { lb1: exampleFile({ lines: ["use_vmac"] }) },
  good: { lb1: exampleFile() },
  *check({ routers }) {
    for (const { node, instance } of routers.flatMap((router) => router.members)) {
      if (!instance.useVmac) continue;
      yield {
        message: `${node.name}: ${instance.name} uses a MAC address of its own (use_vmac)`,
        at: inKeepalived(node, lineOf(instance, "use_vmac")),
        consequence:
          "on a virtual machine whose port allows no second MAC address the VIP cannot be reached, and with multicast the nodes may not hear each other: both become MASTER",
        advice:
          "no use_vmac, on any node; or allow MAC changes, forged transmits and promiscuous mode on the nodes' ports",
      };
    }
  },
};
