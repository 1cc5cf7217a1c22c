// A notice by SMTP: TLS from the first byte, or STARTTLS or nothing, or in clear and without a login. A login is never sent in clear.
// Rule: settles within the time limit, whatever the server does; what the server says is shown only as far as it holds no secret.

import { createTransport } from "nodemailer";
import type { RouteTarget } from "../../agent-api/index.ts";
import type { MailMessage } from "./mail-format.ts";
import { codeOf, isCertificate, networkFailure, WRONG_AUTHORITY } from "./network-failure.ts";
import { sayable } from "./secrets.ts";

export type SmtpTarget = Extract<RouteTarget, { kind: "smtp" }>;

export type MailOutcome =
  | { readonly kind: "delivered"; readonly said: string }
  | { readonly kind: "failed"; readonly said: string; readonly permanent: boolean };

/** Share of the time limit for connecting and being greeted, so that what is late can be told from the whole. */
const GREETING_SHARE = 0.6;
/** After the answer, or the time limit, a server that does not close is not waited for longer. */
const CLOSE_WAIT_MS = 200;

/** What the library says of an answer. */
interface Sent {
  readonly response?: unknown;
  readonly rejected?: readonly unknown[];
  readonly rejectedErrors?: readonly SmtpError[];
}

interface SmtpError {
  readonly code?: unknown;
  /** The code before the library gave it a more general one: ECONNREFUSED, CERT_HAS_EXPIRED. */
  readonly originalCode?: unknown;
  /** What the server said, with its number. */
  readonly response?: unknown;
  readonly responseCode?: unknown;
  readonly command?: unknown;
  readonly message?: unknown;
  readonly timeoutType?: unknown;
}

export async function sendBySmtp(
  target: SmtpTarget,
  message: MailMessage,
  timeLimitMs: number,
  secrets: readonly string[],
): Promise<MailOutcome> {
  const { user, password, tls } = target;
  if (tls === "none" && (user !== undefined || password !== undefined)) {
    return {
      kind: "failed",
      said: "a login without TLS is never sent: set tls to starttls or implicit, or take the login away",
      permanent: true,
    };
  }
  if (target.authority !== undefined && !isCertificate(target.authority))
    return { kind: "failed", said: WRONG_AUTHORITY, permanent: true };
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeLimitMs);
  const transport = createTransport(transportOptions(target, timeLimitMs));
  try {
    // `signal` is not in the types yet: it ends the connection, also one that trickles for ever.
    const mail = { ...message, to: [...message.to], headers: { ...message.headers }, signal: abort.signal };
    const sent = (await transport.sendMail(mail)) as Sent;
    return { kind: "delivered", said: deliveredText(sent, message.to.length, secrets) };
  } catch (thrown) {
    if (abort.signal.aborted)
      return {
        kind: "failed",
        said: `the mail server was not done within ${timeLimitMs} ms`,
        permanent: false,
      };
    return failure(thrown ?? {}, target, secrets);
  } finally {
    clearTimeout(timer);
    transport.close();
  }
}

function transportOptions(target: SmtpTarget, timeLimitMs: number): Parameters<typeof createTransport>[0] {
  const { host, port, tls, user, password, authority } = target;
  const setUpMs = Math.max(1, Math.floor(timeLimitMs * GREETING_SHARE));
  const options = {
    host,
    port,
    secure: tls === "implicit",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
    tls: { rejectUnauthorized: true, ...(authority === undefined ? {} : { ca: authority }) },
    dnsTimeout: setUpMs,
    connectionTimeout: setUpMs,
    greetingTimeout: setUpMs,
    socketTimeout: timeLimitMs,
    socketCloseTimeout: CLOSE_WAIT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return options;
}

function deliveredText(sent: Sent, recipients: number, secrets: readonly string[]): string {
  const answer = saidBy(sent.response, secrets);
  const refused = sent.rejected?.length ?? 0;
  if (refused === 0) return answer === "" ? "accepted" : answer;
  // Sending again would give it twice to those who have it.
  const why = saidBy(sent.rejectedErrors?.[0]?.response, secrets);
  return `accepted for ${recipients - refused} of ${recipients} recipients; refused: ${why}`;
}

function failure(error: SmtpError, target: SmtpTarget, secrets: readonly string[]): MailOutcome {
  const responseCode = typeof error.responseCode === "number" ? error.responseCode : 0;
  const answer = saidBy(error.response, secrets);
  const withAnswer = (said: string): string => (answer === "" ? said : `${said}: ${answer}`);
  const failed = (said: string, permanent = false): MailOutcome => ({ kind: "failed", said, permanent });
  // 503 is a wrong order of commands, not a refusal of this message.
  const refused = responseCode >= 500 && responseCode < 600 && responseCode !== 503;
  switch (error.code) {
    case "EAUTH":
      return failed(withAnswer("login refused"), refused);
    case "ETIMEDOUT":
      return failed(
        error.timeoutType === "GREETING_TIMEOUT"
          ? "connected, and no greeting came in time"
          : "no connection or no answer in time",
      );
    case "EDNS":
      return failed("its name cannot be resolved");
    case "EENVELOPE":
      return failed(withAnswer("sender or recipients refused"), refused);
    case "EMESSAGE":
      return failed(withAnswer("message refused"), refused);
    case "ETLS":
    case "ESOCKET":
    case "ECONNECTION":
      return failed(connectionFailure(error, target, answer));
    default:
      return failed(withAnswer(`the mail was not sent (${codeOf(error) ?? "no code"})`), refused);
  }
}

function connectionFailure(error: SmtpError, target: SmtpTarget, answer: string): string {
  if (error.command === "STARTTLS" && answer !== "")
    return `the server does not do STARTTLS, and nothing is sent in clear: ${answer}`;
  const { originalCode } = error;
  const cause = typeof originalCode === "string" ? originalCode : certificateCode(error.message);
  if (cause !== undefined) return networkFailure(cause);
  if (error.code === "ETLS")
    return `TLS failed before the mail could be sent (tls is ${target.tls}, port ${target.port})`;
  return answer === ""
    ? "the connection was cut before the mail was taken"
    : `the server closed the connection: ${answer}`;
}

/** In a failed upgrade the cause is only in the message, in OpenSSL's words. */
function certificateCode(message: unknown): string | undefined {
  if (typeof message !== "string") return undefined;
  if (/altnames?/i.test(message)) return "ERR_TLS_CERT_ALTNAME_INVALID";
  if (/certificate has expired/i.test(message)) return "CERT_HAS_EXPIRED";
  if (/self-signed|unable to (verify|get)/i.test(message)) return "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
  if (/wrong version number/i.test(message)) return "ERR_SSL_WRONG_VERSION_NUMBER";
  return undefined;
}

function saidBy(response: unknown, secrets: readonly string[]): string {
  return typeof response === "string" ? sayable(response, secrets) : "";
}
