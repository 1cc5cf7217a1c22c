// Joins what a drill needs: a lab or real hosts, the prober at the client, the question to hapair status, and the report's environment.

import { cpus, release } from "node:os";
import { fileURLToPath } from "node:url";
import { type DrillSubject, startProber } from "../drill/index.ts";
import { readFrontends, readServers } from "../haproxy/index.ts";
import { HapairError } from "../base/index.ts";
import type { Host } from "../host/index.ts";
import type { Lab } from "../lab/index.ts";
import type { ProbeTarget } from "../measure/index.ts";
import type { Pair, Router } from "../model/index.ts";
import type { ReportNode } from "../report/index.ts";
import { observePair, pairStatus } from "../status/index.ts";

/** This very command line, to be started again as the prober. In a bundle the entry lies one folder above the chunks. */
export function hapairCommand(): [string, string] {
  const here = fileURLToPath(import.meta.url);
  return [process.execPath, process.argv[1] ?? here];
}

/** Where clients are measured: the router's first VIP, at the port of HAProxy's first listener. */
export function probeTarget(router: Router, haproxyConfig: string): ProbeTarget {
  const [vip] = [...router.vips, ...router.excludedVips];
  const frontends = readFrontends(haproxyConfig);
  const listeners = frontends.flatMap((frontend) =>
    frontend.binds.map((bind) => ({ mode: frontend.mode, bind })),
  );
  const listener = listeners.find(({ mode, bind }) => mode === "http" && !bind.ssl) ?? listeners[0];
  if (vip === undefined || listener === undefined) {
    throw new HapairError({
      kind: "usage",
      code: "nothing-to-probe",
      message:
        vip === undefined
          ? `router ${router.name} has no VIP`
          : "haproxy.cfg has no bind line with a port, so there is nothing a client could ask",
      hint: "A drill measures requests to the VIP at the first listener of haproxy.cfg.",
    });
  }
  const kind = listener.mode === "http" && !listener.bind.ssl ? "http" : "tcp";
  return { address: vip.address.text, port: listener.bind.port, kind };
}

export interface SubjectParts {
  readonly pair: Pair;
  readonly router: Router;
  readonly haproxyConfig: string;
  readonly clientPrefix: readonly string[];
  readonly hosts: ReadonlyMap<string, Host>;
  readonly lab?: Lab;
}

/** What a drill is done to. In a lab faults are made at the hosts' consoles, which work with the network cut. */
export function drillSubject(parts: SubjectParts): DrillSubject {
  const { pair, router, lab } = parts;
  const target = probeTarget(router, parts.haproxyConfig);
  const hostOf = (node: string): Host => {
    const host = lab === undefined ? parts.hosts.get(node) : lab.console(node);
    if (host === undefined)
      throw new HapairError({ kind: "usage", code: "no-node", message: `there is no host for node ${node}` });
    return host;
  };
  return {
    pair,
    router,
    nodes: pair.nodes.map((node) => ({
      name: node.name,
      interface: node.interface,
      host: hostOf(node.name),
    })),
    servers: readServers(parts.haproxyConfig).flatMap(({ address, port, family }) =>
      port === undefined || family === undefined ? [] : [{ address, port }],
    ),
    ...(lab === undefined ? {} : { hands: lab }),
    startProber: async (outputFile) =>
      startProber({ target, outputFile, commandPrefix: parts.clientPrefix, hapairCommand: hapairCommand() }),
    askForSplitBrain: async () => {
      const status = pairStatus(pair, await observePair(pair, parts.hosts), Date.now());
      const named = status.routers.find((one) => one.router === router.name);
      return {
        named: named?.verdict === "split-brain",
        text: named?.text ?? "nothing is known of this router",
      };
    },
  };
}

const VERSIONS_SCRIPT = `. /etc/os-release; echo "$PRETTY_NAME"
keepalived --version 2>&1 | sed -n '1s/^Keepalived v\\([0-9.]*\\).*/\\1/p'
haproxy -v | sed -n '1s/^HAProxy version \\([0-9.]*\\).*/\\1/p'
systemctl --version | sed -n '1s/^systemd \\([0-9]*\\).*/\\1/p'`;

/** What runs on a node, for the report. */
export async function reportNode(host: Host, configuration?: string): Promise<ReportNode> {
  const { stdout } = await host.run(VERSIONS_SCRIPT);
  const [system = "", keepalived = "", haproxy = "", systemd = ""] = stdout.trim().split("\n");
  return {
    name: host.name,
    ...(configuration === undefined ? {} : { configuration }),
    system,
    keepalived,
    haproxy,
    systemd,
  };
}

/** This machine, for the report. */
export function thisMachine(): { readonly kernel: string; readonly cores: number } {
  return { kernel: release(), cores: cpus().length };
}

/** The path of a file that belongs to the project, from the built command line. */
export function projectFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, entryUrl()));
}

// dist/cli/hapair.mjs and dist/cli/chunks/*.mjs both find the project two folders above dist/cli.
function entryUrl(): string {
  return import.meta.url
    .replace(/\/dist\/cli\/.*$/, "/dist/cli/hapair.mjs")
    .replace(/\/src\/cli\/[^/]*$/, "/src/cli/main.ts");
}
