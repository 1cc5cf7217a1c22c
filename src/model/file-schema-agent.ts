// The shape of agent:, alerts: and traffic: in zod. Rule: as file-schema.ts, shape only; what belongs to what is read afterwards.

import * as z from "zod";
import { described, key, secretAt, text } from "./schema-words.ts";

const port = z.int().min(1).max(65_535);
const countMax = 1_000_000;
const looksMax = 1000;

const agent = z.strictObject({
  key: described("agent.key", secretAt("agent.key")),
  port: described("agent.port", port.optional()),
  metrics: described("agent.metrics", text.optional()),
  poll_ms: described("agent.poll_ms", z.int().min(200).max(500).optional()),
});

const severity = z.enum(["info", "warning", "critical"]);

function textOrSecret(field: string) {
  return z.union([text, secretAt(field)]);
}

const ROUTE = "alerts.routes.*";

const smtp = z.strictObject({
  host: described(`${ROUTE}.smtp.host`, text),
  port: described(`${ROUTE}.smtp.port`, port.optional()),
  tls: described(`${ROUTE}.smtp.tls`, z.enum(["starttls", "implicit", "none"]).optional()),
  user: described(`${ROUTE}.smtp.user`, text.optional()),
  password: described(`${ROUTE}.smtp.password`, secretAt(`${ROUTE}.smtp.password`).optional()),
  authority: described(`${ROUTE}.smtp.authority`, text.optional()),
});

const route = z.strictObject({
  severity: described(`${ROUTE}.severity`, severity.optional()),
  conditions: described(
    `${ROUTE}.conditions`,
    z
      .array(described(`${ROUTE}.conditions.*`, text))
      .min(1)
      .max(100)
      .optional(),
  ),
  email: described(
    `${ROUTE}.email`,
    z
      .union([
        text,
        z
          .array(described(`${ROUTE}.email.*`, text))
          .min(1)
          .max(100),
      ])
      .optional(),
  ),
  from: described(`${ROUTE}.from`, text.optional()),
  smtp: described(`${ROUTE}.smtp`, smtp.optional()),
  sendmail: described(`${ROUTE}.sendmail`, text.optional()),
  slack: described(`${ROUTE}.slack`, secretAt(`${ROUTE}.slack`).optional()),
  teams: described(`${ROUTE}.teams`, secretAt(`${ROUTE}.teams`).optional()),
  pagerduty: described(`${ROUTE}.pagerduty`, secretAt(`${ROUTE}.pagerduty`).optional()),
  webhook: described(`${ROUTE}.webhook`, textOrSecret(`${ROUTE}.webhook`).optional()),
  secret: described(`${ROUTE}.secret`, secretAt(`${ROUTE}.secret`).optional()),
  headers: described(
    `${ROUTE}.headers`,
    z.record(z.string(), described(`${ROUTE}.headers.*`, textOrSecret(`${ROUTE}.headers.*`))).optional(),
  ),
  template: described(`${ROUTE}.template`, text.optional()),
  authority: described(`${ROUTE}.authority`, text.optional()),
  alertmanager: described(`${ROUTE}.alertmanager`, textOrSecret(`${ROUTE}.alertmanager`).optional()),
});

const quiet = z.strictObject({
  from: described("alerts.quiet.*.from", text),
  to: described("alerts.quiet.*.to", text),
  days: described(
    "alerts.quiet.*.days",
    z.array(described("alerts.quiet.*.days.*", text)).min(1).max(7).optional(),
  ),
  except: described("alerts.quiet.*.except", severity.optional()),
});

const alerts = z.strictObject({
  routes: described("alerts.routes", z.record(key, described(ROUTE, route)).optional()),
  quiet: described("alerts.quiet", z.array(described("alerts.quiet.*", quiet)).max(50).optional()),
  patience: described(
    "alerts.patience",
    z.record(z.string(), described("alerts.patience.*", text)).optional(),
  ),
  retry_for: described("alerts.retry_for", text.optional()),
  spool_mb: described("alerts.spool_mb", z.number().min(1).max(1024).optional()),
  certificate_days: described("alerts.certificate_days", z.int().min(1).max(365).optional()),
});

const share = z.number().min(0).max(1).optional();
const count = z.int().min(0).max(countMax).optional();
const looks = z.int().min(1).max(looksMax).optional();

const rule = z.strictObject({
  backend: described("traffic.*.backend", text.optional()),
  frontend: described("traffic.*.frontend", text.optional()),
  servers_up: described("traffic.*.servers_up", z.int().min(1).max(countMax).optional()),
  queue: described("traffic.*.queue", count),
  error_share: described("traffic.*.error_share", share),
  of_at_least: described("traffic.*.of_at_least", z.int().min(1).max(countMax).optional()),
  session_share: described("traffic.*.session_share", share),
  fall: described("traffic.*.fall", looks),
  rise: described("traffic.*.rise", looks),
  moves: described("traffic.*.moves", z.boolean().optional()),
});

/** The three keys at the top of the file; any of them asks for the agent. */
export const agentKeys = {
  agent: described("agent", agent.optional()),
  alerts: described("alerts", alerts.optional()),
  traffic: described("traffic", z.record(key, described("traffic.*", rule)).optional()),
};
