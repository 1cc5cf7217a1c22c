// HP320: an auth_pass of which keepalived uses the beginning only.

import { authenticationInForce, authenticationPlace, PASSWORD_BYTES } from "../facts/authentication.ts";
import { isTemplate } from "../facts/template.ts";
import { exampleNode } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";

export const rule: Rule = {
  code: "HP320",
  name: "password-truncated",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "auth_pass has more than 8 bytes",
  explanation: `A version 2 advert has room for 8 bytes of password. keepalived cuts a longer auth_pass, logs an error and runs. Two passwords that differ only behind the eighth byte are the same password; and a device of another make, or a colleague who "corrects" one node, may cut it elsewhere.

Bytes count, not characters: a letter outside ASCII takes two or more.`,
  source: "keepalived-behaviour 4 and section 5 (tested with 2.2.7); F17",
  bad: { lb1: exampleNode(0).replace(/auth_pass .*/, "auth_pass correcthorsebattery") },
  good: { lb1: exampleNode(0).replace(/auth_pass .*/, "auth_pass corrhors") },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      for (const instance of node.configuration.instances) {
        const { byteLength = 0 } = authenticationInForce(instance)?.password ?? {};
        if (byteLength <= PASSWORD_BYTES || isTemplate(node)) continue;
        yield {
          message: `${node.name}: the auth_pass of ${instance.name} has ${byteLength} bytes, keepalived uses the first ${PASSWORD_BYTES}`,
          at: authenticationPlace({ node, instance }),
          consequence:
            "the password is shorter than it looks, and another that begins like it counts as the same; keepalived -t fails (exit 5)",
          advice: `an auth_pass of at most ${PASSWORD_BYTES} bytes, the same on every node; its first ${PASSWORD_BYTES} bytes are the password that is used now`,
        };
      }
    }
  },
};
