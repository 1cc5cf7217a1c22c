// Checks of the two daemons and what they do together: who holds the VIP, that both run what their files say, that adverts are heard. Pure.

import { sentenceList } from "../base/index.ts";
import { nodePaths } from "../render/index.ts";
import { type Answer, type Check, type CheckContext, okOr, vipsOf } from "./check.ts";
import { loggedState } from "./node-status.ts";
import type { NodeObservation, UnitState } from "./observation.ts";
import type { PairNode, Router } from "../model/index.ts";
import { clockText } from "./time-text.ts";

export const daemonChecks: readonly Check[] = [
  { check: "one-holder", ofPair: (context) => context.pair.routers.map((router) => oneHolder(router, context)) },
  { check: "misplaced-vip", ofNode: (node, observation, context) => context.pair.routers.flatMap((router) => misplacedVip(router, node, observation, context)) },
  { check: "keepalived-active", ofNode: (_node, observation) => unitAnswers("keepalived", observation.keepalived) },
  { check: "haproxy-active", ofNode: (_node, observation) => unitAnswers("haproxy", observation.haproxy) },
  { check: "state", ofNode: (_node, observation, context) => context.pair.routers.map((router) => stateAnswer(router, observation, context)) },
  { check: "adverts-heard", ofNode: (_node, observation, context) => context.pair.routers.flatMap((router) => advertsHeard(router, observation, context)) },
  { check: "vip-answers", ofPair: (context) => vipAnswers(context) },
  { check: "health-address", ofNode: (_node, observation) => [healthAnswer(observation)] },
  { check: "second-file", ofNode: (_node, observation) => [secondFile(observation)] },
  { check: "watched-files", ofNode: (_node, observation) => watchedFiles(observation) },
  { check: "runs-its-file", ofNode: (_node, observation) => runsItsFile(observation) },
];

/** The page's first validation command on every node, and what its lines come to. */
function oneHolder(router: Router, { status, seen, pair }: CheckContext): Answer {
  const found = status.routers.find((candidate) => candidate.router === router.name);
  const addresses = vipsOf(router).map((vip) => vip.text);
  const checked = `exactly one node holds ${sentenceList(addresses)}`;
  const lines = seen.map((observation) => `${observation.node}: ${heldLines(router, pair.nodes.find((node) => node.name === observation.node), observation)}`);
  const evidence = lines.join("; ");
  switch (found?.verdict) {
    case "one-holder":
      return { checked, outcome: "ok", evidence };
    case undefined:
    case "unknown":
      return { checked, outcome: "unknown", evidence: `${found?.text ?? "not asked"} (${evidence})`, advice: "reach the node that did not answer" };
    case "split-brain": {
      const left = status.nodes.filter((node) => node.instances.some((instance) => instance.router === router.name && instance.holds !== "none" && instance.state !== "MASTER"));
      const advice =
        left.length > 0
          ? `take it off ${sentenceList(left.map((node) => node.node))}, where keepalived does not hold it: see below`
          : "until they hear each other again, stop keepalived on one of them (systemctl stop keepalived); who does not hear whom, and why, is below";
      return { checked, outcome: "failed", evidence, advice };
    }
    case "no-holder":
    case "divided":
      return { checked, outcome: "failed", evidence, advice: "see the states below, and journalctl -u keepalived on every node" };
  }
}

/** The lines of `ip a show DEVICE` with a VIP in them. */
function heldLines(router: Router, node: PairNode | undefined, observation: NodeObservation): string {
  const lines = vipsOf(router).flatMap((vip) => {
    const device = vip.interface ?? node?.interface;
    return observation.addresses
      .filter((held) => held.address === vip.text && held.interface === device)
      .map((held) => `${vip.text.includes(":") ? "inet6" : "inet"} ${held.address}/${held.prefixLength} scope ${held.scope} ${held.interface}`);
  });
  return lines.length === 0 ? "(no line)" : lines.join(", ");
}

/** A VIP where it does not belong: on another interface, or without a MASTER that would take it away again. */
function misplacedVip(router: Router, node: PairNode, observation: NodeObservation, { status }: CheckContext): Answer[] {
  const state = status.nodes.find((candidate) => candidate.node === node.name)?.instances.find((instance) => instance.router === router.name)?.state;
  return vipsOf(router).flatMap((vip): Answer[] => {
    const device = vip.interface ?? node.interface;
    return observation.addresses
      .filter((held) => held.address === vip.text && held.interface !== "lo" && (held.interface !== device || state !== "MASTER"))
      .map((held) => ({
        checked: `${vip.text} is only where keepalived put it`,
        outcome: "failed" as const,
        evidence: `${vip.text}/${held.prefixLength} is on ${held.interface}, and keepalived ${held.interface === device ? `is ${state ?? "unknown"}` : `would put it on ${device}`}`,
        advice: `ip address delete ${vip.text}/${held.prefixLength} dev ${held.interface}`,
      }));
  });
}

function unitAnswers(unit: "keepalived" | "haproxy", state: UnitState): Answer[] {
  const checked = `${unit} is active and starts at boot`;
  const since = state.startedAtMs === undefined ? "" : `, since ${clockText(state.startedAtMs)}`;
  const restarts = state.restarts === 0 ? "" : `, restarted ${state.restarts} times by systemd`;
  const evidence = `${state.active} (${state.sub})${since}${restarts}, ${state.atBoot === "" ? "boot unknown" : state.atBoot}`;
  if (state.load === "not-found") return [{ checked, outcome: "failed", evidence: "not installed", advice: `install it: apt-get install ${unit}` }];
  if (state.active !== "active") {
    return [{ checked, outcome: "failed", evidence: `${evidence}, result ${state.result}`, advice: `journalctl -u ${unit} -n 50 says why; systemctl start ${unit}` }];
  }
  const enabled = state.atBoot.startsWith("enabled") || state.atBoot === "static";
  const answer = okOr(enabled, checked, evidence, `after a reboot it stays off: systemctl enable ${unit}`, "warning");
  if (!state.needsDaemonReload) return [answer];
  return [answer, { checked: `systemd has read ${unit}'s unit files`, outcome: "warning", evidence: "NeedDaemonReload=yes", advice: "systemctl daemon-reload" }];
}

function stateAnswer(router: Router, observation: NodeObservation, { status }: CheckContext): Answer {
  const node = status.nodes.find((candidate) => candidate.node === observation.node);
  const instance = node?.instances.find((candidate) => candidate.router === router.name);
  const checked = `keepalived's state of ${router.name} fits what the node holds`;
  const logged = loggedState(router, observation);
  const evidence = logged === undefined ? `keepalived has not said (${instance?.state ?? "unknown"})` : `${clockText(logged.sinceMs)} ${logged.text}`;
  const trouble = node?.troubles.find((text) => text.includes("FAULT") || text.includes("MASTER") || text.includes("was left") || text.includes("not known"));
  if (instance === undefined || instance.state === "unknown") return { checked, outcome: "unknown", evidence, advice: trouble ?? "journalctl -u keepalived" };
  if (instance.state === "FAULT" || instance.state === "STOPPED" || trouble !== undefined) {
    return { checked, outcome: "failed", evidence, advice: trouble ?? "systemctl start keepalived" };
  }
  return { checked, outcome: "ok", evidence };
}

function advertsHeard(router: Router, observation: NodeObservation, { status, pair }: CheckContext): Answer[] {
  const states = status.nodes.map((node) => [node.node, node.instances.find((instance) => instance.router === router.name)?.state] as const);
  const own = states.find(([node]) => node === observation.node)?.[1];
  const masters = states.filter(([node, state]) => state === "MASTER" && node !== observation.node).map(([node]) => node);
  const checked = `adverts for ${router.name} (protocol 112, VRID ${router.id}) from the holder are heard`;
  if (masters.length === 0) {
    return own === "MASTER" || own === undefined ? [] : [{ checked, outcome: "unknown", evidence: "no other node that answered is MASTER" }];
  }
  const rejected = status.nodes.find((node) => node.node === observation.node)?.troubles.find((text) => text.includes("refuses"));
  if (rejected !== undefined) return [{ checked, outcome: "failed", evidence: rejected, advice: "make version, password, advert_int and VIPs the same on all nodes: hapair plan, hapair apply" }];
  const counts = (observation.adverts ?? []).filter((count) => count.router === router.name && masters.includes(count.peer));
  if (counts.length === 0) return [inferredAnswer(checked, own)];
  return counts.map((count): Answer => {
    const seconds = observation.advertsCountedMs / 1000;
    const from = `from ${count.peer} (${pair.nodes.find((node) => node.name === count.peer)?.addresses[0]?.text ?? "?"})`;
    const delivered = count.delivered === undefined ? "" : `, ${count.delivered} passed the host's filters`;
    const evidence = `${count.arrived} arrived ${from} in ${seconds} s${delivered}`;
    if (count.arrived === 0 && count.otherVrid > 0) {
      return { checked, outcome: "failed", evidence: `${count.otherVrid} adverts ${from}, all with another VRID`, advice: "virtual_router_id must be the same on all nodes" };
    }
    if (count.arrived === 0 && router.advertIntervalUs >= observation.advertsCountedMs * 1000) return inferredAnswer(checked, own, evidence);
    if (count.arrived === 0) {
      return { checked, outcome: "failed", evidence, advice: `look whether they leave ${count.peer} (its firewall's output, unicast_peer), and at the network between (a cloud's security group needs protocol 112)` };
    }
    if (count.delivered === 0) return { checked, outcome: "failed", evidence, advice: "a filter on this node drops them: see the firewall lines below" };
    return { checked, outcome: "ok", evidence };
  });
}

/** Nobody counted. A BACKUP that heard nothing would be MASTER by now. */
function inferredAnswer(checked: string, own: string | undefined, seen?: string): Answer {
  const why = seen ?? "neither nft nor tcpdump on the node to count with";
  return own === "BACKUP"
    ? { checked, outcome: "ok", evidence: `inferred: it stays BACKUP, so it hears them (${why})` }
    : { checked, outcome: "unknown", evidence: why };
}

function vipAnswers({ pair, clientAnswers }: CheckContext): Answer[] {
  const addresses = pair.routers.flatMap((router) => vipsOf(router));
  return addresses.flatMap((vip): Answer[] => {
    const answers = clientAnswers.filter((answer) => answer.address === vip.text);
    if (answers.length === 0) {
      return [{ checked: `${vip.text} answers a client`, outcome: "skipped", evidence: "no client asked: HAProxy listens on no port that the VIP reaches, or no node answered" }];
    }
    return answers.map((answer): Answer => {
      const checked = `${vip.text} port ${answer.port} answers a client`;
      const evidence = `${answer.text} (${answer.elapsedMs} ms)`;
      if (/^HTTP(\/\S+)? 5\d\d/.test(answer.text)) {
        return { checked, outcome: "warning", evidence, advice: "the VIP and HAProxy are there; the service behind is not: its statistics show which servers are down" };
      }
      if (answer.outcome === "answered") return { checked, outcome: "ok", evidence };
      if (answer.outcome === "silent") {
        return { checked, outcome: "warning", evidence, advice: "fine for a protocol in which the client waits; for HTTP, HAProxy or its back ends hang" };
      }
      return { checked, outcome: "failed", evidence, advice: "ask from a machine in the VIP's network; then look at the holder's firewall for this port, and at ARP (ip neighbour) for the VIP" };
    });
  });
}

function healthAnswer(observation: NodeObservation): Answer {
  const { health } = observation;
  const checked = `${health.url} answers on the node`;
  if (health.curlExit === 127) return { checked, outcome: "unknown", evidence: "there is no curl on the node", advice: "install curl: the check script needs it too" };
  const evidence = health.httpStatus > 0 ? `HTTP ${health.httpStatus} in ${health.elapsedMs} ms` : `no answer (curl exit ${health.curlExit})`;
  const advice = health.curlExit === 28 ? "HAProxy hangs: systemctl restart haproxy" : "HAProxy is down or runs without hapair's second file: hapair apply";
  return okOr(health.httpStatus === 200, checked, evidence, advice);
}

function secondFile(observation: NodeObservation): Answer {
  const checked = "HAProxy runs with hapair's second file";
  if (observation.haproxyCommand === "") return { checked, outcome: "skipped", evidence: "HAProxy is not running" };
  const loaded = observation.haproxyCommand.includes(nodePaths.secondHaproxyConf) || observation.haproxyCommand.includes("conf.d");
  const inUnit = observation.haproxy.command.includes(nodePaths.secondHaproxyConf);
  const advice = inUnit ? "the unit has it, the running process not yet: systemctl restart haproxy" : "hapair apply writes the drop-in that loads it";
  return okOr(loaded, checked, observation.haproxyCommand, advice);
}

function watchedFiles(observation: NodeObservation): Answer[] {
  const { configuration, watch } = observation;
  const tracked = Object.entries(configuration?.trackedPaths ?? {}).filter(([, path]) => path.startsWith(`${nodePaths.watchDirectory}/`));
  const checked = `keepalived watches ${nodePaths.watchDirectory}`;
  if (tracked.length === 0) {
    return [{ checked, outcome: "skipped", evidence: configuration === undefined ? "no keepalived.conf" : "its configuration tracks no file there" }];
  }
  const recreate = "systemd-tmpfiles --create, then write the present state (systemctl restart haproxy), then systemctl restart keepalived";
  if (watch === undefined) return [{ checked, outcome: "failed", evidence: `${nodePaths.watchDirectory} is missing: keepalived takes every file in it for healthy`, advice: recreate }];
  const values = watch.files.map((file) => `${file.name} ${file.value.trim() || "empty"}`).join(", ");
  const missing = tracked.map(([name]) => name).filter((name) => !watch.files.some((file) => file.name === name));
  if (missing.length > 0) return [{ checked, outcome: "failed", evidence: `missing: ${missing.join(", ")} (there: ${values || "nothing"})`, advice: "a missing file counts as healthy; systemd-tmpfiles --create makes it" }];
  if (watch.watchedByKeepalived === undefined) return [{ checked, outcome: "skipped", evidence: `keepalived is not running; ${values}` }];
  return [
    okOr(
      watch.watchedByKeepalived,
      checked,
      watch.watchedByKeepalived ? `inotify watch on the directory; ${values}` : `no inotify watch on it: it was made anew after keepalived started; ${values}`,
      "systemctl restart keepalived (a holder's VIP moves)",
    ),
  ];
}

/** What runs is as new as what lies on the disk. Files are dated to the second. */
function runsItsFile(observation: NodeObservation): Answer[] {
  const reloads = observation.notes.filter((note) => /reload|configuration file/i.test(note.text)).map((note) => note.atMs);
  const keepalivedLoaded = Math.max(observation.keepalived.startedAtMs ?? 0, observation.keepalived.changedAtMs ?? 0, ...reloads);
  const haproxyLoaded = Math.max(observation.haproxy.startedAtMs ?? 0, observation.haproxy.changedAtMs ?? 0);
  const haproxyFiles = [nodePaths.haproxyConf, nodePaths.secondHaproxyConf].flatMap((path) => observation.changedAtMs[path] ?? []);
  return [
    loadedAnswer("keepalived", observation.keepalived, keepalivedLoaded, observation.configuration?.changedAtMs),
    loadedAnswer("haproxy", observation.haproxy, haproxyLoaded, haproxyFiles.length === 0 ? undefined : Math.max(...haproxyFiles)),
  ];
}

function loadedAnswer(unit: string, state: UnitState, loadedMs: number, changedMs: number | undefined): Answer {
  const checked = `${unit} runs the configuration on disk`;
  if (changedMs === undefined) return { checked, outcome: "unknown", evidence: "its configuration file is not there" };
  if (state.active !== "active" || loadedMs === 0) return { checked, outcome: "skipped", evidence: `${unit} is ${state.active}` };
  const evidence = `file of ${clockText(changedMs)}, loaded ${clockText(loadedMs)}`;
  return okOr(loadedMs >= changedMs, checked, evidence, `the file changed since: check it, then systemctl reload ${unit}`, "warning");
}
