// Lines that run a program (notify_master, startup_script ...) to values. Of two lines with one keyword the daemon keeps the first.

import { commandOf } from "./command-words.ts";
import type { CommandLine } from "./configuration.ts";
import { argumentText, type Item, spanOf } from "./cst.ts";
import { statementsIn } from "./query.ts";

/** What an instance or a sync group runs when its state changes. */
export const NOTIFY_KEYWORDS: readonly string[] = [
  "notify_master",
  "notify_backup",
  "notify_fault",
  "notify_stop",
  "notify_deleted",
  "notify_master_rx_lower_pri",
  "notify",
];

/** What global_defs runs. */
export const GLOBAL_COMMAND_KEYWORDS: readonly string[] = [
  "startup_script",
  "shutdown_script",
  "notify_fifo_script",
  "vrrp_notify_fifo_script",
  "lvs_notify_fifo_script",
];

/** The lines with these keywords in the order of the file, the first of each. A line without a program (`notify_deleted` alone) is none. */
export function readCommands(items: readonly Item[], keywords: readonly string[]): CommandLine[] {
  const commands = new Map<string, CommandLine>();
  for (const statement of statementsIn(items)) {
    const keyword = statement.keyword.value;
    if (!keywords.includes(keyword) || commands.has(keyword) || statement.arguments.length === 0) continue;
    const command = commandOf(statement);
    commands.set(keyword, {
      keyword,
      text: argumentText(statement),
      ...(command === undefined ? {} : { command }),
      span: spanOf(statement),
    });
  }
  return [...commands.values()];
}
