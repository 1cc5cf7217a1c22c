// States that waited in the FIFO while no agent read it: nobody can say of when they are. The journal tells the same with its times, so it has the first
// word; afterwards the last state of each instance is reported, for what the journal did not tell.

import type { FactReport } from "../../agent-api/index.ts";
import type { Report } from "./source.ts";

export interface WaitedStates {
  /** These waited. */
  readonly hold: Report;
  /** These are of now, and speak for what waited of the same instance. */
  readonly report: Report;
  stop(): void;
}

/** By then the journal has been read, unless it tells of days. */
const HOLD_MS = 1_000;

export function waitedStates(report: Report, holdMs = HOLD_MS): WaitedStates {
  const held = new Map<string, FactReport>();
  let timer: NodeJS.Timeout | undefined;
  const release = (): void => {
    const reports = [...held.values()];
    held.clear();
    if (reports.length > 0) report(reports);
  };
  return {
    hold(reports) {
      for (const one of reports) held.set(one.subject, one);
      timer ??= setTimeout(release, holdMs);
    },
    report(reports) {
      for (const { subject } of reports) held.delete(subject);
      report(reports);
    },
    stop: () => clearTimeout(timer),
  };
}
