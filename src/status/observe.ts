// Looks at the nodes of a pair, all at once, each with one command in bounded time. Rule: a node that cannot be seen is a value, not an exception.

import { randomBytes } from "node:crypto";
import { HapairError, messageOf } from "../base/index.ts";
import type { Host } from "../host/index.ts";
import type { Pair, PairNode } from "../model/index.ts";
import { addressOf, healthUrl, nodePaths, watchedFiles } from "../render/index.ts";
import { parseObservation } from "./observation-parser.ts";
import { type ExpectedAdverts, type ObservationRequest, observationScript } from "./observation-script.ts";
import type { Sighting, SightingFailure } from "./observation.ts";

/** Names each node's host; made by the caller, closed by the caller. */
export type PairHosts = ReadonlyMap<string, Host>;

export interface ObserveOptions {
  /** Look at firewall, interface manager and check script too, and count adverts. Default false. */
  readonly thorough?: boolean;
  /** A node that has not answered after this long is unreachable. Default 1,900: a split brain is named within 2 s of asking. */
  readonly limitMs?: number;
  /** Mixed into password checksums; the same for every node that is compared. Default random. */
  readonly salt?: string;
}

const LIMIT_MS = 1900;
/** One advert interval and some, so that a healthy holder is heard once; longer intervals would break the 2 s and are inferred instead. */
const CAPTURE_MARGIN_MS = 150;
const CAPTURE_MAX_MS = 1200;

/** Looks at every node of the pair in parallel; the result is in the pair's order. Never rejects. */
export async function observePair(
  pair: Pair,
  hosts: PairHosts,
  options: ObserveOptions = {},
): Promise<Sighting[]> {
  const salt = options.salt ?? randomBytes(16).toString("hex");
  return Promise.all(
    pair.nodes.map((node) => observeNode(pair, node, hosts.get(node.name), { ...options, salt })),
  );
}

/** Looks at one node. Never rejects. */
export async function observeNode(
  pair: Pair,
  node: PairNode,
  host: Host | undefined,
  options: ObserveOptions = {},
): Promise<Sighting> {
  const unreachable = (error: SightingFailure): Sighting => ({ kind: "unreachable", node: node.name, error });
  if (host === undefined)
    return unreachable({ code: "status-no-host", message: `no connection was made to ${node.name}` });
  const request = observationRequest(pair, node, options);
  const limitMs = options.limitMs ?? LIMIT_MS;
  const sentMs = Date.now();
  try {
    const result = await withinLimit(
      host.run(observationScript(request), { timeoutMs: limitMs }),
      limitMs,
      node.name,
    );
    const observation = parseObservation(node.name, result.stdout, request, {
      sentMs,
      answeredMs: Date.now(),
    });
    if (observation !== undefined) return { kind: "seen", node: node.name, observation };
    const said = (result.stderr || result.stdout).trim().split("\n").at(-1) ?? "";
    return unreachable({
      code: "status-unreadable",
      message: `${node.name} answered, but not what was asked (exit ${result.exitCode}${said === "" ? "" : `: ${said.slice(0, 200)}`})`,
      hint: "the login shell must run POSIX sh scripts and print nothing of its own",
    });
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
    watchedFiles: watchedFiles.map((file) => file.name),
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
    captureMs: thorough ? Math.min(CAPTURE_MAX_MS, Math.round(longestMs * 1.1) + CAPTURE_MARGIN_MS) : 0,
    thorough,
  };
}

/** The promise, or a failure when it takes longer: a host's own time limit may not cover its connecting. */
async function withinLimit<T>(promise: Promise<T>, limitMs: number, node: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new HapairError({
          kind: "unreachable",
          code: "host-timeout",
          message: `${node} did not answer within ${limitMs / 1000} s`,
          hint: "it may be down, unreachable or too busy; the other nodes were looked at all the same",
        }),
      );
    }, limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function failureOf(thrown: unknown): SightingFailure {
  if (!(thrown instanceof HapairError)) return { code: "status-failed", message: messageOf(thrown) };
  return {
    code: thrown.code,
    message: thrown.message,
    ...(thrown.hint === undefined ? {} : { hint: thrown.hint }),
  };
}
