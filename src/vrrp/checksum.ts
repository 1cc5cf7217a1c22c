// The internet checksum (RFC 1071), alone and with the pseudo header that version 3 and IPv6 put before the message.

import { addressBytes, type IpAddress } from "../model/index.ts";

/**
 * The checksum of the parts one after another, as it stands in a header: complement of the sum of 16-bit words. Each part but the last has an even
 * number of bytes. Over a message that holds its right checksum it is 0.
 */
export function internetChecksum(...parts: readonly ArrayLike<number>[]): number {
  let sum = 0;
  for (const part of parts)
    for (let index = 0; index < part.length; index += 2)
      sum += ((part[index] ?? 0) << 8) | (part[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** What is summed before the message, though it is not sent there: addresses, length and protocol of the packet. */
export function pseudoHeader(
  source: IpAddress,
  destination: IpAddress,
  protocol: number,
  messageBytes: number,
): readonly number[] {
  const addresses = [...addressBytes(source), ...addressBytes(destination)];
  const length = [messageBytes >> 8, messageBytes & 0xff];
  return source.family === 4
    ? [...addresses, 0, protocol, ...length]
    : [...addresses, 0, 0, ...length, 0, 0, 0, protocol];
}
