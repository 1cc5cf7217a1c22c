// What is sent to each kind of HTTP receiver, and what its answer means for the notice.

import type { RouteTarget } from "../../agent-api/index.ts";
import { slackBody, teamsBody } from "./chat-formats.ts";
import type { HttpMessage, HttpOutcome } from "./http-request.ts";
import type { NoticeDocument } from "./notice-document.ts";
import { alertmanagerBody, pagerdutyBody } from "./pager-formats.ts";
import { sayable } from "./secrets.ts";
import { signature } from "./signature.ts";
import { filledTemplate } from "./template.ts";

export type HttpTarget = Exclude<RouteTarget, { kind: "smtp" | "sendmail" }>;

const ALERTMANAGER_PATH = "/api/v2/alerts";
/** Headers that are ours to set, whatever the route's are. */
const OWN_HEADERS =
  /^(content-length|transfer-encoding|connection|host|expect|upgrade|te|trailer|x-hapair-.*)$/i;

/** The message for the target; `nowMs` is the moment of sending, which is signed. */
export function httpMessage(target: HttpTarget, document: NoticeDocument, nowMs: number): HttpMessage {
  const headers = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": `hapair/${document.hapair.replaceAll(/[^\w.+-]/g, "")}`,
  };
  switch (target.kind) {
    case "webhook":
      return webhookMessage(target, document, nowMs, headers);
    case "slack":
      return { url: target.url, headers, body: slackBody(document) };
    case "teams":
      return { url: target.url, headers, body: teamsBody(document) };
    case "pagerduty":
      return { url: target.url, headers, body: pagerdutyBody(document, target.routingKey) };
    case "alertmanager":
      return {
        url: alertmanagerUrl(target.url),
        headers,
        body: alertmanagerBody(document),
        authority: target.authority,
      };
  }
}

function webhookMessage(
  target: Extract<HttpTarget, { kind: "webhook" }>,
  document: NoticeDocument,
  nowMs: number,
  standard: Readonly<Record<string, string>>,
): HttpMessage {
  const { url, template, secret, authority } = target;
  const body = template === undefined ? JSON.stringify(document) : filledTemplate(template, document);
  const timestampS = Math.floor(nowMs / 1000);
  // Names of headers are compared in lower case, or a route's content-type would stand beside ours.
  const headers = new Map(Object.entries(standard).map(([name, value]) => [name.toLowerCase(), value]));
  for (const [name, value] of Object.entries(target.headers)) {
    if (!OWN_HEADERS.test(name)) headers.set(name.toLowerCase(), value);
  }
  // A header holds no more than Latin letters; a route's name may.
  headers.set("x-hapair-notice", encodeURI(document.notice));
  headers.set("x-hapair-timestamp", String(timestampS));
  if (secret !== undefined) headers.set("x-hapair-signature", signature(secret, timestampS, body));
  return { url, headers: Object.fromEntries(headers), body, authority };
}

/** The address of Alertmanager, with or without the path of its API. */
function alertmanagerUrl(text: string): string {
  try {
    const url = new URL(text);
    if (!url.pathname.endsWith(ALERTMANAGER_PATH))
      url.pathname = `${url.pathname.replace(/\/+$/, "")}${ALERTMANAGER_PATH}`;
    return url.href;
  } catch {
    return text;
  }
}

/** What an answer means; see {@link DeliveryResult} for the words. */
export type AnswerMeaning =
  | { readonly kind: "delivered"; readonly said: string }
  | {
      readonly kind: "failed";
      readonly said: string;
      readonly permanent: boolean;
      readonly retryAfterMs?: number;
    };

/** Of what a receiver asks us to wait; the outbox has its own limit for how long a notice is tried. */
const RETRY_AFTER_MS_MAX = 3_600_000;
/** Refusals that pass: too slow (408), too early (425), too many (429). Every 5xx passes, too. */
const PASSING_STATUSES = new Set([408, 425, 429]);
/** What Teams' older connectors say, with status 200, when the message was not posted. */
const TEAMS_REFUSAL = /endpoint returned HTTP error (\d{3})/;

/**
 * Any 2xx is success: Slack says 200 `ok`, Teams 200 or 202, PagerDuty 202, Alertmanager 200, and compatible receivers their own. Asking for more would
 * send a notice again and again that has arrived.
 */
export function answerMeaning(
  target: HttpTarget,
  answer: Extract<HttpOutcome, { kind: "answered" }>,
  secrets: readonly string[],
  nowMs: number,
): AnswerMeaning {
  const { status, text } = answer;
  const words = sayable(text, secrets);
  const said = `HTTP ${status}${words === "" ? "" : `: ${words}`}`;
  const refused = target.kind === "teams" ? TEAMS_REFUSAL.exec(text)?.[1] : undefined;
  if (status >= 200 && status < 300 && refused === undefined) return { kind: "delivered", said };
  if (status >= 300 && status < 400) {
    return {
      kind: "failed",
      said: `HTTP ${status}: it redirects elsewhere, and redirects are not followed; give the route its final address`,
      permanent: true,
    };
  }
  const real = refused === undefined ? status : Number(refused);
  const passing = real >= 500 || real < 400 || PASSING_STATUSES.has(real);
  const retryAfterMs = passing ? waitAskedMs(answer.retryAfter, nowMs) : undefined;
  return {
    kind: "failed",
    said,
    permanent: !passing,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Retry-After: seconds, or a date (RFC 9110, 10.2.3). */
function waitAskedMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const waitMs = /^\s*\d{1,9}\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  if (!Number.isFinite(waitMs)) return undefined;
  return Math.min(RETRY_AFTER_MS_MAX, Math.max(0, waitMs));
}
