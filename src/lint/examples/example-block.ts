// A block of keepalived.conf for examples.

/** A block's lines, those inside indented. */
export function blockLines(header: string, lines: readonly string[]): string[] {
  return [`${header} {`, ...lines.map((line) => `    ${line}`), "}"];
}

/** The same as text, ending in a newline. */
export function exampleBlock(header: string, lines: readonly string[]): string {
  return [...blockLines(header, lines), ""].join("\n");
}
