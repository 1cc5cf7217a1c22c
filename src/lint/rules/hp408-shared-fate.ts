// HP408: every node goes to FAULT for one and the same reason outside. Rule: only literal addresses, since a name may mean each node's own.

import { sentenceList } from "../../base/index.ts";
import type { KeepalivedScript } from "../../keepalived/index.ts";
import { type AskedAddress, isLoopback } from "../checks/check-asks.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { placeOfScript, readingOf, scriptsNamedBy } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import type { LintSubject, RouterMember, VirtualRouter } from "../subject.ts";
import { addressesOf } from "../facts/addresses.ts";

export const rule: Rule = {
  code: "HP408",
  name: "shared-fate",
  severity: "warning",
  scope: "pair",
  versions: "same",
  summary:
    "every node asks the same thing outside and goes to FAULT without it: one shared failure leaves no holder",
  explanation: `A check of weight 0 takes the node out of the election. Where every node asks the same gateway, back end or other host, the failure of that one thing takes all of them out at once: nobody holds the VIP, and clients get no answer at all instead of an error page, or of what would still work without the thing that failed.

With a weight the nodes lose the same number, and the VIP stays.`,
  source: "F07; keepalived-behaviour 3.1",
  bad: {
    lb1: exampleCheck({ script: '"/bin/ping -c 1 -W 1 192.0.2.1"', priority: 101 }),
    lb2: exampleCheck({ script: '"/bin/ping -c 1 -W 1 192.0.2.1"', priority: 100 }),
  },
  good: {
    lb1: exampleCheck({ script: '"/bin/ping -c 1 -W 1 192.0.2.1"', priority: 101, lines: ["weight -20"] }),
    lb2: exampleCheck({ script: '"/bin/ping -c 1 -W 1 192.0.2.1"', priority: 100, lines: ["weight -20"] }),
  },
  check: findSharedFates,
};

interface OutsideCheck {
  readonly script: KeepalivedScript;
  readonly target: string;
}

function* findSharedFates(subject: LintSubject): Generator<Finding> {
  const told = new Set<string>();
  for (const router of subject.routers) {
    const [first, ...others] = router.members;
    if (first === undefined || others.length === 0) continue;
    const vips = vipsOf(router);
    for (const { script, target } of outsideChecks(first, vips)) {
      const matching = others.map((member) => ({
        member,
        check: outsideChecks(member, vips).find((each) => each.target === target),
      }));
      const key = `${script.name} ${target}`;
      if (told.has(key) || matching.some(({ check }) => check === undefined)) continue;
      told.add(key);
      yield {
        message: `${sentenceList(router.members.map((member) => member.node.name))} ask ${target}, and each goes to FAULT without its answer (weight 0)`,
        at: placeOfScript(first.node, script),
        consequence: `when ${target} does not answer, every node of ${router.label} is in FAULT: nobody holds the VIP, though HAProxy may be well on all of them`,
        advice: `a weight larger than the gap between the priorities for ${script.name} (without nopreempt), or a check of the node's own service instead`,
        related: matching.flatMap(({ member, check }) =>
          check === undefined
            ? []
            : [{ at: placeOfScript(member.node, check.script), message: `${member.node.name} asks it too` }],
        ),
      };
    }
  }
}

/** The member's checks of weight 0 that ask one literal address which is neither loopback nor the VIP nor the node's own. */
function outsideChecks({ node, instance }: RouterMember, vips: ReadonlySet<string>): OutsideCheck[] {
  return scriptsNamedBy(node, instance)
    .filter(({ entry, weight, reverse }) => weight === 0 && !reverse && entry.tracked)
    .flatMap(({ script }) => {
      const reading = readingOf(node, script);
      const asked = (reading?.deeds ?? []).flatMap((deed) => deed.asked ?? []);
      const [only] = asked;
      // Several questions may be alternatives of one another.
      if (reading === undefined || only === undefined || asked.length > 1) return [];
      const target = outsideTarget(only);
      const own = target === undefined || vips.has(target) || instance.unicastSourceIp?.text === target;
      return own ? [] : [{ script, target: target + portText(only) }];
    });
}

function outsideTarget(asked: AskedAddress): string | undefined {
  return asked.literal && asked.host !== undefined && !isLoopback(asked.host) ? asked.host : undefined;
}

function portText(asked: AskedAddress): string {
  return asked.port === undefined ? "" : ` port ${asked.port}`;
}

function vipsOf(router: VirtualRouter): ReadonlySet<string> {
  return new Set(
    router.members.flatMap(({ node }) =>
      node.configuration.instances.flatMap((instance) => addressesOf(instance)),
    ),
  );
}
