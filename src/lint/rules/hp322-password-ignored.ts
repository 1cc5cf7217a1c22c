// HP322: an authentication block that the daemon throws away, because of version 3 or strict mode.

import { authenticationPlace } from "../facts/authentication.ts";
import { exampleNode } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";

const withoutPassword = exampleNode(0, { lines: ["version 3"] }).replace(
  /^ *authentication \{[^}]*\}\n/m,
  "",
);

export const rule: Rule = {
  code: "HP322",
  name: "password-ignored",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "authentication with version 3, or in strict mode",
  explanation: `Version 3 of VRRP has no authentication: keepalived ignores the block, logs an error and runs without. The same in strict mode. Anybody on the network who sends adverts with a higher priority takes the address, as if the block were not there.

What protects a version 3 pair is unicast with check_unicast_src, and a firewall rule that lets protocol 112 in from the peers alone. From keepalived 2.4.0 on there is auth_hmac; it has to be switched on on every node at once.

An instance with IPv6 addresses is version 3 unless its block says otherwise.`,
  source: "keepalived-behaviour 4 (tested with 2.2.7), 9.9; RFC 5798 section 9; F17",
  bad: { lb1: exampleNode(0, { lines: ["version 3"] }) },
  good: { lb1: withoutPassword },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      for (const instance of node.configuration.instances) {
        if (instance.authentication === undefined || (instance.version === 2 && !instance.strict)) continue;
        const family = instance.family === 6 ? ", as IPv6 is" : "";
        const cause = instance.strict ? "it is in strict mode" : `it is version 3${family}`;
        yield {
          message: `${node.name}: ${instance.name} has no authentication in spite of its block: ${cause}`,
          at: authenticationPlace({ node, instance }),
          consequence:
            "any host that can send it adverts with a higher priority takes the address; keepalived -t fails (exit 5)",
          advice:
            "no authentication block; check_unicast_src with unicast peers, and a firewall rule that takes protocol 112 from the peers alone",
        };
      }
    }
  },
};
