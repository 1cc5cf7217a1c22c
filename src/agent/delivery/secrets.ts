// What of a receiver's answer may be shown: nothing that shares a piece with a secret of its target, however the receiver writes it.
// Rule: an answer is shown or withheld as a whole. Cutting secrets out of it would leave their ends.

import type { RouteTarget } from "../../agent-api/index.ts";
import { cut, oneLine } from "./plain-text.ts";

/** Characters of an answer that are shown. */
const SHOWN_LENGTH_MAX = 200;
/** This many characters in a row in common with a secret are a piece of it. */
const PIECE_LENGTH = 10;
/** Runs of letters and digits that look like a key, in whatever encoding, are not shown either. */
const KEY_LIKE = /[A-Za-z0-9+/_=-]{28,}/g;
/** Words and paths of addresses that everybody knows; they may stand in an answer. */
const PUBLIC_WORDS = new Set(
  "api v1 v2 alerts enqueue services webhook hooks /v2/enqueue /api/v2/alerts".split(" "),
);
/** Headers whose values are no secrets, and stand in answers. */
const PUBLIC_HEADERS = /^(content-type|accept|user-agent)$/i;

export const WITHHELD = "its answer holds a secret of the route and is not shown";

/** Every text of the target that must not be shown, as it is configured. */
export function secretsOf(target: RouteTarget): string[] {
  switch (target.kind) {
    case "sendmail":
      return [];
    case "smtp": {
      const { user = "", password = "" } = target;
      return [password, `\0${user}\0${password}`].filter((secret) => password !== "" && secret !== "");
    }
    case "webhook":
      return [
        ...secretsOfUrl(target.url),
        ...(target.secret === undefined ? [] : [target.secret]),
        ...Object.entries(target.headers)
          .filter(([name]) => !PUBLIC_HEADERS.test(name))
          .flatMap(([, value]) => [value, ...value.split(/\s+/)]),
        // A template may hold a token that its receiver wants in the body.
        ...[...(target.template ?? "").matchAll(/:\s*"([^"{}]{8,})"/g)].map((match) => match[1] ?? ""),
      ].filter((secret) => secret !== "");
    case "pagerduty":
      return [target.routingKey, ...secretsOfUrl(target.url)];
    case "slack":
    case "teams":
    case "alertmanager":
      return secretsOfUrl(target.url);
  }
}

function secretsOfUrl(text: string): string[] {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return [text];
  }
  const { username, password, pathname, search, searchParams } = url;
  const login = username === "" && password === "" ? [] : [`${decoded(username)}:${decoded(password)}`];
  const words = [
    pathname,
    search.slice(1),
    username,
    password,
    ...pathname.split("/"),
    ...searchParams.values(),
  ];
  return [...words, ...words.map(decoded), ...login].filter(
    (word) => word.length > 2 && !PUBLIC_WORDS.has(word.toLowerCase()),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Says an answer of the receiver: one line of visible text, shortened, or {@link WITHHELD}. Empty where there is nothing to say. */
export function sayable(answer: string, secrets: readonly string[]): string {
  // The whole of the answer is looked at, so that no secret begins where the shown part ends.
  const whole = oneLine(answer, answer.length + 3);
  if (whole === "") return "";
  const looked = [whole, decoded(whole), decoded(whole.replaceAll("+", " "))].map((text) =>
    text.toLowerCase(),
  );
  const pieces = new Set(looked.flatMap(piecesOf));
  const found = (form: string): boolean =>
    form.length <= PIECE_LENGTH
      ? looked.some((text) => text.includes(form))
      : piecesOf(form).some((piece) => pieces.has(piece));
  if (secrets.flatMap(writtenForms).some(found)) return WITHHELD;
  return cut(whole.replaceAll(KEY_LIKE, "***"), SHOWN_LENGTH_MAX);
}

/** The secret as a receiver may write it back, in lower case. */
function writtenForms(secret: string): string[] {
  const bytes = Buffer.from(secret, "utf8");
  const forms = [
    secret,
    oneLine(secret, secret.length + 3),
    encodeURIComponent(secret.replaceAll(/\p{Surrogate}/gu, "")),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
    bytes.toString("base64").replaceAll("=", ""),
    bytes.toString("hex"),
  ];
  return [...new Set(forms.map((form) => form.toLowerCase()))].filter((form) => form !== "");
}

function piecesOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - PIECE_LENGTH + 1) }, (_, start) =>
    text.slice(start, start + PIECE_LENGTH),
  );
}
