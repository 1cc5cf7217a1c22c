// Whether one run of a check can last: as far as its line, or the text of its script, shows it.
// Rule: a limit of any kind that can be seen is taken for one; what cannot be seen is unknown.

import type { KeepalivedScript } from "../../keepalived/index.ts";
import { readCheck } from "./check-command.ts";
import type { LintedNode } from "../subject.ts";

/**
 * - instant: it looks at the machine it runs on and waits for nobody.
 * - limited: it asks somebody, and says how long it waits.
 * - waits: it asks somebody through a client that waits without a limit.
 * - unknown: a program whose text nobody gave.
 */
type RunLength =
  | { readonly kind: "instant" | "limited" | "unknown" }
  | { readonly kind: "waits"; readonly client: string };

const WAITING_CLIENTS = new Set(["curl", "wget", "nc", "ncat", "netcat", "telnet", "mysql", "openssl"]);

// An option or a program that limits the time; which one of them it is does not matter.
const TIME_LIMIT = /timeout|max-time|(?:^|\s)-[A-Za-z]*[mwWT]\d*(?=[\s"']|$)/m;

/** How long one run of the script's command may last, keepalived's own `timeout` aside. */
export function runLength(node: LintedNode, { command, scriptLine }: KeepalivedScript): RunLength {
  if (command === undefined) return { kind: "unknown" };
  const { scripts } = node.surroundings;
  const { kind, deeds, scriptPath } = readCheck(command, scripts);
  if (kind === "process-only" || kind === "listens") return { kind: "instant" };
  const text = scriptPath === undefined ? (scriptLine ?? "") : (scripts.get(scriptPath)?.text ?? "");
  if (TIME_LIMIT.test(text)) return { kind: "limited" };
  const client = deeds.find((deed) => deed.kind === "asks" && WAITING_CLIENTS.has(deed.program));
  return client === undefined ? { kind: "unknown" } : { kind: "waits", client: client.program };
}
