// Text from a machine, made fit for a terminal. Pure.

/**
 * Control characters could move the terminal's cursor or feign further lines, and those that turn the direction of writing, or have no
 * width, could make a line read as another one: each run of them becomes one blank.
 */
export function withoutControls(text: string): string {
  return text.replaceAll(UNPRINTABLE, " ").trimEnd();
}

// oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
const UNPRINTABLE = /[\u0000-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2066-\u2069\uFEFF]+/g;
