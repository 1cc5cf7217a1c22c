// Text from a person or a machine as one line that can be shown at login, in alerts and on a terminal. Pure.

/** One line of printable text: each run of control characters, line ends and the like becomes one blank; at most so many characters. */
export function plainLine(text: string, lengthMax: number): string {
  const line = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return Array.from(line).slice(0, lengthMax).join("");
}
