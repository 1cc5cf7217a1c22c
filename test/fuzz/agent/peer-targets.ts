// What comes from the peers' port: noise and broken datagrams, and messages that are signed as they should be and say anything.
// Rule: the receiver is put together as the agent puts it together, but for the socket: codec, session, decisions, core, and what is asked of them.

import { type AgentSettings, FACTS_MAX } from "../../../src/agent-api/index.ts";
import { startCore } from "../../../src/agent/core.ts";
import { newCounters } from "../../../src/agent/counters.ts";
import { startDecisions } from "../../../src/agent/decisions.ts";
import { RECENT_MAX } from "../../../src/agent/knowledge.ts";
import { exposition } from "../../../src/agent/metrics.ts";
import { OUTBOX_BOUND } from "../../../src/agent/outbox.ts";
import { DATAGRAM_BYTES_MAX, decode, encode, signingKey } from "../../../src/agent/peers/codec.ts";
import type { PeerMessage } from "../../../src/agent/peers/message.ts";
import { arrive, newPeerSession } from "../../../src/agent/peers/session.ts";
import { remembered } from "../../../src/agent/record.ts";
import { statusAnswer } from "../../../src/agent/status-answer.ts";
import { worldSettings } from "../../support/agent-world.ts";
import type { Random } from "../random.ts";
import { mutatedBytes, mutatedJson } from "./mutations.ts";
import { mustBeStatus } from "./reader-targets.ts";
import { type FuzzTarget, must } from "./target.ts";

const NODE = "extlb-01";
const PEER = "extlb-02";
const KEY = signingKey("0123456789abcdef0123456789abcdef", "ext-lb");
const OWN = "00000000000000aa";
const LOG = "00000000000000c1";
const STARTED_MS = Date.parse("2026-11-22T10:42:00Z");

const settings: AgentSettings = worldSettings(NODE, {
  alerts: {
    ...worldSettings(NODE).alerts,
    routes: [{ name: "ops", severity: "info", target: { kind: "slack", url: "http://127.0.0.1:9/" } }],
  },
});

const incident = {
  condition: "standby-not-ready",
  ...{ scope: PEER, severity: "warning", revision: "1", openedAtMs: String(STARTED_MS), owner: PEER },
  ...{ changedAtMs: String(STARTED_MS), title: "the standby is not ready", text: "It is not." },
  "detail.node": PEER,
};
const EVENTS: readonly (readonly [kind: string, subject: string, value: string, detail?: object])[] = [
  ["instance", "ext-lb", "MASTER", { priority: "101" }],
  ["vip", "10.150.160.32", "ens192"],
  ["unit", "haproxy", "failed", { result: "signal 9" }],
  ["answering", "haproxy", "no"],
  ["watched", "process", "1"],
  ["adverts", "ext-lb", "refused", { reason: "password" }],
  ["rule", "web-servers", "broken"],
  ["certificate", "/etc/haproxy/site.pem", "2026-12-07T22:33:47.000Z"],
  ["maintenance", "node", "on", { by: "alice", reason: "kernel", until: "1795817401123" }],
  ["last-resort", "node", "on"],
  ["drain", "give", "open"],
  ["opinion", "traffic", "given-up", { to: NODE, rule: "web-servers" }],
  ["configuration", "keepalived", "unread"],
  ["incident", "4f1c2a90b7d3e856", "opened", incident],
  ["incident", "4f1c2a90b7d3e856", "resolved", { ...incident, revision: "2" }],
  ["notice", "4f1c2a90b7d3e856/1/ops", "delivered"],
  ["agent", "self", "running", { before: "killed", version: "0.1.0" }],
];
const DECISION = {
  ...{ fit: "yes", givenUp: false, grades: { "web-servers": "whole" }, request: 3 },
  grant: { session: OWN, request: 1 },
};

function sampleMessage(random: Random, from: number): PeerMessage {
  const list = Array.from({ length: random.below(4) }, (_, index) => {
    const [kind, subject, value, detail] = random.pick(EVENTS);
    const sequence = from + index;
    return {
      ...{ node: PEER, log: LOG, sequence, atMs: STARTED_MS + random.below(600_000), kind, subject, value },
      ...(detail === undefined ? {} : { detail }),
      evidence: "a line of a log",
    };
  });
  const next = from + list.length;
  return {
    ...{ pair: "ext-lb", from: PEER, to: NODE, session: "00000000000000b1", counter: 0, sentMs: STARTED_MS },
    echo: { session: OWN, counter: 1, heldMs: 3 },
    log: { log: LOG, next },
    have: { log: "00000000000000c0", next: 1 + random.below(50) },
    events: { from, next, list },
    decision: DECISION,
  } as PeerMessage;
}

const datagrams: FuzzTarget<{ readonly whole: Buffer; readonly broken: Buffer }> = {
  name: "datagrams",
  make(random) {
    const whole = encode(sampleMessage(random, 1), KEY);
    return { whole, broken: mutatedBytes(random, whole, 2 * DATAGRAM_BYTES_MAX) };
  },
  begin: () => (datagram) => {
    const isWhole = datagram.broken.equals(datagram.whole);
    const read = decode(datagram.broken, KEY);
    must((typeof read !== "string") === isWhole, () => `a changed datagram is ${JSON.stringify(read)}`);
    const stranger = decode(datagram.broken, signingKey("another key, as long as the first", "ext-lb"));
    must(typeof stranger === "string", () => "a datagram of another key is taken");
  },
};

interface SignedInput {
  readonly value: unknown;
  /** false: as a restart, or a peer with a mind of its own, would number it. */
  readonly inOrder: boolean;
  readonly cutBytes: number;
  readonly passedMs: number;
}

/** A status is asked for once in so many messages, as it costs more than they do. */
const ASKED_EACH = 40;
/** Dropping is done in steps (knowledge.ts). */
const RECENT_STEP = 250;
const RECORD_BYTES_MAX = 2_000_000;

const messages: FuzzTarget<SignedInput> = {
  name: "messages",
  make: (random) => ({
    value: mutatedJson(random, sampleMessage(random, 1 + random.below(3))),
    inOrder: random.below(4) > 0,
    cutBytes: 1 + random.below(60),
    passedMs: random.pick([1, 50, 200, 3000, 60_000]),
  }),
  begin() {
    const receiver = newReceiver();
    let inputs = 0;
    return (input) => {
      inputs += 1;
      receiver.pass(input.passedMs);
      const datagram = encode(
        (input.inOrder ? receiver.renumbered(input.value) : input.value) as PeerMessage,
        KEY,
      );
      must(
        typeof decode(datagram.subarray(0, Math.max(0, datagram.length - input.cutBytes)), KEY) === "string",
        () => "a datagram without its end is taken",
      );
      receiver.take(datagram);
      must(!receiver.take(datagram), () => "a datagram that is played back is fresh");
      receiver.mustBeBounded();
      if (inputs % ASKED_EACH === 0) receiver.mustAnswer();
    };
  },
};

/** A node that hears its peer, without a socket and with a clock that is set. */
function newReceiver() {
  const nodes = settings.nodes.map(({ name }) => name);
  const memory = remembered(undefined, [], NODE, nodes, STARTED_MS);
  const { knowledge } = memory;
  let nowMs = STARTED_MS;
  let session = newPeerSession(PEER);
  let toldNext = 1;
  const counters = newCounters();
  const core = startCore({
    ...{ settings, log: "00000000000000c0", memory, nowMs: () => nowMs, random01: () => 0.5 },
    localTime: () => ({ minuteOfDay: 600, weekday: 3 }),
    record: (record) => {
      const bytes = JSON.stringify(record).length;
      must(bytes <= RECORD_BYTES_MAX, () => `a record of ${bytes} bytes`);
    },
    onEvent: () => undefined,
  });
  const decisions = startDecisions({
    ...{ settings, session: OWN, knowledge, nowUs: () => nowMs * 1000 },
    ...{ writeOpinion: () => undefined, send: () => undefined, note: () => undefined },
    report: (reports) => core.report(reports),
  });
  core.report([{ kind: "peer", subject: PEER, value: "heard" }]);
  return {
    pass(ms: number) {
      nowMs += ms;
      decisions.passed();
      core.passed();
      for (const { id } of core.takeDue(() => true)) core.deliveryEnded(id, { kind: "delivered" });
    },
    /** The message as one that goes on where the last one ended. */
    renumbered(value: unknown): unknown {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      const { events } = value as { events?: { list?: unknown } };
      const counter = (session.proved?.counter ?? 0) + 1;
      if (!Array.isArray(events?.list)) return { ...value, counter };
      const list = (events.list as object[]).map((event, index) => ({
        ...event,
        sequence: toldNext + index,
      }));
      return { ...value, counter, events: { ...events, from: toldNext, next: toldNext + list.length, list } };
    },
    /** As peers/exchange.ts takes it; whether it was fresh. */
    take(datagram: Buffer): boolean {
      const message = decode(datagram, KEY);
      if (typeof message === "string" || message.from !== PEER || message.to !== NODE) return false;
      const arrival = arrive(session, message, OWN, { nowMs, wallMs: nowMs, sentAtMs: () => nowMs - 5 });
      ({ session } = arrival);
      if (!arrival.fresh) return false;
      const { events } = message;
      if (events !== undefined && events.from === toldNext) {
        toldNext = Math.min(events.next, Number.MAX_SAFE_INTEGER - 1000);
        core.told({ ...events, list: events.list.filter(({ node }) => node === PEER) });
      }
      const { clockAheadMs = 0 } = session;
      core.beat(PEER, { lastHeardMs: nowMs, clockAheadMs, caughtUp: toldNext >= message.log.next });
      if (message.decision !== undefined) decisions.heard(PEER, message.session, message.decision);
      return true;
    },
    mustBeBounded() {
      for (const { facts, pastLogs } of knowledge.nodes.values())
        must(
          facts.size <= FACTS_MAX && pastLogs.length <= 8,
          () => `${facts.size} facts, ${pastLogs.length} logs`,
        );
      must(knowledge.recent.length < RECENT_MAX + RECENT_STEP, () => `${knowledge.recent.length} events`);
      must(
        memory.outbox.entries.length <= OUTBOX_BOUND.countMax,
        () => `${memory.outbox.entries.length} notices`,
      );
      must(session.ended.length <= 256, () => `${session.ended.length} sessions`);
    },
    mustAnswer() {
      const status = statusAnswer({
        ...{ settings, version: "0", startedAtMs: STARTED_MS, nowMs, knowledge, incidents: core.incidents },
        ...{ outbox: memory.outbox, attempts: new Map(), numbers: undefined, counters },
        peers: [
          {
            node: PEER,
            heardMsAgo: 5,
            ...(session.clockAheadMs === undefined ? {} : { clockAheadMs: session.clockAheadMs }),
          },
        ],
        log: { sizeBytes: 1, trouble: undefined },
      });
      mustBeStatus(JSON.stringify(status));
      mustBeExposition(exposition(status, counters, { residentBytes: 1, cpuSeconds: 1 }));
    },
  };
}

/** A series as Prometheus' own grammar has it. */
const SERIES =
  /^[a-z_]+\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\} (?:NaN|[+-]?Inf|-?[\d.]+(?:e[+-]?\d+)?)$/u;

function mustBeExposition(text: string): void {
  for (const line of text.split("\n"))
    must(
      line === "" || line.startsWith("# ") || SERIES.test(line),
      () => `the series ${JSON.stringify(line)}`,
    );
}

export const peerTargets = [datagrams, messages] as const;
