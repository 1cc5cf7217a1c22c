// alerts.routes: each is one way to tell someone. Rules: exactly one way a route; what belongs to another way is a mistake, not passed over;
// no login goes over a connection in clear.

import { sentenceList } from "../base/index.ts";
import { parseAddress } from "./address.ts";
import { isCondition } from "./alert-conditions.ts";
import { type Path, pathText } from "./fields.ts";
import type { AlertRouteOptions, AlertTarget, Concealable, SecretReference } from "./pair.ts";
import { shown } from "./places.ts";
import { addAt, addAtKey, entry, namesAt, type Reading } from "./reading.ts";
import { namePattern } from "./schema-words.ts";
import { hasLogin, isSecretHeader, literalSecretFinding, readSecretReference } from "./secret.ts";
import { badNameFinding } from "./shape.ts";

export type WrittenRoute = NonNullable<NonNullable<NonNullable<Reading["file"]["alerts"]>["routes"]>[string]>;
type WrittenReference = {
  readonly env?: string | undefined;
  readonly file?: string | undefined;
  readonly command?: string | undefined;
};

const ROUTES_MAX = 100;
/** PagerDuty's Events API v2 (developer.pagerduty.com). */
const PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue";
/** The address every mail system knows. */
const DEFAULT_SENDER = "root";
const PORTS = { starttls: 587, implicit: 465, none: 25 } as const;

/** The ways, and which further keys belong to each. */
const WAYS = {
  email: ["from", "smtp", "sendmail"],
  slack: [],
  teams: [],
  pagerduty: [],
  webhook: ["secret", "headers", "template", "authority"],
  alertmanager: ["authority"],
} as const satisfies Record<string, readonly (keyof WrittenRoute)[]>;
type Way = keyof typeof WAYS;
const COMMON: readonly string[] = ["severity", "conditions"];

interface RouteReading {
  readonly reading: Reading;
  readonly path: Path;
  readonly written: WrittenRoute;
}

/** Every route in the order of the file. */
export function readRoutes(reading: Reading): AlertRouteOptions[] {
  const names = namesAt(reading, ["alerts", "routes"]);
  if (names.length > ROUTES_MAX) {
    addAtKey(reading, "HP031", ["alerts", "routes"], {
      message: `alerts has ${names.length} routes: at most ${ROUTES_MAX} are taken`,
      advice: "one route for each place that is told, with several addresses where it is mail",
    });
    return [];
  }
  return names.flatMap((name) => {
    const path: Path = ["alerts", "routes", name];
    if (!namePattern.test(name)) reading.findings.add(badNameFinding(reading.tree, path, name));
    const written = entry(reading.file.alerts?.routes, name);
    if (written === undefined) return [];
    const conditions = written.conditions?.filter(
      (code, index): code is string =>
        code !== undefined && isCondition(reading, [...path, "conditions", index], code),
    );
    const target = readTarget({ reading, path, written });
    if (target === undefined) return [];
    return [
      {
        name,
        severity: written.severity ?? "warning",
        ...(conditions === undefined ? {} : { conditions }),
        target,
      },
    ];
  });
}

function readTarget(route: RouteReading): AlertTarget | undefined {
  const { reading, path } = route;
  const names = namesAt(reading, path);
  const ways = (Object.keys(WAYS) as Way[]).filter((way) => names.includes(way));
  const [way, ...others] = ways;
  if (way === undefined || others.length > 0) {
    if (way === undefined && Object.keys(WAYS).some((each) => reading.isMisspelt([...path, each])))
      return undefined;
    addAtKey(reading, "HP081", path, {
      message: `${pathText(path)} has ${way === undefined ? "no way to tell anyone" : sentenceList(ways)}: one of ${sentenceList(Object.keys(WAYS), "or")} is wanted`,
      advice:
        way === undefined ? "{ email: [ops@example.com], sendmail: /usr/sbin/sendmail }" : "a route for each",
    });
    return undefined;
  }
  const belonging: readonly string[] = [...COMMON, way, ...WAYS[way]];
  const known = new Set<string>(Object.values(WAYS).flat());
  for (const key of names.filter((each) => known.has(each) && !belonging.includes(each))) {
    const owners = (Object.keys(WAYS) as Way[]).filter((each) =>
      (WAYS[each] as readonly string[]).includes(key),
    );
    addAtKey(reading, "HP081", [...path, key], {
      message: `${pathText([...path, key])} belongs to ${sentenceList(owners, "or")}, and this route is ${way}`,
      advice: "nothing here",
    });
  }
  return readers[way](route);
}

const readers: Readonly<Record<Way, (route: RouteReading) => AlertTarget | undefined>> = {
  email: readMail,
  slack: (route) => readChat(route, "slack"),
  teams: (route) => readChat(route, "teams"),
  pagerduty: (route) => {
    const routingKey = reference(route, ["pagerduty"], route.written.pagerduty);
    return routingKey === undefined ? undefined : { kind: "pagerduty", url: PAGERDUTY_URL, routingKey };
  },
  webhook: readWebhook,
  alertmanager: (route) => {
    const url = readUrl(route, "alertmanager");
    const { authority } = route.written;
    return url === undefined
      ? undefined
      : { kind: "alertmanager", url, ...(authority === undefined ? {} : { authority }) };
  },
};

function readChat(route: RouteReading, kind: "slack" | "teams"): AlertTarget | undefined {
  const found = reference(route, [kind], route.written[kind]);
  return found === undefined ? undefined : { kind, url: { kind: "secret", reference: found } };
}

function reference(
  { reading, path }: RouteReading,
  below: Path,
  written: WrittenReference | undefined,
): SecretReference | undefined {
  if (written === undefined) return undefined;
  return readSecretReference(reading.tree, [...path, ...below], written, reading.findings);
}

function readWebhook(route: RouteReading): AlertTarget | undefined {
  const { reading, path, written } = route;
  const url = readUrl(route, "webhook");
  const secret = reference(route, ["secret"], written.secret);
  const headers = readHeaders(route);
  if (url?.kind === "plain" && url.text.startsWith("http:") && namesAt(reading, path).includes("secret")) {
    addAt(reading, "HP085", [...path, "webhook"], {
      message: `${pathText([...path, "webhook"])} is http: the body is signed and goes in clear`,
      consequence: "nobody can change a notice on its way, but everybody there can read it",
      advice: url.text.replace(/^http:/, "webhook: https:"),
    });
  }
  if (url === undefined) return undefined;
  const { template, authority } = written;
  return {
    kind: "webhook",
    url,
    ...(secret === undefined ? {} : { secret }),
    headers,
    ...(template === undefined ? {} : { template }),
    ...(authority === undefined ? {} : { authority }),
  };
}

/** RFC 9110, 5.1 and 5.5: a token, and a value on one line. */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
const HEADER_VALUE = /^[\t\u0020-\u007e]*$/;
/** The agent sets these itself. */
const OWN_HEADERS = [
  "content-type",
  "content-length",
  "host",
  "connection",
  "transfer-encoding",
  "x-hapair-signature",
];

function readHeaders({ reading, path, written }: RouteReading): Map<string, Concealable> {
  const headers = new Map<string, Concealable>();
  for (const name of namesAt(reading, [...path, "headers"])) {
    const at: Path = [...path, "headers", name];
    const value = entry(written.headers, name);
    const isOwn = OWN_HEADERS.includes(name.toLowerCase());
    if (!HEADER_NAME.test(name) || isOwn) {
      addAtKey(reading, "HP086", at, {
        message: isOwn
          ? `${name} is a header that the agent sets itself`
          : `${shown(name)} is no name of a header`,
        advice: "headers: { Authorization: { env: HOOK_TOKEN } }",
      });
    } else if (typeof value === "string") {
      if (isSecretHeader(at)) reading.findings.add(literalSecretFinding(reading.tree, at, value));
      else if (HEADER_VALUE.test(value)) headers.set(name, { kind: "plain", text: value });
      else
        addAt(reading, "HP086", at, {
          message: `${pathText(at)} is no value of a header: printable ASCII on one line is wanted`,
          advice: "headers: { X-Source: hapair }",
        });
    } else if (value !== undefined) {
      const found = readSecretReference(reading.tree, at, value, reading.findings);
      if (found !== undefined) headers.set(name, { kind: "secret", reference: found });
    }
  }
  return headers;
}

function readUrl(route: RouteReading, key: "webhook" | "alertmanager"): Concealable | undefined {
  const { reading, path, written } = route;
  const at: Path = [...path, key];
  const value = written[key];
  if (value === undefined) return undefined;
  if (typeof value !== "string") {
    const found = reference(route, [key], value);
    return found === undefined ? undefined : { kind: "secret", reference: found };
  }
  if (hasLogin(value)) {
    reading.findings.add(literalSecretFinding(reading.tree, at, value));
    return undefined;
  }
  if (isUrl(value)) return { kind: "plain", text: value };
  addAt(reading, "HP086", at, {
    message: `${pathText(at)} is ${shown(value)}: a URL that begins with https:// or http:// is wanted`,
    advice:
      key === "webhook" ? "webhook: https://hooks.example.com/hapair" : "alertmanager: http://127.0.0.1:9093",
  });
  return undefined;
}

/** http or https, a host, no blanks, no fragment. */
function isUrl(text: string): boolean {
  return /^https?:\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:[/?][\u0021\u0022\u0024-\u007e]*)?$/.test(
    text,
  );
}

// Neither a blank nor what ends a header or begins an option of the mail program.
const MAIL_ADDRESS =
  /^(?!-)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/;
const LOCAL_ADDRESS = /^(?!-)[A-Za-z0-9._+-]{1,64}$/;

function readMail(route: RouteReading): AlertTarget | undefined {
  const { reading, path, written } = route;
  const names = namesAt(reading, path);
  const carriers = ["smtp", "sendmail"].filter((each) => names.includes(each));
  if (carriers.length !== 1) {
    if (["smtp", "sendmail"].some((each) => reading.isMisspelt([...path, each]))) return undefined;
    addAtKey(reading, "HP081", [...path, "email"], {
      message: `${pathText(path)} has ${carriers.length === 0 ? "neither smtp nor sendmail" : "both smtp and sendmail"}: mail goes one way`,
      advice: "sendmail: /usr/sbin/sendmail, or smtp: { host: mail.example.com }",
    });
    return undefined;
  }
  const isLocal = carriers[0] === "sendmail";
  const given = typeof written.email === "string" ? [written.email] : (written.email ?? []);
  const to = given.flatMap((address, index) => {
    const at: Path = typeof written.email === "string" ? [...path, "email"] : [...path, "email", index];
    return address !== undefined && isAddress(reading, at, address, isLocal) ? [address] : [];
  });
  if (!isLocal && !names.includes("from") && !reading.isMisspelt([...path, "from"])) {
    addAtKey(reading, "HP011", path, {
      message: `${pathText(path)} says no from: a mail server wants a sender`,
      advice: "from: hapair@example.com",
    });
  }
  const hasFrom =
    written.from === undefined ? isLocal : isAddress(reading, [...path, "from"], written.from, isLocal);
  const from = written.from ?? DEFAULT_SENDER;
  if (!hasFrom || to.length === 0) return undefined;
  return isLocal ? readSendmail(route, from, to) : readSmtp(route, from, to);
}

function isAddress(reading: Reading, path: Path, address: string, isLocal: boolean): boolean {
  if (MAIL_ADDRESS.test(address) || (isLocal && LOCAL_ADDRESS.test(address))) return true;
  addAt(reading, "HP084", path, {
    message: `${pathText(path)} is ${shown(address)}: no mail address`,
    advice: "ops@example.com, the address alone",
  });
  return false;
}

function readSendmail(
  { reading, path, written }: RouteReading,
  from: string,
  to: readonly string[],
): AlertTarget | undefined {
  const program = written.sendmail;
  if (program === undefined) return undefined;
  if (!/^(?:\/[A-Za-z0-9._+-]+)+$/.test(program)) {
    addAt(reading, "HP060", [...path, "sendmail"], {
      message: `${pathText([...path, "sendmail"])} is ${shown(program)}: on a node a path is absolute and plain`,
      advice: "sendmail: /usr/sbin/sendmail",
    });
    return undefined;
  }
  return { kind: "sendmail", path: program, from, to };
}

function readSmtp(route: RouteReading, from: string, to: readonly string[]): AlertTarget | undefined {
  const { reading, path, written } = route;
  const smtp = written.smtp;
  const at: Path = [...path, "smtp"];
  if (smtp?.host === undefined) return undefined;
  const tls = smtp.tls ?? "starttls";
  const password = reference(route, ["smtp", "password"], smtp.password);
  const names = namesAt(reading, at);
  const missing =
    names.includes("user") === names.includes("password")
      ? undefined
      : names.includes("user")
        ? "password"
        : "user";
  if (missing !== undefined && !reading.isMisspelt([...at, missing])) {
    addAtKey(reading, "HP011", at, {
      message: `${pathText(at)} says no ${missing}: a login has both user and password`,
      advice: "user: hapair, password: { env: SMTP_PASSWORD }",
    });
  }
  if (tls === "none" && names.includes("user")) {
    addAt(reading, "HP090", [...at, "tls"], {
      message: `${pathText(at)} logs in over a connection in clear`,
      consequence: "everybody on the way has the password",
      advice: "tls: starttls",
    });
  }
  if (!isHost(smtp.host)) {
    addAt(reading, "HP086", [...at, "host"], {
      message: `${pathText([...at, "host"])} is ${shown(smtp.host)}: a host name or address is wanted, alone`,
      advice: "host: mail.example.com, and port: 587 beside it",
    });
  }
  const { authority, user } = smtp;
  return {
    kind: "smtp",
    host: smtp.host,
    port: smtp.port ?? PORTS[tls],
    tls,
    ...(authority === undefined ? {} : { authority }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    from,
    to,
  };
}

function isHost(text: string): boolean {
  return (
    /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/.test(text) || parseAddress(text).kind === "address"
  );
}
