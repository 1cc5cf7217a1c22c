// A length of time in the file: 10s, 1.5h. Rule: what is read is inside its key's range, everything else has a finding.

import { type Path, pathText } from "./fields.ts";
import { shown } from "./places.ts";
import { addAt, type Reading } from "./reading.ts";
import { timeSpanMs } from "./time-text.ts";

/** What a time may be, and one to write; each with its unit. */
export interface SpanRange {
  readonly minimum: string;
  readonly maximum: string;
  readonly example: string;
  /** What a time beyond either end would bring. */
  readonly consequence?: string;
}

/** The time `written` at `path` in milliseconds; undefined, with a finding, where it is none or outside `range`. */
export function readTimeSpan(
  reading: Reading,
  path: Path,
  written: string,
  range: SpanRange,
): number | undefined {
  const span = timeSpanMs(written);
  const advice = `${String(path.at(-1))}: ${range.example}`;
  if (span === undefined) {
    addAt(reading, "HP080", path, {
      message: `${pathText(path)} is ${shown(written)}: a time with its unit is wanted (ms, s, m, h or d)`,
      advice,
    });
    return undefined;
  }
  if (span < (timeSpanMs(range.minimum) ?? 0) || span > (timeSpanMs(range.maximum) ?? 0)) {
    addAt(reading, "HP015", path, {
      message: `${pathText(path)} is ${shown(written)}: ${range.minimum} to ${range.maximum} is taken`,
      ...(range.consequence === undefined ? {} : { consequence: range.consequence }),
      advice,
    });
    return undefined;
  }
  return span;
}
