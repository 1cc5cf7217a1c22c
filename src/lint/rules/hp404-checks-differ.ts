// HP404: the nodes of one router run different checks. Rule: what differs only in the node's own name or address is the same check.

import { sentenceList } from "../../base/index.ts";
import type { TrackEntry } from "../../keepalived/index.ts";
import { programName } from "../checks/check-command.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { groupsOf, scriptsNamedBy } from "../checks/node-checks.ts";
import { withoutOwnNames } from "../facts/own-names.ts";
import type { Finding, Rule } from "../rule.ts";
import {
  inKeepalived,
  lineOf,
  type LintedNode,
  type LintSubject,
  type Place,
  type RouterMember,
} from "../subject.ts";

export const rule: Rule = {
  code: "HP404",
  name: "checks-differ",
  severity: "warning",
  scope: "pair",
  versions: "same",
  summary: "the nodes of a virtual router run different checks, or only some of them run one",
  explanation: `A failover is only as good as the check on the node that takes over. Where one node has no check, or another one, the same failure moves the VIP away from one node and leaves it on the other; with other weights the arithmetic holds in one direction only.

Checks are compared by what they run and by their weight; the node's own name and address in the command make no difference.`,
  source: "keepalived-behaviour 3.1; F02, F16",
  bad: { lb1: exampleCheck({ priority: 101 }), lb2: exampleCheck({ priority: 100, lines: ["weight -20"] }) },
  good: { lb1: exampleCheck({ priority: 101 }), lb2: exampleCheck({ priority: 100 }) },
  check: findDifferences,
};

interface ComparedCheck {
  /** What makes it this check. */
  readonly identity: string;
  /** The same without what names the node itself. */
  readonly common?: string;
  /** As a message shows it. */
  readonly shown: string;
  readonly weight: string;
  readonly at: Place;
}

function* findDifferences(subject: LintSubject): Generator<Finding> {
  for (const { members } of subject.routers) {
    const [first, ...others] = members;
    if (first === undefined) continue;
    const expected = checksOf(first);
    for (const member of others) {
      const found = checksOf(member);
      const finding = compare(first, expected, member, found);
      if (finding === undefined) continue;
      yield finding;
      break;
    }
  }
}

function compare(
  left: RouterMember,
  leftChecks: readonly ComparedCheck[],
  right: RouterMember,
  rightChecks: readonly ComparedCheck[],
): Finding | undefined {
  if (leftChecks.length === 0 && rightChecks.length === 0) return undefined;
  if (leftChecks.length === 0) return oneSided(right, rightChecks, left);
  if (rightChecks.length === 0) return oneSided(left, leftChecks, right);
  for (const check of leftChecks) {
    const same = rightChecks.find((each) => isSame(each, check));
    if (same === undefined || same.weight === check.weight) continue;
    return {
      message: `${right.node.name} runs ${same.shown} with ${same.weight}, ${left.node.name} with ${check.weight}`,
      at: same.at,
      consequence: `the same failure counts differently on the two nodes of ${left.instance.name}: it may move the VIP away from one of them and not from the other`,
      advice: "the same weight for the check on every node",
      related: [{ at: check.at, message: `${left.node.name} has ${check.weight}` }],
    };
  }
  const onlyLeft = leftChecks.filter((check) => !rightChecks.some((each) => isSame(each, check)));
  const onlyRight = rightChecks.filter((check) => !leftChecks.some((each) => isSame(each, check)));
  const [own] = onlyRight.length > 0 ? onlyRight : rightChecks;
  if (own === undefined || onlyLeft.length + onlyRight.length === 0) return undefined;
  return {
    message: `${left.node.name} runs ${listed(leftChecks)} for ${left.instance.name}, ${right.node.name} runs ${listed(rightChecks)}`,
    at: own.at,
    consequence: `what moves the VIP away from ${left.node.name} may leave it on ${right.node.name}: how a failure ends depends on where the VIP happens to be`,
    advice: "run the same checks on every node",
    related: onlyLeft
      .slice(0, 1)
      .map((check) => ({ at: check.at, message: `${left.node.name} runs ${check.shown}` })),
  };
}

function oneSided(having: RouterMember, checks: readonly ComparedCheck[], lacking: RouterMember): Finding {
  return {
    message: `${having.node.name} runs ${listed(checks)} for ${having.instance.name}, ${lacking.node.name} runs no check`,
    at: inKeepalived(lacking.node, lineOf(lacking.instance, "interface")),
    consequence: `once ${lacking.node.name} holds the VIP, a dead service there does not move it away`,
    advice: `track the same check on ${lacking.node.name}`,
    related: checks
      .slice(0, 1)
      .map((check) => ({ at: check.at, message: `${having.node.name} tracks it here` })),
  };
}

function isSame(left: ComparedCheck, right: ComparedCheck): boolean {
  return left.identity === right.identity || (left.common !== undefined && left.common === right.common);
}

function listed(checks: readonly ComparedCheck[]): string {
  return sentenceList([...new Set(checks.map((check) => check.shown))]);
}

/** What keepalived really tracks for the member: a name that is not defined, or defined too late, is no check. */
function checksOf({ node, instance }: RouterMember): ComparedCheck[] {
  const { trackFiles, trackProcesses } = node.configuration;
  const owners = [instance, ...groupsOf(node, instance)];
  const scripts = scriptsNamedBy(node, instance).map(({ entry, script }) => {
    const { command } = script;
    return compared(node, entry, script, {
      shown: `${script.name} (${programName(command?.[0] ?? "")})`,
      ...(command === undefined
        ? {}
        : {
            identity: command.join("\0"),
            common: command.map((word) => withoutOwnNames(node, word)).join("\0"),
          }),
    });
  });
  const files = owners
    .flatMap((owner) => owner.trackFiles)
    .map((entry) => {
      const file = trackFiles.find((each) => each.name === entry.name);
      const shown = `the file ${file?.path ?? ""}`;
      return compared(node, entry, file, { shown, ...(file?.path === undefined ? {} : { identity: shown }) });
    });
  const processes = owners
    .flatMap((owner) => owner.trackProcesses)
    .map((entry) => {
      const watched = trackProcesses.find((each) => each.name === entry.name);
      const identity = watched?.command?.join("\0");
      const shown = `the process ${watched?.command?.[0] ?? ""}`;
      return compared(node, entry, watched, { shown, ...(identity === undefined ? {} : { identity }) });
    });
  return [...scripts, ...files, ...processes].filter((check) => check !== undefined);
}

const NOT_RUN: readonly (string | undefined)[] = ["undefined", "defined-later", "option-unreadable"];

/** Weights are compared as the files have them, also where a sync group takes them away on both nodes. */
function compared(
  node: LintedNode,
  entry: TrackEntry,
  thing: { readonly weight: number; readonly reverse: boolean } | undefined,
  { identity, common, shown }: { identity?: string; common?: string; shown: string },
): ComparedCheck | undefined {
  if (thing === undefined || identity === undefined || NOT_RUN.includes(entry.untrackedBecause))
    return undefined;
  const reverse = entry.reverseInForce ?? thing.reverse;
  return {
    identity,
    ...(common === undefined ? {} : { common }),
    shown,
    weight: `weight ${entry.weight ?? thing.weight}${reverse ? " reverse" : ""}`,
    at: inKeepalived(node, entry.span),
  };
}
