// Reads one HTTP answer as its bytes come: good or bad, whole or not, and who says that it answered. Pure; bounded memory.
// Rule: whole means what the answer itself promised (Content-Length, last chunk); without such a promise, the orderly end of the connection.

/** more: go on reading. whole: a complete 2xx or 3xx. bad: anything that is not one. */
export type AnswerState = "more" | "whole" | "bad";

export interface Answer {
  /** What has come of the head; "" once it is complete. */
  head: string;
  headComplete: boolean;
  /** Bytes of the body still to come. Infinity: until the connection ends. */
  remainingBytes: number;
  chunked: boolean;
  /** The last bytes of a chunked body. */
  tail: string;
  /** The identity header's value; "" when there was none. */
  answeredBy: string;
}

const HEAD_BYTES_MAX = 16_384;
const NAME_LENGTH_MAX = 64;
const LAST_CHUNK = "0\r\n\r\n";

export function newAnswer(): Answer {
  return {
    head: "",
    headComplete: false,
    remainingBytes: Infinity,
    chunked: false,
    tail: "",
    answeredBy: "",
  };
}

/** Takes further bytes (as Latin-1 text). `identityHeader` in small letters. */
export function feedAnswer(answer: Answer, text: string, identityHeader: string): AnswerState {
  if (answer.headComplete) return feedBody(answer, text);
  answer.head += text;
  const end = answer.head.indexOf("\r\n\r\n");
  if (end < 0) return answer.head.length > HEAD_BYTES_MAX ? "bad" : "more";
  const head = answer.head.slice(0, end);
  const body = answer.head.slice(end + 4);
  answer.head = "";
  answer.headComplete = true;
  if (!/^HTTP\/1\.[01] [23]\d\d/.test(head)) return "bad";
  answer.answeredBy = headerValue(head, identityHeader)?.slice(0, NAME_LENGTH_MAX) ?? "";
  const length = headerValue(head, "content-length");
  if (length !== undefined) {
    answer.remainingBytes = Number(length);
    if (!Number.isSafeInteger(answer.remainingBytes) || answer.remainingBytes < 0) return "bad";
  }
  answer.chunked = headerValue(head, "transfer-encoding")?.toLowerCase() === "chunked";
  return feedBody(answer, body);
}

/** The connection ended in order. */
export function endAnswer(answer: Answer): AnswerState {
  if (!answer.headComplete || answer.chunked) return "more";
  return answer.remainingBytes === Infinity || answer.remainingBytes <= 0 ? "whole" : "more";
}

function feedBody(answer: Answer, text: string): AnswerState {
  if (answer.chunked) {
    answer.tail = (answer.tail + text).slice(-LAST_CHUNK.length);
    return answer.tail === LAST_CHUNK ? "whole" : "more";
  }
  answer.remainingBytes -= text.length;
  return answer.remainingBytes <= 0 ? "whole" : "more";
}

function headerValue(head: string, name: string): string | undefined {
  const at = head.toLowerCase().indexOf(`\r\n${name}:`);
  if (at < 0) return undefined;
  const from = at + name.length + 3;
  const end = head.indexOf("\r\n", from);
  return head.slice(from, end < 0 ? undefined : end).trim();
}
