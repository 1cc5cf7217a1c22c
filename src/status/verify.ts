// verify: the page's validation commands and more, asked of the running pair, each answer with its evidence. Changes nothing.

import { randomBytes } from "node:crypto";
import { type IpAddress, type Pair, parseAddress } from "../model/index.ts";
import { type Check, type CheckContext, type CheckResult, runCheck, vipsOf } from "./check.ts";
import { type ClientAnswer, type ClientProbe, localClientProbe } from "./client-probe.ts";
import { configurationChecks } from "./configuration-checks.ts";
import { daemonChecks } from "./daemon-checks.ts";
import { holderChecks } from "./holder-checks.ts";
import { hostChecks } from "./host-checks.ts";
import { besideMaintenance, operationChecks } from "./operation-checks.ts";
import type { NodeObservation, Sighting } from "./observation.ts";
import { observePair, type PairHosts } from "./observe.ts";
import { type PairStatus, pairStatus } from "./pair-status.ts";

export interface VerifyOptions {
  /** Asks the VIPs as a client would. Default: from this machine. */
  readonly clientProbe?: ClientProbe;
  /** TCP ports that the VIPs serve. Default: where HAProxy listens, except on loopback. None: the VIPs are not asked, and nodes are looked at once. */
  readonly ports?: readonly number[];
}

export interface VerifyReport {
  readonly pair: string;
  readonly observedAtMs: number;
  readonly tookMs: number;
  /** failed: at least one check failed. unknown: none failed, but something could not be seen. ok: warnings at most. */
  readonly answer: "ok" | "failed" | "unknown";
  readonly status: PairStatus;
  readonly checks: readonly CheckResult[];
  /** Facts about this pair that no check can settle, each said once. */
  readonly remarks: readonly string[];
  /** The page's validation commands with this pair's interface and VIP. */
  readonly commands: readonly string[];
}

/** Ports asked at most, so that a HAProxy with a port range does not make verify slow. */
const PORTS_MAX = 8;

/** The client's question waits for the short look, so that one is not patient with a dead node. */
const SHORT_PATIENCE_MS = 700;

/** Looks at all nodes at once and asks the VIPs meanwhile; about 1.3 s with advert_int 1, over ssh 0.2 s more. */
export async function verifyPair(
  pair: Pair,
  hosts: PairHosts,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const startedMs = Date.now();
  const salt = randomBytes(16).toString("hex");
  const looking = observePair(pair, hosts, { thorough: true, salt });
  // While adverts are counted, a short look tells where HAProxy listens, and the client asks there.
  const short =
    options.ports?.length === 0
      ? []
      : await observePair(pair, hosts, { salt, patienceMs: SHORT_PATIENCE_MS });
  const ports = options.ports ?? listeningPorts(observationsOf(short));
  const probing = askVips(pair, ports, options.clientProbe ?? localClientProbe);
  const [thorough, clientAnswers] = await Promise.all([looking, probing]);
  // Better a short answer than none from a node that was too busy for the long one.
  const sightings = thorough.map((sighting, index) => {
    const shorter = short[index];
    return sighting.kind === "unreachable" && shorter?.kind === "seen" ? shorter : sighting;
  });
  return verifyReport(pair, sightings, clientAnswers, {
    observedAtMs: startedMs,
    tookMs: Date.now() - startedMs,
  });
}

async function askVips(pair: Pair, ports: readonly number[], probe: ClientProbe): Promise<ClientAnswer[]> {
  const targets = pair.routers
    .flatMap((router) => [...router.vips, ...router.excludedVips])
    .map((vip): IpAddress => vip.address);
  return Promise.all(
    targets.flatMap((address) => ports.slice(0, PORTS_MAX).map((port) => probe(address, port))),
  );
}

/** Ports of HAProxy that a VIP reaches: bound to any address or to an address, not to loopback. */
export function listeningPorts(seen: readonly NodeObservation[]): number[] {
  const ports = seen.flatMap((observation) =>
    observation.listening.flatMap((text) => {
      const match = /^(.*):(\d+)$/.exec(text);
      const [, address = "", port] = match ?? [];
      const bare = address.replaceAll(/[[\]]/g, "").replace(/%.*$/, "");
      const loopback =
        bare.startsWith("127.") || bare === "::1" || (parseAddress(bare).kind === "bad" && bare !== "*");
      return port === undefined || loopback ? [] : [Number(port)];
    }),
  );
  return [...new Set(ports)].toSorted((left, right) => left - right);
}

function observationsOf(sightings: readonly Sighting[]): NodeObservation[] {
  return sightings.flatMap((sighting) => (sighting.kind === "seen" ? [sighting.observation] : []));
}

const allChecks: readonly Check[] = [
  ...holderChecks,
  ...operationChecks,
  ...daemonChecks,
  ...configurationChecks,
  ...hostChecks,
];

/** The report of what was seen. Pure. */
export function verifyReport(
  pair: Pair,
  sightings: readonly Sighting[],
  clientAnswers: readonly ClientAnswer[],
  asked: { readonly observedAtMs: number; readonly tookMs: number },
): VerifyReport {
  const status = pairStatus(pair, sightings, asked.observedAtMs);
  const context: CheckContext = { pair, status, seen: observationsOf(sightings), clientAnswers };
  const results = [...sightings.map(reachable), ...allChecks.flatMap((check) => runCheck(check, context))];
  const checks = results.map((result) => besideMaintenance(result, status));
  const failed = checks.some((result) => result.outcome === "failed");
  const unknown = checks.some((result) => result.outcome === "unknown");
  return {
    pair: pair.name,
    ...asked,
    answer: failed ? "failed" : unknown ? "unknown" : "ok",
    status,
    checks,
    remarks: remarksOn(pair),
    commands: validationCommands(pair),
  };
}

function reachable(sighting: Sighting): CheckResult {
  const about = { check: "reachable", node: sighting.node, checked: "the node answers" };
  if (sighting.kind === "unreachable") {
    const { error } = sighting;
    return {
      ...about,
      outcome: "failed",
      evidence: `${error.code}: ${error.message}`,
      ...(error.hint === undefined ? {} : { advice: error.hint }),
    };
  }
  const { observation } = sighting;
  if (observation.setup === undefined) {
    const evidence = "only the short look: the thorough one did not come back in time";
    return {
      ...about,
      outcome: "unknown",
      evidence,
      advice: "firewall, interface and check script were not looked at there: ask again",
    };
  }
  const { keepalived, haproxy, systemd } = observation.versions;
  const named = observation.hostname === sighting.node ? "" : `it calls itself ${observation.hostname}; `;
  return {
    ...about,
    outcome: "ok",
    evidence: `${named}keepalived ${keepalived || "?"}, HAProxy ${haproxy || "?"}, systemd ${systemd || "?"}`,
  };
}

function remarksOn(pair: Pair): string[] {
  const remarks: string[] = [];
  if (pair.routers.some((router) => router.version === 3)) {
    remarks.push(
      "VRRP version 3 has no password. What keeps others out is check_unicast_src (adverts of unknown senders are ignored) and the firewall rule that drops protocol 112 from anyone but the peers.",
    );
  }
  if (pair.routers.some((router) => !router.preempt)) {
    remarks.push(
      "nopreempt speaks of nodes and services that return. When a partition between the nodes heals, the higher priority takes the VIP, whatever nopreempt says.",
    );
  }
  return remarks;
}

/** The page's two commands, with this pair's interfaces and VIPs. */
export function validationCommands(pair: Pair): string[] {
  const shows = pair.routers.flatMap((router) =>
    vipsOf(router).flatMap((vip) =>
      pair.nodes.map((node) => `ip a show ${vip.interface ?? node.interface} | grep ${vip.text}`),
    ),
  );
  return [...new Set(shows), "journalctl -u keepalived -f"];
}
