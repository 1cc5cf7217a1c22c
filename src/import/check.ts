// The check of HAProxy: which of the tracked scripts it is, its timing for pair.yaml, and what the files' own checks cannot do.

import { sentenceList } from "../base/index.ts";
import type { KeepalivedScript, TrackEntry, UntrackedReason } from "../keepalived/index.ts";
import type { Profile } from "../model/index.ts";
import { byText, type NoteList } from "./note.ts";
import type { Setting } from "./pair-text.ts";
import type { ImportedRouter, Member, NamedNode } from "./subject.ts";

/** A script that an instance names, with the weight in force. */
interface Tracked {
  readonly entry: TrackEntry;
  readonly script: KeepalivedScript;
  readonly weight: number;
  readonly isReversed: boolean;
}

const AT = ["check"] as const;
const ABOUT_HAPROXY = /haproxy|hapee|\bhap\b/i;
const PRIORITY_MAX = 254;
const CHECK_NAME = "chk_haproxy";
const TIMING_KEYWORDS = ["interval", "fall", "rise", "timeout", "weight"];

/** interval, fall and rise where they are not the profile's. `isOurs`: the files were rendered by hapair. */
export function readCheck(
  nodes: readonly NamedNode[],
  routers: readonly ImportedRouter[],
  profile: Profile,
  isOurs: boolean,
  notes: NoteList,
): Setting[] {
  const members = routers.flatMap((router) => router.members);
  const main = members.flatMap((member) => trackedBy(member).filter(isOfHaproxy).slice(0, 1))[0]?.script;
  remarkIgnored(members, notes);
  if (!isOurs) {
    remarkOthers(nodes, members, main, notes);
    for (const router of routers) remarkRouter(router, main !== undefined, notes);
  }
  if (main === undefined) {
    notes.add({
      kind: "changed",
      message: `No script that the files track is known to be a check of HAProxy. hapair adds its own: every ${profile.check.intervalS} s HAProxy's unit is active and its health address answers; ${profile.check.fall} failures are FAULT.`,
      at: AT,
      keywords: ["vrrp_script", "track_script"],
    });
    return [];
  }
  if (!isOurs) remarkMain(members, main, notes);
  remarkTiming(members, main, notes);
  const written = { interval: main.intervalS, fall: main.fall, rise: main.rise };
  const defaults = {
    interval: profile.check.intervalS,
    fall: profile.check.fall,
    rise: profile.check.rise,
  };
  return (["interval", "fall", "rise"] as const)
    .filter((key) => written[key] !== defaults[key])
    .map((key) => ({ key, value: written[key] }));
}

/** The name of the node's own check of HAProxy, where it tracks one. */
export function checkNameOf(node: NamedNode, routers: readonly ImportedRouter[]): string | undefined {
  const members = routers.flatMap((router) => router.members).filter((member) => member.node === node);
  const checks = members.flatMap(trackedBy).filter(isOfHaproxy);
  return checks[0]?.script.name;
}

/** The scripts that the instance's lines name, and those of its sync groups. */
function trackedBy({ node, instance }: Member): Tracked[] {
  const groups = node.configuration.syncGroups.filter(({ members }) =>
    members.some(({ name }) => name === instance.name),
  );
  const entries = [...instance.trackScripts, ...groups.flatMap((group) => group.trackScripts)];
  return entries.flatMap((entry) => {
    const script = node.configuration.scripts.find(({ name }) => name === entry.name);
    const weight = entry.weightInForce ?? entry.weight ?? script?.weight ?? 0;
    const isReversed = entry.reverseInForce ?? (entry.reverse || script?.reverse === true);
    return script === undefined ? [] : [{ entry, script, weight, isReversed }];
  });
}

function isInForce({ entry }: Tracked): boolean {
  return entry.tracked;
}

function isOfHaproxy({ script }: Tracked): boolean {
  return ABOUT_HAPROXY.test(script.name) || ABOUT_HAPROXY.test(script.scriptLine ?? "");
}

const UNTRACKED: Readonly<Record<UntrackedReason, string>> = {
  undefined: "which is not defined",
  "defined-later": "which is defined only further down",
  "option-unreadable": "with an option that keepalived cannot read",
  "weight-in-sync-group": "with a weight, and weights do not count in a sync group",
  "weight-of-owner": "with a weight, and weights do not count beside priority 255",
  "own-interface": "which is watched anyway",
};

/** Lines of track_script that the daemon ignores. */
function remarkIgnored(members: readonly Member[], notes: NoteList): void {
  const ignored = members.flatMap(({ node, instance }) =>
    instance.trackScripts
      .filter(({ tracked }) => !tracked)
      .map(({ name, untrackedBecause, span }) => ({
        node: node.name,
        text: `${instance.name} tracks ${name}, ${UNTRACKED[untrackedBecause ?? "undefined"]}: keepalived ignores the line, and the check has no effect.`,
        span,
      })),
  );
  for (const { names: having, nodes, text, first } of byText(ignored))
    notes.add({
      kind: "does-not-do-what-it-seems",
      message: `${having}: ${text}`,
      node: first.node,
      nodes,
      ...(first.span === undefined ? {} : { span: first.span }),
      at: AT,
      keywords: ["track_script", "vrrp_script"],
    });
}

/** Scripts that are tracked and are no check of HAProxy: pair.yaml has no word for them. */
function remarkOthers(
  nodes: readonly NamedNode[],
  members: readonly Member[],
  main: KeepalivedScript | undefined,
  notes: NoteList,
): void {
  const hint =
    main === undefined ? " If it is a check of HAProxy, write its interval, fall and rise under check." : "";
  const others = members.flatMap((member) =>
    trackedBy(member)
      .filter((tracked) => !isOfHaproxy(tracked))
      .map(({ script }) => ({
        node: member.node.name,
        text: `the check ${script.name} is left out; hapair checks HAProxy alone.${hint}`,
        span: script.span,
      })),
  );
  for (const { names: having, nodes: theirs, text, first } of byText(others))
    notes.add({
      kind: "cannot-express",
      message: `${having}: ${text}`,
      node: first.node,
      nodes: theirs,
      ...(first.span === undefined ? {} : { span: first.span }),
      keywords: ["vrrp_script", "track_script"],
    });
  for (const node of nodes) {
    const untracked = node.configuration.scripts.filter(
      ({ name }) =>
        !members.some(
          (member) => member.node === node && trackedBy(member).some(({ script }) => script.name === name),
        ),
    );
    for (const script of untracked)
      notes.add({
        kind: "does-not-do-what-it-seems",
        message: `${node.name}: the script ${script.name} is tracked by nothing, so keepalived does not run it.`,
        node: node.name,
        span: script.span,
        at: AT,
        // It may have the name that hapair gives its own check.
        keywords: ["vrrp_script", "script", ...TIMING_KEYWORDS],
      });
  }
}

/** hapair's check takes the place of the files' own. */
function remarkMain(members: readonly Member[], main: KeepalivedScript, notes: NoteList): void {
  const owner = members.find(({ node }) => node.configuration.scripts.includes(main));
  notes.add({
    kind: "changed",
    message: `hapair's own check takes the place of ${main.name}: HAProxy's unit is active and its health address answers in time; failing is FAULT (weight 0). /etc/keepalived/chk_haproxy.sh is hapair's.`,
    ...(owner === undefined ? {} : { node: owner.node.name, span: main.span }),
    nodes: namesOf(members),
    keywords: ["script", "weight", "timeout", "user", "init_fail"],
  });
  const checks = members.flatMap((member) => trackedBy(member).filter(isOfHaproxy));
  const others = [...new Set(checks.map(({ script }) => script.name))].filter((name) => name !== CHECK_NAME);
  if (others.length > 0)
    notes.add({
      kind: "changed",
      message: `The check is called ${CHECK_NAME} instead of ${sentenceList(others)}.`,
      keywords: ["vrrp_script", "track_script"],
    });
}

function remarkTiming(members: readonly Member[], main: KeepalivedScript, notes: NoteList): void {
  const timing = ({ intervalS, fall, rise }: KeepalivedScript): string =>
    `interval ${intervalS}, fall ${fall}, rise ${rise}`;
  for (const member of members) {
    for (const { script } of trackedBy(member).filter(isOfHaproxy)) {
      if (timing(script) !== timing(main))
        notes.add({
          kind: "does-not-do-what-it-seems",
          message: `${member.node.name}: ${script.name} has ${timing(script)}, where another check of HAProxy has ${timing(main)}, which is taken for all.`,
          node: member.node.name,
          span: script.span,
          at: AT,
          keywords: TIMING_KEYWORDS,
        });
    }
  }
  if (main.timeoutS !== main.intervalS)
    notes.add({
      kind: "changed",
      message: `${main.name} has timeout ${main.timeoutS}; hapair's is the interval (${main.intervalS} s), and the check itself is shorter (check.time_limit).`,
      keywords: ["timeout"],
    });
}

/** What the router's own checks of HAProxy do when they fail, and where only some nodes have one. `isElsewhere`: a router of the pair has one. */
function remarkRouter(router: ImportedRouter, isElsewhere: boolean, notes: NoteList): void {
  const { members, name } = router;
  const having = members.filter((member) => trackedBy(member).filter(isInForce).some(isOfHaproxy));
  const lacking = members.filter((member) => !having.includes(member));
  if (having.length > 0 && lacking.length > 0)
    notes.add({
      kind: "does-not-do-what-it-seems",
      message: `${name}: ${names(having)} ${having.length === 1 ? "tracks" : "track"} a check of HAProxy and ${names(lacking)} ${lacking.length === 1 ? "does" : "do"} not: there HAProxy can be dead and the node still holds the addresses. With hapair every node checks.`,
      at: AT,
      keywords: ["track_script", "vrrp_script"],
    });
  if (having.length === 0 && isElsewhere)
    notes.add({
      kind: "changed",
      message: `${name}: no node's instance tracks a check of HAProxy; with hapair every router does.`,
      keywords: ["track_script", "vrrp_script"],
    });
  for (const member of having) remarkWeight(router, member, notes);
}

function names(members: readonly Member[]): string {
  return sentenceList(namesOf(members));
}

/** Whether a failing check with a weight moves the addresses from this node to any other. */
function remarkWeight(router: ImportedRouter, member: Member, notes: NoteList): void {
  const { name, members } = router;
  const { node } = member;
  const checks = trackedBy(member).filter(isInForce).filter(isOfHaproxy);
  const [check] = checks;
  if (check === undefined || checks.some(({ weight }) => weight === 0)) return;
  const signed = check.weight > 0 ? `+${check.weight}` : String(check.weight);
  const keywords = ["weight", "track_script"];
  const futile = members.some((each) => trackedBy(each).some(({ isReversed }) => isReversed))
    ? undefined
    : whyFutile(router, member, checks);
  if (futile !== undefined)
    notes.add({
      kind: "does-not-do-what-it-seems",
      message: `${name}: ${node.name} tracks ${check.script.name} with weight ${signed}. ${futile}`,
      node: node.name,
      span: check.entry.span,
      at: AT,
      keywords,
    });
  notes.add({
    kind: "changed",
    message: `${name}: the check's weight (${signed}) becomes 0: a failing check is FAULT instead of another priority, and the addresses move after the skew, not after missed advertisements.`,
    node: node.name,
    span: check.script.span,
    keywords,
  });
}

/** Why these weighted checks, failing on this node, do not give the addresses to another; undefined where they do. */
function whyFutile(router: ImportedRouter, member: Member, checks: readonly Tracked[]): string | undefined {
  const all = trackedBy(member).filter(isInForce);
  const ownNames = checks.map(({ script }) => script.name);
  const failing = clamped(
    member.instance.priority +
      sum(
        all.map(({ script, weight }) =>
          ownNames.includes(script.name) ? Math.min(0, weight) : Math.max(0, weight),
        ),
      ),
  );
  const rivals = router.members
    .filter((other) => other !== member)
    .map((other) => ({ other, priority: healthyPriority(other) }));
  const winners = rivals.filter(({ priority }) => priority > failing).map(({ other }) => other);
  if (rivals.length > 0 && winners.length === 0) {
    // A node that is not the preferred one holds the addresses only while the preferred one is away.
    if (member !== router.members[0]) return undefined;
    const list = rivals.map(({ other, priority }) => `${other.node.name} has ${priority}`);
    return `Failing it has ${failing} left, ${sentenceList(list)}: nobody has more, and the addresses stay where HAProxy is dead. With hapair a failing check is FAULT and they move.`;
  }
  if (winners.length === 0 || !winners.every(({ instance }) => instance.nopreempt)) return undefined;
  const [has, does] = winners.length === 1 ? ["has", "does"] : ["have", "do"];
  return `${names(winners)} ${has} nopreempt and ${does} not take over from a holder that is alive, whatever its priority: the check moves nothing. With hapair a failing check is FAULT, which moves the addresses also under nopreempt.`;
}

function namesOf(members: readonly Member[]): string[] {
  return [...new Set(members.map(({ node }) => node.name))];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function clamped(priority: number): number {
  return Math.max(1, Math.min(PRIORITY_MAX, priority));
}

/** The effective priority while every check succeeds. 255 is never changed. */
function healthyPriority(member: Member): number {
  const { priority } = member.instance;
  if (priority > PRIORITY_MAX) return priority;
  return clamped(
    priority +
      sum(
        trackedBy(member)
          .filter(isInForce)
          .map(({ weight }) => Math.max(0, weight)),
      ),
  );
}
