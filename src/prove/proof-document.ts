// A proof as a JSON document for programs. Rule: the shape is stable (docs/reference/proofs.md): keys are added, none changes its meaning without another
// number in `schema`; times are integer microseconds, nodes and routers go by their names.

import { faultNameOf } from "../scenario/index.ts";
import { type RunHead, sentenceOf, type Site, storyOf } from "../simulate/index.ts";
import { allowedOf, type Answer, type Broken } from "./answer.ts";
import { breachText } from "./breach-text.ts";
import { type PromiseName, promiseTexts } from "./promises.ts";
import { verdictOf } from "./proof-text.ts";
import type { Proof } from "./proof.ts";
import { writeTrace } from "./trace-file.ts";

export const PROOF_SCHEMA = "hapair-proof/1";

/** The answer with the seconds it took. */
export function proofDocument(site: Site, head: RunHead, answer: Answer, seconds: number): object {
  const { proof, limits, outages, asked, unpromised, broken, planned } = answer;
  const { depth, overlap, overlaps, states, rests, transitions, isComplete } = proof;
  return {
    schema: PROOF_SCHEMA,
    ...{ name: head.name, keepalived: head.keepalived, notes: head.notes },
    nodes: site.nodes.map(({ name }) => name),
    routers: site.routers.map(({ name }) => name),
    ...{ depth, overlap, overlaps, states, rests, transitions, isComplete, seconds },
    ...(planned === undefined ? {} : { planned: figuresOf(planned) }),
    limits,
    promises: [...asked, ...unpromised].map((name) => ({
      name,
      text: promiseTexts[name],
      verdict: VERDICTS[verdictOf(answer, name)] ?? "proved",
      ...counterexampleOf(site, name, broken),
    })),
    outages: outages.map(({ kind, longestUs }) => {
      const allowedUs = allowedOf(limits, kind);
      return {
        kind,
        ...(longestUs === Infinity ? { endless: true } : { longestUs }),
        ...(allowedUs === Infinity ? {} : { allowedUs }),
      };
    }),
  };
}

function figuresOf({ depth, states, rests, transitions, isComplete }: Proof): object {
  return { depth, states, rests, transitions, isComplete };
}

/** A proof to a smaller depth than was asked is a proof; `depth` says how far. */
const VERDICTS: Readonly<Record<string, string>> = {
  BROKEN: "broken",
  "not promised": "not-promised",
  unknown: "unknown",
};

function counterexampleOf(site: Site, name: PromiseName, found: ReadonlyMap<PromiseName, Broken>): object {
  const broken = found.get(name);
  if (broken === undefined) return {};
  const { breach, steps } = broken.counterexample;
  return {
    counterexample: {
      text: breachText(site, broken),
      router: site.routers[breach.router]?.name,
      ...(breach.allowedUs === 0 ? {} : { allowedUs: breach.allowedUs }),
      ...(breach.allowedUs === 0 || breach.measuredUs === Infinity ? {} : { measuredUs: breach.measuredUs }),
      steps: steps.map(({ node, move, afterUs }) => ({
        node: site.nodes[node]!.name,
        move: move.name,
        fault: faultNameOf(move.fault),
        afterUs,
      })),
      events: storyOf(broken.run).map((told) => ({ atUs: told.atUs, text: sentenceOf(told) })),
      trace: JSON.parse(writeTrace(broken.trace)) as object,
    },
  };
}
