// HP202: an advert_int with a fraction in version 2, which counts whole seconds.

import { secondsText, skewUs, totalText } from "../detection-time.ts";
import { writtenValue } from "../effective-priority.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type RouterMember } from "../subject.ts";

const file = (globals: string, advertInterval: string): string => `${globals}vrrp_instance VI_1 {
    state BACKUP
    interface ens192
    virtual_router_id 50
    priority 101
    advert_int ${advertInterval}
    virtual_ipaddress {
        192.0.2.10/32
    }
}
`;

export const rule: Rule = {
  code: "HP202",
  name: "advert-int-fraction",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "advert_int has a fraction of a second, and the instance is version 2",
  explanation: `The field for the interval in a version 2 advert holds whole seconds. keepalived rounds a fraction, 0.5 s to 1 s and 1.5 s to 2 s, logs an error and runs. Who wrote a fraction wanted a quick takeover and does not get it.

Version 3 counts in hundredths of a second. It has to be set on every node, because nodes of different versions do not hear each other.`,
  source: "keepalived-behaviour section 5 and 9.11 (tested with 2.2.7); RFC 3768 section 5.3.7",
  bad: { lb1: file("", "0.5") },
  good: { lb1: file("global_defs {\n    vrrp_version 3\n}\n\n", "0.5") },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      for (const instance of node.configuration.instances) yield* fraction({ node, instance });
    }
  },
};

const PLAIN_NUMBER = /^\d*\.\d+$/;

function* fraction(member: RouterMember): Iterable<Finding> {
  const { node, instance } = member;
  const written = writtenValue(member, "advert_int");
  if (instance.version !== 2 || written === undefined || !PLAIN_NUMBER.test(written)) return;
  const wantedS = Number(written);
  // Beyond its range keepalived takes the default, and that is another mistake.
  if (Number.isInteger(wantedS) || wantedS < 0.01 || wantedS > 255) return;
  const used = secondsText(instance.advertIntervalUs);
  const adverts = instance.downTimerAdverts;
  const skew = skewUs(instance.priority, instance);
  const takeover = totalText(adverts * instance.advertIntervalUs + skew);
  const at = inKeepalived(node, lineOf(instance, "advert_int"));
  yield {
    message: `${node.name}: advert_int ${written} with version 2 becomes ${used}: version 2 counts whole seconds`,
    at,
    consequence: `this node takes over from a dead one after ${adverts} × ${used} + ${secondsText(skew)} = up to ${takeover}, not after ${adverts} × ${written} s`,
    advice: `advert_int ${instance.advertIntervalUs / 1_000_000}, or version 3 on every node`,
  };
}
