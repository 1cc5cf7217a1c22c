// How a webhook's receiver knows that a notice is ours and new: a signature over the moment of sending and the exact body.
//
// To verify, with the route's secret:
//   1. take the header X-Hapair-Timestamp (seconds since 1970) and refuse one that is more than five minutes off;
//   2. make the HMAC-SHA256 of TIMESTAMP, a full stop, and the body's bytes as they came (before anything parses them);
//   3. compare `sha256=` and its hexadecimal digits with X-Hapair-Signature, in constant time;
//   4. drop a notice whose X-Hapair-Notice was seen before: the same one may come twice, and from either node.
// In a shell: printf '%s.%s' "$timestamp" "$body" | openssl dgst -sha256 -hmac "$secret"

import { createHmac } from "node:crypto";

/** `sha256=` and 64 hexadecimal digits. */
export function signature(secret: string, timestampS: number, body: string): string {
  return `sha256=${createHmac("sha256", secret).update(`${timestampS}.${body}`).digest("hex")}`;
}
