// Delivers one notice to one receiver: one attempt, one result. Retrying, order and bounds are the outbox's.
// Rule: never rejects, and settles within the time limit; what it says holds no secret of the target.

import type { RouteTarget } from "../../agent-api/index.ts";
import { answerMeaning, type HttpTarget, httpMessage } from "./http-target.ts";
import { post } from "./http-request.ts";
import { mailMessage } from "./mail-format.ts";
import { codeOf } from "./network-failure.ts";
import {
  type DeliverableNotice,
  noticeDocument,
  type NoticeDocument,
  type Sender,
} from "./notice-document.ts";
import { secretsOf } from "./secrets.ts";
import { sendBySendmail } from "./sendmail.ts";
import { sendBySmtp } from "./smtp.ts";

export interface DeliveryContext extends Sender {
  /** For the whole attempt: name, connection, TLS, request and answer. */
  readonly timeLimitMs: number;
}

export type DeliveryResult =
  | {
      readonly kind: "delivered";
      /** What the receiver said: `HTTP 200: ok`, `250 2.0.0 queued`. */
      readonly said: string;
      readonly tookMs: number;
    }
  | {
      readonly kind: "failed";
      /** What went wrong, for the operator; the receiver's words shortened. */
      readonly said: string;
      /** What the receiver asks us to wait, where it asks. */
      readonly retryAfterMs?: number;
      /**
       * The receiver understood and refused, or the route's settings are wrong: it goes on so until somebody changes something. That may happen within the
       * hour, so it is a reason to try less often and to say it, not to drop the notice.
       */
      readonly permanent: boolean;
    };

type Outcome =
  | Omit<Extract<DeliveryResult, { kind: "delivered" }>, "tookMs">
  | Extract<DeliveryResult, { kind: "failed" }>;

/** A body longer than this is not sent: a template that repeats texts again and again. */
const BODY_BYTES_MAX = 256 * 1024;
const TIME_LIMIT_MS_MIN = 1;

/** One attempt. The notice's id makes a repetition harmless, so that an attempt with an unknown end can be made again. */
export async function deliver(
  target: RouteTarget,
  notice: DeliverableNotice,
  context: DeliveryContext,
): Promise<DeliveryResult> {
  const startedMs = performance.now();
  const timeLimitMs = Math.max(TIME_LIMIT_MS_MIN, context.timeLimitMs);
  // Begun before the fence, so that a transport's own timer comes first and says what was late.
  const result = attempt(target, notice, context, timeLimitMs).catch(unexpected);
  let fence: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    const said = `not done within ${timeLimitMs} ms`;
    fence = setTimeout(() => resolve({ kind: "failed", said, permanent: false }), timeLimitMs);
  });
  const outcome = await Promise.race([result, late]);
  clearTimeout(fence);
  if (outcome.kind === "failed") return outcome;
  return { ...outcome, tookMs: Math.round(performance.now() - startedMs) };
}

async function attempt(
  target: RouteTarget,
  notice: DeliverableNotice,
  context: DeliveryContext,
  timeLimitMs: number,
): Promise<Outcome> {
  const document = noticeDocument(notice, context);
  if (target.kind === "smtp") {
    const message = mailMessage(document, target.from, target.to);
    return sendBySmtp(target, message, timeLimitMs, secretsOf(target));
  }
  if (target.kind === "sendmail")
    return sendBySendmail(target, mailMessage(document, target.from, target.to), timeLimitMs);
  return sendByHttp(target, document, timeLimitMs);
}

async function sendByHttp(
  target: HttpTarget,
  document: NoticeDocument,
  timeLimitMs: number,
): Promise<Outcome> {
  const message = httpMessage(target, document, Date.now());
  const length = Buffer.byteLength(message.body);
  if (length > BODY_BYTES_MAX) {
    return {
      kind: "failed",
      said: `the body would have ${length} bytes, more than ${BODY_BYTES_MAX}: shorten the route's template`,
      permanent: true,
    };
  }
  const outcome = await post(message, timeLimitMs);
  if (outcome.kind === "unanswered")
    return { kind: "failed", said: outcome.said, permanent: outcome.permanent };
  return answerMeaning(target, outcome, secretsOf(target), Date.now());
}

/** A mistake of ours, or a case that nobody thought of: the notice is kept, and the error's code alone is told. */
function unexpected(thrown: unknown): Outcome {
  const kind = codeOf(thrown) ?? (thrown instanceof Error ? thrown.name : "unknown");
  return { kind: "failed", said: `the agent could not make the delivery (${kind})`, permanent: false };
}
