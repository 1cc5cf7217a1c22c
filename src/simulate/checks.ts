// vrrp_scripts: when they run, what they find, and how keepalived counts (keepalived-behaviour section 3.1).
// Rule: a check whose next result cannot change anything sleeps, and remembers by its anchor when it would have run: a quiet pair has no events but adverts.

import { unreachable } from "../base/index.ts";
import { NEVER } from "../vrrp/index.ts";
import { holdersOf, layoutOf } from "./network.ts";
import type { Scene } from "./scene.ts";
import type { SiteCheck } from "./site.ts";
import { review } from "./tracking.ts";
import {
  type CheckDraft,
  type CheckRun,
  changedCheck,
  changedRun,
  checkToChange,
  type CheckWorld,
  type NodeWorld,
} from "./world.ts";

/** keepalived starts a script again beside one that still runs; more than a few do not get a machine anywhere. */
const RUNS_MAX = 8;
const NO_RUNS: readonly CheckRun[] = [];

/** What a look would find now. */
function answerOf(
  scene: Scene,
  node: NodeWorld,
  check: SiteCheck,
  state: CheckWorld,
): "pass" | "fail" | "hang" {
  if (state.forced !== "none") return state.forced;
  switch (check.asks) {
    case "passes":
      return "pass";
    case "fails":
      return "fail";
    case "process":
      return node.haproxy === "down" ? "fail" : "pass";
    case "holder":
      return holderAnswers(scene) ? "pass" : "fail";
    case "service":
      return node.haproxy === "up" ? "pass" : node.haproxy === "down" ? "fail" : "hang";
    default:
      return unreachable(check.asks);
  }
}

function holderAnswers(scene: Scene): boolean {
  return holdersOf(scene, 0).some((holder) => scene.world.nodes[holder]!.haproxy === "up");
}

/** When something of this check happens next. */
export function nextOfCheck(state: CheckWorld): number {
  let nextUs = state.nextRunUs;
  for (const run of state.runs) if (run.dueUs < nextUs) nextUs = run.dueUs;
  return nextUs;
}

/** Does what is due of a check now. */
export function stepCheck(scene: Scene, node: number, index: number): void {
  const { world } = scene;
  const nodeWorld = world.nodes[node]!;
  const check = layoutOf(scene, node).checks[index]!;
  const { runs } = nodeWorld.checks[index]!;
  const state = checkToChange(nodeWorld, index);
  for (const run of runs)
    if (run.dueUs <= world.nowUs && !isOutOfTime(check, run)) finish(scene, node, index, state, run);
  // keepalived begins the next run before it ends one that has run out of time: that one still counts as running.
  if (state.nextRunUs <= world.nowUs) beginRun(scene, check, state);
  const { running } = state;
  for (const run of runs) {
    if (run.dueUs > world.nowUs || !isOutOfTime(check, run)) continue;
    if (!running) state.runs = without(state.runs, run);
    else if (check.endsAfterUs === 0) finish(scene, node, index, state, run);
    else state.runs = [...without(state.runs, run), toldToEnd(run, world.nowUs + check.endsAfterUs)];
  }
  rest(scene, nodeWorld, check, state);
}

const isOutOfTime = ({ timeoutUs }: SiteCheck, { outcome, dueUs, beganUs }: CheckRun): boolean =>
  outcome !== "none" && outcome !== "ended" && dueUs >= beganUs + timeoutUs;

const toldToEnd = (run: CheckRun, dueUs: number): CheckRun => changedRun(run, { dueUs, outcome: "ended" });

/** A run's next look, or its end. */
function finish(scene: Scene, node: number, index: number, state: CheckDraft, run: CheckRun): void {
  const others = without(state.runs, run);
  if (run.outcome !== "none") {
    state.runs = others;
    state.running = false;
    return count(scene, node, index, state, run.outcome === "pass" ? "pass" : "fail");
  }
  const check = layoutOf(scene, node).checks[index]!;
  state.runs = [...others, looked(scene, scene.world.nodes[node]!, check, state, run)];
}

function without(runs: readonly CheckRun[], run: CheckRun): readonly CheckRun[] {
  return runs.length === 1 ? NO_RUNS : runs.filter((other) => other !== run);
}

/** Counts the runs that have ended by themselves; what ran out of time keepalived ends later (stepCheck). */
export function countEnded(scene: Scene, node: number): void {
  const { checks } = layoutOf(scene, node);
  const nodeWorld = scene.world.nodes[node]!;
  nodeWorld.checks.forEach(({ runs }, index) => {
    for (const run of runs) {
      const hasEnded = run.outcome === "pass" || run.outcome === "fail";
      if (hasEnded && run.dueUs <= scene.world.nowUs && !isOutOfTime(checks[index]!, run))
        finish(scene, node, index, checkToChange(nodeWorld, index), run);
    }
  });
}

/** keepalived is frozen: sleeping checks remember when they last began. */
export function holdClocks(scene: Scene, node: number): void {
  const { checks } = layoutOf(scene, node);
  const nodeWorld = scene.world.nodes[node]!;
  nodeWorld.checks = nodeWorld.checks.map((state, index) => {
    const { intervalUs } = checks[index]!;
    if (state.nextRunUs !== NEVER) return state;
    const turns = Math.floor((scene.world.nowUs - state.anchorUs) / intervalUs);
    return changedCheck(state, { anchorUs: state.anchorUs + turns * intervalUs });
  });
}

/** keepalived goes on: a sleeping check whose run was missed begins it now, and counts from here. */
export function releaseClocks(scene: Scene, node: number): void {
  const { checks } = layoutOf(scene, node);
  const nodeWorld = scene.world.nodes[node]!;
  nodeWorld.checks = nodeWorld.checks.map((state, index) => {
    const missed = state.anchorUs + checks[index]!.intervalUs <= scene.world.nowUs;
    return state.nextRunUs === NEVER && missed
      ? changedCheck(state, { nextRunUs: scene.world.nowUs })
      : state;
  });
}

function beginRun(scene: Scene, check: SiteCheck, state: CheckDraft): void {
  const { nowUs } = scene.world;
  state.anchorUs = nowUs;
  state.nextRunUs = nowUs + check.intervalUs;
  const isBusy = state.runs.length > 0;
  if (isBusy && scene.site.skipsBusyScripts) return;
  state.running = true;
  if (state.runs.length >= RUNS_MAX) return;
  state.runs = [
    ...state.runs,
    { beganUs: nowUs, look: 0, dueUs: nowUs + (check.looksUs[0] ?? 0), outcome: "none" },
  ];
}

/** The run after a look: on to the next one, or to its end. */
function looked(scene: Scene, node: NodeWorld, check: SiteCheck, state: CheckWorld, run: CheckRun): CheckRun {
  const { nowUs } = scene.world;
  const endsUs = run.beganUs + check.timeoutUs;
  const answer = answerOf(scene, node, check, state);
  if (answer === "pass") {
    const nextLook = run.look + 1;
    const offsetUs = check.looksUs[nextLook];
    if (offsetUs === undefined) return ended(run, nowUs + check.lookUs, endsUs, "pass");
    const dueUs = run.beganUs + offsetUs;
    return dueUs >= endsUs ? ended(run, endsUs, endsUs, "fail") : changedRun(run, { look: nextLook, dueUs });
  }
  // An event that makes a check hang makes it hang for good, whatever limit its program has of its own.
  if (answer === "fail" || state.forced === "hang")
    return ended(run, answer === "fail" ? nowUs + check.lookUs : NEVER, endsUs, "fail");
  return changedRun(run, { dueUs: Math.min(nowUs + check.hangUs, endsUs), outcome: "silent" });
}

/** A silent HAProxy says something after all, or its end closes the connection: the looks that wait for it go on. */
function answerSilentRuns(scene: Scene, node: NodeWorld, check: SiteCheck, state: CheckDraft): void {
  if (answerOf(scene, node, check, state) === "hang") return;
  state.runs = state.runs.map((run) =>
    run.outcome === "silent" ? looked(scene, node, check, state, changedRun(run, { outcome: "none" })) : run,
  );
}

/** keepalived ends a run that takes longer than its timeout, and that is a failure. */
function ended(run: CheckRun, doneUs: number, endsUs: number, outcome: "pass" | "fail"): CheckRun {
  return doneUs < endsUs
    ? changedRun(run, { dueUs: doneUs, outcome })
    : changedRun(run, { dueUs: endsUs, outcome: "fail" });
}

function count(scene: Scene, node: number, index: number, state: CheckDraft, result: "pass" | "fail"): void {
  const check = layoutOf(scene, node).checks[index]!;
  const before = state.verdict;
  const full = check.rise + check.fall - 1;
  if (result === "pass") {
    if (state.counter < check.rise - 1) state.counter += 1;
    else if (state.counter !== full) {
      if (state.counter < check.rise) state.verdict = "passed";
      state.counter = full;
    }
  } else if (state.counter > check.rise) state.counter -= 1;
  else {
    if (state.counter === check.rise || state.fresh) state.verdict = "failed";
    state.counter = 0;
  }
  state.fresh = false;
  if (before !== state.verdict || result === "fail")
    scene.tell?.({
      kind: "check",
      node,
      check: index,
      result,
      verdict: state.verdict,
      counter: state.counter,
    });
  if (before !== state.verdict) review(scene, node);
}

/** Whether further results of the same kind leave everything as it is. */
function isSteady(scene: Scene, node: NodeWorld, check: SiteCheck, state: CheckWorld): boolean {
  if (state.fresh || state.runs.length > 0) return false;
  if (check.asks === "holder" && state.forced === "none") return false;
  const answer = answerOf(scene, node, check, state);
  // Which runs are skipped goes on to matter.
  if (answer === "hang" && scene.site.skipsBusyScripts && check.timeoutUs >= check.intervalUs) return false;
  return answer === "pass" ? state.counter === check.rise + check.fall - 1 : state.counter === 0;
}

function rest(scene: Scene, node: NodeWorld, check: SiteCheck, state: CheckDraft): void {
  if (isSteady(scene, node, check, state)) state.nextRunUs = NEVER;
}

/** Wakes the checks of a node that sleep and would find something else now. */
export function rouse(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.daemon !== "running") return;
  const { checks } = layoutOf(scene, node);
  for (let index = 0; index < nodeWorld.checks.length; index += 1) {
    const state = checkToChange(nodeWorld, index);
    const check = checks[index]!;
    answerSilentRuns(scene, nodeWorld, check, state);
    if (state.nextRunUs === NEVER && !isSteady(scene, nodeWorld, check, state)) wake(scene, check, state);
  }
}

/** The run that would be under way goes on where it would be, and the next begins when it would. */
function wake(scene: Scene, check: SiteCheck, state: CheckDraft): void {
  const { nowUs } = scene.world;
  const turns = Math.floor((nowUs - state.anchorUs) / check.intervalUs);
  const beganUs = state.anchorUs + turns * check.intervalUs;
  state.anchorUs = beganUs;
  state.nextRunUs = beganUs + check.intervalUs;
  // A run that looks once is over in a moment; one that passed its first looks has the others before it.
  const look = check.looksUs.findIndex((offsetUs) => beganUs + offsetUs >= nowUs);
  if (look > 0 || (look === 0 && beganUs === nowUs)) {
    state.runs = [{ beganUs, look, dueUs: beganUs + check.looksUs[look]!, outcome: "none" }];
    state.running = true;
  }
}
