// What followed from an event in one clause: how long clients got no answer, and where the addresses went.

import { sentenceList } from "../base/index.ts";
import type { RouterOutcome } from "./intervals.ts";
import type { Site } from "./site.ts";
import { clockText, secondsText } from "./time-words.ts";

/** `no answer for 3.865 s; the VIP goes from extlb-01 to extlb-02 at 6.865`. */
export function outcomeText(site: Site, outcome: RouterOutcome): string {
  const several = site.routers.length > 1;
  const of = several ? `${site.routers[outcome.router]!.name}: ` : "";
  const parts = [outageText(outcome), movesText(site, outcome)];
  if (outcome.twoHoldersUs > 0) parts.push(`two nodes have it for ${secondsText(outcome.twoHoldersUs)}`);
  return `${of}${parts.join("; ")}`;
}

function outageText({ outageUs, longestOutageUs, recovered }: RouterOutcome): string {
  if (outageUs === 0) return recovered ? "no outage" : "still no answer, as before";
  const rest = recovered
    ? longestOutageUs < outageUs
      ? `, ${secondsText(longestOutageUs)} at a time`
      : ""
    : " and still none then";
  return `no answer for ${secondsText(outageUs)}${rest}`;
}

function movesText({ nodes }: Site, { moves, holders }: RouterOutcome): string {
  const name = (node: number): string => nodes[node]!.name;
  const [first, ...more] = moves;
  if (first === undefined)
    return holders.length === 0
      ? "nobody has the VIP"
      : `the VIP is on ${sentenceList(holders.map((node) => name(node)))}`;
  const steps = more.map(({ to, atUs }) => `, on to ${name(to)} at ${clockText(atUs)}`);
  return `the VIP goes from ${name(first.from)} to ${name(first.to)} at ${clockText(first.atUs)}${steps.join("")}`;
}
