// A lab of the page's pair with the load of a switchover in front of it: the pair from `hapair apply`, the load's back ends at the lab's client, HAProxy serving TCP, HTTP and TLS on the VIP.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freshLabName, type Lab, type LabSpec, labUp, specFromPair, withLab } from "../../src/lab/index.ts";
import { loadPair } from "../../src/model/index.ts";
import { type Ended, hapair } from "./hapair-command.ts";
import { joinFigures, type LoadFigures, type Verdict } from "./switch-load-figures.ts";
import { LOAD_DEFAULTS, type LoadSettings, splitLoad } from "./switch-load-settings.ts";

export const SWITCH_NODES = ["extlb-01", "extlb-02"] as const;
export const SWITCH_VIP = "10.150.160.32";
export const SWITCH_VIP6 = "fd00:150:160::32";
const FRONTEND_PORTS = [80, 443, 7000] as const;
/** Of the load's back ends, below the ports that the client's connections come from. */
const ECHO_PORT = 7001;
const WEB_PORT = 8081;
const CERTIFICATE_ON_NODE = "/etc/haproxy/site.pem";

const project = new URL("../..", import.meta.url).pathname;
const exampleFolder = join(project, "examples/ext-lb");

export interface SwitchSiteOptions {
  /** In the lab's name. */
  readonly base: string;
  readonly profile?: "classic" | "fast";
  /** What HAProxy's frontends are bound to. */
  readonly bind?: "wildcard" | "vip";
  readonly firewalld?: boolean;
  readonly suite?: "bookworm" | "trixie";
  /** An IPv6 VIP beside the IPv4 one. */
  readonly vip6?: boolean;
  /** Further lines of pair.yaml. */
  readonly extra?: string;
  readonly onProgress?: (line: string) => void;
}

export interface SiteLoadOptions extends Partial<LoadSettings> {
  /** Default "quiet". */
  readonly phase?: string;
  /** Once a second, from both of the load's processes. */
  readonly onNews?: (news: Verdict & { readonly phase: string }) => void;
}

export interface SiteLoad {
  phase(name: string): void;
  /** Ends the load, waits for what is under way, and gives its figures. */
  end(): Promise<LoadFigures>;
  /** At once, without figures. */
  kill(): void;
}

export interface SwitchSite {
  readonly name: string;
  readonly lab: Lab;
  /** The pair's file. */
  readonly file: string;
  /** hapair with these words, then --lab NAME FILE. */
  hapair(...words: string[]): Promise<Ended>;
  /** A root shell script on a node's console; its output. */
  on(node: string, script: string): Promise<string>;
  /** The node that has the VIP on its interface; nobody: "nobody", both: "both". */
  holder(): Promise<string>;
  /** Resolves when `hapair status` has nothing to complain about. */
  redundant(limitMs?: number): Promise<void>;
  /** Starts the load from the lab's client; resolves when it runs. */
  startLoad(options?: SiteLoadOptions): Promise<SiteLoad>;
  down(): Promise<void>;
}

function pairText({ profile, vip6, extra = "" }: SwitchSiteOptions): string {
  const address = (last: number): string =>
    vip6 === true ? `[10.150.160.${last}, "fd00:150:160::${last}"]` : `10.150.160.${last}`;
  const second = vip6 === true ? `, ext-lb-VIP6: "${SWITCH_VIP6}"` : "";
  const password = profile === "fast" ? "" : ", password: { env: EXT_LB_VRRP_PASSWORD }";
  return `pair: ext-lb
profile: ${profile ?? "classic"}
nodes:
  extlb-01: { address: ${address(30)}, interface: ens192 }
  extlb-02: { address: ${address(31)}, interface: ens192 }
vips: { ext-lb-VIP: ${SWITCH_VIP}/32${second} }
vrrp: { id: 50${password} }
haproxy:
  config: ./haproxy.cfg
  files: [{ from: ./site.pem, to: ${CERTIFICATE_ON_NODE} }]
${extra}`;
}

/** The back ends are the load's own servers at the client; x-served-by says which node answered. */
function haproxyConfig(options: SwitchSiteOptions, client: string): string {
  const own = options.bind === "vip" ? [SWITCH_VIP] : ["*"];
  const six = options.bind === "vip" ? [`[${SWITCH_VIP6}]`] : ["::"];
  const binds = (port: number, more = ""): string =>
    [
      ...own.map((address) => `    bind ${address}:${port}${more}`),
      ...(options.vip6 === true ? six.map((address) => `    bind ${address}:${port}${more} v6only`) : []),
    ].join("\n");
  return `global
    log /dev/log local0 notice
    user haproxy
    group haproxy
    stats socket /run/haproxy/admin.sock mode 660 level admin expose-fd listeners
    maxconn 8000
    # Nobody resumes here, and tickets are a third of what a handshake costs.
    tune.ssl.cachesize 0
    ssl-default-bind-options no-tls-tickets

defaults
    mode http
    log global
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h
    timeout http-keep-alive 60s

frontend tcp
    mode tcp
${binds(7000)}
    default_backend echo

frontend web
${binds(80)}
${binds(443, ` ssl crt ${CERTIFICATE_ON_NODE} alpn h2,http/1.1`)}
    http-response set-header x-served-by %[hostname]
    default_backend web

backend echo
    mode tcp
    server client ${client}:${ECHO_PORT} check inter 1s

backend web
    http-reuse always
    server client ${client}:${WEB_PORT} check inter 1s
`;
}

/** The tests' own certificate: elliptic, and verified by nobody here. */
function writeCertificate(folder: string): void {
  const [certificate, key] = ["lab-server.pem", "lab-server-key.pem"].map((name) =>
    readFileSync(join(project, "test/support/test-only-certificates", name), "utf8"),
  );
  writeFileSync(join(folder, "site.pem"), `${certificate ?? ""}${key ?? ""}`, { mode: 0o600 });
}

interface Plan {
  readonly options: SwitchSiteOptions;
  readonly folder: string;
  readonly file: string;
  readonly spec: LabSpec;
}

/** The pair's files in a folder of their own, with the example's haproxy.cfg: its two back ends make the lab an ordinary one. */
function planSite(options: SwitchSiteOptions): Plan {
  const folder = mkdtempSync(join(tmpdir(), `hapair-${options.base}-`));
  const file = join(folder, "pair.yaml");
  const text = pairText(options);
  writeFileSync(file, text);
  writeCertificate(folder);
  const { pair, diagnostics } = loadPair("pair.yaml", text);
  if (pair === undefined) throw new Error(`the pair cannot be read: ${JSON.stringify(diagnostics)}`);
  const spec = specFromPair(pair, readFileSync(join(exampleFolder, "haproxy.cfg"), "utf8"), {
    name: freshLabName(options.base),
    suite: options.suite ?? "bookworm",
    ...(options.firewalld === true ? { firewalldNodes: [...SWITCH_NODES] } : {}),
  });
  writeFileSync(join(folder, "haproxy.cfg"), haproxyConfig(options, clientAddress(spec)));
  return { options, folder, file, spec };
}

function clientAddress(spec: LabSpec): string {
  const [first] = spec.client.addresses;
  if (first === undefined) throw new Error("the lab's client has no address");
  return first.address;
}

/** Boots the pair and returns it when it is redundant. Whoever calls takes it down; where it fails, nothing is left. */
export async function switchSite(options: SwitchSiteOptions): Promise<SwitchSite> {
  const plan = planSite(options);
  try {
    const lab = await labUp(plan.spec, progressOf(options));
    return await prepared(plan, lab);
  } catch (failure) {
    rmSync(plan.folder, { recursive: true, force: true });
    throw failure;
  }
}

/** The same for as long as `body` takes; also when a signal ends the process, the lab is taken apart. */
export async function withSwitchSite<Result>(
  options: SwitchSiteOptions,
  body: (site: SwitchSite, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const plan = planSite(options);
  // An interrupted process ends in withLab, so the folder goes with the process.
  const removeFolder = (): void => rmSync(plan.folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  try {
    return await withLab(plan.spec, progressOf(options), async (lab, signal) => {
      const site = await prepared(plan, lab);
      return body(site, signal);
    });
  } finally {
    process.off("exit", removeFolder);
    removeFolder();
  }
}

function progressOf({ onProgress }: SwitchSiteOptions): { readonly onProgress?: (line: string) => void } {
  return onProgress === undefined ? {} : { onProgress };
}

async function prepared(plan: Plan, lab: Lab): Promise<SwitchSite> {
  const { options, folder, file } = plan;
  const children = new Set<LoadProcess>();
  const site: SwitchSite = {
    name: lab.name,
    lab,
    file,
    // The operator's machine is not one of the nodes: here it may only have what they leave of the processor.
    hapair: (...words) => hapair([...words, "--lab", lab.name, file], { prefix: ["chrt", "--idle", "0"] }),
    on: async (node, script) => (await lab.console(node).run(script)).stdout.trim(),
    async holder() {
      const holders: string[] = [];
      for (const node of SWITCH_NODES)
        if ((await site.on(node, "ip -o address show dev ens192")).includes(` ${SWITCH_VIP}/`))
          holders.push(node);
      return holders.length === 2 ? "both" : (holders[0] ?? "nobody");
    },
    redundant: (limitMs) => redundant(site, limitMs),
    async startLoad(load = {}) {
      const { phase = "quiet", onNews, ...changes } = load;
      const settings: LoadSettings = {
        ...LOAD_DEFAULTS,
        address: SWITCH_VIP,
        nodes: SWITCH_NODES,
        ...changes,
      };
      const processes = await Promise.all(
        splitLoad(settings).map((part) =>
          startProcess(lab, children, ["load", "--phase", phase, "--settings", JSON.stringify(part)], onNews),
        ),
      );
      return loadOf(processes);
    },
    async down() {
      for (const child of children) child.kill();
      await lab.down();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await openFirewalls(site, options);
    // The client's connections are many and short: the range of ports that they leave behind is made wide.
    await atClient(lab, "sysctl -qw net.ipv4.ip_local_port_range='10000 65535'");
    const address = clientAddress(plan.spec);
    const ports = ["--echo-port", String(ECHO_PORT), "--web-port", String(WEB_PORT)];
    await startProcess(lab, children, ["server", "--address", address, ...ports]);
    const applied = await site.hapair("apply", "--yes");
    if (applied.exitCode !== 0) throw new Error(`hapair apply: ${applied.stderr}${applied.stdout}`);
    await site.redundant();
    return site;
  } catch (failure) {
    await site.down();
    throw failure;
  }
}

/** Permanently and as it runs, or the next reload of firewalld closes the ports again. */
async function openFirewalls(site: SwitchSite, { firewalld }: SwitchSiteOptions): Promise<void> {
  if (firewalld !== true) return;
  const words = FRONTEND_PORTS.map((port) => `--add-port=${port}/tcp`).join(" ");
  for (const node of SWITCH_NODES) {
    await eventually(
      `firewalld runs on ${node}`,
      async () => (await site.on(node, "firewall-cmd --state 2>&1")) === "running",
    );
    await site.on(node, `firewall-cmd -q --permanent ${words} && firewall-cmd -q ${words}`);
  }
}

async function atClient(lab: Lab, script: string): Promise<void> {
  const [program = "", ...prefix] = lab.commandPrefix;
  execFileSync(program, [...prefix, "/bin/sh", "-c", script], { stdio: ["ignore", "ignore", "inherit"] });
}

const REDUNDANT_MS = 60_000;

async function redundant(site: SwitchSite, limitMs = REDUNDANT_MS): Promise<void> {
  let said = "";
  await eventually(
    "the pair is redundant",
    async () => {
      const { exitCode, stdout, stderr } = await site.hapair("status");
      said = stdout + stderr;
      return exitCode === 0;
    },
    limitMs,
  ).catch((failure: Error) => {
    throw new Error(`${failure.message}\n${said}`);
  });
}

const EVENTUALLY_MS = 30_000;

async function eventually(
  what: string,
  holds: () => Promise<boolean>,
  limitMs = EVENTUALLY_MS,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never so within ${limitMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** One process of the load, or its servers. */
interface LoadProcess {
  say(line: string): void;
  readonly figures: Promise<LoadFigures>;
  kill(): void;
}

type Line =
  | { readonly kind: "ready" }
  | { readonly kind: "ended" }
  | ({ readonly kind: "news"; readonly phase: string } & Verdict)
  | { readonly kind: "figures"; readonly figures: LoadFigures };

/** Resolves when the process says that it is ready. */
async function startProcess(
  lab: Lab,
  children: Set<LoadProcess>,
  words: readonly string[],
  onNews?: SiteLoadOptions["onNews"],
): Promise<LoadProcess> {
  const [program = "", ...prefix] = lab.commandPrefix;
  const script = join(project, "test/support/run-switch-load.ts");
  const child: ChildProcess = spawn(
    program,
    [...prefix, process.execPath, "--import", "tsx", script, ...words],
    { cwd: project, stdio: ["pipe", "pipe", "inherit"] },
  );
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("the load has no pipes");
  // It may be gone already when it is told to end.
  stdin.on("error", () => undefined);
  let ready = (): void => undefined;
  let take: (figures: LoadFigures) => void = () => undefined;
  const figures = new Promise<LoadFigures>((resolve, reject) => {
    take = resolve;
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the load (${words[0]}) ended with exit code ${code}`)));
  });
  figures.catch(() => undefined);
  const begun = new Promise<void>((resolve) => {
    ready = resolve;
  });
  createInterface({ input: stdout }).on("line", (text) => {
    const line = JSON.parse(text) as Line;
    if (line.kind === "ready") ready();
    else if (line.kind === "news") onNews?.(line);
    else if (line.kind === "figures") take(line.figures);
  });
  const one: LoadProcess = {
    say: (line) => void stdin.write(`${line}\n`),
    figures,
    kill: () => void child.kill("SIGTERM"),
  };
  children.add(one);
  child.once("exit", () => children.delete(one));
  await Promise.race([begun, figures]);
  return one;
}

function loadOf(processes: readonly LoadProcess[]): SiteLoad {
  const sayAll = (line: string): void => {
    for (const one of processes) one.say(line);
  };
  return {
    phase: (name) => sayAll(`phase ${name}`),
    async end() {
      sayAll("end");
      return joinFigures(await Promise.all(processes.map(({ figures }) => figures)));
    },
    kill() {
      for (const one of processes) one.kill();
    },
  };
}
