// A peer message as a datagram: a mark, a signature over everything after it (HMAC-SHA256, RFC 2104), then JSON.
// Rule: nothing is parsed before the signature is right, and a wrong one says no more than that it is wrong.

import { createHmac, timingSafeEqual } from "node:crypto";
import { type PeerMessage, readPeerMessage } from "./message.ts";

/** The form's version; another one is refused and counted. */
const MARK = Buffer.from("HPA1", "latin1");
const SIGNATURE_BYTES = 32;
const HEADER_BYTES = MARK.length + SIGNATURE_BYTES;

/** Larger than any message that is sent, smaller than what UDP carries; the network puts fragments together. */
export const DATAGRAM_BYTES_MAX = 16_000;

/** Why a datagram is not taken; each is counted. */
export type Refusal = "not-ours" | "too-long" | "signature" | "content";

/** The key that signs, bound to its use and the pair: a secret shared with something else signs nothing here. */
export function signingKey(secret: string, pair: string): Buffer {
  return createHmac("sha256", secret).update(`hapair agents of ${pair}, form 1`).digest();
}

/** The datagram of a message. */
export function encode(message: PeerMessage, key: Buffer): Buffer {
  const body = Buffer.from(JSON.stringify(message), "utf8");
  return Buffer.concat([MARK, signatureOf(body, key), body]);
}

/** The message of a datagram, or why there is none. Never throws. */
export function decode(datagram: Buffer, key: Buffer): PeerMessage | Refusal {
  if (datagram.length > DATAGRAM_BYTES_MAX) return "too-long";
  if (datagram.length <= HEADER_BYTES || !datagram.subarray(0, MARK.length).equals(MARK)) return "not-ours";
  const body = datagram.subarray(HEADER_BYTES);
  const signature = datagram.subarray(MARK.length, HEADER_BYTES);
  if (!timingSafeEqual(signature, signatureOf(body, key))) return "signature";
  return readPeerMessage(body.toString("utf8")) ?? "content";
}

function signatureOf(body: Buffer, key: Buffer): Buffer {
  return createHmac("sha256", key).update(MARK).update(body).digest();
}
