// HP323: a version 2 router whose nodes take adverts from anybody.

import { authenticationInForce } from "../facts/authentication.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf } from "../subject.ts";

const pair = examplePair();

export const rule: Rule = {
  code: "HP323",
  name: "password-missing",
  severity: "advice",
  scope: "node",
  versions: "same",
  summary: "version 2 without authentication",
  explanation: `Without authentication a node takes adverts from whoever sends some with its VRID. The usual accident is a second pair, set up from the same tutorial with the same id on the same network: the two pairs take each other's addresses away.

auth_type PASS keeps such strangers out. It is no protection against an attacker, since the password travels in clear text.`,
  source: "the page's table of parameters (auth_type PASS, always enable); keepalived-behaviour 4; F13, F17",
  bad: Object.fromEntries(Object.entries(pair).map(([name, text]) => [name, withoutBlock(text)])),
  good: pair,
  check: function* ({ routers }) {
    for (const { members } of routers) {
      // Where one node has a password and another has none, or lost it, that is the finding.
      const open = members.every(
        ({ instance }) =>
          instance.version === 2 &&
          instance.virtualRouterId !== undefined &&
          !instance.strict &&
          authenticationInForce(instance) === undefined &&
          !instance.lines.has("authentication"),
      );
      const [first, ...others] = members;
      if (!open || first === undefined) continue;
      const { node, instance } = first;
      yield {
        message: `${node.name}: ${instance.name} has no authentication`,
        at: inKeepalived(node, lineOf(instance, "virtual_router_id")),
        consequence: `any host that sends adverts with VRID ${instance.virtualRouterId} and a higher priority takes the address, also by mistake`,
        advice:
          "on every node: authentication with auth_type PASS on one line and auth_pass, 1 to 8 bytes, on the next",
        related: others.map((other) => ({
          at: inKeepalived(other.node, lineOf(other.instance, "virtual_router_id")),
          message: `${other.node.name} has none either`,
        })),
      };
    }
  },
};

function withoutBlock(text: string): string {
  return text.replace(/^ *authentication \{[^}]*\}\n/m, "");
}
