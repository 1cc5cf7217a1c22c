// Answers of the observation script, recorded on two real hosts in each situation (Debian 12: keepalived 2.2.7, systemd 252; or 13), and the pair they belong to.

import { readFileSync } from "node:fs";
import { loadPair, type Pair } from "../../../src/model/index.ts";
import {
  type ObservationRequest,
  observationRequest,
  parseObservation,
  type Sighting,
} from "../../../src/status/index.ts";

/** A moment soon after the recordings. */
export const observedAtMs = 1_795_370_900_000;

/** The salt that the recordings were made with. */
const salt = "abc";

/** The document's pair, profile classic, or as the lines say that are added to its file. */
export function documentPair(...further: readonly string[]): Pair {
  const file = readFileSync(new URL("../../../examples/ext-lb/pair.yaml", import.meta.url), "utf8");
  const { pair, diagnostics } = loadPair("pair.yaml", [file, ...further, ""].join("\n"));
  if (pair === undefined) throw new Error(JSON.stringify(diagnostics));
  return pair;
}

/** What was asked when the scenes were recorded. */
export function recordedRequest(pair: Pair, node: string): ObservationRequest {
  const found = pair.nodes.find((candidate) => candidate.name === node);
  if (found === undefined) throw new Error(`no node ${node}`);
  return observationRequest(pair, found, { thorough: true, salt });
}

/** The recorded text. */
export function recordedAnswer(name: string, node: string): string {
  return readFileSync(new URL(`./${name}-${node}.txt`, import.meta.url), "utf8");
}

/** A scene's sightings. `change` edits a node's recorded text first. */
export function scene(
  name: string,
  pair: Pair = documentPair(),
  change: (text: string, node: string) => string = (text) => text,
): Sighting[] {
  return pair.nodes.map((node) => {
    const text = change(recordedAnswer(name, node.name), node.name);
    const asked = askedAt(text);
    const observation = parseObservation(node.name, text, recordedRequest(pair, node.name), asked);
    if (observation === undefined) throw new Error(`scene ${name} of ${node.name} cannot be read`);
    return { kind: "seen", node: node.name, observation };
  });
}

/** As if asked by a machine whose clock agrees with the node's: the recorded looking, with 20 ms of way there and back. */
function askedAt(text: string): { sentMs: number; answeredMs: number } {
  const [start, end] = ["start", "end"].map(
    (name) => Number(new RegExp(`^time\\.${name}\\t\\S+ (\\S+)$`, "m").exec(text)?.[1]) * 1000,
  );
  return { sentMs: (start ?? 0) - 10, answeredMs: (end ?? 0) + 10 };
}
