// What a counterexample ends in, in one clause: who has the VIP and who could, or what was measured against what is allowed.

import { sentenceList } from "../base/index.ts";
import { holdersIn, movesIn, outcomesOf, type Run, secondsText, type Site } from "../simulate/index.ts";
import type { Broken } from "./answer.ts";
import type { Breach, PromiseName } from "./promises.ts";

type Teller = (site: Site, breach: Breach, run: Run) => string;

/** `extlb-01 has the VIP, and its HAProxy hangs`. */
export function breachText(site: Site, { counterexample: { breach }, run }: Broken): string {
  return tellers[breach.promise](site, breach, run);
}

const tellers: Readonly<Record<PromiseName, Teller>> = {
  holder: () => "a node could serve, and nobody has the VIP",
  "one-holder": (site, breach, run) => {
    const holders = nameHolders(site, breach, run);
    if (breach.measuredUs === 0) return `${holders} have the VIP, and keep it`;
    const { measuredUs, allowedUs } = breach;
    return `two nodes have the VIP for more than ${secondsText(measuredUs)}; allowed: ${secondsText(allowedUs)}`;
  },
  "no-failback": (site, { router }, run) => {
    const move = movesIn(run.moments, router).at(-1);
    if (move === undefined) return "the VIP leaves a node that could serve";
    return `the VIP goes back from ${site.nodes[move.from]!.name} to ${site.nodes[move.to]!.name}, with no fault on ${site.nodes[move.from]!.name}`;
  },
  "no-flap": (_site, { router }, { moments }) => `the VIP moves ${movesIn(moments, router).length} times`,
  "check-moves-vip": (site, breach, run) => {
    const end = run.moments.at(-1)!;
    const holders = holdersIn(end, breach.router);
    const services = [...new Set(holders.map((node) => SERVICE_TEXTS[end.nodes[node]!.haproxy]))];
    return `${nameHolders(site, breach, run)} keeps the VIP, and HAProxy there ${sentenceList(services)}`;
  },
  outage: (_site, { allowedUs, measuredUs }, run) => {
    const allowed = `allowed: ${secondsText(allowedUs)}`;
    if (measuredUs === Infinity) return `clients get no answer any more; ${allowed}`;
    const longestUs = Math.max(
      0,
      ...outcomesOf(run).flatMap(({ routers }) => routers.map((router) => router.longestOutageUs)),
    );
    return `clients get no answer for ${secondsText(longestUs)}; ${allowed}`;
  },
  "shared-failure-keeps-holder": () => "no node that could serve reaches the servers, and nobody has the VIP",
  "switch-loses-nothing": (_site, _breach, { world }) =>
    `${world.connections.reduce((sum, { broken }) => sum + broken, 0)} connections are broken by work that nothing disturbs`,
  "maintenance-never-strands": () => "only a node under maintenance could serve, and nobody has the VIP",
  "never-both-in-maintenance": () => "every node is under maintenance",
  settles: (_site, { measuredUs }) =>
    `${secondsText(measuredUs)} after the last fault the pair has not come to rest`,
};

const SERVICE_TEXTS = {
  up: "answers",
  hung: "hangs",
  down: "is down",
  off: "is gone",
} as const;

function nameHolders(site: Site, { router }: Breach, { moments }: Run): string {
  const holders = holdersIn(moments.at(-1)!, router).map((node) => site.nodes[node]!.name);
  return holders.length === 0 ? "nobody" : sentenceList(holders);
}
