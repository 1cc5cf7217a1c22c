// HP325: auth_type AH, which few things but keepalived itself still speak.

import { authenticationLinePlace } from "../facts/authentication.ts";
import { OWNER_PRIORITY } from "../facts/effective-priority.ts";
import { exampleNode } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";

export const rule: Rule = {
  code: "HP325",
  name: "auth-ah",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "auth_type AH",
  explanation: `With auth_type AH keepalived wraps its adverts in IPsec authentication headers: they travel as IP protocol 51, and a firewall that lets VRRP's protocol 112 through drops them. Sequence numbers are part of it; with three or more unicast nodes they get out of step and adverts are refused.

A node has to hear the others' sequence number before it may speak, so keepalived takes state MASTER away. The type was removed from the standard in 2004 because it protects nothing: whoever can send packets on the network can disturb VRRP anyway.`,
  source: "keepalived-behaviour 4; RFC 3768 section 10; F17",
  bad: { lb1: exampleNode(0).replace("auth_type PASS", "auth_type AH") },
  good: { lb1: exampleNode(0) },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      for (const instance of node.configuration.instances) {
        const { authentication, version, strict, priority } = instance;
        if (authentication?.type !== "AH" || version === 3 || strict) continue;
        const cleared = instance.stateWritten === "MASTER" && priority !== OWNER_PRIORITY;
        yield {
          message: `${node.name}: ${instance.name} has auth_type AH${cleared ? ", and keepalived takes its state MASTER away" : ""}`,
          at: authenticationLinePlace({ node, instance }, "auth_type"),
          consequence: `adverts travel as IP protocol 51: a firewall that is open for VRRP (112) drops them, and then every node holds the address${cleared ? "; keepalived -t fails (exit 5)" : ""}`,
          advice:
            "auth_type PASS on every node, changed on all at once: nodes of different types refuse each other",
        };
      }
    }
  },
};
