// A lab of the page's pair with its agents, and receivers of their alerts at the lab's client: real hosts, real mail and webhooks, a real way in between.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freshLabName, type Lab, labDown, openLab, specFromPair } from "../../src/lab/index.ts";
import { loadPair } from "../../src/model/index.ts";
import type { Mood, Received } from "./alert-receivers.ts";
import { type Ended, hapair } from "./hapair-command.ts";

export const AGENT_NODES = ["extlb-01", "extlb-02"] as const;
export const VIP = "10.150.160.32";
/** Secrets of the tests' pair; none of them may be seen anywhere but in the agents' settings. */
export const AGENT_SECRETS = {
  EXT_LB_AGENT_KEY: "k3y-of-the-agents-for-tests-alone-0001",
  EXT_LB_HOOK_SECRET: "h00k-secret-for-tests-alone-0002",
  EXT_LB_SMTP_PASSWORD: "m4il-password-for-tests-alone-0003",
} as const;

const project = new URL("../..", import.meta.url).pathname;
const certificates = join(project, "test/support/test-only-certificates");
const WEBHOOK_PORT = 9080;
const MAIL_PORT = 9025;
/** The name in the mail server's certificate; the hosts know it from /etc/hosts. */
const MAIL_HOST = "mail.example.test";

/** Servers are looked at often, so that what is measured is the agent and not HAProxy's own checks. */
const HAPROXY_CONFIG = `global
    user haproxy
    group haproxy

defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    default-server inter 200ms fall 2 rise 2

frontend web
    bind *:80
    default_backend web

backend web
    server web-01 10.150.160.41:80 check
    server web-02 10.150.160.42:80 check
`;

export interface Arrival extends Received {
  readonly kind: "webhook" | "mail";
}

export interface AgentLab {
  readonly name: string;
  readonly lab: Lab;
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Everything received so far. */
  readonly arrivals: readonly Arrival[];
  /** hapair with this lab and this file. */
  hapair(...words: string[]): Promise<Ended>;
  /** A root shell script on a node; its output. */
  on(node: string, script: string): Promise<string>;
  /** The webhook's notices as they arrived, parsed. */
  notices(): NoticeBody[];
  setMood(mood: Mood): void;
  /** Resolves when `holds` does; throws with `what` after the limit. */
  eventually(what: string, holds: () => Promise<boolean> | boolean, limitMs?: number): Promise<void>;
  /** The node that has the VIP. */
  holder(): Promise<string>;
  redundant(): Promise<void>;
  down(): Promise<void>;
}

export interface NoticeBody {
  readonly incident: string;
  readonly revision: number;
  readonly phase: string;
  readonly condition: string;
  readonly scope: string;
  readonly title: string;
  readonly node: string;
  readonly detail: Readonly<Record<string, string>>;
}

export interface AgentLabOptions {
  readonly base: string;
  readonly profile?: "classic" | "fast";
  /** Further lines of pair.yaml under alerts:. */
  readonly alerts?: string;
  readonly mail?: boolean;
  /** Debian release of the hosts. */
  readonly suite?: "bookworm" | "trixie";
}

function pairText(options: AgentLabOptions, client: string): string {
  const mail = `    ops:
      email: [ops@example.com]
      from: hapair@example.com
      severity: info
      smtp: { host: ${MAIL_HOST}, port: ${MAIL_PORT}, tls: starttls, user: hapair, password: { env: EXT_LB_SMTP_PASSWORD }, authority: ./authority.pem }
`;
  return `pair: ext-lb
profile: ${options.profile ?? "fast"}
nodes:
  extlb-01: { address: 10.150.160.30, interface: ens192 }
  extlb-02: { address: 10.150.160.31, interface: ens192 }
vips: { ext-lb-VIP: ${VIP}/32 }
vrrp: { id: 50${options.profile === "classic" ? ", password: { env: EXT_LB_VRRP_PASSWORD }" : ""} }
haproxy: { config: ./haproxy.cfg }
agent: { key: { env: EXT_LB_AGENT_KEY } }
traffic:
  web-servers: { backend: web, servers_up: 1, fall: 2, rise: 4 }
alerts:
  routes:
    hook: { webhook: "http://${client}:${WEBHOOK_PORT}/hapair", secret: { env: EXT_LB_HOOK_SECRET }, severity: info }
${options.mail === true ? mail : ""}${options.alerts ?? ""}`;
}

/** Boots, deploys and waits until the pair is redundant and both agents hear each other. Whatever fails, the lab is taken down. */
export async function agentLab(options: AgentLabOptions): Promise<AgentLab> {
  const folder = mkdtempSync(join(tmpdir(), `hapair-${options.base}-`));
  const file = join(folder, "pair.yaml");
  const name = freshLabName(options.base);
  const client = clientAddress(name);
  writeFileSync(join(folder, "haproxy.cfg"), HAPROXY_CONFIG);
  writeFileSync(join(folder, "authority.pem"), readFileSync(join(certificates, "lab-authority.pem")));
  writeFileSync(file, pairText(options, client));
  const environment = { ...AGENT_SECRETS };
  const up = await hapair(
    ["lab", "up", "--name", name, "--suite", options.suite ?? "bookworm", "--apply", file],
    {
      environment,
      timeLimitMs: 180_000,
    },
  );
  if (up.exitCode !== 0) {
    await labDown(name);
    throw new Error(`the lab with agents does not come up: ${up.stderr}`);
  }
  const lab = await openLab(name);
  for (const node of AGENT_NODES) await lab.console(node).run(`echo '${client} ${MAIL_HOST}' >> /etc/hosts`);
  const arrivals: Arrival[] = [];
  const receivers = await startReceivers(lab, client, options.mail === true, (arrival) =>
    arrivals.push(arrival),
  );
  const site: AgentLab = {
    name,
    lab,
    file,
    environment,
    arrivals,
    hapair: (...words) => hapair([...words, "--lab", name, file], { environment }),
    on: async (node, script) => (await lab.console(node).run(script)).stdout.trim(),
    notices: () =>
      arrivals
        .filter(({ kind, mood }) => kind === "webhook" && mood === "well")
        .map(({ body }) => JSON.parse(body) as NoticeBody),
    setMood: (mood) => void receivers.stdin?.write(`${mood}\n`),
    eventually,
    async holder() {
      for (const node of AGENT_NODES) {
        const addresses = await site.on(node, "ip -o address show dev ens192");
        if (addresses.includes(`${VIP}/`)) return node;
      }
      return "nobody";
    },
    redundant: () =>
      eventually("the pair is redundant", async () => (await site.hapair("status")).exitCode === 0, 60_000),
    async down() {
      receivers.kill("SIGTERM");
      await labDown(name);
      rmSync(folder, { recursive: true });
    },
  };
  try {
    await site.redundant();
  } catch (failure) {
    await site.down();
    throw failure;
  }
  return site;
}

/** The lab's client, as it will be: the receivers live there, and pair.yaml has to name it. */
function clientAddress(name: string): string {
  const text = readFileSync(join(project, "examples/ext-lb/pair.yaml"), "utf8");
  const { pair } = loadPair("pair.yaml", text);
  if (pair === undefined) throw new Error("the example cannot be read");
  const [address] = specFromPair(pair, HAPROXY_CONFIG, { name, suite: "bookworm" }).client.addresses;
  return address?.address ?? "";
}

async function startReceivers(
  lab: Lab,
  client: string,
  mail: boolean,
  onArrival: (arrival: Arrival) => void,
): Promise<ChildProcess> {
  const [program = "", ...prefix] = lab.commandPrefix;
  const words = [
    "--address",
    client,
    "--webhook-port",
    String(WEBHOOK_PORT),
    "--mail-port",
    String(MAIL_PORT),
  ];
  const tls = [
    "--key",
    join(certificates, "lab-server-key.pem"),
    "--certificate",
    join(certificates, "lab-server.pem"),
    "--user",
    "hapair",
  ];
  const script = join(project, "test/support/run-receivers.ts");
  const child = spawn(
    program,
    [...prefix, process.execPath, "--import", "tsx", script, ...words, ...(mail ? tls : [])],
    {
      cwd: project,
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, MAIL_PASSWORD: AGENT_SECRETS.EXT_LB_SMTP_PASSWORD },
    },
  );
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the receivers ended with exit code ${code}`)));
    lines.on("line", (line) => {
      const value = JSON.parse(line) as Arrival | { readonly kind: "ready" };
      if (value.kind === "ready") resolve();
      else onArrival(value);
    });
  });
  return child;
}

const EVENTUALLY_MS = 30_000;

async function eventually(
  what: string,
  holds: () => Promise<boolean> | boolean,
  limitMs = EVENTUALLY_MS,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    if (await holds()) return;
    if (performance.now() > deadline) throw new Error(`never so within ${limitMs / 1000} s: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}
