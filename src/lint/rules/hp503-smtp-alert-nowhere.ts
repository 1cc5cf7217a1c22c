// HP503: alerts by mail that have nowhere to go.

import { exampleNode } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, type LintedNode, type Place } from "../subject.ts";

const mail = `    notification_email {
        ops@example.net
    }
    smtp_server 192.0.2.25
`;

const alerting = exampleNode(0, { lines: ["smtp_alert"] });

export const rule: Rule = {
  code: "HP503",
  name: "smtp-alert-nowhere",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "smtp_alert without smtp_server or notification_email",
  explanation: `keepalived sends mail about state changes only if it has a server to give it to (smtp_server) and somebody to send it to (notification_email), both in global_defs. If one is missing it sends nothing and says nothing, in keepalived -t either.

It speaks plain SMTP, without TLS and without logging in, so the server is best a relay on the node itself.`,
  source: "keepalived-behaviour 8.5 and section 7 (tested with 2.2.7; source of 2.2.7 and 2.4.3); F35",
  bad: { lb1: alerting },
  good: { lb1: alerting.replace("global_defs {\n", `global_defs {\n${mail}`) },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      const { smtpServer, notificationEmails } = node.configuration.globals;
      const missing = [
        ...(smtpServer === undefined ? ["smtp_server"] : []),
        ...(notificationEmails.length === 0 ? ["notification_email"] : []),
      ];
      const at = alertPlace(node);
      if (at === undefined || missing.length === 0) continue;
      yield {
        message: `${node.name}: smtp_alert is on, and there is no ${missing.join(" and no ")}`,
        at,
        consequence: "no mail is ever sent, and nothing in the log says so",
        advice: `${missing.map((keyword) => EXAMPLES[keyword]).join(" and ")} in global_defs; or no smtp_alert`,
      };
    }
  },
};

const EXAMPLES: Readonly<Record<string, string>> = {
  smtp_server: "smtp_server 127.0.0.1",
  notification_email: "notification_email { ADDRESS }, the address on a line of its own,",
};

/** The first line that asks for mail; undefined where none does. */
function alertPlace(node: LintedNode): Place | undefined {
  const { globals, instances, syncGroups } = node.configuration;
  const owners = [...instances, ...syncGroups].filter((owner) => owner.smtpAlert);
  const spans = [
    ...(globals.smtpAlert && owners.length > 0
      ? [globals.lines.get("smtp_alert_vrrp"), globals.lines.get("smtp_alert")]
      : []),
    ...owners.map((owner) => owner.lines.get("smtp_alert")),
  ];
  const span = spans.find((each) => each !== undefined);
  return span === undefined ? undefined : inKeepalived(node, span);
}
