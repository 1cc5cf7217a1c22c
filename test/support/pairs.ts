// Pairs for tests: the forms that a file can have, each as a person would write it.

import {
  type AgentOptions,
  agentSecrets,
  agentTextFiles,
  loadPair,
  type Pair,
} from "../../src/model/index.ts";
import type { AgentInputs, RenderInputs } from "../../src/render/index.ts";

export const haproxyConfig = `global
    user haproxy
    group haproxy

defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s

frontend web
    bind *:80
    default_backend web

backend web
    server web-01 10.150.160.41:80 check
`;

const document = `pair: ext-lb
nodes:
  extlb-01: { address: 10.150.160.30, interface: ens192 }
  extlb-02: { address: 10.150.160.31, interface: ens192 }
vips: { ext-lb-VIP: 10.150.160.32/32 }
vrrp: { id: 50, password: { env: EXT_LB_VRRP_PASSWORD } }
haproxy: { config: ./haproxy.cfg }
`;

/** By name, the text of each pair's file. */
export const pairFiles: Readonly<Record<string, string>> = {
  classic: document,
  fast: `${document}profile: fast\n`,
  "three-nodes": `pair: triple
nodes:
  lb1: { address: 192.0.2.11, interface: ens192 }
  lb2: { address: 192.0.2.12, interface: ens192 }
  lb3: { address: 192.0.2.13, interface: ens192 }
vips: { a: 192.0.2.50/32, b: 192.0.2.51/24 }
vrrp: { id: 7, password: { env: EXT_LB_VRRP_PASSWORD } }
haproxy: { config: ./haproxy.cfg }
`,
  "active-active": `pair: crossed
nodes:
  lb1: { address: [192.0.2.11, "2001:db8::11"], interface: ens192, ssh: ops@lb1.mgmt.example }
  lb2: { address: [192.0.2.12, "2001:db8::12"], interface: ens192, ssh: ops@lb2.mgmt.example }
routers:
  web: { id: 50, prefer: [lb1, lb2], vips: { web4: 192.0.2.50/32, web6: "2001:db8::50/128" }, password: { env: EXT_LB_VRRP_PASSWORD } }
  api: { id: 51, prefer: [lb2, lb1], vips: { api4: { address: 192.0.2.51/32, interface: bond1 } }, password: { env: EXT_LB_VRRP_PASSWORD } }
haproxy: { config: ./haproxy.cfg }
`,
  "ipv6-only": `pair: six
nodes:
  lb1: { address: "2001:db8::11", interface: ens192 }
  lb2: { address: "2001:db8::12", interface: ens192 }
vips: { web6: "2001:db8::50/128" }
vrrp: { id: 60 }
haproxy: { config: ./haproxy.cfg }
`,
  "fast-active-active": `pair: crossed-fast
profile: fast
nodes:
  lb1: { address: [192.0.2.11, "2001:db8::11"], interface: ens192 }
  lb2: { address: [192.0.2.12, "2001:db8::12"], interface: ens192 }
routers:
  web: { id: 50, prefer: [lb1, lb2], vips: { web4: 192.0.2.50/32, web6: "2001:db8::50/128" } }
  six: { id: 51, prefer: [lb2, lb1], vips: { only6: "2001:db8::51/128" } }
haproxy: { config: ./haproxy.cfg }
network: { keep_configuration: true }
`,
};

/** By name, pairs with an agent: everything that a file can say of one, and one that sends its mail through the node's own program. */
export const agentPairFiles: Readonly<Record<string, string>> = {
  agent: `${document}profile: fast
agent: { key: { env: EXT_LB_AGENT_KEY } }
traffic:
  web: { backend: web, servers_up: 1 }
  errors: { backend: web, error_share: 0.5, of_at_least: 20, fall: 8 }
  full: { frontend: web, session_share: 0.95 }
alerts:
  routes:
    ops: { email: [ops@example.com], from: hapair@example.com, smtp: { host: mail.example.com, user: hapair, password: { env: SMTP_PASSWORD }, authority: ./ca.pem } }
    chat: { slack: { env: SLACK_URL }, conditions: [vip-moved, no-holder] }
    teams: { teams: { env: TEAMS_URL } }
    page: { pagerduty: { env: PAGERDUTY_KEY }, severity: critical }
    hook: { webhook: "https://hooks.example.com/hapair", secret: { env: HOOK_SECRET }, headers: { X-Source: hapair, X-Token: { env: HOOK_TOKEN } }, template: ./body.json }
    am: { alertmanager: "http://127.0.0.1:9093" }
  quiet: [{ from: "22:00", to: "07:00", days: [mon, tue], except: critical }]
  patience: { standby-not-ready: 10s }
`,
  "agent-sendmail": `pair: six-told
nodes:
  lb1: { address: ["2001:db8::11", 192.0.2.11], interface: ens192 }
  lb2: { address: ["2001:db8::12", 192.0.2.12], interface: ens192 }
vips: { web6: "2001:db8::50/128" }
vrrp: { id: 60 }
haproxy: { config: ./haproxy.cfg }
agent: { key: { env: AGENT_KEY }, port: 9406, metrics: node:9407, poll_ms: 500 }
alerts: { routes: { local: { email: [root], sendmail: /usr/sbin/sendmail, severity: info } } }
`,
};

/** A pair of {@link pairFiles} or {@link agentPairFiles}; throws with its findings where the file has errors. */
export function pairNamed(name: string): Pair {
  const { pair, diagnostics } = loadPair(`${name}.yaml`, pairFiles[name] ?? agentPairFiles[name] ?? "");
  if (pair === undefined) throw new Error(`${name}: ${diagnostics.map((one) => one.message).join("; ")}`);
  return pair;
}

/** Inputs with a password that needs quoting, for every router that has one. */
export function inputsFor(pair: Pair, password = "pa#s w!d"): RenderInputs {
  return {
    haproxyConfig,
    carriedFiles: new Map(),
    passwords: new Map(
      pair.routers.filter((router) => router.password !== undefined).map((router) => [router.name, password]),
    ),
    ...(pair.agent === undefined ? {} : { agent: agentInputsFor(pair.agent) }),
  };
}

/** A stand-in for the agent's program, which would be the better part of a golden. */
export const agentProgram = `import { execFileSync } from "node:child_process";

execFileSync("systemd-notify", ["--ready"]);
setInterval(() => execFileSync("systemd-notify", ["WATCHDOG=1"]), 1000);
`;

/** Every secret its own name with a quote in it, so that a golden shows which went where. */
export function agentInputsFor(agent: AgentOptions): AgentInputs {
  return {
    program: agentProgram,
    secrets: new Map(agentSecrets(agent).map(({ name }) => [name, `s3cret "${name}"`])),
    texts: new Map(agentTextFiles(agent).map((path) => [path, `the text of ${path}\n`])),
  };
}
