// Proofs to the depth that a person gets without flags, and one fault deeper where asked: every profile and form of pair keeps its promises. A line each; some
// minutes on two quiet cores.

import { answer, breachText, limitsOfPair, provenSite, provenStart } from "../src/prove/index.ts";
import { pairNamed, siteNamed } from "../test/support/simulated-site.ts";

const DEPTH = 4;
const STATES_MAX = 3_000_000;

/** Words: names of pairs (classic, fast, active-active, three-nodes; default: the first two), --depth N. Gives the exit code. */
export function soakProve(words: readonly string[]): number {
  const at = words.indexOf("--depth");
  const depth = at === -1 ? DEPTH : Number(words[at + 1]);
  const named = words.filter((word, index) => !word.startsWith("--") && (at === -1 || index !== at + 1));
  let broken = 0;
  for (const name of named.length === 0 ? ["classic", "fast"] : named) {
    const site = provenSite(siteNamed(name), []);
    const startedAt = performance.now();
    const found = answer(site, provenStart(site), {
      ...{ depth, overlap: 2, overlaps: 1, statesMax: STATES_MAX },
      limits: limitsOfPair(pairNamed(name)),
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const { proof } = found;
    const reach = proof.isComplete
      ? `depth ${depth}`
      : `depth ${proof.depth} only: the bound on states was met`;
    process.stdout.write(
      `${name}: ${found.broken.size} promises broken, ${reach}, ${proof.states.toLocaleString("en")} states, ${seconds.toFixed(1)} s\n`,
    );
    for (const [promise, one] of found.broken)
      process.stdout.write(`  ${promise}: ${breachText(site, one)}\n`);
    if (found.broken.size > 0 || !proof.isComplete) broken += 1;
  }
  return broken === 0 ? 0 : 1;
}
