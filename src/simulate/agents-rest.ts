// When agents rest: looks and beats that would go on saying the same are not made. Rule: whether they would is asked of policy's own functions; when
// something that agents can see changes, they wake as if they had been beating all the time.

import {
  decisionFor,
  type Decision,
  type GiveUpState,
  gradeOf,
  stepGiveUp,
  stepRule,
} from "../policy/index.ts";
import { NEVER } from "../vrrp/index.ts";
import { ownStanding, selfOf } from "./agents.ts";
import type { AgentWorld } from "./agent-world.ts";
import { isConnected } from "./network.ts";
import type { Scene } from "./scene.ts";
import { numbersOf } from "./servers.ts";
import { nextLook } from "./work-world.ts";
import type { NodeWorld } from "./world.ts";

/** Puts agents to rest and wakes them. Called when nothing is due any more; what it brings about is due later than now. */
export function noticeAgents(scene: Scene): void {
  const { site, world } = scene;
  if (site.agents === undefined || scene.agentsNeverRest === true) return;
  const { rest } = world;
  if (rest !== undefined) {
    if (world.nodes.every((node, index) => seenOf(node) === rest.seen[index])) return;
    feed(scene, rest.fed);
    world.rest = undefined;
  }
  if (allRest(scene)) lieDown(scene);
  else if (rest !== undefined) wake(scene);
}

/** Before an agent that rests hears or does anything, it is as if it had been beating all the time. */
export function rouseAgents(scene: Scene): void {
  const { world } = scene;
  const { rest, nowUs, messages } = world;
  if (rest === undefined) return;
  const isDue =
    (messages[0]?.arrivesUs ?? NEVER) <= nowUs || world.nodes.some(({ agent }) => agent.dueUs <= nowUs);
  if (!isDue) return;
  feed(scene, rest.fed);
  world.rest = undefined;
  wake(scene);
}

const AGENTS = { stopped: 0, starting: 1, running: 2, frozen: 3 } as const;
const DAEMONS = { stopped: 0, starting: 1, running: 2, frozen: 3, stopping: 4 } as const;
const HAPROXIES = { up: 0, hung: 1, down: 2 } as const;
const VIEWS = { fresh: 0, up: 1, down: 2 } as const;

/** Everything about a node that its own agent or a peer could notice. */
function seenOf(node: NodeWorld): number {
  const { agent, servers } = node;
  let seen = AGENTS[agent.state] + 4 * DAEMONS[node.daemon] + 32 * HAPROXIES[node.haproxy];
  seen += 128 * VIEWS[servers.view] + 512 * (node.maintenance ? 1 : 0) + 1024 * (isConnected(node) ? 1 : 0);
  seen += 2048 * Math.min(servers.against, 15) + 32_768 * (agent.run % 16);
  for (const value of node.files) seen = (seen * 2 + (value === 0 ? 0 : 1)) % 2 ** 40;
  for (const { state } of node.instances)
    seen = (seen * 2 + (state === "FAULT" || state === "INIT" ? 1 : 0)) % 2 ** 40;
  return seen;
}

/** The peers whose beats reach a node. */
function heardBy({ world }: Scene, node: number): number[] {
  const reached = world.nodes[node]!;
  if (!isConnected(reached) || reached.agent.state !== "running") return [];
  return world.nodes.flatMap((peer, index) =>
    index !== node && isConnected(peer) && peer.agent.state === "running" ? [index] : [],
  );
}

function allRest(scene: Scene): boolean {
  const { world } = scene;
  if (world.messages.length > 0) return false;
  return world.nodes.every(
    ({ agent }, index) => agent.state !== "running" || (looksRest(scene, index) && talkRests(scene, index)),
  );
}

/** Whether another look would say what the last one said. */
function looksRest(scene: Scene, node: number): boolean {
  const { rules } = scene.site.agents!;
  const { agent } = scene.world.nodes[node]!;
  const { own } = agent.giveUp;
  if (agent.askedUs !== NEVER || own === undefined) return false;
  const numbers = numbersOf(scene, node, rules);
  const stays = rules.every((rule, index) => {
    const { state, reading } = agent.looks[index]!;
    if (gradeOf(rule.limit, numbers) !== reading) return false;
    const after = stepRule(rule, state, reading);
    return after.grade === state.grade && after.looks === state.looks && after.toward === state.toward;
  });
  return stays && isSame(ownStanding(scene, node), own);
}

function isSame(left: Pick<Decision, "fit" | "grades">, right: Pick<Decision, "fit" | "grades">): boolean {
  const names = Object.keys(left.grades);
  return (
    left.fit === right.fit &&
    names.length === Object.keys(right.grades).length &&
    names.every((name) => left.grades[name] === right.grades[name])
  );
}

/** Whether beats that go on as they are, and time, would bring nothing about. */
function talkRests(scene: Scene, node: number): boolean {
  const { site, world } = scene;
  const { giveUp } = world.nodes[node]!.agent;
  if (giveUp.pending !== undefined) return false;
  const peers = heardBy(scene, node);
  const { name } = site.nodes[node]!;
  for (const peer of peers) {
    const heard = giveUp.heard.find((one) => one.peer === site.nodes[peer]!.name);
    const says = decisionFor(world.nodes[peer]!.agent.giveUp, name);
    if (heard === undefined || says.request !== undefined) return false;
    if (heard.decision.givenUp !== says.givenUp || !isSame(heard.decision, says)) return false;
  }
  const fed = withBeats(scene, giveUp, peers, world.nowUs);
  if (fed.givenUp !== undefined && fed.givenUp.consentUntilUs <= world.nowUs) return false;
  if (giveUp.givenUp !== undefined && !peers.some((peer) => site.nodes[peer]!.name === giveUp.givenUp?.to))
    return false;
  // What only waits for its time does not rest.
  const { backOff: _backOff, unanswered: _unanswered, ...free } = fed;
  return stepGiveUp(selfOf(scene, node), free, { kind: "passed" }, world.nowUs).effects.length === 0;
}

/** The state of an agent to which these peers' beats came until `atUs`. */
function withBeats(
  { site }: Scene,
  giveUp: GiveUpState,
  peers: readonly number[],
  atUs: number,
): GiveUpState {
  const names = peers.map((peer) => site.nodes[peer]!.name);
  const { givenUp } = giveUp;
  const consents = givenUp !== undefined && names.includes(givenUp.to);
  const consentUntilUs = atUs + site.agents!.times.consentUs;
  return {
    ...giveUp,
    heard: giveUp.heard.map((one) =>
      names.includes(one.peer) ? { ...one, atUs: Math.max(one.atUs, atUs) } : one,
    ),
    ...(consents
      ? { givenUp: { ...givenUp, consentUntilUs: Math.max(givenUp.consentUntilUs, consentUntilUs) } }
      : {}),
  };
}

function lieDown(scene: Scene): void {
  const { world } = scene;
  const fed = world.nodes.map((_node, index) => heardBy(scene, index));
  world.nodes.forEach((node, index) => {
    if (node.agent.state !== "running") return;
    node.agent = {
      ...node.agent,
      lookUs: NEVER,
      beatUs: NEVER,
      giveUp: settled(scene, node.agent, fed[index]!),
    };
  });
  world.rest = { seen: world.nodes.map(seenOf), fed };
}

/** Without what nothing depends on any more: numbers of requests that are over, and peers that have been silent for long. */
function settled({ site, world }: Scene, agent: AgentWorld, fed: readonly number[]): GiveUpState {
  const names = fed.map((peer) => site.nodes[peer]!.name);
  const { silentUs } = site.agents!.times;
  return {
    ...agent.giveUp,
    lastRequest: 0,
    heard: agent.giveUp.heard.filter(
      ({ peer, atUs }) => names.includes(peer) || world.nowUs < atUs + silentUs,
    ),
  };
}

/** What the agents would have heard while they rested: the last beat of each peer before now. */
function feed(scene: Scene, fed: readonly (readonly number[])[]): void {
  const { site, world } = scene;
  const { beatUs } = site.agents!;
  world.nodes.forEach((node, index) => {
    if (node.agent.state !== "running") return;
    for (const peer of fed[index]!) {
      const { anchorUs } = world.nodes[peer]!.agent;
      const atUs = nextLook(anchorUs, world.nowUs, beatUs) - beatUs;
      node.agent = { ...node.agent, giveUp: withBeats(scene, node.agent.giveUp, [peer], atUs) };
    }
  });
}

/** Looks and beats go on where they would be. */
function wake({ site, world }: Scene): void {
  const { pollUs, beatUs } = site.agents!;
  for (const node of world.nodes) {
    const { agent } = node;
    if (agent.state !== "running") continue;
    const next = (sinceUs: number, everyUs: number): number => nextLook(sinceUs, world.nowUs + 1, everyUs);
    node.agent = {
      ...agent,
      lookUs: agent.lookUs === NEVER ? next(agent.lookedUs, pollUs) : agent.lookUs,
      beatUs: agent.beatUs === NEVER ? next(agent.anchorUs, beatUs) : agent.beatUs,
    };
  }
}
