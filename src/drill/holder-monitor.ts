// Watches who holds the VIP, by the kernel's own notices of addresses on every node, stamped with this machine's monotonic clock.

import type { Host, LineStream } from "../host/index.ts";
import type { HolderSample } from "../measure/index.ts";

export interface MonitoredNode {
  readonly name: string;
  readonly host: Host;
  readonly interface: string;
}

export interface HolderMonitor {
  /** All changes so far, the initial state of every node first, in order of time. */
  readonly changes: readonly HolderSample[];
  holders(): string[];
  /** The node lost its power: it holds nothing, and its monitor is gone. */
  nodeGone(node: string): void;
  /** The node is back: watch it again. */
  nodeBack(node: string): Promise<void>;
  stop(): Promise<void>;
}

/** CLOCK_MONOTONIC in microseconds, the same for every process of this machine. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Starts a monitor on every node. `vip`: the address without its prefix. */
export async function monitorHolders(nodes: readonly MonitoredNode[], vip: string): Promise<HolderMonitor> {
  const changes: HolderSample[] = [];
  const holding = new Map<string, boolean>();
  const streams = new Map<string, LineStream>();

  const note = (node: string, holds: boolean) => {
    if (holding.get(node) === holds) return;
    holding.set(node, holds);
    changes.push({ atUs: monotonicUs(), node, holds });
  };

  const unknown = (node: string) => {
    holding.delete(node);
    changes.push({ atUs: monotonicUs(), node, holds: null });
  };

  const follow = async (node: MonitoredNode) => {
    // The notices are asked for before the present state is read, so that nothing falls between the two.
    const stream = node.host.follow(
      `{ ip -o monitor address dev ${node.interface} & child=$!; trap 'kill $child' EXIT TERM HUP; ip -o address show dev ${node.interface}; echo shown; wait $child; }`,
    );
    streams.set(node.name, stream);
    await new Promise<void>((resolve, reject) => {
      let shown = false;
      const read = async (): Promise<void> => {
        let present = false;
        for await (const line of stream.lines) {
          if (line === "shown") {
            shown = true;
            note(node.name, present);
            resolve();
          } else if (!ON_LOOPBACK.test(line) && namesAddress(line, vip)) {
            present = !line.startsWith("Deleted");
            if (shown) note(node.name, present);
          }
        }
      };
      read().then(resolve, (thrown: unknown) => {
        if (!shown) reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
        // A way in that breaks later ends the notices of this node: from now on it is unknown what it holds.
        else if (streams.get(node.name) === stream) unknown(node.name);
      });
    });
  };

  await Promise.all(nodes.map(follow));
  return {
    changes,
    holders: () => [...holding].filter(([, holds]) => holds).map(([node]) => node),
    nodeGone: (node) => {
      note(node, false);
      void streams.get(node)?.stop();
      streams.delete(node);
    },
    nodeBack: async (name) => {
      const node = nodes.find((candidate) => candidate.name === name);
      if (node !== undefined) await follow(node);
    },
    stop: async () => {
      const open = [...streams.values()];
      streams.clear();
      await Promise.all(open.map((stream) => stream.stop()));
    },
  };
}

/** While the old node drains, the VIP lies on its `lo` too, and that is no holding. An `ip monitor` that knows no `dev` tells of every interface. */
const ON_LOOPBACK = /^(Deleted )?\d+: lo\s/;

/** Whether a line of `ip -o address` or `ip -o monitor address` speaks of this very address. */
export function namesAddress(line: string, address: string): boolean {
  return new RegExp(String.raw`\sinet6? ${address.replaceAll(".", String.raw`\.`)}(/\d+)?\s`).test(line);
}
