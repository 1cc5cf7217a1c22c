// Tries every sequence of moves up to a depth, at every instant that matters, and looks for the first that breaks a promise (docs/reference/proofs.md).
// Rules: the machine is the simulator's own; a world is kept only while it waits to be followed, and what has been seen is a text; sequences are tried in
// the order of their length, so that the first counterexample of a promise is a shortest one.

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
import { packDuration, packRemainder, packShape } from "./pack.ts";
import {
  type Breach,
  firstMemory,
  judgeRest,
  isWhole,
  judgeTimes,
  type Memory,
  observe,
  pass,
  type PromiseLimits,
  type PromiseName,
  rested,
  struck,
} from "./promises.ts";
import { isAtRest, type Phases, phasesFor, setPhases, type Turn } from "./rest.ts";
import { Key, Visited } from "./visited.ts";

/** One move of a sequence. */
export interface Step {
  readonly node: number;
  readonly move: Move;
  /** Since the step before, or since the pair came to rest, microseconds. */
  readonly afterUs: number;
  /** The pair was at rest: how its clocks stood then. */
  readonly phases?: Phases;
}

export interface Counterexample {
  readonly breach: Breach;
  readonly steps: readonly Step[];
  /** From the last step to the breach. */
  readonly untilUs: number;
}

export interface ProofOptions {
  /** Moves in a sequence at most. */
  readonly depth: number;
  /** Moves that may come before the pair has come to rest from the one before, the first included. */
  readonly overlap: number;
  /** How often in a sequence moves may come so close. */
  readonly overlaps: number;
  readonly statesMax: number;
  readonly limits: PromiseLimits;
  /** Of these promises one counterexample each; the search goes on until all have one. */
  readonly promises: readonly PromiseName[];
  readonly moves?: readonly Move[];
  /** Called now and then. */
  readonly progress?: (states: number, depth: number) => void;
}

export interface Proof {
  /** Every sequence up to this many moves was tried. */
  readonly depth: number;
  readonly overlap: number;
  readonly overlaps: number;
  readonly states: number;
  /** Of them, with the pair at rest. */
  readonly rests: number;
  readonly transitions: number;
  readonly counterexamples: readonly Counterexample[];
  /** The bound on states was met: beyond `depth` nothing is said. */
  readonly isComplete: boolean;
}

/** How a world came about. */
interface Way {
  /** Moves so far. */
  readonly depth: number;
  /** How often among them one came before the pair was at rest from the one before. */
  readonly overlaps: number;
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
  /** With each: how many moves came close together on the way to it, at least. */
  readonly #seen = new Visited();
  readonly #key = new Key();
  readonly #found = new Map<PromiseName, Counterexample>();
  /** By depth, the worlds that wait: first those on whose way no two moves came close together. */
  readonly #waiting: Waiting[][];
  #transitions = 0;
  #rests = 0;
  #full = false;

  constructor(site: Site, options: ProofOptions) {
    this.#site = site;
    this.#options = options;
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
        while (waiting.length > 0 && !this.#full) {
          this.#follow(waiting.pop()!);
          count += 1;
          if (count % PROGRESS_EVERY === 0) progress?.(this.#seen.size, depth);
        }
      }
      if (this.#full) break;
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
      isComplete: !this.#full,
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
    const shape = this.#pack(scene, atRest, memory, way.overlaps);
    const isTurn = shape !== shapeBefore;
    const hash = this.#key.hash();
    let entry = this.#seen.find(this.#key, hash);
    // What was reached with fewer moves close together has been, or will be, followed further than this.
    if (entry !== -1 && (!atRest || this.#seen.valueOf(entry) <= way.overlaps)) return isTurn;
    if (entry !== -1) this.#seen.setValue(entry, way.overlaps);
    else if (this.#seen.size >= this.#options.statesMax) {
      this.#full = true;
      return isTurn;
    } else {
      entry = this.#seen.add(this.#key, hash, way.overlaps);
      if (atRest) this.#rests += 1;
    }
    if (!this.#mayStrike(way, memory, atRest)) {
      if (!atRest) this.#runOut(world, way, memory);
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

  /** Packs a world and what is remembered of its past into the search's key; its shape as a number. */
  #pack(scene: Scene, atRest: boolean, memory: Memory, overlaps: number): number {
    const key = this.#key;
    key.length = 0;
    packShape(key, scene);
    const shape = key.hash();
    const { holders, seats, changes, outUs, twoUs } = memory;
    key.add(
      (atRest ? 1 : 0) |
        (memory.excused ? 2 : 0) |
        (memory.covered ? 4 : 0) |
        (KINDS.indexOf(memory.kind) << 3) |
        (atRest ? 0 : (Math.min(memory.strikes, this.#options.overlap) << 8) | (overlaps << 16)),
    );
    for (let router = 0; router < holders.length; router += 1) {
      key.add(holders[router]!);
      key.add(seats[router]! | (changes[router]! << 2));
    }
    packDuration(key, Math.min(outUs, DURATION_MOST_US));
    packDuration(key, Math.min(twoUs, DURATION_MOST_US));
    packRemainder(key, scene, atRest);
    return shape;
  }

  #mayStrike({ depth, overlaps }: Way, { strikes }: Memory, atRest: boolean): boolean {
    if (depth >= this.#options.depth) return false;
    return atRest || (strikes < this.#options.overlap && (strikes > 1 || overlaps < this.#options.overlaps));
  }

  /** Nothing more is done to this world until it is at rest: what happens on the way is judged, and not kept. */
  #runOut(world: World, way: Way, before: Memory): void {
    const scene: Scene = { site: this.#site, world };
    let memory = before;
    let { sinceUs } = way;
    const { depth, overlaps, trail } = way;
    for (;;) {
      const next = nextUs(world);
      if (next === NEVER) break;
      const durationUs = next - world.nowUs;
      memory = pass(scene, memory, this.#options.limits, durationUs);
      // A pair that never comes to rest ends here as well: `settles` is a promise of time.
      if (this.#breaksByTime(memory, { depth, overlaps, trail, sinceUs }, durationUs)) return;
      world.nowUs = next;
      sinceUs += durationUs;
      this.#transitions += 1;
      settle(scene);
      const seen = observe(scene, memory, this.#options.limits);
      for (const breach of seen.breaches) this.#tell(breach, { depth, overlaps, trail, sinceUs }, 0);
      memory = seen.memory;
      if (isAtRest(scene)) break;
    }
    this.#enter(world, { depth, overlaps, trail, sinceUs }, memory, true, 0);
  }

  /** Everything that can come next. */
  #follow(waiting: Waiting): void {
    const { world, memory, atRest, isTurn } = waiting;
    if (atRest) {
      if (this.#seen.valueOf(waiting.entry) === waiting.overlaps) this.#strikeAtRest(waiting);
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
    for (const { node, move } of possibleMoves(still, this.#moves)) {
      const world = cloneWorld(still);
      world.nowUs += afterUs;
      this.#strike(waiting, world, memory, { node, move, afterUs: waiting.sinceUs + afterUs });
    }
  }

  #strike(waiting: Waiting, world: World, memory: Memory, step: Step): void {
    const scene = { site: this.#site, world };
    const wasWhole = isWhole(scene);
    make(scene, step.node, step.move);
    const way: Way = {
      depth: waiting.depth + 1,
      overlaps: waiting.overlaps + (!waiting.atRest && memory.strikes === 1 ? 1 : 0),
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

const KINDS = [
  "none",
  "service-stop",
  "service-crash",
  "service-hang",
  "node-loss",
  "keepalived-stop",
  "keepalived-crash",
  "partition",
  "tamper",
  "repair",
  "heal",
  "planned",
  "servers",
] as const;

/** Longer than any promise: beyond it two worlds do not differ by how long they have been out. */
const DURATION_MOST_US = 60_000_000;

/** Gaps shorter than this have no middle worth trying. */
const MIDDLE_FROM_US = 50_000;

/**
 * When a move may come before the next thing that is due: right after a turn, and just before the next one. Between an advert that nobody does anything
 * about and the next it may not: it comes before the first of them or after the last.
 */
function instants(gapUs: number, afterTurn: boolean, beforeTurn: boolean): readonly number[] {
  if (gapUs <= 0) return afterTurn || beforeTurn ? [0] : [];
  const middle = afterTurn && beforeTurn && gapUs >= MIDDLE_FROM_US ? [Math.round(gapUs / 2)] : [];
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
