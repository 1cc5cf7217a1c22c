// The socket between two agents, real ones on this machine: what is sent arrives, also the last word before the end; an address that is taken is waited for.

import { createSocket, type Socket } from "node:dgram";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openPeerLink, type PeerLink } from "./link.ts";

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function boundSocket(address: string, port = 0): Promise<Socket> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => {
    socket.bind(port, address, resolve);
  });
  return socket;
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.close(resolve);
  });

/** A port that is free on both addresses. */
async function freePort(): Promise<number> {
  const socket = await boundSocket("0.0.0.0");
  const { port } = socket.address();
  await closed(socket);
  return port;
}

interface Opened {
  readonly link: PeerLink;
  readonly received: string[];
  readonly troubles: (string | undefined)[];
}

function opened(address: string, port: number): Opened {
  const [received, troubles]: [string[], (string | undefined)[]] = [[], []];
  const link = openPeerLink({
    address,
    port,
    onDatagram: (datagram, from) => received.push(`${from}: ${datagram.toString()}`),
    onTrouble: (text) => troubles.push(text),
  });
  ends.push(() => link.stop());
  return { link, received, troubles };
}

const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 5 });

describe("a link", () => {
  it("brings datagrams to the peer's address, and the last one also when it is stopped at once", async () => {
    const port = await freePort();
    const [one, two] = [opened("127.0.0.1", port), opened("127.0.0.2", port)];
    await eventually(() => expect([one.troubles, two.troubles]).toEqual([[undefined], [undefined]]));
    one.link.send(Buffer.from("a beat"), "127.0.0.2");
    await eventually(() => expect(two.received).toEqual(["127.0.0.1: a beat"]));
    one.link.send(Buffer.from("the last word"), "127.0.0.2");
    await one.link.stop();
    await eventually(() => expect(two.received).toEqual(["127.0.0.1: a beat", "127.0.0.1: the last word"]));
    one.link.send(Buffer.from("nothing more"), "127.0.0.2");
    await one.link.stop();
  });

  it("waits for an address that it cannot have yet, and says so", async () => {
    const taken = await boundSocket("127.0.0.1");
    const { port } = taken.address();
    const { link, troubles } = opened("127.0.0.1", port);
    // Nothing is sent, and nothing thrown.
    link.send(Buffer.from("too early"), "127.0.0.2");
    await eventually(() => expect(troubles.length).toBe(1));
    expect(troubles[0]).toContain(`127.0.0.1 port ${port}`);
    await closed(taken);
    await eventually(() => expect(troubles.at(-1)).toBeUndefined());
  });

  it("can be stopped while it waits", async () => {
    const taken = await boundSocket("127.0.0.1");
    ends.push(() => closed(taken));
    const { link, troubles } = opened("127.0.0.1", taken.address().port);
    await eventually(() => expect(troubles.length).toBe(1));
    await link.stop();
  });
});
