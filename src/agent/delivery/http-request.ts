// One HTTP request and what came of it: no redirect is followed, no connection kept, TLS always verified, at most a few KiB of the answer read.
// Rule: whatever the receiver does, this settles within the time limit, never rejects, and holds a bounded part of the answer.

import {
  type ClientRequest,
  type IncomingMessage,
  request as requestHttp,
  type RequestOptions,
} from "node:http";
import { request as requestHttps } from "node:https";
import { codeOf, isCertificate, networkFailure, WRONG_AUTHORITY } from "./network-failure.ts";

export interface HttpMessage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** PEM of the authority that signs the receiver's certificate, where it is not a public one. */
  readonly authority?: string | undefined;
}

export type HttpOutcome =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly retryAfter?: string;
      /** The beginning of the body; a body that did not end in time is the part that came. */
      readonly text: string;
    }
  | { readonly kind: "unanswered"; readonly said: string; readonly permanent: boolean };

/** Of an answer's body. */
const ANSWER_BYTES_MAX = 4096;
const ANSWER_HEADER_BYTES_MAX = 16_384;
/** The status tells what became of the notice; the body only says it in words, and is waited for so long and no longer. */
const BODY_WAIT_MS = 1000;

/** POSTs the message. */
export function post(message: HttpMessage, timeLimitMs: number): Promise<HttpOutcome> {
  return new Promise((resolve) => {
    let settled = false;
    let request: ClientRequest | undefined;
    const settle = (outcome: HttpOutcome): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      request?.destroy();
      resolve(outcome);
    };
    const fail = (said: string, permanent = false): void => settle({ kind: "unanswered", said, permanent });
    // Once there is a status, whatever ends the exchange ends it with that.
    let end = fail;
    const timer = setTimeout(() => end(`no answer within ${timeLimitMs} ms`), timeLimitMs);
    try {
      request = open(message);
      request.on("response", (answer) => {
        end = answerReader(answer, settle);
      });
      // Without this a receiver that says 101 would leave the request without an end.
      request.on("upgrade", (_answer, socket) => {
        socket.destroy();
        end("it wants to switch to another protocol than HTTP", true);
      });
      // Stays until the end: a request that is destroyed may still report an error, and nobody would catch it.
      request.on("error", (error) => end(networkFailure(codeOf(error))));
      request.on("close", () => end("the connection was cut before an answer came"));
      request.end(message.body);
    } catch (thrown) {
      fail(unsendable(codeOf(thrown)), true);
    }
  });
}

function open(message: HttpMessage): ClientRequest {
  const url = new URL(message.url);
  const options: RequestOptions & { autoSelectFamily: boolean } = {
    method: "POST",
    agent: false,
    // Every address of a name is tried, as Node.js 18 does not by itself.
    autoSelectFamily: true,
    maxHeaderSize: ANSWER_HEADER_BYTES_MAX,
    headers: {
      ...message.headers,
      "Content-Length": String(Buffer.byteLength(message.body)),
      Connection: "close",
    },
  };
  if (url.protocol === "http:") return requestHttp(url, options);
  if (url.protocol !== "https:") throw Object.assign(new Error(), { code: "ERR_INVALID_PROTOCOL" });
  if (message.authority !== undefined && !isCertificate(message.authority))
    throw Object.assign(new Error(), { code: "ERR_WRONG_AUTHORITY" });
  return requestHttps(url, {
    ...options,
    rejectUnauthorized: true,
    ...(message.authority === undefined ? {} : { ca: message.authority }),
  });
}

/** Reads the body's beginning and settles; gives the function that settles at once with what has come. */
function answerReader(answer: IncomingMessage, settle: (outcome: HttpOutcome) => void): () => void {
  const chunks: Buffer[] = [];
  let length = 0;
  const retryAfter = answer.headers["retry-after"];
  const finish = (): void => {
    clearTimeout(wait);
    settle({
      kind: "answered",
      status: answer.statusCode ?? 0,
      text: Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString("utf8"),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    });
  };
  const wait = setTimeout(finish, BODY_WAIT_MS);
  answer.on("data", (chunk: Buffer) => {
    if (length < ANSWER_BYTES_MAX) chunks.push(chunk);
    length += chunk.length;
    if (length >= ANSWER_BYTES_MAX) finish();
  });
  answer.on("end", finish);
  answer.on("error", finish);
  answer.on("close", finish);
  return finish;
}

/** Why a message cannot even be sent: the settings are wrong. The texts of these errors quote the settings, and are not said. */
function unsendable(code: string | undefined): string {
  if (code === "ERR_INVALID_URL" || code === "ERR_INVALID_PROTOCOL")
    return "the route's url is none of http or https: correct it in pair.yaml";
  if (code === "ERR_INVALID_CHAR" || code === "ERR_INVALID_HTTP_TOKEN")
    return "a header of the route, or its url, has a character that cannot be sent: correct it in pair.yaml";
  if (code === "ERR_WRONG_AUTHORITY") return WRONG_AUTHORITY;
  return `the request cannot be made (${code ?? "no code"}): look at the route in pair.yaml`;
}
