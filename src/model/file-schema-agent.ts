// The shape of agent:, alerts: and traffic: in zod. Rule: as file-schema.ts, shape only; what belongs to what is read afterwards.

import * as z from "zod/mini";
import { key, list, number, secret, text, whole } from "./schema-words.ts";

const port = z.optional(whole(1, 65_535));
const countMax = 1_000_000;
const looksMax = 1000;

const agent = z.strictObject({
  key: secret,
  port,
  metrics: z.optional(text),
  poll_ms: z.optional(whole(200, 500)),
});

const severity = z.optional(z.enum(["info", "warning", "critical"]));
const textOrSecret = z.union([text, secret]);

const smtp = z.strictObject({
  host: text,
  port,
  tls: z.optional(z.enum(["starttls", "implicit", "none"])),
  user: z.optional(text),
  password: z.optional(secret),
  authority: z.optional(text),
});

const route = z.strictObject({
  severity,
  conditions: z.optional(list(text, 1, 100)),
  email: z.optional(z.union([text, list(text, 1, 100)])),
  from: z.optional(text),
  smtp: z.optional(smtp),
  sendmail: z.optional(text),
  slack: z.optional(secret),
  teams: z.optional(secret),
  pagerduty: z.optional(secret),
  webhook: z.optional(textOrSecret),
  secret: z.optional(secret),
  headers: z.optional(z.record(z.string(), textOrSecret)),
  template: z.optional(text),
  authority: z.optional(text),
  alertmanager: z.optional(textOrSecret),
});

const quiet = z.strictObject({
  from: text,
  to: text,
  days: z.optional(list(text, 1, 7)),
  except: severity,
});

const alerts = z.strictObject({
  routes: z.optional(z.record(key, route)),
  quiet: z.optional(z.array(quiet).check(z.maxLength(50))),
  patience: z.optional(z.record(z.string(), text)),
  retry_for: z.optional(text),
  spool_mb: z.optional(number(1, 1024)),
  certificate_days: z.optional(whole(1, 365)),
});

const share = z.optional(number(0, 1));
const count = z.optional(whole(0, countMax));
const countOfOne = z.optional(whole(1, countMax));
const looks = z.optional(whole(1, looksMax));

const rule = z.strictObject({
  backend: z.optional(text),
  frontend: z.optional(text),
  servers_up: countOfOne,
  queue: count,
  error_share: share,
  of_at_least: countOfOne,
  session_share: share,
  fall: looks,
  rise: looks,
  moves: z.optional(z.boolean()),
});

/** The three keys at the top of the file; any of them asks for the agent. */
export const agentKeys = {
  agent: z.optional(agent),
  alerts: z.optional(alerts),
  traffic: z.optional(z.record(key, rule)),
};
