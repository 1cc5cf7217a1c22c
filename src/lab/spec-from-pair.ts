// The lab for a pair file. Rule: pure; the hosts have the pair's own names, interfaces and addresses.
import { readServers } from "../haproxy/index.ts";
import type { Pair, PairNode } from "../model/index.ts";
import type { LabSpec } from "./lab-spec.ts";
import { type KnownNode, planSpec, type SpecOptions } from "./plan-spec.ts";

/** The lab that stands in for `pair`, with a back end for every server of its haproxy.cfg. */
export function specFromPair(pair: Pair, haproxyConfig: string, options: SpecOptions): LabSpec {
  const vips = pair.routers.flatMap((router) => [...router.vips, ...router.excludedVips]);
  const interfaces = new Set(vips.flatMap((vip) => vip.interface ?? []));
  return planSpec(
    {
      nodes: pair.nodes.map((node) => knownNode(node, interfaces)),
      virtualAddresses: vips.map((vip) => vip.address.text),
      servers: readServers(haproxyConfig),
      notes: [],
    },
    options,
  );
}

function knownNode(node: PairNode, interfaces: ReadonlySet<string>): KnownNode {
  return {
    name: node.name,
    interface: node.interface,
    addresses: node.addresses.map((address) => address.text),
    moreInterfaces: [...interfaces]
      .filter((name) => name !== node.interface)
      .map((name) => ({ name, addresses: [] })),
  };
}
