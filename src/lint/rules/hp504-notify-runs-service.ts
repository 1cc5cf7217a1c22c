// HP504: HAProxy that is started and stopped together with the address.

import { type Deed, readCheck } from "../checks/check-command.ts";
import { exampleNode } from "../examples/example-instance.ts";
import { type Executed, notifyLines } from "../checks/executed.ts";
import { watchesSomething } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import type { LintedNode } from "../subject.ts";

export const rule: Rule = {
  code: "HP504",
  name: "notify-runs-service",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "a notify script starts or stops the proxy",
  explanation: `The proxy is to run on every node, all the time. If notify_master starts it, clients wait for its start after every move of the address, and a configuration that is broken on the standby shows only when it is needed. If notify_backup stops it, a check of the proxy fails on the standby: with weight 0 the standby is in FAULT and takes over from nobody.

Notify scripts are started and not waited for. When the state changes twice in a row they run side by side, and the one that started first may end last.

Usually it is done because HAProxy on the standby cannot bind an address it does not have. net.ipv4.ip_nonlocal_bind = 1, or \`transparent\` on the bind line, or a bind to every address, does without.`,
  source: "keepalived-behaviour 8.1; F39, F36, F08",
  bad: { lb1: exampleNode(0, { lines: ['notify_master "/usr/bin/systemctl start haproxy"'] }) },
  good: { lb1: exampleNode(0, { lines: ["notify /etc/keepalived/tell.sh"] }) },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      for (const line of notifyLines(node)) {
        const act = proxyAct(node, line);
        if (act !== undefined) yield finding(node, line, act);
      }
    }
  },
};

type Act = NonNullable<Deed["act"]>;

const PROXIES = /haproxy|hapee|nginx|traefik|envoy|varnish/i;
const STARTING_OR_STOPPING: ReadonlySet<string> = new Set([
  "start",
  "stop",
  "restart",
  "kill",
  "try-restart",
]);
const STOPPING: ReadonlySet<string> = new Set(["stop", "kill"]);

/** The first thing that the line, or the script it runs, does to a proxy; undefined where nothing shows it. */
function proxyAct(node: LintedNode, { command }: Executed): Act | undefined {
  if (command === undefined) return undefined;
  const acts = readCheck(command, node.surroundings.scripts).deeds.flatMap((deed) => deed.act ?? []);
  return acts.find(({ verb, service }) => STARTING_OR_STOPPING.has(verb) && PROXIES.test(service));
}

function finding(node: LintedNode, { label, at }: Executed, { verb, service }: Act): Finding {
  const checked = node.configuration.instances.some((instance) => watchesSomething(node, instance));
  const stops = STOPPING.has(verb);
  const standby = checked ? ", and its check fails: it may take over from nobody" : "";
  return {
    message: `${node.name}: ${label} runs ${verb} on ${service}`,
    at,
    consequence: stops
      ? `while this node is not master it has no ${service}${standby}`
      : `after the address has moved clients wait until ${service} is up, and if it does not start nobody serves them`,
    advice: `${service} running on every node, with ip_nonlocal_bind where it binds the address`,
  };
}
