// The crash points of a purposeful move: at each of its steps the operator's process is killed, a node loses its power, or a node's cable is cut for
// a moment. Rule: nobody mends anything afterwards; the nodes have to be as they were, with one holder, by themselves and in their own time.

import { setTimeout as sleep } from "node:timers/promises";
import { type HolderMonitor, monitorHolders, monotonicUs } from "../../src/drill/holder-monitor.ts";
import { holderTimeline } from "../../src/measure/index.ts";
import { moveSteps, type MoveStepKind } from "../../src/policy/index.ts";
import { stepTexts } from "../../src/switchover/index.ts";
import { CRASH_NODES, CRASH_VIP, type CrashSite } from "./crash-site.ts";
import type { Ended, Running } from "./hapair-command.ts";
import { nodeSnapshot, type NodeSnapshot, snapshotDifference } from "./node-snapshot.ts";

/** undrained: a switch that keeps no connection and so opens nothing whose time limit could end the rest. */
export type CrashOperation = "switch" | "undrained" | "maintenance" | "run";
export type Strike = "operator-killed" | "power-cut" | "cable-cut";
type Role = "giver" | "taker";

export interface CrashPoint {
  readonly operation: CrashOperation;
  /** The step that has just been told as done; plan: before the first; command: while `maintenance run`'s command runs. */
  readonly after: MoveStepKind | "plan" | "command";
  readonly strike: Strike;
  /** The node that is struck; absent: the operator. */
  readonly role?: Role;
}

export interface CrashOutcome {
  readonly point: CrashPoint;
  /** In sentences; empty: all is as it should be. */
  readonly violations: readonly string[];
  /** From the strike until everything was as before. */
  readonly settledMs: number;
}

export interface CrashOptions {
  /** The nodes' own time limits are looked at and then brought forward, instead of waiting for them. */
  readonly hurried?: boolean;
}

const DRAIN_S = 3;
/** What the nodes add to the drain before they close it by themselves. */
const LEASE_MARGIN_S = 30;
const MAINTENANCE_S = 60;
const COMMAND_S = 30;
const COMMAND_SAYS = "crash point";
const OFF_FOR_MS = 500;
const CUT_FOR_MS = 5000;
/** A busy machine, a boot and keepalived's start. */
const SETTLE_MARGIN_MS = 45_000;
const LOOK_MS = 1000;
/** VRRP needs an advertisement for two holders to become one; while a cable is cut it cannot. */
const TWO_HOLDERS_MAX_US = 500_000;
const REUNION_US = 2_500_000;
const OPERATOR_LIMIT_MS = 120_000;

const STRIKES: readonly Pick<CrashPoint, "strike" | "role">[] = [
  { strike: "operator-killed" },
  { strike: "power-cut", role: "giver" },
  { strike: "power-cut", role: "taker" },
  { strike: "cable-cut", role: "giver" },
  { strike: "cable-cut", role: "taker" },
];

/** Every crash point of a profile: fast has no skew worth a boost. */
export function crashPoints(profile: "classic" | "fast"): CrashPoint[] {
  const move = { to: "taker", routers: [{ router: "router", from: "giver" }] };
  const placesOf = (letGo: "give" | "maintain", drain: boolean): CrashPoint["after"][] => {
    const options = { letGo, drain, boost: profile === "classic", nodes: ["giver", "taker"] };
    return ["plan", ...moveSteps(move, options).map(({ kind }) => kind)];
  };
  const struck = (
    operation: CrashOperation,
    places: readonly CrashPoint["after"][],
    strikes = STRIKES,
  ): CrashPoint[] => places.flatMap((after) => strikes.map((one) => ({ operation, after, ...one })));
  return [
    ...struck("switch", placesOf("give", true)),
    ...struck("undrained", placesOf("give", false), [{ strike: "operator-killed" }]),
    ...struck("maintenance", placesOf("maintain", true)),
    ...struck("run", ["command"]),
  ];
}

export function pointName({ operation, after, strike, role }: CrashPoint): string {
  return `${operation}, after ${after}: ${strike}${role === undefined ? "" : ` of the ${role}`}`;
}

/** Strikes at one point and looks what becomes of it. What is left over is mended by `maintenance off`, so that the next point starts clean. */
export async function crashAt(
  site: CrashSite,
  point: CrashPoint,
  options: CrashOptions = {},
): Promise<CrashOutcome> {
  try {
    return await struckAt(site, point, options);
  } catch (failure) {
    const violations = [`the point could not be tried to its end: ${String(failure)}`];
    for (const node of CRASH_NODES) await site.hapair("maintenance", "off", node);
    await site.expireLocks();
    return { point, violations, settledMs: Number.NaN };
  }
}

async function struckAt(site: CrashSite, point: CrashPoint, options: CrashOptions): Promise<CrashOutcome> {
  await site.redundant();
  const giver = await site.holder();
  const taker = CRASH_NODES.find((node) => node !== giver) ?? giver;
  const before = await snapshots(site);
  const monitor = await monitorHolders(
    CRASH_NODES.map((name) => ({ name, host: site.lab.console(name), interface: "ens192" })),
    CRASH_VIP,
  );
  const startedUs = monotonicUs();
  const violations: string[] = [];
  let settledMs = Number.NaN;
  try {
    const { running, missed } = await reachedPoint(site, point, giver, taker);
    if (missed !== undefined) violations.push(`the point was not reached: ${missed}`);
    const struckMs = performance.now();
    const struckUs = monotonicUs();
    const node = point.role === "giver" ? giver : taker;
    if (missed === undefined) await strikeAt(site, point, node, running, monitor);
    const wholeUs = monotonicUs();
    const ended = await running.ended;
    if (ended.signal !== null && point.strike !== "operator-killed")
      violations.push(`the operator's command did not end within ${OPERATOR_LIMIT_MS / 1000} s`);
    await endMaintenance(site, point, giver, ended, violations);
    const hurry = async (): Promise<string[]> =>
      options.hurried === true ? await site.hurry(DRAIN_S + LEASE_MARGIN_S, MAINTENANCE_S) : [];
    violations.push(...(await settled(site, before, limitMs(point), hurry)));
    settledMs = performance.now() - struckMs;
    const timeline = holderTimeline(monitor.changes, { fromUs: startedUs, toUs: monotonicUs() });
    for (const { holders, fromUs, toUs } of timeline.segments) {
      const excused = point.strike === "cable-cut" && toUs > struckUs && fromUs < wholeUs + REUNION_US;
      const longUs = excused ? Math.max(0, toUs - wholeUs - REUNION_US) : toUs - fromUs;
      if (holders.length > 1 && longUs > TWO_HOLDERS_MAX_US)
        violations.push(`two nodes held the VIP for ${Math.round(longUs / 1000)} ms`);
    }
    if (violations.length > 0) violations.push(`the operator saw: ${lastLines(ended)}`);
  } finally {
    await monitor.stop();
  }
  await site.expireLocks();
  if (violations.length > 0) violations.push(...(await mended(site, before)));
  return { point, violations, settledMs: Math.round(settledMs) };
}

function wordsOf({ operation }: CrashPoint, giver: string, taker: string): string[] {
  const drain = ["--yes", "--drain", operation === "undrained" ? "0s" : `${DRAIN_S}s`];
  if (operation === "switch" || operation === "undrained") return ["switch", ...drain, "--to", taker];
  const words = [
    "maintenance",
    operation === "run" ? "run" : "on",
    giver,
    ...drain,
    "--for",
    `${MAINTENANCE_S}s`,
  ];
  return operation === "run" ? [...words, "--", `echo ${COMMAND_SAYS}; sleep ${COMMAND_S}`] : words;
}

/** Starts the operator's command and returns at the point. On a machine too busy for its look the command changes nothing, and is said again. */
async function reachedPoint(
  site: CrashSite,
  point: CrashPoint,
  giver: string,
  taker: string,
): Promise<{ readonly running: Running; readonly missed?: string }> {
  for (let attempt = 1; ; attempt += 1) {
    const running = site.start(...wordsOf(point, giver, taker));
    try {
      await running.says(textBefore(point, giver, taker));
      return { running };
    } catch (failure) {
      const again = attempt < ATTEMPTS_MAX && running.said().includes(NOTHING_CHANGED);
      if (!again) return { running, missed: String(failure) };
    }
  }
}

const ATTEMPTS_MAX = 3;
const NOTHING_CHANGED = "Nothing was changed";

/** What the operator's process says when the point is reached. */
function textBefore({ after }: CrashPoint, giver: string, taker: string): string {
  if (after === "command") return `${COMMAND_SAYS}\n`;
  if (after === "plan") return `${giver} -> ${taker}:`;
  return stepTexts[after];
}

async function strikeAt(
  site: CrashSite,
  point: CrashPoint,
  node: string,
  running: Running,
  monitor: HolderMonitor,
): Promise<void> {
  switch (point.strike) {
    case "operator-killed":
      running.child.kill("SIGKILL");
      return;
    case "power-cut":
      monitor.nodeGone(node);
      await site.lab.powerOff(node);
      await sleep(OFF_FOR_MS);
      await site.lab.powerOn(node);
      await monitor.nodeBack(node);
      return;
    case "cable-cut":
      await site.lab.cutCable(node);
      await sleep(CUT_FOR_MS);
      await site.lab.restoreCable(node);
  }
}

/** The nodes' own time: the drain path's, or the maintenance's where nobody is left to end it. */
function limitMs({ operation, strike: how }: CrashPoint): number {
  const isMaintained = operation === "maintenance" || operation === "run";
  const ownS = isMaintained && how === "operator-killed" ? MAINTENANCE_S : DRAIN_S + LEASE_MARGIN_S;
  return ownS * 1000 + SETTLE_MARGIN_MS;
}

/** An operator who is alive and has begun maintenance ends it too, as people do, once the pair serves; one who was killed does not. */
async function endMaintenance(
  site: CrashSite,
  point: CrashPoint,
  giver: string,
  ended: Ended,
  violations: string[],
): Promise<void> {
  if (point.operation !== "maintenance" || point.strike === "operator-killed") return;
  if (!(await site.isUnderMaintenance(giver))) return;
  const deadlineMs = performance.now() + SETTLE_MARGIN_MS;
  while (!((await site.isHeldOnce()) && (await site.vipAnswers()))) {
    if (performance.now() > deadlineMs) {
      violations.push("under maintenance the pair does not serve");
      break;
    }
    await sleep(LOOK_MS);
  }
  const off = await site.hapair("maintenance", "off", giver);
  if (off.exitCode !== 0)
    violations.push(`maintenance off failed: ${lastLines(off)}; before: ${lastLines(ended)}`);
}

/** Waits until everything is as before; what is still different at the limit, in sentences. */
async function settled(
  site: CrashSite,
  before: ReadonlyMap<string, NodeSnapshot>,
  withinMs: number,
  hurry: () => Promise<string[]> = async () => [],
): Promise<string[]> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const late = await hurry().catch(() => []);
    if (late.length > 0) return late;
    let wrong = await differences(site, before).catch((failure: unknown) => [
      `a node cannot be asked: ${String(failure)}`,
    ]);
    if (wrong.length === 0) wrong = await complaints(site);
    if (wrong.length === 0 || performance.now() > deadlineMs) return wrong;
    await sleep(LOOK_MS);
  }
}

async function snapshots(site: CrashSite): Promise<ReadonlyMap<string, NodeSnapshot>> {
  return new Map(
    await Promise.all(
      CRASH_NODES.map(async (node) => [node, await nodeSnapshot(site.lab.console(node), CRASH_VIP)] as const),
    ),
  );
}

async function differences(site: CrashSite, before: ReadonlyMap<string, NodeSnapshot>): Promise<string[]> {
  const now = await snapshots(site);
  const holders = [...now].filter(([, { holds }]) => holds).map(([node]) => node);
  const left = [...now].flatMap(([node, snapshot]) => {
    const was = before.get(node);
    return was === undefined ? [] : snapshotDifference(was, snapshot).map((line) => `${node} ${line}`);
  });
  return [...(holders.length === 1 ? [] : [`holders: ${holders.join(" and ") || "nobody"}`]), ...left];
}

/** What hapair itself and a client say of the pair. */
async function complaints(site: CrashSite): Promise<string[]> {
  const [status, maintenance, answers] = await Promise.all([
    site.hapair("status"),
    site.hapair("maintenance", "status"),
    site.vipAnswers(),
  ]);
  return [
    ...(status.exitCode === 0 ? [] : [`hapair status: ${lastLines(status)}`]),
    ...(maintenance.exitCode === 0 ? [] : [`hapair maintenance status: ${lastLines(maintenance)}`]),
    ...(answers ? [] : ["the VIP does not answer"]),
  ];
}

/** `maintenance off` has to mend whatever was found. */
async function mended(site: CrashSite, before: ReadonlyMap<string, NodeSnapshot>): Promise<string[]> {
  for (const node of CRASH_NODES) await site.hapair("maintenance", "off", node);
  return (await settled(site, before, SETTLE_MARGIN_MS)).map(
    (line) => `maintenance off does not mend: ${line}`,
  );
}

const LINES_SHOWN = 6;

function lastLines({ stdout, stderr, exitCode, signal }: Ended): string {
  const lines = `${stderr}\n${stdout}`.trim().split("\n").slice(-LINES_SHOWN).join(" | ");
  return `exit ${exitCode ?? signal}: ${lines}`;
}
