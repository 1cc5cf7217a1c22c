// How an incident travels: as an event of kind `incident`, subject its id, value its phase, and everything else flat in the event's detail. Pure.
// Rule: what is read back is the same incident, and what is no incident is none, never an error.

import { conditionCodes, type Incident, type IncidentPhase, severities } from "./incidents.ts";
import { momentOf, numberOf, oneOf } from "./reading.ts";

/** Before the names of an incident's own figures, so that none is taken for a field. */
const FIGURE_PREFIX = "detail.";

/** Figures of one incident; more are not told. */
export const INCIDENT_FIGURES_MAX = 20;
/** An event is at most some kilobytes, so that it fits into a datagram; this is what text and figures may take of it, characters. */
export const INCIDENT_TEXT_MAX = 1500;
export const INCIDENT_FIGURE_LENGTH_MAX = 150;
export const INCIDENT_TITLE_MAX = 250;

const phases: readonly IncidentPhase[] = ["opened", "updated", "resolved"];

/** The detail of an incident's event; its id and phase are the event's subject and value. */
export function incidentToDetail(incident: Incident): Record<string, string> {
  const figures = Object.entries(incident.detail).slice(0, INCIDENT_FIGURES_MAX);
  return {
    condition: incident.condition,
    scope: incident.scope,
    severity: incident.severity,
    revision: String(incident.revision),
    openedAtMs: String(incident.openedAtMs),
    changedAtMs: String(incident.changedAtMs),
    title: incident.title.slice(0, INCIDENT_TITLE_MAX),
    text: incident.text.slice(0, INCIDENT_TEXT_MAX),
    owner: incident.owner,
    ...Object.fromEntries(
      figures.map(([name, value]) => [`${FIGURE_PREFIX}${name}`, value.slice(0, INCIDENT_FIGURE_LENGTH_MAX)]),
    ),
  };
}

/** The incident of an event; undefined where a field is missing or wrong. */
export function incidentFromDetail(
  id: string,
  phase: string,
  detail: Readonly<Record<string, string>> | undefined,
): Incident | undefined {
  if (detail === undefined) return undefined;
  const { scope, title, text, owner } = detail;
  const condition = oneOf(detail["condition"], conditionCodes);
  const severity = oneOf(detail["severity"], severities);
  const known = oneOf(phase, phases);
  const revision = numberOf(Number(detail["revision"]));
  const openedAtMs = momentOf(Number(detail["openedAtMs"]));
  const changedAtMs = momentOf(Number(detail["changedAtMs"]));
  if (condition === undefined || severity === undefined || known === undefined) return undefined;
  if (scope === undefined || title === undefined || text === undefined || owner === undefined)
    return undefined;
  if (revision === undefined || openedAtMs === undefined || changedAtMs === undefined) return undefined;
  const figures = Object.entries(detail)
    .filter(([name]) => name.startsWith(FIGURE_PREFIX))
    .map(([name, value]) => [name.slice(FIGURE_PREFIX.length), value] as const);
  return {
    id,
    condition,
    scope,
    severity,
    phase: known,
    revision,
    openedAtMs,
    changedAtMs,
    title,
    text,
    owner,
    detail: Object.fromEntries(figures),
  };
}
