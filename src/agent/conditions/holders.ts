// Exactly one node should hold a virtual address. Nobody and two at once are both said only of fresh knowledge of every node they speak of.

import type { AgentRouter, AgentSettings, Fact } from "../../agent-api/index.ts";
import { sentenceList } from "../../base/index.ts";
import { type Condition, type Finding, joined, type Judgement, type Patience } from "./condition.ts";
import { troublesOf } from "./troubles.ts";
import {
  begunBy,
  fact,
  fresh,
  holding,
  holdingFact,
  instanceOf,
  lastKnownHolding,
  sinceMs,
  type View,
  vipText,
} from "./view.ts";
import { explained } from "./words.ts";

/** Events of both nodes reach this one within this time. */
const TOLD_MS = 1_000;
const HOLDER_BACK_MS = 2_000;

export const noHolder: Condition = {
  code: "no-holder",
  summary: "No node holds a virtual address, for longer than a takeover lasts.",
  patience: (settings: AgentSettings): Patience => ({
    opensAfterMs: Math.max(0, ...settings.routers.map((router) => router.takeoverMs)) + TOLD_MS,
    resolvesAfterMs: HOLDER_BACK_MS,
  }),
  resolvedTitle: ({ scope, detail }) => `${scope}: ${detail["vip"] ?? "the address"} is held again`,
  find: (view) => joined(view.settings.routers.map((router) => judgeNone(view, router))),
};

function judgeNone(view: View, router: AgentRouter): Judgement {
  const holdings = router.prefer.map((node) => holding(view, node, router));
  if (holdings.includes("yes")) return { findings: [] };
  if (holdings.includes("unknown")) return { findings: [], unknown: [router.name] };
  const last = latest(view, router, router.prefer);
  return last === undefined ? { findings: [] } : { findings: [nobody(view, router, last)] };
}

interface Since {
  readonly node: string;
  readonly fact: Fact;
}

/** Of some nodes the one whose holding changed last. */
function latest(view: View, router: AgentRouter, nodes: readonly string[]): Since | undefined {
  let last: Since | undefined;
  for (const node of nodes) {
    const known = holdingFact(view, node, router);
    if (known === undefined) continue;
    if (last === undefined || sinceMs(view, node, known) > sinceMs(view, last.node, last.fact))
      last = { node, fact: known };
  }
  return last;
}

function nobody(view: View, router: AgentRouter, last: Since): Finding {
  const reasons = router.prefer.map((node) => `${node}: ${whyNot(view, node, router)}`);
  const actions = router.prefer.flatMap((node) => troublesOf(view, node).slice(0, 1));
  return {
    scope: router.name,
    severity: "critical",
    title: `${router.name}: no node holds ${vipText(router)}`,
    text: explained({
      why: reasons.join("; "),
      sinceMs: sinceMs(view, last.node, last.fact),
      service: `${vipText(router)} does not answer: clients are refused or wait in vain`,
      action:
        actions[0]?.action ?? "hapair verify names what is wrong; restart keepalived on the better node",
    }),
    detail: { router: router.name, vip: vipText(router), reason: reasons.join("; ") },
    sinceMs: sinceMs(view, last.node, last.fact),
    begunBy: begunBy(view, last.node, last.fact),
  };
}

function whyNot(view: View, node: string, router: AgentRouter): string {
  const [trouble] = troublesOf(view, node);
  if (trouble !== undefined) return trouble.text;
  const state = instanceOf(view, node, router.name)?.value ?? "not known";
  return state === "MASTER" ? "keepalived is MASTER, but the address is gone" : `keepalived is ${state}`;
}

/** A failback overlaps for some milliseconds, and each node tells its part on its own. */
const OVERLAP_MS = 1_500;

export const twoHolders: Condition = {
  code: "two-holders",
  summary: "Two nodes hold a virtual address at once.",
  patience: () => ({ opensAfterMs: OVERLAP_MS, resolvesAfterMs: HOLDER_BACK_MS }),
  resolvedTitle: ({ scope, detail }) =>
    `${scope}: one node alone holds ${detail["vip"] ?? "the address"} again`,
  find: (view) => joined(view.settings.routers.map((router) => judgeTwo(view, router))),
};

function judgeTwo(view: View, router: AgentRouter): Judgement {
  const holders = router.prefer.filter((node) => holding(view, node, router) === "yes");
  if (holders.length < 2) {
    const perhaps = router.prefer.some(
      (node) => !fresh(view, node) && lastKnownHolding(view, node, router) !== "no",
    );
    return { findings: [], unknown: perhaps ? [router.name] : [] };
  }
  const last = latest(view, router, holders);
  return last === undefined ? { findings: [] } : { findings: [both(view, router, holders, last)] };
}

function both(view: View, router: AgentRouter, holders: readonly string[], last: Since): Finding {
  const refusing = holders.filter((node) => fact(view, node, "adverts", router.name)?.value === "refused");
  const leftOver = holders.filter((node) => instanceOf(view, node, router.name)?.value !== "MASTER");
  const why = refusing.length
    ? `keepalived on ${sentenceList(refusing)} refuses the other's adverts${refusalText(view, refusing, router)}`
    : leftOver.length
      ? `the address was left on ${sentenceList(leftOver)}, where keepalived is not MASTER`
      : "each is MASTER, so their adverts (protocol 112) do not reach each other";
  const action = leftOver.length
    ? `take the address off ${sentenceList(leftOver)}: ip address delete`
    : `stop keepalived on one of them (systemctl stop keepalived) until they hear each other; hapair verify names what blocks or differs`;
  return {
    scope: router.name,
    severity: "critical",
    title: `${router.name}: ${sentenceList([...holders])} both hold ${vipText(router)}`,
    text: explained({
      why,
      sinceMs: sinceMs(view, last.node, last.fact),
      service:
        "some clients reach one node and some the other, and connections break when a neighbour changes its mind",
      action,
    }),
    detail: { router: router.name, vip: vipText(router), holders: holders.join(","), reason: why },
    sinceMs: sinceMs(view, last.node, last.fact),
    begunBy: begunBy(view, last.node, last.fact),
  };
}

/** What keepalived found wrong with the adverts, where it said so. */
function refusalText(view: View, refusing: readonly string[], router: AgentRouter): string {
  const reasons = new Set(
    refusing.flatMap((node) => fact(view, node, "adverts", router.name)?.detail?.["reason"] ?? []),
  );
  return reasons.size === 0 ? "" : ` (${[...reasons].join(", ")})`;
}
