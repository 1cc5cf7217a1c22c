// HP601: HAProxy binds the VIP on a node that does not have it.

import { exampleCheck } from "../examples/example-check.ts";
import { exampleHaproxy } from "../examples/example-haproxy.ts";
import type { Finding, Rule } from "../rule.ts";
import { inHaproxy, type LintSubject } from "../subject.ts";
import { virtualAddresses } from "../facts/addresses.ts";

export const rule: Rule = {
  code: "HP601",
  name: "haproxy-cannot-bind",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "haproxy.cfg binds the VIP, and a node without the VIP may not",
  explanation: `A process may bind an address only where the machine has it. On the standby the VIP is missing, so HAProxy does not start there ("cannot bind socket: Cannot assign requested address"), and the check of keepalived fails: no HAProxy without the VIP, no VIP without HAProxy. haproxy -c says nothing.

net.ipv4.ip_nonlocal_bind = 1 (and net.ipv6.ip_nonlocal_bind) allows it for the whole machine, transparent on the bind line for that one, and bind *:80 does not need it. Where nobody says how the setting is, this is a warning.`,
  source: "F08, tested on HAProxy 2.6; HAProxy configuration manual, 5.1 transparent",
  bad: { lb1: exampleCheck(), "lb1/haproxy.cfg": exampleHaproxy({ bind: "192.0.2.50:80" }) },
  good: { lb1: exampleCheck(), "lb1/haproxy.cfg": exampleHaproxy({ bind: "192.0.2.50:80 transparent" }) },
  check: findUnboundVips,
};

function* findUnboundVips(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    const { haproxy, configuration, surroundings } = node;
    if (haproxy === undefined || surroundings.nonlocalBind === "on") continue;
    const vips = new Map(
      configuration.instances.flatMap((instance) =>
        virtualAddresses(instance).map((vip) => [vip.address.text, instance.name] as const),
      ),
    );
    for (const frontend of haproxy.frontends) {
      for (const bind of frontend.binds) {
        const owner = vips.get(bind.address);
        if (owner === undefined || bind.transparent) continue;
        const setting = `net.ipv${bind.family}.ip_nonlocal_bind`;
        const off = surroundings.nonlocalBind === "off";
        yield {
          message: `${node.name}: ${frontend.name} binds ${bind.address} port ${bind.port}, the VIP of ${owner}, and ${setting} ${off ? "is 0" : "is not known to be 1"}`,
          at: inHaproxy(node, bind.span),
          consequence: `${off ? "HAProxy" : "with 0, HAProxy"} does not start on ${node.name} while the VIP is elsewhere ("cannot bind socket"), and after a failover nothing serves there`,
          advice: `${setting} = 1 into a file below /etc/sysctl.d, on every node; or bind *:${bind.port}; or transparent behind the address`,
          ...(off ? {} : { severity: "warning" as const }),
        };
      }
    }
  }
}
