// HP205: numbers that keepalived takes and the page does not. The pair.yaml loader has the same finding under the same code.

import type { KeepalivedScript } from "../../keepalived/index.ts";
import { judgeNumber, type ParameterName, parameterTable, profileTable } from "../../model/index.ts";
import { secondsText, skewUs, totalText } from "../facts/detection-time.ts";
import { exampleNode } from "../examples/example-instance.ts";
import { trackedScripts } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode, lineOf, type LintSubject, type RouterMember } from "../subject.ts";

export const rule: Rule = {
  code: "HP205",
  name: "outside-acceptable",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "a value that keepalived takes, outside the page's acceptable range",
  explanation: `The page allows advert_int of 1 to 3 s, interval of 1 to 5 s, and fall and rise of 1 to 10. keepalived takes far more. The page's ranges are a policy: inside them a pair neither reacts to every hiccup nor lets its clients wait.

The \`fast\` profile's advert_int of 0.1 s in version 3 is a choice of its own and not reported. Priority 255 is HP105's.`,
  source: "the page's table of parameters; keepalived-behaviour section 5",
  bad: { lb1: exampleNode(0).replace("fall 2", "fall 1").replace("interval 2", "interval 6") },
  good: { lb1: exampleNode(0) },
  check: function* (subject) {
    for (const node of subject.nodes) {
      for (const instance of node.configuration.instances) yield* advertInterval({ node, instance }, subject);
      for (const script of trackedScripts(node)) yield* scriptNumbers(node, script);
    }
  },
};

function* advertInterval(member: RouterMember, { promisedServiceHangMs }: LintSubject): Iterable<Finding> {
  const { node, instance } = member;
  const { version, advertIntervalUs, downTimerAdverts, priority } = instance;
  const seconds = advertIntervalUs / 1_000_000;
  const isFast = version === 3 && advertIntervalUs === profileTable.fast.advertIntervalUs[3];
  // A pair's file has been asked already, and knows whether a short interval is its profile's.
  const isPairFiles = promisedServiceHangMs !== undefined && seconds < 1;
  if (isFast || isPairFiles || !isOutside("advert_int", seconds)) return;
  const skew = skewUs(priority, instance);
  const total = totalText(downTimerAdverts * advertIntervalUs + skew);
  const wait = `${downTimerAdverts} × ${secondsText(advertIntervalUs)} + ${secondsText(skew)} = up to ${total}`;
  yield finding(member.node, "advert_int", {
    value: seconds,
    of: instance.name,
    at: inKeepalived(node, lineOf(instance, "advert_int")),
    consequence:
      seconds < 1
        ? `a standby that hears nothing for ${wait} takes over: short hiccups of the network or the node move the address`
        : `this node takes over from a dead one after ${wait}`,
  });
}

function* scriptNumbers(node: LintedNode, script: KeepalivedScript): Iterable<Finding> {
  const { intervalS, fall, rise } = script;
  const numbers = [
    {
      name: "interval",
      value: intervalS,
      consequence: `a service that is gone is noticed after ${fall} × ${intervalS} s = up to ${fall * intervalS} s`,
    },
    {
      name: "fall",
      value: fall,
      consequence: `${fall} checks in a row must fail before the address moves: ${fall} × ${intervalS} s = up to ${fall * intervalS} s`,
    },
    {
      name: "rise",
      value: rise,
      consequence: `a node whose service is back counts as well after ${rise} × ${intervalS} s = up to ${rise * intervalS} s, and is no standby until then`,
    },
  ] as const;
  for (const { name, value, consequence } of numbers) {
    if (!isOutside(name, value)) continue;
    yield finding(node, name, {
      value,
      of: script.name,
      at: inKeepalived(node, lineOf(script, name)),
      consequence,
    });
  }
}

function isOutside(name: ParameterName, value: number): boolean {
  return judgeNumber(parameterTable[name], value) === "outside-acceptable";
}

interface OutsideValue {
  readonly value: number;
  /** The instance or script it belongs to. */
  readonly of: string;
  readonly at: Finding["at"];
  readonly consequence: string;
}

function finding(
  node: LintedNode,
  name: ParameterName,
  { value, of, at, consequence }: OutsideValue,
): Finding {
  const { acceptable, recommended } = parameterTable[name].page;
  return {
    message: `${node.name}: ${of} has ${name} ${value}: keepalived takes it, the page's acceptable range is ${acceptable} (recommended ${recommended})`,
    at,
    consequence,
    advice: `${name} ${recommended}`,
  };
}
