// The keys of agent:, alerts: and traffic:, as fields.ts has the others.

import type { Field } from "./fields.ts";

export const agentFields: Readonly<Record<string, Field>> = {
  agent: {
    description:
      "hapair's agent on every node: it tells people, gives the address up to a better node, and can say why. Any of agent, alerts and traffic asks for it.",
    wanted: "a map with key",
    example: "agent: { key: { env: AGENT_KEY } }",
  },
  ...secretField("agent.key", {
    description:
      "What the nodes' agents sign with when they speak to each other, the same on every node: a reference, 16 characters at least.",
    wanted: "a reference to a secret, which `openssl rand -hex 32` makes,",
    example: "agent: { key: { env: AGENT_KEY } }, and in AGENT_KEY what `openssl rand -hex 32` printed once",
  }),
  "agent.port": {
    description: "The UDP port on which agents hear each other, on the nodes' own addresses.",
    wanted: "a port number",
    example: "port: 8406",
  },
  "agent.metrics": {
    description:
      "Where each agent answers Prometheus: a loopback address and port, node:PORT (the node's own address), a wildcard address and port, or off.",
    wanted: "an address and a port, node:PORT, or off",
    example: "metrics: 127.0.0.1:8407",
  },
  "agent.poll_ms": {
    description: "How often HAProxy is asked, in milliseconds, 200 to 500.",
    wanted: "a number of milliseconds from 200 to 500",
    example: "poll_ms: 250",
  },
  alerts: {
    description: "Who is told what, and when not.",
    wanted: "a map with routes",
    example:
      "alerts: { routes: { ops: { email: [ops@example.com], from: hapair@example.com, smtp: { host: mail.example.com } } } }",
  },
  "alerts.routes": {
    description: "The ways to tell someone, by name. Without any, incidents are only recorded.",
    wanted: "a map of routes",
    example: "routes: { ops: { email: [ops@example.com], sendmail: /usr/sbin/sendmail } }",
  },
  "alerts.routes.*": {
    description: "One way: email with smtp or sendmail, slack, teams, pagerduty, webhook, or alertmanager.",
    wanted: "a map with email, slack, teams, pagerduty, webhook or alertmanager",
    example: "{ email: [ops@example.com], sendmail: /usr/sbin/sendmail }",
  },
  "alerts.routes.*.severity": {
    description: "Incidents of at least this severity; without it warning.",
    wanted: "info, warning or critical",
    example: "severity: critical",
  },
  "alerts.routes.*.conditions": {
    description: "Only incidents of these conditions; without it all.",
    wanted: "a list of conditions",
    example: "conditions: [vip-moved, no-holder]",
  },
  "alerts.routes.*.conditions.*": {
    description: "A condition.",
    wanted: "a condition's name",
    example: "conditions: [vip-moved, no-holder]",
  },
  "alerts.routes.*.email": {
    description: "Whom to write to.",
    wanted: "a mail address, or a list of them",
    example: "email: [ops@example.com]",
  },
  "alerts.routes.*.email.*": {
    description: "One mail address.",
    wanted: "a mail address",
    example: "email: [ops@example.com]",
  },
  "alerts.routes.*.from": {
    description: "The sender of the mail; with sendmail it may be left out and is root.",
    wanted: "a mail address",
    example: "from: hapair@example.com",
  },
  "alerts.routes.*.smtp": {
    description: "The mail server.",
    wanted: "a map with host",
    example: "smtp: { host: mail.example.com, user: hapair, password: { env: SMTP_PASSWORD } }",
  },
  "alerts.routes.*.smtp.host": {
    description: "Its name or address.",
    wanted: "a host name or address",
    example: "host: mail.example.com",
  },
  "alerts.routes.*.smtp.port": {
    description: "TCP port; without it 587 for starttls, 465 for implicit, 25 for none.",
    wanted: "a port number",
    example: "port: 587",
  },
  "alerts.routes.*.smtp.tls": {
    description:
      "starttls (the default): the connection is upgraded, and refused where that fails. implicit: TLS from the first byte. none: in clear, never with a login.",
    wanted: "starttls, implicit or none",
    example: "tls: starttls",
  },
  "alerts.routes.*.smtp.user": {
    description: "Whom to log in as.",
    wanted: "a user's name",
    example: "user: hapair",
  },
  ...secretField("alerts.routes.*.smtp.password", {
    description: "The login's password, as a reference.",
    wanted: "a reference such as { env: SMTP_PASSWORD }",
    example: "password: { env: SMTP_PASSWORD }",
  }),
  "alerts.routes.*.smtp.authority": {
    description:
      "A PEM file, relative to the pair file: the authority that signs the server's certificate, where it is not a public one.",
    wanted: "a path",
    example: "authority: ./ca.pem",
  },
  "alerts.routes.*.sendmail": {
    description: "The node's own mail program, in place of smtp.",
    wanted: "an absolute path",
    example: "sendmail: /usr/sbin/sendmail",
  },
  ...secretField("alerts.routes.*.slack", {
    description: "An incoming webhook of Slack. Who has its URL may post, so it is a reference.",
    wanted: "a reference such as { env: SLACK_URL }",
    example: "slack: { env: SLACK_URL }",
  }),
  ...secretField("alerts.routes.*.teams", {
    description: "A workflow of Microsoft Teams that takes webhook requests; its URL, as a reference.",
    wanted: "a reference such as { env: TEAMS_URL }",
    example: "teams: { env: TEAMS_URL }",
  }),
  ...secretField("alerts.routes.*.pagerduty", {
    description: "The integration key of a PagerDuty service (Events API v2), as a reference.",
    wanted: "a reference such as { env: PAGERDUTY_KEY }",
    example: "pagerduty: { env: PAGERDUTY_KEY }",
  }),
  ...secretField("alerts.routes.*.webhook", {
    description: "A URL that gets the notice as JSON; a reference where the URL itself is secret.",
    wanted: "a URL, or a reference such as { env: HOOK_URL }",
    example: "webhook: https://hooks.example.com/hapair",
  }),
  ...secretField("alerts.routes.*.secret", {
    description:
      "Signs the webhook's body: X-Hapair-Signature: sha256=HEX, HMAC-SHA256 with this secret. A reference.",
    wanted: "a reference such as { env: HOOK_SECRET }",
    example: "secret: { env: HOOK_SECRET }",
  }),
  "alerts.routes.*.headers": {
    description: "Further headers of the webhook's request, by name.",
    wanted: "a map of headers",
    example: "headers: { Authorization: { env: HOOK_TOKEN } }",
  },
  ...secretField("alerts.routes.*.headers.*", {
    description: "The header's value, or a reference to it.",
    wanted: "a text, or a reference such as { env: HOOK_TOKEN }",
    example: "headers: { Authorization: { env: HOOK_TOKEN } }",
  }),
  "alerts.routes.*.template": {
    description:
      "The webhook's body: a file, relative to the pair file, in which {{name}} becomes the notice's value, escaped for JSON.",
    wanted: "a path",
    example: "template: ./body.json",
  },
  "alerts.routes.*.authority": {
    description: "As smtp's, for a webhook or an Alertmanager.",
    wanted: "a path",
    example: "authority: ./ca.pem",
  },
  ...secretField("alerts.routes.*.alertmanager", {
    description: "An Alertmanager's URL, without the path of its interface.",
    wanted: "a URL, or a reference such as { env: ALERTMANAGER_URL }",
    example: "alertmanager: http://127.0.0.1:9093",
  }),
  "alerts.quiet": {
    description: "Times in which only the worst is told at once; the rest waits for their end.",
    wanted: "a list of { from, to }",
    example: 'quiet: [{ from: "22:00", to: "07:00" }]',
  },
  "alerts.quiet.*": {
    description: "One such time, by the nodes' local clocks.",
    wanted: "a map with from and to",
    example: '{ from: "22:00", to: "07:00" }',
  },
  "alerts.quiet.*.from": {
    description: "When it begins.",
    wanted: "a time of day",
    example: 'from: "22:00"',
  },
  "alerts.quiet.*.to": {
    description: "When it ends; before its begin it is on the next day.",
    wanted: "a time of day",
    example: 'to: "07:00"',
  },
  "alerts.quiet.*.days": {
    description: "On which days it begins; without it every day.",
    wanted: "a list of days",
    example: "days: [sat, sun]",
  },
  "alerts.quiet.*.days.*": {
    description: "mon, tue, wed, thu, fri, sat or sun.",
    wanted: "a day",
    example: "days: [sat, sun]",
  },
  "alerts.quiet.*.except": {
    description: "Incidents of at least this severity are told all the same; without it critical.",
    wanted: "info, warning or critical",
    example: "except: critical",
  },
  "alerts.patience": {
    description: "How long a condition has to last before someone is told, by condition.",
    wanted: "a map of conditions",
    example: "patience: { standby-not-ready: 10s }",
  },
  "alerts.patience.*": {
    description: "A time with its unit: ms, s, m, h or d.",
    wanted: "a time with its unit",
    example: "standby-not-ready: 10s",
  },
  "alerts.retry_for": {
    description: "How long an undelivered notice is tried; without it 24h.",
    wanted: "a time with its unit",
    example: "retry_for: 24h",
  },
  "alerts.spool_mb": {
    description: "Disk for events and notices on each node, in megabytes; without it 16.",
    wanted: "a number of megabytes from 1 to 1024",
    example: "spool_mb: 16",
  },
  "alerts.certificate_days": {
    description: "A certificate that HAProxy serves is told of this many days before its end; without it 21.",
    wanted: "a whole number of days from 1 to 365",
    example: "certificate_days: 21",
  },
  ...trafficFields(),
};

function trafficFields(): Record<string, Field> {
  const limit = (
    key: string,
    description: string,
    wanted: string,
    example: string,
  ): Record<string, Field> => ({
    [`traffic.*.${key}`]: { description, wanted, example },
  });
  return {
    traffic: {
      description:
        "Rules over what HAProxy reports, by name. A node that breaks one gives the address up, but only to a node that keeps it.",
      wanted: "a map of rules",
      example: "traffic: { web: { backend: web, servers_up: 1 } }",
    },
    "traffic.*": {
      description: "One rule: a backend or frontend, and one limit.",
      wanted: "a map with backend and servers_up, queue or error_share, or frontend and session_share",
      example: "{ backend: web, servers_up: 1 }",
    },
    ...limit("backend", "A backend of haproxy.cfg.", "a backend's name", "backend: web"),
    ...limit("frontend", "A frontend of haproxy.cfg.", "a frontend's name", "frontend: web"),
    ...limit(
      "servers_up",
      "The fewest servers of the backend that must be up.",
      "a whole number of servers",
      "servers_up: 1",
    ),
    ...limit(
      "queue",
      "The most requests that may wait for a server.",
      "a whole number of requests",
      "queue: 100",
    ),
    ...limit(
      "error_share",
      "The largest share of answers 5xx and failed connections among the requests, 0 to 1.",
      "a share from 0 to 1",
      "error_share: 0.5",
    ),
    ...limit(
      "of_at_least",
      "error_share counts only over this many requests; without it 20.",
      "a whole number of requests",
      "of_at_least: 20",
    ),
    ...limit(
      "session_share",
      "The largest share of the frontend's session limit, 0 to 1.",
      "a share from 0 to 1",
      "session_share: 0.95",
    ),
    ...limit(
      "fall",
      "Looks in a row before the rule counts as broken; without it 3.",
      "a whole number",
      "fall: 3",
    ),
    ...limit(
      "rise",
      "Looks in a row before it counts as whole again; without it 5.",
      "a whole number",
      "rise: 5",
    ),
    ...limit(
      "moves",
      "Whether a broken rule gives the address up; false: it is only told. Without it true for servers_up, which every node checks for itself, and false for the others, which only the node with the traffic can see.",
      "true or false",
      "moves: true",
    ),
  };
}

/** A key whose value is a reference to a secret, and the reference's parts. */
function secretField(pattern: string, field: Field): Record<string, Field> {
  return {
    [pattern]: field,
    [`${pattern}.env`]: {
      description: "An environment variable of the one who runs hapair.",
      wanted: "a variable's name",
      example: field.example,
    },
    [`${pattern}.file`]: {
      description: "A file, relative to the pair file; its first line is the secret.",
      wanted: "a path",
      example: field.example,
    },
    [`${pattern}.command`]: {
      description: "A command that prints the secret.",
      wanted: "a command",
      example: field.example,
    },
  };
}
