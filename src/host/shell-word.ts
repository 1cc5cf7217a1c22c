// How a text becomes one word of a shell command, whatever it contains.

/** The text as one word of a POSIX shell; also of csh and fish as long as it has no `!` or backslash. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
