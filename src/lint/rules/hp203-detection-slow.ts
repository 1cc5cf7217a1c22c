// HP203: a fault that takes long to be noticed and answered: interval, fall, timeout, missed adverts and skew as one sum.

import type { KeepalivedInstance, KeepalivedScript } from "../../keepalived/index.ts";
import { runLength } from "../checks/check-limits.ts";
import {
  fastFailureDetection,
  hangDetection,
  inTurn,
  type StandbyTimes,
  sumText,
  takeoverAfterFault,
  takeoverAfterNodeLoss,
  takeoverAfterPriorityDrop,
  type TimeSum,
  totalText,
} from "../facts/detection-time.ts";
import { effectivePriority, syncGroupOf } from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import { scriptsNamedBy, type TrackedScript } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type LintSubject, type RouterMember, type VirtualRouter } from "../subject.ts";

const SLOW_US = 10_000_000;

const pair = examplePair({ lines: ["nopreempt"] }, { lines: ["nopreempt"] });

function slowCheckOf(text: string): string {
  return text.replace(/interval \d+/, "interval 5").replace(/fall \d+/, "fall 3");
}

export const rule: Rule = {
  code: "HP203",
  name: "detection-slow",
  severity: "warning",
  scope: "node",
  versions: "differ",
  changesAt: ["2.3.3"],
  summary: "noticing a fault and moving the address takes more than 10 s, or longer than the pair promises",
  explanation: `A check runs every \`interval\` seconds and has to fail \`fall\` times in a row, so a service that is gone is noticed after (fall - 1) × interval to fall × interval seconds. A run that hangs counts as failed after its \`timeout\`. From keepalived 2.3.3 on, no run begins while the one before has not ended, which makes a hang slower to notice where the timeout is as long as the interval.

Then the address moves. After a failed check of weight 0 the master says so, and the standby waits its skew, (256 - priority) / 256 of a second. After a check that lowers the priority the standby waits as for a dead master: three adverts and the skew.

Clients see nothing but the sum. Beyond 10 s most have given up.`,
  source: "keepalived-behaviour 1.1, 1.7, 3.1 and 9.24; F29",
  bad: Object.fromEntries(Object.entries(pair).map(([name, text]) => [name, slowCheckOf(text)])),
  good: pair,
  check: function* (subject) {
    yield* slowChecks(subject);
    for (const router of subject.routers) yield* slowNodeLoss(router);
  },
};

/** A check of one node with what becomes of it in one router. */
interface SlowCheck {
  readonly member: RouterMember;
  readonly script: KeepalivedScript;
  readonly sum: TimeSum;
  readonly moves: boolean;
  readonly of: "failure" | "hang";
}

/** One finding for each script of a node, about the router where it is slowest; where nodes have it alike, one for all. */
function* slowChecks(subject: LintSubject): Iterable<Finding> {
  const { promisedServiceHangMs } = subject;
  const slowest = new Map<string, SlowCheck[]>();
  for (const router of subject.routers) {
    for (const member of router.members) {
      for (const tracked of watchedScripts(member)) {
        const { name } = tracked.script;
        const check = slowCheck({ member, router, ...tracked }, subject);
        const judgedUs = promisedServiceHangMs === undefined ? check.sum.mostUs : check.sum.leastUs;
        const limitUs = promisedServiceHangMs === undefined ? SLOW_US : promisedServiceHangMs * 1000;
        if (judgedUs <= limitUs) continue;
        const known = slowest.get(name) ?? [];
        const ofNode = known.find((each) => each.member.node === member.node);
        if (ofNode !== undefined && ofNode.sum.mostUs >= check.sum.mostUs) continue;
        slowest.set(name, [...known.filter((each) => each !== ofNode), check]);
      }
    }
  }
  for (const checks of slowest.values()) {
    const [worst, ...others] = checks.toSorted((a, b) => b.sum.mostUs - a.sum.mostUs);
    if (worst !== undefined) yield checkFinding(worst, others, promisedServiceHangMs);
  }
}

/** The scripts that the instance and its sync group watch; also those whose weight the daemon does not let count. */
function watchedScripts({ node, instance }: RouterMember): TrackedScript[] {
  return scriptsNamedBy(node, instance).filter(({ entry }) => entry.untrackedBecause !== "defined-later");
}

interface CheckInRouter {
  readonly member: RouterMember;
  readonly router: VirtualRouter;
  readonly script: KeepalivedScript;
  readonly weight: number;
}

function slowCheck(
  { member, router, script, weight }: CheckInRouter,
  { version, promisedServiceHangMs }: LintSubject,
): SlowCheck {
  const takeover = takeoverOf(member, router, weight);
  const failure = withTakeover(fastFailureDetection(script), takeover);
  const base = { member, script, moves: takeover !== undefined };
  const kind = runLength(member.node, script).kind;
  // Without a line of its own the timeout says nothing of how long a run is expected to last. What a pair promises is judged by what is certain.
  const hangs = script.lines.has("timeout") && kind !== "instant" && kind !== "limited";
  if (failure.mostUs > SLOW_US || !hangs || promisedServiceHangMs !== undefined) {
    return { ...base, sum: failure, of: "failure" };
  }
  return { ...base, sum: withTakeover(hangDetection(script, version), takeover), of: "hang" };
}

function withTakeover(detection: TimeSum, takeover: TimeSum | undefined): TimeSum {
  return takeover === undefined ? detection : inTurn(detection, takeover);
}

/** undefined: no other node is known, or its failure moves nothing (which other rules say). */
function takeoverOf(member: RouterMember, router: VirtualRouter, weight: number): TimeSum | undefined {
  const standby = standbyOf(member, router);
  if (standby === undefined) return undefined;
  const { instance } = member;
  if (weight === 0) return takeoverAfterFault(instance, standbyTimes(standby));
  const group = syncGroupOf(member.node, instance.name);
  const weightless = group !== undefined && !group.trackingWeight;
  if (weightless || standby.instance.nopreempt) return undefined;
  return takeoverAfterPriorityDrop(instance, standbyTimes(standby));
}

/** The other member that would take over: the one with the highest priority while all is well. */
function standbyOf(member: RouterMember, router: VirtualRouter): RouterMember | undefined {
  return router.members
    .filter((other) => other !== member)
    .toSorted((a, b) => effectivePriority(b) - effectivePriority(a))[0];
}

function standbyTimes(standby: RouterMember): StandbyTimes {
  const { instance } = standby;
  const { version, advertIntervalUs, downTimerAdverts, preemptDelayUs } = instance;
  const delays = !instance.nopreempt && instance.state !== "MASTER";
  const priority = effectivePriority(standby);
  return {
    version,
    advertIntervalUs,
    downTimerAdverts,
    preemptDelayUs: delays ? preemptDelayUs : 0,
    priority,
  };
}

function checkFinding(worst: SlowCheck, others: readonly SlowCheck[], promisedMs?: number): Finding {
  const { member, script, sum, moves, of } = worst;
  const { node } = member;
  const fault = of === "hang" ? `a service that makes ${script.name} hang` : `a service that is gone`;
  const answer = moves ? "noticed and the address moved" : "noticed";
  const time =
    promisedMs === undefined
      ? `${answer} after ${sumText(sum)}`
      : `${answer} after ${totalText(sum.leastUs)} at the earliest, ${sumText(sum)}; the promise is ${totalText(promisedMs * 1000)}`;
  return {
    message: `${node.name}: ${fault} is ${time} (${script.name}: ${checkNumbers(script)})`,
    at: placeOf(worst),
    consequence: `all that time clients get errors, or wait and get nothing`,
    advice: fasterThan(script),
    related: others.map((each) => ({
      at: placeOf(each),
      message: `${each.member.node.name}: after ${totalText(each.sum.mostUs)}`,
    })),
  };
}

/** Seconds are what keepalived counts in; below the least of them only being told helps. */
function fasterThan({ intervalS, fall }: KeepalivedScript): string {
  if (intervalS * fall > 4) return "interval 2 and fall 2, which notice it within 4 s";
  if (intervalS * fall > 2) return "interval 1 and fall 2, which notice it within 2 s";
  return "a track_file of weight 0 that systemd's hooks write when the service ends: keepalived knows at once (what hapair renders does so)";
}

function checkNumbers({ intervalS, fall, timeoutS, lines }: KeepalivedScript): string {
  return `interval ${intervalS}, fall ${fall}${lines.has("timeout") ? `, timeout ${timeoutS}` : ""}`;
}

function placeOf({ member, script }: Pick<SlowCheck, "member" | "script">): Finding["at"] {
  const keywords = script.fall > script.intervalS ? ["fall", "interval"] : ["interval", "fall"];
  return inKeepalived(member.node, lineOf(script, ...keywords, "script"));
}

/** What a node's death costs, where adverts are so far apart that it alone takes too long. */
function* slowNodeLoss(router: VirtualRouter): Iterable<Finding> {
  const losses = router.members.flatMap((member) => {
    const standby = standbyOf(member, router);
    if (standby === undefined || !agree(member.instance, standby.instance)) return [];
    return [{ member, standby, sum: takeoverAfterNodeLoss(member.instance, standbyTimes(standby)) }];
  });
  const [worst] = losses.toSorted((a, b) => b.sum.mostUs - a.sum.mostUs);
  if (worst === undefined || worst.sum.mostUs <= SLOW_US) return;
  const { member, standby, sum } = worst;
  yield {
    message: `${standby.node.name} takes over from a dead ${member.node.name} after ${sumText(sum)}`,
    at: inKeepalived(standby.node, lineOf(standby.instance, "advert_int", "down_timer_adverts")),
    consequence: "so long nobody answers on the address when the node that holds it dies or is cut off",
    advice: "advert_int 1 on every node: 3.6 s",
  };
}

/** Nodes that do not hear each other have another trouble than being slow. */
function agree(one: KeepalivedInstance, other: KeepalivedInstance): boolean {
  const heard = one.version === 3 || one.advertIntervalUs === other.advertIntervalUs;
  return heard && one.version === other.version && one.virtualRouterId === other.virtualRouterId;
}
