// What a VRRP advertisement says, and the packet it travels in, as values. packet.ts turns them into bytes and back.

import type { IpAddress } from "../model/index.ts";

/** What a MASTER tells every advert_int. */
export interface Advertisement {
  readonly version: 2 | 3;
  /** 1 to 255. */
  readonly vrid: number;
  /** 0: the MASTER goes, and need not be waited for. */
  readonly priority: number;
  /** Version 2 counts whole seconds (up to 255 s), version 3 hundredths (up to 40.95 s). */
  readonly advertIntervalUs: number;
  /** The VIPs in the order of the file, all of the family it travels in; without the excluded ones, and without prefix lengths. */
  readonly addresses: readonly IpAddress[];
  /** Version 2 only; absent: none. */
  readonly authentication?: PasswordAuthentication;
}

/** A password in clear text, in every advert. Never shown. */
export interface PasswordAuthentication {
  readonly type: "PASS";
  /** See {@link passwordBytes}. */
  readonly password: Uint8Array;
}

/** The packet around an advertisement. */
export interface Envelope {
  readonly source: IpAddress;
  /** A peer, or the multicast group. */
  readonly destination: IpAddress;
  /** Hop limit in IPv6; 255 unless unicast_ttl says otherwise. */
  readonly ttl: number;
  /** IPv4's identification; keepalived counts it up from 1 with every advert, and all peers get the same. 0 where absent, and in IPv6. */
  readonly identification?: number;
  /** Version 3 over IPv4: the address the checksum is made with, where that is not the destination (keepalived up to 1.3.6, old_unicast_checksum). */
  readonly checksumDestination?: IpAddress;
}

/** A packet as a raw socket gives it: with its header in IPv4, without it in IPv6, where the kernel tells of it beside the message. */
export type Datagram =
  | { readonly family: 4; readonly bytes: Uint8Array }
  | {
      readonly family: 6;
      readonly source: IpAddress;
      readonly destination: IpAddress;
      readonly ttl: number;
      readonly bytes: Uint8Array;
    };

/** IP's number for VRRP. */
export const VRRP_PROTOCOL = 112;

/** IP's number for the authentication header, in which keepalived wraps version 2 with auth_type AH. */
export const AUTHENTICATION_HEADER_PROTOCOL = 51;

export const VRRP_TTL = 255;

/** vrrp_mcast_group4 where the file does not say. */
export const MULTICAST_GROUP_IPV4: IpAddress = { family: 4, text: "224.0.0.18" };

/** vrrp_mcast_group6 where the file does not say. */
export const MULTICAST_GROUP_IPV6: IpAddress = { family: 6, text: "ff02::12" };

/** As many bytes of auth_pass as count. */
export const PASSWORD_BYTES_MAX = 8;

/** What counts of an auth_pass: its first 8 bytes, without zeros at the end, as they are what shorter ones are filled up with. */
export function passwordBytes(text: string): Uint8Array {
  return trimmedPassword(new TextEncoder().encode(text).slice(0, PASSWORD_BYTES_MAX));
}

/** The password in its field of 8 bytes. */
export function trimmedPassword(field: Uint8Array): Uint8Array {
  let length = field.length;
  while (length > 0 && field[length - 1] === 0) length -= 1;
  return field.slice(0, length);
}

/** Whether the address names a group of hosts (224.0.0.0/4, ff00::/8). */
export function isMulticast(address: IpAddress): boolean {
  if (address.family === 6) return /^ff[0-9a-f]{2}:/.test(address.text);
  const first = Number.parseInt(address.text, 10);
  return first >= 224 && first < 240;
}

export function sameAddress(left: IpAddress, right: IpAddress): boolean {
  return left.family === right.family && left.text === right.text;
}
