// track_script, track_file, track_interface and track_process to values: what an instance or a sync group watches, line by line.

import { type Item, spanOf } from "./cst.ts";
import type { TrackEntry } from "./instance.ts";
import { blocksNamed, wordsOf } from "./query.ts";
import type { ValueLines } from "./value-lines.ts";
import { integerIn } from "./values.ts";

const TRACK_WEIGHT_MAX = 254;
const SCRIPT_WEIGHT_MAX = 253;

/** What is watched, by the kind of thing. */
export interface Tracking {
  readonly trackScripts: readonly TrackEntry[];
  readonly trackFiles: readonly TrackEntry[];
  readonly trackInterfaces: readonly TrackEntry[];
  readonly trackProcesses: readonly TrackEntry[];
}

/** The tracking blocks among these items. */
export function readTracking(items: readonly Item[], valueLines: ValueLines): Tracking {
  return {
    trackScripts: readTrackEntries(items, "track_script", valueLines),
    trackFiles: readTrackEntries(items, "track_file", valueLines),
    trackInterfaces: readTrackEntries(items, "track_interface", valueLines),
    trackProcesses: readTrackEntries(items, "track_process", valueLines),
  };
}

/**
 * `NAME [weight N [reverse|noreverse]]`, one a line; a name that is tracked already is ignored. A line with another option is ignored as a
 * whole, a number out of range only as a number. Of files a wrong direction is such an option too.
 */
function readTrackEntries(items: readonly Item[], keyword: string, valueLines: ValueLines): TrackEntry[] {
  const entries = new Map<string, TrackEntry>();
  for (const { statement: line } of blocksNamed(items, keyword).flatMap(valueLines)) {
    const [name, option, weight, direction] = wordsOf(line);
    if (name === undefined) continue;
    const directionCounts =
      keyword !== "track_file" || direction === undefined || isDirection(direction.value);
    const readable =
      option === undefined || (option.value === "weight" && weight !== undefined && directionCounts);
    const before = entries.get(name.value);
    if (before?.tracked === true || (before !== undefined && !readable)) continue;
    entries.delete(name.value);
    const number = readable ? trackWeight(keyword, weight?.value) : undefined;
    entries.set(name.value, {
      name: name.value,
      ...(number === undefined ? {} : { weight: number }),
      reverse: readable && direction?.value === "reverse",
      tracked: readable,
      ...(readable ? directionOf(direction?.value) : { untrackedBecause: "option-unreadable" }),
      span: spanOf(line),
    });
  }
  return [...entries.values()];
}

/** Of scripts and interfaces 254 is said to become 253. */
function trackWeight(keyword: string, text: string | undefined): number | undefined {
  const weight = integerIn(text, -TRACK_WEIGHT_MAX, TRACK_WEIGHT_MAX);
  if (weight === undefined || keyword === "track_file" || keyword === "track_process") return weight;
  return Math.sign(weight) * Math.min(Math.abs(weight), SCRIPT_WEIGHT_MAX);
}

function directionOf(word: string | undefined): Pick<TrackEntry, "reverseInForce"> {
  return isDirection(word) ? { reverseInForce: word === "reverse" } : {};
}

function isDirection(word: string | undefined): boolean {
  return word === "reverse" || word === "noreverse";
}
