// Facts of real hosts (Debian 12) as the script printed them, and a pair for them: what the tests of deploy start from.
// page-*: the document's own files, put there by hand. applied-holder: after an apply of classic.

import { readFileSync } from "node:fs";
import { loadPair, type Pair } from "../../src/model/index.ts";
import { type NodeFile, renderPair } from "../../src/render/index.ts";
import { agentInputsFor } from "./pairs.ts";
import { factsFrom, type NodeFacts, nodeSystemOf } from "../../src/deploy/facts.ts";

export const captured = (name: "page-holder" | "page-standby" | "applied-holder"): string =>
  readFileSync(new URL(`./deploy-fixtures/${name}.txt`, import.meta.url), "utf8");

export const pageFacts = new Map<string, NodeFacts>([
  ["extlb-01", factsFrom("extlb-01", captured("page-holder"))],
  ["extlb-02", factsFrom("extlb-02", captured("page-standby"))],
]);

const example = (name: string): string =>
  readFileSync(new URL(`../../examples/ext-lb/${name}`, import.meta.url), "utf8");

export const userHaproxyConfig = example("haproxy.cfg");

export function examplePair(extra = ""): Pair {
  const { pair } = loadPair("pair.yaml", `${example("pair.yaml")}${extra}`);
  if (pair === undefined) throw new Error("the example pair does not load");
  return pair;
}

export function filesFor(
  pair: Pair,
  facts: ReadonlyMap<string, NodeFacts>,
  haproxyConfig = userHaproxyConfig,
): Map<string, NodeFile[]> {
  const systems = new Map([...facts].map(([node, known]) => [node, nodeSystemOf(known)]));
  const passwords = new Map(pair.routers.map((router) => [router.name, "s3cret!x"]));
  const agent = pair.agent === undefined ? {} : { agent: agentInputsFor(pair.agent) };
  return renderPair(pair, { haproxyConfig, carriedFiles: new Map(), passwords, systems, ...agent });
}

/** The node as it is when the files lie there, the daemons run from them, and hapair has noted it. */
export function appliedFacts(
  facts: NodeFacts,
  files: readonly NodeFile[],
  sha256: (text: string) => string,
): NodeFacts {
  const laid = files.map((file) => ({
    path: file.path,
    kind: "file" as const,
    isLink: false,
    mode: file.mode,
    owner: file.owner,
    group: file.group,
    sizeBytes: file.content.length,
    sha256: sha256(file.content),
    content: file.content,
  }));
  const commands = {
    execStart: ["/usr/sbin/haproxy -Ws -f $CONFIG -f /etc/haproxy/hapair.cfg -p $PIDFILE $EXTRAOPTS"],
    execReload: [],
  };
  return {
    ...facts,
    files: laid,
    units: {
      ...facts.units,
      haproxy: { ...facts.units.haproxy, effectiveCommands: commands },
      agent: files.some((file) => file.effect === "agent")
        ? { ...facts.units.agent, isLoaded: true, activeState: "active", fileState: "enabled" }
        : facts.units.agent,
    },
    haproxyCommandLine:
      "/usr/sbin/haproxy -Ws -f /etc/haproxy/haproxy.cfg -f /etc/haproxy/hapair.cfg -p /run/haproxy.pid",
    sysctls: { "net/ipv4/ip_nonlocal_bind": "1", "net/ipv6/ip_nonlocal_bind": "1" },
    manifest: {
      version: 1,
      pair: "ext-lb",
      revision: "r1",
      atS: 1,
      by: "ann@desk",
      history: [],
      files: laid.map(({ path, sha256: hash, mode, owner, group }) => ({
        path,
        sha256: hash,
        mode,
        owner,
        group,
        effect: files.find((file) => file.path === path && file.effect === "agent")?.effect ?? "none",
      })),
    },
    originals: laid.map(({ path }) => ({ path, was: "absent" as const })),
  };
}
