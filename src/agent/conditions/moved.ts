// Moves of a virtual address: each one is told as soon as the new holder has it, with its why as far as it is known; many of them are flapping.

import {
  type AgentRouter,
  type Fact,
  type Move,
  outageFigure,
  storySentence,
} from "../../agent-api/index.ts";
import { always, type Condition, type Finding, joined, type Judgement } from "./condition.ts";
import { troublesOf } from "./troubles.ts";
import {
  fact,
  fresh,
  holdingFact,
  lastKnownHolding,
  maintenanceOf,
  sinceMs,
  type View,
  vipText,
} from "./view.ts";
import { explained } from "./words.ts";

/** A move is told for at least this long, also where the pair is redundant at once, so that it is not over before it was read. */
const LEAST_MS = 15_000;
/** And for no longer than this: what is still wrong then is told as what it is. */
const MOST_MS = 300_000;

export const vipMoved: Condition = {
  code: "vip-moved",
  summary: "A virtual address moved to another node, or left its node and came back.",
  patience: always(0, 0),
  once: true,
  urgent: true,
  figures: ["outageMs", "outageText", "story"],
  find: (view) => joined(view.settings.routers.map((router) => moved(view, router))),
};

function moved(view: View, router: AgentRouter): Judgement {
  const move = view.moves.filter((each) => each.router === router.name && each.fromNode !== undefined).at(-1);
  if (move === undefined) return { findings: [] };
  const endMs = move.atMs + (wasRedundantSoon(view, router, move) ? LEAST_MS : MOST_MS);
  if (view.nowMs >= endMs) return { findings: [] };
  // One more of many is told by flapping; what is open waits for its end.
  if (recentMoves(view, router).length >= FLAPPING_MOVES) return { findings: [], unknown: [router.name] };
  return { findings: [findingOf(view, router, move)], recheckAtMs: endMs };
}

/**
 * The pair was redundant again within the least time: every node of the router was heard, nothing kept it from serving, and one alone served. What has
 * ended that since is told as what it is, and must not bring an old move back.
 */
function wasRedundantSoon(view: View, router: AgentRouter, move: Move): boolean {
  const lastsSince = (node: string, known: Fact | undefined): boolean =>
    known !== undefined && sinceMs(view, node, known) <= move.atMs + LEAST_MS;
  return router.prefer.every((node) => {
    if (!fresh(view, node) && lastsSince(view.settings.node, silence(view, node))) return false;
    const unfit = troublesOf(view, node).map((trouble) => trouble.fact);
    const alone = node === move.toNode || lastKnownHolding(view, node, router) !== "yes";
    return (
      (alone || !lastsSince(node, holdingFact(view, node, router))) &&
      ![...unfit, maintenanceOf(view, node)].some((known) => lastsSince(node, known))
    );
  });
}

/** A peer of which it is not known whether it is heard counts as silent for ever. */
function silence(view: View, node: string): Fact {
  return fact(view, view.settings.node, "peer", node) ?? { value: "silent", sinceMs: 0, sequence: 0 };
}

function findingOf(view: View, router: AgentRouter, move: Move): Finding {
  const cameBack = move.fromNode === move.toNode;
  const from = move.fromNode ?? "";
  return {
    scope: router.name,
    node: move.toNode,
    severity: move.planned ? "info" : "warning",
    title: cameBack
      ? `${router.name}: ${vipText(router)} left ${from} and came back`
      : `${router.name}: ${vipText(router)} moved from ${from} to ${move.toNode}`,
    text: explained({
      why: move.cause,
      sinceMs: move.atMs,
      service: `${outageSentence(move)}; ${move.toNode} serves now`,
      action: toDo(view, move),
    }),
    detail: {
      router: router.name,
      vip: move.vip,
      from,
      to: move.toNode,
      cause: move.cause,
      outageText: move.outageText,
      ...(move.outageMs === undefined ? {} : { outageMs: move.outageMs.toFixed(1) }),
      ...(move.causeKnown ? { story: storySentence(move).slice(0, STORY_MAX) } : {}),
    },
    sinceMs: move.atMs,
    begunBy: move.arrival,
  };
}

function outageSentence(move: Move): string {
  return move.outageMs === undefined
    ? `for how long nobody had the address is not known (${move.outageText})`
    : `nobody had the address for ${outageFigure(move)} (${move.outageText})`;
}

const STORY_MAX = 150;

function toDo(view: View, move: Move): string {
  const from = move.fromNode ?? move.toNode;
  if (move.planned) return "nothing: it was asked for";
  if (!fresh(view, from))
    return `see whether ${from} is up and reached; until then the pair is not redundant`;
  const others = view.settings.nodes.map(({ name }) => name).filter((name) => name !== from);
  const [trouble] = [from, ...others].flatMap((node) => troublesOf(view, node));
  return trouble === undefined
    ? "nothing at once: both nodes are fit; hapair why tells the whole story"
    : trouble.action;
}

const FLAPPING_MOVES = 4;
const FLAPPING_WINDOW_MS = 600_000;

export const flapping: Condition = {
  code: "flapping",
  summary: `A virtual address moved ${FLAPPING_MOVES} times or more within ${FLAPPING_WINDOW_MS / 60_000} minutes, and nobody asked for it.`,
  patience: always(0, 300_000),
  find: (view) => joined(view.settings.routers.map((router) => flaps(view, router))),
};

/** Without those that a person asked for: a rolling change moves the address several times. */
function recentMoves(view: View, router: AgentRouter): readonly Move[] {
  return view.moves.filter(
    (move) =>
      move.router === router.name &&
      move.fromNode !== undefined &&
      !move.planned &&
      move.atMs > view.nowMs - FLAPPING_WINDOW_MS,
  );
}

function flaps(view: View, router: AgentRouter): Judgement {
  const moves = recentMoves(view, router);
  const last = moves.at(-1);
  const [first] = moves.slice(-FLAPPING_MOVES);
  if (moves.length < FLAPPING_MOVES || last === undefined || first === undefined) return { findings: [] };
  const causes = [...new Set(moves.map((move) => move.cause))];
  const finding: Finding = {
    scope: router.name,
    severity: "critical",
    title: `${router.name}: ${vipText(router)} is flapping between ${[...router.prefer].join(" and ")}`,
    text: explained({
      why: `${moves.length} moves in ${FLAPPING_WINDOW_MS / 60_000} minutes; the causes: ${causes.slice(-3).join("; ")}`,
      sinceMs: moves[0]?.atMs ?? last.atMs,
      service: "each move breaks the connections that are open",
      action:
        "hold the node that is worse, so that the address stays on the other; hapair history lists the moves",
    }),
    detail: { router: router.name, vip: last.vip },
    sinceMs: last.atMs,
    begunBy: last.arrival,
  };
  return { findings: [finding], recheckAtMs: first.atMs + FLAPPING_WINDOW_MS };
}
