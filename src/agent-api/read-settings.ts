// The settings' text to settings. Pure. Rule: the agent refuses what it does not understand, and says which field it is; keys it does not know
// are passed over. No value is ever in a message: some are secrets.

import { HapairError } from "../base/index.ts";
import { conditionCodes, severities } from "./incidents.ts";
import { type AgentSettings, SETTINGS_VERSION } from "./settings.ts";

/** Larger than any pair's, templates included. */
export const SETTINGS_BYTES_MAX = 8_000_000;

/** Gives what is wrong with the value at `place`; undefined: nothing. */
type Shape = (value: unknown, place: string) => string | undefined;

const text: Shape = (value, place) =>
  typeof value === "string" && value !== "" ? undefined : `${place} is no text`;
const anyText: Shape = (value, place) => (typeof value === "string" ? undefined : `${place} is no text`);
const flag: Shape = (value, place) =>
  typeof value === "boolean" ? undefined : `${place} is neither true nor false`;
const number: Shape = (value, place) =>
  typeof value === "number" && Number.isFinite(value) && value >= 0
    ? undefined
    : `${place} is no number from 0 on`;
const positive: Shape = (value, place) =>
  number(value, place) ?? ((value as number) > 0 ? undefined : `${place} is 0`);
const port: Shape = (value, place) =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536
    ? undefined
    : `${place} is no port number`;
const minute: Shape = (value, place) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 1440
    ? undefined
    : `${place} is no minute of a day`;

function word(words: readonly (string | number)[]): Shape {
  return (value, place) =>
    words.includes(value as string) ? undefined : `${place} is none of ${words.join(", ")}`;
}

function optional(shape: Shape): Shape {
  return (value, place) => (value === undefined ? undefined : shape(value, place));
}

function list(shape: Shape, least = 0): Shape {
  return (value, place) => {
    if (!Array.isArray(value)) return `${place} is no list`;
    if (value.length < least) return `${place} has fewer than ${least} entries`;
    return firstProblem(value.map((entry, index) => () => shape(entry, `${place}[${index}]`)));
  };
}

function map(shape: Shape): Shape {
  return (value, place) =>
    isObject(value)
      ? firstProblem(
          Object.entries(value).map(
            ([key, entry]) =>
              () =>
                shape(entry, `${place}.${key}`),
          ),
        )
      : `${place} is no map`;
}

function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, place) =>
    isObject(value)
      ? firstProblem(
          Object.entries(shapes).map(
            ([key, shape]) =>
              () =>
                shape(own(value, key), `${place}.${key}`),
          ),
        )
      : `${place} is no map`;
}

/** A map whose `kind` says which fields it has. */
function kinds(shapes: Readonly<Record<string, Readonly<Record<string, Shape>>>>): Shape {
  return (value, place) => {
    const kind = isObject(value) ? own(value, "kind") : undefined;
    if (typeof kind !== "string" || !Object.hasOwn(shapes, kind)) return `${place}.kind is not known`;
    return fields(shapes[kind] ?? {})(value, place);
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own(value: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function firstProblem(questions: readonly (() => string | undefined)[]): string | undefined {
  for (const question of questions) {
    const problem = question();
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const rule = fields({
  name: text,
  limit: kinds({
    answering: {},
    "frontends-open": {},
    "servers-up": { backend: text, atLeast: number },
    queue: { backend: text, atMost: number },
    "error-share": { backend: text, atMost: number, leastRequests: number },
    "session-share": { frontend: text, atMost: number },
  }),
  moves: flag,
  fall: positive,
  rise: positive,
});

const target = kinds({
  smtp: {
    host: text,
    port,
    tls: word(["implicit", "starttls", "none"]),
    authority: optional(text),
    user: optional(text),
    password: optional(text),
    from: text,
    to: list(text, 1),
  },
  sendmail: { path: text, from: text, to: list(text, 1) },
  webhook: {
    url: text,
    secret: optional(text),
    headers: map(anyText),
    template: optional(text),
    authority: optional(text),
  },
  slack: { url: text },
  teams: { url: text },
  pagerduty: { url: text, routingKey: text },
  alertmanager: { url: text, authority: optional(text) },
});

const alerts = fields({
  routes: list(
    fields({
      name: text,
      severity: word(severities),
      conditions: optional(list(word(conditionCodes))),
      target,
    }),
  ),
  quietTimes: list(
    fields({
      fromMinute: minute,
      toMinute: minute,
      days: optional(list(word([0, 1, 2, 3, 4, 5, 6]))),
      except: word(severities),
    }),
  ),
  patienceMs: map(number),
  retryForMs: positive,
  retryFirstMs: positive,
  retryMaxMs: positive,
  takeOverAfterMs: positive,
  logBytesMax: positive,
  certificateDays: positive,
});

const settingsShape = fields({
  pair: text,
  node: text,
  nodes: list(fields({ name: text, address: text, interface: text }), 1),
  routers: list(
    fields({
      name: text,
      vrid: positive,
      prefer: list(text, 1),
      advertIntervalMs: positive,
      takeoverMs: positive,
      vips: list(fields({ name: text, address: text, interface: text }), 1),
    }),
    1,
  ),
  haproxy: fields({
    runtimeSocket: text,
    healthUrl: text,
    pollMs: positive,
    timeLimitMs: positive,
    slowMs: positive,
  }),
  rules: list(rule),
  peers: fields({ port, key: text, beatMs: positive, silentMs: positive, consentMs: positive }),
  metrics: optional(fields({ address: text, port })),
  alerts,
  paths: fields({
    stateDirectory: text,
    controlSocket: text,
    notifyFifo: text,
    watchDirectory: text,
    keepalivedConf: text,
    haproxyConf: text,
    appliedMark: text,
    maintenance: text,
    lastResort: text,
    drainDirectory: text,
  }),
  sources: fields({ journal: list(text), addresses: list(text), units: list(text) }),
});

/** The settings in a text; lines that begin with # are not theirs. Throws a HapairError (`settings-refused`) that names the first field that is wrong. */
export function readSettings(given: string): AgentSettings {
  if (given.length > SETTINGS_BYTES_MAX) throw refused(`they are larger than ${SETTINGS_BYTES_MAX} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(given.replaceAll(/^#.*$/gm, ""));
  } catch {
    // The parser's own words quote the text, and a secret may stand there.
    throw refused("they are no JSON");
  }
  if (!isObject(value)) throw refused("they are no map");
  const version = own(value, "version");
  if (version !== SETTINGS_VERSION) {
    const found = typeof version === "number" ? `version ${version}` : "no version";
    throw refused(`they have ${found}, and this agent understands version ${SETTINGS_VERSION}`);
  }
  const settings = value as unknown as AgentSettings;
  const problem = settingsShape(value, "settings") ?? doubtful(settings);
  if (problem !== undefined) throw refused(problem);
  return settings;
}

/** What must fit together. */
function doubtful(settings: AgentSettings): string | undefined {
  const names = settings.nodes.map(({ name }) => name);
  if (!names.includes(settings.node)) return "settings.node is none of settings.nodes";
  const stranger = settings.routers.flatMap(({ prefer }) => prefer).find((name) => !names.includes(name));
  return stranger === undefined
    ? undefined
    : `settings.routers prefer ${stranger}, which is none of settings.nodes`;
}

function refused(why: string): HapairError {
  return new HapairError({
    kind: "usage",
    code: "settings-refused",
    message: `the agent's settings are refused: ${why}`,
    hint: "hapair apply writes settings and program together.",
  });
}
