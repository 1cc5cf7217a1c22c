// The observation script's lines about operations to an OperationState. Pure: garbage is said to be unreadable, never an exception.

import { readMaintenanceRecord } from "../agent-api/index.ts";
import {
  type DrainRole,
  drainRoles,
  type OpenDrain,
  type OperationState,
  type OperationUnit,
  operationUnits,
} from "./operation.ts";
import { type Clock, first, type Sections } from "./script-answer.ts";

/** undefined: the script did not look. `unitStates`: systemd's word for each unit, by its name without `.service`. */
export function operationOf(
  sections: Sections,
  clock: Clock,
  unitStates: ReadonlyMap<string, string>,
): OperationState | undefined {
  if (!sections.has("operation.steady")) return undefined;
  const record = recordOf(sections);
  const movedS = wholeNumber(first(sections, "maintenance.moved"));
  const connections = connectionsOf(sections);
  const tables = sections.get("drain.tables")?.[0];
  return {
    steady: first(sections, "operation.steady") === "yes",
    ...(record === undefined ? {} : { record }),
    ...(movedS === undefined ? {} : { recordMovedAtMs: movedS * 1000 }),
    hasMotd: sections.has("maintenance.motd"),
    ...lastResortOf(sections),
    drains: (sections.get("drain") ?? []).slice(0, drainRoles.length).flatMap((text) => drainOf(text, clock)),
    ...(connections === undefined ? {} : { connections }),
    ...(tables === undefined
      ? {}
      : { drainTables: tables.split(" ").filter((family) => family === "ip" || family === "ip6") }),
    units: Object.fromEntries(
      operationUnits.flatMap((unit): [OperationUnit, "runs" | "stopped"][] => {
        const state = unitStates.get(unit);
        if (state === undefined) return [];
        // Between the two, activating and deactivating: its process is there.
        return [[unit, state === "inactive" || state === "failed" ? "stopped" : "runs"]];
      }),
    ),
  };
}

function recordOf(sections: Sections): OperationState["record"] {
  const text = sections.get("maintenance.record")?.[0];
  return text === undefined ? undefined : (readMaintenanceRecord(text) ?? "unreadable");
}

function lastResortOf(sections: Sections): Pick<OperationState, "lastResort"> {
  const text = sections.get("maintenance.last-resort")?.[0];
  if (text === undefined) return {};
  const sinceS = wholeNumber(text.trim());
  return { lastResort: sinceS === undefined ? {} : { sinceMs: sinceS * 1000 } };
}

/** `ROLE CHANGED UNTIL`: seconds since 1970, and seconds since boot. */
function drainOf(text: string, clock: Clock): OpenDrain[] {
  const [word, changed = "", until = ""] = text.trim().split(/ +/);
  const role = drainRoles.find((each): each is DrainRole => each === word);
  if (role === undefined) return [];
  const changedS = wholeNumber(changed);
  const untilS = wholeNumber(until);
  return [
    {
      role,
      ...(changedS === undefined ? {} : { changedAtMs: changedS * 1000 }),
      ...(untilS === undefined ? {} : { untilMs: clock.wallOf(untilS * 1_000_000) }),
    },
  ];
}

/** The number of lines, the last of which says that all were there. */
function connectionsOf(sections: Sections): number | undefined {
  const lines = wholeNumber(first(sections, "drain.connections"));
  return lines === undefined ? undefined : Math.max(0, lines - 1);
}

/** A moment in seconds or a count; undefined for anything else. */
function wholeNumber(text: string): number | undefined {
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
