// Freshness: what is played back, late, doubled or out of order never counts, and a restarted peer is heard again.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PeerMessage } from "./message.ts";
import { arrive, newPeerSession, type PeerSession } from "./session.ts";

const OWN = "00000000000000aa";
const RUN_1 = "00000000000000b1";
const RUN_2 = "00000000000000b2";

function message(session: string, counter: number, echo?: string): PeerMessage {
  return {
    pair: "p",
    from: "b",
    to: "a",
    session,
    counter,
    ...(echo === undefined ? {} : { echo: { session: echo, counter: 1, heldMs: 2 } }),
    sentMs: 5_000,
    log: { log: "00000000000000c1", next: 1 },
  };
}

const times = { nowMs: 110, wallMs: 1_000, sentAtMs: (counter: number) => (counter === 1 ? 100 : undefined) };

function feed(messages: readonly PeerMessage[]): { session: PeerSession; fresh: boolean[] } {
  let session = newPeerSession("b");
  const fresh = messages.map((one) => {
    const arrival = arrive(session, one, OWN, times);
    session = arrival.session;
    return arrival.fresh;
  });
  return { session, fresh };
}

describe("a peer's messages", () => {
  it("count only once the peer has heard this run", () => {
    expect(
      feed([message(RUN_1, 1), message(RUN_1, 2, "00000000000000ff"), message(RUN_1, 3, OWN)]).fresh,
    ).toEqual([false, false, true]);
  });

  it("count once, and never after a newer one", () => {
    const { fresh } = feed([
      message(RUN_1, 3, OWN),
      message(RUN_1, 3, OWN),
      message(RUN_1, 2, OWN),
      message(RUN_1, 4, OWN),
    ]);
    expect(fresh).toEqual([true, false, false, true]);
  });

  it("of a run that is over do not count, whatever was played back between", () => {
    const { fresh } = feed([
      message(RUN_1, 7, OWN),
      message(RUN_2, 1, OWN),
      message(RUN_1, 1),
      message(RUN_1, 8, OWN),
      message(RUN_2, 1, OWN),
      message(RUN_2, 2, OWN),
    ]);
    expect(fresh).toEqual([true, true, false, false, false, true]);
  });

  it("tell the round trip and how far the peer's clock is ahead", () => {
    const { session } = feed([message(RUN_1, 1, OWN)]);
    expect(session.roundTripMs).toBe(8);
    expect(session.clockAheadMs).toBe(5_000 + 4 - 1_000);
  });

  it("tell at once that a clock was set, and keep the quickest measurement while none was", () => {
    const ahead = (setMs: number, roundTripMs: number): number => setMs - roundTripMs / 2;
    let session = newPeerSession("b");
    const hear = (counter: number, clockMs: number, roundTripMs: number): number | undefined => {
      const one = {
        ...message(RUN_1, counter),
        echo: { session: OWN, counter: 1, heldMs: 0 },
        sentMs: 1_000 + ahead(clockMs, roundTripMs),
      };
      const hearing = { nowMs: 100 + roundTripMs, wallMs: 1_000, sentAtMs: () => 100 };
      ({ session } = arrive(session, one, OWN, hearing));
      return session.clockAheadMs;
    };
    expect(hear(1, 5_000, 1)).toBe(5_000);
    expect(hear(2, 5_008, 30)).toBe(5_000);
    expect(hear(3, 5_000 + 3_600_000, 30)).toBe(5_000 + 3_600_000);
    expect(hear(4, 5_000, 60)).toBe(5_000);
  });

  it("never count twice, in any order of any of them", () => {
    const all = [RUN_1, RUN_2].flatMap((run) =>
      [1, 2, 3].flatMap((counter) => [message(run, counter), message(run, counter, OWN)]),
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...all), { maxLength: 40 }), (messages) => {
        const counted = messages.filter((_one, index) => feed(messages.slice(0, index + 1)).fresh[index]);
        expect(new Set(counted).size).toBe(counted.length);
      }),
    );
  });
});
