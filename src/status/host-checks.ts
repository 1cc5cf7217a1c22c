// Checks of the host around the daemons: non-local bind, firewalls, who manages the interface, the check script, the clock. Pure.

import { unreachable } from "../base/index.ts";
import type { PairNode } from "../model/index.ts";
import { addressOf, nodePaths } from "../render/index.ts";
import { type Answer, type Check, type CheckContext, okOr, vipsOf } from "./check.ts";
import { firewallVerdict } from "./firewall-verdict.ts";
import { permanentVerdict } from "./firewalld-zone.ts";
import type { CheckScriptState, HostSetup, InterfaceManager, NodeObservation } from "./observation.ts";

type SetupQuestion = (
  node: PairNode,
  setup: HostSetup,
  context: CheckContext,
  observation: NodeObservation,
) => Answer[];

export const hostChecks: readonly Check[] = [
  ofSetup("nonlocal-bind", (_node, setup, context) => nonlocalBind(setup, context)),
  ofSetup("firewall", (node, setup, context, observation) => [
    ...runningFilter(node, setup, context, observation),
    ...permanentFilter(node, setup, context),
  ]),
  ofSetup("interface-manager", (node, setup) => [
    managerAnswer(node.interface, setup.managers[node.interface] ?? { kind: "none" }),
  ]),
  ofSetup("check-script", (_node, setup, _context, observation) => [
    checkScript(setup.checkScript, observation),
  ]),
  { check: "clock", ofNode: (_node, observation) => [clockAnswer(observation)] },
];

function ofSetup(check: string, question: SetupQuestion): Check {
  return {
    check,
    ofNode: (node, observation, context) =>
      observation.setup === undefined ? [] : question(node, observation.setup, context, observation),
  };
}

function nonlocalBind(setup: HostSetup, { pair }: CheckContext): Answer[] {
  const families = new Set(
    pair.routers.flatMap((router) => vipsOf(router).map((vip) => (vip.text.includes(":") ? "ipv6" : "ipv4"))),
  );
  return [...families].map((family) => {
    const value = setup.nonlocalBind[family] ?? "";
    const name = `net.${family}.ip_nonlocal_bind`;
    const advice = `without it HAProxy cannot start on a node that does not hold the VIP, if it binds the VIP: sysctl -w ${name}=1, and ${nodePaths.sysctl} for the next boot`;
    if (value === "")
      return { checked: `${name} is 1`, outcome: "unknown", evidence: "this kernel has no such setting" };
    return okOr(value === "1", `${name} is 1`, `${name} = ${value}`, advice);
  });
}

/** What the running ruleset does with an advert of each peer that is the first of its flow, coming in and going out. */
function runningFilter(
  node: PairNode,
  setup: HostSetup,
  context: CheckContext,
  observation: NodeObservation,
): Answer[] {
  return peersIn(node, context).flatMap(({ own, peer, peerName, family }): Answer[] => {
    const incoming = `the firewall lets protocol 112 from ${peerName} (${peer}) in`;
    const outgoing = `the firewall lets protocol 112 to ${peerName} (${peer}) out`;
    const legacy = setup.legacyIptables.find((line) => /-j (DROP|REJECT)|^:(INPUT|OUTPUT) DROP/.test(line));
    if (legacy !== undefined) {
      return [
        {
          checked: incoming,
          outcome: "unknown",
          evidence: `iptables-legacy has rules that are not judged, e.g. ${legacy}`,
          advice: `iptables -I INPUT -p 112 -s ${peer} -j ACCEPT where they drop it`,
        },
      ];
    }
    if (setup.nftRuleset === undefined)
      return [
        {
          checked: incoming,
          outcome: "unknown",
          evidence: setup.hasNft
            ? "nft could not list the ruleset"
            : "there is no nft on the node to read the ruleset with",
        },
      ];
    const judged = (["in", "out"] as const).map((direction): Answer => {
      const packet = {
        family,
        interface: node.interface,
        source: direction === "in" ? peer : own,
        destination: direction === "in" ? own : peer,
      };
      const verdict = firewallVerdict(setup.nftRuleset, packet, direction);
      const checked = direction === "in" ? incoming : outgoing;
      if (verdict.answer === "accept")
        return { checked, outcome: "ok", evidence: "no rule of the running ruleset drops it" };
      if (verdict.answer === "unknown")
        return { checked, outcome: "unknown", evidence: `hapair cannot judge: ${verdict.rule ?? "a rule"}` };
      return {
        checked,
        outcome: "failed",
        evidence: `dropped by ${verdict.rule ?? "a rule"}${direction === "in" ? passingText(observation, peerName) : ""}`,
        advice: openAdvice(setup, verdict.chain ?? "", direction === "in" ? "saddr" : "daddr", peer, family),
      };
    });
    return judged.filter((answer, index) => index === 0 || answer.outcome !== "ok");
  });
}

/** Adverts can pass a filter that would drop the first of them: connection tracking takes them for answers to this node's own. */
function passingText(observation: NodeObservation, peerName: string): string {
  const passes =
    observation.adverts?.some((count) => count.peer === peerName && (count.delivered ?? 0) > 0) === true;
  return passes
    ? "; they pass now only because connection tracking takes them for answers to this node's own adverts: after its next reboot it does not hear them"
    : "";
}

function openAdvice(
  setup: HostSetup,
  chain: string,
  end: "saddr" | "daddr",
  peer: string,
  family: 4 | 6,
): string {
  if (setup.firewalld.active && chain.includes(" firewalld "))
    return `${richRule(peer, family)} && firewall-cmd --reload`;
  return `nft insert rule ${chain} ${family === 4 ? "ip" : "ip6"} ${end} ${peer} meta l4proto 112 accept; and the same in the file that makes this ruleset`;
}

function richRule(peer: string, family: 4 | 6): string {
  return `firewall-cmd --permanent --add-rich-rule='rule family="ipv${family}" source address="${peer}" protocol value="vrrp" accept'`;
}

/** firewalld's files: what only runs is lost at the next reload. */
function permanentFilter(node: PairNode, setup: HostSetup, context: CheckContext): Answer[] {
  if (!setup.firewalld.active) return [];
  return peersIn(node, context).map(({ peer, peerName, family }) => {
    const checked = `firewalld keeps letting protocol 112 from ${peerName} in after a reload`;
    const verdict = permanentVerdict(setup.firewalld, node.interface, peer);
    if (verdict.answer === "allowed") return { checked, outcome: "ok", evidence: verdict.evidence };
    if (verdict.answer === "unknown") return { checked, outcome: "unknown", evidence: verdict.evidence };
    return {
      checked,
      outcome: "failed",
      evidence: verdict.evidence,
      advice: `${richRule(peer, family)} --zone=${verdict.zone} && firewall-cmd --reload`,
    };
  });
}

interface PeerAddresses {
  readonly peerName: string;
  readonly own: string;
  readonly peer: string;
  readonly family: 4 | 6;
}

/** Each peer once per family of adverts. */
function peersIn(node: PairNode, { pair }: CheckContext): PeerAddresses[] {
  const found = new Map<string, PeerAddresses>();
  for (const router of pair.routers) {
    for (const other of pair.nodes) {
      if (other.name === node.name) continue;
      const peer = addressOf(other, router).text;
      found.set(peer, {
        peerName: other.name,
        own: addressOf(node, router).text,
        peer,
        family: router.family,
      });
    }
  }
  return [...found.values()];
}

/** Who else puts addresses on the interface, and may take foreign ones away (failure F05). */
function managerAnswer(device: string, manager: InterfaceManager): Answer {
  const checked = `nobody takes foreign addresses off ${device}`;
  switch (manager.kind) {
    case "none":
      return { checked, outcome: "ok", evidence: "no network manager has the interface" };
    case "ifupdown":
      return { checked, outcome: "ok", evidence: "ifupdown: it leaves addresses alone until ifdown" };
    case "NetworkManager":
      return {
        checked,
        outcome: "warning",
        evidence: `NetworkManager: ${manager.text}`,
        advice: `it takes the VIP away when the connection is brought up again (nmcli connection up, some updates): do that on the standby only, or nmcli device set ${device} managed no where the address is set otherwise`,
      };
    case "systemd-networkd": {
      const kept = manager.settings.find(
        (setting) =>
          /^KeepConfiguration=(yes|static)/.test(setting) || /^CriticalConnection=(yes|true)/.test(setting),
      );
      const file = manager.file ?? "its file";
      return okOr(
        kept !== undefined,
        checked,
        `systemd-networkd (${manager.setup}) with ${file}: ${kept ?? "no KeepConfiguration="}`,
        "a restart of systemd-networkd (an update, netplan apply) removes the VIP: network: { keep_configuration: true } in the pair file renders KeepConfiguration=yes",
        "warning",
      );
    }
    default:
      return unreachable(manager);
  }
}

function checkScript(script: CheckScriptState | undefined, { notes }: NodeObservation): Answer {
  const checked = `${nodePaths.checkScript} runs as keepalived runs it`;
  if (script === undefined)
    return {
      checked,
      outcome: "failed",
      evidence: "it is not there: keepalived leaves the check out",
      advice: "hapair apply writes it",
    };
  const evidence = `mode ${script.mode}, ${script.owner}:${script.group}`;
  const mode = Number.parseInt(script.mode, 8);
  if (script.run === undefined)
    return {
      checked,
      outcome: "failed",
      evidence: `${evidence}: not executable, so keepalived leaves it out`,
      advice: `chmod 755 ${nodePaths.checkScript}`,
    };
  if (script.owner !== "root" || (mode & 0o022) !== 0) {
    return {
      checked,
      outcome: "failed",
      evidence: `${evidence}: others than root may write it, so enable_script_security leaves it out`,
      advice: `chown root:root and chmod 755 ${nodePaths.checkScript}`,
    };
  }
  const { user, exitCode } = script.run;
  const ran = `${evidence}; run as ${user}: exit ${exitCode}`;
  if (exitCode === 124 || exitCode === 137) {
    // It may look twice with a pause between, which a busy machine stretches; keepalived gives it more time than verify has.
    const lastWord = notes.find((note) => note.text.startsWith("VRRP_Script("))?.text ?? "nothing";
    return okOr(
      /success|succeeded/.test(lastWord),
      checked,
      `${evidence}; run as ${user}: not at its end after 1.4 s; keepalived's last word: ${lastWord}`,
      "the machine is very busy, or the script waits for something: run it by hand",
      "warning",
    );
  }
  if (exitCode === 126 || exitCode === 127)
    return {
      checked,
      outcome: "failed",
      evidence: `${ran} (cannot be executed)`,
      advice:
        "an interpreter or a program in it is missing; to keepalived this counts as success, so the check finds nothing",
    };
  return okOr(exitCode === 0, checked, ran, "the check fails: see HAProxy and its health address above");
}

const CLOCK_DIFFERENCE_MS = 1000;

function clockAnswer(observation: NodeObservation): Answer {
  const ahead = observation.clockAheadMs;
  const evidence = `${(Math.abs(ahead) / 1000).toFixed(2)} s ${ahead >= 0 ? "ahead" : "behind"}, give or take ${(observation.clockUncertaintyMs / 1000).toFixed(2)} s`;
  const near = Math.abs(ahead) - observation.clockUncertaintyMs < CLOCK_DIFFERENCE_MS;
  return okOr(
    near,
    "its clock agrees with this machine's",
    evidence,
    "failover does not need it, reading two journals does: timedatectl set-ntp true",
    "warning",
  );
}
