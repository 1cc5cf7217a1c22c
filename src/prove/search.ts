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
import { Packer, packWorld } from "./pack.ts";
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
import { isAtRest, type Phases, phasesFor, setPhases } from "./rest.ts";

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
  readonly states: number;
  /** Of them, with the pair at rest. */
  readonly rests: number;
  readonly transitions: number;
  readonly counterexamples: readonly Counterexample[];
  /** The bound on states was met: beyond `depth` nothing is said. */
  readonly isComplete: boolean;
}

/** A world that waits to be followed. */
interface Node {
  readonly world: World;
  readonly memory: Memory;
  readonly atRest: boolean;
  /** Moves so far. */
  readonly depth: number;
  readonly trail: Trail | undefined;
  /** Since the last move of the trail, or since rest. */
  readonly sinceUs: number;
  /** The world without its times: two that differ in it differ in what somebody does, not only in when. */
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
  readonly #seen = new Set<string>();
  readonly #packer = new Packer();
  readonly #found = new Map<PromiseName, Counterexample>();
  /** By depth, the worlds that wait. */
  readonly #waiting: Node[][];
  #transitions = 0;
  #rests = 0;
  #full = false;

  constructor(site: Site, options: ProofOptions) {
    this.#site = site;
    this.#options = options;
    this.#moves = options.moves ?? allMoves;
    this.#waiting = Array.from({ length: options.depth + 1 }, () => []);
  }

  begin(start: World): void {
    const world = cloneWorld(start);
    const scene = { site: this.#site, world };
    this.#enter(
      {
        world,
        memory: firstMemory(scene),
        atRest: isAtRest(scene),
        depth: 0,
        trail: undefined,
        sinceUs: 0,
        shape: 0,
        isTurn: true,
      },
      0,
    );
  }

  run(): Proof {
    const { depth: deepest, progress } = this.#options;
    let count = 0;
    let depth = 0;
    for (; depth <= deepest && !this.#full; depth += 1) {
      const waiting = this.#waiting[depth]!;
      while (waiting.length > 0 && !this.#full) {
        this.#follow(waiting.pop()!);
        count += 1;
        if (count % PROGRESS_EVERY === 0) progress?.(this.#seen.size, depth);
        if (this.#found.size === this.#options.promises.length) this.#full = true;
      }
    }
    return {
      depth: this.#full ? Math.max(0, depth - 1) : deepest,
      overlap: this.#options.overlap,
      states: this.#seen.size,
      rests: this.#rests,
      transitions: this.#transitions,
      counterexamples: [...this.#found.values()],
      isComplete: !this.#full,
    };
  }

  /** Takes a world in, and judges it where it is at rest; one that has been seen is not followed. Whether its shape is another than `shapeBefore`. */
  #enter(node: Node, shapeBefore: number): boolean {
    const scene = { site: this.#site, world: node.world };
    let { memory } = node;
    const { atRest } = node;
    if (atRest) {
      const breach = judgeRest(scene);
      if (breach !== undefined) this.#tell(breach, node, 0);
      memory = rested(scene, memory);
    }
    const budget = atRest ? 0 : Math.min(memory.strikes, this.#options.overlap);
    const { key, shape } = packWorld(this.#packer, scene, atRest, {
      small: [
        budget,
        (memory.excused ? 1 : 0) + (memory.covered ? 2 : 0) + seatBits(memory) * 4,
        memory.changes,
        KINDS.indexOf(memory.kind),
        ...memory.holders,
      ],
      durationsUs: [Math.min(memory.outUs, DURATION_MOST_US), Math.min(memory.twoUs, DURATION_MOST_US)],
    });
    const isTurn = shape !== shapeBefore;
    if (this.#seen.has(key)) return isTurn;
    if (this.#seen.size >= this.#options.statesMax) {
      this.#full = true;
      return isTurn;
    }
    this.#seen.add(key);
    if (atRest) this.#rests += 1;
    this.#waiting[node.depth]!.push({ ...node, memory, shape, isTurn, sinceUs: atRest ? 0 : node.sinceUs });
    return isTurn;
  }

  /** Everything that can come next. */
  #follow(node: Node): void {
    const { depth, overlap } = this.#options;
    const mayStrike = node.depth < depth && (node.atRest || node.memory.strikes < overlap);
    if (node.atRest) {
      if (mayStrike) this.#strikeAtRest(node);
      return;
    }
    const next = nextUs(node.world);
    if (next === NEVER) {
      this.#enter({ ...node, atRest: true }, node.shape);
      return;
    }
    const gapUs = next - node.world.nowUs;
    const before = mayStrike ? cloneWorld(node.world) : node.world;
    const turns = this.#letPass(node, next);
    if (!mayStrike) return;
    const still = { ...node, world: before };
    for (const afterUs of instants(gapUs, node.isTurn, turns)) this.#strikeAll(still, afterUs);
  }

  #strikeAtRest(node: Node): void {
    const scene = { site: this.#site, world: node.world };
    for (const { node: index, move } of possibleMoves(node.world, this.#moves)) {
      const movesService = move.name.includes("haproxy");
      for (const phases of phasesFor(scene, index, movesService)) {
        const world = cloneWorld(node.world);
        setPhases({ site: this.#site, world }, phases);
        this.#strike(node, world, node.memory, { node: index, move, afterUs: 0, phases });
      }
    }
  }

  #strikeAll(node: Node, afterUs: number): void {
    const scene = { site: this.#site, world: node.world };
    const memory = pass(scene, node.memory, this.#options.limits, afterUs);
    if (this.#breaks(judgeTimes(memory, this.#options.limits), node, afterUs)) return;
    for (const { node: index, move } of possibleMoves(node.world, this.#moves)) {
      const world = cloneWorld(node.world);
      world.nowUs += afterUs;
      this.#strike(node, world, memory, { node: index, move, afterUs: node.sinceUs + afterUs });
    }
  }

  #strike(node: Node, world: World, memory: Memory, step: Step): void {
    const scene = { site: this.#site, world };
    const wasWhole = isWhole(scene);
    make(scene, step.node, step.move);
    this.#arrive(
      { ...node, world, depth: node.depth + 1, trail: { step, before: node.trail }, sinceUs: 0 },
      struck(scene, memory, step.move.kind, step.node, wasWhole),
      0,
    );
  }

  /** Lets the next thing that is due happen; whether it changes the shape. */
  #letPass(node: Node, next: number): boolean {
    const durationUs = next - node.world.nowUs;
    const before = { site: this.#site, world: node.world };
    const memory = pass(before, node.memory, this.#options.limits, durationUs);
    if (this.#breaks(judgeTimes(memory, this.#options.limits), node, durationUs)) return false;
    // Nobody else follows this world: it goes on itself.
    const { world } = node;
    world.nowUs = next;
    return this.#arrive({ ...node, world, sinceUs: node.sinceUs + durationUs }, memory, node.shape);
  }

  /** What is due now is done, and the promises are asked. */
  #arrive(node: Node, memory: Memory, shapeBefore: number): boolean {
    const scene: Scene = { site: this.#site, world: node.world };
    this.#transitions += 1;
    settle(scene);
    const seen = observe(scene, memory, this.#options.limits);
    if (seen.breach !== undefined) this.#tell(seen.breach, node, 0);
    const atRest = isAtRest(scene);
    return this.#enter({ ...node, memory: seen.memory, atRest }, shapeBefore);
  }

  #breaks(breach: Breach | undefined, node: Node, afterUs: number): boolean {
    return breach !== undefined && this.#tell(breach, node, afterUs);
  }

  /** Notes a counterexample; true: what comes after it is not followed. */
  #tell(breach: Breach, node: Node, afterUs: number): boolean {
    const { promise } = breach;
    if (!this.#options.promises.includes(promise)) return promise === "settles";
    if (!this.#found.has(promise)) {
      const steps: Step[] = [];
      for (let trail = node.trail; trail !== undefined; trail = trail.before) steps.unshift(trail.step);
      this.#found.set(promise, { breach, steps, untilUs: node.sinceUs + afterUs });
    }
    // A world whose promise is broken says nothing more of this one; others may still be broken behind it.
    return promise === "settles";
  }
}

function seatBits({ seats }: Memory): number {
  let bits = 0;
  for (let router = 0; router < seats.length; router += 1) bits = bits * 3 + seats[router]!;
  return bits;
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
  return [...(afterTurn ? [0] : []), ...middle, ...(beforeTurn ? [gapUs] : [])];
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
