// Rules of traffic that are broken: one incident for each rule, naming the nodes where it is, since a back end that is down is down for the pair.

import { type Fact, foundText } from "../../agent-api/index.ts";
import { sentenceList, unreachable } from "../../base/index.ts";
import type { TrafficLimit, TrafficRule } from "../../policy/index.ts";
import { always, type Condition, type Finding, joined, type Judgement } from "./condition.ts";
import { haproxyDown } from "./troubles.ts";
import { begunBy, fact, fresh, heldBy, sinceMs, type View } from "./view.ts";
import { explained } from "./words.ts";

export const backendBelowMinimum: Condition = {
  code: "backend-below-minimum",
  summary: "A rule of traffic is broken, on one node or on all.",
  patience: always(1_000, 5_000),
  find: (view) =>
    joined(
      // A process that does not answer is told as what it is.
      view.settings.rules.filter(({ limit }) => limit.kind !== "answering").map((rule) => judge(view, rule)),
    ),
};

interface Broken {
  readonly node: string;
  readonly fact: Fact;
}

function judge(view: View, rule: TrafficRule): Judgement {
  const broken: Broken[] = [];
  let unknown = false;
  for (const { name } of view.settings.nodes) {
    const known = fact(view, name, "rule", rule.name);
    if (known === undefined) continue;
    const bad = known.value === "broken" || known.value === "dead";
    if (!fresh(view, name)) unknown ||= bad;
    else if (known.value === "unknown") unknown ||= true;
    else if (bad && haproxyDown(view, name) === undefined) broken.push({ node: name, fact: known });
  }
  if (broken.length === 0) return { findings: [], unknown: unknown ? [rule.name] : [] };
  return { findings: [findingOf(view, rule, broken)] };
}

function findingOf(view: View, rule: TrafficRule, broken: readonly Broken[]): Finding {
  const nodes = broken.map(({ node }) => node);
  const onHolder = broken.filter(({ node }) => heldBy(view, node).length > 0);
  const dead = onHolder.some(({ fact: known }) => known.value === "dead");
  const first = broken.reduce((oldest, each) =>
    sinceMs(view, each.node, each.fact) < sinceMs(view, oldest.node, oldest.fact) ? each : oldest,
  );
  const unheard = view.settings.nodes.filter(({ name }) => !fresh(view, name)).map(({ name }) => name);
  const everywhere = broken.length === view.settings.nodes.length;
  return {
    scope: rule.name,
    severity: dead || (everywhere && onHolder.length > 0) ? "critical" : "warning",
    title: `${view.settings.pair}: ${brokenText(rule.limit)} (rule ${rule.name}) on ${sentenceList(nodes)}`,
    text: explained({
      why: broken
        .map(({ node, fact: known }) => `${node}: ${known.value}${foundText(known.detail)}`)
        .concat(unheard.map((node) => `${node}: not known, its agent is not heard`))
        .join("; "),
      sinceMs: sinceMs(view, first.node, first.fact),
      service: serviceText(rule, onHolder, everywhere),
      action: everywhere
        ? "see to the servers: moving the address would not help, so it stays"
        : `see why ${sentenceList(nodes)} alone finds it so: its network, its checks, its HAProxy`,
    }),
    detail: {
      rule: rule.name,
      nodes: nodes.join(","),
      grade: dead ? "dead" : "broken",
      ...("backend" in rule.limit ? { backend: rule.limit.backend } : {}),
      ...("frontend" in rule.limit ? { frontend: rule.limit.frontend } : {}),
    },
    sinceMs: sinceMs(view, first.node, first.fact),
    begunBy: begunBy(view, first.node, first.fact),
  };
}

function brokenText(limit: TrafficLimit): string {
  switch (limit.kind) {
    case "answering":
      return "HAProxy does not answer";
    case "frontends-open":
      return "a frontend accepts no connections";
    case "servers-up":
      return `back end ${limit.backend} has fewer than ${limit.atLeast} servers up`;
    case "queue":
      return `more than ${limit.atMost} requests wait for a server of back end ${limit.backend}`;
    case "error-share":
      return `more than ${percent(limit.atMost)} of back end ${limit.backend}'s answers are errors`;
    case "session-share":
      return `frontend ${limit.frontend} has used more than ${percent(limit.atMost)} of its sessions`;
    default:
      return unreachable(limit);
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

function serviceText(rule: TrafficRule, onHolder: readonly Broken[], everywhere: boolean): string {
  if (onHolder.length === 0)
    return "clients notice nothing: the node that holds the address is well; the other would be worse";
  const worst = onHolder.some(({ fact: known }) => known.value === "dead")
    ? "clients get errors"
    : "clients may be slow or get errors";
  if (!rule.moves) return `${worst}; the rule only tells, it moves nothing`;
  return everywhere
    ? `${worst}; it is so on every node, so the address stays where it is`
    : `${worst} until the address has moved to a node that is better off`;
}
