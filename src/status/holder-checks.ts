// Checks of who holds the VIPs: exactly one node, where keepalived put it; adverts are heard; a client is answered. Pure.

import { sentenceList, unreachable } from "../base/index.ts";
import type { PairNode, Router } from "../model/index.ts";
import { type Answer, type Check, type CheckContext, vipsOf } from "./check.ts";
import { loggedState } from "./node-status.ts";
import type { NodeObservation } from "./observation.ts";
import { clockText } from "./time-text.ts";

export const holderChecks: readonly Check[] = [
  {
    check: "one-holder",
    ofPair: (context) => context.pair.routers.map((router) => oneHolder(router, context)),
  },
  {
    check: "misplaced-vip",
    ofNode: (node, observation, context) =>
      context.pair.routers.flatMap((router) => misplacedVip(router, node, observation, context)),
  },
  {
    check: "state",
    ofNode: (_node, observation, context) =>
      context.pair.routers.map((router) => stateAnswer(router, observation, context)),
  },
  {
    check: "adverts-heard",
    ofNode: (_node, observation, context) =>
      context.pair.routers.flatMap((router) => advertsHeard(router, observation, context)),
  },
  { check: "vip-answers", ofPair: (context) => vipAnswers(context) },
];

/** The page's first validation command on every node, and what its lines come to. */
function oneHolder(router: Router, { status, seen, pair }: CheckContext): Answer {
  const found = status.routers.find((candidate) => candidate.router === router.name);
  const verdict = found?.verdict ?? "unknown";
  const addresses = vipsOf(router).map((vip) => vip.text);
  const checked = `exactly one node holds ${sentenceList(addresses)}`;
  const lines = seen.map((observation) => {
    const node = pair.nodes.find((candidate) => candidate.name === observation.node);
    return `${observation.node}: ${heldLines(router, node, observation)}`;
  });
  const evidence = lines.join("; ");
  switch (verdict) {
    case "one-holder":
      if (seen.length === pair.nodes.length) return { checked, outcome: "ok", evidence };
      return {
        checked,
        outcome: "unknown",
        evidence,
        advice: "a node that cannot be asked may hold it too: ask it from its console",
      };
    case "unknown":
      return {
        checked,
        outcome: "unknown",
        evidence: `${found?.text ?? "not asked"} (${evidence})`,
        advice: "reach the node that did not answer",
      };
    case "split-brain": {
      const left = status.nodes.filter((node) =>
        node.instances.some(
          (instance) =>
            instance.router === router.name && instance.holds !== "none" && instance.state !== "MASTER",
        ),
      );
      const advice =
        left.length > 0
          ? `take it off ${sentenceList(left.map((node) => node.node))}, where keepalived does not hold it: see below`
          : "until they hear each other again, stop keepalived on one of them (systemctl stop keepalived); who does not hear whom, and why, is below";
      return { checked, outcome: "failed", evidence, advice };
    }
    case "no-holder":
    case "divided":
      return {
        checked,
        outcome: "failed",
        evidence,
        advice: "see the states below, and journalctl -u keepalived on every node",
      };
    default:
      return unreachable(verdict);
  }
}

/** The lines of `ip a show DEVICE` with a VIP in them. */
function heldLines(router: Router, node: PairNode | undefined, observation: NodeObservation): string {
  const lines = vipsOf(router).flatMap((vip) => {
    const device = vip.interface ?? node?.interface;
    return observation.addresses
      .filter((held) => held.address === vip.text && held.interface === device)
      .map(
        (held) =>
          `${vip.text.includes(":") ? "inet6" : "inet"} ${held.address}/${held.prefixLength} scope ${held.scope} ${held.interface}`,
      );
  });
  return lines.length === 0 ? "(no line)" : lines.join(", ");
}

/** A VIP where it does not belong: on another interface, or without a MASTER that would take it away again. */
function misplacedVip(
  router: Router,
  node: PairNode,
  observation: NodeObservation,
  { status }: CheckContext,
): Answer[] {
  const state = status.nodes
    .find((candidate) => candidate.node === node.name)
    ?.instances.find((instance) => instance.router === router.name)?.state;
  return vipsOf(router).flatMap((vip): Answer[] => {
    const device = vip.interface ?? node.interface;
    return observation.addresses
      .filter(
        (held) =>
          held.address === vip.text &&
          held.interface !== "lo" &&
          (held.interface !== device || state !== "MASTER"),
      )
      .map((held) => ({
        checked: `${vip.text} is only where keepalived put it`,
        outcome: "failed" as const,
        evidence: `${vip.text}/${held.prefixLength} is on ${held.interface}, and keepalived ${held.interface === device ? `is ${state ?? "unknown"}` : `would put it on ${device}`}`,
        advice: `ip address delete ${vip.text}/${held.prefixLength} dev ${held.interface}`,
      }));
  });
}

function stateAnswer(router: Router, observation: NodeObservation, { status }: CheckContext): Answer {
  const node = status.nodes.find((candidate) => candidate.node === observation.node);
  const instance = node?.instances.find((candidate) => candidate.router === router.name);
  const checked = `keepalived's state of ${router.name} fits what the node holds`;
  const logged = loggedState(router, observation);
  const evidence =
    logged === undefined
      ? `keepalived has not said (${instance?.state ?? "unknown"})`
      : `${clockText(logged.sinceMs)} ${logged.text}`;
  const trouble = node?.troubles.find(
    (text) =>
      text.includes("FAULT") ||
      text.includes("MASTER") ||
      text.includes("was left") ||
      text.includes("not known"),
  );
  if (instance === undefined || instance.state === "unknown")
    return { checked, outcome: "unknown", evidence, advice: trouble ?? "journalctl -u keepalived" };
  if (instance.state === "FAULT" || instance.state === "STOPPED" || trouble !== undefined) {
    return { checked, outcome: "failed", evidence, advice: trouble ?? "systemctl start keepalived" };
  }
  return { checked, outcome: "ok", evidence };
}

function advertsHeard(
  router: Router,
  observation: NodeObservation,
  { status, pair }: CheckContext,
): Answer[] {
  const states = status.nodes.map(
    (node) => [node.node, node.instances.find((instance) => instance.router === router.name)?.state] as const,
  );
  const own = states.find(([node]) => node === observation.node)?.[1];
  const masters = states
    .filter(([node, state]) => state === "MASTER" && node !== observation.node)
    .map(([node]) => node);
  const checked = `adverts for ${router.name} (protocol 112, VRID ${router.id}) from the holder are heard`;
  if (masters.length === 0) {
    return own === "MASTER" || own === undefined
      ? []
      : [{ checked, outcome: "unknown", evidence: "no other node that answered is MASTER" }];
  }
  const rejected = status.nodes
    .find((node) => node.node === observation.node)
    ?.troubles.find((text) => text.includes("refuses"));
  if (rejected !== undefined)
    return [
      {
        checked,
        outcome: "failed",
        evidence: rejected,
        advice:
          "make version, password, advert_int and VIPs the same on all nodes: hapair plan, hapair apply",
      },
    ];
  const counts = (observation.adverts ?? []).filter(
    (count) => count.router === router.name && masters.includes(count.peer),
  );
  if (counts.length === 0) {
    const why =
      observation.setup === undefined
        ? "they were not counted in the short look"
        : "neither nft nor tcpdump on the node to count with";
    return [inferredAnswer(checked, own, why)];
  }
  return counts.map((count): Answer => {
    const seconds = observation.advertsCountedMs / 1000;
    const from = `from ${count.peer} (${pair.nodes.find((node) => node.name === count.peer)?.addresses[0]?.text ?? "?"})`;
    const delivered = count.delivered === undefined ? "" : `, ${count.delivered} passed the host's filters`;
    const evidence = `${count.arrived} arrived ${from} in ${seconds} s${delivered}`;
    if (count.arrived === 0 && count.otherVrid > 0) {
      return {
        checked,
        outcome: "failed",
        evidence: `${count.otherVrid} adverts ${from}, all with another VRID`,
        advice: "virtual_router_id must be the same on all nodes",
      };
    }
    if (count.arrived === 0 && router.advertIntervalUs >= observation.advertsCountedMs * 1000)
      return inferredAnswer(checked, own, evidence);
    if (count.arrived === 0) {
      return {
        checked,
        outcome: "failed",
        evidence,
        advice: `look whether they leave ${count.peer} (its firewall's output, unicast_peer), and at the network between (a cloud's security group needs protocol 112)`,
      };
    }
    if (count.delivered === 0)
      return {
        checked,
        outcome: "failed",
        evidence,
        advice: "a filter on this node drops them: see the firewall lines below",
      };
    return { checked, outcome: "ok", evidence };
  });
}

/** Nobody counted. A BACKUP that heard nothing would be MASTER by now. */
function inferredAnswer(checked: string, own: string | undefined, why: string): Answer {
  return own === "BACKUP"
    ? { checked, outcome: "ok", evidence: `inferred: it stays BACKUP, so it hears them (${why})` }
    : { checked, outcome: "unknown", evidence: why };
}

function vipAnswers({ pair, clientAnswers }: CheckContext): Answer[] {
  const addresses = pair.routers.flatMap((router) => vipsOf(router));
  return addresses.flatMap((vip): Answer[] => {
    const answers = clientAnswers.filter((answer) => answer.address === vip.text);
    if (answers.length === 0) {
      return [
        {
          checked: `${vip.text} answers a client`,
          outcome: "skipped",
          evidence: "no client asked: HAProxy listens on no port that the VIP reaches, or no node answered",
        },
      ];
    }
    return answers.map((answer): Answer => {
      const checked = `${vip.text} port ${answer.port} answers a client`;
      const evidence = `${answer.text} (${answer.elapsedMs} ms)`;
      if (/^HTTP(\/\S+)? 5\d\d/.test(answer.text)) {
        return {
          checked,
          outcome: "warning",
          evidence,
          advice:
            "the VIP and HAProxy are there; the service behind is not: its statistics show which servers are down",
        };
      }
      if (answer.outcome === "answered") return { checked, outcome: "ok", evidence };
      if (answer.outcome === "silent") {
        return {
          checked,
          outcome: "warning",
          evidence,
          advice: "fine for a protocol in which the client waits; for HTTP, HAProxy or its back ends hang",
        };
      }
      return {
        checked,
        outcome: "failed",
        evidence,
        advice:
          "ask from a machine in the VIP's network; then look at the holder's firewall for this port, and at ARP (ip neighbour) for the VIP",
      };
    });
  });
}
