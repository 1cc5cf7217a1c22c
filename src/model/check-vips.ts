// Virtual addresses against each other and against the nodes: given twice, a node's own, or in a network the nodes are not in.

import { formatPrefixed, hostPrefixLength, networkAddress, shareNetwork } from "./address.ts";
import type { NodeDraft } from "./read-nodes.ts";
import type { RouterDraft } from "./read-routers.ts";
import type { VipDraft } from "./read-vips.ts";
import { addAt, type Reading } from "./reading.ts";

/** Adds what is wrong with the routers' virtual addresses. */
export function checkVips(
  reading: Reading,
  nodes: readonly NodeDraft[],
  routers: readonly RouterDraft[],
): void {
  const owners = new Map<string, { readonly vip: string; readonly router: string }>();
  const nodeByAddress = new Map(
    nodes.flatMap(({ name, addresses }) => addresses.map(({ address }) => [address.text, name])),
  );
  for (const router of routers) {
    for (const vip of router.vips) {
      const node = nodeByAddress.get(vip.address.text);
      const owner = owners.get(vip.address.text);
      if (node !== undefined) {
        addAt(reading, "HP023", vip.path, {
          message: `${vip.name} is ${vip.address.text}, which is ${node}'s own address`,
          consequence: `when the address moves away, keepalived takes ${node} off the network, and SSH with it`,
          advice: "an address that no node has",
        });
      } else if (owner === undefined) {
        owners.set(vip.address.text, { vip: vip.name, router: router.name });
        checkNetwork(reading, vip, nodes);
      } else {
        addAt(reading, "HP024", vip.path, {
          message: `${vip.address.text} is already the address of ${owner.vip}${owner.router === router.name ? "" : ` of ${owner.router}`}`,
          ...(owner.router === router.name
            ? {}
            : {
                consequence: "two routers can put it on two nodes at once, or one drops it under the other",
              }),
          advice: "an address of its own, or none here",
        });
      }
    }
  }
}

// Nodes' addresses come without a prefix length. Local networks wider than /16 are not met in practice, so an IPv4 address that shares
// not even 16 bits with any node is outside their network for certain enough to warn. IPv6 networks have several prefixes side by side
// (a ULA and a global one), so nothing is concluded there unless the file gives the length.
const WIDEST_IPV4_NETWORK = 16;

function checkNetwork(reading: Reading, vip: VipDraft, nodes: readonly NodeDraft[]): void {
  // An interface of its own has a network of its own, which the file does not tell.
  if (vip.interface !== undefined) return;
  const neighbours = nodes
    .flatMap(({ addresses }) => addresses.map(({ address }) => address))
    .filter(({ family }) => family === vip.address.family);
  if (neighbours.length === 0 || nodes.some(({ allAddressesRead }) => !allAddressesRead)) return;
  const isGiven = vip.prefixLength < hostPrefixLength(vip.address.family);
  if (!isGiven && vip.address.family === 6) return;
  const length = isGiven ? vip.prefixLength : WIDEST_IPV4_NETWORK;
  if (neighbours.some((address) => shareNetwork(address, vip.address, length))) return;
  const network = formatPrefixed(networkAddress(vip.address, length), length);
  const said = isGiven ? `its network ${network} holds no node` : `no node's address is even in ${network}`;
  addAt(reading, "HP026", vip.path, {
    message: `${vip.name} is ${formatPrefixed(vip.address, vip.prefixLength)}, and ${said} (${neighbours
      .map(({ text }) => text)
      .slice(0, 4)
      .join(", ")})`,
    consequence:
      "unless the interface has that network too, nobody asks for the address there and no client reaches it",
    advice: `an address of the nodes' network, or { address: ${formatPrefixed(vip.address, vip.prefixLength)}, interface: NAME } if it is meant`,
  });
}
