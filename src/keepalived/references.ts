// References to definitions in a text: `$NAME` and `${NAME}` (keepalived-behaviour 6.1). What a name stands for is not decided here.

/** `name`: of the definition it refers to. `random`: the value itself. */
export interface Piece {
  readonly source: string;
  readonly name?: string;
  readonly random?: string;
}

/** The text in pieces: references, and what stands between them. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let taken = 0;
  for (const { 0: source, 1: braced, 2: bare, 3: random, index } of text.matchAll(REFERENCE)) {
    if (index > taken) pieces.push({ source: text.slice(taken, index) });
    pieces.push(random === undefined ? { source, name: braced ?? bare ?? "" } : { source, random });
    taken = index + source.length;
  }
  if (taken < text.length) pieces.push({ source: text.slice(taken) });
  return pieces;
}

/** Whether what the definition stands for leads back to it. */
export function containsItself(definitions: ReadonlyMap<string, string>, name: string): boolean {
  const seen = new Set<string>();
  const waiting = [name];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const piece of piecesOf(definitions.get(next) ?? "")) {
      if (piece.name === name) return true;
      if (piece.name === undefined || seen.has(piece.name)) continue;
      seen.add(piece.name);
      waiting.push(piece.name);
    }
  }
  return false;
}

/**
 * `${NAME}` anywhere; `$NAME` only before a blank, a comma, a closing parenthesis or the end. `${_RANDOM 3 9}` has bounds, and the least is as
 * random as any other.
 */
const REFERENCE = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*)(?=[\s,)]|$)|\{_RANDOM +(\d+)[ \d]*\})/g;
