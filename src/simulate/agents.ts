// hapair's agents in the simulation: they look, decide, talk and write `traffic` by policy's own functions. Rule: agents whose looks and beats change
// nothing rest (agents-rest.ts), so that a quiet pair has no events but adverts.

import {
  decisionFor,
  fitnessOf,
  freshGiveUp,
  type GiveUpEffect,
  type GiveUpInput,
  type GiveUpSelf,
  gradeOf,
  type OwnStanding,
  standingOf,
  stepGiveUp,
  stepRule,
  unseenRule,
} from "../policy/index.ts";
import { NEVER } from "../vrrp/index.ts";
import { type AgentWorld, ended, type Message } from "./agent-world.ts";
import { writeFile } from "./haproxy.ts";
import { isConnected, layoutOf } from "./network.ts";
import { type Scene, tellOf } from "./scene.ts";
import { numbersOf } from "./servers.ts";
import type { SiteAgents } from "./site.ts";
import { nextLook } from "./work-world.ts";
import type { NodeWorld } from "./world.ts";

/** From systemd's start to the first look: Node.js and the log; no order hangs on it. */
const START_US = 500_000;
/** The unit: RestartSec, WatchdogSec, and a word at a third of that. */
const RESTART_US = 500_000;
const WATCHDOG_US = 3_000_000;
const WORD_EVERY_US = WATCHDOG_US / 3;

/** More on their way at once a few agents do not have. */
const MESSAGES_MAX = 256;

function set(node: NodeWorld, change: Partial<AgentWorld>): void {
  node.agent = { ...node.agent, ...change };
}

function writeOpinion(scene: Scene, node: number, opinion: 0 | 1): void {
  writeFile(scene, node, scene.site.nodes[node]!.writes.traffic, opinion);
}

/** systemctl start. */
export function startAgent(scene: Scene, node: number, afterUs = 0): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (scene.site.agents === undefined || !nodeWorld.power || nodeWorld.agent.state !== "stopped") return;
  set(nodeWorld, { state: "starting", dueUs: scene.world.nowUs + afterUs + START_US });
}

/** systemctl stop: the opinion is taken back, and the peers hear a last word. */
export function stopAgent(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { state } = nodeWorld.agent;
  if (state === "stopped") return;
  end(scene, node);
  if (state === "running") beat(scene, node);
  tellOf(scene, node, "'s agent is stopped");
}

export function restartAgent(scene: Scene, node: number): void {
  stopAgent(scene, node);
  startAgent(scene, node);
}

/** However it ends, the unit writes 0 (ExecStopPost). */
function end(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  nodeWorld.agent = ended(nodeWorld.agent);
  writeOpinion(scene, node, 0);
}

/** SIGKILL: systemd starts it again. */
export function killAgent(scene: Scene, node: number): void {
  if (scene.world.nodes[node]!.agent.state === "stopped") return;
  end(scene, node);
  tellOf(scene, node, "'s agent has been killed, and systemd starts it again");
  startAgent(scene, node, RESTART_US);
}

/** SIGSTOP: the opinion stands until the watchdog has missed a word. */
export function freezeAgent(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { state, anchorUs } = nodeWorld.agent;
  if (state !== "running") return;
  const { nowUs } = scene.world;
  const lastWordUs = nowUs - ((nowUs - anchorUs) % WORD_EVERY_US);
  set(nodeWorld, { state: "frozen", dueUs: lastWordUs + WATCHDOG_US });
}

export function thawAgent(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.agent.state !== "frozen") return;
  const { nowUs } = scene.world;
  set(nodeWorld, { state: "running", dueUs: NEVER, lookUs: nowUs, askedUs: NEVER, beatUs: nowUs });
}

/** When something of agents is due next. */
export function nextOfAgent({ agent, servers }: NodeWorld): number {
  if (agent.state !== "running") return Math.min(agent.dueUs, servers.dueUs);
  return Math.min(agent.lookUs, agent.beatUs, servers.dueUs);
}

/** Does one thing of a node's agent that is due; false: nothing is. */
export function stepAgent(scene: Scene, node: number): boolean {
  const { nowUs } = scene.world;
  const { agent } = scene.world.nodes[node]!;
  if (agent.state === "running") {
    if (agent.lookUs <= nowUs) look(scene, node);
    else if (agent.beatUs <= nowUs) {
      step(scene, node, { kind: "passed" });
      beat(scene, node);
    } else return false;
    return true;
  }
  if (agent.dueUs > nowUs) return false;
  if (agent.state === "starting") run(scene, node);
  else {
    tellOf(scene, node, "'s agent hangs: systemd's watchdog ends it");
    killAgent(scene, node);
  }
  return true;
}

function run(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { nowUs } = scene.world;
  const { beatUs, rules } = scene.site.agents!;
  nodeWorld.agent = {
    state: "running",
    dueUs: NEVER,
    run: nodeWorld.agent.run + 1,
    anchorUs: nowUs,
    lookedUs: nowUs,
    lookUs: nowUs,
    askedUs: NEVER,
    beatUs: nowUs + beatUs,
    looks: rules.map(() => ({ state: unseenRule, reading: "unknown" as const })),
    giveUp: freshGiveUp,
  };
  writeOpinion(scene, node, 0);
}

/** One look at HAProxy. A silent one is believed to be silent after the time that an answer may take. */
function look(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { nowUs } = scene.world;
  const { pollUs, answerLimitUs, rules } = scene.site.agents!;
  const { askedUs, looks } = nodeWorld.agent;
  if (nodeWorld.haproxy === "hung" && askedUs === NEVER) {
    set(nodeWorld, { askedUs: nowUs, lookUs: nowUs + answerLimitUs });
    return;
  }
  const beganUs = askedUs === NEVER ? nowUs : askedUs;
  const numbers = numbersOf(scene, node, rules);
  set(nodeWorld, {
    askedUs: NEVER,
    lookedUs: beganUs,
    // After one that waited for its answer the next begins at once.
    lookUs: Math.max(beganUs + pollUs, nowUs),
    looks: rules.map((rule, index) => {
      const reading = gradeOf(rule.limit, numbers);
      return { state: stepRule(rule, looks[index]!.state, reading), reading };
    }),
  });
  step(scene, node, { kind: "looked", own: ownStanding(scene, node) });
}

/** How the node stands, as its agent says. */
export function ownStanding(scene: Scene, node: number): OwnStanding {
  const { rules } = scene.site.agents!;
  const { looks } = scene.world.nodes[node]!.agent;
  const { fit } = fitnessOf(conditionOf(scene, node));
  return standingOf(fit, rules, (name) => looks[rules.findIndex((rule) => rule.name === name)]);
}

function conditionOf(scene: Scene, node: number): Parameters<typeof fitnessOf>[0] {
  const nodeWorld = scene.world.nodes[node]!;
  const layout = layoutOf(scene, node);
  const { process, hold } = scene.site.nodes[node]!.writes;
  const textOf = (name: string | undefined): string => {
    const value = nodeWorld.files[layout.files.findIndex((file) => file.name === name)] ?? 0;
    return Number.isNaN(value) ? "0" : String(value);
  };
  const runs = nodeWorld.daemon === "running" || nodeWorld.daemon === "frozen";
  return {
    instances: layout.instances.map(({ name }, index) => {
      const state = runs ? nodeWorld.instances[index]!.state : "STOPPED";
      return { router: name, ...(state === "INIT" ? {} : { state }) };
    }),
    watched: { process: textOf(process), hold: textOf(hold) },
    health: nodeWorld.haproxy === "up" ? "ok" : "silent",
    maintenance: nodeWorld.maintenance,
  };
}

/** Whom a node's agent is to its peers. */
export function selfOf(
  { site, world }: Scene,
  node: number,
): GiveUpSelf & { readonly times: SiteAgents["times"] } {
  const { name } = site.nodes[node]!;
  return {
    session: `${name} ${world.nodes[node]!.agent.run}`,
    peers: site.nodes.filter((_node, index) => index !== node).map((peer) => peer.name),
    times: site.agents!.times,
  };
}

function step(scene: Scene, node: number, input: GiveUpInput): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { state, effects } = stepGiveUp(
    selfOf(scene, node),
    nodeWorld.agent.giveUp,
    input,
    scene.world.nowUs,
  );
  set(nodeWorld, { giveUp: state });
  for (const effect of effects) perform(scene, node, effect);
}

const said: Readonly<Record<Extract<GiveUpEffect, { kind: "tell" }>["what"], (peer: string) => string>> = {
  asked: (peer) => `asks ${peer} to take the VIP`,
  "request-ended": (peer) => `does not ask ${peer} any more`,
  granted: (peer) => `lets ${peer} give up`,
  "given-up": (peer) => `gives up in favour of ${peer}`,
  "taken-back": (peer) => `gives up no more (${peer})`,
};

function perform(scene: Scene, node: number, effect: GiveUpEffect): void {
  switch (effect.kind) {
    case "write":
      return writeOpinion(scene, node, effect.opinion);
    case "send": {
      const to = scene.site.nodes.findIndex(({ name }) => name === effect.to);
      return send(scene, node, to, effect.decision);
    }
    case "tell":
      return tellOf(scene, node, `'s agent ${said[effect.what](effect.peer)}: ${effect.why}`);
  }
}

/** A word to every peer. */
function beat(scene: Scene, node: number): void {
  const { site, world } = scene;
  const nodeWorld = world.nodes[node]!;
  for (let to = 0; to < world.nodes.length; to += 1)
    if (to !== node) send(scene, node, to, decisionFor(nodeWorld.agent.giveUp, site.nodes[to]!.name));
  if (nodeWorld.agent.state !== "running") return;
  const { beatUs, anchorUs } = { beatUs: site.agents!.beatUs, anchorUs: nodeWorld.agent.anchorUs };
  set(nodeWorld, { beatUs: nextLook(anchorUs, world.nowUs + 1, beatUs) });
}

/** UDP between the nodes' own addresses: what drops VRRP lets it pass. */
function send(scene: Scene, from: number, to: number, decision: Message["decision"]): void {
  const { world } = scene;
  const [sender, receiver] = [world.nodes[from]!, world.nodes[to]!];
  if (!isConnected(sender) || !isConnected(receiver)) return;
  const arrivesUs = world.nowUs + Math.max(sender.delayUs, receiver.delayUs);
  const message = { arrivesUs, from, to, session: selfOf(scene, from).session, decision };
  const place = world.messages.findLastIndex((other) => other.arrivesUs <= arrivesUs) + 1;
  world.messages = world.messages.toSpliced(place, 0, message).slice(0, MESSAGES_MAX);
}

/** Hands over a message that has arrived; false: none has. */
export function stepMessages(scene: Scene): boolean {
  const { site, world } = scene;
  const [message, ...others] = world.messages;
  if (message === undefined || message.arrivesUs > world.nowUs) return false;
  world.messages = others;
  const receiver = world.nodes[message.to]!;
  if (!isConnected(receiver) || receiver.agent.state !== "running") return true;
  const { session, decision } = message;
  step(scene, message.to, { kind: "heard", from: site.nodes[message.from]!.name, session, decision });
  return true;
}
