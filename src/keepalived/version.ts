// Versions of keepalived: how they compare, and the ones between which a verdict may change.

/**
 * One version for every stretch in which keepalived behaves alike, oldest first; the last of a stretch where that is known. hapair supports
 * the oldest of them and later (keepalived-behaviour, sources).
 */
export const keepalivedVersions: readonly string[] = [
  "2.0.20",
  "2.2.7",
  "2.2.8",
  "2.3.1",
  "2.3.2",
  "2.3.3",
  "2.3.4",
  "2.4.0",
  "2.4.3",
];

/** What Debian 12 ships, on which the behaviour was tested. */
export const TESTED_VERSION = "2.2.7";

const VERSION = /^v?(\d+)\.(\d+)(?:\.(\d+))?$/;

/** `2.2.7`, `v2.2.7` or `2.3` as three numbers; undefined for anything else. */
export function versionNumbers(text: string): readonly [number, number, number] | undefined {
  const match = VERSION.exec(text);
  if (match === null) return undefined;
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** Whether `version` is `least` or newer. Both are versions; a text that is none counts as older than any. */
export function isAtLeast(version: string, least: string): boolean {
  // Asked of every line that is read, mostly with the same few versions.
  let answers = KNOWN_ANSWERS.get(version);
  if (answers === undefined) {
    answers = new Map();
    if (KNOWN_ANSWERS.size < ANSWERS_MAX) KNOWN_ANSWERS.set(version, answers);
  }
  let answer = answers.get(least);
  if (answer === undefined) {
    answer = compareVersions(version, least);
    if (answers.size < ANSWERS_MAX) answers.set(least, answer);
  }
  return answer;
}

const KNOWN_ANSWERS = new Map<string, Map<string, boolean>>();
const ANSWERS_MAX = 64;

function compareVersions(version: string, least: string): boolean {
  const given = versionNumbers(version);
  const wanted = versionNumbers(least);
  if (given === undefined || wanted === undefined) return false;
  for (const [index, number] of given.entries()) {
    const other = wanted[index] ?? 0;
    if (number !== other) return number > other;
  }
  return true;
}
