// The events that the agents of a pair have recorded, fetched from every node and put together.
// Rules: both nodes hold each other's events, so one node that answers tells of both; an agent that does not run has a log that is read; nothing is changed.

import { type AgentEvent, type AgentStatus, readAgentEvent, readAgentStatus } from "../agent-api/index.ts";
import { HapairError, messageOf } from "../base/index.ts";
import { type CommandResult, type Host, shellWord } from "../host/index.ts";
import type { Pair } from "../model/index.ts";
import { agentPaths } from "../render/index.ts";
import { type ClockDifference, clockRemarks, correctionMs } from "./merge-logs.ts";
import type { PairHosts } from "./observe.ts";
import { withoutControls } from "./plain-text.ts";

export interface AgentHistory {
  /** Each event once, in no order; moments by the clock of its node. */
  readonly events: readonly AgentEvent[];
  /** How far each node's clock is ahead of this machine's, where that is known and matters. */
  readonly clockAheadMs: Readonly<Record<string, number>>;
  /** When each node was last heard, by this machine's clock. */
  readonly lastHeardMs: Readonly<Record<string, number>>;
  /** Nodes that could not be asked, logs that were read in place of agents, clocks that are off, events that were left out. */
  readonly remarks: readonly string[];
}

export interface HistoryOptions {
  /** Events from then on; default all that are kept. */
  readonly sinceMs?: number;
  /** At most so many of each node, the newest. */
  readonly limit?: number;
}

export const HISTORY_EVENTS_MAX = 10_000;
const LIMIT_MS = 20_000;
const CURL_LIMIT_S = 10;

const CURL = `curl --silent --show-error --fail --noproxy '*' --unix-socket ${agentPaths.controlSocket}`;

/** Asks the agent for its events; where it does not answer, its program reads the log. */
function eventsScript(sinceMs: number, limit: number): string {
  const url = shellWord(`http://agent/events?sinceMs=${sinceMs}&limit=${limit}`);
  return [
    `${CURL} --max-time ${CURL_LIMIT_S} ${url} && exit 0`,
    // What came before it broke off ends in the middle of a line.
    `printf '\n${LOG_LINE}\n'`,
    `[ -e ${agentPaths.program} ] || { echo "there is no ${agentPaths.program}" >&2; exit 3; }`,
    // In a file, so that the reader's exit code is not lost behind a pipe.
    `read=$(mktemp) && trap 'rm -f "$read"' EXIT || exit 3`,
    `/usr/bin/node ${agentPaths.program} events --directory ${agentPaths.stateDirectory} --since-ms ${sinceMs} >"$read" </dev/null || exit 3`,
    `tail -n ${limit} "$read"`,
  ].join("\n");
}

/** Stands before events that were read from the log. */
const LOG_LINE = "from the log";

/** The node's clock, and what its agent says of its peers' clocks. Asked last, when the connection is there and an answer takes no time. */
const CLOCK_SCRIPT = `date "+clock %s.%N"
${CURL} --max-time 1 http://agent/status 2>/dev/null | tr -d '\\n'`;

/** Rejects where no node gave any events (HapairError of the first), or the pair has no agent. */
export async function readAgentHistory(
  pair: Pair,
  hosts: PairHosts,
  options: HistoryOptions = {},
): Promise<AgentHistory> {
  requireAgent(pair);
  const limit = Math.min(options.limit ?? HISTORY_EVENTS_MAX, HISTORY_EVENTS_MAX);
  const script = eventsScript(Math.max(0, Math.floor(options.sinceMs ?? 0)), limit);
  const answers = await Promise.all(
    pair.nodes.map((node) => historyOf(node.name, hosts.get(node.name), script)),
  );
  const answered = answers.filter((answer): answer is NodeHistory => !(answer instanceof HapairError));
  const failed = answers.filter((answer): answer is HapairError => answer instanceof HapairError);
  if (answered.length === 0 && failed[0] !== undefined) throw failed[0];
  const clockAheadMs = clocksOf(answered);
  return {
    events: eachOnce(answered.flatMap(({ events }) => events)),
    clockAheadMs,
    lastHeardMs: lastHeard(answered),
    remarks: [
      ...failed.map(({ message }) => `not asked: ${message}`),
      ...answered.flatMap((answer) => remarksOf(answer, limit)),
      ...clockRemarks(answered.map(({ clock }) => clock)),
    ],
  };
}

/** Throws where nothing could be asked anyway. */
export function requireAgent(pair: Pair): void {
  if (pair.agent !== undefined) return;
  throw new HapairError({
    kind: "usage",
    code: "no-agent",
    message: `${pair.name} has no agent, so nothing is recorded and nobody is told`,
    hint: "ask for one with agent: in the pair's file, then run hapair apply; until then hapair logs shows what keepalived and HAProxy wrote",
  });
}

interface NodeHistory {
  readonly node: string;
  readonly clock: ClockDifference;
  readonly answeredMs: number;
  /** The agent answered; false: its log was read. */
  readonly isRunning: boolean;
  readonly status?: AgentStatus;
  readonly events: readonly AgentEvent[];
}

/** Never rejects: an error is a value. */
async function historyOf(
  node: string,
  host: Host | undefined,
  script: string,
): Promise<NodeHistory | HapairError> {
  if (host === undefined) return noEvents(`no connection was made to ${node}`);
  try {
    const result = await host.run(script, { timeoutMs: LIMIT_MS });
    if (result.exitCode !== 0) return noEvents(`${node} gave no events: ${lastSaid(result)}`);
    const sentMs = Date.now();
    const clock = await host.run(CLOCK_SCRIPT, { timeoutMs: LIMIT_MS });
    const lines = result.stdout.split("\n");
    return {
      node,
      ...clockAnswer(node, clock.stdout, sentMs, Date.now()),
      isRunning: !lines.includes(LOG_LINE),
      events: lines.flatMap((line) => {
        const event = line.startsWith("{") ? readAgentEvent(line) : undefined;
        return event === undefined ? [] : [event];
      }),
    };
  } catch (thrown) {
    return thrown instanceof HapairError ? thrown : noEvents(`${node}: ${messageOf(thrown)}`);
  }
}

function noEvents(message: string): HapairError {
  return new HapairError({
    kind: "unreachable",
    code: "agent-no-events",
    message,
    hint: "hapair status says how the agents are; hapair logs shows what keepalived and HAProxy wrote",
  });
}

/** The last thing a command complained of. */
export function lastSaid(result: CommandResult): string {
  const said = withoutControls((result.stderr.trim().split("\n").at(-1) ?? "").slice(0, 200));
  return said === "" ? `exit ${result.exitCode}` : said;
}

function clockAnswer(
  node: string,
  stdout: string,
  sentMs: number,
  answeredMs: number,
): Pick<NodeHistory, "clock" | "answeredMs" | "status"> {
  const [first = "", said = ""] = stdout.split("\n");
  const seconds = Number(/^clock (\d+\.\d+)$/.exec(first)?.[1]);
  const middleMs = (sentMs + answeredMs) / 2;
  const status = readAgentStatus(said);
  return {
    clock: {
      node,
      aheadMs: Number.isFinite(seconds) ? Math.round(seconds * 1000 - middleMs) : 0,
      uncertaintyMs: Math.round((answeredMs - sentMs) / 2),
    },
    answeredMs,
    ...(status === undefined ? {} : { status }),
  };
}

/** By node, log and sequence number: the peer's copy of an event is the event. */
function eachOnce(events: readonly AgentEvent[]): AgentEvent[] {
  return [
    ...new Map(events.map((event) => [`${event.node}\n${event.log}\n${event.sequence}`, event])).values(),
  ];
}

/**
 * The agents measure each other's clocks far better than a look from here can: with one node's clock measured from here, the others'
 * are told from its agent's figures. A difference that agents have not measured is the one seen from here.
 */
function clocksOf(answered: readonly NodeHistory[]): Record<string, number> {
  const reference = answered.find(({ status }) => status !== undefined) ?? answered[0];
  if (reference === undefined) return {};
  const baseMs = correctionMs(reference.clock);
  const seenFromHere = answered.map(({ node, clock }): [string, number] => [node, correctionMs(clock)]);
  const measured = (reference.status?.peers ?? []).flatMap(({ node, clockAheadMs }): [string, number][] =>
    clockAheadMs === undefined ? [] : [[node, baseMs + clockAheadMs]],
  );
  return Object.fromEntries([...seenFromHere, ...measured]);
}

function lastHeard(answered: readonly NodeHistory[]): Record<string, number> {
  const heard: Record<string, number> = {};
  for (const { status, answeredMs } of answered)
    for (const { node, lastHeardMsAgo } of status?.peers ?? [])
      if (lastHeardMsAgo !== undefined) heard[node] = Math.max(heard[node] ?? 0, answeredMs - lastHeardMsAgo);
  for (const { node, answeredMs } of answered) heard[node] = answeredMs;
  return heard;
}

function remarksOf({ node, isRunning, events }: NodeHistory, limit: number): string[] {
  return [
    ...(isRunning ? [] : [`the agent on ${node} does not answer; its log was read`]),
    ...(events.length >= limit ? [`only the newest ${limit} events of ${node} were read`] : []),
  ];
}
