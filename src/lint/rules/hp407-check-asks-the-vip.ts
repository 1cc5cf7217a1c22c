// HP407: the check connects to the address whose place it decides.

import type { KeepalivedInstance } from "../../keepalived/index.ts";
import type { CheckReading } from "../checks/check-command.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { readingOf, groupsOf, placeOfScript, scriptsNamedBy } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import type { LintedNode, LintSubject } from "../subject.ts";
import { addressesOf } from "../facts/addresses.ts";

export const rule: Rule = {
  code: "HP407",
  name: "check-asks-the-vip",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "the check connects to the VIP itself, so it asks the holder's service from every node",
  explanation: `Only one node holds the VIP. On every other node a connection to it goes over the network to the holder, so the check says how the holder is, not how this node is. While the holder serves, every node passes. When the holder's service dies, the check fails on all nodes at once: with weight 0 all of them go to FAULT and nobody holds the VIP, with another weight all priorities change alike and nothing moves.`,
  source: "F07, F14; keepalived-behaviour 3.1, 3.5",
  bad: { lb1: exampleCheck({ script: '"/usr/bin/curl --silent --fail --max-time 1 http://192.0.2.50/"' }) },
  good: {
    lb1: exampleCheck({
      script: '"/usr/bin/curl --silent --fail --max-time 1 http://127.0.0.1:8404/healthz"',
    }),
  },
  check: findVipChecks,
};

function* findVipChecks(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    const told = new Set<string>();
    for (const instance of node.configuration.instances) {
      for (const { script, weight } of scriptsNamedBy(node, instance)) {
        const reading = readingOf(node, script);
        const vip = reading === undefined ? undefined : askedVip(reading, vipsOf(node, instance));
        if (vip === undefined || told.has(script.name)) continue;
        told.add(script.name);
        const end =
          weight === 0
            ? "all of them go to FAULT, and no node holds the VIP"
            : `the weight of ${weight} counts on all of them alike, and the VIP stays where it is`;
        yield {
          message: `${node.name}: ${script.name} asks ${vip}, the VIP of ${instance.name}${reading?.through === "script" ? ` (in ${reading.scriptPath ?? "its script"})` : ""}`,
          at: placeOfScript(node, script),
          consequence: `from a node without the VIP the question goes to the holder: when the holder's service dies, the check fails on every node at once, ${end}`,
          advice: "an address of the node's own service: one on loopback, or the node's own",
        };
      }
    }
  }
}

/** The instance's addresses and those that move with it. */
function vipsOf(node: LintedNode, instance: KeepalivedInstance): ReadonlySet<string> {
  const members = new Set(
    groupsOf(node, instance).flatMap((group) => group.members.map((member) => member.name)),
  );
  const moving = node.configuration.instances.filter((each) => each === instance || members.has(each.name));
  return new Set(moving.flatMap((each) => addressesOf(each)));
}

/** A script that looks at its own addresses first may ask the VIP only where it is: nobody knows. */
const LOOKS_AT_ADDRESSES = new Set(["ip", "ifconfig", "hostname"]);

function askedVip(reading: CheckReading, vips: ReadonlySet<string>): string | undefined {
  if (reading.deeds.some((deed) => LOOKS_AT_ADDRESSES.has(deed.program))) return undefined;
  return reading.deeds
    .filter((deed) => deed.program !== "arping")
    .map((deed) => deed.asked?.host)
    .find((host) => host !== undefined && vips.has(host));
}
