// HP114: the nodes of one virtual router speak different versions of VRRP.

import { examplePair } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf, type RouterMember } from "../subject.ts";

export const rule: Rule = {
  code: "HP114",
  name: "version-differs",
  severity: "error",
  scope: "pair",
  versions: "same",
  summary: "the VRRP version differs between the nodes",
  explanation:
    "A packet of the other version is refused (`wrong version`), on both sides. So each node believes to be alone, and both become MASTER. " +
    "The version comes from `version` in the instance, else from vrrp_version in global_defs, else it is 2; an IPv6 instance is 3.",
  source: "keepalived-behaviour 4 (v2 vs v3, tested), F18",
  bad: examplePair({ lines: ["version 2"] }, { lines: ["version 3"] }),
  good: examplePair({ lines: ["version 2"] }, { lines: ["version 2"] }),
  *check({ routers }) {
    for (const { members } of routers) {
      const [first, ...others] = members;
      if (first === undefined) continue;
      for (const member of others) {
        const { instance } = member;
        // A different VRID or family is told as that.
        const comparable =
          instance.family === first.instance.family &&
          instance.virtualRouterId === first.instance.virtualRouterId;
        if (!comparable || instance.version === first.instance.version) continue;
        yield {
          message: `${member.node.name} speaks VRRP version ${instance.version} in ${instance.name}, ${first.node.name} version ${first.instance.version}`,
          at: versionPlace(member),
          consequence:
            "each refuses the other's adverts: both become MASTER and hold the VIP at once; one of them may fall silent, so a capture shows one speaker",
          advice: "the same version on every node, in each instance or as vrrp_version in global_defs",
          related: [
            {
              at: versionPlace(first),
              message: `${first.node.name} speaks version ${first.instance.version}`,
            },
          ],
        };
      }
    }
  },
};

function versionPlace({ node, instance }: RouterMember) {
  const { globals } = node.configuration;
  const span = instance.lines.get("version") ?? globals.lines.get("vrrp_version");
  return inKeepalived(node, span ?? lineOf(instance));
}
