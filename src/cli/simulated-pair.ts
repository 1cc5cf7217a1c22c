// A pair.yaml as a site to simulate: the very keepalived.conf that would be applied, read as the daemon reads it, and the habits that hapair's parts
// bring. Rule: no secret is wanted; the simulation asks only whether the nodes have the same one, and they do.

import { type SourceText, sourceText } from "../diagnostics/index.ts";
import { readConfiguration, TESTED_VERSION } from "../keepalived/index.ts";
import type { Pair, PairNode } from "../model/index.ts";
import {
  crashMovesVip,
  nodePaths,
  renderKeepalivedConf,
  secondLookMs,
  watchedFilesOf,
} from "../render/index.ts";
import {
  type CheckNature,
  managedHabits,
  serverChecksOf,
  type Site,
  siteAgentsOf,
  siteFromFiles,
  type SiteNodeInput,
  siteWorkOf,
} from "../simulate/index.ts";

/** Any password of the right form: all nodes of a pair are rendered with the same one. */
const STAND_IN_PASSWORD = "stand-in";

export interface PairSiteOptions {
  /** The version of keepalived on the nodes; absent: the one that behaviour was tested on. */
  readonly keepalived?: string;
  /** The text of the pair's haproxy.cfg, for how soon HAProxy notices dead servers; absent: HAProxy's defaults. */
  readonly haproxyConfig?: string;
}

/** The site of a pair as `hapair apply` would make it. */
export function siteOfPair(
  pair: Pair,
  { keepalived = TESTED_VERSION, haproxyConfig = "" }: PairSiteOptions = {},
): Site {
  const inputs = pair.nodes.map((node) => nodeInput(pair, node, keepalived));
  const { agent } = pair;
  const agents = agent === undefined ? undefined : siteAgentsOf(agent, serverChecksOf(agent, haproxyConfig));
  return { ...siteFromFiles(inputs, keepalived, agents), work: siteWorkOf(pair.maintenance) };
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
