// What the agents say, judged: does each run, does it hear its peer, does anything wait, which incidents are open. Pure.
// Rules: an agent is no part of redundancy, so its troubles are notes; what is old is called old; nothing is said when all is well.

import type { AgentIncident, AgentPeer, AgentStatus } from "../agent-api/index.ts";
import { counted, sentenceList } from "../base/index.ts";
import type { Pair } from "../model/index.ts";
import type { NodeObservation } from "./observation.ts";
import { ageText } from "./time-text.ts";

/**
 * ok · off: its unit does not run · mute: it runs and gave no answer that can be read · stale: its answer is of another moment ·
 * alone: it does not hear a peer · unknown: the node could not be asked
 */
export type AgentAnswer = "ok" | "off" | "mute" | "stale" | "alone" | "unknown";

export interface AgentSight {
  readonly answer: AgentAnswer;
  readonly text: string;
}

/** An incident that is open, by the asking machine's clock. */
export interface OpenIncident extends AgentIncident {
  /** The agents that know of it. */
  readonly knownBy: readonly string[];
}

/** What the agents of a pair say together. */
export interface AgentsStatus {
  /** Each a sentence that names its node; empty when all is well. */
  readonly notes: readonly string[];
  readonly incidents: readonly OpenIncident[];
}

/** An answer whose moment is further than this from the node's own clock is not of now. */
const STALE_MS = 5000;
/** A notice is on its way for some time; one that waits for longer waits for something. */
const WAITING_MS = 15_000;
/** The shell's exit code for a program that is not there. */
const NO_CURL = 127;
/** A node's clock that is off by less is not corrected: the measuring itself is off by some of it. */
const CLOCK_TOLERANCE_MS = 1000;

/** undefined: the pair has no agent. */
export function agentSight(observation: NodeObservation): AgentSight | undefined {
  const { agent, agentUnit, agentCurlExit } = observation;
  if (agentCurlExit === undefined) return undefined;
  if (agent === undefined) {
    if (agentUnit?.active === "active") return { answer: "mute", text: "no answer" };
    const isThere = agentUnit !== undefined && agentUnit.load !== "not-found";
    return { answer: "off", text: isThere ? agentUnit.active : "not there" };
  }
  const oldMs = ageOfAnswer(observation, agent);
  if (oldMs > STALE_MS) return { answer: "stale", text: `stale (${ageText(oldMs)})` };
  return agent.peers.every((peer) => peer.heard)
    ? { answer: "ok", text: "ok" }
    : { answer: "alone", text: "hears no peer" };
}

/** Both moments are of the node's own clock. */
function ageOfAnswer(observation: NodeObservation, agent: AgentStatus): number {
  const lookedUntilMs = observation.wallMs + observation.tookMs;
  return Math.max(observation.wallMs - agent.nowMs, agent.nowMs - lookedUntilMs, 0);
}

/** undefined: the pair has no agent. */
export function agentsStatus(pair: Pair, seen: readonly NodeObservation[]): AgentsStatus | undefined {
  if (pair.agent === undefined) return undefined;
  const running = seen.flatMap((observation) => {
    const { agent } = observation;
    return agent === undefined ? [] : [{ observation, agent }];
  });
  const off = seen.flatMap((observation) => offNotes(observation));
  const isKnownOff = (node: string): boolean =>
    seen.some((observation) => observation.node === node && observation.agent === undefined);
  return {
    notes: [
      ...off,
      ...running.flatMap(({ agent }) => [
        ...agent.peers.flatMap((peer) => peerNotes(agent, peer, isKnownOff(peer.node))),
        ...workNotes(agent),
      ]),
    ],
    incidents: openIncidents(running),
  };
}

/** The note of an agent that gives nothing, or nothing of now. */
function offNotes(observation: NodeObservation): string[] {
  const { node, agent, agentCurlExit } = observation;
  const sight = agentSight(observation);
  if (sight?.answer === "off")
    return [`the agent on ${node} does not run (${sight.text}): alerts and traffic health are off there`];
  if (sight?.answer === "stale" && agent !== undefined) {
    const age = ageText(ageOfAnswer(observation, agent));
    return [`the agent on ${node} told of a moment ${age} from now: what it says is stale`];
  }
  if (sight?.answer !== "mute") return [];
  return [
    agentCurlExit === NO_CURL
      ? `the agent on ${node} was not asked: there is no curl`
      : `the agent on ${node} runs and gives no answer that can be read: what it knows is not shown`,
  ];
}

function peerNotes(agent: AgentStatus, peer: AgentPeer, isKnownOff: boolean): string[] {
  // That an agent does not run is said once, and then nobody hears it.
  if (!peer.heard) {
    if (isKnownOff) return [];
    const heard =
      peer.lastHeardMsAgo === undefined
        ? `has not heard ${peer.node}'s since it was started`
        : `last heard ${peer.node}'s ${ageText(peer.lastHeardMsAgo)} ago, so what it knows of ${peer.node} is stale`;
    return [`the agent on ${agent.node} ${heard}`];
  }
  if (peer.agrees !== false) return [];
  return [
    `the agents do not agree: ${agent.node} sees ${holdersText(agent.holders)}, ${peer.node} sees ${holdersText(peer.holders)}`,
  ];
}

function holdersText(views: AgentStatus["holders"]): string {
  return sentenceList(
    views.map(
      ({ router, holders }) => `${router} on ${holders.length === 0 ? "no node" : sentenceList(holders)}`,
    ),
  );
}

/** What an agent that answers has trouble with. */
function workNotes(agent: AgentStatus): string[] {
  const { node, spool, log, nowMs } = agent;
  const waitsMs = spool.oldestAtMs === undefined ? 0 : nowMs - spool.oldestAtMs;
  const failing = agent.routes.filter((route) => route.last?.result === "failed");
  return [
    ...(spool.depth > 0 && waitsMs > WAITING_MS
      ? [
          `${counted(spool.depth, "notice")} of ${node} ${spool.depth === 1 ? "waits" : "wait"} for delivery, the oldest for ${ageText(waitsMs)}`,
        ]
      : []),
    ...failing.map(
      ({ name, last }) =>
        `route ${name} of ${node} failed ${ageText(nowMs - (last?.atMs ?? nowMs))} ago: ${last?.said ?? ""}`,
    ),
    ...(log.trouble === undefined ? [] : [`the agent on ${node} cannot write its log: ${log.trouble}`]),
    ...agent.rules
      .filter(({ grade }) => grade === "broken" || grade === "dead")
      .map(
        ({ name, grade, sinceMs }) =>
          `traffic rule ${name} is ${grade} on ${node}${sinceMs === undefined ? "" : ` for ${ageText(nowMs - sinceMs)}`}`,
      ),
  ];
}

/** Every incident once, the oldest first; moments by the asking machine's clock. */
function openIncidents(
  running: readonly { readonly observation: NodeObservation; readonly agent: AgentStatus }[],
): OpenIncident[] {
  const open = new Map<string, OpenIncident>();
  for (const { observation, agent } of running) {
    const aheadMs = Math.abs(observation.clockAheadMs) < CLOCK_TOLERANCE_MS ? 0 : observation.clockAheadMs;
    for (const incident of agent.incidents) {
      const known = open.get(incident.id);
      open.set(incident.id, {
        ...(known ?? { ...incident, openedAtMs: incident.openedAtMs - aheadMs }),
        knownBy: [...(known?.knownBy ?? []), agent.node],
      });
    }
  }
  return [...open.values()].toSorted((left, right) => left.openedAtMs - right.openedAtMs);
}
