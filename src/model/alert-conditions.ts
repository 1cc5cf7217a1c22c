// The conditions that open an incident, by the names a pair file may say. The agent's own list; a test beside render compares the two.

import { nearest } from "../base/index.ts";
import type { Path } from "./fields.ts";
import { shown } from "./places.ts";
import { addAt, addAtKey, type Reading } from "./reading.ts";

export const alertConditions: readonly string[] = [
  "vip-moved",
  "no-holder",
  "two-holders",
  "standby-not-ready",
  "flapping",
  "haproxy-down",
  "haproxy-hung",
  "haproxy-reload-failed",
  "backend-below-minimum",
  "check-slow",
  "certificate-ending",
  "configuration-differs",
  "maintenance",
  "maintenance-overdue",
  "agent-silent",
  "alerts-lost",
];

/** Whether the agent knows a condition of this name; where not, with a finding on the key or value at `path`. */
export function isCondition(reading: Reading, path: Path, name: string): boolean {
  if (alertConditions.includes(name)) return true;
  const near = nearest(name, alertConditions);
  const isValue = typeof path.at(-1) === "number";
  (isValue ? addAt : addAtKey)(reading, "HP082", path, {
    message: `${shown(name)} is no condition of the agent${near === undefined ? "" : `; did you mean ${near}?`}`,
    advice: near ?? `one of ${alertConditions.join(", ")}`,
  });
  return false;
}
