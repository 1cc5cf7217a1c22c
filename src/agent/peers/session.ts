// One peer as this run of the agent knows it: whether a message is fresh, how long the way is, what each has of the other's log. Pure.
// Rule: a message counts only when it names this run's own session and is newer than every one before it, so nothing recorded earlier can be
// played back, and what is late, doubled or out of order is dropped here.

import type { LogPosition, PeerMessage } from "./message.ts";

export interface PeerSession {
  readonly node: string;
  /** What is echoed back, so that the peer knows we heard it: the session and counter of its last fresh message; before any was, of its last signed one. */
  readonly echo?: { readonly session: string; readonly counter: number; readonly receivedAtMs: number };
  /** The session of its last fresh message, and that message's counter. */
  readonly proved?: { readonly session: string; readonly counter: number };
  /** Sessions that were proved earlier in this run and are over. */
  readonly ended: readonly string[];
  /** Last fresh message, by this machine's steady clock; undefined: none in this run. */
  readonly heardAtMs?: number;
  /** The peer's wall clock less ours, and the round trip it was measured over. */
  readonly clockAheadMs?: number;
  readonly roundTripMs?: number;
  /** Where the peer's log ends, as it said. */
  readonly peerLog?: LogPosition;
  /** What the peer has of ours, as it said. */
  readonly peerHas?: LogPosition;
}

export function newPeerSession(node: string): PeerSession {
  return { node, ended: [] };
}

// A peer that is started more often than this within one run of ours could have its oldest messages played back.
const ENDED_SESSIONS_MAX = 256;

export interface Arrival {
  readonly session: PeerSession;
  /** The message may be used. */
  readonly fresh: boolean;
  /** The peer is new, or was started again: say something soon, so that it hears its session back. */
  readonly introduced: boolean;
}

export interface ArrivalTimes {
  /** Steady clock. */
  readonly nowMs: number;
  /** Wall clock. */
  readonly wallMs: number;
  /** When our message with this counter was sent, steady clock; undefined: too long ago. */
  readonly sentAtMs: (counter: number) => number | undefined;
}

/** Takes a message whose signature was right. */
export function arrive(
  session: PeerSession,
  message: PeerMessage,
  ownSession: string,
  times: ArrivalTimes,
): Arrival {
  const introduced = message.session !== session.echo?.session;
  const echo = { session: message.session, counter: message.counter, receivedAtMs: times.nowMs };
  // Not proved to be of now: at most it is echoed, while nothing better is. A peer that was started again proves itself with its next message.
  if (message.echo?.session !== ownSession) {
    const noted = session.proved === undefined ? { ...session, echo } : session;
    return { session: noted, fresh: false, introduced };
  }
  const { proved, ended } = session;
  const isSameRun = proved?.session === message.session;
  const isOld = isSameRun ? message.counter <= proved.counter : ended.includes(message.session);
  if (isOld) return { session, fresh: false, introduced: false };
  const sentAtMs = times.sentAtMs(message.echo.counter);
  const roundTripMs =
    sentAtMs === undefined ? undefined : Math.max(0, times.nowMs - sentAtMs - message.echo.heldMs);
  return {
    session: {
      node: session.node,
      echo,
      proved: { session: message.session, counter: message.counter },
      ended:
        isSameRun || proved === undefined ? ended : [...ended, proved.session].slice(-ENDED_SESSIONS_MAX),
      heardAtMs: times.nowMs,
      ...clockOf(session, message, roundTripMs, times.wallMs),
      peerLog: message.log,
      ...(message.have === undefined ? {} : { peerHas: message.have }),
    },
    fresh: true,
    introduced,
  };
}

// A quick round trip tells the clock better than a slow one; an old measurement gives way a little with each message.
const ROUND_TRIP_AGEING = 1.02;
/** A measurement is wrong by half its round trip at most: two that differ by more than that, and this, lie before and after a clock was set. */
const CLOCK_SET_MS = 20;

function clockOf(
  before: PeerSession,
  message: PeerMessage,
  roundTripMs: number | undefined,
  wallMs: number,
): Pick<PeerSession, "clockAheadMs" | "roundTripMs"> {
  const known =
    before.clockAheadMs === undefined || before.roundTripMs === undefined
      ? undefined
      : { clockAheadMs: before.clockAheadMs, roundTripMs: before.roundTripMs * ROUND_TRIP_AGEING };
  if (roundTripMs === undefined) return known ?? {};
  const clockAheadMs = message.sentMs + roundTripMs / 2 - wallMs;
  if (known === undefined) return { clockAheadMs, roundTripMs };
  const apartMs = Math.abs(clockAheadMs - known.clockAheadMs);
  const wasSet = apartMs > (roundTripMs + known.roundTripMs) / 2 + CLOCK_SET_MS;
  return known.roundTripMs < roundTripMs && !wasSet ? known : { clockAheadMs, roundTripMs };
}
