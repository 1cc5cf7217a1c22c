// The talk with the peers: a beat to each of them again and again, an answer at once where there is news, and what is taken from theirs.
// Rule: of a peer nothing is used that is not signed and fresh; what is refused is counted by its reason.

import type { AgentNode, AgentSettings } from "../../agent-api/index.ts";
import type { Decision } from "../../policy/index.ts";
import type { Knowledge, Liveness } from "../knowledge.ts";
import { decode, encode, signingKey } from "./codec.ts";
import { openPeerLink, type PeerLink } from "./link.ts";
import type { PeerMessage, ToldEvents } from "./message.ts";
import { arrive, newPeerSession, type PeerSession } from "./session.ts";
import { eventsToTell } from "./told-events.ts";

export interface ExchangeOptions {
  readonly settings: AgentSettings;
  readonly session: string;
  readonly log: string;
  readonly knowledge: Knowledge;
  /** The highest number of this node's events that peers may know. */
  readonly tellableSequence: () => number;
  readonly decisionFor: (peer: string) => Decision;
  readonly onTold: (peer: string, events: ToldEvents) => void;
  readonly onDecision: (peer: string, session: string, decision: unknown) => void;
  readonly onBeat: (peer: string, liveness: Liveness) => void;
  readonly onHearing: (peer: string, hearing: "heard" | "silent", evidence: string) => void;
  /** signature, content, not-ours, too-long, stranger, stale. */
  readonly onRefused: (reason: string) => void;
  readonly note: (line: string) => void;
  readonly steadyMs: () => number;
  readonly wallMs: () => number;
}

export interface PeerView {
  readonly node: string;
  readonly heardMsAgo?: number;
  readonly roundTripMs?: number;
  readonly clockAheadMs?: number;
}

export interface Exchange {
  /** A beat to every peer, and a look who has fallen silent. */
  beat(): void;
  /** News for the peers: told within this turn of the event loop. */
  soon(): void;
  /** One message now, with this decision in it. */
  sendDecision(peer: string, decision: Decision): void;
  peers(): readonly PeerView[];
  stop(): Promise<void>;
}

/** Messages whose sending time is remembered, for the round trip. */
const SENT_MAX = 256;

interface Peer {
  readonly node: AgentNode;
  session: PeerSession;
  /** Where its log was told up to. */
  toldNext: number;
  toldLog: string | undefined;
  hearing: "heard" | "silent" | undefined;
}

/** What the functions below share. */
interface Talk {
  readonly options: ExchangeOptions;
  readonly key: Buffer;
  readonly peers: ReadonlyMap<string, Peer>;
  /** Steady clock, by the message's counter. */
  readonly sentAtMs: Map<number, number>;
  counter: number;
  isSoon: boolean;
  link: PeerLink | undefined;
}

/** Opens the link and begins to listen; beats are the caller's to call for. */
export function startExchange(options: ExchangeOptions): Exchange {
  const { settings } = options;
  const startedMs = options.steadyMs();
  const talk: Talk = {
    options,
    key: signingKey(settings.peers.key, settings.pair),
    peers: peersOf(options),
    sentAtMs: new Map(),
    counter: 0,
    isSoon: false,
    link: undefined,
  };
  const link = openPeerLink({
    address: settings.nodes.find(({ name }) => name === settings.node)?.address ?? "",
    port: settings.peers.port,
    onDatagram: (datagram) => takeDatagram(talk, datagram),
    onTrouble: (text) => options.note(text ?? "the peers' port is open"),
  });
  talk.link = link;
  return {
    beat() {
      const nowMs = options.steadyMs();
      for (const peer of talk.peers.values()) {
        const quietMs = nowMs - (peer.session.heardAtMs ?? startedMs);
        if (peer.hearing === "silent" || quietMs < settings.peers.silentMs) continue;
        peer.hearing = "silent";
        options.onHearing(peer.node.name, "silent", `nothing heard for ${Math.round(quietMs)} ms`);
      }
      sendAll(talk);
    },
    soon: () => soon(talk),
    sendDecision(name, decision) {
      const peer = talk.peers.get(name);
      if (peer !== undefined) send(talk, peer, decision);
    },
    peers: () =>
      [...talk.peers.values()].map(({ node, session }) => ({
        node: node.name,
        ...(session.heardAtMs === undefined ? {} : { heardMsAgo: options.steadyMs() - session.heardAtMs }),
        ...(session.roundTripMs === undefined ? {} : { roundTripMs: session.roundTripMs }),
        ...(session.clockAheadMs === undefined ? {} : { clockAheadMs: session.clockAheadMs }),
      })),
    stop: () => link.stop(),
  };
}

function peersOf({ settings, knowledge }: ExchangeOptions): Map<string, Peer> {
  const others = settings.nodes.filter(({ name }) => name !== settings.node);
  return new Map(
    others.map((node): [string, Peer] => {
      const known = knowledge.nodes.get(node.name);
      const toldNext = (known?.sequence ?? 0) + 1;
      return [
        node.name,
        { node, session: newPeerSession(node.name), toldNext, toldLog: known?.log, hearing: undefined },
      ];
    }),
  );
}

function send(talk: Talk, peer: Peer, decision: Decision): void {
  const { options } = talk;
  const { settings } = options;
  talk.counter += 1;
  const nowMs = options.steadyMs();
  talk.sentAtMs.set(talk.counter, nowMs);
  talk.sentAtMs.delete(talk.counter - SENT_MAX);
  const { echo, peerHas, proved } = peer.session;
  const tellable = options.tellableSequence();
  const from = peerHas?.log === options.log ? peerHas.next : 1;
  // Who has not been proved to listen is told nothing but that we are here.
  const events = proved === undefined ? undefined : eventsToTell(options.knowledge, from, tellable);
  const message: PeerMessage = {
    pair: settings.pair,
    from: settings.node,
    to: peer.node.name,
    session: options.session,
    counter: talk.counter,
    ...(echo === undefined
      ? {}
      : { echo: { session: echo.session, counter: echo.counter, heldMs: nowMs - echo.receivedAtMs } }),
    sentMs: options.wallMs(),
    log: { log: options.log, next: tellable + 1 },
    ...(peer.toldLog === undefined ? {} : { have: { log: peer.toldLog, next: peer.toldNext } }),
    ...(events === undefined ? {} : { events }),
    decision,
  };
  talk.link?.send(encode(message, talk.key), peer.node.address);
}

function sendAll(talk: Talk): void {
  for (const peer of talk.peers.values()) send(talk, peer, talk.options.decisionFor(peer.node.name));
}

function soon(talk: Talk): void {
  if (talk.isSoon) return;
  talk.isSoon = true;
  setImmediate(() => {
    talk.isSoon = false;
    sendAll(talk);
  });
}

function takeDatagram(talk: Talk, datagram: Buffer): void {
  const { options } = talk;
  const message = decode(datagram, talk.key);
  if (typeof message === "string") {
    options.onRefused(message);
    return;
  }
  const { settings } = options;
  const peer = talk.peers.get(message.from);
  if (peer === undefined || message.to !== settings.node || message.pair !== settings.pair)
    options.onRefused("stranger");
  else takeMessage(talk, peer, message);
}

function takeMessage(talk: Talk, peer: Peer, message: PeerMessage): void {
  const { options } = talk;
  const hadUpTo = peer.session.peerHas?.next ?? 0;
  const times = {
    nowMs: options.steadyMs(),
    wallMs: options.wallMs(),
    sentAtMs: (sent: number) => talk.sentAtMs.get(sent),
  };
  const arrival = arrive(peer.session, message, options.session, times);
  peer.session = arrival.session;
  if (arrival.introduced) soon(talk);
  if (!arrival.fresh) {
    if (!arrival.introduced) options.onRefused("stale");
    return;
  }
  if (message.have?.log === options.log) goBeyond(options.knowledge, message.have.next - 1);
  // Heard first: what is told next is then judged as of a node that is there.
  if (peer.hearing !== "heard") {
    peer.hearing = "heard";
    options.onHearing(peer.node.name, "heard", `a message of session ${message.session.slice(0, 4)}`);
  }
  const gotEvents = takeEvents(peer, message, options);
  const { clockAheadMs = 0, peerHas } = peer.session;
  const caughtUp = peer.toldLog === message.log.log && peer.toldNext >= message.log.next;
  options.onBeat(peer.node.name, { lastHeardMs: times.wallMs, clockAheadMs, caughtUp });
  if (message.decision !== undefined) options.onDecision(peer.node.name, message.session, message.decision);
  const tookMore = (peerHas?.next ?? 0) > hadUpTo;
  const hasMore = (peerHas?.next ?? 1) <= options.tellableSequence();
  // What was told is confirmed at once, and the rest is told at once: a peer that comes back is soon up to date.
  if (gotEvents || (tookMore && hasMore)) soon(talk);
}

/** A peer that knows more of this node's log than the node itself: its disk was set back. The numbers that were used are not used again. */
function goBeyond(knowledge: Knowledge, sequence: number): void {
  const own = knowledge.nodes.get(knowledge.node);
  if (own !== undefined && own.sequence < sequence) own.sequence = sequence;
}

/** Takes the part that goes on where the last one ended; true where it brought something. */
function takeEvents(peer: Peer, message: PeerMessage, options: ExchangeOptions): boolean {
  if (peer.toldLog !== message.log.log) {
    // Its log is another one than we know: from the beginning.
    peer.toldLog = message.log.log;
    peer.toldNext = 1;
  }
  const { events } = message;
  if (events === undefined || events.from !== peer.toldNext) return false;
  const foreign = events.list.some(({ node, log }) => node !== peer.node.name || log !== message.log.log);
  if (foreign) {
    options.onRefused("content");
    return false;
  }
  peer.toldNext = events.next;
  options.onTold(peer.node.name, events);
  return true;
}
