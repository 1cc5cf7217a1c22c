// HP603: two nodes that answer for one address and do not answer alike. One finding a pair of nodes: the first line that differs.

import { shortened } from "../../base/index.ts";
import { positionAt } from "../../diagnostics/index.ts";
import type { HaproxyLine, HaproxySection } from "../../haproxy/index.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { exampleHaproxy } from "../examples/example-haproxy.ts";
import { type HaproxyDifference, haproxyDifference } from "../facts/haproxy-difference.ts";
import type { Finding, Rule } from "../rule.ts";
import { inHaproxy, type LintedNode, type LintSubject, type Place } from "../subject.ts";

export const rule: Rule = {
  code: "HP603",
  name: "haproxy-differs",
  severity: "warning",
  scope: "pair",
  versions: "same",
  summary: "haproxy.cfg differs between the nodes beyond the node's own name and address",
  explanation: `After a failover the other node answers with its own haproxy.cfg. What was changed on one node alone, a back end or a certificate, is missing there just when it is needed, and nobody sees it before.

Comments, blanks, the order of the sections, the node's name, its own addresses in bind lines and what belongs to the machine (node, localpeer, nbthread, maxconn of global) make no difference here.`,
  source: "F31",
  bad: {
    lb1: exampleCheck(),
    "lb1/haproxy.cfg": exampleHaproxy(),
    lb2: exampleCheck({ priority: 100 }),
    "lb2/haproxy.cfg": exampleHaproxy({ servers: ["app1 192.0.2.21:8000 check"] }),
  },
  good: {
    lb1: exampleCheck(),
    "lb1/haproxy.cfg": exampleHaproxy(),
    lb2: exampleCheck({ priority: 100 }),
    "lb2/haproxy.cfg": `# of lb2\n${exampleHaproxy()}`,
  },
  check: findDifferences,
};

function* findDifferences(subject: LintSubject): Generator<Finding> {
  const [first, ...others] = subject.nodes.filter((node) => node.haproxy !== undefined);
  if (first === undefined) return;
  for (const other of others) {
    const difference = haproxyDifference(first, other);
    if (difference !== undefined) yield tell(first, other, difference);
  }
}

function tell(left: LintedNode, right: LintedNode, difference: HaproxyDifference): Finding {
  const { section, leftSection, rightSection } = difference;
  if (leftSection === undefined || rightSection === undefined) {
    const [having, lacking] = leftSection === undefined ? [right, left] : [left, right];
    const only = leftSection ?? rightSection;
    return {
      message: `haproxy.cfg differs: ${having.name} has a section ${section}, ${lacking.name} has none`,
      at: only === undefined ? inHaproxy(having, { start: 0, end: 0 }) : placeIn(having, only, undefined),
      consequence: `while ${lacking.name} holds the VIP, what ${section} does on ${having.name} is missing`,
      advice: ADVICE,
    };
  }
  const here = placeIn(right, rightSection, difference.right);
  const there = placeIn(left, leftSection, difference.left);
  const own = said(right, difference.right);
  const others = said(left, difference.left);
  return {
    message: `haproxy.cfg differs in ${section}: ${left.name} ${others}, ${right.name} ${own}`,
    at: here,
    consequence: `after a failover ${right.name} serves otherwise than ${left.name} did`,
    advice: ADVICE,
    related: [{ at: there, message: `${left.name} ${others}` }],
  };
}

/** The line, or the keyword of the section where the node has no such line. */
function placeIn(node: LintedNode, section: HaproxySection, line: HaproxyLine | undefined): Place {
  const { start } = section.span;
  return inHaproxy(node, line?.span ?? { start, end: start + section.kind.length });
}

const ADVICE =
  "one haproxy.cfg for all nodes, with * or the VIPs behind bind, so that no line needs a node's own address";

const SHOWN_MAX = 60;
/** Lines that may hold a password are not shown. */
const SECRET = /password|auth|\buser\b|crt|key|token|cookie/i;

function said(node: LintedNode, line: HaproxyLine | undefined): string {
  if (line === undefined) return "has a line less";
  const text = node.haproxy?.source.text.slice(line.span.start, line.span.end) ?? "";
  const number = node.haproxy === undefined ? 0 : positionAt(node.haproxy.source, line.span.start).line;
  if (SECRET.test(text)) return `has another ${line.keyword.value} in line ${number}`;
  return `has "${shortened(text, SHOWN_MAX)}" in line ${number}`;
}
