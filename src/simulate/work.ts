// Planned work: switch, maintenance, roll and mending, as the command line does them. Policy decides, refuses and orders the steps; here each step
// happens to the world and takes the time it takes. Rule: one step after the other, and what a node does by itself goes on without anybody.

import {
  decideMove,
  type Move,
  moveSteps,
  type MoveStep,
  type MoveStepKind,
  moveTimes,
  type MoveWish,
  type Refusal,
  rollOrder,
} from "../policy/index.ts";
import type { Happening } from "../scenario/index.ts";
import { NEVER } from "../vrrp/index.ts";
import { mendNode, noticeErrands, stepErrand } from "./errands.ts";
import type { WorkKind } from "./happenings.ts";
import { endMaintenance, stepWatch } from "./maintenance.ts";
import { workOf } from "./maintenance-watch.ts";
import { moveViewOf } from "./move-view.ts";
import { holdersOf, holdsRouter, isConnected, layoutOf } from "./network.ts";
import { type Scene, tellOf } from "./scene.ts";
import { beforeUs, isDone, performStep, stepTimes, takeBack, whyNot } from "./work-steps.ts";
import { type Job, JOBS_MAX, nextLook, type WorkStep } from "./work-world.ts";

export type Work = Extract<Happening, { readonly kind: WorkKind }>;

const kinds: ReadonlySet<string> = new Set<WorkKind>([
  "switch",
  "maintenance-on",
  "maintenance-off",
  "roll",
  "mend-switch",
]);

export function isWork(action: Happening): action is Work {
  return kinds.has(action.kind);
}

/** Begins a piece of work about a node, at the world's time. What is refused is told, with every reason, and changes nothing. */
export function beginWork(scene: Scene, node: number, { kind }: Work): void {
  switch (kind) {
    case "switch":
      return void beginMove(scene, node, "switch", []);
    case "maintenance-on":
      return void beginMove(scene, node, "maintenance", []);
    case "maintenance-off":
      return atOnce(scene, node, "is under maintenance no more", endMaintenance);
    case "mend-switch":
      return atOnce(scene, node, "has nothing open of a move any more", mendNode);
    case "roll":
      return beginRoll(scene);
  }
}

/** One command on the node. */
function atOnce(scene: Scene, node: number, text: string, work: (scene: Scene, node: number) => void): void {
  if (!isConnected(scene.world.nodes[node]!)) {
    tellOf(scene, node, "cannot be asked, so nothing can be done there [unreachable]");
    return;
  }
  tellOf(scene, node, text);
  work(scene, node);
}

const nameOf = ({ site }: Scene, node: number): string => site.nodes[node]!.name;

/** Standbys first, whoever holds last; each turn is a maintenance with a reboot in it. */
function beginRoll(scene: Scene): void {
  const order = rollOrder(moveViewOf(scene).nodes).map(({ node }) =>
    scene.site.nodes.findIndex(({ name }) => name === node),
  );
  const [first, ...others] = order;
  if (first !== undefined) beginMove(scene, first, "roll", others);
}

/** What the wish for a move of this work comes to, or why it is not made. */
function decided(scene: Scene, node: number, work: Job["work"]): Move | readonly Refusal[] {
  const { site, world } = scene;
  const unapplied = site.nodes.find(({ writes }) => writes.hold === undefined);
  if (unapplied !== undefined)
    return [
      refusal("not-applied", `${unapplied.name} has no watched file to be held by: apply the pair first`),
    ];
  if (world.jobs.length >= JOBS_MAX || world.jobs.some(isMoving))
    return [refusal("locked", "another move is under way")];
  const drain = workOf(scene).drainUs > 0;
  const held = site.routers.filter((_router, place) => holdsRouter(scene, node, place));
  const isHeldElsewhere = site.routers.some((_router, place) => holdersOf(scene, place).length > 0);
  if (work === "switch" && held.length === 0 && isHeldElsewhere)
    return [refusal("no-holder", "it holds no VIP, so there is nothing to move")];
  const wish: MoveWish =
    work === "switch"
      ? { drain, ...(held.length === 0 ? {} : { routers: held.map(({ name }) => name) }) }
      : { drain, from: nameOf(scene, node) };
  const { move, refusals } = decideMove(moveViewOf(scene), wish);
  return move === undefined || refusals.length > 0 ? refusals : move;
}

function refusal(code: string, text: string): Refusal {
  return { code, text, overridable: false };
}

function isReason(result: Move | readonly Refusal[]): result is readonly Refusal[] {
  return Array.isArray(result);
}

function refusedAs(work: Job["work"]): string {
  return work === "switch" ? "is not switched" : "does not go under maintenance";
}

/** Begins a move away from `node`; false: it was refused. */
function beginMove(scene: Scene, node: number, work: Job["work"], turns: readonly number[]): boolean {
  const result = decided(scene, node, work);
  if (isReason(result)) {
    for (const { code, node: about, text } of result)
      tellOf(scene, node, `${refusedAs(work)}: ${about === undefined ? "" : `${about} `}${text} [${code}]`);
    return false;
  }
  const steps = [...stepsOf(scene, result, node, work), ...(work === "roll" ? turnSteps(node) : [])];
  if (steps.length === 0) {
    tellOf(scene, node, `has nothing to give: the VIP is at ${result.to} already`);
    return true;
  }
  const job: Job = {
    number: freeNumber(scene),
    work,
    steps,
    place: 0,
    stage: "does",
    beganUs: scene.world.nowUs,
    dueUs: scene.world.nowUs + beforeUs(scene, steps[0]!.kind),
    limitUs: NEVER,
    moved: false,
    turns,
  };
  const words =
    work === "switch" ? "is switched" : `goes under maintenance${work === "roll" ? " (roll)" : ""}`;
  const to =
    result.routers.length === 0
      ? ""
      : `: ${result.routers.map(({ router }) => router).join(", ")} to ${result.to}`;
  tellOf(scene, node, `${words}${to}`);
  scene.world.jobs = [...scene.world.jobs, job];
  return true;
}

/** The move's steps, with what planning looks up: who has a boost, and who can be told to stand aside. */
function stepsOf(scene: Scene, move: Move, node: number, work: Job["work"]): WorkStep[] {
  const { site, world } = scene;
  const indexOf = (name: string): number => site.nodes.findIndex((one) => one.name === name);
  const steps = moveSteps(move, {
    drain: workOf(scene).drainUs > 0,
    boost: hasBoost(scene, indexOf(move.to)),
    letGo: work === "switch" ? "give" : "maintain",
    nodes: site.nodes.filter((_node, index) => isConnected(world.nodes[index]!)).map(({ name }) => name),
    ...(work === "switch" ? {} : { maintained: nameOf(scene, node) }),
  });
  return steps.map((step: MoveStep) => ({
    kind: step.kind,
    node: indexOf(step.node),
    routers: step.routers.map(({ router }) => site.routers.findIndex(({ name }) => name === router)),
  }));
}

function hasBoost(scene: Scene, node: number): boolean {
  const { boost } = scene.site.nodes[node]!.writes;
  return boost !== undefined && layoutOf(scene, node).files.some(({ name }) => name === boost);
}

/** What a roll does at a node that is under maintenance, until the pair is whole again. */
function turnSteps(node: number): WorkStep[] {
  const kindsInOrder = ["reboot", "restart", "boot", "release", "whole", "turn"] as const;
  return kindsInOrder.map((kind) => ({ kind, node, routers: [] }));
}

/** The lowest that nothing of an earlier job goes by. */
function freeNumber({ world }: Scene): number {
  const taken = new Set([
    ...world.jobs.map(({ number }) => number),
    ...world.nodes.flatMap(({ errands }) => errands.map(({ owner }) => owner)),
  ]);
  let number = 1;
  while (taken.has(number)) number += 1;
  return number;
}

/** The nodes are locked until connections are waited for. */
function isMoving({ steps, place }: Job): boolean {
  const drain = steps.findIndex(({ kind }) => kind === "drain" || kind === "reboot");
  return place < (drain === -1 ? steps.length : drain);
}

/** Does one thing of planned work that is due, at the nodes or by whoever does it; false: nothing is. */
export function stepWork(scene: Scene): boolean {
  const { nowUs, nodes, jobs } = scene.world;
  for (let node = 0; node < nodes.length; node += 1) {
    const { watch, errands } = nodes[node]!;
    if (watch !== undefined && watch.dueUs <= nowUs) {
      stepWatch(scene, node);
      return true;
    }
    if (errands.some(({ dueUs }) => dueUs <= nowUs)) {
      stepErrand(scene, node);
      return true;
    }
  }
  const due = jobs.find(({ dueUs }) => dueUs <= nowUs);
  if (due === undefined) return false;
  stepJob(scene, due);
  return true;
}

/** Sees that what is waited for has come about, and when whoever waits will see it; true: that is now. */
export function noticeWork(scene: Scene): boolean {
  const { world } = scene;
  let isDue = false;
  for (let node = 0; node < world.nodes.length; node += 1)
    if (world.nodes[node]!.errands.length > 0 && noticeErrands(scene, node)) isDue = true;
  for (const job of world.jobs) {
    const step = job.steps[job.place]!;
    if (job.stage !== "waits" || job.dueUs !== job.limitUs || !isDone(scene, job, step)) continue;
    const { everyUs = 0 } = stepTimes[step.kind];
    const lookUs = everyUs === 0 ? world.nowUs : nextLook(job.beganUs, world.nowUs, everyUs);
    // At the limit nobody looks any more.
    if (lookUs >= job.limitUs) continue;
    replace(scene, job, { ...job, dueUs: lookUs });
    if (lookUs <= world.nowUs) isDue = true;
  }
  return isDue;
}

function replace({ world }: Scene, job: Job, after: Job | undefined): void {
  world.jobs = world.jobs.flatMap((one) => (one !== job ? [one] : after === undefined ? [] : [after]));
}

function stepJob(scene: Scene, job: Job): void {
  const step = job.steps[job.place]!;
  const { nowUs } = scene.world;
  if (job.stage === "lost") return fail(scene, job, "the node does not answer");
  if (job.stage === "does") {
    if (asksNode(step) && !isConnected(scene.world.nodes[step.node]!)) {
      const dueUs = job.beganUs + moveTimes.stepLimitMs * 1000;
      return replace(scene, job, { ...job, stage: "lost", dueUs: Math.max(nowUs, dueUs) });
    }
    performStep(scene, job, step);
    const { waitsUs } = stepTimes[step.kind];
    if (waitsUs !== undefined) {
      const limitUs = nowUs + waitsUs;
      return replace(scene, job, { ...job, stage: "waits", beganUs: nowUs, dueUs: limitUs, limitUs });
    }
    return goOn(scene, job);
  }
  if (isDone(scene, job, step)) return goOn(scene, job);
  if (nowUs < job.limitUs) return replace(scene, job, { ...job, dueUs: job.limitUs });
  fail(scene, job, whyNot(step.kind));
}

/** Whether a step begins with a command on its node. */
function asksNode({ kind }: WorkStep): boolean {
  return !["confirm", "drain", "restart", "boot", "whole", "turn"].includes(kind);
}

/** The step is done; what it was has taken its own time afterwards, and then comes the next. */
function goOn(scene: Scene, job: Job): void {
  const step = job.steps[job.place]!;
  if (step.kind === "await") tellOf(scene, step.node, "has the VIP: the move is made");
  const next = job.steps[job.place + 1];
  if (next === undefined) {
    replace(scene, job, undefined);
    if (step.kind === "turn") nextTurn(scene, job);
    return;
  }
  const { nowUs } = scene.world;
  const dueUs = nowUs + (stepTimes[step.kind].afterUs ?? 0) + beforeUs(scene, next.kind);
  const moved = job.moved || step.kind === "await";
  replace(scene, job, {
    ...job,
    place: job.place + 1,
    stage: "does",
    beganUs: nowUs,
    dueUs,
    limitUs: NEVER,
    moved,
  });
}

function nextTurn(scene: Scene, { steps, turns }: Job): void {
  const [next, ...others] = turns;
  const { node } = steps.at(-1)!;
  if (next === undefined) tellOf(scene, node, "is whole again, and every node has been rebooted");
  else if (!beginMove(scene, next, "roll", others))
    tellOf(scene, next, "has its turn no more: the roll stops here");
}

/** Before the VIP has moved everything is undone; afterwards it stays where it is, and the rest is done all the same. */
function fail(scene: Scene, job: Job, why: string): void {
  const step = job.steps[job.place]!;
  if (!job.moved && isOfMove(step.kind) && step.kind !== "maintain") {
    tellOf(scene, step.node, `does not do its part (${step.kind}): ${why}; the VIP stays where it is`);
    takeBack(scene, job, step.kind);
    return replace(scene, job, undefined);
  }
  if (job.moved && isOfMove(step.kind)) {
    tellOf(
      scene,
      step.node,
      `does not do its part (${step.kind}): ${why}; the VIP has moved, and what is open there ends at its time`,
    );
    return goOn(scene, job);
  }
  tellOf(scene, step.node, `stops the work: ${why}`);
  replace(scene, job, undefined);
}

const rollKinds: readonly WorkStep["kind"][] = ["reboot", "restart", "boot", "release", "whole", "turn"];

function isOfMove(kind: WorkStep["kind"]): kind is MoveStepKind {
  return !rollKinds.includes(kind);
}
