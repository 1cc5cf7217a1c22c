// HP202: an advert_int with a fraction in version 2, which counts whole seconds.

import { argumentsOf, blocksNamed, statementsIn } from "../../keepalived/index.ts";
import { secondsText, skewUs, totalText } from "../facts/detection-time.ts";
import { exampleNode } from "../examples/example-instance.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode, type RouterMember } from "../subject.ts";

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
  bad: { lb1: exampleNode(0).replace("advert_int 1", "advert_int 0.5") },
  good: { lb1: exampleNode(0) },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      const written = writtenIntervals(node);
      for (const instance of node.configuration.instances) {
        yield* fraction({ node, instance }, written.get(instance.name) ?? "");
      }
    }
  },
};

const PLAIN_NUMBER = /^\d*\.\d+$/;

/** By instance: what stands behind its last advert_int, definitions replaced. */
function writtenIntervals({ configuration }: LintedNode): ReadonlyMap<string, string> {
  const intervals = new Map<string, string>();
  for (const { header, items } of blocksNamed(configuration.tree.items, "vrrp_instance")) {
    const name = header === undefined ? undefined : argumentsOf(header)[0]?.value;
    if (name === undefined || intervals.has(name)) continue;
    const line = statementsIn(items).findLast((each) => each.keyword.value === "advert_int");
    intervals.set(name, line === undefined ? "" : (argumentsOf(line)[0]?.value ?? ""));
  }
  return intervals;
}

function* fraction({ node, instance }: RouterMember, written: string): Iterable<Finding> {
  const span = instance.lines.get("advert_int");
  if (instance.version !== 2 || span === undefined || !PLAIN_NUMBER.test(written)) return;
  const wantedS = Number(written);
  // Beyond its range keepalived takes the default, and that is another mistake.
  if (Number.isInteger(wantedS) || wantedS < 0.01 || wantedS > 255) return;
  const used = secondsText(instance.advertIntervalUs);
  const adverts = instance.downTimerAdverts;
  const skew = skewUs(instance.priority, instance);
  const takeover = totalText(adverts * instance.advertIntervalUs + skew);
  yield {
    message: `${node.name}: advert_int ${written} with version 2 becomes ${used}: version 2 counts whole seconds`,
    at: inKeepalived(node, span),
    consequence: `this node takes over from a dead one after ${adverts} × ${used} + ${secondsText(skew)} = up to ${takeover}, not after ${adverts} × ${written} s`,
    advice: `advert_int ${instance.advertIntervalUs / 1_000_000}, or version 3 on every node`,
  };
}
