// Datagrams: what is encoded is decoded, and nothing else is: a wrong key, a changed byte, a stranger's noise.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DATAGRAM_BYTES_MAX, decode, encode, signingKey } from "./codec.ts";
import type { PeerMessage } from "./message.ts";

const key = signingKey("a secret that both nodes have", "ext-lb");
const message: PeerMessage = {
  pair: "ext-lb",
  from: "extlb-01",
  to: "extlb-02",
  session: "0123456789abcdef",
  counter: 7,
  echo: { session: "fedcba9876543210", counter: 3, heldMs: 1.5 },
  sentMs: 1_795_800_000_123.456,
  log: { log: "00000000000000aa", next: 12 },
  have: { log: "00000000000000bb", next: 4 },
  events: {
    from: 4,
    next: 12,
    list: [
      {
        ...{ node: "extlb-01", log: "00000000000000aa", sequence: 11, atMs: 1_795_800_000_100 },
        ...{ kind: "unit", subject: "haproxy", value: "failed", previous: "active" },
        ...{
          detail: { result: "signal 9" },
          evidence: "Main process exited, code=killed, status=9/KILL",
          causedBy: 10,
        },
      },
    ],
  },
  decision: { grant: 4 },
};

describe("a datagram", () => {
  it("gives the message it was made of", () => {
    expect(decode(encode(message, key), key)).toEqual(message);
  });

  it("is refused with another key, or the same secret of another pair", () => {
    expect(decode(encode(message, signingKey("another secret", "ext-lb")), key)).toBe("signature");
    expect(decode(encode(message, signingKey("a secret that both nodes have", "int-lb")), key)).toBe(
      "signature",
    );
  });

  it("is refused when any bit of it was changed", () => {
    const whole = encode(message, key);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 7 }), (index, bit) => {
        const changed = Buffer.from(whole);
        changed[index] = (changed[index] ?? 0) ^ (1 << bit);
        expect(["signature", "not-ours"]).toContain(decode(changed, key));
      }),
    );
  });

  it("of anybody's bytes is refused without an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof decode(Buffer.from(bytes), key)).toBe("string");
      }),
    );
    expect(decode(Buffer.alloc(DATAGRAM_BYTES_MAX + 1), key)).toBe("too-long");
  });

  it("that is signed but holds no message is refused", () => {
    const signed = (value: unknown): unknown => decode(encode(value as PeerMessage, key), key);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(signed(value)).toBe("content");
      }),
    );
    expect(signed({ ...message, counter: -1 })).toBe("content");
    expect(signed({ ...message, events: { from: 5, next: 4, list: [] } })).toBe("content");
    expect(signed({ ...message, log: { log: "x", next: 1 } })).toBe("content");
  });
});
