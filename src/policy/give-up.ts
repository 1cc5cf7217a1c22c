// When a node gives the VIP up to a better one: the machine of requests and grants. Sans I/O: what happened goes in with the time, effects come out.
//
// Never have all nodes given up. Proof. Suppose all have, and let each node point at the one whose grant it gave up by; following the
// pointers closes a circle. Take a node G on it that granted to node A. When G granted, it had not given up and dropped its own
// request; a request's number is never used again, nor is a session, so G gave up later by a newer request, which was granted later
// still. So on the way from A to G, and on around the circle, each grant is later than the one before it, and the first is later than
// itself: a contradiction. Nothing was said of clocks, of losing, delaying, doubling or reordering, or of what a restart remembers:
// a restarted agent has opinion 0 and no request. give-up-exploration.test.ts tries the same on every state that small models can reach.
//
// What the machine relies on: effects are carried out in their order; an opinion taken back is written before anything later is said
// (an agent that cannot write it ends, and its unit writes 0); each run has a session of its own; messages are what their senders said.

import { unreachable } from "../base/index.ts";
import { type Consent, consentOf } from "./consent.ts";
import type { Decision, OwnStanding } from "./decision.ts";

/** What stays the same for one run of an agent. */
export interface GiveUpSelf {
  /** This run's session; never used by another run. */
  readonly session: string;
  /** The other nodes, most preferred first. What others say is not heard. */
  readonly peers: readonly string[];
  readonly times: GiveUpTimes;
}

/** All in microseconds. */
export interface GiveUpTimes {
  /** A peer not heard for this long is better than nobody. */
  readonly silentUs: number;
  /** The taker's consent holds for this long after it was last heard. */
  readonly consentUs: number;
  /** A request without an answer ends after this long; the same peer is not asked again for as long. */
  readonly askUs: number;
  /** After an opinion was taken back, no request for this long; twice as long each time, up to the most. */
  readonly backOffFirstUs: number;
  readonly backOffMostUs: number;
  /** A back-off that ended this long before the next giving up is forgotten. */
  readonly quietUs: number;
}

/** The machine's state; JSON-able. */
export interface GiveUpState {
  /** Absent before the first look. */
  readonly own?: OwnStanding;
  /** The last that each peer said, at most one entry a peer. */
  readonly heard: readonly HeardPeer[];
  /** The number of the last request. */
  readonly lastRequest: number;
  /** The request that waits for its grant; never while given up. */
  readonly pending?: { readonly request: number; readonly to: string; readonly sinceUs: number };
  readonly givenUp?: {
    readonly to: string;
    readonly rule: string;
    readonly sinceUs: number;
    readonly consentUntilUs: number;
  };
  readonly backOff?: { readonly lengthUs: number; readonly untilUs: number };
  /** The peer that did not answer the last request. */
  readonly unanswered?: { readonly peer: string; readonly untilUs: number };
}

interface HeardPeer {
  readonly peer: string;
  readonly decision: Decision;
  readonly atUs: number;
}

/** As an agent starts: opinion 0, nothing asked, nothing known. */
export const freshGiveUp: GiveUpState = { heard: [], lastRequest: 0 };

export type GiveUpInput =
  /** This node looked at itself. */
  | { readonly kind: "looked"; readonly own: OwnStanding }
  /** A peer's message came, of that session of the peer. */
  | {
      readonly kind: "heard";
      readonly from: string;
      readonly session: string;
      readonly decision: Decision;
    }
  /** Time went by; wanted with every beat. */
  | { readonly kind: "passed" };

export type GiveUpEffect =
  /** Write the watched file `traffic`. */
  | { readonly kind: "write"; readonly opinion: 0 | 1 }
  /** Send this to the peer at once. */
  | { readonly kind: "send"; readonly to: string; readonly decision: Decision }
  /** Something to record. `rule` is absent where no single rule is the reason. */
  | {
      readonly kind: "tell";
      readonly what: "asked" | "request-ended" | "granted" | "given-up" | "taken-back";
      readonly peer: string;
      readonly rule?: string;
      readonly why: string;
    };

export interface GiveUpStep {
  readonly state: GiveUpState;
  readonly effects: readonly GiveUpEffect[];
}

/** What the beat to a peer says; a request is repeated in it until it is answered or ends. */
export function decisionFor(state: GiveUpState, peer: string): Decision {
  return {
    fit: state.own?.fit ?? "unknown",
    grades: state.own?.grades ?? {},
    givenUp: state.givenUp !== undefined,
    ...(state.pending?.to === peer ? { request: state.pending.request } : {}),
  };
}

/** One thing that can follow from an input. It sees what the move before it left. */
type Move = (state: GiveUpState, context: Context) => GiveUpStep | undefined;

interface Context {
  readonly self: GiveUpSelf;
  readonly nowUs: number;
  /** The message that came, if it was that. */
  readonly message?: Extract<GiveUpInput, { kind: "heard" }>;
}

/** In this order; what does not apply gives undefined. The message's own come first, then what follows from how things stand. */
const moves: readonly Move[] = [grant, giveUp, holdOn, takeBack, endRequest, ask];

/** The state after an input at `nowUs` (integer microseconds of any clock of this node that never goes back), and what to do, in order. */
export function stepGiveUp(
  self: GiveUpSelf,
  before: GiveUpState,
  input: GiveUpInput,
  nowUs: number,
): GiveUpStep {
  let state = taken(self, before, input, nowUs);
  const effects: GiveUpEffect[] = [];
  const message = input.kind === "heard" && self.peers.includes(input.from) ? input : undefined;
  const context: Context = { self, nowUs, ...(message === undefined ? {} : { message }) };
  for (const move of moves) {
    const step = move(state, context);
    if (step === undefined) continue;
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

/** The state with what the input tells. */
function taken(self: GiveUpSelf, state: GiveUpState, input: GiveUpInput, nowUs: number): GiveUpState {
  switch (input.kind) {
    case "passed":
      return state;
    case "looked":
      return { ...state, own: input.own };
    case "heard": {
      if (!self.peers.includes(input.from)) return state;
      const others = state.heard.filter((one) => one.peer !== input.from);
      return {
        ...state,
        heard: [...others, { peer: input.from, decision: input.decision, atUs: nowUs }],
      };
    }
    default:
      return unreachable(input);
  }
}

/** Grants what the message asks, when this node is the better one now, and drops its own request with that. */
function grant(state: GiveUpState, { message }: Context): GiveUpStep | undefined {
  if (message?.decision.request === undefined || message.decision.givenUp) return undefined;
  const { pending, ...granting } = state;
  const own = decisionFor(granting, message.from);
  const consent = consentOf(message.decision, own);
  if (consent.verdict !== "yes") return undefined;
  const granted = { session: message.session, request: message.decision.request };
  const why = `${consent.rule}: ${consent.giver} there, ${consent.taker} here`;
  return {
    state: granting,
    effects: [
      ...(pending === undefined
        ? []
        : [requestEnded(pending.to, `${message.from} asked first, and this node is better`)]),
      { kind: "send", to: message.from, decision: { ...own, grant: granted } },
      { kind: "tell", what: "granted", peer: message.from, rule: consent.rule, why },
    ],
  };
}

/** Gives up on the grant of the request that waits, and of no other. */
function giveUp(state: GiveUpState, { self, nowUs, message }: Context): GiveUpStep | undefined {
  const { pending, unanswered: _, ...rest } = state;
  const granted = message?.decision.grant;
  if (pending === undefined || message === undefined || granted === undefined) return undefined;
  if (message.from !== pending.to) return undefined;
  if (granted.session !== self.session || granted.request !== pending.request) return undefined;
  const consent = consentBy(state, pending.to);
  if (consent?.verdict !== "yes") return undefined;
  const { rule } = consent;
  const consentUntilUs = nowUs + self.times.consentUs;
  return {
    state: { ...rest, givenUp: { to: pending.to, rule, sinceUs: nowUs, consentUntilUs } },
    effects: [
      { kind: "write", opinion: 1 },
      { kind: "tell", what: "given-up", peer: pending.to, rule, why: inWords(consent) },
    ],
  };
}

/** While given up: a message of the taker that still consents carries the consent on. */
function holdOn(state: GiveUpState, { self, nowUs, message }: Context): GiveUpStep | undefined {
  const { givenUp } = state;
  if (givenUp === undefined || message?.from !== givenUp.to) return undefined;
  if (consentBy(state, givenUp.to)?.verdict !== "yes") return undefined;
  return {
    state: { ...state, givenUp: { ...givenUp, consentUntilUs: nowUs + self.times.consentUs } },
    effects: [],
  };
}

/** Takes the opinion back when the reason has gone, the taker says no, or its consent has run out; and waits before the next request. */
function takeBack(state: GiveUpState, { self, nowUs }: Context): GiveUpStep | undefined {
  const { givenUp, ...rest } = state;
  if (givenUp === undefined) return undefined;
  const consent = consentBy(state, givenUp.to);
  const saidNo = consent?.verdict === "no";
  if (!saidNo && nowUs < givenUp.consentUntilUs) return undefined;
  const { backOffFirstUs, backOffMostUs, quietUs, consentUs } = self.times;
  const last = state.backOff;
  const forgotten = last === undefined || givenUp.sinceUs >= last.untilUs + quietUs;
  const lengthUs = forgotten ? backOffFirstUs : Math.min(last.lengthUs * 2, backOffMostUs);
  const why = saidNo ? consent.why : `its consent has not been heard for ${consentUs / 1000} ms`;
  return {
    state: { ...rest, backOff: { lengthUs, untilUs: nowUs + lengthUs } },
    effects: [
      { kind: "write", opinion: 0 },
      { kind: "tell", what: "taken-back", peer: givenUp.to, rule: givenUp.rule, why },
    ],
  };
}

/** Ends a request whose reason has gone, or that nobody answered in time. Its number is not used again, so a late grant does nothing. */
function endRequest(state: GiveUpState, { self, nowUs }: Context): GiveUpStep | undefined {
  const { pending, ...rest } = state;
  if (pending === undefined) return undefined;
  if (!takers(asLooked(state), self, nowUs).includes(pending.to))
    return { state: rest, effects: [requestEnded(pending.to, "it is no longer better and fit, or silent")] };
  if (nowUs < pending.sinceUs + self.times.askUs) return undefined;
  const unanswered = { peer: pending.to, untilUs: nowUs + self.times.askUs };
  return { state: { ...rest, unanswered }, effects: [requestEnded(pending.to, "it did not answer")] };
}

/** Asks the best taker, the most preferred of equals. */
function ask(state: GiveUpState, { self, nowUs }: Context): GiveUpStep | undefined {
  if (state.pending !== undefined || state.givenUp !== undefined) return undefined;
  if (state.backOff !== undefined && nowUs < state.backOff.untilUs) return undefined;
  const { unanswered } = state;
  const looked = asLooked(state);
  const peers = takers(looked, self, nowUs).filter(
    (peer) => peer !== unanswered?.peer || nowUs >= unanswered.untilUs,
  );
  const to = peers.find((peer) => !peers.some((other) => isBetter(state, other, peer)));
  const consent = to === undefined ? undefined : consentBy(looked, to);
  if (to === undefined || consent?.verdict !== "yes") return undefined;
  const request = state.lastRequest + 1;
  const asking = { ...state, lastRequest: request, pending: { request, to, sinceUs: nowUs } };
  return {
    state: asking,
    effects: [
      { kind: "send", to, decision: decisionFor(asking, to) },
      { kind: "tell", what: "asked", peer: to, rule: consent.rule, why: inWords(consent) },
    ],
  };
}

/**
 * The state as far as the last look bears its grades out. What returns for all is seen well again by one of them first, and the others must not give
 * up to it in the moment before their own patience is over.
 */
function asLooked(state: GiveUpState): GiveUpState {
  const { own } = state;
  if (own?.returning === undefined || own.returning.length === 0) return state;
  const unsure = Object.fromEntries(own.returning.map((rule) => [rule, "unknown" as const]));
  return { ...state, own: { ...own, grades: { ...own.grades, ...unsure } } };
}

/** The peers that are heard and consent, as far as they said, most preferred first. */
function takers(state: GiveUpState, self: GiveUpSelf, nowUs: number): string[] {
  return self.peers.filter((peer) => {
    const heard = state.heard.find((one) => one.peer === peer);
    if (heard === undefined || nowUs >= heard.atUs + self.times.silentUs) return false;
    return consentBy(state, peer)?.verdict === "yes";
  });
}

/** Whether that peer consents to this node's giving up, by the last it said; undefined while one of the two has said nothing. */
function consentBy(state: GiveUpState, peer: string): Consent | undefined {
  const heard = state.heard.find((one) => one.peer === peer);
  return heard === undefined || state.own === undefined ? undefined : consentOf(state.own, heard.decision);
}

/** Whether a peer is a better taker than another: that one would give up to it. */
function isBetter(state: GiveUpState, left: string, right: string): boolean {
  const [better, worse] = [left, right].map((peer) => state.heard.find((one) => one.peer === peer)?.decision);
  return better !== undefined && worse !== undefined && consentOf(worse, better).verdict === "yes";
}

function inWords({ rule, giver, taker }: Extract<Consent, { verdict: "yes" }>): string {
  return `${rule}: ${giver} here, ${taker} there`;
}

function requestEnded(peer: string, why: string): GiveUpEffect {
  return { kind: "tell", what: "request-ended", peer, why };
}
