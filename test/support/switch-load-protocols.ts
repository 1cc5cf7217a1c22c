// What the load's clients read and write: answers of HTTP/1.1, and as much of HTTP/2 (RFC 9113) as requests without a body need.
// By hand, because hundreds of new connections a second beside two hosts on two cores are too many for node:http2. No clock and no sockets.

/** One answer. `last`: the server wants no further request on this connection. `by`: the node that says it answered, where its name is written plainly (HAProxy does). */
export interface Answer {
  readonly stream: number;
  readonly status: number;
  readonly last: boolean;
  readonly by?: string;
}

export type ProtocolEvent =
  | ({ readonly is: "answer" } & Answer)
  /** Streams above `lastStream` were not looked at and may be sent again elsewhere. */
  | { readonly is: "goaway"; readonly lastStream: number }
  /** `refused`: not looked at, may be sent again. */
  | { readonly is: "stream-reset"; readonly stream: number; readonly refused: boolean };

/** One connection's protocol. What `request` and `take` give as `bytes` is to be written. */
export interface Protocol {
  request(): { readonly stream: number; readonly bytes: Buffer | string };
  /** Throws on what no server of this protocol may say. */
  take(bytes: Buffer): { readonly events: readonly ProtocolEvent[]; readonly bytes?: Buffer };
}

const HEAD_BYTES_MAX = 16_384;
const HEAD_END = "\r\n\r\n";

function nodeIn(text: string | Buffer, nodes: readonly string[]): { readonly by?: string } {
  const by = nodes.find((node) => text.includes(node));
  return by === undefined ? {} : { by };
}

/** HTTP/1.1, one request after the other; answers have a Content-Length. */
export function http1Protocol(path: string, host: string, nodes: readonly string[]): Protocol {
  const text = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  let stream = 0;
  let head = "";
  let bodyLeft: number | undefined;
  let answer: Answer | undefined;
  return {
    request: () => ({ stream: (stream += 1), bytes: text }),
    take(bytes) {
      if (bodyLeft === undefined) {
        head += bytes.toString("latin1");
        if (head.length > HEAD_BYTES_MAX) throw new Error("the answer's head is too long");
        const end = head.indexOf(HEAD_END);
        if (end < 0) return { events: [] };
        const read = readHead(head.slice(0, end));
        answer = { stream, status: read.status, last: read.close, ...nodeIn(head, nodes) };
        bodyLeft = read.length - (head.length - end - HEAD_END.length);
      } else bodyLeft -= bytes.length;
      if (bodyLeft > 0 || answer === undefined) return { events: [] };
      if (bodyLeft < 0) throw new Error("more came than the answer has");
      head = "";
      bodyLeft = undefined;
      return { events: [{ is: "answer", ...answer }] };
    },
  };
}

/** What of an answer's head matters. */
export function readHead(head: string): {
  readonly status: number;
  readonly length: number;
  readonly close: boolean;
} {
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) throw new Error("not an answer of HTTP/1.1");
  return {
    status,
    length: Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0),
    close: /^connection: *close/im.test(head),
  };
}

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEAD_BYTES = 9;
/** The largest frame a peer may send without our consent. */
const FRAME_BYTES_MAX = 16_384;
const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7 } as const;
const FLAG_ACK = 1;
const FLAG_END_STREAM = 1;
const FLAG_END_HEADERS = 4;
const FLAG_PADDED = 8;
const FLAG_PRIORITY = 0x20;
const REFUSED_STREAM = 7;
/** RFC 7541, appendix A: GET, https, "/". */
const GET_HTTPS_ROOT = [0x82, 0x87, 0x84];
/** A literal with the name of entry 1, ":authority", that is not to be remembered. */
const AUTHORITY = 0x01;

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HTTP/2: GET / on stream 1, 3, 5 and so on. */
export function http2Protocol(host: string, nodes: readonly string[]): Protocol {
  const block = Buffer.concat([
    Buffer.from([...GET_HTTPS_ROOT, AUTHORITY, host.length]),
    Buffer.from(host, "latin1"),
  ]);
  let next = 1;
  let rest: Buffer = Buffer.alloc(0);
  let leaving = false;
  const heads = new Map<number, Omit<Answer, "last">>();
  const finish = (stream: number): ProtocolEvent[] => {
    const head = heads.get(stream);
    heads.delete(stream);
    return head === undefined ? [] : [{ is: "answer", ...head, last: leaving }];
  };
  const takeFrame = (type: number, flags: number, stream: number, payload: Buffer): ProtocolEvent[] => {
    switch (type) {
      case FRAME.headers: {
        if ((flags & FLAG_END_HEADERS) === 0) throw new Error("a header block in pieces");
        const start = ((flags & FLAG_PADDED) === 0 ? 0 : 1) + ((flags & FLAG_PRIORITY) === 0 ? 0 : 5);
        // A second block on a stream is its trailer.
        if (!heads.has(stream))
          heads.set(stream, { stream, status: statusOf(payload.subarray(start)), ...nodeIn(payload, nodes) });
        return (flags & FLAG_END_STREAM) === 0 ? [] : finish(stream);
      }
      case FRAME.data:
        return (flags & FLAG_END_STREAM) === 0 ? [] : finish(stream);
      case FRAME.reset:
        heads.delete(stream);
        return [{ is: "stream-reset", stream, refused: payload.readUInt32BE(0) === REFUSED_STREAM }];
      case FRAME.goaway:
        leaving = true;
        return [{ is: "goaway", lastStream: payload.readUInt32BE(0) & 0x7fff_ffff }];
      default:
        return [];
    }
  };
  return {
    request() {
      const stream = next;
      next += 2;
      const headers = frame(FRAME.headers, FLAG_END_STREAM | FLAG_END_HEADERS, stream, block);
      if (stream > 1) return { stream, bytes: headers };
      const opening = [Buffer.from(PREFACE), frame(FRAME.settings, 0, 0, Buffer.alloc(0)), headers];
      return { stream, bytes: Buffer.concat(opening) };
    },
    take(bytes) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const events: ProtocolEvent[] = [];
      const replies: Buffer[] = [];
      while (rest.length >= FRAME_HEAD_BYTES) {
        const length = rest.readUIntBE(0, 3);
        if (length > FRAME_BYTES_MAX) throw new Error(`a frame of ${length} bytes`);
        if (rest.length < FRAME_HEAD_BYTES + length) break;
        const [type, flags] = [rest[3] ?? 0, rest[4] ?? 0];
        const payload = rest.subarray(FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + length);
        const asksForReply = (type === FRAME.settings || type === FRAME.ping) && (flags & FLAG_ACK) === 0;
        if (asksForReply)
          replies.push(frame(type, FLAG_ACK, 0, type === FRAME.ping ? payload : Buffer.alloc(0)));
        events.push(...takeFrame(type, flags, rest.readUInt32BE(5) & 0x7fff_ffff, payload));
        rest = rest.subarray(FRAME_HEAD_BYTES + length);
      }
      return replies.length === 0 ? { events } : { events, bytes: Buffer.concat(replies) };
    },
  };
}

/** RFC 7541, appendix A, entries 8 to 14. */
const STATUSES = [200, 204, 206, 304, 400, 404, 500];
const STATUS_FIRST_ENTRY = 8;
const INDEXED = 0x80;

/** The status of a header block, which comes first in it; 0 where it is written in a way that no proxy was seen to write it. */
function statusOf(block: Buffer): number {
  let at = 0;
  // The encoder may first say how large its table is (RFC 7541, 6.3).
  while (((block[at] ?? 0) & 0xe0) === 0x20) at += 1;
  const first = block[at] ?? 0;
  if (first >= INDEXED) return STATUSES[first - INDEXED - STATUS_FIRST_ENTRY] ?? 0;
  const plain = block[at + 1] === 3 ? block.toString("latin1", at + 2, at + 5) : "";
  return /^\d{3}$/.test(plain) ? Number(plain) : 0;
}
