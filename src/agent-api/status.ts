// What an agent answers when it is asked how it is: GET /status on its control socket, as JSON. Types alone; read-status.ts reads it.
// Rule: within one version fields are only added, and what an agent does not know is absent, never guessed.

import type { ConditionCode, Severity } from "./incidents.ts";

/** Raised when an older hapair could not understand what a newer agent says. */
export const AGENT_STATUS_VERSION = 1;

/** An answer of an agent that is longer than this is not read, and none is made so long. */
export const AGENT_STATUS_BYTES_MAX = 1_000_000;
/** Entries of any one list in a status. */
export const STATUS_LIST_MAX = 500;

export const instanceStates = ["MASTER", "BACKUP", "FAULT", "STOPPED"] as const;
export type AgentInstanceState = (typeof instanceStates)[number];

export const ruleGrades = ["whole", "broken", "dead", "unknown"] as const;
export type AgentRuleGrade = (typeof ruleGrades)[number];

/** Why keepalived may be in FAULT: the three watched files, and the check that asks the service itself. */
export const healthLayers = ["process", "service", "traffic", "hold"] as const;
export type HealthLayer = (typeof healthLayers)[number];

export interface AgentStatus {
  readonly version: typeof AGENT_STATUS_VERSION;
  /** The agent's own version, as hapair's. */
  readonly program: string;
  readonly pair: string;
  readonly node: string;
  /** Every node of the pair, in order of preference, this one among them. */
  readonly nodes: readonly string[];
  readonly startedAtMs: number;
  /** The node's wall clock when it answered, milliseconds. */
  readonly nowMs: number;
  readonly instances: readonly AgentInstance[];
  /** For each router, who has its VIPs, as far as this agent knows. */
  readonly holders: readonly AgentHolderView[];
  readonly health: Readonly<Record<HealthLayer, AgentLayer>>;
  readonly opinion: AgentOpinion;
  readonly rules: readonly AgentRule[];
  readonly backends: readonly AgentBackend[];
  /** Open incidents of the pair, told by whichever node. */
  readonly incidents: readonly AgentIncident[];
  readonly spool: AgentSpool;
  readonly routes: readonly AgentRoute[];
  readonly peers: readonly AgentPeer[];
  readonly log: AgentLog;
  /** Answers of the health address. */
  readonly checks: AgentDurations;
  /** Looks at HAProxy's runtime socket. */
  readonly looks: AgentDurations;
  readonly certificates: readonly { readonly name: string; readonly endsAtMs: number }[];
}

/** One router on this node. */
export interface AgentInstance {
  readonly router: string;
  /** The effective state: STOPPED where keepalived does not run, whatever it said last. */
  readonly state: AgentInstanceState;
  readonly sinceMs: number;
  /** The priority it advertises, where keepalived has told. */
  readonly priority?: number;
  /** Its addresses that are on an interface of this node. */
  readonly held: readonly string[];
}

export interface AgentHolderView {
  readonly router: string;
  /** Nodes that have any of its VIPs. */
  readonly holders: readonly string[];
  /** Nodes of which it is not known: their agents are not heard. */
  readonly unknown: readonly string[];
}

export interface AgentLayer {
  readonly answer: "ok" | "bad" | "unknown";
  /** The watched file's text, or what the service answered. */
  readonly value: string;
  readonly sinceMs?: number;
}

export interface AgentOpinion {
  readonly value: "kept" | "given-up";
  readonly sinceMs?: number;
  /** For which node, and by which rule. */
  readonly to?: string;
  readonly rule?: string;
}

export interface AgentRule {
  readonly name: string;
  readonly grade: AgentRuleGrade;
  /** false: it is told, and moves nothing. */
  readonly moves: boolean;
  readonly sinceMs?: number;
}

export interface AgentBackend {
  readonly name: string;
  readonly serversUp: number;
  readonly serversTotal: number;
  /** What a rule asks for. */
  readonly atLeast?: number;
}

export interface AgentIncident {
  readonly id: string;
  readonly condition: ConditionCode;
  readonly scope: string;
  readonly severity: Severity;
  readonly title: string;
  readonly openedAtMs: number;
  readonly owner: string;
}

/** Notices that wait for their delivery. */
export interface AgentSpool {
  readonly depth: number;
  /** When the oldest of them was made. */
  readonly oldestAtMs?: number;
}

export interface AgentRoute {
  readonly name: string;
  /** smtp, webhook ... */
  readonly kind: string;
  readonly last?: {
    readonly result: "delivered" | "failed";
    readonly atMs: number;
    /** What the other side answered, or why there was no answer. */
    readonly said: string;
  };
}

export interface AgentPeer {
  readonly node: string;
  readonly heard: boolean;
  /** Absent: never since this agent started. */
  readonly lastHeardMsAgo?: number;
  readonly roundTripMs?: number;
  /** How far its wall clock is ahead of this node's. */
  readonly clockAheadMs?: number;
  /** Who has the VIPs, as it last said. */
  readonly holders: readonly AgentHolderView[];
  /** Both see the same holders; absent: not known. */
  readonly agrees?: boolean;
}

export interface AgentLog {
  /** Why it cannot be written, while it cannot. */
  readonly trouble?: string;
  readonly bytes: number;
}

/** Of the last few minutes; absent figures: none yet. */
export interface AgentDurations {
  readonly count: number;
  readonly lastMs?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

/** What one route answered to a test, from one node: a line of POST /alert-test. */
export interface AlertTestResult {
  readonly node: string;
  readonly route: string;
  readonly result: "delivered" | "failed";
  readonly tookMs: number;
  readonly said: string;
}
