// How one node is: its instances' states, the layers of its health, and every trouble that keeps it from being a good standby or holder. Pure.

import { sentenceList } from "../base/index.ts";
import { type AgentSight, agentSight } from "./agent-sight.ts";
import type { Pair, PairNode, Router } from "../model/index.ts";
import { nodePaths } from "../render/index.ts";
import { isHold, isRaised, type Leftover, leftoverScene, leftoversOf } from "./leftovers.ts";
import {
  holdCause,
  type MaintenanceStatus,
  maintenanceStatus,
  operationByClock,
} from "./maintenance-status.ts";
import type { ConfiguredInstance, LoggedState, NodeObservation, Sighting, UnitState } from "./observation.ts";
import { isRunning } from "./operation.ts";

/** keepalived's states; STOPPED: it is not running; unknown: it runs and has not said. */
export type NodeInstanceState = "MASTER" | "BACKUP" | "FAULT" | "STOPPED" | "unknown";

export interface InstanceStatus {
  readonly router: string;
  readonly state: NodeInstanceState;
  /** Milliseconds of the asking machine's wall clock. */
  readonly sinceMs?: number;
  /** The node has all, some or none of the router's VIPs. */
  readonly holds: "all" | "some" | "none";
}

/** ok · bad · absent: this node has no such layer · unknown */
export type LayerAnswer = "ok" | "bad" | "absent" | "unknown";

export interface LayerStatus {
  readonly answer: LayerAnswer;
  readonly text: string;
}

export const layerNames = ["process", "service", "traffic", "hold"] as const;
export type LayerName = (typeof layerNames)[number];

export interface NodeStatus {
  readonly node: string;
  readonly reachable: boolean;
  /** Why it could not be asked. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly keepalived: string;
  readonly haproxy: string;
  readonly bootedAtMs?: number;
  readonly clockAheadMs?: number;
  readonly instances: readonly InstanceStatus[];
  readonly layers: Readonly<Record<LayerName, LayerStatus>>;
  /** Absent: the pair has no agent. */
  readonly agent?: AgentSight;
  /** Absent: it is not under maintenance. What maintenance itself does to the node is none of its troubles. */
  readonly maintenance?: MaintenanceStatus;
  /** Clauses without the node's name; empty: fit to hold the VIP, but for a maintenance. */
  readonly troubles: readonly string[];
  /** What a switchover or maintenance left there and the node has not put right; `hapair maintenance off NODE` mends it. */
  readonly leftovers: readonly Leftover[];
}

/** Judges one sighting; undefined: the node was not asked. */
export function nodeStatus(pair: Pair, node: PairNode, sighting: Sighting | undefined): NodeStatus {
  if (sighting === undefined || sighting.kind === "unreachable") {
    const error = sighting?.error ?? { code: "status-not-asked", message: `${node.name} was not asked` };
    const layer: LayerStatus = { answer: "unknown", text: "unknown" };
    return {
      node: node.name,
      reachable: false,
      error,
      keepalived: "unknown",
      haproxy: "unknown",
      instances: pair.routers.map((router) => ({ router: router.name, state: "unknown", holds: "none" })),
      layers: { process: layer, service: layer, traffic: layer, hold: layer },
      ...(pair.agent === undefined ? {} : { agent: { answer: "unknown", text: "unknown" } }),
      troubles: [`cannot be asked, so nothing is known of it (${error.message})`],
      leftovers: [],
    };
  }
  const observation = inOurTime(sighting.observation);
  const layers = layersOf(observation);
  const agent = agentSight(sighting.observation);
  const maintenance = maintenanceStatus(observation);
  const causes = faultCauses(node, observation, layers, undefined);
  const instances = pair.routers.map((router) =>
    instanceStatus(router, node, observation, causes.length > 0),
  );
  const scene = leftoverScene(pair, observation);
  return {
    node: node.name,
    reachable: true,
    keepalived: unitText(observation.keepalived),
    haproxy: unitText(observation.haproxy),
    ...(observation.bootedAtMs === undefined ? {} : { bootedAtMs: observation.bootedAtMs }),
    clockAheadMs: observation.clockAheadMs,
    instances,
    layers,
    ...(agent === undefined ? {} : { agent }),
    ...(maintenance === undefined ? {} : { maintenance }),
    troubles: troublesOf(pair, node, observation, { instances, layers, maintenance }),
    leftovers: scene === undefined ? [] : leftoversOf(scene),
  };
}

/** A node's clock that is off by less than this is not corrected: the measuring itself is off by some of it. */
const CLOCK_TOLERANCE_MS = 1000;

/** The same observation with its moments told by the asking machine's clock. */
export function inOurTime(observation: NodeObservation): NodeObservation {
  const aheadMs = observation.clockAheadMs;
  if (Math.abs(aheadMs) < CLOCK_TOLERANCE_MS) return observation;
  const ours = (unit: UnitState): UnitState =>
    unit.changedAtMs === undefined ? unit : { ...unit, changedAtMs: unit.changedAtMs - aheadMs };
  return {
    ...observation,
    wallMs: observation.wallMs - aheadMs,
    keepalived: ours(observation.keepalived),
    haproxy: ours(observation.haproxy),
    states: observation.states.map((state) => ({ ...state, sinceMs: state.sinceMs - aheadMs })),
    notes: observation.notes.map((note) => ({ ...note, atMs: note.atMs - aheadMs })),
    ...(observation.bootedAtMs === undefined ? {} : { bootedAtMs: observation.bootedAtMs - aheadMs }),
    ...(observation.watch === undefined
      ? {}
      : {
          watch: {
            ...observation.watch,
            files: observation.watch.files.map((file) => ({
              ...file,
              changedAtMs: file.changedAtMs - aheadMs,
            })),
          },
        }),
    ...(observation.operation === undefined
      ? {}
      : { operation: operationByClock(observation.operation, aheadMs) }),
  };
}

/** The instance of the node's own configuration that speaks for a router: same VRID, same family of addresses first of all. */
export function configuredInstance(
  router: Router,
  observation: NodeObservation,
): ConfiguredInstance | undefined {
  const instances = observation.configuration?.instances ?? [];
  return (
    instances.find((instance) => instance.name === router.name && instance.vrid === router.id) ??
    instances.find(
      (instance) => instance.vrid === router.id && instance.vips.some((vip) => sameAddress(vip, router)),
    ) ??
    instances.find((instance) => instance.vrid === router.id)
  );
}

function sameAddress(vip: string, router: Router): boolean {
  const [address] = vip.split("/");
  return router.vips.some((own) => own.address.text === address);
}

/** The last word of keepalived on an instance. A reload that renames an instance says nothing under the new name. */
export function loggedState(router: Router, observation: NodeObservation): LoggedState | undefined {
  const name = configuredInstance(router, observation)?.name ?? router.name;
  const named = observation.states.find((state) => state.instance === name);
  if (named !== undefined) return named;
  const onlyOne = observation.states.length === 1 && observation.configuration?.instances.length === 1;
  return onlyOne ? observation.states[0] : undefined;
}

function instanceStatus(
  router: Router,
  node: PairNode,
  observation: NodeObservation,
  hasFault: boolean,
): InstanceStatus {
  const vips = [...router.vips, ...router.excludedVips];
  const held = vips.filter((vip) =>
    observation.addresses.some(
      (address) =>
        address.address === vip.address.text && address.interface === (vip.interface ?? node.interface),
    ),
  );
  const holds = held.length === 0 ? "none" : held.length === vips.length ? "all" : "some";
  if (observation.keepalived.active !== "active") {
    const sinceMs = observation.keepalived.changedAtMs;
    return { router: router.name, state: "STOPPED", holds, ...(sinceMs === undefined ? {} : { sinceMs }) };
  }
  const logged = loggedState(router, observation);
  if (logged !== undefined)
    return { router: router.name, state: logged.state, sinceMs: logged.sinceMs, holds };
  // A start with a failing check or a bad file goes to FAULT without a word (keepalived-behaviour 1.3); otherwise the journal was rotated
  // away, and a running keepalived that has the VIP is MASTER.
  const withoutVip = hasFault ? "FAULT" : "unknown";
  return { router: router.name, state: holds === "none" ? withoutVip : "MASTER", holds };
}

function layersOf(observation: NodeObservation): Record<LayerName, LayerStatus> {
  const file = (name: LayerName): LayerStatus => {
    const value = observation.watch?.files.find((watched) => watched.name === name)?.value.trim();
    const tracked =
      observation.configuration?.trackedPaths[name]?.startsWith(`${nodePaths.watchDirectory}/`) === true;
    // To keepalived a missing file is a healthy one, so it is not said to be ok here.
    if (value === undefined)
      return tracked ? { answer: "unknown", text: "missing" } : { answer: "absent", text: "-" };
    return value === "0" || value === "" ? { answer: "ok", text: "ok" } : { answer: "bad", text: value };
  };
  return {
    process: file("process"),
    service: serviceLayer(observation),
    traffic: file("traffic"),
    hold: holdLayer(observation, file("hold")),
  };
}

/** The hold of all routers, or where that is not set those of single ones: `1 (web)`. */
function holdLayer(observation: NodeObservation, whole: LayerStatus): LayerStatus {
  if (whole.answer === "bad") return whole;
  const single = (observation.watch?.files ?? []).filter(
    ({ name, value }) => isHold(name) && isRaised(value),
  );
  if (single.length === 0) return whole;
  const routers = single.map(({ name }) => name.replace(/^hold-/, ""));
  return { answer: "bad", text: `1 (${sentenceList(routers)})` };
}

/** The service answers on the local health address. A node without hapair's second file has no such address. */
function serviceLayer(observation: NodeObservation): LayerStatus {
  const { health, haproxy } = observation;
  if (health.httpStatus === 200) return { answer: "ok", text: "ok" };
  if (health.curlExit === 127) return { answer: "unknown", text: "no curl" };
  if (haproxy.active !== "active") return { answer: "bad", text: "down" };
  if (!observation.haproxyCommand.includes(nodePaths.secondHaproxyConf) && health.curlExit === 7)
    return { answer: "absent", text: "-" };
  if (health.curlExit === 28) return { answer: "bad", text: "hung" };
  return { answer: "bad", text: health.httpStatus === 0 ? "silent" : String(health.httpStatus) };
}

function unitText(unit: UnitState): string {
  if (unit.load === "not-found") return "not installed";
  if (unit.active === "active") return "active";
  return unit.result === "" || unit.result === "success" ? unit.active : `${unit.active} (${unit.result})`;
}

/** What was already told of a node. */
interface Told {
  readonly instances: readonly InstanceStatus[];
  readonly layers: Readonly<Record<LayerName, LayerStatus>>;
  readonly maintenance: MaintenanceStatus | undefined;
}

function troublesOf(pair: Pair, node: PairNode, observation: NodeObservation, told: Told): string[] {
  const { instances, layers, maintenance } = told;
  const troubles: string[] = [];
  if (observation.keepalived.active !== "active")
    troubles.push(`keepalived is ${unitText(observation.keepalived)}`);
  if (observation.haproxy.active !== "active") {
    if (maintenance?.haproxy !== "stopped") troubles.push(`HAProxy is ${unitText(observation.haproxy)}`);
  } else if (layers.service.answer === "bad")
    troubles.push(`HAProxy does not answer on ${observation.health.url} (${layers.service.text})`);
  for (const instance of instances) {
    const router = pair.routers.find((candidate) => candidate.name === instance.router);
    const vips = sentenceList(
      [...(router?.vips ?? []), ...(router?.excludedVips ?? [])].map((vip) => vip.address.text),
    );
    if (instance.state === "FAULT") {
      const causes = faultCauses(node, observation, layers, maintenance);
      const isMeant =
        causes.length === 0 &&
        (maintenance?.haproxy === "stopped" || (maintenance !== undefined && layers.hold.answer === "bad"));
      if (!isMeant)
        troubles.push(
          `${instance.router} is in FAULT, because ${sentenceList(causes, "and") || "of something that only its journal tells (journalctl -u keepalived)"}`,
        );
    } else if (instance.state === "unknown") {
      troubles.push(
        `the state of ${instance.router} is not known: keepalived has not said since it was started`,
      );
    }
    if (instance.state === "MASTER" && instance.holds === "none")
      troubles.push(`keepalived says MASTER, but ${vips} is not on ${node.interface}`);
    if (instance.state !== "MASTER" && instance.holds !== "none") {
      troubles.push(`${vips} was left on ${node.interface}: keepalived ${leftWord(instance.state)}`);
    }
  }
  return [
    ...troubles,
    ...watchTroubles(observation, layers, instances),
    ...advertTroubles(pair, observation, instances),
  ];
}

function leftWord(state: NodeInstanceState): string {
  return state === "STOPPED" ? "is not running there" : `is ${state} there`;
}

/** What of that which keepalived watches puts it into FAULT, but for what the maintenance, where there is one, means to. */
function faultCauses(
  node: PairNode,
  observation: NodeObservation,
  layers: Readonly<Record<LayerName, LayerStatus>>,
  maintenance: MaintenanceStatus | undefined,
): string[] {
  const causes: string[] = [];
  const isStopped = maintenance?.haproxy === "stopped";
  if (layers.process.answer === "bad" && !isStopped)
    causes.push("HAProxy was stopped or crashed (process is 1)");
  if (layers.traffic.answer === "bad")
    causes.push(`the agent gave the VIP up (traffic is ${layers.traffic.text})`);
  const held = maintenance === undefined ? holdCause(observation) : undefined;
  if (held !== undefined) causes.push(held);
  const link = observation.links.find((candidate) => candidate.interface === node.interface);
  if (link === undefined) causes.push(`there is no interface ${node.interface}`);
  else if (!link.up || !link.carrier) causes.push(`${node.interface} is down`);
  const script = observation.notes.find((note) => note.text.startsWith("VRRP_Script("));
  if (script !== undefined && !script.text.includes("succeeded") && !isStopped)
    causes.push(`the check failed: ${script.text}`);
  return causes;
}

function watchTroubles(
  observation: NodeObservation,
  layers: Readonly<Record<LayerName, LayerStatus>>,
  instances: readonly InstanceStatus[],
): string[] {
  const tracked = Object.values(observation.configuration?.trackedPaths ?? {}).filter((path) =>
    path.startsWith(`${nodePaths.watchDirectory}/`),
  );
  if (tracked.length === 0) return [];
  if (observation.watch === undefined) {
    return [
      `${nodePaths.watchDirectory} is missing, so keepalived watches none of its files and a stopped HAProxy is found by the check alone`,
    ];
  }
  if (observation.watch.watchedByKeepalived === false) {
    return [
      `${nodePaths.watchDirectory} was made anew after keepalived started, so keepalived does not watch it`,
    ];
  }
  const inFault = instances.every((instance) => instance.state === "FAULT" || instance.state === "STOPPED");
  // The hold of one router concerns its instance alone, and one of a move lasts no longer than keepalived takes to follow it.
  const moves = observation.operation !== undefined && isRunning(observation.operation, "hapair-move");
  const isHeld = !moves && isRaised(observation.watch.files.find(({ name }) => name === "hold")?.value ?? "");
  const ignored = (["process", "traffic", "hold"] as const).filter((name) =>
    name === "hold" ? isHeld : layers[name].answer === "bad",
  );
  return ignored.length > 0 && !inFault
    ? [`${sentenceList(ignored)} is not 0, yet keepalived is not in FAULT`]
    : [];
}

/** keepalived refuses what it hears; the last word of the last while counts. */
const REJECTION = /invalid passwd|invalid version|wrong version|mismatch|advert interval/i;
const REJECTION_AGE_MS = 15_000;

function advertTroubles(
  pair: Pair,
  observation: NodeObservation,
  instances: readonly InstanceStatus[],
): string[] {
  const now = observation.wallMs + observation.tookMs;
  const rejection = observation.notes.find(
    (note) => REJECTION.test(note.text) && now - note.atMs < REJECTION_AGE_MS,
  );
  const troubles =
    rejection === undefined ? [] : [`keepalived refuses its peer's adverts: ${rejection.text}`];
  for (const router of pair.routers) {
    const isBackup = instances.some(
      (instance) => instance.router === router.name && instance.state === "BACKUP",
    );
    const counts = (observation.adverts ?? []).filter((count) => count.router === router.name);
    const countedLongEnough = observation.advertsCountedMs * 1000 > router.advertIntervalUs;
    if (!isBackup || counts.length === 0 || !countedLongEnough) continue;
    if (counts.every((count) => count.arrived === 0))
      troubles.push(`no advert for ${router.name} arrived in ${observation.advertsCountedMs / 1000} s`);
    else if (counts.every((count) => count.delivered === 0))
      troubles.push(`the firewall drops the adverts for ${router.name}`);
  }
  return troubles;
}
