// alerts: quiet times, patience, how long and how much is kept. The routes are read in read-routes.ts.

import { nearest, sentenceList } from "../base/index.ts";
import { isCondition } from "./alert-conditions.ts";
import { type Path, pathText } from "./fields.ts";
import type { AlertOptions } from "./pair.ts";
import { shown } from "./places.ts";
import { readRoutes } from "./read-routes.ts";
import { readTimeSpan, type SpanRange } from "./read-time-span.ts";
import { addAt, entry, namesAt, type Reading } from "./reading.ts";
import { minuteOfDay } from "./time-text.ts";

const DEFAULT_RETRY_FOR_MS = 24 * 3_600_000;
const RETRY_FOR: SpanRange = { minimum: "1m", maximum: "30d", example: "24h" };
const PATIENCE: SpanRange = { minimum: "0s", maximum: "1d", example: "10s" };

const DEFAULT_SPOOL_MB = 16;
const BYTES_IN_MB = 1_000_000;
const DEFAULT_CERTIFICATE_DAYS = 21;

/** Reads alerts:; all defaults and no route where there is none. */
export function readAlerts(reading: Reading): AlertOptions {
  const written = reading.file.alerts;
  const retryFor = written?.retry_for;
  return {
    routes: readRoutes(reading),
    quietTimes: readQuietTimes(reading),
    patienceMs: readPatience(reading),
    retryForMs:
      retryFor === undefined
        ? DEFAULT_RETRY_FOR_MS
        : (readTimeSpan(reading, ["alerts", "retry_for"], retryFor, RETRY_FOR) ?? DEFAULT_RETRY_FOR_MS),
    logBytesMax: Math.round((written?.spool_mb ?? DEFAULT_SPOOL_MB) * BYTES_IN_MB),
    certificateDays: written?.certificate_days ?? DEFAULT_CERTIFICATE_DAYS,
  };
}

function readPatience(reading: Reading): Map<string, number> {
  const path: Path = ["alerts", "patience"];
  const patience = new Map<string, number>();
  for (const name of namesAt(reading, path)) {
    if (!isCondition(reading, [...path, name], name)) continue;
    const written = entry(reading.file.alerts?.patience, name);
    const span =
      written === undefined ? undefined : readTimeSpan(reading, [...path, name], written, PATIENCE);
    if (span !== undefined) patience.set(name, span);
  }
  return patience;
}

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

function readQuietTimes(reading: Reading): AlertOptions["quietTimes"] {
  return (reading.file.alerts?.quiet ?? []).flatMap((written, index) => {
    const path: Path = ["alerts", "quiet", index];
    if (written === undefined) return [];
    const fromMinute = readMinute(reading, [...path, "from"], written.from);
    const toMinute = readMinute(reading, [...path, "to"], written.to);
    const days = written.days?.flatMap((day, at) =>
      day === undefined ? [] : (readDay(reading, [...path, "days", at], day) ?? []),
    );
    if (fromMinute === undefined || toMinute === undefined) return [];
    if (fromMinute === toMinute) {
      addAt(reading, "HP083", [...path, "to"], {
        message: `${pathText(path)} ends when it begins`,
        consequence: "it would be quiet always or never",
        advice: '{ from: "22:00", to: "07:00" }',
      });
    }
    return [
      {
        fromMinute,
        toMinute,
        ...(days === undefined ? {} : { days: [...new Set(days)] }),
        except: written.except ?? "critical",
      },
    ];
  });
}

function readMinute(reading: Reading, path: Path, written: string | undefined): number | undefined {
  const minute = written === undefined ? undefined : minuteOfDay(written);
  if (written !== undefined && minute === undefined) {
    addAt(reading, "HP083", path, {
      message: `${pathText(path)} is ${shown(written)}: a time of day from 00:00 to 23:59 is wanted`,
      advice: `${String(path.at(-1))}: "22:00"`,
    });
  }
  return minute;
}

function readDay(reading: Reading, path: Path, written: string): number | undefined {
  const word = written.toLowerCase();
  const index = DAYS.findIndex((day) => word === day || (word.length > 3 && fullName(day) === word));
  if (index >= 0) return index;
  addAt(reading, "HP083", path, {
    message: `${pathText(path)} is ${shown(written)}: ${sentenceList(DAYS, "or")} is wanted`,
    advice: nearest(word, DAYS) ?? "mon",
  });
  return undefined;
}

const LONG_NAMES = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

function fullName(day: string): string | undefined {
  return LONG_NAMES.find((name) => name.startsWith(day));
}
