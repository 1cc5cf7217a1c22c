// A secret that a configuration holds: it can be compared and measured, and prints as asterisks wherever it is printed.

export interface MaskedText {
  /** Length in bytes of UTF-8. */
  readonly byteLength: number;
  /** Whether the first `bytes` bytes are the same, the shorter one filled with zeroes: how keepalived compares passwords. */
  readonly sameWithin: (other: MaskedText, bytes: number) => boolean;
  /** The text itself, for the one place that must write it. */
  readonly reveal: () => string;
  readonly toString: () => string;
  readonly toJSON: () => string;
}

const MASK = "********";

/** Hides `text` in a closure, so that neither JSON nor a template nor an inspected object shows it. */
export function maskedText(text: string): MaskedText {
  const bytes = new TextEncoder().encode(text);
  return {
    byteLength: bytes.length,
    sameWithin: (other, limit) => {
      const others = new TextEncoder().encode(other.reveal());
      for (let index = 0; index < limit; index += 1) {
        if ((bytes[index] ?? 0) !== (others[index] ?? 0)) return false;
      }
      return true;
    },
    reveal: () => text,
    toString: () => MASK,
    toJSON: () => MASK,
  };
}
