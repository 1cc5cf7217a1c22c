// Which checks a node's instances track, and how messages name them.
// Rule: arguments of programs nobody knows are not shown, since they may hold a password.

import { shortened } from "../../base/index.ts";
import type { Span } from "../../diagnostics/index.ts";
import type { KeepalivedInstance, KeepalivedScript, SyncGroup, TrackEntry } from "../../keepalived/index.ts";
import { type CheckReading, KNOWN_PROGRAMS, programName, readCheck, unwrapped } from "./check-command.ts";
import { inKeepalived, lineOf, type LintedNode, type Place } from "../subject.ts";

/** A line of track_script with the script it names. */
export interface TrackedScript {
  readonly entry: TrackEntry;
  readonly script: KeepalivedScript;
  /** The one in force: the line's own, else the script's, or 0 where the daemon takes it away. */
  readonly weight: number;
  readonly reverse: boolean;
}

/** The sync groups the instance is in. */
export function groupsOf(node: LintedNode, instance: KeepalivedInstance): SyncGroup[] {
  return node.configuration.syncGroups.filter((group) =>
    group.members.some((member) => member.name === instance.name),
  );
}

/** The scripts that the instance or its sync group names and that are defined; also where keepalived does not track them (see `entry.tracked`). */
export function scriptsNamedBy(node: LintedNode, instance: KeepalivedInstance): TrackedScript[] {
  const owners = [instance, ...groupsOf(node, instance)];
  return owners
    .flatMap((owner) => owner.trackScripts)
    .flatMap((entry) => {
      const script = node.configuration.scripts.find((each) => each.name === entry.name);
      if (script === undefined) return [];
      const weight = entry.weightInForce ?? entry.weight ?? script.weight;
      return [{ entry, script, weight, reverse: entry.reverseInForce ?? script.reverse }];
    });
}

/** Every script of the node that some instance or sync group names, once, in the order of the file. */
export function trackedScripts(node: LintedNode): KeepalivedScript[] {
  const { instances, syncGroups, scripts } = node.configuration;
  const names = new Set(
    [...instances, ...syncGroups].flatMap((owner) => owner.trackScripts.map((entry) => entry.name)),
  );
  return scripts.filter((script) => names.has(script.name));
}

/** Whether the instance, or its sync group, watches anything but interfaces. */
export function watchesSomething(node: LintedNode, instance: KeepalivedInstance): boolean {
  return [instance, ...groupsOf(node, instance)].some(
    (owner) => owner.trackScripts.length + owner.trackFiles.length + owner.trackProcesses.length > 0,
  );
}

/** Lines that name a script where keepalived is in no track_script block: a brace closed it before. Nothing of a template that was not filled in. */
export function lostTrackLines(node: LintedNode): { readonly name: string; readonly span: Span }[] {
  const { complaints, scripts } = node.configuration;
  if (isUnfilled(node)) return [];
  const names = new Set(scripts.map((script) => script.name));
  return complaints
    .filter((complaint) => complaint.kind === "unknown-keyword" && names.has(complaint.keyword))
    .map((complaint) => ({ name: complaint.keyword, span: complaint.span }));
}

/** Whether an instance's very name is a variable: `vrrp_instance ${NAME} {` falls apart at its braces. */
export function isUnfilled(node: LintedNode): boolean {
  return node.configuration.instances.some((instance) => instance.name.includes("$"));
}

/** What the script's command does; undefined where it has none. */
export function readingOf(node: LintedNode, script: KeepalivedScript): CheckReading | undefined {
  return script.command === undefined ? undefined : readCheck(script.command, node.surroundings.scripts);
}

/** Where the script's command stands. */
export function placeOfScript(node: LintedNode, script: KeepalivedScript): Place {
  return inKeepalived(node, lineOf(script, "script"));
}

const SHOWN_MAX = 80;
/** An option with a user or a password, or a URL with one. */
const SECRET = /^-[pua]|^--(?:user|pass|auth)|pass(?:word|wd)?[=:]|:\/\/[^/]*@|:.*@/i;

/** Whether the words may hold a password. */
export function mayHoldSecret(words: readonly string[]): boolean {
  return words.some((word) => SECRET.test(word));
}

/** `killall -0 haproxy`; of a program nobody knows, and of one that was given a user or a password, only its name. */
export function shownCommand(words: readonly string[]): string {
  const [program = ""] = words;
  const meant = unwrapped(words);
  const shows = KNOWN_PROGRAMS.has(programName(meant[0] ?? "")) && !mayHoldSecret(meant.slice(1));
  const text = shows ? words.join(" ") : program;
  return shortened(text, SHOWN_MAX);
}
