// The hosts a command works on: the pair's real nodes by the operator's own ssh, or a lab's stand-ins by the lab's.

import { type Host, openSshHost } from "../host/index.ts";
import type { Lab } from "../lab/index.ts";
import type { Pair } from "../model/index.ts";

export interface OpenHosts {
  /** By node name, in the pair's order. */
  readonly hosts: ReadonlyMap<string, Host>;
  /** Goes in front of a program that is to run where clients are; empty on the operator's machine. */
  readonly clientPrefix: readonly string[];
  readonly lab?: Lab;
  close(): Promise<void>;
}

function opened(hosts: Map<string, Host>, clientPrefix: readonly string[], lab?: Lab): OpenHosts {
  return {
    hosts,
    clientPrefix,
    ...(lab === undefined ? {} : { lab }),
    close: async () => {
      await Promise.all([...hosts.values()].map((host) => host.close()));
    },
  };
}

/** ssh to a lab's hosts, from its client. */
export function labHosts(lab: Lab): OpenHosts {
  const hosts = lab.spec.nodes.map(({ name }): [string, Host] => [
    name,
    openSshHost({
      name,
      target: { host: name },
      configFile: lab.sshConfigFile,
      commandPrefix: lab.commandPrefix,
    }),
  ]);
  return opened(new Map(hosts), lab.commandPrefix, lab);
}

/** The pair's nodes, or those of the lab called `labName`. */
export async function openHosts(pair: Pair, labName: string | undefined): Promise<OpenHosts> {
  if (labName !== undefined) {
    const { openLab } = await import("../lab/index.ts");
    return labHosts(await openLab(labName));
  }
  const hosts = pair.nodes.map((node): [string, Host] => [
    node.name,
    // Shared: the next command of the same minute needs no new connection.
    openSshHost({ name: node.name, target: node.ssh, connection: "shared" }),
  ]);
  return opened(new Map(hosts), []);
}
