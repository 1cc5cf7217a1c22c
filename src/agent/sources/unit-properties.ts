// What `systemctl show` says of the two units: their state, how the last run ended, and when they last began anew. Pure.

import type { FactReport } from "../../agent-api/index.ts";
import { evidence } from "./source.ts";
import { UNITS } from "./systemd-message.ts";

export interface UnitLook {
  readonly unit: "haproxy" | "keepalived";
  /** undefined: a state that is not known. */
  readonly state: FactReport | undefined;
  /** Since boot (CLOCK_MONOTONIC), microseconds: its last start or reload; undefined while it does not run. */
  readonly beganUs: number | undefined;
}

/**
 * Reads the output of `systemctl show haproxy.service keepalived.service`; properties used: Id, ActiveState, SubState, Result,
 * ExecMainCode, ExecMainStatus, StateChangeTimestampMonotonic.
 */
export function readUnitProperties(output: string): UnitLook[] {
  return output.split(/\n\s*\n/).flatMap((block) => {
    const properties = new Map<string, string>();
    for (const line of block.split("\n")) {
      const equals = line.indexOf("=");
      if (equals > 0) properties.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
    }
    const look = unitLook(properties);
    return look === undefined ? [] : [look];
  });
}

const VALUES: Readonly<Record<string, string>> = {
  active: "active",
  inactive: "inactive",
  failed: "failed",
  activating: "starting",
  deactivating: "stopping",
  reloading: "reloading",
  // systemd 256 and later, while a unit's files are refreshed.
  refreshing: "reloading",
  maintenance: "inactive",
};

function unitLook(properties: ReadonlyMap<string, string>): UnitLook | undefined {
  const id = properties.get("Id") ?? "";
  const unit = Object.hasOwn(UNITS, id) ? UNITS[id] : undefined;
  if (unit === undefined) return undefined;
  const active = properties.get("ActiveState") ?? "";
  // Between a failure and the restart it waits for.
  const subState = properties.get("SubState") ?? "";
  const waits = subState.startsWith("auto-restart");
  const value = waits ? "failed" : Object.hasOwn(VALUES, active) ? VALUES[active] : undefined;
  const changedUs = Number(properties.get("StateChangeTimestampMonotonic"));
  const state: FactReport | undefined =
    value === undefined
      ? undefined
      : {
          kind: "unit",
          subject: unit,
          value,
          detail: { result: evidence(resultOf(properties)) },
          evidence: evidence(`systemctl show ${id}: ActiveState=${active} SubState=${subState}`),
        };
  return { unit, state, beganUs: active === "active" && changedUs > 0 ? changedUs : undefined };
}

/** ExecMainCode is CLD_EXITED (1), CLD_KILLED (2) or CLD_DUMPED (3). */
function resultOf(properties: ReadonlyMap<string, string>): string {
  const result = properties.get("Result") ?? "";
  const status = properties.get("ExecMainStatus") ?? "";
  if (result === "exit-code" && properties.get("ExecMainCode") === "1") return `exit-code ${status}`;
  if ((result === "signal" || result === "core-dump") && status !== "") return `signal ${status}`;
  return result === "" ? "unknown" : result;
}

/** Times in milliseconds of the wall clock; absent where there is none, or it cannot be read. */
export interface ConfigurationTimes {
  readonly fileMs?: number;
  /** The last start or reload of the daemon that runs. */
  readonly beganMs?: number;
  /** The last apply. */
  readonly appliedMs?: number;
}

/** A file and a unit's time this near to each other say nothing: file times are coarse, and a clock may be set. */
const TIME_SLACK_MS = 2_000;

/** Whether a daemon runs what was deployed; undefined where the times do not say. */
export function configurationValue(times: ConfigurationTimes): "deployed" | "unread" | "edited" | undefined {
  const { fileMs, beganMs, appliedMs } = times;
  if (fileMs === undefined || appliedMs === undefined) return undefined;
  if (fileMs > appliedMs + TIME_SLACK_MS) return "edited";
  if (beganMs === undefined) return undefined;
  return fileMs > beganMs + TIME_SLACK_MS ? "unread" : "deployed";
}
