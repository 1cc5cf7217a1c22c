// How agents talk and when they let each other's words count. One table: render's settings, the agent and the simulator go by the same.

import type { GiveUpTimes } from "./give-up.ts";

export const agentTimes = {
  beatMs: 200,
  /** Five beats: one or two that are lost or late are no silence. */
  silentMs: 1000,
  /** How long an opinion outlasts the peer's consent. The peer may have died with the address, and then this node has to take it. */
  consentMs: 1000,
  /** A hang is known after two looks; longer than this no healthy HAProxy takes to answer on its socket. */
  answerLimitMs: 250,
  /** An answered request comes back within a few milliseconds; one that does not is tried again with the next look. */
  askMs: 1000,
  /** A node that was worse and is well again waits before it may give up anew: two nodes that are worse in turn must not play with the address. */
  backOffFirstMs: 1000,
  backOffMostMs: 10_000,
  quietMs: 60_000,
} as const;

const US_PER_MS = 1000;

/** The machine's times, in microseconds, for agents that take a peer for silent and its consent for over after these. */
export function giveUpTimes(peers: { readonly silentMs: number; readonly consentMs: number }): GiveUpTimes {
  return {
    silentUs: peers.silentMs * US_PER_MS,
    consentUs: peers.consentMs * US_PER_MS,
    askUs: agentTimes.askMs * US_PER_MS,
    backOffFirstUs: agentTimes.backOffFirstMs * US_PER_MS,
    backOffMostUs: agentTimes.backOffMostMs * US_PER_MS,
    quietUs: agentTimes.quietMs * US_PER_MS,
  };
}
