// What is read besides lines and datagrams: the settings, agents' answers at the command line, receivers' answers; and what is written from an incident that a peer tells.

import {
  AGENT_STATUS_BYTES_MAX,
  type AgentEvent,
  gapsIn,
  incidentFromDetail,
  inOrder,
  movesIn,
  noticeId,
  readAgentEvent,
  readAgentStatus,
  readAlertTestResult,
  readSettings,
  renderHistory,
  renderStory,
  type RouteTarget,
  storyOf,
} from "../../../src/agent-api/index.ts";
import { slackBody, teamsBody } from "../../../src/agent/delivery/chat-formats.ts";
import { httpMessage } from "../../../src/agent/delivery/http-target.ts";
import { mailMessage } from "../../../src/agent/delivery/mail-format.ts";
import { noticeDocument } from "../../../src/agent/delivery/notice-document.ts";
import { alertmanagerBody, pagerdutyBody } from "../../../src/agent/delivery/pager-formats.ts";
import { sayable, secretsOf } from "../../../src/agent/delivery/secrets.ts";
import { filledTemplate, templateProblems } from "../../../src/agent/delivery/template.ts";
import { HapairError } from "../../../src/base/index.ts";
import { pairStatus, renderStatus } from "../../../src/status/index.ts";
import { agentNowMs, agentStatus, openIncident } from "../../support/agent-status.ts";
import { documentPair, scene } from "../../support/status-fixtures/scenes.ts";
import { worldSettings } from "../../support/agent-world.ts";
import { mutatedJson, mutatedText } from "./mutations.ts";
import { type FuzzTarget, must, mustBeText } from "./target.ts";

const SECRETS = [
  "geheim-der-agenten-0123456789",
  "https://hooks.example.com/T0/geheimnis-des-chats",
  "geheimes-passwort",
];
const [KEY = "", CHAT_URL = "", PASSWORD = ""] = SECRETS;
const webhook: Extract<RouteTarget, { kind: "webhook" }> = {
  kind: "webhook",
  ...{ url: "https://hooks.example.com/hapair", secret: KEY },
  headers: { "X-Source": "hapair", Authorization: `Bearer ${KEY}` },
  template: '{"text":"{{title}}"}',
};
const chat: RouteTarget = { kind: "slack", url: CHAT_URL };
const mailbox: RouteTarget = {
  kind: "smtp",
  ...{ host: "mail.example.com", port: 587, tls: "starttls", user: "hapair", password: PASSWORD },
  ...{ from: "hapair@example.com", to: ["ops@example.com"] },
};
const SETTINGS = {
  ...worldSettings("extlb-01"),
  peers: { ...worldSettings("extlb-01").peers, key: KEY },
  metrics: { address: "127.0.0.1", port: 8407 },
  alerts: {
    ...worldSettings("extlb-01").alerts,
    routes: [
      { name: "chat", severity: "warning", conditions: ["no-holder"], target: chat },
      { name: "hook", severity: "info", target: webhook },
      { name: "ops", severity: "critical", target: mailbox },
    ],
    quietTimes: [{ fromMinute: 1320, toMinute: 420, days: [0, 6], except: "critical" }],
  },
};

const settings: FuzzTarget<string> = {
  name: "settings",
  make(random) {
    const text = JSON.stringify(mutatedJson(random, SETTINGS), undefined, random.below(3));
    return random.below(4) === 0 ? mutatedText(random, text) : `# Made by hapair\n${text}\n`;
  },
  begin: () => (text) => {
    try {
      readSettings(text);
    } catch (thrown) {
      must(thrown instanceof HapairError && thrown.code === "settings-refused", () => String(thrown));
      const said = `${thrown.message} ${thrown.hint ?? ""}`;
      must(!/geheim/.test(said), () => `a secret is told: ${said}`);
    }
  },
};

const LINES_MAX = 400;
/** Two texts of an event's detail, and what stands around them. */
const LINE_LENGTH_MAX = 10_000;

/** What is printed for a person. */
function mustBeLines(what: string, text: string): void {
  const lines = text.split("\n");
  must(lines.length <= LINES_MAX, () => `${what} has ${lines.length} lines`);
  for (const line of lines) mustBeText(what, line, LINE_LENGTH_MAX);
}

const pair = documentPair("agent: { key: { env: EXT_LB_AGENT_KEY } }");
const sightings = scene("healthy", pair);
const plain = (_kind: string, text: string): string => text;

/** Reads an agent's status as the command line does, and shows it. */
export function mustBeStatus(text: string): void {
  const status = readAgentStatus(text);
  if (status === undefined) return;
  must(text.length <= AGENT_STATUS_BYTES_MAX, () => "a status beyond the bound");
  const seen = sightings.map((sighting) =>
    sighting.kind === "seen" && sighting.node === "extlb-01"
      ? { ...sighting, observation: { ...sighting.observation, agent: status, agentCurlExit: 0 } }
      : sighting,
  );
  mustBeLines("the status", renderStatus(pairStatus(pair, seen, agentNowMs), plain));
}

const STATUS = agentStatus("extlb-01", {
  incidents: [openIncident(), openIncident({ id: "7", scope: "other" })],
  spool: { depth: 1, oldestAtMs: agentNowMs - 60_000 },
  log: { bytes: 12, trouble: "the log in /var/lib/hapair-agent/log cannot be written: no space" },
});
const TEST_RESULT = { node: "extlb-01", route: "ops", result: "failed", tookMs: 12, said: "HTTP 500: no" };

const status: FuzzTarget<{ readonly status: string; readonly test: string }> = {
  name: "status",
  make(random) {
    const text = JSON.stringify(mutatedJson(random, STATUS));
    return {
      status: random.below(4) === 0 ? mutatedText(random, text) : text,
      test: mutatedText(random, JSON.stringify(mutatedJson(random, TEST_RESULT))),
    };
  },
  begin: () => (answer) => {
    mustBeStatus(answer.status);
    const result = readAlertTestResult(answer.test);
    if (result === undefined) return;
    for (const text of [result.node, result.route, result.said]) mustBeText("a test's result", text, 300);
  },
};

const LOG = "a1b2c3d4e5f60718";
const event = (
  sequence: number,
  kind: string,
  subject: string,
  value: string,
  more: object = {},
): object => ({
  ...{ node: "extlb-01", log: LOG, sequence, atMs: agentNowMs + sequence * 7, kind, subject, value },
  ...more,
});
const EVENTS = [
  event(1, "agent", "self", "running", { detail: { before: "killed" } }),
  event(2, "unit", "haproxy", "failed", {
    detail: { result: "signal 9" },
    evidence: "haproxy.service: Failed",
  }),
  event(3, "watched", "process", "1", { previous: "0", causedBy: 2 }),
  event(4, "instance", "ext-lb", "FAULT", {
    previous: "MASTER",
    causedBy: 3,
    evidence: "(ext-lb) Entering FAULT",
  }),
  event(5, "vip", "10.150.160.32", "-", { previous: "ens192" }),
  event(6, "vip", "10.150.160.32", "ens192", { node: "extlb-02", log: "b1b2c3d4e5f60718", previous: "-" }),
  event(7, "instance", "ext-lb", "MASTER", {
    node: "extlb-02",
    log: "b1b2c3d4e5f60718",
    detail: { priority: "100" },
  }),
  event(8, "opinion", "traffic", "given-up", { detail: { to: "extlb-02", rule: "web" } }),
  event(9, "server", "web/web-01", "down", { evidence: "web/web-01: DOWN, L4CON" }),
];
const SCENE = {
  routers: [{ name: "ext-lb", vips: ["10.150.160.32"] }],
  ...{ clockAheadMs: { "extlb-02": 3 }, lastHeardMs: { "extlb-01": agentNowMs + 1000 } },
};

const events: FuzzTarget<readonly string[]> = {
  name: "events",
  make: (random) =>
    EVENTS.map((one) => {
      if (random.below(3) > 0) return JSON.stringify(one);
      const text = JSON.stringify(mutatedJson(random, one));
      return random.below(4) === 0 ? mutatedText(random, text) : text;
    }),
  begin: () => (lines) => {
    const read = lines.flatMap((line): AgentEvent | [] => readAgentEvent(line) ?? []);
    const moves = movesIn(read, SCENE);
    const about = moves.at(-1) ?? agentNowMs;
    mustBeLines("the story", renderStory(storyOf(about, read, SCENE)));
    mustBeLines("the story of a moment", renderStory(storyOf(agentNowMs - 5, read, SCENE), 60));
    mustBeLines("the history", renderHistory(moves, gapsIn(inOrder(read, SCENE))));
  },
};

const INCIDENT = {
  ...{ condition: "two-holders", scope: "ext-lb", severity: "critical", revision: "1", owner: "extlb-02" },
  ...{ openedAtMs: String(agentNowMs), changedAtMs: String(agentNowMs + 61_000) },
  title: "ext-lb: two nodes hold 10.150.160.32 (extlb-01, extlb-02)",
  text: "Both nodes are MASTER.\nNeither hears the other's adverts.",
  ...{ "detail.address": "10.150.160.32", "detail.nodes": "extlb-01, extlb-02", "detail.outageMs": "18" },
};
const TEMPLATE =
  '{"text":"{{title}}: {{text}}","n":{{revision}},"on":"{{detail.address}} {{ pair }}","id":"{{notice}}"}';
const PHASES = ["opened", "updated", "resolved"];
const SENTENCE_LENGTH_MAX = 500;
/** What nobody may set in a header, and what a mail server or receiver could take for a new one. */
const LINE_END = /[\r\n\0]/;

const notices: FuzzTarget<{
  readonly id: string;
  readonly phase: string;
  readonly route: string;
  readonly detail: unknown;
  readonly template: string;
}> = {
  name: "notices",
  make: (random) => ({
    id: mutatedText(random, "4f1c2a90b7d3e856", 200),
    phase: random.pick(PHASES),
    route: mutatedText(random, "ops", 200),
    detail: mutatedJson(random, INCIDENT),
    template: mutatedText(random, TEMPLATE),
  }),
  begin: () => (input) => {
    for (const problem of templateProblems(input.template))
      mustBeText("a template's problem", problem, SENTENCE_LENGTH_MAX);
    // As an event's detail is read: names with texts.
    const detail = Object.fromEntries(
      Object.entries(input.detail ?? {}).filter(
        (field): field is [string, string] => typeof field[1] === "string",
      ),
    );
    const incident = incidentFromDetail(input.id, input.phase, detail);
    if (incident === undefined) return;
    const notice = {
      id: noticeId(incident, input.route),
      route: input.route,
      incident,
      createdAtMs: agentNowMs,
    };
    const document = noticeDocument(notice, { pair: "ext-lb", node: "extlb-01", version: "0.1.0" });
    for (const body of [
      slackBody(document),
      teamsBody(document),
      pagerdutyBody(document, KEY),
      alertmanagerBody(document),
    ]) {
      JSON.parse(body);
      must(body.length < 80_000, () => `a body of ${body.length} characters`);
    }
    JSON.parse(filledTemplate(TEMPLATE, document));
    const filled = filledTemplate(input.template, document);
    must(
      filled.length < 30_000 * (1 + input.template.split("{{").length),
      () => `${filled.length} characters`,
    );
    const mail = mailMessage(document, "hapair <hapair@example.com>", ["ops@example.com"]);
    const headers = [mail.subject, mail.messageId, mail.inReplyTo ?? "", ...Object.values(mail.headers)];
    must(
      !headers.some((header) => LINE_END.test(header)),
      () => `a mail's header ${JSON.stringify(headers)}`,
    );
    const { headers: sent } = httpMessage(webhook, document, agentNowMs);
    must(
      !Object.values(sent).some((value) => LINE_END.test(value)),
      () => `a header ${JSON.stringify(sent)}`,
    );
  },
};

const ANSWERS = [
  '{"error":"invalid_token","hint":"your token is wrong"}',
  `<html><body>Cannot POST /T0/geheimnis-des-chats</body></html>`,
  `535 5.7.8 Error: authentication failed for hapair ${PASSWORD}`,
  `Bearer ${KEY} is not known ${Buffer.from(KEY).toString("base64")} ${encodeURIComponent(CHAT_URL)}`,
];
const SAID_LENGTH_MAX = 203;

const answers: FuzzTarget<string> = {
  name: "answers",
  make: (random) => mutatedText(random, random.pick(ANSWERS), 4096),
  begin() {
    const secrets = [webhook, chat, mailbox].flatMap(secretsOf);
    return (answer) => {
      const said = sayable(answer, secrets);
      mustBeText("what a receiver said", said, SAID_LENGTH_MAX);
      for (const secret of [KEY, PASSWORD, "geheimnis-des-chats"])
        must(!said.toLowerCase().includes(secret.slice(0, 12)), () => `a secret is told: ${said}`);
    };
  },
};

export const readerTargets = [settings, status, events, notices, answers] as const;
