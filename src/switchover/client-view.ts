// What a client sees of a move: a request to the VIP, the hardware address it has for it, and the probe that runs all the while.

import type { Host } from "../host/index.ts";
import type { Pair } from "../model/index.ts";

/** What was seen from outside after the move. */
export interface Confirmation {
  readonly vips: readonly {
    readonly address: string;
    /** `HTTP 200`, `refused` ... */
    readonly answer: string;
    readonly answered: boolean;
    /** The hardware address that this client has for the VIP; absent where they are not on one network. */
    readonly hardwareAddress?: string;
    /** Whether that is the new holder's. */
    readonly isHolders?: boolean;
  }[];
}

/** What requests told that were made all the while. */
export interface ProbeFigures {
  readonly requests: number;
  readonly lost: number;
  readonly slowestMs: number;
  /** The longest time in which no request was answered. */
  readonly longestGapMs: number;
}

export interface ClientView {
  /** Asks every VIP once. */
  confirm(holder: string): Promise<Confirmation>;
  /** Ends the probing and gives its figures, or why nothing could be measured from here. */
  stop(): Promise<ProbeFigures | { readonly notMeasured: string }>;
}

/** Where a client's neighbour table sends the VIP's packets; undefined: it is not on one network with the VIP, or does not know. */
export async function neighbourOf(client: Host, address: string): Promise<string | undefined> {
  const result = await client.run(`ip neighbour show ${address} 2> /dev/null`);
  return /lladdr ([0-9a-f:]{17})/.exec(result.stdout)?.[1];
}

/** The hardware addresses of a node's interfaces, by name. */
export async function hardwareAddresses(host: Host): Promise<ReadonlyMap<string, string>> {
  const result = await host.run("grep -H . /sys/class/net/*/address");
  return new Map(
    [...result.stdout.matchAll(/^\/sys\/class\/net\/([^/]+)\/address:([0-9a-f:]{17})$/gm)].map(
      ([, name = "", address = ""]) => [name, address],
    ),
  );
}

/** Every VIP of the pair with the interface it lives on at a node. */
export function vipsAt(pair: Pair, node: string): { readonly address: string; readonly interface: string }[] {
  const own = pair.nodes.find(({ name }) => name === node)?.interface ?? "";
  return pair.routers.flatMap((router) =>
    [...router.vips, ...router.excludedVips].map((vip) => ({
      address: vip.address.text,
      interface: vip.interface ?? own,
    })),
  );
}
