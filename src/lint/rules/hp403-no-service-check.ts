// HP403: nothing moves the VIP but the death of the node. One finding a node, however many instances it has.

import { sentenceList } from "../../base/index.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { isUnfilled, lostTrackLines, watchesSomething } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP403",
  name: "no-service-check",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "an instance that watches nothing but the node itself",
  explanation: `VRRP notices that a node or its interface is gone. It knows nothing of the service behind the address: without a track_script, track_file or track_process, HAProxy may crash, hang or refuse its configuration, and the node keeps the VIP for as long as keepalived itself runs.

A file with virtual_server blocks is left alone: there keepalived itself is the service.`,
  source: "keepalived-behaviour 3; F14",
  bad: { lb1: exampleCheck({ blocks: [], track: [] }) },
  good: { lb1: exampleCheck() },
  check: findUnwatched,
};

function* findUnwatched(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    const { instances, virtualServers } = node.configuration;
    // A check that a misplaced brace took away is told as that.
    if (virtualServers > 0 || isUnfilled(node) || lostTrackLines(node).length > 0) continue;
    const unwatched = instances.filter((instance) => !watchesSomething(node, instance));
    const [first, ...others] = unwatched;
    if (first === undefined) continue;
    const names = sentenceList(unwatched.map((instance) => instance.name));
    yield {
      message: `${node.name}: ${names} ${others.length === 0 ? "watches" : "watch"} nothing but the node itself`,
      at: inKeepalived(node, { start: first.span.start, end: first.span.start + "vrrp_instance".length }),
      consequence: `when the service dies or hangs on ${node.name}, the VIP stays there and clients get no answer`,
      advice:
        "above the instance a vrrp_script that asks the service itself (for HAProxy its health address on loopback), and its name into track_script",
      related: others.map((instance) => ({
        at: inKeepalived(node, lineOf(instance, "interface")),
        message: `${instance.name} has no check either`,
      })),
    };
  }
}
