// The file is read twice: keepalived's first process reads it and writes it down for the one that runs VRRP, and \# is # in what it writes.
// So an escaped comment mark outside quotes is literal in global_defs only; everywhere else it begins a comment after all (2.2.7 and 2.3.3).

/** The text, which has no comment of its own, up to the first escaped comment mark outside quotes. */
export function readAgain(text: string): string {
  let inQuotes = false;
  for (let offset = 0; offset < text.length; offset += 1) {
    const character = text.charAt(offset);
    if (character === '"') inQuotes = !inQuotes;
    if (character !== "\\") continue;
    if (!inQuotes && /[#!]/.test(text.charAt(offset + 1))) return text.slice(0, offset);
    offset += 1;
  }
  return text;
}
