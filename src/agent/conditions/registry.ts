// Every condition, in the order in which simultaneous news is told. A test holds that the vocabulary's codes and this list are the same.

import { agentSilent, alertsLost } from "./agents.ts";
import type { Condition } from "./condition.ts";
import { noHolder, twoHolders } from "./holders.ts";
import { flapping, vipMoved } from "./moved.ts";
import { checkIsSlow, haproxyIsDown, haproxyIsHung, haproxyReloadFailed } from "./proxy.ts";
import { standbyNotReady } from "./redundancy.ts";
import { backendBelowMinimum } from "./traffic.ts";
import { certificateEnding, configurationDiffers, maintenance, maintenanceOverdue } from "./upkeep.ts";

export const conditions: readonly Condition[] = [
  vipMoved,
  noHolder,
  twoHolders,
  standbyNotReady,
  flapping,
  haproxyIsDown,
  haproxyIsHung,
  haproxyReloadFailed,
  backendBelowMinimum,
  checkIsSlow,
  certificateEnding,
  configurationDiffers,
  maintenance,
  maintenanceOverdue,
  agentSilent,
  alertsLost,
];
