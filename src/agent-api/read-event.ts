// Events as lines of JSON: what GET /events answers and what the log's reader prints. Pure. Rule: a line that is no event is none, never an error.

import {
  type AgentEvent,
  EVIDENCE_LENGTH_MAX,
  type FactKind,
  factKinds,
  SUBJECT_LENGTH_MAX,
  VALUE_LENGTH_MAX,
} from "./facts.ts";
import { fieldsOf, fieldsOfText, known, momentOf, numberOf, oneOf, textOf } from "./reading.ts";

const kinds = Object.keys(factKinds) as FactKind[];

/** Named values beside an event's own; an incident's are the most. */
const DETAILS_MAX = 40;
/** An incident's text is the longest value. */
const DETAIL_LENGTH_MAX = 4000;

export function readAgentEvent(line: string): AgentEvent | undefined {
  const fields = fieldsOfText(line);
  if (fields === undefined) return undefined;
  const kind = oneOf(fields["kind"], kinds);
  const [node, log, subject] = ["node", "log", "subject"].map((name) =>
    textOf(fields[name], SUBJECT_LENGTH_MAX),
  );
  const value = textOf(fields["value"], VALUE_LENGTH_MAX);
  const sequence = numberOf(fields["sequence"]);
  const atMs = momentOf(fields["atMs"]);
  if (!node || log === undefined || kind === undefined || subject === undefined || value === undefined)
    return undefined;
  if (sequence === undefined || atMs === undefined) return undefined;
  return {
    node,
    log,
    sequence,
    atMs,
    kind,
    subject,
    value,
    ...known({
      previous: textOf(fields["previous"], VALUE_LENGTH_MAX),
      detail: detailOf(fields["detail"]),
      evidence: textOf(fields["evidence"], EVIDENCE_LENGTH_MAX),
      causedBy: numberOf(fields["causedBy"]),
    }),
  };
}

function detailOf(value: unknown): Record<string, string> | undefined {
  const fields = fieldsOf(value);
  if (fields === undefined) return undefined;
  const entries = Object.entries(fields)
    .slice(0, DETAILS_MAX)
    .flatMap(([name, each]) => {
      const text = textOf(each, DETAIL_LENGTH_MAX);
      return text === undefined ? [] : [[textOf(name, SUBJECT_LENGTH_MAX) ?? "", text] as const];
    });
  return Object.fromEntries(entries);
}
