// The reference page of alerts: what is told, when, in which form, and how a receiver knows that it is ours. Made from the code's own tables.

import { conditions } from "../src/agent/conditions/registry.ts";
import { noticeFields } from "../src/agent/delivery/notice-document.ts";
import type { AgentSettings } from "../src/agent-api/index.ts";

// Patience may depend on the pair's timers; the fast profile's stand for it here.
const SETTINGS = {
  routers: [{ takeoverMs: 4700, advertIntervalMs: 100 }],
  alerts: { patienceMs: {} },
} as unknown as AgentSettings;

function seconds(milliseconds: number): string {
  return milliseconds === 0 ? "at once" : `${milliseconds / 1000} s`;
}

/** docs/reference/alerts.md, without the note that it is generated. */
export function alertsPage(): string {
  const rows = conditions.map((condition) => {
    const { opensAfterMs, resolvesAfterMs } = condition.patience(SETTINGS);
    return `| ${condition.code} | ${condition.summary} | ${seconds(opensAfterMs)} | ${seconds(resolvesAfterMs)} |`;
  });
  const fields = Object.entries(noticeFields).map(([name, meaning]) => `| ${name} | ${meaning} |`);
  return `# Alerts

An incident is opened, perhaps updated, and resolved, all under one id, by one of the two agents; the other goes on with it when that one cannot. Each change is told along every route whose
\`severity\` and \`conditions\` it meets, at least once: what comes twice has the same notice id. Deliveries are tried for \`retry_for\` (24 h), survive a kill and a power cut of the node, and keep their order
within an incident. \`hapair alert test\` sends through every route from every node and says what came back.

## What is told

\`patience:\` changes how long a condition has to last before it opens; the times here are the fast profile's.

| condition | what it says | opens after | over after |
|---|---|---|---|
${rows.join("\n")}

## Webhook

POST, JSON, these fields (or your own body by \`template\`, where \`{{title}}\` and \`{{detail.from}}\` stand for their values):

| field | meaning |
|---|---|
${fields.join("\n")}

With a \`secret\` the request is signed. To verify:

1. take the header \`X-Hapair-Timestamp\` (seconds since 1970) and refuse one that is more than five minutes off;
2. make the HMAC-SHA256 of the timestamp, a full stop, and the body's bytes as they came;
3. compare \`sha256=\` and its hexadecimal digits with \`X-Hapair-Signature\`, in constant time;
4. drop a notice whose \`X-Hapair-Notice\` was seen before.

\`\`\`sh
printf '%s.%s' "$timestamp" "$body" | openssl dgst -sha256 -hmac "$secret"
\`\`\`

## Mail, Slack, Teams, PagerDuty, Alertmanager

Mail goes by SMTP (\`tls: starttls\` or \`implicit\`; a login is never sent in clear) or through the node's own \`sendmail\`; the changes of one incident are one thread. PagerDuty gets \`trigger\` and \`resolve\`
with the incident's id as \`dedup_key\`; Alertmanager gets alerts that it need not expire by itself. Slack and Teams get a message for each change.

A route through \`sendmail\` loosens the unit's sandbox, because sendmail is setgid; SMTP to 127.0.0.1 does not.
`;
}
