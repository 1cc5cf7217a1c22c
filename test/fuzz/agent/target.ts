// What a target of the agent's fuzzing is: inputs made of seeded randomness, and a reader that keeps its state from one input to the next, as the real one does.

import { EVIDENCE_LENGTH_MAX, type FactReport, factKinds } from "../../../src/agent-api/index.ts";
import type { Random } from "../random.ts";

export interface FuzzTarget<Input = never> {
  readonly name: string;
  /** The same randomness gives the same input. */
  readonly make: (random: Random) => Input;
  /** A reader, new as at the start of a run. It throws where a property does not hold. */
  readonly begin: () => (input: Input) => void;
}

/** A property that does not hold. */
export function must(holds: boolean, property: () => string): asserts holds {
  if (!holds) throw new Error(property());
}

// oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/;

/** A text for people: no control character but the line feed (or not even that), and not longer than that. */
export function mustBeText(what: string, text: string, lengthMax: number, lines = false): void {
  must(text.length <= lengthMax, () => `${what} has ${text.length} characters, more than ${lengthMax}`);
  must(!CONTROLS.test(text), () => `${what} has a control character: ${JSON.stringify(text.slice(0, 300))}`);
  must(
    lines || !/[\n\t]/.test(text),
    () => `${what} has several lines: ${JSON.stringify(text.slice(0, 300))}`,
  );
}

/** A peer takes no longer details, and a message that holds one not at all (peers/message.ts). */
const DETAIL_LENGTH_MAX = 3000;
/** The core cuts subjects; what stands in a line is no longer than a sample with a very long mutation. */
const LINE_LENGTH_MAX = 20_000;

/** What every source keeps to: known kinds, bounded texts, evidence in one line without control characters, a moment that is one. */
export function mustBeFacts(facts: readonly FactReport[], countMax: number): void {
  must(facts.length <= countMax, () => `${facts.length} facts of one input`);
  for (const { kind, subject, value, atMs, detail = {}, evidence = "" } of facts) {
    must(Object.hasOwn(factKinds, kind), () => `the kind ${kind}`);
    const isShort = subject.length <= LINE_LENGTH_MAX && value.length <= DETAIL_LENGTH_MAX;
    must(isShort, () => `${kind} ${subject.length} ${value.length} characters`);
    must(
      evidence.length <= EVIDENCE_LENGTH_MAX,
      () => `${kind}'s evidence has ${evidence.length} characters`,
    );
    must(!/\p{Cc}/u.test(evidence), () => `${kind}'s evidence: ${JSON.stringify(evidence)}`);
    must(atMs === undefined || (Number.isFinite(atMs) && atMs >= 0), () => `${kind}'s moment ${atMs}`);
    for (const [name, text] of Object.entries(detail))
      must(text.length <= DETAIL_LENGTH_MAX, () => `${kind}'s ${name} has ${text.length} characters`);
  }
}
