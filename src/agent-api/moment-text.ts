// Moments and lengths of time as agent and command line tell them. Pure: the offset from UTC is an argument, and a text without one is UTC and says so.

/** A log may hold anything; what no calendar has is shown as the calendar's end. */
const LATEST_MS = 8.64e15;

/** `2026-11-22 10:42:07.113Z`; with an offset the same moment in that zone, without the Z. */
export function momentText(atMs: number, utcOffsetMinutes?: number): string {
  const shiftedMs = atMs + (utcOffsetMinutes ?? 0) * 60_000;
  const safeMs = Number.isFinite(shiftedMs) ? Math.min(LATEST_MS, Math.max(0, shiftedMs)) : 0;
  const text = new Date(safeMs).toISOString().replace("T", " ");
  return utcOffsetMinutes === undefined ? text : text.slice(0, -1);
}

/** `10:42:07.113Z`, or without the Z where an offset is given. */
export function clockText(atMs: number, utcOffsetMinutes?: number): string {
  return momentText(atMs, utcOffsetMinutes).replace(/^\S+ /, "");
}

/** `2026-11-22 10:42:07Z`: for people, who do not care for milliseconds. */
export function sinceText(atMs: number): string {
  return momentText(atMs).replace(/\.\d+/, "");
}

/** `18 ms`, `1.2 s`, `40 s`, `6 min`, `3 h 12 min`, `5 d 2 h`; never negative. */
export function durationText(lengthMs: number): string {
  const wholeMs = Math.max(0, Math.round(lengthMs));
  if (wholeMs < 1000) return `${wholeMs} ms`;
  if (wholeMs < 9950) return `${(wholeMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(wholeMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days} d ${hours % 24} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}
