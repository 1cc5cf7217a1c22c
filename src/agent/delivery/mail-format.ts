// A notice as an e-mail: plain text, one thread per incident, and headers that tell programs it was sent by one.

import { facts, headline, type NoticeDocument } from "./notice-document.ts";
import { cut } from "./plain-text.ts";

/** The fields that the mail library makes a message from; no text in it can start another header. */
export interface MailMessage {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** Not base64, which nobody can read in a mail server's queue. */
  readonly textEncoding: "quoted-printable";
  readonly date: Date;
  readonly messageId: string;
  /** The incident's first message along this route; absent for itself. */
  readonly inReplyTo?: string;
  readonly references?: string;
  readonly headers: Readonly<Record<string, string>>;
}

const SUBJECT_LENGTH_MAX = 200;
const ROUTE_IN_ID_LENGTH_MAX = 100;

/** `from` and `to` as the route has them: `alerts@example.com` or `Alerts <alerts@example.com>`. */
export function mailMessage(document: NoticeDocument, from: string, to: readonly string[]): MailMessage {
  const domain = mailDomain(from);
  const first = messageId(document, 1, domain);
  const thread = document.revision === 1 ? {} : { inReplyTo: first, references: first };
  return {
    from,
    to,
    subject: cut(`[hapair] ${document.pair} ${headline(document)}`, SUBJECT_LENGTH_MAX),
    text: bodyText(document),
    textEncoding: "quoted-printable",
    date: new Date(document.createdAt),
    messageId: messageId(document, document.revision, domain),
    ...thread,
    headers: {
      "Auto-Submitted": "auto-generated",
      // Exchange answers automatic mail unless it is told not to by this.
      "X-Auto-Response-Suppress": "All",
      "X-Hapair-Incident": document.incident,
      "X-Hapair-Notice": document.notice,
      "X-Hapair-Severity": document.severity,
      "X-Hapair-Phase": document.phase,
    },
  };
}

/** The same for every attempt and from either node, so that a mail server or reader can drop what came twice. */
function messageId(document: NoticeDocument, revision: number, domain: string): string {
  const route = cut(atomText(document.route), ROUTE_IN_ID_LENGTH_MAX);
  return `<hapair.${atomText(document.incident)}.${revision}.${route}@${domain}>`;
}

/** Only what RFC 5322 lets stand in an identifier without quotes. */
function atomText(text: string): string {
  return encodeURIComponent(text)
    .replaceAll(/[!'()*~.]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
    .replaceAll("%", "=");
}

/** The sender's domain: an identifier of another one makes some mail servers suspicious. */
function mailDomain(from: string): string {
  return /@([A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?)>?\s*$/.exec(from)?.[1] ?? "hapair.invalid";
}

function bodyText(document: NoticeDocument): string {
  const shown = facts(document);
  const details = Object.entries(document.detail);
  const width = Math.max(...[...shown, ...details].map(([name]) => name.length)) + 2;
  const row = ([name, value]: readonly [string, string]): string => `${`${name}:`.padEnd(width)}${value}`;
  return [
    headline(document),
    "",
    ...(document.text === "" ? [] : [document.text, ""]),
    ...shown.map(row),
    ...(details.length === 0 ? [] : ["", ...details.map(row)]),
    "",
    // RFC 3676: what follows this line is a signature.
    "-- ",
    `hapair ${document.hapair}`,
    "",
  ].join("\n");
}
