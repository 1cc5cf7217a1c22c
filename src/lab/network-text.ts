// The lab's network as batches for `ip -batch`: one switch in a namespace of its own, one cable for each machine.
// Rule: pure text. Every machine reaches every address over the wire itself (default route without a gateway), so any back-end address works.
import type { Cable } from "./layout.ts";

const bridge = "bridge";

function lines(commands: readonly string[]): string {
  return `${commands.join("\n")}\n`;
}

/** Inside the switch's namespace: the switch. It forwards from the first frame on (no listening and learning time). */
export function switchBatch(): string {
  return lines([
    "link set lo up",
    `link add ${bridge} type bridge stp_state 0 forward_delay 0`,
    `link set ${bridge} up`,
  ]);
}

/** Inside the switch's namespace: plugs `cables` into the machine whose namespace is `namespace`; `cut` leaves the switch's end down. */
export function plugBatch(cables: readonly Cable[], namespace: string, cut: boolean): string {
  return lines(
    cables.flatMap((cable) => [
      `link add ${cable.port} type veth peer name ${cable.interface} address ${cable.hardwareAddress} netns ${namespace}`,
      `link set ${cable.port} master ${bridge}${cut ? "" : " up"}`,
    ]),
  );
}

/** Inside the switch's namespace: pulls the cables out for good; both ends are gone. */
export function unplugBatch(cables: readonly Cable[]): string {
  return lines(cables.map((cable) => `link del ${cable.port}`));
}

/** Inside the switch's namespace: the cables lose or get back their carrier. */
export function carrierBatch(cables: readonly Cable[], carrier: "up" | "down"): string {
  return lines(cables.map((cable) => `link set ${cable.port} ${carrier}`));
}

const everywhere = { 4: "0.0.0.0/0", 6: "::/0" } as const;

/** Inside a machine's namespace: its interfaces up and with their addresses, everything reachable over the first of them. */
export function machineBatch(cables: readonly Cable[], families: Iterable<4 | 6>): string {
  const [first] = cables;
  return lines([
    "link set lo up",
    ...cables.map((cable) => `link set ${cable.interface} up`),
    // Without duplicate address detection an IPv6 address can be bound at once; nobody else on this wire has it.
    ...cables.flatMap((cable) =>
      cable.addresses.map(
        ({ address, prefixLength }) =>
          `addr add ${address}/${prefixLength} dev ${cable.interface}${address.includes(":") ? " nodad" : " brd +"}`,
      ),
    ),
    ...(first === undefined
      ? []
      : [...families].map((family) => `route add ${everywhere[family]} dev ${first.interface}`)),
  ]);
}
