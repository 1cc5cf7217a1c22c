// As much of WebSocket (RFC 6455) as an echo of short texts needs, for both ends: the handshake's words, and frames of up to 125 bytes.
// Rule: what it does not know (long frames, fragments, extensions) is an error, never guessed.

import { createHash, randomBytes } from "node:crypto";

/** RFC 6455 section 1.3: what the server adds to the client's key. */
const SERVER_WORD = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** A frame whose length fits into the first length field. */
const PAYLOAD_BYTES_MAX = 125;
const FINAL = 0x80;
const MASKED = 0x80;
const MASK_BYTES = 4;

export type FrameKind = "text" | "close" | "ping" | "pong";
const OPCODES: Readonly<Record<FrameKind, number>> = { text: 1, close: 8, ping: 9, pong: 10 };
const KIND_OF_OPCODE = new Map(
  (Object.keys(OPCODES) as FrameKind[]).map((kind) => [OPCODES[kind], kind] as const),
);

export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Buffer;
}

/** Sec-WebSocket-Accept for a client's Sec-WebSocket-Key. */
export function acceptOf(key: string): string {
  return createHash("sha1")
    .update(key + SERVER_WORD)
    .digest("base64");
}

/** A client's request for the upgrade, and the answer's word that it has to see. */
export function upgradeRequest(
  path: string,
  host: string,
): { readonly text: string; readonly accept: string } {
  const key = randomBytes(16).toString("base64");
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
  ];
  return { text: `${lines.join("\r\n")}\r\n\r\n`, accept: acceptOf(key) };
}

/** One frame; a client's are masked, a server's are not. Throws where the payload is too long. */
export function encodeFrame(kind: FrameKind, payload: Buffer, masked: boolean): Buffer {
  if (payload.length > PAYLOAD_BYTES_MAX) throw new Error(`a frame of ${payload.length} bytes is too long`);
  const head = Buffer.from([FINAL | OPCODES[kind], (masked ? MASKED : 0) | payload.length]);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = randomBytes(MASK_BYTES);
  return Buffer.concat([head, mask, applyMask(payload, mask)]);
}

function applyMask(payload: Buffer, mask: Buffer): Buffer {
  return Buffer.from(payload.map((byte, index) => byte ^ (mask[index % MASK_BYTES] ?? 0)));
}

/** Takes bytes as they come and gives the frames that are whole; throws on what it does not know. Keeps less than one frame. */
export function frameReader(): (bytes: Buffer) => Frame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const frames: Frame[] = [];
    for (;;) {
      const [first, second] = rest;
      if (first === undefined || second === undefined) return frames;
      const kind = KIND_OF_OPCODE.get(first & 0x0f);
      const length = second & 0x7f;
      if (kind === undefined || (first & 0xf0) !== FINAL || length > PAYLOAD_BYTES_MAX)
        throw new Error(`a frame that begins with ${first.toString(16)} ${second.toString(16)} is not known`);
      const masked = (second & MASKED) !== 0;
      const start = 2 + (masked ? MASK_BYTES : 0);
      if (rest.length < start + length) return frames;
      const payload = rest.subarray(start, start + length);
      frames.push({ kind, payload: masked ? applyMask(payload, rest.subarray(2, start)) : payload });
      rest = rest.subarray(start + length);
    }
  };
}
