// traffic: the rules over what HAProxy reports. Built-in rules come first, always; each of the file's has exactly one limit.

import { sentenceList } from "../base/index.ts";
import { type Path, pathText } from "./fields.ts";
import type { TrafficLimit, TrafficRule } from "./pair.ts";
import { shown } from "./places.ts";
import { addAt, addAtKey, entry, namesAt, type Reading } from "./reading.ts";
import { namePattern } from "./schema-words.ts";
import { badNameFinding } from "./shape.ts";

/**
 * What every agent looks at. A process that hangs is asked twice, 250 ms apart, and each time has 250 ms to answer: with the fast profile's
 * takeover the address has moved within 1.0 s.
 */
export const builtInRules: readonly TrafficRule[] = [
  { name: "answering", limit: { kind: "answering" }, moves: true, fall: 2, rise: 3 },
  { name: "frontends", limit: { kind: "frontends-open" }, moves: true, fall: 3, rise: 5 },
];

const DEFAULT_FALL = 3;
/** Longer than fall: what has failed has to prove itself. */
const DEFAULT_RISE = 5;
/** Of fewer requests one failure more or less is chance. */
const DEFAULT_LEAST_REQUESTS = 20;
/** More rules than a person follows. */
const RULES_MAX = 100;

const LIMIT_KEYS = ["servers_up", "queue", "error_share", "session_share"] as const;
type LimitKey = (typeof LIMIT_KEYS)[number];

/** What each limit is of. */
const OWNERS: Readonly<Record<LimitKey, "backend" | "frontend">> = {
  servers_up: "backend",
  queue: "backend",
  error_share: "backend",
  session_share: "frontend",
};

/**
 * Only what both nodes can see alike moves the address by itself. Every node checks the servers, traffic or not; a queue, errors and
 * sessions are there only where the traffic is, so the standby looks better than it is, and the address would come back at once.
 */
const MOVES: Readonly<Record<LimitKey, boolean>> = {
  servers_up: true,
  queue: false,
  error_share: false,
  session_share: false,
};

type WrittenRule = NonNullable<NonNullable<Reading["file"]["traffic"]>[string]>;

/** Reads traffic:; the built-in rules alone where there is none. */
export function readTraffic(reading: Reading): TrafficRule[] {
  const names = namesAt(reading, ["traffic"]);
  if (names.length > RULES_MAX) {
    addAtKey(reading, "HP031", ["traffic"], {
      message: `traffic has ${names.length} rules: at most ${RULES_MAX} are read`,
      advice: "the few that say a node cannot serve",
    });
    return [...builtInRules];
  }
  const rules = names.flatMap((name): TrafficRule[] => {
    const path: Path = ["traffic", name];
    if (!namePattern.test(name)) reading.findings.add(badNameFinding(reading.tree, path, name));
    if (builtInRules.some((rule) => rule.name === name)) {
      addAtKey(reading, "HP087", path, {
        message: `${name} is a rule of every agent already`,
        advice: "another name",
      });
    }
    const written = entry(reading.file.traffic, name);
    const rule = written === undefined ? undefined : readRule(reading, path, name, written);
    return rule === undefined ? [] : [rule];
  });
  return [...builtInRules, ...rules];
}

function readRule(reading: Reading, path: Path, name: string, written: WrittenRule): TrafficRule | undefined {
  // What was refused for its kind has its own finding, and counts as written.
  const given = LIMIT_KEYS.filter((key) => namesAt(reading, path).includes(key));
  const [key, ...others] = given;
  if (key === undefined || others.length > 0) {
    if (key === undefined && LIMIT_KEYS.some((each) => reading.isMisspelt([...path, each]))) return undefined;
    addAtKey(reading, "HP087", path, {
      message: `${pathText(path)} has ${key === undefined ? "no limit" : `${given.length} limits`}: one of ${sentenceList(LIMIT_KEYS, "or")} is wanted`,
      advice: key === undefined ? "{ backend: web, servers_up: 1 }" : "a rule for each limit",
    });
    return undefined;
  }
  const owner = ownerOf(reading, path, key, written);
  if (written.of_at_least !== undefined && key !== "error_share") {
    addAt(reading, "HP087", [...path, "of_at_least"], {
      message: `${pathText(path)}.of_at_least belongs to error_share, and this rule has ${key}`,
      advice: `{ ${OWNERS[key]}: ${owner ?? "web"}, ${key}: ${shown(written[key])} }`,
    });
  }
  const limit = owner === undefined ? undefined : limitOf(key, owner, written);
  if (limit === undefined) return undefined;
  return {
    name,
    limit,
    moves: written.moves ?? MOVES[key],
    fall: written.fall ?? DEFAULT_FALL,
    rise: written.rise ?? DEFAULT_RISE,
  };
}

function ownerOf(reading: Reading, path: Path, key: LimitKey, written: WrittenRule): string | undefined {
  const wanted = OWNERS[key];
  const other = wanted === "backend" ? "frontend" : "backend";
  if (namesAt(reading, path).includes(other)) {
    addAtKey(reading, "HP087", [...path, other], {
      message: `${pathText(path)}: ${key} is a limit of a ${wanted}, not of a ${other}`,
      advice: `{ ${wanted}: NAME, ${key}: ${shown(written[key])} }`,
    });
    return undefined;
  }
  if (!namesAt(reading, path).includes(wanted) && !reading.isMisspelt([...path, wanted])) {
    addAtKey(reading, "HP011", path, {
      message: `${pathText(path)} says no ${wanted}: ${key} is a limit of one`,
      advice: `{ ${wanted}: web, ${key}: ${shown(written[key])} }`,
    });
  }
  return written[wanted];
}

function limitOf(key: LimitKey, owner: string, written: WrittenRule): TrafficLimit | undefined {
  const value = written[key];
  if (value === undefined) return undefined;
  switch (key) {
    case "servers_up":
      return { kind: "servers-up", backend: owner, atLeast: value };
    case "queue":
      return { kind: "queue", backend: owner, atMost: value };
    case "error_share":
      return {
        kind: "error-share",
        backend: owner,
        atMost: value,
        leastRequests: written.of_at_least ?? DEFAULT_LEAST_REQUESTS,
      };
    case "session_share":
      return { kind: "session-share", frontend: owner, atMost: value };
  }
}
