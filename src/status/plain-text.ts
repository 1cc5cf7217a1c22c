// Text from a machine, made fit for a terminal. Pure.

/** Control characters could move the terminal's cursor or feign further lines: each run of them becomes one blank. */
export function withoutControls(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F]+/g, " ").trimEnd();
}
