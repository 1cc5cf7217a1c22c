// The agent's settings on one node: what pair.yaml says, with secrets in their places and every default decided here.

import {
  type AgentSettings,
  type AgentSources,
  type AlertRoute,
  type AlertSettings,
  type ConditionCode,
  type RouteTarget,
  SETTINGS_VERSION,
} from "../agent-api/index.ts";
import { assert } from "../base/index.ts";
import {
  type AgentOptions,
  type AlertOptions,
  type AlertTarget,
  type Concealable,
  OWN_ADDRESS,
  type Pair,
  type PairNode,
  type Router,
} from "../model/index.ts";
import { agentTimes } from "../policy/index.ts";
import type { AgentInputs } from "./agent-files.ts";
import { healthUrl } from "./haproxy-files.ts";
import { agentPaths, nodePaths, operationPaths } from "./paths.ts";
import type { Platform } from "./platform.ts";
import { agentAddressOf } from "./system-files.ts";

const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 300_000;
/** The owner had time for its first attempts. */
const TAKE_OVER_AFTER_MS = 10_000;
/** systemd's RestartSec of keepalived, and its start. */
const RESTART_MS = 2000;

export interface SettingsRequest {
  readonly pair: Pair;
  readonly node: PairNode;
  readonly platform: Platform;
  readonly agent: AgentOptions;
  readonly inputs: AgentInputs;
}

/** The settings of `node`'s agent. */
export function agentSettings(request: SettingsRequest): AgentSettings {
  const { pair, node, platform, agent, inputs } = request;
  const { metrics } = agent;
  return {
    version: SETTINGS_VERSION,
    pair: pair.name,
    node: node.name,
    nodes: pair.nodes.map((each) => ({
      name: each.name,
      address: agentAddressOf(pair, each).text,
      interface: each.interface,
    })),
    routers: pair.routers.map((router) => ({
      name: router.name,
      vrid: router.id,
      prefer: router.prefer,
      advertIntervalMs: router.advertIntervalUs / 1000,
      takeoverMs: takeoverMs(pair, router),
      vips: [...router.vips, ...router.excludedVips].map((vip) => ({
        name: vip.name,
        address: vip.address.text,
        interface: vip.interface ?? node.interface,
      })),
    })),
    haproxy: {
      runtimeSocket: platform.agentSocket,
      healthUrl: healthUrl(pair),
      pollMs: agent.pollMs,
      timeLimitMs: agentTimes.answerLimitMs,
      // Half of what the check allows: time to look before the check fails.
      slowMs: Math.round(pair.check.timeLimitMs / 2),
    },
    rules: agent.rules,
    peers: {
      port: agent.port,
      key: secret(inputs, "agent.key"),
      beatMs: agentTimes.beatMs,
      silentMs: agentTimes.silentMs,
      consentMs: agentTimes.consentMs,
    },
    ...(metrics === "off"
      ? {}
      : {
          metrics: {
            address: metrics.address === OWN_ADDRESS ? agentAddressOf(pair, node).text : metrics.address,
            port: metrics.port,
          },
        }),
    alerts: alertSettings(agent.alerts, inputs),
    paths: {
      stateDirectory: agentPaths.stateDirectory,
      controlSocket: agentPaths.controlSocket,
      notifyFifo: agentPaths.notifyFifo,
      watchDirectory: nodePaths.watchDirectory,
      keepalivedConf: nodePaths.keepalivedConf,
      haproxyConf: nodePaths.haproxyConf,
      appliedMark: agentPaths.appliedMark,
      maintenance: operationPaths.maintenance,
      lastResort: operationPaths.lastResort,
      drainDirectory: operationPaths.drainDirectory,
    },
    sources,
  };
}

/** From a start of keepalived to a state that lasts: the restart itself, good checks, three adverts missed and the longest skew. */
function takeoverMs(pair: Pair, router: Router): number {
  const intervalMs = router.advertIntervalUs / 1000;
  const skewUnitMs = router.version === 2 ? 1000 : intervalMs;
  const lowest = Math.min(...router.priorities.values());
  const masterDownMs = 3 * intervalMs + ((256 - lowest) * skewUnitMs) / 256;
  const checkedMs = (pair.check.rise + 1) * pair.check.intervalS * 1000 + pair.check.timeLimitMs;
  return Math.ceil(masterDownMs + checkedMs + RESTART_MS);
}

const sources: AgentSources = {
  // Of the units what systemd itself says, for anyone may write UNIT= into the journal, as much as he likes. Of HAProxy what it says on its
  // standard error: its log of requests may be in the journal too, thousands of lines a second on a busy node.
  journal: [
    ...["journalctl", "--follow", "--no-pager", "--quiet", "--output=json"],
    ...["_PID=1", "UNIT=keepalived.service", "+", "_SYSTEMD_UNIT=keepalived.service"],
    ...["+", "_PID=1", "UNIT=haproxy.service", "+", "_SYSTEMD_UNIT=haproxy.service", "_TRANSPORT=stdout"],
  ],
  addresses: ["ip", "-oneline", "monitor", "address", "link"],
  units: [
    ...["systemctl", "show"],
    "--property=Id,ActiveState,SubState,Result,ExecMainCode,ExecMainStatus,StateChangeTimestampMonotonic",
    ...["haproxy.service", "keepalived.service"],
  ],
};

function alertSettings(alerts: AlertOptions, inputs: AgentInputs): AlertSettings {
  return {
    routes: alerts.routes.map((route): AlertRoute => ({
      name: route.name,
      severity: route.severity,
      // The reader of the pair's file let only codes of the agent pass; a test compares the two lists.
      ...(route.conditions === undefined ? {} : { conditions: route.conditions as readonly ConditionCode[] }),
      target: routeTarget(`alerts.routes.${route.name}`, route.target, inputs),
    })),
    quietTimes: alerts.quietTimes,
    patienceMs: Object.fromEntries(alerts.patienceMs) as AlertSettings["patienceMs"],
    retryForMs: alerts.retryForMs,
    retryFirstMs: RETRY_FIRST_MS,
    retryMaxMs: RETRY_MAX_MS,
    takeOverAfterMs: TAKE_OVER_AFTER_MS,
    logBytesMax: alerts.logBytesMax,
    certificateDays: alerts.certificateDays,
  };
}

/** `place`: the route's in the pair's file, as its secrets are named. */
function routeTarget(place: string, target: AlertTarget, inputs: AgentInputs): RouteTarget {
  const shown = (key: string, value: Concealable): string =>
    value.kind === "plain" ? value.text : secret(inputs, `${place}.${key}`);
  switch (target.kind) {
    case "smtp": {
      const { password: _reference, authority: _path, ...plain } = target;
      return {
        ...plain,
        ...authorityOf(target, inputs),
        ...(target.password === undefined ? {} : { password: secret(inputs, `${place}.smtp.password`) }),
      };
    }
    case "sendmail":
      return target;
    case "webhook":
      return {
        kind: "webhook",
        url: shown("webhook", target.url),
        ...(target.secret === undefined ? {} : { secret: secret(inputs, `${place}.secret`) }),
        headers: Object.fromEntries(
          [...target.headers].map(([name, value]) => [name, shown(`headers.${name}`, value)]),
        ),
        ...(target.template === undefined ? {} : { template: text(inputs, target.template) }),
        ...authorityOf(target, inputs),
      };
    case "slack":
    case "teams":
      return { kind: target.kind, url: shown(target.kind, target.url) };
    case "pagerduty":
      return { kind: "pagerduty", url: target.url, routingKey: secret(inputs, `${place}.pagerduty`) };
    case "alertmanager":
      return { kind: "alertmanager", url: shown("alertmanager", target.url), ...authorityOf(target, inputs) };
  }
}

function authorityOf(target: { readonly authority?: string }, inputs: AgentInputs): { authority?: string } {
  return target.authority === undefined ? {} : { authority: text(inputs, target.authority) };
}

function secret(inputs: AgentInputs, name: string): string {
  const value = inputs.secrets.get(name);
  assert(value !== undefined, `the secret ${name} was not resolved before rendering`);
  return value;
}

function text(inputs: AgentInputs, path: string): string {
  const content = inputs.texts.get(path);
  assert(content !== undefined, `the file ${path} was not read before rendering`);
  return content;
}
