// A run as a trace in ITF JSON, the Informal Trace Format that viewers of model checkers read: one state for each moment at which something changed.
// Rule: pure; the same story gives the same bytes, and both sides of a comparison give the same variables.

import type { FidelityCase, Holding, Performed, Transition } from "./case.ts";
import { eventText } from "./event-text.ts";

type ItfMap<Value> = { readonly "#map": readonly (readonly [string, Value])[] };

interface ItfState {
  readonly "#meta": { readonly index: number };
  /** Microseconds from the case's beginning. */
  readonly at_us: number;
  /** What happened: an event of the case, or a node's own step. */
  readonly event: string;
  /** The last notice of each `node/instance`; NONE before the first. */
  readonly state: ItfMap<string>;
  readonly holds: ItfMap<boolean>;
}

export interface ItfTrace {
  readonly "#meta": { readonly format: "ITF"; readonly source: string; readonly description: string };
  readonly vars: readonly string[];
  readonly states: readonly ItfState[];
}

interface Story {
  readonly transitions: readonly Transition[];
  readonly holding: readonly Holding[];
  readonly performed: readonly Performed[];
}

interface Change {
  readonly atUs: number;
  readonly text: string;
  readonly key?: string;
  readonly state?: string;
  readonly holds?: boolean;
}

/** `source`: who says so, `keepalived 2.2.7` or `hapair's simulator`. */
export function itfTrace(fidelityCase: FidelityCase, story: Story, source: string): ItfTrace {
  const keys = fidelityCase.nodes.flatMap(({ name }) =>
    fidelityCase.instances.map((instance) => `${name}/${instance.name}`),
  );
  const state = new Map(keys.map((key) => [key, "NONE"]));
  const holds = new Map(keys.map((key) => [key, false]));
  const stateAt = (index: number, atUs: number, event: string): ItfState => ({
    "#meta": { index },
    at_us: atUs,
    event,
    state: { "#map": [...state] },
    holds: { "#map": [...holds] },
  });
  const states = [stateAt(0, 0, "begins")];
  for (const change of changesOf(fidelityCase, story)) {
    if (change.key !== undefined && change.state !== undefined) state.set(change.key, change.state);
    if (change.key !== undefined && change.holds !== undefined) holds.set(change.key, change.holds);
    states.push(stateAt(states.length, change.atUs, change.text));
  }
  const description = `fidelity case ${fidelityCase.index} of seed ${fidelityCase.seed}`;
  return {
    "#meta": { format: "ITF", source, description },
    vars: ["at_us", "event", "state", "holds"],
    states,
  };
}

function changesOf({ events }: FidelityCase, { transitions, holding, performed }: Story): Change[] {
  const changes: Change[] = [
    ...performed.map(({ index, atUs }) => ({ atUs, text: eventText(events[index]) })),
    ...transitions.map(({ node, instance, state, atUs }) => ({
      atUs,
      text: `${node} ${instance} ${state}`,
      key: `${node}/${instance}`,
      state,
    })),
    ...holding.map(({ node, instance, holds, atUs }) => ({
      atUs,
      text: `${node} ${instance} ${holds ? "holds the VIP" : "releases the VIP"}`,
      key: `${node}/${instance}`,
      holds,
    })),
  ];
  return changes.toSorted((left, right) => left.atUs - right.atUs);
}
