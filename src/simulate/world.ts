// The world: everything that changes while a site runs. Rule: a world and its nodes belong to whoever made them and are changed in place, since a search
// takes millions of steps; who wants to keep one clones it. Everything below the nodes never changes: it is replaced, and clones share it.

import { type InstanceState, NEVER, type VrrpState } from "../vrrp/index.ts";
import {
  type AgentsRest,
  type AgentWorld,
  type Message,
  type ServersWorld,
  stoppedAgent,
  uncheckedServers,
} from "./agent-world.ts";
import type { Site, SiteCheck } from "./site.ts";
import type { Connections, Errand, Job, MaintenanceWatch } from "./work-world.ts";

export type DaemonState =
  | "stopped"
  /** systemd starts it; it runs at `daemonDueUs`. */
  | "starting"
  | "running"
  /** SIGSTOP: it is there and does nothing. */
  | "frozen"
  /** `systemctl stop` or `restart` has begun: the goodbye is said, the process ends at `daemonDueUs`. */
  | "stopping";

export type HaproxyState = "up" | "hung" | "down";

/** What is about to happen to HAProxy at `haproxyDueUs`. */
export type HaproxyPlan = "none" | "start" | "stop" | "restart";

export type CheckVerdict =
  /** No result yet since the start: instances wait for it. */
  | "unknown"
  /** No result yet since the reload that brought it: nobody waits for it. */
  | "added"
  | "passed"
  | "failed";

/** What a frozen keepalived has to read when it goes on: its socket, what the kernel says of links and addresses, changes of watched files. */
export type Unread = "adverts" | "kernel" | "files";

/** A run of a check. */
export interface CheckRun {
  readonly beganUs: number;
  /** Its next look, by number. */
  readonly look: number;
  /**
   * When that look comes; with an outcome: when the run ends. "silent": HAProxy has been asked and says nothing; it fails then, unless an answer comes.
   * "ended": keepalived has told it to end.
   */
  readonly dueUs: number;
  readonly outcome: "none" | "pass" | "fail" | "silent" | "ended";
}

export interface CheckWorld {
  readonly verdict: CheckVerdict;
  /** keepalived's counter: it passes at `rise` and is full at `rise + fall - 1` (keepalived-behaviour 3.1). */
  readonly counter: number;
  /** The next result is the first since the start, or since the reload that brought it: one failure is enough. */
  readonly fresh: boolean;
  /** Runs begin every interval from here. */
  readonly anchorUs: number;
  /** When the next run begins; NEVER while no result could change anything: it sleeps. */
  readonly nextRunUs: number;
  /** Runs under way, the oldest first; more than one where keepalived does not wait for the end of the last. */
  readonly runs: readonly CheckRun[];
  /**
   * keepalived's one word for all of these, whatever their number: set as a run begins, cleared as any of them ends. A run whose timeout comes while it
   * is not set is forgotten: it is not ended, and gives no result.
   */
  readonly running: boolean;
  /** What an event has made of it; "none": it finds out by itself. */
  readonly forced: "none" | "pass" | "fail" | "hang";
}

/** A check as it is being changed. */
export type CheckDraft = { -readonly [Field in keyof CheckWorld]: CheckWorld[Field] };

export interface NodeWorld {
  power: boolean;
  /** The end of the boot; NEVER: none is under way. */
  bootUs: number;
  cable: boolean;
  isolated: boolean;
  blocksIn: boolean;
  blocksOut: boolean;
  delayUs: number;
  daemon: DaemonState;
  daemonDueUs: number;
  /** When its child last began. */
  childBeganUs: number;
  /** How long the parent waits before it starts the next child, if that dies young. */
  respawnUs: number;
  /** After `stopping`: it is started again. */
  daemonRestarts: boolean;
  layout: number;
  instances: readonly InstanceState[];
  /** By instance: the one whose timer it has to wait for as well (timers.ts), itself where there is no such; empty: all have their own. */
  timerKeepers: readonly number[];
  groups: readonly VrrpState[];
  /** By instance: the daemon knows of a cause for FAULT of its own. */
  faulty: readonly boolean[];
  /** By instance: waits for the first result of a check of weight 0. */
  waits: readonly boolean[];
  /** By instance: the VIPs are on the interface, whoever put them there. */
  holds: readonly boolean[];
  /** By instance: when it announces its VIPs again. */
  announceUs: readonly number[];
  checks: readonly CheckWorld[];
  /** By file of the layout; NaN: the file is gone. */
  files: readonly number[];
  haproxy: HaproxyState;
  haproxyPlan: HaproxyPlan;
  haproxyDueUs: number;
  /** Whether the back ends' servers can be reached. */
  backends: boolean;
  /** It is kept from the VIP; noted on its disk, like the end of it. */
  maintenance: boolean;
  maintenanceUntilUs: number;
  watch: MaintenanceWatch | undefined;
  /** What moves have begun here. */
  errands: readonly Errand[];
  agent: AgentWorld;
  servers: ServersWorld;
  /** vrrp_startup_delay ends. */
  delayEndsUs: number;
  /** What arrived while keepalived was frozen: its socket's queue. */
  queued: readonly Packet[];
  /** What there is to read for a frozen keepalived, in the order in which it came: that is the order in which it is read. */
  unread: readonly Unread[];
  /** The carrier as keepalived knows it: that of the cable, but for one that is frozen. */
  linkSeen: boolean;
  /** How the carrier came and went while keepalived was frozen. */
  unreadLink: readonly boolean[];
}

/** An advertisement on its way. */
export interface Packet {
  readonly arrivesUs: number;
  readonly from: number;
  readonly fromLayout: number;
  readonly fromInstance: number;
  readonly to: number;
  readonly priority: number;
}

export interface World {
  nowUs: number;
  readonly nodes: readonly NodeWorld[];
  /** By router: the node that clients' neighbour tables name; -1: nobody has announced itself. */
  neighbours: readonly number[];
  /** In the order of arrival. */
  packets: readonly Packet[];
  /** Planned work under way, the oldest first. */
  jobs: readonly Job[];
  /** By router. */
  connections: readonly Connections[];
  /** What agents say to each other, in the order of arrival. */
  messages: readonly Message[];
  /** The agents rest; undefined: they are awake, or there are none. */
  rest: AgentsRest | undefined;
}

/** A check as a daemon that starts has it: its first run begins at once. */
export function freshCheck(
  check: SiteCheck,
  nowUs: number,
  forced: CheckWorld["forced"] = "none",
): CheckWorld {
  return {
    verdict: "unknown",
    counter: check.rise - 1,
    fresh: true,
    anchorUs: nowUs,
    nextRunUs: nowUs,
    runs: [],
    running: false,
    forced,
  };
}

export const NO_PACKETS: readonly Packet[] = [];

/** More than this on its way at once is a storm that no few daemons make. */
export const PACKETS_MAX = 512;

/** Of a frozen daemon's queue the last are kept. */
export const QUEUED_MAX = 16;

/** Of what the kernel has to say of a carrier, an even number of the last changes is kept. */
export const LINK_CHANGES_MAX = 8;

/** A node's check for whoever is about to change it: a copy that stands in the old one's place. */
export function checkToChange(node: NodeWorld, index: number): CheckDraft {
  const draft = changedCheck(node.checks[index]!, NO_CHANGE);
  node.checks = node.checks.with(index, draft);
  return draft;
}

const NO_CHANGE: Partial<CheckWorld> = {};

/** A copy with these changes. Field by field: spreading costs a search fifty times as much, and gives the engine ever new shapes. */
export function changedCheck(check: CheckWorld, change: Partial<CheckWorld>): CheckDraft {
  return {
    verdict: change.verdict ?? check.verdict,
    counter: change.counter ?? check.counter,
    fresh: change.fresh ?? check.fresh,
    anchorUs: change.anchorUs ?? check.anchorUs,
    nextRunUs: change.nextRunUs ?? check.nextRunUs,
    runs: change.runs ?? check.runs,
    running: change.running ?? check.running,
    forced: change.forced ?? check.forced,
  };
}

/** The same for a run. */
export function changedRun(run: CheckRun, change: Partial<CheckRun>): CheckRun {
  return {
    beganUs: change.beganUs ?? run.beganUs,
    look: change.look ?? run.look,
    dueUs: change.dueUs ?? run.dueUs,
    outcome: change.outcome ?? run.outcome,
  };
}

/** Notes that a frozen keepalived has something to read. */
export function markUnread(node: NodeWorld, what: Unread): void {
  if (!node.unread.includes(what)) node.unread = [...node.unread, what];
}

/** A world in which every machine is off. */
export function darkWorld(site: Site): World {
  return {
    nowUs: 0,
    nodes: site.nodes.map((_node, index) => darkNode(site, index)),
    neighbours: site.routers.map(() => -1),
    packets: NO_PACKETS,
    jobs: [],
    connections: site.routers.map(() => ({ open: site.nodes.map(() => 0), broken: 0 })),
    messages: [],
    rest: undefined,
  };
}

function darkNode(site: Site, index: number): NodeWorld {
  const { layouts } = site.nodes[index]!;
  return {
    power: false,
    bootUs: NEVER,
    cable: true,
    isolated: false,
    blocksIn: false,
    blocksOut: false,
    delayUs: 0,
    daemon: "stopped",
    daemonDueUs: NEVER,
    childBeganUs: 0,
    respawnUs: 0,
    daemonRestarts: false,
    layout: 0,
    instances: [],
    timerKeepers: [],
    groups: [],
    faulty: [],
    waits: [],
    holds: layouts[0].instances.map(() => false),
    announceUs: layouts[0].instances.map(() => NEVER),
    checks: layouts[0].checks.map((check) => changedCheck(freshCheck(check, 0), { nextRunUs: NEVER })),
    files: layouts[0].files.map(({ initial }) => initial),
    haproxy: "down",
    haproxyPlan: "none",
    haproxyDueUs: NEVER,
    backends: true,
    maintenance: false,
    maintenanceUntilUs: NEVER,
    watch: undefined,
    errands: [],
    agent: stoppedAgent,
    servers: uncheckedServers,
    delayEndsUs: 0,
    queued: [],
    unread: [],
    linkSeen: true,
    unreadLink: [],
  };
}

/** A copy that can be changed without changing the original. Everything below its nodes is shared, since nothing of that is changed in place. */
export function cloneWorld(world: World): World {
  const nodes: NodeWorld[] = [];
  for (const node of world.nodes) nodes.push(cloneNode(node));
  return {
    nowUs: world.nowUs,
    nodes,
    neighbours: world.neighbours,
    packets: world.packets,
    jobs: world.jobs,
    connections: world.connections,
    messages: world.messages,
    rest: world.rest,
  };
}

/** Written out: a search makes millions, and the engine copies what it sees field by field fastest. */
function cloneNode(node: NodeWorld): NodeWorld {
  return {
    power: node.power,
    bootUs: node.bootUs,
    cable: node.cable,
    isolated: node.isolated,
    blocksIn: node.blocksIn,
    blocksOut: node.blocksOut,
    delayUs: node.delayUs,
    daemon: node.daemon,
    daemonDueUs: node.daemonDueUs,
    childBeganUs: node.childBeganUs,
    respawnUs: node.respawnUs,
    daemonRestarts: node.daemonRestarts,
    layout: node.layout,
    instances: node.instances,
    timerKeepers: node.timerKeepers,
    groups: node.groups,
    faulty: node.faulty,
    waits: node.waits,
    holds: node.holds,
    announceUs: node.announceUs,
    checks: node.checks,
    files: node.files,
    haproxy: node.haproxy,
    haproxyPlan: node.haproxyPlan,
    haproxyDueUs: node.haproxyDueUs,
    backends: node.backends,
    maintenance: node.maintenance,
    maintenanceUntilUs: node.maintenanceUntilUs,
    watch: node.watch,
    errands: node.errands,
    agent: node.agent,
    servers: node.servers,
    delayEndsUs: node.delayEndsUs,
    queued: node.queued,
    unread: node.unread,
    linkSeen: node.linkSeen,
    unreadLink: node.unreadLink,
  };
}
