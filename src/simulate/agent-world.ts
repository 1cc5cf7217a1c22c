// What is there of hapair's agents while a site runs: each agent, what HAProxy thinks of its servers, messages on their way. Rule: these values are
// replaced and never changed, so that worlds share them.

import {
  type Decision,
  freshGiveUp,
  type GiveUpState,
  type Reading,
  type RuleState,
} from "../policy/index.ts";
import { NEVER } from "../vrrp/index.ts";

export interface AgentWorld {
  readonly state: "stopped" | "starting" | "running" | "frozen";
  /** starting: it runs then. frozen: systemd's watchdog ends it then. */
  readonly dueUs: number;
  /** How many runs there have been: each has a session of its own. */
  readonly run: number;
  /** When this run began: beats and words to the watchdog go by it. */
  readonly anchorUs: number;
  /** When the last look began: the next one goes by it. */
  readonly lookedUs: number;
  /** When HAProxy is asked next; NEVER while the agents rest. */
  readonly lookUs: number;
  /** HAProxy has been asked and says nothing; NEVER: it owes no answer. */
  readonly askedUs: number;
  /** When the peers are told next; NEVER while the agents rest. */
  readonly beatUs: number;
  /** By rule of the site: what the looks have come to, and what the last one said. */
  readonly looks: readonly { readonly state: RuleState; readonly reading: Reading }[];
  readonly giveUp: GiveUpState;
}

/** The agent of a machine that is off, or of a site without agents. */
export const stoppedAgent: AgentWorld = {
  state: "stopped",
  dueUs: NEVER,
  run: 0,
  anchorUs: 0,
  lookedUs: 0,
  lookUs: NEVER,
  askedUs: NEVER,
  beatUs: NEVER,
  looks: [],
  giveUp: freshGiveUp,
};

/** An agent that does not run any more. */
export function ended({ run, anchorUs }: AgentWorld): AgentWorld {
  return { ...stoppedAgent, run, anchorUs };
}

/** What HAProxy's own checks have made of its servers: all alike. */
export interface ServersWorld {
  /** fresh: this HAProxy has not checked them yet. */
  readonly view: "fresh" | "up" | "down";
  /** Checks in a row that spoke against it. */
  readonly against: number;
  /** Checks come every interval from here. */
  readonly anchorUs: number;
  /** The next check that can find something new. */
  readonly dueUs: number;
}

export const uncheckedServers: ServersWorld = { view: "fresh", against: 0, anchorUs: 0, dueUs: NEVER };

/** An agent's message to a peer. */
export interface Message {
  readonly arrivesUs: number;
  readonly from: number;
  readonly to: number;
  readonly session: string;
  readonly decision: Decision;
}

/** While the agents rest: how things stood when they came to rest. They wake when that changes. */
export interface AgentsRest {
  /** By node: what agents can see, as one number. */
  readonly seen: readonly number[];
  /** By node: the peers whose beats it goes on hearing. */
  readonly fed: readonly (readonly number[])[];
}

export function shiftedAgent(agent: AgentWorld, at: (timeUs: number) => number): AgentWorld {
  const { heard, pending, givenUp, backOff, unanswered, ...rest } = agent.giveUp;
  return {
    ...agent,
    dueUs: at(agent.dueUs),
    anchorUs: at(agent.anchorUs),
    lookedUs: at(agent.lookedUs),
    lookUs: at(agent.lookUs),
    askedUs: at(agent.askedUs),
    beatUs: at(agent.beatUs),
    giveUp: {
      ...rest,
      heard: heard.map((one) => ({ ...one, atUs: at(one.atUs) })),
      ...(pending === undefined ? {} : { pending: { ...pending, sinceUs: at(pending.sinceUs) } }),
      ...(givenUp === undefined
        ? {}
        : {
            givenUp: {
              ...givenUp,
              sinceUs: at(givenUp.sinceUs),
              consentUntilUs: at(givenUp.consentUntilUs),
            },
          }),
      ...(backOff === undefined ? {} : { backOff: { ...backOff, untilUs: at(backOff.untilUs) } }),
      ...(unanswered === undefined ? {} : { unanswered: { ...unanswered, untilUs: at(unanswered.untilUs) } }),
    },
  };
}

export function shiftedServers(servers: ServersWorld, at: (timeUs: number) => number): ServersWorld {
  return { ...servers, anchorUs: at(servers.anchorUs), dueUs: at(servers.dueUs) };
}
