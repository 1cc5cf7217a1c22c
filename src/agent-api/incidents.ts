// Incidents: something a person should know, from its opening to its end, under one id; and notices, which tell it along the routes.

export const severities = ["info", "warning", "critical"] as const;
export type Severity = (typeof severities)[number];

/** Every condition that can open an incident. What each means, its severity and its patience stand in agent/conditions. */
export const conditionCodes = [
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
] as const;
export type ConditionCode = (typeof conditionCodes)[number];

export type IncidentPhase = "opened" | "updated" | "resolved";

export interface Incident {
  /** 16 hexadecimal digits; the same on every node and in every message about it. */
  readonly id: string;
  readonly condition: ConditionCode;
  /** What it is about within the pair: a router, a node, a back end. One open incident for each condition and scope. */
  readonly scope: string;
  readonly severity: Severity;
  readonly phase: IncidentPhase;
  /** 1 when it opens, and one more with each change. */
  readonly revision: number;
  readonly openedAtMs: number;
  readonly changedAtMs: number;
  /** One line, e.g. `ext-lb: 10.150.160.32 moved from extlb-01 to extlb-02`. */
  readonly title: string;
  /** A few lines: why, since when, what it means, what to do. */
  readonly text: string;
  /** The node whose agent tells it; another takes over when that one cannot. */
  readonly owner: string;
  /** Figures for templates and programs: from, to, outageMs, cause, backend ... */
  readonly detail: Readonly<Record<string, string>>;
}

/** One telling of one change of an incident along one route. */
export interface Notice {
  /** INCIDENT/REVISION/ROUTE: the same for every attempt and from either node. */
  readonly id: string;
  readonly route: string;
  readonly incident: Incident;
  /** When the change was recorded. */
  readonly createdAtMs: number;
  /** Not told before this: the end of a quiet time. Absent: at once. */
  readonly notBeforeMs?: number;
}

export function noticeId(incident: Pick<Incident, "id" | "revision">, route: string): string {
  return `${incident.id}/${incident.revision}/${route}`;
}
