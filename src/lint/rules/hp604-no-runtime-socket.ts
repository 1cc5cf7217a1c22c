// HP604: nothing can ask HAProxy what it is doing.

import { exampleCheck } from "../examples/example-check.ts";
import { EXAMPLE_SOCKET, exampleHaproxy } from "../examples/example-haproxy.ts";
import type { Finding, Rule } from "../rule.ts";
import { inHaproxy, type LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP604",
  name: "no-runtime-socket",
  severity: "advice",
  scope: "node",
  versions: "same",
  summary: "no stats socket in haproxy.cfg: nothing can see inside HAProxy",
  explanation: `Through the runtime socket HAProxy tells which servers are up, how many sessions it has and since when it runs, and takes orders (drain a server, say) without a reload. Without it, a check can ask only whether a port answers, and a planned switchover cannot wait for sessions to end.`,
  source: "HAProxy management guide, 9.3; F14, F30",
  bad: { lb1: exampleCheck(), "lb1/haproxy.cfg": exampleHaproxy({ globals: ["maxconn 4000"] }) },
  good: {
    lb1: exampleCheck(),
    "lb1/haproxy.cfg": exampleHaproxy({ globals: ["maxconn 4000", EXAMPLE_SOCKET] }),
  },
  check: findUnseen,
};

function* findUnseen(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    const sections = node.haproxy?.sections ?? [];
    const [first] = sections;
    const globals = sections.filter((section) => section.kind === "global");
    const has = globals.some((section) =>
      section.lines.some((line) => line.keyword.value === "stats" && line.arguments[0]?.value === "socket"),
    );
    if (first === undefined || has) continue;
    const { start } = (globals[0] ?? first).span;
    yield {
      message: `${node.name}: HAProxy has no runtime socket (no stats socket in global)`,
      at: inHaproxy(node, { start, end: start + (globals[0] ?? first).kind.length }),
      consequence: "nothing can ask it for the state of its servers, or take one out without a reload",
      advice: "stats socket /run/haproxy/admin.sock mode 660 level admin in the global section",
    };
  }
}
