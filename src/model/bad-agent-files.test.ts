// Mistakes under agent:, alerts: and traffic:, as bad-files.test.ts has those of the other keys.

import { added, type BadFile, describeBadFiles } from "../../test/support/bad-files.ts";

const AGENT = "agent: { key: { env: AGENT_KEY } }";

/** The good file with an agent on line 8, and `text` from line 9 on. */
function beside(name: string, text: string, ...found: string[]): BadFile {
  return added(name, `${AGENT}\n${text}`, ...found);
}

function route(name: string, written: string, ...found: string[]): BadFile {
  return beside(name, `alerts:\n  routes:\n    ops: ${written}`, ...found);
}

const MAIL = "email: [ops@example.com], from: hapair@example.com";

const groups: Readonly<Record<string, readonly BadFile[]>> = {
  agent: [
    added("no key", "agent: {}", "8:1 HP011"),
    added("no agent for alerts", "alerts: {}", "8:1 HP011"),
    added("no agent for traffic", "traffic: { web: { backend: web, servers_up: 1 } }", "8:1 HP011"),
    added("a misspelt agent", "agents: { key: { env: AGENT_KEY } }\nalerts: {}", "8:1 HP010"),
    added("a key in the file", "agent: { key: s3cret-s3cret-s3cret }", "8:15 HP050"),
    added("a key as the shell writes it", 'agent: { key: "$AGENT_KEY" }', "8:15 HP050"),
    added("a key that is a list", "agent: { key: [s3cret] }", "8:15 HP051"),
    added("a port beyond 65535", "agent: { key: { env: AGENT_KEY }, port: 65536 }", "8:41 HP015"),
    added("asked too often", "agent: { key: { env: AGENT_KEY }, poll_ms: 50 }", "8:44 HP015"),
    added("metrics without a port", "agent: { key: { env: AGENT_KEY }, metrics: 127.0.0.1 }", "8:44 HP020"),
    added(
      "metrics on one node's address",
      "agent: { key: { env: AGENT_KEY }, metrics: 10.0.0.11:8407 }",
      "8:44 HP088",
    ),
    added(
      "metrics where health is",
      "agent: { key: { env: AGENT_KEY }, metrics: 127.0.0.1:8405 }",
      "8:44 HP089",
    ),
    added("a file where the agent lies", "agent: { key: { file: ./key, env: AGENT_KEY } }", "8:10 HP051"),
  ],
  traffic: [
    beside("no limit", "traffic: { web: { backend: web } }", "9:12 HP087"),
    beside("two limits", "traffic: { web: { backend: web, servers_up: 1, queue: 9 } }", "9:12 HP087"),
    beside("a misspelt limit", "traffic: { web: { backend: web, server_up: 1 } }", "9:33 HP010"),
    beside("no backend", "traffic: { web: { servers_up: 1 } }", "9:12 HP011"),
    beside("a frontend for a backend", "traffic: { web: { frontend: web, servers_up: 1 } }", "9:19 HP087"),
    beside("no server", "traffic: { web: { backend: web, servers_up: 0 } }", "9:45 HP015"),
    beside("a share beyond 1", "traffic: { web: { backend: web, error_share: 50 } }", "9:46 HP015"),
    beside(
      "of_at_least without errors",
      "traffic: { web: { backend: web, queue: 9, of_at_least: 20 } }",
      "9:56 HP087",
    ),
    beside("a built-in rule's name", "traffic: { answering: { backend: web, queue: 9 } }", "9:12 HP087"),
    beside("a name with a blank", "traffic: { a b: { backend: web, queue: 9 } }", "9:12 HP014"),
    beside("a word for moves", "traffic: { web: { backend: web, queue: 9, moves: maybe } }", "9:50 HP012"),
  ],
  alerts: [
    route("no way", "{ severity: critical }", "11:5 HP081"),
    route("two ways", "{ slack: { env: A }, teams: { env: B } }", "11:5 HP081"),
    route("what belongs to another way", "{ slack: { env: A }, template: ./body.json }", "11:31 HP081"),
    route("a misspelt way", "{ slak: { env: A } }", "11:12 HP010"),
    route("Slack's URL in the file", "{ slack: https://hooks.example.com/s3cret }", "11:19 HP050"),
    route("PagerDuty's key in the file", "{ pagerduty: s3cret-s3cret }", "11:23 HP050"),
    route(
      "a webhook's secret in the file",
      "{ webhook: https://h.example.com, secret: s3cret }",
      "11:52 HP050",
    ),
    route("a login in a URL", "{ webhook: https://ops:s3cret@h.example.com/ }", "11:21 HP050"),
    route(
      "a token in a header",
      "{ webhook: https://h.example.com, headers: { Authorization: Bearer s3cret } }",
      "11:70 HP050",
    ),
    route(
      "a header of the agent's own",
      "{ webhook: https://h.example.com, headers: { Host: a } }",
      "11:55 HP086",
    ),
    route("a signature in clear", "{ webhook: http://h.example.com, secret: { env: A } }", "11:21 HP085"),
    route("a URL of another kind", "{ webhook: ftp://h.example.com }", "11:21 HP086"),
    route("an Alertmanager without a scheme", "{ alertmanager: 127.0.0.1:9093 }", "11:26 HP086"),
    route("mail that goes no way", `{ ${MAIL} }`, "11:12 HP081"),
    route(
      "mail that goes two ways",
      `{ ${MAIL}, sendmail: /usr/sbin/sendmail, smtp: { host: m } }`,
      "11:12 HP081",
    ),
    route("mail without a sender", "{ email: ops@example.com, smtp: { host: m } }", "11:5 HP011"),
    route(
      "an address with a name",
      '{ email: ["Ops <ops@example.com>"], sendmail: /usr/sbin/sendmail }',
      "11:20 HP084",
    ),
    route("an address that is an option", "{ email: -oQ/tmp, sendmail: /usr/sbin/sendmail }", "11:19 HP084"),
    route("a mail program without a path", "{ email: root, sendmail: sendmail }", "11:35 HP060"),
    route(
      "a login in clear",
      `{ ${MAIL}, smtp: { host: m, tls: none, user: u, password: { env: A } } }`,
      "11:86 HP090",
    ),
    route("a user without a password", `{ ${MAIL}, smtp: { host: m, user: u } }`, "11:64 HP011"),
    route(
      "a password in the file",
      `{ ${MAIL}, smtp: { host: m, user: u, password: s3cret } }`,
      "11:100 HP050",
    ),
    route("an unknown kind of TLS", `{ ${MAIL}, smtp: { host: m, tls: ssl } }`, "11:86 HP013"),
    route("a host with its port", `{ ${MAIL}, smtp: { host: "m:587" } }`, "11:78 HP086"),
    route("an unknown severity", "{ slack: { env: A }, severity: high }", "11:41 HP013"),
    route("an unknown condition", "{ slack: { env: A }, conditions: [vip-move] }", "11:44 HP082"),
    beside("patience with what nobody knows", "alerts: { patience: { no-hodler: 10s } }", "9:23 HP082"),
    beside("patience without a unit", "alerts: { patience: { no-holder: 10 } }", "9:34 HP012"),
    beside("a time without a unit", 'alerts: { retry_for: "24" }', "9:22 HP080"),
    beside("a time too short", "alerts: { retry_for: 1s }", "9:22 HP015"),
    beside("an hour there is not", "alerts: { quiet: [{ from: 24:00, to: 07:00 }] }", "9:27 HP083"),
    beside("a quiet time of no length", "alerts: { quiet: [{ from: 22:00, to: 22:00 }] }", "9:38 HP083"),
    beside(
      "a day there is not",
      "alerts: { quiet: [{ from: 22:00, to: 07:00, days: [son] }] }",
      "9:52 HP083",
    ),
    beside("a quiet time without an end", "alerts: { quiet: [{ from: 22:00 }] }", "9:19 HP011"),
    beside("no room", "alerts: { spool_mb: 0 }", "9:21 HP015"),
    beside("a secret in broken YAML", "alerts: { routes: { chat: { slack: https://s3cret } }", "9:9 HP004"),
  ],
};

describeBadFiles(groups);
