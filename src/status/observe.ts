// Looks at the nodes of a pair, all at once, each with one command in bounded time. Rule: a node that cannot be seen is a value, not an exception.

import { randomBytes } from "node:crypto";
import { HapairError, messageOf } from "../base/index.ts";
import type { CommandResult, Host } from "../host/index.ts";
import type { Pair, PairNode } from "../model/index.ts";
import {
  addressOf,
  agentPaths,
  healthUrl,
  nodePaths,
  operationPaths,
  watchedFilesOf,
} from "../render/index.ts";
import { parseObservation } from "./observation-parser.ts";
import { type ExpectedAdverts, type ObservationRequest, observationScript } from "./observation-script.ts";
import type { Sighting, SightingFailure } from "./observation.ts";

/** Names each node's host; made by the caller, closed by the caller. */
export type PairHosts = ReadonlyMap<string, Host>;

export interface ObserveOptions {
  /** Look at firewall, interface manager and check script too, and count adverts. Default false. */
  readonly thorough?: boolean;
  /** No node is waited for longer than this. Default 5,000. */
  readonly limitMs?: number;
  /** Once one node has answered and this long has passed since asking, the others are not waited for. Default 1,900. */
  readonly patienceMs?: number;
  /** Mixed into password checksums; the same for every node that is compared. Default random. */
  readonly salt?: string;
}

const LIMIT_MS = 5000;
/** A dead node does not make the other's answer late, and a slow way to both of them only takes its time. */
const PATIENCE_MS = 1900;
/** But every node has this long after the first one's answer. */
const GRACE_MS = 400;
/** One advert interval and some, so that a healthy holder is heard once; longer intervals would break the 2 s and are inferred instead. */
const CAPTURE_MARGIN_MS = 150;
const CAPTURE_MAX_MS = 1200;
/** Several intervals of a fast pair: one lost or late advert is no alarm. */
const CAPTURE_MIN_MS = 450;

/** Looks at every node of the pair in parallel; the result is in the pair's order. Never rejects. */
export async function observePair(
  pair: Pair,
  hosts: PairHosts,
  options: ObserveOptions = {},
): Promise<Sighting[]> {
  const salt = options.salt ?? randomBytes(16).toString("hex");
  const waiting = patience(options);
  try {
    return await Promise.all(
      pair.nodes.map(async (node) => {
        const sighting = await lookAtNode(pair, node, hosts.get(node.name), { ...options, salt }, waiting);
        if (sighting.kind === "seen") waiting.someoneAnswered();
        return sighting;
      }),
    );
  } finally {
    waiting.end();
  }
}

/** Looks at one node, for at most `limitMs`. Never rejects. */
export async function observeNode(
  pair: Pair,
  node: PairNode,
  host: Host | undefined,
  options: ObserveOptions = {},
): Promise<Sighting> {
  const waiting = patience(options);
  try {
    return await lookAtNode(pair, node, host, options, waiting);
  } finally {
    waiting.end();
  }
}

async function lookAtNode(
  pair: Pair,
  node: PairNode,
  host: Host | undefined,
  options: ObserveOptions,
  waiting: Patience,
): Promise<Sighting> {
  const unreachable = (error: SightingFailure): Sighting => ({ kind: "unreachable", node: node.name, error });
  if (host === undefined)
    return unreachable({ code: "status-no-host", message: `no connection was made to ${node.name}` });
  const request = observationRequest(pair, node, options);
  const sentMs = Date.now();
  try {
    const running = host.run(observationScript(request), { timeoutMs: options.limitMs ?? LIMIT_MS });
    const result = await Promise.race([running, waiting.over]);
    if (result === "over") return unreachable(lateAnswer(node.name, Date.now() - sentMs));
    const observation = parseObservation(node.name, result.stdout, request, {
      sentMs,
      answeredMs: Date.now(),
    });
    if (observation !== undefined) return { kind: "seen", node: node.name, observation };
    return unreachable(unreadableAnswer(node.name, result));
  } catch (thrown) {
    return unreachable(failureOf(thrown));
  }
}

/** What a node of this pair is asked. */
export function observationRequest(
  pair: Pair,
  node: PairNode,
  options: ObserveOptions = {},
): ObservationRequest {
  const thorough = options.thorough ?? false;
  const expected = pair.routers.flatMap((router): ExpectedAdverts[] =>
    pair.nodes
      .filter((other) => other.name !== node.name)
      .map((peer) => ({
        router: router.name,
        vrid: router.id,
        peer: peer.name,
        peerAddress: addressOf(peer, router).text,
        family: router.family,
      })),
  );
  const longestMs = Math.max(...pair.routers.map((router) => router.advertIntervalUs / 1000), 0);
  const vipInterfaces = pair.routers.flatMap((router) =>
    [...router.vips, ...router.excludedVips].map((vip) => vip.interface),
  );
  return {
    keepalivedConf: nodePaths.keepalivedConf,
    checkScript: nodePaths.checkScript,
    watchDirectory: nodePaths.watchDirectory,
    watchedFiles: watchedFilesOf(pair).map((file) => file.name),
    healthUrl: healthUrl(pair),
    interfaces: [...new Set([node.interface, ...vipInterfaces.filter((name) => name !== undefined)])],
    sameFiles: [
      nodePaths.haproxyConf,
      nodePaths.secondHaproxyConf,
      nodePaths.checkScript,
      ...pair.haproxy.files.map((file) => file.to),
    ],
    salt: options.salt ?? "",
    expected,
    operation: {
      paths: operationPaths,
      vips: pair.routers.flatMap((router) =>
        [...router.vips, ...router.excludedVips].map((vip) => vip.address.text),
      ),
    },
    ...(pair.agent === undefined ? {} : { agentSocket: agentPaths.controlSocket }),
    captureMs: thorough ? captureMs(longestMs) : 0,
    thorough,
  };
}

function captureMs(longestIntervalMs: number): number {
  const wished = Math.round(longestIntervalMs * 1.1) + CAPTURE_MARGIN_MS;
  return Math.min(CAPTURE_MAX_MS, Math.max(CAPTURE_MIN_MS, wished));
}

/** How long a look at several nodes goes on. */
interface Patience {
  /** Resolves when whoever has not answered is not waited for any more. */
  readonly over: Promise<"over">;
  someoneAnswered(): void;
  end(): void;
}

function patience({ limitMs = LIMIT_MS, patienceMs = PATIENCE_MS }: ObserveOptions): Patience {
  const startedMs = Date.now();
  const timers: NodeJS.Timeout[] = [];
  const giveUp = new AbortController();
  const over = new Promise<"over">((resolve) => {
    giveUp.signal.addEventListener("abort", () => resolve("over"), { once: true });
  });
  const endIn = (ms: number): void => void timers.push(setTimeout(() => giveUp.abort(), ms));
  endIn(limitMs);
  return {
    over,
    someoneAnswered: () => endIn(Math.max(GRACE_MS, patienceMs - (Date.now() - startedMs))),
    end: () => timers.forEach((timer) => clearTimeout(timer)),
  };
}

function lateAnswer(node: string, waitedMs: number): SightingFailure {
  return {
    code: "host-timeout",
    message: `${node} did not answer within ${(waitedMs / 1000).toFixed(1)} s`,
    hint: "it may be down, unreachable or too busy; the other nodes were looked at all the same",
  };
}

function unreadableAnswer(node: string, result: CommandResult): SightingFailure {
  const said = ((result.stderr || result.stdout).trim().split("\n").at(-1) ?? "").slice(0, 200);
  return {
    code: "status-unreadable",
    message: `${node} answered, but not what was asked (exit ${result.exitCode}${said === "" ? "" : `: ${said}`})`,
    hint: "a shell, sed, coreutils and iproute2 must be there, and the machine must not be too busy to run them",
  };
}

function failureOf(thrown: unknown): SightingFailure {
  if (!(thrown instanceof HapairError)) return { code: "status-failed", message: messageOf(thrown) };
  return {
    code: thrown.code,
    message: thrown.message,
    ...(thrown.hint === undefined ? {} : { hint: thrown.hint }),
  };
}
