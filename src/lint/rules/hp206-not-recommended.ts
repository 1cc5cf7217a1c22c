// HP206: values that are acceptable and not the page's recommended ones. Only for who asks.

import { judgeNumber, type ParameterName, parameterTable } from "../../model/index.ts";
import { exampleNode } from "../examples/example-instance.ts";
import { trackedScripts } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode, lineOf } from "../subject.ts";

export const rule: Rule = {
  code: "HP206",
  name: "not-recommended",
  severity: "advice",
  scope: "node",
  optional: true,
  versions: "same",
  summary: "an acceptable value that is not the page's recommended one",
  explanation: `The page recommends advert_int 1, interval 2, fall 2 and rise 1, nopreempt, and unicast. Other values in its acceptable ranges do work; this rule lists them for who wants every pair alike.

It does not ask for the page's virtual_router_id 50 and priorities 101 and 100: an id must be unlike those of other pairs on the network, and of priorities only the order counts.`,
  source: "the page's table of parameters",
  bad: { lb1: exampleNode(0).replace("interval 2", "interval 3") },
  good: { lb1: exampleNode(0, { lines: ["nopreempt"] }) },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      yield* ofScripts(node);
      yield* ofInstances(node);
    }
  },
};

function* ofScripts(node: LintedNode): Iterable<Finding> {
  for (const script of trackedScripts(node)) {
    const { name, lines } = script;
    const values = { interval: script.intervalS, fall: script.fall, rise: script.rise };
    for (const keyword of ["interval", "fall", "rise"] as const) {
      yield* ofNumber(keyword, values[keyword], {
        whose: `${node.name}: ${name}`,
        written: lines.has(keyword),
        at: inKeepalived(node, lineOf(script, keyword)),
      });
    }
  }
}

function* ofInstances(node: LintedNode): Iterable<Finding> {
  for (const instance of node.configuration.instances) {
    const whose = `${node.name}: ${instance.name}`;
    // Below a second is version 3's choice, and has its own rule.
    if (instance.advertIntervalUs >= 1_000_000) {
      yield* ofNumber("advert_int", instance.advertIntervalUs / 1_000_000, {
        whose,
        written: instance.lines.has("advert_int"),
        at: inKeepalived(node, lineOf(instance, "advert_int")),
      });
    }
    const at = inKeepalived(node, lineOf(instance));
    if (!instance.nopreemptWritten) {
      yield {
        message: `${whose} has no nopreempt, the page recommends it`,
        at,
        consequence: "where its priority is the higher one it takes the address back when it returns",
        advice: "nopreempt on every node, each with state BACKUP",
      };
    }
    if (!instance.unicastMeant) {
      yield {
        message: `${whose} speaks multicast, the page recommends unicast`,
        at,
        consequence: "adverts depend on multicast getting through, and every host of the network hears them",
        advice: "unicast_src_ip and unicast_peer on every node",
      };
    }
  }
}

interface NumberPlace {
  readonly whose: string;
  readonly written: boolean;
  readonly at: Finding["at"];
}

function* ofNumber(
  name: ParameterName,
  value: number,
  { whose, written, at }: NumberPlace,
): Iterable<Finding> {
  const parameter = parameterTable[name];
  const { recommended } = parameter.page;
  // Outside the acceptable range HP205 says it.
  if (value === Number(recommended) || judgeNumber(parameter, value) !== "fine") return;
  yield {
    message: `${whose} has ${name} ${value}${written ? "" : " (the default)"}, the page recommends ${recommended}`,
    at,
    consequence: "it works, and it is not what the page's other pairs have",
    advice: `${name} ${recommended}`,
  };
}
