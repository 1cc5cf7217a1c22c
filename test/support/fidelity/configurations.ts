// Random keepalived configurations for the nodes of a case: first a plan that all nodes share, then each node's own part, then the text.
// Rule: every configuration is one that keepalived accepts; what differs between nodes on purpose (password, interval, VIPs, version) is a feature by name.

import type { Random } from "../../fuzz/random.ts";
import { type FidelityInstance, NODE_INTERFACE, nodeFiles } from "./case.ts";

export interface CheckPlan {
  readonly name: string;
  readonly intervalS: number;
  /** Absent: keepalived's own, the interval. */
  readonly timeoutS?: number;
  readonly weight: number;
  readonly rise: number;
  readonly fall: number;
}

export interface WatchedFilePlan {
  readonly name: string;
  readonly weight: number;
}

/** One virtual router on one node. */
export interface RouterPlan {
  readonly name: string;
  readonly virtualRouterId: number;
  readonly state: "MASTER" | "BACKUP" | undefined;
  readonly priority: number;
  readonly version: 2 | 3;
  readonly advertInterval: string;
  readonly preemption: "preempt" | "nopreempt" | { readonly delayS: number };
  readonly password: string | undefined;
  readonly vips: readonly string[];
  /** Absent: multicast. */
  readonly peers: readonly string[] | undefined;
  readonly checks: readonly string[];
  readonly watchedFiles: readonly string[];
  /** Lines that stand as they are: `down_timer_adverts 2`. */
  readonly lines: readonly string[];
}

export interface NodePlan {
  readonly name: string;
  readonly address: string;
  readonly globalLines: readonly string[];
  readonly checks: readonly CheckPlan[];
  readonly watchedFiles: readonly WatchedFilePlan[];
  readonly routers: readonly RouterPlan[];
  /** All routers of the node as one group. */
  readonly isGroup: boolean;
}

export interface PairPlan {
  readonly nodes: readonly NodePlan[];
  readonly instances: readonly FidelityInstance[];
  readonly features: readonly string[];
}

/** True in one of `outOf` draws. */
function oneIn(random: Random, outOf: number): boolean {
  return random.below(outOf) === 0;
}

const NETWORK = "10.77.0";
const CHECK_NAMES = ["a", "b", "c"] as const;

/** What all nodes have alike unless a feature says otherwise. */
interface Shared {
  readonly version: 2 | 3;
  readonly advertInterval: string;
  readonly isUnicast: boolean;
  readonly password: string | undefined;
  readonly preemption: "preempt" | "nopreempt" | "delay" | "mixed";
  readonly routerCount: number;
  readonly isGroup: boolean;
  readonly lines: readonly string[];
  readonly vipCount: number;
}

/** One thing that one node has otherwise than the rest, so that it does not accept their adverts, or they its. */
const disagreements = ["password", "advert_int", "vips", "version", "virtual_router_id", "cast"] as const;
type Disagreement = (typeof disagreements)[number];

/** Draws the configurations of a case's nodes. */
export function drawPair(random: Random): PairPlan {
  const features = new Set<string>();
  const shared = drawShared(random, features);
  const nodeCount = oneIn(random, 6) ? 3 : 2;
  if (nodeCount === 3) features.add("three-nodes");
  const disagreement = oneIn(random, 6) ? random.pick(disagreements) : undefined;
  const addresses = drawAddresses(random, nodeCount);
  const priorities = drawPriorities(random, nodeCount, features);
  const nodes = addresses.map((address, index) =>
    drawNode(random, shared, {
      name: `node-${index + 1}`,
      address,
      peers: addresses.filter((other) => other !== address),
      priority: priorities[index] ?? 100,
      disagreement: index === nodeCount - 1 ? disagreement : undefined,
      features,
    }),
  );
  const instances = Array.from({ length: shared.routerCount }, (_, router) => ({
    name: routerName(router),
    vip: vip(router, 0),
  }));
  return { nodes, instances, features: [...features] };
}

function drawShared(random: Random, features: Set<string>): Shared {
  const version = random.pick([2, 2, 3] as const);
  features.add(`v${version}`);
  const advertInterval =
    version === 2 ? random.pick(["1", "1", "1", "1", "2"]) : random.pick(["0.1", "0.2", "0.3", "0.5", "1"]);
  if (advertInterval !== "1") features.add(version === 2 ? "advert-2s" : "advert-fast");
  const isUnicast = !oneIn(random, 3);
  features.add(isUnicast ? "unicast" : "multicast");
  const password = version === 2 && random.below(2) === 0 ? "secret12" : undefined;
  if (password !== undefined) features.add("password");
  const preemption = random.pick(["preempt", "preempt", "nopreempt", "nopreempt", "mixed", "delay"] as const);
  features.add(
    preemption === "mixed" ? "nopreempt-on-one" : preemption === "delay" ? "preempt-delay" : preemption,
  );
  const routerCount = oneIn(random, 4) ? 2 : 1;
  if (routerCount > 1) features.add("two-routers");
  return {
    version,
    advertInterval,
    isUnicast,
    password,
    preemption,
    routerCount,
    isGroup: routerCount > 1 && !oneIn(random, 4),
    vipCount: random.pick([1, 1, 2]),
    lines: drawLines(random, features),
  };
}

const rareLines = [
  ["down_timer_adverts 2", "down-timer-adverts"],
  ["down_timer_adverts 4", "down-timer-adverts"],
  ["lower_prio_no_advert", "lower-prio-no-advert"],
  ["higher_prio_send_advert", "higher-prio-send-advert"],
  ["skip_check_adv_addr", "skip-check-adv-addr"],
  ["garp_master_delay 1", undefined],
] as const;

function drawLines(random: Random, features: Set<string>): string[] {
  if (!oneIn(random, 4)) return [];
  const [line, feature] = random.pick(rareLines);
  if (feature !== undefined) features.add(feature);
  return [line];
}

/** Which node has the higher address decides between equals, so it is drawn. */
function drawAddresses(random: Random, count: number): string[] {
  const hosts = random.pick([
    [11, 12, 13],
    [13, 12, 11],
  ]);
  return hosts.slice(0, count).map((host) => `${NETWORK}.${host}`);
}

function drawPriorities(random: Random, count: number, features: Set<string>): number[] {
  if (oneIn(random, 12)) {
    features.add("owner");
    return [255, 100, 90].slice(0, count);
  }
  if (oneIn(random, 10)) {
    features.add("equal-priorities");
    return [100, 100, 50].slice(0, count);
  }
  const first = random.pick([101, 110, 150, 200, 254]);
  // Three nodes a point apart would race each other within 4 ms whenever the first is gone.
  const gap = random.pick(count === 2 ? [1, 10, 20, 50] : [10, 20, 30]);
  const priorities = [first, first - gap, first - 2 * gap].slice(0, count);
  return oneIn(random, 3) ? priorities.toReversed() : priorities;
}

interface NodeDraw {
  readonly name: string;
  readonly address: string;
  readonly peers: readonly string[];
  readonly priority: number;
  readonly disagreement: Disagreement | undefined;
  readonly features: Set<string>;
}

function drawNode(random: Random, shared: Shared, node: NodeDraw): NodePlan {
  const { features, disagreement } = node;
  if (disagreement !== undefined) features.add(`differs-${disagreement}`);
  const isGroup = shared.isGroup && !oneIn(random, 8);
  if (isGroup) features.add("sync-group");
  const checks = drawChecks(random, features, isGroup);
  const watchedFiles = drawWatchedFiles(random, features);
  const first = drawRouter(random, shared, node, checks, watchedFiles);
  const routers = Array.from({ length: shared.routerCount }, (_, router) =>
    router === 0 ? first : secondRouter(random, first, router),
  );
  const globalLines = oneIn(random, 15) ? ["vrrp_startup_delay 3"] : [];
  if (globalLines.length > 0) features.add("startup-delay");
  return { name: node.name, address: node.address, globalLines, checks, watchedFiles, routers, isGroup };
}

/**
 * By interval, in seconds. None is a multiple of several: up to 2.3.2 a run would run out of time just as another begins, and which comes first, and with
 * it which runs keepalived ends, would be the machine's.
 */
const timeoutsS: Readonly<Record<1 | 2, readonly number[]>> = { 1: [1], 2: [1, 2, 3] };

/** keepalived leaves checks with weights out of a group's members, which is worth a case now and then and no more. */
function drawChecks(random: Random, features: Set<string>, isGroup: boolean): CheckPlan[] {
  const count = random.pick([0, 1, 1, 1, 2, 3]);
  if (count > 1) features.add("several-checks");
  return CHECK_NAMES.slice(0, count).map((name) => {
    const weight = random.pick(isGroup ? [0, 0, 0, 0, -20] : [0, 0, -5, -20, -60, 5, 30]);
    features.add(weight === 0 ? "check-fault" : weight < 0 ? "check-minus" : "check-plus");
    const plan = {
      name,
      weight,
      intervalS: random.pick([1, 1, 2] as const),
      rise: random.pick([1, 2, 3]),
      fall: random.pick([1, 1, 2, 3]),
    };
    if (random.below(3) > 0) return plan;
    const timeoutS = random.pick(timeoutsS[plan.intervalS]);
    if (timeoutS > plan.intervalS) features.add("check-overlaps");
    return { ...plan, timeoutS };
  });
}

function drawWatchedFiles(random: Random, features: Set<string>): WatchedFilePlan[] {
  if (random.below(3) > 0) return [];
  const weight = random.pick([0, 0, 1, -1, 2, -10]);
  features.add(weight === 0 ? "file-fault" : "file-weight");
  return [{ name: "f", weight }];
}

function drawRouter(
  random: Random,
  shared: Shared,
  node: NodeDraw,
  checks: readonly CheckPlan[],
  watchedFiles: readonly WatchedFilePlan[],
): RouterPlan {
  const { features, disagreement } = node;
  const state = drawState(random, shared, node.priority);
  if (state === "MASTER") features.add("state-master");
  const version = disagreement === "version" ? (shared.version === 2 ? 3 : 2) : shared.version;
  const isUnicast = disagreement === "cast" ? !shared.isUnicast : shared.isUnicast;
  const vips = Array.from({ length: shared.vipCount }, (_, each) => vip(0, each));
  return {
    name: routerName(0),
    virtualRouterId: disagreement === "virtual_router_id" ? 61 : 51,
    state,
    priority: node.priority,
    version,
    advertInterval:
      disagreement === "advert_int" || version !== shared.version
        ? otherInterval(shared, version)
        : shared.advertInterval,
    preemption: drawPreemption(random, shared, state, node.priority),
    password: version === 3 ? undefined : disagreement === "password" ? "another" : shared.password,
    vips: disagreement === "vips" ? [...vips, vip(0, 3)] : vips,
    peers: isUnicast ? node.peers : undefined,
    checks: checks.map(({ name }) => name),
    watchedFiles: watchedFiles.map(({ name }) => name),
    lines: shared.lines,
  };
}

function otherInterval(shared: Shared, version: 2 | 3): string {
  if (version === 2) return shared.advertInterval === "1" ? "2" : "1";
  return shared.advertInterval === "0.2" ? "0.4" : "0.2";
}

/** keepalived overrules nopreempt and a delay beside `state MASTER` and at 255, which is a feature to keep, now and then. */
/** No whole number of adverts of any interval: the one that came as the delay ends would decide. */
const PREEMPT_DELAYS_S = [1.35, 3.65, 5.55];

function drawState(random: Random, shared: Shared, priority: number): RouterPlan["state"] {
  if (priority === 255) return random.pick(["MASTER", "BACKUP"] as const);
  if (shared.preemption === "preempt") return random.pick(["MASTER", "BACKUP", undefined] as const);
  return random.pick(["BACKUP", "BACKUP", "BACKUP", undefined, "MASTER"] as const);
}

function drawPreemption(
  random: Random,
  shared: Shared,
  state: RouterPlan["state"],
  priority: number,
): RouterPlan["preemption"] {
  if (shared.preemption === "mixed") return random.pick(["preempt", "nopreempt"] as const);
  if (shared.preemption !== "delay") return shared.preemption;
  return state === "MASTER" || priority === 255 ? "preempt" : { delayS: random.pick(PREEMPT_DELAYS_S) };
}

function secondRouter(random: Random, first: RouterPlan, router: number): RouterPlan {
  return {
    ...first,
    name: routerName(router),
    virtualRouterId: first.virtualRouterId + router,
    vips: [vip(router, 0)],
    // Half of the second routers track nothing themselves: a group's fault must reach them.
    ...(random.below(2) === 0 ? { checks: [], watchedFiles: [] } : {}),
  };
}

function routerName(router: number): string {
  return ["one", "two"][router] ?? `router-${router}`;
}

function vip(router: number, each: number): string {
  return `${NETWORK}.${100 + 10 * router + each}/24`;
}

/** The node's keepalived.conf. */
export function configurationText(node: NodePlan): string {
  const blocks = [
    block("global_defs", [
      `router_id ${node.name}`,
      `vrrp_notify_fifo ${nodeFiles.notices}`,
      "script_user root",
      ...node.globalLines,
    ]),
    ...node.checks.map(checkBlock),
    ...node.watchedFiles.map(({ name, weight }) =>
      block(`track_file ${name}`, [`file ${nodeFiles.watchedDirectory}/${name}`, `weight ${weight}`]),
    ),
    ...(node.isGroup
      ? [
          block(
            "vrrp_sync_group together",
            block(
              "group",
              node.routers.map(({ name }) => name),
            ).split("\n"),
          ),
        ]
      : []),
    ...node.routers.map((router) => routerBlock(router, node.address)),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function block(head: string, lines: readonly string[]): string {
  return [`${head} {`, ...lines.map((line) => `    ${line}`), "}"].join("\n");
}

function checkBlock(check: CheckPlan): string {
  return block(`vrrp_script ${check.name}`, [
    `script "${nodeFiles.checkProgram} ${check.name}"`,
    `interval ${check.intervalS}`,
    ...(check.timeoutS === undefined ? [] : [`timeout ${check.timeoutS}`]),
    `weight ${check.weight}`,
    `rise ${check.rise}`,
    `fall ${check.fall}`,
  ]);
}

function routerBlock(router: RouterPlan, address: string): string {
  const inner = (head: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : block(head, lines).split("\n");
  const { preemption } = router;
  return block(`vrrp_instance ${router.name}`, [
    ...(router.state === undefined ? [] : [`state ${router.state}`]),
    `interface ${NODE_INTERFACE}`,
    `virtual_router_id ${router.virtualRouterId}`,
    `priority ${router.priority}`,
    `version ${router.version}`,
    `advert_int ${router.advertInterval}`,
    ...(preemption === "preempt"
      ? []
      : preemption === "nopreempt"
        ? ["nopreempt"]
        : [`preempt_delay ${preemption.delayS}`]),
    ...router.lines,
    ...(router.peers === undefined
      ? []
      : [`unicast_src_ip ${address}`, ...inner("unicast_peer", router.peers)]),
    ...(router.password === undefined
      ? []
      : inner("authentication", ["auth_type PASS", `auth_pass ${router.password}`])),
    ...inner("track_script", router.checks),
    ...inner("track_file", router.watchedFiles),
    ...inner("virtual_ipaddress", router.vips),
  ]);
}
