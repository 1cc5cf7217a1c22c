// HP602: HAProxy is to say that no server is left, and looks at none of them. Rule: a backend that the file does not have is left alone.

import { counted } from "../../base/index.ts";
import { type CheckedServer, type HaproxyLine, readCheckedServers } from "../../haproxy/index.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { exampleHaproxy } from "../examples/example-haproxy.ts";
import type { Finding, Rule } from "../rule.ts";
import { inHaproxy, type LintedNode, type LintSubject } from "../subject.ts";

const example = (check: string): string =>
  exampleHaproxy({
    lines: ["monitor-uri /healthz", "monitor fail if { nbsrv(app) lt 1 }"],
    servers: [`app1 192.0.2.21:8080${check}`, `app2 192.0.2.22:8080${check}`],
  });

export const rule: Rule = {
  code: "HP602",
  name: "nbsrv-unchecked",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "a rule on nbsrv() or srv_is_up() over servers without check: they count as up for ever",
  explanation: `HAProxy knows the state of a server only where its line (or default-server) has check, agent-check or track. Any other one is up for ever, so nbsrv() of its backend never changes, and a rule that waits for it to fall is never true. haproxy -c accepts it.`,
  source: "F58, tested on HAProxy 2.6; HAProxy configuration manual, 5.2 check, 7.3.2 nbsrv",
  bad: { lb1: exampleCheck(), "lb1/haproxy.cfg": example("") },
  good: { lb1: exampleCheck(), "lb1/haproxy.cfg": example(" check") },
  check: findUnchecked,
};

function* findUnchecked(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    if (node.haproxy === undefined) continue;
    const servers = readCheckedServers(node.haproxy.sections).filter((server) => !server.disabled);
    for (const section of node.haproxy.sections) {
      for (const line of section.lines) {
        const finding = judge(node, line, section.name, servers);
        if (finding !== undefined) yield finding;
      }
    }
  }
}

function judge(
  node: LintedNode,
  line: HaproxyLine,
  section: string | undefined,
  servers: readonly CheckedServer[],
): Finding | undefined {
  const text = line.arguments.map((word) => word.value).join(" ");
  const [expression = "", , argument = ""] = /\b(nbsrv|srv_is_up)\(([^()]*)\)/.exec(text) ?? [];
  if (expression === "") return undefined;
  const [backend = "", name] = (argument === "" ? (section ?? "") : argument).split("/");
  const meant = servers.filter(
    (server) => server.backend === backend && (name === undefined || server.name === name),
  );
  const unchecked = meant.filter((server) => !server.checked);
  const [first] = unchecked;
  if (first === undefined) return undefined;
  const number = unchecked.reduce((sum, server) => sum + server.count, 0);
  const allUnchecked = unchecked.length === meant.length;
  // A backend that has both falls, but never below the servers that nobody looks at.
  if (!allUnchecked && !waitsForFewer(text, expression, number)) return undefined;
  return {
    message: allUnchecked
      ? `${node.name}: ${expression} never changes, since ${name === undefined ? `no server of ${backend} has` : `${backend}/${name} has no`} check`
      : `${node.name}: ${expression} never falls below ${number}, since ${counted(number, "server")} of ${backend} ${number === 1 ? "has" : "have"} no check`,
    at: inHaproxy(node, line.span),
    consequence: `HAProxy takes an unchecked server for up whatever happens to it: the rule "${line.keyword.value} ..." never sees ${backend} die`,
    advice: "check at the end of the server lines, or default-server check above them",
    related: [{ at: inHaproxy(node, first.span), message: `${first.name} has no check` }],
  };
}

/** Whether the condition asks for at most so few servers that the unchecked ones alone keep it false. */
function waitsForFewer(text: string, expression: string, unchecked: number): boolean {
  const behind = text.slice(text.indexOf(expression) + expression.length).trim();
  const [, operator = "eq", value] = /^(?:(lt|le|eq)\s+)?(\d+)/.exec(behind) ?? [];
  if (value === undefined) return false;
  return operator === "lt" ? Number(value) <= unchecked : Number(value) < unchecked;
}
