// Tries every sequence of moves up to a depth, at every instant that matters, and looks for the first that breaks a promise (docs/reference/proofs.md).
// Rules: the machine is the simulator's own; a world is kept only while it waits to be followed, and what has been seen is numbers; sequences are tried in
// the order of their length, so that the first counterexample of a promise is a shortest one.

import { assert } from "../base/index.ts";
import {
  advance,
  cloneWorld,
  NEVER,
  nextUs,
  type Scene,
  settle,
  type Site,
  type World,
} from "../simulate/index.ts";
import { make, type Move, moves as allMoves, possibleMoves } from "./moves.ts";
import {
  type Breach,
  firstMemory,
  isWhole,
  judgeRest,
  judgeTimes,
  type Memory,
  observe,
  pass,
  type PromiseName,
  rested,
  struck,
} from "./promises.ts";
import type { Counterexample, Proof, ProofOptions, Step } from "./proof.ts";
import { ANY_OVERLAPS, DEPTH_MOST, type WayLength } from "./reach.ts";
import { isAtRest, phasesFor, setPhases, type Turn } from "./rest.ts";
import { ON_ITS_WAY, runOut } from "./run-out.ts";
import { Seen } from "./seen.ts";

/** How a world came about. */
interface Way extends WayLength {
  readonly trail: Trail | undefined;
  /** Since the last move of the trail, or since rest. */
  readonly sinceUs: number;
}

/** A world that waits to be followed. Every one is made in one place, so that all have one shape for the engine, too. */
interface Waiting extends Way {
  readonly world: World;
  readonly memory: Memory;
  readonly atRest: boolean;
  /** Where it stands among what has been seen. */
  readonly entry: number;
  /** pack.ts: what somebody does, without when. */
  readonly shape: number;
  /** What came last changed the shape: moves are tried right after it. */
  readonly isTurn: boolean;
}

interface Trail {
  readonly step: Step;
  readonly before: Trail | undefined;
}

const PROGRESS_EVERY = 20_000;

/** The proof, from a world at rest. */
export function prove(site: Site, start: World, options: ProofOptions): Proof {
  const search = new Search(site, options);
  search.begin(start);
  return search.run();
}

class Search {
  readonly #site: Site;
  readonly #options: ProofOptions;
  readonly #moves: readonly Move[];
  /** With each that is let alone: its way to rest, as run-out.ts has it. */
  readonly #seen: Seen;
  readonly #found = new Map<PromiseName, Counterexample>();
  /** By depth, the worlds that wait: first those on whose way no two moves came close together. */
  readonly #waiting: Waiting[][];
  #transitions = 0;
  #rests = 0;

  constructor(site: Site, options: ProofOptions) {
    assert(options.depth <= DEPTH_MOST, "the ways of a search have room in what is kept of them");
    this.#site = site;
    this.#options = options;
    this.#seen = new Seen(options.statesMax);
    this.#moves = options.moves ?? allMoves;
    this.#waiting = Array.from({ length: 2 * options.depth + 2 }, () => []);
  }

  begin(start: World): void {
    const world = cloneWorld(start);
    const scene = { site: this.#site, world };
    this.#enter(
      world,
      { depth: 0, overlaps: 0, trail: undefined, sinceUs: 0 },
      firstMemory(scene),
      isAtRest(scene),
      0,
    );
  }

  run(): Proof {
    const { depth: deepest, progress } = this.#options;
    let count = 0;
    // Nothing at all is a sequence of no moves, and it has been judged.
    let tried = 0;
    for (let depth = 0; depth <= deepest; depth += 1) {
      for (const waiting of this.#waiting.slice(2 * depth, 2 * depth + 2)) {
        while (waiting.length > 0 && !this.#seen.isFull) {
          this.#follow(waiting.pop()!);
          count += 1;
          if (count % PROGRESS_EVERY === 0) progress?.(this.#seen.size, depth);
        }
      }
      if (this.#seen.isFull) break;
      tried = depth;
      // Longer sequences would say nothing new.
      if (this.#found.size === this.#options.promises.length) break;
    }
    return {
      depth: tried,
      overlap: this.#options.overlap,
      overlaps: this.#options.overlaps,
      states: this.#seen.size,
      rests: this.#rests,
      transitions: this.#transitions,
      counterexamples: [...this.#found.values()],
      isComplete: !this.#seen.isFull,
    };
  }

  /** Takes a world in, and judges it where it is at rest; one that has been seen is not followed. Whether its shape is another than `shapeBefore`. */
  #enter(world: World, way: Way, before: Memory, atRest: boolean, shapeBefore: number): boolean {
    const scene = { site: this.#site, world };
    let memory = before;
    if (atRest) {
      const breach = judgeRest(scene);
      if (breach !== undefined) this.#tell(breach, way, 0);
      memory = rested(scene, memory);
    }
    const mayStrike = this.#mayStrike(way, memory, atRest);
    const shape = this.#seen.lookAtShape(scene);
    const isTurn = shape !== shapeBefore;
    const onItsWay = !mayStrike ? "let-alone" : isTurn ? "may-be-struck-now" : "may-be-struck";
    this.#seen.lookAtRemainder(scene, memory, atRest ? "rests" : onItsWay);
    let entry = this.#seen.find();
    if (entry === -1) {
      entry = this.#seen.add(way);
      if (entry === -1) return isTurn;
      if (atRest) this.#rests += 1;
      else if (!mayStrike) this.#seen.setValue(entry, ON_ITS_WAY);
    } else if (!this.#seen.comesNearer(entry, way)) return isTurn;
    if (!mayStrike) {
      if (!atRest) this.#letAlone(world, way, memory, { entry, shape });
      return isTurn;
    }
    const { depth, overlaps, trail } = way;
    this.#waiting[2 * depth + Math.min(1, overlaps)]!.push({
      depth,
      overlaps,
      trail,
      sinceUs: atRest ? 0 : way.sinceUs,
      world,
      memory,
      atRest,
      entry,
      shape,
      isTurn,
    });
    return isTurn;
  }

  #mayStrike({ depth, overlaps }: Way, { strikes }: Memory, atRest: boolean): boolean {
    if (depth >= this.#options.depth) return false;
    return atRest || (strikes < this.#options.overlap && (strikes > 1 || overlaps < this.#options.overlaps));
  }

  /** Nothing more is done to this world until it is at rest. */
  #letAlone(
    world: World,
    way: Way,
    memory: Memory,
    { entry, shape }: { readonly entry: number; readonly shape: number },
  ): void {
    const { depth, overlaps, trail } = way;
    const arrival = runOut(
      { site: this.#site, world },
      this.#seen,
      this.#options.limits,
      { memory, sinceUs: way.sinceUs, depth, overlaps, entry, shape },
      (breach, sinceUs) => this.#tell(breach, { depth, overlaps, trail, sinceUs }, 0),
    );
    this.#transitions += arrival.transitions;
    if (arrival.rests)
      this.#enter(world, { depth, overlaps, trail, sinceUs: arrival.sinceUs }, arrival.memory, true, 0);
  }

  /** Everything that can come next. */
  #follow(waiting: Waiting): void {
    const { world, memory, atRest, isTurn } = waiting;
    if (this.#seen.isSurpassed(waiting.entry, waiting)) return;
    if (atRest) {
      this.#strikeAtRest(waiting);
      return;
    }
    const next = nextUs(world);
    if (next === NEVER) {
      this.#enter(world, waiting, memory, true, waiting.shape);
      return;
    }
    const gapUs = next - world.nowUs;
    // This world goes on itself; what moves are tried on is a copy from before.
    const still = cloneWorld(world);
    const turns = this.#letPass(waiting, next);
    for (const afterUs of instants(gapUs, isTurn, turns)) this.#strikeAll(waiting, still, afterUs);
  }

  #turnOf({ depth }: Way): Turn {
    if (depth === 0) return "first";
    return depth > 1 && depth === this.#options.depth - 1 ? "last" : "later";
  }

  #strikeAtRest(waiting: Waiting): void {
    const scene = { site: this.#site, world: waiting.world };
    for (const { node, move } of possibleMoves(waiting.world, this.#moves)) {
      for (const phases of phasesFor(scene, node, move.stirsChecks, this.#turnOf(waiting))) {
        const world = cloneWorld(waiting.world);
        setPhases({ site: this.#site, world }, phases);
        this.#strike(waiting, world, waiting.memory, { node, move, afterUs: 0, phases });
      }
    }
  }

  #strikeAll(waiting: Waiting, still: World, afterUs: number): void {
    const memory = pass({ site: this.#site, world: still }, waiting.memory, this.#options.limits, afterUs);
    if (this.#breaksByTime(memory, waiting, afterUs)) return;
    for (let node = 0; node < still.nodes.length; node += 1)
      for (const move of this.#moves) {
        if (!move.isPossible(still.nodes[node]!)) continue;
        const world = cloneWorld(still);
        world.nowUs += afterUs;
        this.#strike(waiting, world, memory, { node, move, afterUs: waiting.sinceUs + afterUs });
      }
  }

  #strike(waiting: Waiting, world: World, memory: Memory, step: Step): void {
    const scene = { site: this.#site, world };
    const wasWhole = isWhole(scene);
    make(scene, step.node, step.move);
    const depth = waiting.depth + 1;
    const overlaps = waiting.overlaps + (!waiting.atRest && memory.strikes === 1 ? 1 : 0);
    const way: Way = {
      depth,
      // After the last move nothing is struck any more.
      overlaps: depth === this.#options.depth ? ANY_OVERLAPS : overlaps,
      trail: { step, before: waiting.trail },
      sinceUs: 0,
    };
    this.#arrive(world, way, struck(scene, memory, step.move.kind, step.node, wasWhole), 0);
  }

  /** Lets the next thing that is due happen; whether it changes the shape. */
  #letPass(waiting: Waiting, next: number): boolean {
    const { world, depth, overlaps, trail } = waiting;
    const durationUs = next - world.nowUs;
    const memory = pass({ site: this.#site, world }, waiting.memory, this.#options.limits, durationUs);
    if (this.#breaksByTime(memory, waiting, durationUs)) return false;
    world.nowUs = next;
    return this.#arrive(
      world,
      { depth, overlaps, trail, sinceUs: waiting.sinceUs + durationUs },
      memory,
      waiting.shape,
    );
  }

  /** What is due now is done, and the promises are asked. */
  #arrive(world: World, way: Way, memory: Memory, shapeBefore: number): boolean {
    const scene: Scene = { site: this.#site, world };
    this.#transitions += 1;
    settle(scene);
    const seen = observe(scene, memory, this.#options.limits);
    for (const breach of seen.breaches) this.#tell(breach, way, 0);
    return this.#enter(world, way, seen.memory, isAtRest(scene), shapeBefore);
  }

  #breaksByTime(memory: Memory, way: Way, afterUs: number): boolean {
    const breach = judgeTimes(memory, this.#options.limits);
    return breach !== undefined && this.#tell(breach, way, afterUs);
  }

  /** Notes a counterexample if it is shorter than what is known, or worse; true: what comes after it is not followed. */
  #tell(breach: Breach, way: Way, afterUs: number): boolean {
    const { promise } = breach;
    const known = this.#found.get(promise);
    const isBetter =
      known === undefined ||
      way.depth < known.steps.length ||
      (way.depth === known.steps.length && breach.measuredUs > known.breach.measuredUs);
    if (isBetter && this.#options.promises.includes(promise)) {
      const steps: Step[] = [];
      for (let { trail } = way; trail !== undefined; trail = trail.before) steps.unshift(trail.step);
      this.#found.set(promise, { breach, steps, untilUs: way.sinceUs + afterUs });
    }
    // Other promises may still be broken behind a broken one; a pair that never settles has no end to wait for.
    return promise === "settles";
  }
}

/** Gaps shorter than this have no middle worth trying, and of those shorter than that one end is enough: a check's look takes as long. */
const MIDDLE_FROM_US = 50_000;
const BOTH_ENDS_FROM_US = 10_000;

/**
 * When a move may come before the next thing that is due: right after a turn, and just before the next one. Between an advert that nobody does anything
 * about and the next it may not: it comes before the first of them or after the last.
 */
function instants(gapUs: number, afterTurn: boolean, beforeTurn: boolean): readonly number[] {
  if (gapUs <= 0) return afterTurn || beforeTurn ? [0] : [];
  const isBoth = afterTurn && beforeTurn;
  if (isBoth && gapUs < BOTH_ENDS_FROM_US) return [0];
  const middle = isBoth && gapUs >= MIDDLE_FROM_US ? [Math.round(gapUs / 2)] : [];
  return [...(afterTurn ? [0] : []), ...middle, ...(beforeTurn ? [gapUs - 1] : [])];
}

/** Lets a world come to rest, within `limitUs`; false: it does not. */
export function bringToRest(site: Site, world: World, limitUs: number): boolean {
  const scene = { site, world };
  const untilUs = world.nowUs + limitUs;
  while (!isAtRest(scene)) {
    const next = nextUs(world);
    if (next > untilUs) return false;
    advance(scene, next);
  }
  return true;
}
