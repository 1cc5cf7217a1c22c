// What this node thinks of itself and says to its peers about the VIP: looks at HAProxy become grades, grades and what peers say become an opinion.
// The deciding is policy's; this keeps its state, carries its effects out in their order, and reports what changed as facts.

import { closeSync, constants, openSync, writeSync } from "node:fs";
import type { AgentSettings, FactReport } from "../agent-api/index.ts";
import {
  type Decision,
  decisionFor,
  fitnessOf,
  freshGiveUp,
  type GiveUpEffect,
  type GiveUpInput,
  type GiveUpSelf,
  type GiveUpState,
  giveUpTimes,
  gradeOf,
  type NodeCondition,
  type ProxyNumbers,
  readDecision,
  type RuleLook,
  standingOf,
  stepGiveUp,
  stepRule,
  unseenRule,
} from "../policy/index.ts";
import { factOf, factsOf, type Knowledge } from "./knowledge.ts";

export interface DecisionsOptions {
  readonly settings: AgentSettings;
  readonly session: string;
  readonly knowledge: Knowledge;
  /** Steady clock, microseconds. */
  readonly nowUs: () => number;
  /** Writes the watched file; one that cannot be written ends the agent, because its unit can. */
  readonly writeOpinion: (opinion: 0 | 1) => void;
  /** To be sent at once. */
  readonly send: (to: string, decision: Decision) => void;
  readonly report: (reports: readonly FactReport[]) => void;
  /** A line for the agent's own journal. */
  readonly note: (line: string) => void;
}

export interface Decisions {
  /** One look at HAProxy. */
  looked(numbers: ProxyNumbers): void;
  /** The decision's part of a peer's fresh message. */
  heard(from: string, session: string, decision: unknown): void;
  /** With every beat. */
  passed(): void;
  /** What the next beat to a peer says. */
  decisionFor(peer: string): Decision;
  givenUp(): boolean;
  /** Takes the opinion back; nothing that is seen or heard afterwards changes it. */
  stop(): void;
}

/** Starts with opinion 0 and nothing known of the rules. */
export function startDecisions(options: DecisionsOptions): Decisions {
  const { settings } = options;
  const self: GiveUpSelf = {
    session: options.session,
    peers: settings.nodes.map(({ name }) => name).filter((name) => name !== settings.node),
    times: giveUpTimes(settings.peers),
  };
  let giveUp: GiveUpState = freshGiveUp;
  let stopped = false;
  const rules = new Map<string, RuleLook>();
  const step = (input: GiveUpInput): void => {
    if (stopped) return;
    const stepped = stepGiveUp(self, giveUp, input, Math.round(options.nowUs()));
    giveUp = stepped.state;
    for (const effect of stepped.effects) perform(effect, options);
  };
  return {
    looked(numbers) {
      const reports = settings.rules.map((rule): FactReport => {
        const reading = gradeOf(rule.limit, numbers);
        const state = stepRule(rule, rules.get(rule.name)?.state ?? unseenRule, reading);
        rules.set(rule.name, { state, reading });
        return { kind: "rule", subject: rule.name, value: state.grade };
      });
      options.report(reports);
      step({
        kind: "looked",
        own: standingOf(fitnessOf(conditionOf(options)).fit, settings.rules, (rule) => rules.get(rule)),
      });
    },
    heard(from, session, value) {
      const decision = readDecision(value);
      if (decision !== undefined) step({ kind: "heard", from, session, decision });
    },
    passed() {
      step({ kind: "passed" });
    },
    decisionFor: (peer) => decisionFor(giveUp, peer),
    givenUp: () => giveUp.givenUp !== undefined,
    stop() {
      stopped = true;
      // Written first: what is said from now on is said by a node that has given up nothing and asks for nothing.
      options.writeOpinion(0);
      giveUp = freshGiveUp;
      const detail = { why: "the agent stops" };
      options.report([{ kind: "opinion", subject: "traffic", value: "kept", detail }]);
    },
  };
}

const instanceStates = ["MASTER", "BACKUP", "FAULT", "STOPPED"] as const;

/** This node's facts as fitness asks for them. What is only given up is no reason against taking over: the opinion is part of the decision itself. */
function conditionOf({ settings, knowledge }: DecisionsOptions): NodeCondition {
  const { node } = settings;
  const value = (kind: Parameters<typeof factOf>[2], subject: string): string | undefined =>
    factOf(knowledge, node, kind, subject)?.value;
  const health = value("health", "haproxy");
  const process = value("watched", "process");
  const hold = value("watched", "hold");
  return {
    instances: settings.routers.map(({ name }) => {
      const state = instanceStates.find((one) => one === value("instance", name));
      const adverts = value("adverts", name);
      return {
        router: name,
        ...(state === undefined ? {} : { state }),
        ...(adverts === "accepted" || adverts === "refused" ? { adverts } : {}),
      };
    }),
    watched: {
      ...(process === undefined ? {} : { process: textOf(process) }),
      ...(hold === undefined ? {} : { hold: textOf(hold) }),
    },
    ...(health === "ok" || health === "slow" || health === "silent" ? { health } : {}),
    maintenance: factsOf(knowledge, node, "maintenance").some(([, fact]) => fact.value === "on"),
  };
}

/** To keepalived a missing watched file is a healthy one. */
function textOf(value: string): string {
  return value === "missing" ? "0" : value;
}

function perform(effect: GiveUpEffect, options: DecisionsOptions): void {
  switch (effect.kind) {
    case "write":
      options.writeOpinion(effect.opinion);
      return;
    case "send":
      options.send(effect.to, effect.decision);
      return;
    case "tell": {
      options.note(`${effect.what} (${effect.peer}): ${effect.why}`);
      if (effect.what !== "given-up" && effect.what !== "taken-back") return;
      const detail = {
        to: effect.peer,
        why: effect.why,
        ...(effect.rule === undefined ? {} : { rule: effect.rule }),
      };
      options.report([
        {
          kind: "opinion",
          subject: "traffic",
          value: effect.what === "given-up" ? "given-up" : "kept",
          detail,
        },
      ]);
    }
  }
}

/** Writes the watched file in place: a file that is empty for a moment would be read as 0. Throws what the file system says. */
export function writeOpinionFile(path: string, opinion: 0 | 1): void {
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    writeSync(descriptor, `${opinion}\n`, 0);
  } finally {
    // keepalived reads it when it is closed.
    closeSync(descriptor);
  }
}
