// Which routes an incident's change is told along, and not before when. Pure.
// Rules: the end is told where the beginning was told; nothing that was opened is left out because it was over before the quiet time was.

import {
  type AgentSettings,
  type AlertRoute,
  type Incident,
  type Notice,
  noticeId,
  severities,
} from "../agent-api/index.ts";
import { type LocalTime, quietMinutes } from "./quiet-times.ts";

export interface RoutingMoment {
  readonly nowMs: number;
  readonly local: LocalTime;
}

/**
 * The notices of one change. `previouslyTold`: names of the routes that were given a notice of this incident before, delivered or waiting. An update
 * goes to them and to routes that its severity now reaches; the end goes to them alone.
 */
export function noticesFor(
  incident: Incident,
  settings: Pick<AgentSettings, "alerts">,
  moment: RoutingMoment,
  previouslyTold: readonly string[],
): Notice[] {
  const { routes, quietTimes } = settings.alerts;
  const waitMinutes = quietMinutes(quietTimes, incident.severity, moment.local);
  const notBeforeMs = moment.nowMs + Math.round(waitMinutes * 60_000);
  return routes
    .filter(
      (route) =>
        previouslyTold.includes(route.name) || (incident.phase !== "resolved" && isMeant(route, incident)),
    )
    .map((route) => ({
      id: noticeId(incident, route.name),
      route: route.name,
      incident,
      createdAtMs: moment.nowMs,
      ...(waitMinutes === 0 ? {} : { notBeforeMs }),
    }));
}

function isMeant(route: AlertRoute, incident: Incident): boolean {
  return (
    severities.indexOf(incident.severity) >= severities.indexOf(route.severity) &&
    route.conditions?.includes(incident.condition) !== false
  );
}
