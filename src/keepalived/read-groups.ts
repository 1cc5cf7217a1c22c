// vrrp_sync_group blocks to values: instances that change state together (keepalived-behaviour 3.5).

import type { SyncGroup } from "./configuration.ts";
import { type Block, type KeepalivedCst, spanOf } from "./cst.ts";
import { argumentsOf, blocksNamed, statementsIn, wordsOf } from "./query.ts";
import { NOTIFY_KEYWORDS, readCommands } from "./read-commands.ts";
import { readAllGlobals } from "./read-globals.ts";
import type { ReadingOptions } from "./read-instances.ts";
import { linesByKeyword } from "./read-lines.ts";
import { readTracking } from "./read-tracking.ts";
import { allLines, type ValueLines } from "./value-lines.ts";
import { switchOf } from "./values.ts";
import { TESTED_VERSION } from "./version.ts";

/** The groups in the order of the file. Of two with one name the daemon keeps the first. */
export function readSyncGroups(
  cst: KeepalivedCst,
  { version = TESTED_VERSION, valueLines = allLines, defaults }: ReadingOptions = {},
): SyncGroup[] {
  const { smtpAlert } = defaults ?? readAllGlobals(cst, version).instanceDefaults;
  const groups = new Map<string, SyncGroup>();
  for (const block of blocksNamed(cst.items, "vrrp_sync_group")) {
    const [name] = block.header === undefined ? [] : argumentsOf(block.header);
    if (name === undefined || groups.has(name.value)) continue;
    groups.set(name.value, readGroup(name.value, block, { smtpAlert, valueLines }));
  }
  return [...groups.values()];
}

interface Surroundings {
  /** Of global_defs. */
  readonly smtpAlert: boolean;
  readonly valueLines: ValueLines;
}

function readGroup(name: string, block: Block, { smtpAlert, valueLines }: Surroundings): SyncGroup {
  const statements = statementsIn(block.items);
  const keywords = new Set(statements.map((statement) => statement.keyword.value));
  const alerts = statements
    .filter((statement) => statement.keyword.value === "smtp_alert")
    .map((statement) => switchOf(argumentsOf(statement)[0]?.value));
  // A second `group` block is refused.
  const [members] = blocksNamed(block.items, "group");
  return {
    name,
    members: statementsIn(members?.items ?? [])
      .flatMap(wordsOf)
      .map((word) => ({ name: word.value, span: word.span })),
    ...readTracking(block.items, valueLines),
    trackingWeight: keywords.has("sync_group_tracking_weight") || keywords.has("global_tracking"),
    smtpAlert: alerts.findLast((alert) => alert !== undefined) ?? smtpAlert,
    commands: readCommands(block.items, NOTIFY_KEYWORDS),
    span: spanOf(block),
    lines: linesByKeyword(block.items, ["group", ...NOTIFY_KEYWORDS]),
  };
}
