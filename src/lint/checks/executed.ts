// What a node's keepalived executes: checks that are tracked, and what runs when a state changes; and as which user.

import { type CommandLine, commandWords, type KeepalivedScript } from "../../keepalived/index.ts";
import { trackedScripts } from "./node-checks.ts";
import { inKeepalived, type LintedNode, lineOf, type Place } from "../subject.ts";

/** A program that keepalived starts on this node. */
export interface Executed {
  /** As messages call it: the check's name, or the keyword of the line. */
  readonly label: string;
  readonly command?: readonly string[];
  /** As given for it alone; absent: script_user, else keepalived's default. */
  readonly user?: string;
  readonly at: Place;
}

/** Checks first, then notify lines of instances and sync groups and of global_defs, in the order of the file. */
export function executedBy(node: LintedNode): Executed[] {
  const { instances, syncGroups, globals } = node.configuration;
  return [
    ...trackedScripts(node)
      .filter((script) => script.scriptLine !== undefined)
      .map((script) => ofScript(node, script)),
    ...notifyLines(node),
    ...(instances.length + syncGroups.length === 0 ? [] : globals.commands.map((line) => ofLine(node, line))),
  ];
}

/** What runs when an instance or a sync group changes state. */
export function notifyLines(node: LintedNode): Executed[] {
  const { instances, syncGroups } = node.configuration;
  return [...instances, ...syncGroups].flatMap((owner) => owner.commands.map((line) => ofLine(node, line)));
}

function ofScript(node: LintedNode, script: KeepalivedScript): Executed {
  const { name, command, user } = script;
  return {
    label: name,
    ...(command === undefined ? {} : { command }),
    ...(user === undefined ? {} : { user }),
    at: inKeepalived(node, lineOf(script, "script")),
  };
}

/** `notify_master "/etc/x.sh a" USER GROUP`: the first word is the command, the second the user. */
function ofLine(node: LintedNode, { keyword, text, command, span }: CommandLine): Executed {
  const user = commandWords(text)?.[1];
  return {
    label: keyword,
    ...(command === undefined ? {} : { command }),
    ...(user === undefined ? {} : { user }),
    at: inKeepalived(node, span),
  };
}

/** `chk_haproxy`, `chk_haproxy and notify`, `chk_haproxy and 3 more`. */
export function executedText(executed: readonly Executed[]): string {
  const [first, second] = new Set(executed.map((each) => each.label));
  const others = new Set(executed.map((each) => each.label)).size - 1;
  if (first === undefined) return "nothing";
  if (others > 1) return `${first} and ${others} more`;
  return second === undefined ? first : `${first} and ${second}`;
}
