// The talk with the peers: a beat to each of them again and again, an answer at once where there is news, and what is taken from theirs.
// Rule: of a peer nothing is used that is not signed and fresh; what is refused is counted by its reason.

import type { AgentNode, AgentSettings } from "../../agent-api/index.ts";
import type { Decision } from "../../policy/index.ts";
import type { Knowledge, Liveness } from "../knowledge.ts";
import { decode, encode, signingKey } from "./codec.ts";
import { openPeerLink, type PeerLink, type PeerLinkOptions } from "./link.ts";
import type { PeerMessage, ToldEvents } from "./message.ts";
import { arrive, newPeerSession, type PeerSession } from "./session.ts";
import { eventsToTell } from "./told-events.ts";

export interface ExchangeOptions {
  readonly settings: AgentSettings;
  readonly session: string;
  /** Holds the log that this node goes on with. */
  readonly knowledge: Knowledge;
  /** The last number of it that was found when this run began. */
  readonly foundSequence: number;
  /** The highest number of this node's events that peers may know. */
  readonly tellableSequence: () => number;
  readonly decisionFor: (peer: string) => Decision;
  readonly onTold: (peer: string, events: ToldEvents) => void;
  readonly onDecision: (peer: string, session: string, decision: unknown) => void;
  readonly onBeat: (peer: string, liveness: Liveness) => void;
  readonly onHearing: (peer: string, hearing: "heard" | "silent", evidence: string) => void;
  /** A peer knows more of this node's log than the log held: what it knows was lost here, and the log has to go on under another name. */
  readonly onSetBack: (peer: string) => void;
  /** signature, content, not-ours, too-long, stranger, stale. */
  readonly onRefused: (reason: string) => void;
  readonly note: (line: string) => void;
  readonly steadyMs: () => number;
  readonly wallMs: () => number;
  /** Absent: a socket. */
  readonly openLink?: (options: PeerLinkOptions) => PeerLink;
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
  /** What it had of ours when it was first heard was looked at. */
  wasCompared: boolean;
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
  isStopped: boolean;
  link: PeerLink | undefined;
}

/** Opens the link and begins to listen; beats are the caller's to call for. */
export function startExchange(options: ExchangeOptions): Exchange {
  const { settings } = options;
  const talk: Talk = {
    options,
    key: signingKey(settings.peers.key, settings.pair),
    peers: peersOf(options),
    sentAtMs: new Map(),
    counter: 0,
    isSoon: false,
    isStopped: false,
    link: undefined,
  };
  const link = (options.openLink ?? openPeerLink)({
    address: settings.nodes.find(({ name }) => name === settings.node)?.address ?? "",
    port: settings.peers.port,
    onDatagram: (datagram, address) => takeDatagram(talk, datagram, address),
    onTrouble: (text) => options.note(text ?? "the peers' port is open"),
  });
  talk.link = link;
  const startedMs = options.steadyMs();
  return {
    beat() {
      sendAll(talk);
      // After this turn's messages: where this process stood still for a while, those of the peers have waited for it.
      setImmediate(() => lookWhoIsSilent(talk, startedMs));
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
    stop() {
      talk.isStopped = true;
      return link.stop();
    },
  };
}

function lookWhoIsSilent({ options, peers, isStopped }: Talk, startedMs: number): void {
  const nowMs = options.steadyMs();
  for (const peer of isStopped ? [] : peers.values()) {
    const quietMs = nowMs - (peer.session.heardAtMs ?? startedMs);
    if (peer.hearing === "silent" || quietMs < options.settings.peers.silentMs) continue;
    peer.hearing = "silent";
    options.onHearing(peer.node.name, "silent", `nothing heard for ${Math.round(quietMs)} ms`);
  }
}

function peersOf({ settings, knowledge }: ExchangeOptions): Map<string, Peer> {
  const others = settings.nodes.filter(({ name }) => name !== settings.node);
  return new Map(
    others.map((node): [string, Peer] => {
      const known = knowledge.nodes.get(node.name);
      const peer: Peer = {
        node,
        session: newPeerSession(node.name),
        toldNext: (known?.sequence ?? 0) + 1,
        toldLog: known?.log,
        wasCompared: false,
        hearing: undefined,
      };
      return [node.name, peer];
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
  const { log } = ownLog(options);
  const tellable = options.tellableSequence();
  const from = peerHas?.log === log ? peerHas.next : 1;
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
    log: { log, next: tellable + 1 },
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

function takeDatagram(talk: Talk, datagram: Buffer, address: string): void {
  const { options } = talk;
  // Cheaper than a signature, where no packet filter has looked at it before.
  if (!options.settings.nodes.some((node) => node.address === address)) {
    options.onRefused("stranger");
    return;
  }
  if (talk.isStopped) return;
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
  if (isSetBack(peer, message, options)) options.onSetBack(peer.node.name);
  const { clockAheadMs = 0, peerHas } = peer.session;
  const live = { lastHeardMs: times.wallMs, clockAheadMs };
  // Heard first: what is told next is then judged as of a node that is there; but what was known of it is of before the silence.
  if (peer.hearing !== "heard") {
    peer.hearing = "heard";
    options.onBeat(peer.node.name, { ...live, caughtUp: false });
    options.onHearing(peer.node.name, "heard", `a message of session ${message.session.slice(0, 4)}`);
  }
  const gotEvents = takeEvents(peer, message, options);
  const caughtUp = peer.toldNext !== ALL_OF_IT && peer.toldNext >= message.log.next;
  options.onBeat(peer.node.name, { ...live, caughtUp });
  if (message.decision !== undefined) options.onDecision(peer.node.name, message.session, message.decision);
  const tookMore = (peerHas?.next ?? 0) > hadUpTo;
  const hasMore = (peerHas?.next ?? 1) <= options.tellableSequence();
  // What was told is confirmed at once, and the rest is told at once: a peer that comes back is soon up to date.
  if (gotEvents || (tookMore && hasMore)) soon(talk);
}

function ownLog({ knowledge }: ExchangeOptions): { readonly log: string; readonly sequence: number } {
  const { log = "", sequence = 0 } = knowledge.nodes.get(knowledge.node) ?? {};
  return { log, sequence };
}

/** Said of a log that its node gave up for another one, and has again: nothing more can be told of it. */
const ALL_OF_IT = Number.MAX_SAFE_INTEGER;

/**
 * The peer knows events of this node that its log does not hold: it was told what the disk never took, or the disk is of an older day. Before the
 * first message of a peer this run has told it nothing, so what it has was told by runs before; later it can have no more than there is.
 */
function isSetBack(peer: Peer, { have }: PeerMessage, options: ExchangeOptions): boolean {
  const own = ownLog(options);
  const most = peer.wasCompared ? own.sequence : options.foundSequence;
  peer.wasCompared = true;
  return have !== undefined && have.log === own.log && have.next - 1 > most;
}

/** Takes the part that goes on where the last one ended; true where it brought something. */
function takeEvents(peer: Peer, message: PeerMessage, options: ExchangeOptions): boolean {
  if (peer.toldLog !== message.log.log) {
    // Its log is another one than we know: from the beginning.
    peer.toldLog = message.log.log;
    const isOver = options.knowledge.nodes.get(peer.node.name)?.pastLogs.includes(message.log.log) === true;
    peer.toldNext = isOver ? ALL_OF_IT : 1;
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
