// Moving the VIP on purpose: which router goes from where to where, why not, and in which order. Pure values and functions; the command line
// performs the steps on real nodes, and whoever simulates a pair runs the same ones.
// Rule: a refusal names the node and what would happen to clients; what may be overridden says so, and everything else cannot be.

/** What is known of one node before a move. */
export interface MoveNode {
  readonly node: string;
  readonly reachable: boolean;
  /** keepalived's word by router. */
  readonly states: Readonly<Record<string, "MASTER" | "BACKUP" | "FAULT" | "STOPPED" | "unknown">>;
  /** Routers whose addresses it has, all of them. */
  readonly holds: readonly string[];
  readonly underMaintenance: boolean;
  /** Routers that have left it and whose connections still end there. */
  readonly draining: readonly string[];
  /** Whether HAProxy answers there through the node's own address; what it said. */
  readonly service: { readonly answers: boolean; readonly text: string };
  /** Why open connections cannot be kept alive from or to this node; absent: they can. */
  readonly noDrainPath?: string;
}

export interface MoveView {
  /** In the pair's order. */
  readonly nodes: readonly MoveNode[];
  readonly routers: readonly {
    readonly router: string;
    /** The preferred node takes its address back by itself. */
    readonly preempt: boolean;
    /** Most preferred first. */
    readonly prefer: readonly string[];
  }[];
  /** What verify found wrong with the pair: each with the node it is about, if one. */
  readonly problems: readonly { readonly code: string; readonly node?: string; readonly text: string }[];
}

export interface MoveWish {
  /** Who shall hold; absent: the other node, where there is one other. */
  readonly to?: string;
  /** Who shall not hold, whatever becomes of `to`: maintenance. */
  readonly from?: string;
  /** Only these routers; absent: all. */
  readonly routers?: readonly string[];
  /** Whether open connections shall live on. */
  readonly drain: boolean;
}

/** One router on its way. */
export interface RouterMove {
  readonly router: string;
  readonly from: string;
}

/** A move: every router of it ends on one node. */
export interface Move {
  readonly to: string;
  /** Empty: the VIPs are there already. */
  readonly routers: readonly RouterMove[];
}

/** Why a move is not made. */
export interface Refusal {
  /** Permanent, for scripts. */
  readonly code: string;
  readonly node?: string;
  /** A sentence without the node's name in front. */
  readonly text: string;
  /** --force goes on in spite of it. */
  readonly overridable: boolean;
}

export interface MoveDecision {
  /** undefined: there is no move to speak of; the refusals say why. */
  readonly move?: Move;
  /** Empty: it may be made. */
  readonly refusals: readonly Refusal[];
}

/** What a wish comes to, and everything that speaks against it. */
export function decideMove(view: MoveView, wish: MoveWish): MoveDecision {
  const unknown = [
    ...(wish.routers ?? [])
      .filter((name) => !view.routers.some(({ router }) => router === name))
      .map((name): Refusal => refusal("unknown-router", `this pair has no router ${name}`)),
    ...[wish.to, wish.from]
      .filter((name) => name !== undefined && nodeIn(view, name) === undefined)
      .map((name): Refusal => refusal("unknown-node", `this pair has no node ${name ?? ""}`)),
  ];
  if (unknown.length > 0) return { refusals: unknown };
  const wanted = view.routers.filter(({ router }) => wish.routers?.includes(router) ?? true);
  const lost = wanted.flatMap(({ router }) => holderRefusals(view, router, wish));
  if (lost.some(({ overridable }) => !overridable)) return { refusals: lost };
  const mute = muteRefusals(view, wish.from);
  if (mute.length > 0) return { refusals: mute };
  const held = wanted.flatMap(({ router }): RouterMove[] =>
    holdersOf(view, router).map((from) => ({ router, from })),
  );
  // Two nodes to leave, and nobody said whereto: a third one was hardly meant.
  const isOpen = wish.to === undefined && wish.from === undefined;
  if (isOpen && new Set(held.map(({ from }) => from)).size > 1) return { refusals: [noTaker(view, wish)] };
  const leaving = wish.from === undefined ? held : held.filter(({ from }) => from === wish.from);
  const to = wish.to ?? chosenTaker(view, leaving, wish);
  if (to === undefined || to === wish.from) return { refusals: [noTaker(view, wish)] };
  const move: Move = { to, routers: leaving.filter(({ from }) => from !== to) };
  return { move, refusals: [...lost, ...moveRefusals(view, move, wish)] };
}

function refusal(code: string, text: string, more: Partial<Refusal> = {}): Refusal {
  return { code, text, overridable: false, ...more };
}

function nodeIn(view: MoveView, name: string): MoveNode | undefined {
  return view.nodes.find(({ node }) => node === name);
}

function holdersOf(view: MoveView, router: string): string[] {
  return view.nodes.filter(({ holds }) => holds.includes(router)).map(({ node }) => node);
}

function holderRefusals(view: MoveView, router: string, wish: MoveWish): Refusal[] {
  const holders = holdersOf(view, router);
  if (holders.length === 1) return [];
  if (holders.length > 1)
    return [
      refusal(
        "two-holders",
        `${holders.join(" and ")} hold the addresses of ${router} at once: mend that first (hapair verify)`,
      ),
    ];
  const unseen = view.nodes.filter(({ reachable }) => !reachable).map(({ node }) => node);
  const nobody =
    wish.from === undefined
      ? `nobody holds the addresses of ${router}: there is nothing to move (hapair status)`
      : `nobody holds the addresses of ${router}: ${wish.from} would not take them either`;
  return [
    refusal(
      "no-holder",
      unseen.length === 0
        ? nobody
        : `who holds the addresses of ${router} is not known: ${unseen.join(" and ")} cannot be asked`,
      // An ill node may have to be kept away in the middle of an outage.
      { overridable: wish.from !== undefined && unseen.length === 0 },
    ),
  ];
}

/** The node that shall be kept from the VIP has to be told so, whoever holds it. */
function muteRefusals(view: MoveView, from: string | undefined): Refusal[] {
  const node = from === undefined ? undefined : nodeIn(view, from);
  return node === undefined || node.reachable ? [] : [unreachable(node)];
}

function unreachable({ node }: MoveNode): Refusal {
  return refusal("unreachable", "cannot be asked, so nothing can be done there", { node });
}

/** The one other node, or among several the one that least speaks against, the most preferred first. */
function chosenTaker(view: MoveView, leaving: readonly RouterMove[], wish: MoveWish): string | undefined {
  const { from } = wish;
  const [first] = leaving;
  // Nothing to move: any other node will do to carry the service.
  const givers = from === undefined ? leaving.map((move) => move.from) : [from];
  const others = view.nodes.filter(({ node }) => !givers.includes(node));
  if (others.length <= 1) return others[0]?.node;
  const prefer = view.routers.find(({ router }) => router === first?.router)?.prefer ?? [];
  const ranked = [
    ...prefer.flatMap((name) => others.filter(({ node }) => node === name)),
    ...others.filter(({ node }) => !prefer.includes(node)),
  ];
  const against = ranked.map(({ node }) => ({
    node,
    ...withForce(moveRefusals(view, { to: node, routers: leaving }, wish)),
  }));
  // One that --force could choose is better than one that nothing could.
  return against.reduce((best, other) =>
    other.standing.length < best.standing.length ||
    (other.standing.length === best.standing.length && other.overridden.length < best.overridden.length)
      ? other
      : best,
  ).node;
}

function noTaker(view: MoveView, wish: MoveWish): Refusal {
  if (wish.from !== undefined)
    return refusal("no-taker", "there is no other node that could carry the service");
  return refusal(
    "say-where",
    `the routers have different holders (${view.nodes.map(({ node }) => node).join(", ")}): say where they shall go with --to`,
  );
}

function moveRefusals(view: MoveView, move: Move, wish: MoveWish): Refusal[] {
  const taker = nodeIn(view, move.to);
  if (taker === undefined) return [];
  const involved = new Set([move.to, ...move.routers.map(({ from }) => from)]);
  return [
    ...takerRefusals(view, taker, move.routers),
    ...view.nodes
      .filter((node) => !node.reachable && involved.has(node.node) && node !== taker)
      .map(unreachable),
    ...move.routers.flatMap(({ router }) => returnRefusals(view, router, move, wish)),
    ...(move.routers.length > 0 ? otherDrains(view, move) : []),
    ...(wish.drain && move.routers.length > 0
      ? view.nodes.filter(({ node }) => involved.has(node)).flatMap(drainRefusals)
      : []),
    // The node that lets go may be ill, and so may a third one: that is a reason to move, and status's matter.
    ...view.problems
      .filter(({ node }) => node === undefined || node === move.to)
      .map(({ code, node, text }) =>
        refusal(code, text, { overridable: true, ...(node === undefined ? {} : { node }) }),
      ),
  ];
}

/** Whether a node can carry the service: what maintenance of its peer asks as well. */
function takerRefusals(view: MoveView, taker: MoveNode, moves: readonly RouterMove[]): Refusal[] {
  const about = { node: taker.node };
  if (!taker.reachable)
    return [refusal("unreachable", "cannot be asked, so nothing says that it would serve", about)];
  const found: Refusal[] = [];
  if (taker.underMaintenance)
    found.push(
      refusal(
        "under-maintenance",
        `is under maintenance and cannot hold the VIP: hapair maintenance off ${taker.node}`,
        about,
      ),
    );
  const wanted =
    moves.length > 0 ? moves.map(({ router }) => router) : view.routers.map(({ router }) => router);
  for (const router of wanted) {
    const state = taker.states[router] ?? "unknown";
    const ready = state === "BACKUP" || (state === "MASTER" && taker.holds.includes(router));
    if (!ready && !taker.underMaintenance)
      found.push(
        refusal("not-ready", `keepalived says ${state} for ${router}: it would not take the VIP`, about),
      );
  }
  if (!taker.service.answers)
    found.push(
      refusal("service-silent", `HAProxy does not answer through its own address: ${taker.service.text}`, {
        ...about,
        overridable: true,
      }),
    );
  return found;
}

/** A move whose end would not last: with preemption whoever is more preferred, alive and free takes the addresses (back). */
function returnRefusals(view: MoveView, name: string, move: Move, wish: MoveWish): Refusal[] {
  const router = view.routers.find((one) => one.router === name);
  if (router?.preempt !== true) return [];
  const rank = router.prefer.indexOf(move.to);
  const better = router.prefer.slice(0, rank === -1 ? router.prefer.length : rank).find((preferred) => {
    const node = nodeIn(view, preferred);
    const state = node?.states[name];
    return (
      // Under maintenance it is kept from coming back.
      node !== undefined &&
      !node.underMaintenance &&
      preferred !== wish.from &&
      (state === "MASTER" || state === "BACKUP")
    );
  });
  if (better === undefined) return [];
  return [
    refusal(
      "would-return",
      `the addresses of ${name} would go to ${better} by themselves (failback: allowed): use hapair maintenance on ${better}`,
    ),
  ];
}

/** A node has one drain path: opened for this move, it is closed for the routers of another. */
function otherDrains(view: MoveView, move: Move): Refusal[] {
  const moving = new Set(move.routers.map(({ router }) => router));
  return view.nodes.flatMap(({ node, draining }) =>
    draining
      .filter((router) => !moving.has(router))
      .map((router) =>
        refusal("draining", `still drains connections of ${router}, which this move would cut`, {
          node,
          overridable: true,
        }),
      ),
  );
}

function drainRefusals({ node, noDrainPath }: MoveNode): Refusal[] {
  if (noDrainPath === undefined) return [];
  return [
    refusal("no-drain-path", `open connections cannot be kept alive: ${noDrainPath}`, {
      node,
      overridable: true,
    }),
  ];
}

/** What --force goes on in spite of, and what stays a reason not to. */
export function withForce(refusals: readonly Refusal[]): {
  readonly overridden: readonly Refusal[];
  readonly standing: readonly Refusal[];
} {
  return {
    overridden: refusals.filter(({ overridable }) => overridable),
    standing: refusals.filter(({ overridable }) => !overridable),
  };
}
