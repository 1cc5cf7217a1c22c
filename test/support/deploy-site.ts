// What the labs of deploying share: hosts from the document's pair, plans and applies over ssh, everything of a node as text, and a client that asks every 2 ms meanwhile.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HapairError } from "../../src/base/index.ts";
import {
  type ApplyEvent,
  applyPlan,
  type ApplyResult,
  gatherPairFacts,
  makePlan,
  type NodeFacts,
  nodeSystemOf,
  type Plan,
} from "../../src/deploy/index.ts";
import { monitorHolders, monotonicUs } from "../../src/drill/holder-monitor.ts";
import { startProber } from "../../src/drill/index.ts";
import { type Host, openSshHost } from "../../src/host/index.ts";
import { freshLabName, type Lab, labUp, type SpecOptions, specFromPair } from "../../src/lab/index.ts";
import { holderTimeline, outages } from "../../src/measure/index.ts";
import { loadPair, type Pair } from "../../src/model/index.ts";
import { type NodeFile, nodePaths, renderPair } from "../../src/render/index.ts";

const example = (name: string): string => readFileSync(join("examples/ext-lb", name), "utf8");
export const haproxyConfig = example("haproxy.cfg");
const VIP = "10.150.160.32";
export const NODES = ["extlb-01", "extlb-02"];

function pairWith(extra = ""): Pair {
  const { pair, diagnostics } = loadPair("pair.yaml", `${example("pair.yaml")}${extra}`);
  if (pair === undefined) throw new Error(JSON.stringify(diagnostics));
  return pair;
}

export const classic = pairWith();
export const fast = pairWith("profile: fast\n");

export interface Site {
  readonly lab: Lab;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly run: (node: string, script: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Boots the document's pair, without anything of hapair on it. Whoever calls closes it. */
export async function site(options: Partial<SpecOptions> = {}): Promise<Site> {
  const lab = await labUp(
    specFromPair(classic, haproxyConfig, { name: freshLabName("deploy"), suite: "bookworm", ...options }),
  );
  const hosts = new Map(
    NODES.map((name) => [
      name,
      openSshHost({
        name,
        target: { host: name },
        configFile: lab.sshConfigFile,
        commandPrefix: lab.commandPrefix,
      }),
    ]),
  );
  return {
    lab,
    hosts,
    run: async (node, script) => (await lab.console(node).run(script)).stdout.trim(),
    close: async () => {
      await Promise.all([...hosts.values()].map((host) => host.close()));
      await lab.down();
    },
  };
}

interface Planned {
  readonly plan: Plan;
  readonly desired: ReadonlyMap<string, readonly NodeFile[]>;
  readonly facts: ReadonlyMap<string, NodeFacts>;
}

export type Edit = (file: NodeFile, node: string) => NodeFile;

export async function planOf(
  where: Site,
  pair: Pair,
  config = haproxyConfig,
  edit: Edit = (file) => file,
): Promise<Planned> {
  const facts = await gatherPairFacts(pair, where.hosts);
  const systems = new Map([...facts].map(([node, known]) => [node, nodeSystemOf(known)]));
  const passwords = new Map(
    pair.routers.filter((router) => router.password !== undefined).map((router) => [router.name, "12345678"]),
  );
  const rendered = renderPair(pair, { haproxyConfig: config, carriedFiles: new Map(), passwords, systems });
  const desired = new Map(
    [...rendered].map(([node, files]) => [node, files.map((file) => edit(file, node))]),
  );
  return { facts, desired, plan: makePlan(pair, desired, facts, { by: "test@here" }) };
}

export async function perform(
  where: Site,
  pair: Pair,
  { plan, desired }: Omit<Planned, "facts">,
  onProgress?: (event: ApplyEvent) => void,
): Promise<ApplyResult> {
  return await applyPlan(pair, plan, {
    hosts: where.hosts,
    desired,
    who: "test@here",
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

export async function apply(where: Site, pair: Pair, config?: string, edit?: Edit): Promise<ApplyResult> {
  return await perform(where, pair, await planOf(where, pair, config, edit));
}

export async function failureOf(work: Promise<unknown>): Promise<HapairError> {
  const failure: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(failure instanceof HapairError)) throw new Error("expected a HapairError", { cause: failure });
  return failure;
}

/** Everything of a node that an apply may touch, as text. */
export async function snapshot(where: Site, node: string): Promise<string> {
  return await where.run(
    node,
    `find /etc -xdev \\( -type f -o -type l -o -type d \\) ! -path '/etc/ssh*' ! -name mtab ! -name resolv.conf ! -name '.updated' -printf '%p %y %m %u:%g\\n' | sort
find /etc -xdev -type f ! -path '/etc/ssh*' ! -name '.updated' -print0 | sort -z | xargs -0 sha256sum
ls -d /var/lib/hapair /run/hapair 2>&1; systemctl is-active haproxy keepalived; systemctl is-enabled haproxy keepalived; nft list tables
cat /proc/sys/net/ipv4/ip_nonlocal_bind /proc/sys/net/ipv4/tcp_migrate_req; tr '\\0' ' ' < /proc/$(systemctl show -P MainPID haproxy)/cmdline`,
  );
}

/** The page's own files, as a person following it would have put them there. */
export async function followThePage(where: Site): Promise<void> {
  for (const node of NODES) {
    const console = where.lab.console(node);
    await console.write(nodePaths.haproxyConf, haproxyConfig, { mode: 0o644 });
    await console.write(nodePaths.keepalivedConf, example(`as-written/${node}.conf`), { mode: 0o644 });
    await console.write(nodePaths.checkScript, example("as-written/chk_haproxy.sh"), { mode: 0o755 });
    await console.run("systemctl restart haproxy && systemctl restart keepalived");
  }
  await holderIs(where, "extlb-01");
}

export async function holds(where: Site, node: string): Promise<boolean> {
  return (await where.run(node, "ip -o address show")).includes(`${VIP}/`);
}

export async function holderIs(where: Site, node: string): Promise<void> {
  for (let look = 0; look < 200; look += 1) {
    if (await holds(where, node)) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  throw new Error(`${node} did not take the VIP`);
}

/** What a client at the VIP and the nodes' own kernels saw while `work` ran: a request every 2 ms. */
export async function underTraffic(
  where: Site,
  work: () => Promise<unknown>,
): Promise<{ lost: number; requests: number; twoHolderUs: number; noHolderUs: number; moves: number }> {
  const monitor = await monitorHolders(
    NODES.map((name) => ({ name, host: where.lab.console(name), interface: "ens192" })),
    VIP,
  );
  const folder = mkdtempSync(join(tmpdir(), "hapair-deploy-probe-"));
  const prober = startProber({
    target: { address: VIP, port: 80, kind: "http" },
    timeLimitUs: 1_000_000,
    outputFile: join(folder, "probe.json"),
    commandPrefix: where.lab.commandPrefix,
    hapairCommand: [process.execPath, "--import", "tsx", "test/support/run-prober.ts"],
  });
  await prober.ready;
  const fromUs = monotonicUs();
  try {
    await work();
    await new Promise((resolve) => {
      setTimeout(resolve, 1000);
    });
  } finally {
    await monitor.stop();
  }
  const toUs = monotonicUs();
  const seen = outages(await prober.stop());
  rmSync(folder, { recursive: true });
  const timeline = holderTimeline(monitor.changes, { fromUs, toUs });
  return {
    lost: seen.lost,
    requests: seen.requests,
    twoHolderUs: timeline.twoHolderUs,
    noHolderUs: timeline.noHolderUs,
    moves: timeline.moves,
  };
}
