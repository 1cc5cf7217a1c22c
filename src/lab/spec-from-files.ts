// The lab for a pair that exists: what any nodes' keepalived.conf say of addresses, interfaces and virtual addresses.
// Rule: pure. What a file says is taken as it stands; what it leaves open is invented beside what it says, and noted.
import { HapairError } from "../base/index.ts";
import { readServers } from "../haproxy/index.ts";
import { effectiveConfig, type KeepalivedInstance, parseConfig, readInstances } from "../keepalived/index.ts";
import { type AddressPlan, addressPlan, familyOf } from "./address-plan.ts";
import type { LabSpec } from "./lab-spec.ts";
import { type KnownNode, planSpec, type SpecOptions } from "./plan-spec.ts";

interface ReadNode {
  readonly node: string;
  /** Those that the daemon runs: with an interface. */
  readonly instances: readonly (KeepalivedInstance & { readonly interface: string })[];
}

/**
 * The lab in which these files can run untouched; `configurations` is keepalived.conf's text by node name. Throws a HapairError of kind "usage" for a file without a vrrp_instance that names an
 * interface: there is nothing to drill then.
 */
export function specFromFiles(
  configurations: ReadonlyMap<string, string>,
  haproxyConfig: string,
  options: SpecOptions,
): LabSpec {
  const nodes = [...configurations].map(([node, text]) => readNode(node, text));
  const virtualAddresses = [
    ...new Set(nodes.flatMap(({ instances }) => instances.flatMap(virtualAddressesOf))),
  ];
  const sources = nodes.flatMap(({ instances }) =>
    instances.flatMap((one) => one.unicastSourceIp?.text ?? []),
  );
  const peers = nodes.flatMap(({ instances }) =>
    instances.flatMap((one) => one.unicastPeers.map((peer) => peer.address.text)),
  );
  const plan = addressPlan([...sources, ...peers, ...virtualAddresses]);
  const notes: string[] = [];
  const known = nodes.map((node) =>
    knownNode(node, { nodes, virtualAddresses, sources: new Set(sources), plan, notes }),
  );
  return planSpec({ nodes: known, virtualAddresses, servers: readServers(haproxyConfig), notes }, options);
}

function virtualAddressesOf(instance: KeepalivedInstance): string[] {
  return [...instance.virtualIpaddresses, ...instance.excludedVirtualIpaddresses].map(
    (vip) => vip.address.text,
  );
}

function readNode(node: string, text: string): ReadNode {
  const configuration = effectiveConfig(parseConfig(text), { configId: node.split(".")[0] ?? node });
  const instances = readInstances(configuration).flatMap((one) =>
    one.interface === undefined ? [] : [{ ...one, interface: one.interface }],
  );
  if (instances.length > 0) return { node, instances };
  throw new HapairError({
    kind: "usage",
    code: "lab-no-instance",
    message: `The keepalived.conf of ${node} has no vrrp_instance with an interface.`,
    hint: "keepalived would run no virtual router on this node; give the file that is on the node.",
  });
}

interface Surroundings {
  readonly nodes: readonly ReadNode[];
  readonly virtualAddresses: readonly string[];
  /** What files call their own address. */
  readonly sources: ReadonlySet<string>;
  readonly plan: AddressPlan;
  readonly notes: string[];
}

/** Addresses on the interfaces of the instances that say them; further interfaces for everything else that is named. */
function knownNode(read: ReadNode, around: Surroundings): KnownNode {
  const byInterface = new Map<string, Set<string>>();
  const cardOf = (name: string): Set<string> => {
    const card = byInterface.get(name) ?? new Set<string>();
    byInterface.set(name, card);
    return card;
  };
  for (const instance of read.instances) {
    const card = cardOf(instance.interface);
    if (instance.unicastSourceIp !== undefined) card.add(instance.unicastSourceIp.text);
  }
  for (const instance of read.instances) {
    const vips = [...instance.virtualIpaddresses, ...instance.excludedVirtualIpaddresses];
    for (const name of vips.flatMap((vip) => vip.device ?? [])) cardOf(name);
    // A tracked interface that is not there keeps the instance in FAULT.
    for (const { name } of instance.trackInterfaces) cardOf(name);
  }
  // The daemon needs an address of the instance's family there to send its adverts from.
  for (const instance of read.instances) {
    const card = cardOf(instance.interface);
    if ([...card].some((address) => familyOf(address) === instance.family)) continue;
    card.add(inventAddress(read, instance, around));
  }
  byInterface.delete("lo");
  const [first, ...others] = [...byInterface].map(([name, addresses]) => ({
    name,
    addresses: [...addresses],
  }));
  return {
    name: read.node,
    interface: first?.name ?? "eth0",
    addresses: first?.addresses ?? [],
    moreInterfaces: others,
  };
}

/** The one peer of the others that no file calls its own, else a free address beside the virtual ones. */
function inventAddress(read: ReadNode, instance: KeepalivedInstance, around: Surroundings): string {
  const others = around.nodes.filter((other) => other.node !== read.node);
  const wanted = new Set(
    others.flatMap(({ instances }) =>
      instances.flatMap((one) => one.unicastPeers.map((peer) => peer.address.text)),
    ),
  );
  const own = new Set(instance.unicastPeers.map((peer) => peer.address.text));
  const candidates = [...wanted].filter(
    (address) => familyOf(address) === instance.family && !around.sources.has(address) && !own.has(address),
  );
  const [expected] = candidates;
  if (candidates.length === 1 && expected !== undefined) return expected;
  const near = [...virtualAddressesOf(instance), ...around.virtualAddresses].find(
    (address) => familyOf(address) === instance.family,
  );
  const { address } = around.plan.free(instance.family, near);
  around.notes.push(
    `${read.node}: the file does not say the node's own address on ${instance.interface}; the lab gives it ${address}`,
  );
  return address;
}
