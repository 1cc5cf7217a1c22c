// HP409: a check that does something about what it finds, by its line or by the text of its script.

import type { Deed } from "../checks/check-command.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { placeOfScript, readingOf, trackedScripts } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import type { LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP409",
  name: "check-acts",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "a check that stops, starts or kills keepalived or the service it looks at",
  explanation: `A check has one task: to say by its exit status how the service is. keepalived runs it every few seconds, also on the standby, and counts fall and rise from its answers.

A check that stops keepalived takes the node out of the pair for good: the check ended with keepalived, and nothing starts it again when the service is back. A check that starts the service fights with systemd and with whoever stopped it on purpose, and hides a crash loop. killall without -0 ends the service each time it runs.`,
  source: "F38",
  bad: { lb1: exampleCheck({ script: `"/bin/sh -c 'pidof haproxy || systemctl stop keepalived'"` }) },
  good: {
    lb1: exampleCheck({
      script: '"/usr/bin/curl --silent --fail --max-time 1 http://127.0.0.1:8404/healthz"',
    }),
  },
  check: findActingChecks,
};

const PROXIES = new Set(["haproxy", "nginx", "apache2", "httpd", "traefik", "envoy", "varnish", "caddy"]);

function* findActingChecks(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    for (const script of trackedScripts(node)) {
      const reading = readingOf(node, script);
      const acting = (reading?.deeds ?? []).filter((deed) => deed.act !== undefined);
      // What is done to keepalived is worst.
      const worst = acting.find((deed) => deed.act?.service === "keepalived") ?? acting[0];
      if (worst?.act === undefined) continue;
      const { verb, service } = worst.act;
      const known = service === "keepalived" || PROXIES.has(service);
      const where = reading?.through === "script" ? ` in ${reading.scriptPath ?? "its script"}` : "";
      yield {
        message: `${node.name}: the check ${script.name} runs "${worst.words.join(" ")}"${where}`,
        at: placeOfScript(node, script),
        consequence: consequenceOf(worst, verb, service, script.intervalS),
        advice:
          verb === "kill" && worst.program === "killall"
            ? "to ask whether a process exists, write killall -0; better, ask the service itself"
            : "a check that only answers by its exit status; restarting a service is systemd's work (Restart= in its unit)",
        ...(known ? {} : { severity: "warning" as const }),
      };
    }
  }
}

function consequenceOf(deed: Deed, verb: string, service: string, intervalS: number): string {
  const ends = verb === "stop" || verb === "kill" || verb === "disable" || verb === "mask" || verb === "rm";
  if (service === "keepalived") {
    return ends
      ? "keepalived is gone after it and nothing starts it again: the node is out of the pair until somebody notices, though the service may be back within a second"
      : "each time, keepalived begins anew with no result of any check: the VIP may move, and the failure is forgotten";
  }
  if (ends)
    return `every ${intervalS} s the check may end ${service} itself (${deed.program}), on the holder as well`;
  return `${service} is started behind systemd's back or against who stopped it on purpose, and a crash loop looks healthy: the VIP stays on a node that does not serve`;
}
