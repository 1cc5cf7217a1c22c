// The socket that peers' datagrams come and go through: bound to the node's own address, again and again until that is there. The only I/O of this folder.

import { createSocket, type Socket } from "node:dgram";
import { DATAGRAM_BYTES_MAX } from "./codec.ts";

export interface PeerLinkOptions {
  readonly address: string;
  readonly port: number;
  readonly onDatagram: (datagram: Buffer, fromAddress: string) => void;
  /** A text when the socket cannot be bound, and undefined when it is again; each change once. */
  readonly onTrouble: (text: string | undefined) => void;
}

export interface PeerLink {
  /** Sends if it can; a datagram may be lost anyway, so nothing is said of one that is. */
  send(datagram: Buffer, address: string): void;
  stop(): Promise<void>;
}

const BIND_AGAIN_MS = 1000;

/** Opens the link; never throws. */
export function openPeerLink(options: PeerLinkOptions): PeerLink {
  let socket: Socket | undefined;
  let again: NodeJS.Timeout | undefined;
  let stopped = false;
  let said: string | undefined | null = null;
  const trouble = (text: string | undefined): void => {
    if (text === said) return;
    said = text;
    options.onTrouble(text);
  };
  const bind = (): void => {
    const opened = createSocket({ type: options.address.includes(":") ? "udp6" : "udp4", reuseAddr: false });
    opened.on("message", (datagram, { address }) => {
      if (datagram.length <= DATAGRAM_BYTES_MAX) options.onDatagram(datagram, address);
    });
    opened.on("error", (failure) => {
      // A socket that had an error is not trusted on; an address that is not there yet at boot comes later.
      trouble(`cannot listen for the peers on ${options.address} port ${options.port}: ${failure.message}`);
      if (socket === opened) socket = undefined;
      opened.close();
      if (!stopped) again = setTimeout(bind, BIND_AGAIN_MS);
    });
    opened.bind({ address: options.address, port: options.port, exclusive: true }, () => {
      if (stopped) return;
      socket = opened;
      trouble(undefined);
    });
    pending = opened;
  };
  let pending: Socket | undefined;
  bind();
  return {
    send(datagram, address) {
      socket?.send(datagram, options.port, address, () => undefined);
    },
    async stop() {
      stopped = true;
      clearTimeout(again);
      // A datagram leaves one turn after it was handed over, and the last one says that the agent stops.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      const closing = socket ?? pending;
      socket = undefined;
      await new Promise<void>((resolve) => {
        if (closing === undefined) resolve();
        else {
          try {
            closing.close(() => resolve());
          } catch {
            resolve();
          }
        }
      });
    },
  };
}
