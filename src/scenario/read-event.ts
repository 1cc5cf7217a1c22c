// One event of a scenario file: when, what, to which node, and what the fault needs besides.
// Rule: a word that is not known gets the nearest one that is, because a mistyped fault would be a fault that never happens.

import { nearest, sentenceList } from "../base/index.ts";
import { type Path, pathText, shown } from "../model/index.ts";
import {
  type FaultKey,
  type FaultName,
  faultNames,
  faultOf,
  furtherKeys,
  type Given,
  happeningOf,
  isFaultName,
  keysTaken,
} from "./faults.ts";
import { eventKeys, isNodeRole, nodeNameForm, nodeRoles } from "./keys.ts";
import {
  addAt,
  isMap,
  readMap,
  readText,
  readTime,
  readWholeNumber,
  type Reading,
  valueAt,
  wrongKind,
} from "./reading.ts";
import type { TimedEvent } from "./timed.ts";

/** The names that there are; a list that is missing is not looked into. */
export interface KnownNames {
  readonly nodes?: readonly string[];
  readonly checks?: readonly string[];
  readonly files?: readonly string[];
  readonly configs?: readonly string[];
}

/** What could be read of the event at `index`; with everything there is `event`. */
export interface EventRead {
  readonly atUs: number | undefined;
  readonly event: TimedEvent | undefined;
}

/** Reads the event at `index`; what is wrong with it becomes findings. */
export function readEvent(reading: Reading, index: number, known: KnownNames): EventRead {
  const path = ["events", index];
  if (!isMap(valueAt(reading, path))) {
    addAt(reading, "HP012", path, {
      message: `${pathText(path)} is ${shown(valueAt(reading, path))}: a map with at, fault and node is wanted`,
      advice: "- { at: 3s, fault: stop-haproxy, node: holder }",
    });
    return { atUs: undefined, event: undefined };
  }
  const name = readFault(reading, [...path, "fault"]);
  readKeys(reading, path, name);
  const atUs = readTime(reading, [...path, "at"], eventKeys.at);
  const on = readNode(reading, index, known);
  const given = readGiven(reading, path, known);
  if (name === undefined || atUs === undefined || on === undefined) return { atUs, event: undefined };
  return { atUs, event: { atUs, action: happeningOf(name, given), on } };
}

/** Looks at the event's keys; where the fault is not known, all further keys may be meant. */
function readKeys(reading: Reading, path: Path, name: FaultName | undefined): void {
  const { at, fault, node } = eventKeys;
  const further = name === undefined ? furtherKeys : keysTaken(name);
  readMap(reading, path, {
    place: name === undefined ? "an event" : `an event of ${name}`,
    keys: { at, fault, node, ...Object.fromEntries(further.map((key) => [key, eventKeys[key]])) },
    required: ["at", "fault", "node", ...(name === undefined ? [] : (faultOf(name).needs ?? []))],
    belongs: (key) => {
      const owners = faultNames.filter((each) => keysTaken(each).includes(key as FaultKey));
      return owners.length === 0 ? undefined : sentenceList(owners);
    },
  });
}

function readFault(reading: Reading, path: Path): FaultName | undefined {
  const value = valueAt(reading, path);
  if (value === undefined) return undefined;
  if (typeof value !== "string") return wrongKind(reading, path, eventKeys.fault);
  if (isFaultName(value)) return value;
  const meant = meantFault(value);
  addAt(reading, "HP094", path, {
    message: `${pathText(path)} is ${shown(value)}, which is no fault${meant === undefined ? "" : `; did you mean ${meant}?`}`,
    advice: meant === undefined ? `one of ${sentenceList(likelyFaults(value), "or")}` : `fault: ${meant}`,
  });
  return undefined;
}

// Longer words are no fault with a slip of the keys in it.
const WORDS_COMPARED_MAX = 100;

function meantFault(text: string): FaultName | undefined {
  if (text.length > WORDS_COMPARED_MAX) return undefined;
  const words = wordsOf(text);
  // haproxy-stop, stop_haproxy, Stop HAProxy
  const turned = faultNames.find((name) => wordsOf(name).join(" ") === words.join(" "));
  return turned ?? (nearest(text, faultNames) as FaultName | undefined);
}

function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[^a-z]+/)
    .toSorted();
}

/** The faults that have a word in common with `text`, or else all. */
function likelyFaults(text: string): readonly FaultName[] {
  const words = new Set(text.length > WORDS_COMPARED_MAX ? [] : wordsOf(text));
  const near = faultNames.filter((name) => wordsOf(name).some((word) => words.has(word)));
  return near.length === 0 ? faultNames : near;
}

function readNode(reading: Reading, index: number, known: KnownNames): TimedEvent["on"] | undefined {
  const path = ["events", index, "node"];
  const value = valueAt(reading, path);
  if (typeof value === "string" && isNodeRole(value)) {
    if (value !== "victim" || index > 0) return value;
    addAt(reading, "HP097", path, {
      message: "the first event is done to victim, which is the node that the first event is done to",
      advice: "node: holder",
    });
    return undefined;
  }
  if (!isMap(value)) return nodeNamed(reading, path, known);
  // A node may be called standby; then it is told apart from the one that stands by.
  readMap(reading, path, { place: "a node", keys: { name: eventKeys.node }, required: ["name"] });
  return nodeNamed(reading, [...path, "name"], known);
}

function nodeNamed(reading: Reading, path: Path, known: KnownNames): { node: string } | undefined {
  const name = readText(reading, path, nodeName);
  if (name === undefined) return undefined;
  const words = path.at(-1) === "name" ? known.nodes : known.nodes?.concat(nodeRoles);
  return isKnown(reading, path, name, words) ? { node: name } : undefined;
}

const nodeName = { ...eventKeys.node, form: nodeNameForm };

/** What the event gives beside its fault and node. What is wrong is left out: it is a finding, and then there is no scenario. */
function readGiven(reading: Reading, path: Path, known: KnownNames): Given {
  const at = (key: FaultKey): Path => [...path, key];
  const named = (key: "check" | "file" | "config", words: readonly string[] | undefined) => {
    const name = readText(reading, at(key), eventKeys[key]);
    return name === undefined || isKnown(reading, at(key), name, words) ? name : undefined;
  };
  const check = named("check", known.checks);
  const file = named("file", known.files);
  const config = named("config", known.configs);
  const value = readWholeNumber(reading, at("value"), eventKeys.value);
  const delay = readTime(reading, at("delay"), eventKeys.delay);
  return {
    ...(check === undefined ? {} : { check }),
    ...(file === undefined ? {} : { file }),
    ...(config === undefined ? {} : { config }),
    ...(value === undefined ? {} : { value }),
    ...(delay === undefined ? {} : { delayMs: delay / 1000 }),
  };
}

function isKnown(reading: Reading, path: Path, name: string, words: readonly string[] | undefined): boolean {
  if (words === undefined || words.includes(name)) return true;
  const near = nearest(name, words);
  addAt(reading, "HP098", path, {
    message: `${pathText(path)} is ${shown(name)}, which is not there${near === undefined ? "" : `; did you mean ${near}?`}`,
    consequence: "nothing would happen",
    advice: near ?? (words.length === 0 ? "nothing: there is none" : `one of ${sentenceList(words, "or")}`),
  });
  return false;
}
