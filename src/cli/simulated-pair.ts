// A pair.yaml as a site to simulate: the very keepalived.conf that would be applied, read as the daemon reads it, and the habits that hapair's parts
// bring. Rule: no secret is wanted; the simulation asks only whether the nodes have the same one, and they do.

import { type SourceText, sourceText } from "../diagnostics/index.ts";
import { readConfiguration, TESTED_VERSION } from "../keepalived/index.ts";
import { type AgentOptions, type Pair, type PairNode, type TrafficRule } from "../model/index.ts";
import {
  agentBeatMs,
  crashMovesVip,
  nodePaths,
  renderKeepalivedConf,
  secondLookMs,
  watchedFilesOf,
} from "../render/index.ts";
import {
  type CheckNature,
  managedHabits,
  type Site,
  type SiteAgents,
  siteFromFiles,
  type SiteNodeInput,
} from "../simulate/index.ts";

/** Any password of the right form: all nodes of a pair are rendered with the same one. */
const STAND_IN_PASSWORD = "stand-in";

export interface PairSiteOptions {
  /** The version of keepalived on the nodes; absent: the one that behaviour was tested on. */
  readonly keepalived?: string;
}

/** The site of a pair as `hapair apply` would make it. */
export function siteOfPair(pair: Pair, { keepalived = TESTED_VERSION }: PairSiteOptions = {}): Site {
  const inputs = pair.nodes.map((node) => nodeInput(pair, node, keepalived));
  return siteFromFiles(inputs, keepalived, pair.agent === undefined ? undefined : agentsOf(pair.agent));
}

function nodeInput(pair: Pair, node: PairNode, version: string): SiteNodeInput {
  const watched = watchedFilesOf(pair);
  const has = (name: string): boolean => watched.some((file) => file.name === name);
  const configuration = readConfiguration(keepalivedConf(pair, node), { version });
  const [address] = node.addresses;
  return {
    name: node.name,
    ...(address === undefined ? {} : { address }),
    configuration,
    habits: managedHabits(crashMovesVip(pair)),
    checks: new Map(configuration.scripts.map(({ name }) => [name, checkNature(pair)])),
    files: new Map(watched.map(({ name, initial }) => [name, initial])),
    writes: {
      process: "process",
      hold: "hold",
      ...(pair.agent === undefined ? {} : { traffic: "traffic" }),
      ...(has("boost") ? { boost: "boost" } : {}),
    },
  };
}

function keepalivedConf(pair: Pair, node: PairNode): SourceText {
  const passwords = new Map(pair.routers.map(({ name }) => [name, STAND_IN_PASSWORD]));
  return sourceText(`${node.name}:${nodePaths.keepalivedConf}`, renderKeepalivedConf(pair, node, passwords));
}

/** The rendered script: HAProxy itself has to answer within the time limit, looked at twice in a run where there is room. */
function checkNature(pair: Pair): CheckNature {
  const secondMs = secondLookMs(pair);
  return {
    asks: "service",
    looksUs: secondMs === undefined ? [0] : [0, secondMs * 1000],
    hangUs: pair.check.timeLimitMs * 1000,
  };
}

/** HAProxy's own checks of its servers, every second, three failures: the default of `fall`, and `inter` as the examples have it. */
const SERVER_DOWN_US = 2_500_000;
const SERVER_UP_US = 1_500_000;

function agentsOf(agent: AgentOptions): SiteAgents {
  return {
    pollUs: agent.pollMs * 1000,
    beatUs: agentBeatMs * 1000,
    rules: agent.rules.flatMap((rule) => {
      const breaks = breaksOf(rule);
      if (breaks === undefined || !rule.moves) return [];
      return [{ name: rule.name, breaks, fall: rule.fall, rise: rule.rise }];
    }),
    serverDownUs: SERVER_DOWN_US,
    serverUpUs: SERVER_UP_US,
  };
}

/** Which fault of a simulation breaks the rule; queues, errors and sessions need clients, of whom there is none here. */
function breaksOf({ limit }: TrafficRule): "haproxy" | "backends" | undefined {
  if (limit.kind === "answering") return "haproxy";
  return limit.kind === "servers-up" ? "backends" : undefined;
}
