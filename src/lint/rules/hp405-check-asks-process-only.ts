// HP405: the check finds out that a process is there, not that it serves. Rule: silent where another check of the instance may ask the service.

import { sentenceList } from "../../base/index.ts";
import type { KeepalivedInstance } from "../../keepalived/index.ts";
import type { Deed } from "../checks/check-command.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { groupsOf, placeOfScript, readingOf, scriptsNamedBy, shownCommand } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type LintedNode, type LintSubject, type Place } from "../subject.ts";

export const rule: Rule = {
  code: "HP405",
  name: "check-asks-process-only",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "the check only asks whether a process exists: a hung proxy, or one without a listener, passes",
  explanation: `killall -0, pidof, pgrep, pkill -0, systemctl is-active, a pid file and vrrp_track_process say that a process exists. An HAProxy that hangs, that has no file descriptors left or that listens on nothing has a process all the same.

killall and pkill also match every other process of that name: an old worker that still drains its connections after a reload, or one in a container.`,
  source: "keepalived-behaviour 3.2 and 9.27, tested with SIGSTOP on 2.2.7; F14, F30",
  bad: { lb1: exampleCheck({ script: '"killall -0 haproxy"' }) },
  good: {
    lb1: exampleCheck({
      script: '"/usr/bin/curl --silent --fail --max-time 1 http://127.0.0.1:8404/healthz"',
    }),
  },
  check: findProcessChecks,
};

/** What passes, by program. The rest of the sentence follows. */
const SUCCEEDS: Readonly<Record<string, string>> = {
  killall: "succeeds while any process of that name exists, an old worker or one in a container as well",
  pkill: "succeeds while any process matches, an old worker or one in a container as well",
  pidof: "succeeds while any process of that name exists",
  pgrep: "succeeds while any process matches, one whose name only contains the word as well",
  kill: "succeeds while a process has that number, whichever it is",
  ps: "shows that a process exists",
  systemctl: "succeeds while systemd has the unit as active",
  service: "succeeds while the service has a process",
  test: "succeeds while the file exists, which a crash does not remove",
  "[": "succeeds while the file exists, which a crash does not remove",
  docker: "shows that the container runs",
  podman: "shows that the container runs",
};

interface WeakCheck {
  readonly label: string;
  readonly why: string;
  readonly at: Place;
}

function* findProcessChecks(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    const told = new Set<string>();
    for (const instance of node.configuration.instances) {
      for (const weak of weakChecksOf(node, instance) ?? []) {
        if (told.has(weak.label)) continue;
        told.add(weak.label);
        const users = node.configuration.instances.filter((each) =>
          weakChecksOf(node, each)?.some((other) => other.label === weak.label),
        );
        yield {
          message: `${node.name}: ${weak.label} ${weak.why}`,
          at: weak.at,
          consequence: `a hung or portless service passes this check, the only one of ${sentenceList(users.map((each) => each.name))}: the VIP stays, and clients get no answer`,
          advice:
            "a check that asks the service itself, with a time limit: for HAProxy its health address on loopback, as curl --silent --fail --max-time 1 http://127.0.0.1:8404/healthz",
        };
      }
    }
  }
}

/** The instance's checks if all of them only look for a process; undefined where one asks, or nobody knows what it does. */
function weakChecksOf(node: LintedNode, instance: KeepalivedInstance): WeakCheck[] | undefined {
  const owners = [instance, ...groupsOf(node, instance)];
  if (owners.some((owner) => owner.trackFiles.length > 0)) return undefined;
  const weak: WeakCheck[] = [];
  for (const { script } of scriptsNamedBy(node, instance)) {
    const reading = readingOf(node, script);
    if (reading?.kind !== "process-only") return undefined;
    const deed = reading.deeds.find((each) => each.kind === "process-only");
    if (deed === undefined) return undefined;
    const label = `${script.name} (${shownCommand(deed.words)})`;
    weak.push({ label, why: whyOf(deed), at: placeOfScript(node, script) });
  }
  for (const entry of owners.flatMap((owner) => owner.trackProcesses)) {
    const watched = node.configuration.trackProcesses.find((each) => each.name === entry.name);
    if (watched === undefined) continue;
    weak.push({
      label: `vrrp_track_process ${watched.name}`,
      why: "is satisfied while the process exists",
      at: inKeepalived(node, lineOf(watched, "process")),
    });
  }
  return weak;
}

function whyOf(deed: Deed): string {
  return Object.hasOwn(SUCCEEDS, deed.program)
    ? (SUCCEEDS[deed.program] ?? "")
    : "only shows that a process exists";
}
