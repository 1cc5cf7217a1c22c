// One case on real keepalived daemons: its machines are made, its events done at their times, everything seen is kept, and all is taken away again.
// Rule: nothing here judges; times are this process's own, of the moment it learnt of something.

import { setTimeout as sleep } from "node:timers/promises";
import { assert, HapairError, messageOf } from "../../../src/base/index.ts";
import type { TimedEvent } from "../../../src/scenario/index.ts";
import type { CheckRun, FidelityCase, Holding, Observation, Performed, Transition } from "./case.ts";
import { type Ground, layGround } from "./ground.ts";
import { type LatenessMeter, nowUs } from "./lateness.ts";
import { asPlanned, LATER_BY_MS, LATER_TIMES_MAX, lastHangs, type Outcome, usual } from "./moments.ts";
import { type NoticeReader, readNotices } from "./notices.ts";
import { perform, takesUs } from "./perform.ts";

/** What comes at the very end may come late; it is waited for, and compared no further than the case's length. */
const AFTERMATH_MS = 400;
/** A daemon that has given no sign after this is not waited for: the events go on. */
const READY_LIMIT_US = 3_000_000;

export interface RealRunOptions {
  /** The root filesystem with keepalived. */
  readonly image: string;
  readonly lateness: LatenessMeter;
  /** Asked before each event is done: one whose order would hang on a moment is done a little later. Absent: all are done at their times. */
  readonly outcome?: Outcome;
  readonly signal?: AbortSignal;
}

/** Everything that was seen, in the making. */
interface Seen {
  readonly transitions: Transition[];
  readonly holding: Holding[];
  readonly performed: Performed[];
  readonly checkRuns: CheckRun[];
  readonly log: { node: string; text: string; atUs: number }[];
}

/** Runs a case in real time: its length and a second more. Throws a HapairError where the machine cannot do what the case asks. */
export async function runReal(fidelityCase: FidelityCase, options: RealRunOptions): Promise<Observation> {
  // Refuses what cannot be done, before anything is.
  for (const { action } of fidelityCase.events) takesUs(action);
  const ground = await layGround(fidelityCase, options.image);
  const readers: NoticeReader[] = [];
  try {
    const seen: Seen = { transitions: [], holding: [], performed: [], checkRuns: [], log: [] };
    const clock = { beganUs: nowUs() };
    const now = (): number => nowUs() - clock.beganUs;
    for (const node of ground.nodes)
      readers.push(await readNotices(node, fidelityCase.instances, sinkOf(node.node.name, seen, now)));
    clock.beganUs = nowUs();
    await play(fidelityCase, ground, seen, now, options);
    await sleep(Math.max(0, fidelityCase.lengthUs - now()) / 1000 + AFTERMATH_MS, undefined, {
      signal: options.signal,
    });
    const noiseUs = Math.max(
      options.lateness.largestUs(clock.beganUs, nowUs()),
      ...seen.checkRuns.map(({ tookUs = 0 }) => tookUs),
    );
    return { ...seen, performed: withReadiness(fidelityCase.events, seen), noiseUs };
  } finally {
    for (const reader of readers) reader.stop();
    await ground.end();
  }
}

function sinkOf(node: string, seen: Seen, now: () => number): Parameters<typeof readNotices>[2] {
  return {
    onState: (instance, state) => seen.transitions.push({ node, instance, state, atUs: now() }),
    onHolding: (instance, holds) => {
      // An address that is there already may be told again.
      const last = seen.holding.findLast((each) => each.node === node && each.instance === instance);
      if ((last?.holds ?? false) !== holds) seen.holding.push({ node, instance, holds, atUs: now() });
    },
    onCheckRun: (check) => seen.checkRuns.push({ node, check, atUs: now() }),
    onCheckEnd: (check) => {
      const index = seen.checkRuns.findLastIndex((each) => each.node === node && each.check === check);
      const run = seen.checkRuns[index];
      if (run !== undefined) seen.checkRuns[index] = { ...run, tookUs: now() - run.atUs };
    },
    onLog: (text) => seen.log.push({ node, text, atUs: now() }),
  };
}

/** Does the events at their times. A node that is still busy with one, a start that waits for the end before it, does not keep the others. */
async function play(
  fidelityCase: FidelityCase,
  ground: Ground,
  seen: Seen,
  now: () => number,
  options: RealRunOptions,
): Promise<void> {
  const { instances, events } = fidelityCase;
  const failures: string[] = [];
  const underWay: Promise<void>[] = [];
  for (const [index, event] of events.entries()) {
    await sleep(Math.max(0, event.atUs - now()) / 1000, undefined, { signal: options.signal });
    await goodMoment(fidelityCase, index, seen, now, options);
    const number = ground.nodes.findIndex(({ node }) => node.name === nodeOf(event));
    const target = ground.nodes[number];
    assert(target !== undefined, `event ${index} is on no node of the case`);
    const calledUs = now();
    const done = perform(event.action, { ground: target, number, wire: ground.wire, instances }).then(
      () => {
        const atUs = now();
        seen.performed.push({ index, atUs, tookUs: atUs - calledUs });
      },
      (error: unknown) => void failures.push(`event ${index} (${event.action.kind}): ${messageOf(error)}`),
    );
    underWay.push(done);
  }
  await Promise.all(underWay);
  if (failures.length === 0) return;
  throw new HapairError({
    kind: "unreachable",
    code: "fidelity-event",
    message: `case ${fidelityCase.index} of seed ${fidelityCase.seed}: ${failures.join("; ")}`,
  });
}

/** Waits while an event's order would hang on a moment; what is asked is asked of its own effects alone, never of what the daemons did. */
async function goodMoment(
  fidelityCase: FidelityCase,
  index: number,
  seen: Seen,
  now: () => number,
  { outcome, signal }: RealRunOptions,
): Promise<void> {
  const event = fidelityCase.events[index];
  if (outcome === undefined || event === undefined) return;
  for (let turn = 0; turn < LATER_TIMES_MAX; turn += 1) {
    const done = withReadiness(fidelityCase.events, seen);
    // A start that still waits for the daemon before it counts as done when it was meant to be.
    const before = asPlanned(fidelityCase)
      .slice(0, index)
      .map((planned) => done.find((one) => one.index === planned.index) ?? planned);
    const asIfNow = usual(event, index, now() + takesUs(event.action));
    if (!lastHangs(outcome, fidelityCase, [...before, asIfNow])) return;
    await sleep(LATER_BY_MS, undefined, { signal });
  }
}

/** The node an event is on, by its name; roles that a simulator would resolve are not for the harness. */
export function nodeOf(event: TimedEvent): string {
  return typeof event.on === "string" ? event.on : event.on.node;
}

/** Adds to starts and reloads when keepalived was ready, from what it said. */
function withReadiness(events: readonly TimedEvent[], seen: Seen): Performed[] {
  const ordered = seen.performed.toSorted((left, right) => left.index - right.index);
  return ordered.map((one) => {
    const event = events[one.index];
    const readyUs = event === undefined ? undefined : firstSign(event, one.atUs, seen);
    return readyUs === undefined ? one : { ...one, readyUs };
  });
}

/** A sign may reach this process before the shell's word that the event was done. */
const SIGN_AHEAD_US = 5_000;
/** What a killed child's last check still says comes sooner than this, and its own last notice sooner than that; the next child's first words do not. */
const LAST_CHECK_US = 10_000;
const LAST_NOTICE_US = 2_000;

/** When a node gave the sign that an event was over on the processor, for events that have one. */
function firstSign(event: TimedEvent, atUs: number, seen: Seen): number | undefined {
  const { action } = event;
  const isChild = action.kind === "kill-keepalived" && action.process === "child";
  const after = <Sign extends { readonly atUs: number }>(signs: readonly Sign[], fromUs: number): Sign[] =>
    signs.filter((sign) => sign.atUs >= atUs + fromUs && sign.atUs < atUs + READY_LIMIT_US);
  const words = seen.log.filter(({ text }) => text === "Reload complete");
  const notices = seen.transitions.filter(({ state }) => state !== "STOP");
  const signs =
    action.kind === "reload"
      ? after(words, -SIGN_AHEAD_US)
      : action.kind === "start-service"
        ? after([...notices, ...seen.checkRuns], -SIGN_AHEAD_US)
        : isChild
          ? [...after(notices, LAST_NOTICE_US), ...after(seen.checkRuns, LAST_CHECK_US)]
          : [];
  const times = signs.filter(({ node }) => node === nodeOf(event)).map((sign) => sign.atUs);
  return times.length === 0 ? undefined : Math.min(...times);
}
