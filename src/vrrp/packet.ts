// VRRP advertisements as bytes, both ways, as keepalived 2.2.7 writes and reads them (keepalived-behaviour section 4; RFC 3768, RFC 5798).
// Rule: reading never throws: whatever the bytes are, they are a packet with facts to judge, an advertisement, or a fault with a name.

import { assert } from "../base/index.ts";
import { addressBytes, addressOfBytes, type Family, type IpAddress } from "../model/index.ts";
import {
  type Advertisement,
  AUTHENTICATION_HEADER_PROTOCOL,
  type Datagram,
  type Envelope,
  MULTICAST_GROUP_IPV4,
  PASSWORD_BYTES_MAX,
  sameAddress,
  trimmedPassword,
  VRRP_PROTOCOL,
} from "./advertisement.ts";
import { internetChecksum, pseudoHeader } from "./checksum.ts";

const IPV4_HEADER_BYTES = 20;
/** IPPROTO_AH as keepalived uses it: with 12 bytes of digest. */
const AUTHENTICATION_HEADER_BYTES = 24;
const MESSAGE_HEADER_BYTES = 8;
const AUTHENTICATION_DATA_BYTES = PASSWORD_BYTES_MAX;
const CHECKSUM_OFFSET = 6;
/** Internetwork control (DSCP CS6). */
const TYPE_OF_SERVICE = 0xc0;
const ADVERTISEMENT_TYPE = 1;
const ADDRESSES_MAX = 255;
const SECOND_US = 1_000_000;
const CENTISECOND_US = 10_000;
const INTERVAL_MAX_US: Readonly<Record<2 | 3, number>> = { 2: 255 * SECOND_US, 3: 4095 * CENTISECOND_US };

/** The numbers of version 2's Auth Type. */
export const authenticationTypes = { none: 0, PASS: 1, AH: 2 } as const;

export function addressLength(family: Family): 4 | 16 {
  return family === 4 ? 4 : 16;
}

/** How long the message is that the header's version and count of addresses announce, by keepalived's own reckoning. */
export function expectedMessageBytes(family: Family, version: number, addressCount: number): number {
  const authentication = family === 4 && version === 2 ? AUTHENTICATION_DATA_BYTES : 0;
  return MESSAGE_HEADER_BYTES + authentication + addressCount * addressLength(family);
}

/**
 * The advertisement as it goes out. Over IPv4 the packet begins with its IP header, checksum included; over IPv6 the kernel makes the header.
 * Version 2 is IPv4 only, and the values are such as keepalived can send: anything else is a mistake of the caller.
 */
export function encodeAdvertisement(advertisement: Advertisement, envelope: Envelope): Datagram {
  const { source, destination, ttl } = envelope;
  const message = messageOf(advertisement, envelope);
  if (source.family === 6) return { family: 6, source, destination, ttl, bytes: message };
  const packet = new Uint8Array(IPV4_HEADER_BYTES + message.length);
  const view = new DataView(packet.buffer);
  packet.set([0x45, TYPE_OF_SERVICE]);
  view.setUint16(2, packet.length);
  view.setUint16(4, envelope.identification ?? 0);
  packet.set([ttl, VRRP_PROTOCOL], 8);
  packet.set(addressBytes(source), 12);
  packet.set(addressBytes(destination), 16);
  view.setUint16(10, internetChecksum(packet.subarray(0, IPV4_HEADER_BYTES)));
  packet.set(message, IPV4_HEADER_BYTES);
  return { family: 4, bytes: packet };
}

function messageOf(advertisement: Advertisement, envelope: Envelope): Uint8Array {
  const { version, vrid, priority, advertIntervalUs, addresses, authentication } = advertisement;
  const { family } = envelope.source;
  assertSendable(advertisement, envelope);
  const message = new Uint8Array(expectedMessageBytes(family, version, addresses.length));
  const view = new DataView(message.buffer);
  message.set([(version << 4) | ADVERTISEMENT_TYPE, vrid, priority, addresses.length]);
  if (version === 2) {
    const type = authentication === undefined ? authenticationTypes.none : authenticationTypes.PASS;
    message.set([type, advertIntervalUs / SECOND_US], 4);
    if (authentication !== undefined)
      message.set(authentication.password, message.length - AUTHENTICATION_DATA_BYTES);
  } else view.setUint16(4, advertIntervalUs / CENTISECOND_US);
  for (const [index, address] of addresses.entries())
    message.set(addressBytes(address), MESSAGE_HEADER_BYTES + index * addressLength(family));
  const before = version === 2 ? [] : pseudoHeaderOf(envelope, message.length);
  view.setUint16(CHECKSUM_OFFSET, internetChecksum(before, message));
  return message;
}

function pseudoHeaderOf(envelope: Envelope, messageBytes: number): readonly number[] {
  const { source, destination, checksumDestination } = envelope;
  return pseudoHeader(source, checksumDestination ?? destination, VRRP_PROTOCOL, messageBytes);
}

function assertSendable(advertisement: Advertisement, envelope: Envelope): void {
  const { version, advertIntervalUs, addresses, authentication } = advertisement;
  const { family } = envelope.source;
  const isByte = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 255;
  assert(isByte(advertisement.vrid) && isByte(advertisement.priority), "VRID and priority are bytes");
  assert(isByte(envelope.ttl), "a TTL is a byte");
  assert(envelope.destination.family === family, "source and destination are of one family");
  assert(version === 3 || family === 4, "version 2 travels over IPv4");
  assert(version === 2 || authentication === undefined, "version 3 has no password");
  assert(
    addresses.length <= ADDRESSES_MAX && addresses.every((address) => address.family === family),
    "an advert carries at most 255 addresses, of its own family",
  );
  const unit = version === 2 ? SECOND_US : CENTISECOND_US;
  const fits = advertIntervalUs >= 0 && advertIntervalUs <= INTERVAL_MAX_US[version];
  assert(fits && advertIntervalUs % unit === 0, "advert_int is whole units of the version, within its field");
  assert(
    (authentication?.password.length ?? 0) <= PASSWORD_BYTES_MAX,
    "a password has at most 8 bytes that count",
  );
}

/** What is in a packet, be it right or wrong. Where the length is wrong, so may be what follows it. */
export interface Packet {
  readonly family: Family;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly ttl: number;
  readonly identification: number;
  /** VRRP itself, or the authentication header around it. */
  readonly protocol: typeof VRRP_PROTOCOL | typeof AUTHENTICATION_HEADER_PROTOCOL;
  readonly version: number;
  /** 1: an advertisement; there are no others. */
  readonly type: number;
  readonly vrid: number;
  readonly priority: number;
  readonly advertIntervalUs: number;
  /** As the header counts them. */
  readonly addressCount: number;
  /** Those that are there. */
  readonly addresses: readonly IpAddress[];
  /** Version 2; 0 in others. */
  readonly authenticationType: number;
  /** Version 2 with authentication: its field without the zeros at the end; otherwise empty. */
  readonly password: Uint8Array;
  readonly length: PacketLength;
  /** "multicast-group": wrong for the destination, right for the group (see `checksumDestination` of an envelope). */
  readonly checksum: "right" | "multicast-group" | "wrong";
}

/** Bytes, with the IP header in IPv4, without in IPv6. */
export interface PacketLength {
  readonly received: number;
  /** What version and count of addresses announce. */
  readonly expected: number;
  /** What the IP header says; in IPv6 what was received. */
  readonly stated: number;
}

/** Why bytes are no advertisement, with what to say of it. In the order in which they are looked for. */
export const packetFaults = {
  "too-short": "it ends before its VRRP header does",
  "not-ipv4": "it does not begin with an IPv4 header of version 4",
  "header-checksum": "the checksum of its IP header is wrong",
  fragment: "it is a fragment of a packet",
  "other-protocol": "it is not of IP protocol 112 (VRRP)",
  "authentication-header": "it is wrapped in an authentication header (auth_type AH), which is not read here",
  version: "its VRRP version is neither 2 over IPv4 nor 3",
  type: "its type is not 1, an advertisement",
  length: "it is longer or shorter than its header announces",
  vrid: "its virtual router id is 0",
  "authentication-type": "its authentication type is neither none nor PASS",
  checksum: "its VRRP checksum is wrong",
} as const;

export type PacketFault = keyof typeof packetFaults;

export type Decoded =
  | { readonly kind: "advertisement"; readonly advertisement: Advertisement; readonly envelope: Envelope }
  | { readonly kind: "fault"; readonly fault: PacketFault };

/**
 * The advertisement in a packet, if all of it is right; else the first thing that is wrong. Whether a keepalived would take it is another question:
 * see `receive`. `multicastGroup`: the one that an old sender may have made a version 3 checksum with.
 */
export function decodeAdvertisement(datagram: Datagram, multicastGroup = MULTICAST_GROUP_IPV4): Decoded {
  const packet = readPacket(datagram, multicastGroup);
  if (typeof packet === "string") return { kind: "fault", fault: packet };
  const fault = faultOf(packet);
  if (fault !== undefined) return { kind: "fault", fault };
  const { source, destination, ttl, identification, family } = packet;
  const { vrid, priority, advertIntervalUs, addresses } = packet;
  const usesPassword = packet.authenticationType === authenticationTypes.PASS;
  return {
    kind: "advertisement",
    advertisement: {
      version: packet.version === 2 ? 2 : 3,
      vrid,
      priority,
      advertIntervalUs,
      addresses,
      ...(usesPassword ? { authentication: { type: "PASS", password: packet.password } } : {}),
    },
    envelope: {
      source,
      destination,
      ttl,
      ...(family === 4 ? { identification } : {}),
      ...(packet.checksum === "multicast-group" ? { checksumDestination: multicastGroup } : {}),
    },
  };
}

function faultOf(packet: Packet): PacketFault | undefined {
  const { length } = packet;
  if (packet.protocol === AUTHENTICATION_HEADER_PROTOCOL) return "authentication-header";
  if (packet.version !== 3 && (packet.version !== 2 || packet.family === 6)) return "version";
  if (packet.type !== ADVERTISEMENT_TYPE) return "type";
  if (length.received !== length.expected || length.received !== length.stated) return "length";
  if (packet.vrid === 0) return "vrid";
  if (packet.authenticationType > authenticationTypes.PASS) return "authentication-type";
  return packet.checksum === "wrong" ? "checksum" : undefined;
}

/** What `readPacket` finds in the packet of this advertisement, without making bytes of it. */
export function packetOf(
  advertisement: Advertisement,
  envelope: Envelope,
  multicastGroup: IpAddress = MULTICAST_GROUP_IPV4,
): Packet {
  const { version, addresses, authentication } = advertisement;
  const { source, destination, ttl, identification = 0, checksumDestination = destination } = envelope;
  const header = source.family === 4 ? IPV4_HEADER_BYTES : 0;
  const bytes = header + expectedMessageBytes(source.family, version, addresses.length);
  const isRight = version === 2 || sameAddress(checksumDestination, destination);
  return {
    family: source.family,
    source,
    destination,
    ttl,
    identification,
    protocol: VRRP_PROTOCOL,
    version,
    type: ADVERTISEMENT_TYPE,
    vrid: advertisement.vrid,
    priority: advertisement.priority,
    advertIntervalUs: advertisement.advertIntervalUs,
    addressCount: addresses.length,
    addresses,
    authenticationType: authenticationTypes[authentication?.type ?? "none"],
    password: authentication?.password ?? new Uint8Array(),
    length: { received: bytes, expected: bytes, stated: bytes },
    checksum: isRight
      ? "right"
      : sameAddress(checksumDestination, multicastGroup)
        ? "multicast-group"
        : "wrong",
  };
}

/** What is in a packet, right or wrong; a fault where there is no telling. */
export function readPacket(
  datagram: Datagram,
  multicastGroup: IpAddress = MULTICAST_GROUP_IPV4,
): Packet | PacketFault {
  const around = datagram.family === 4 ? readIpv4Header(datagram.bytes) : readIpv6Facts(datagram);
  if (typeof around === "string") return around;
  const { facts, headerBytes, statedBytes } = around;
  const message = datagram.bytes.subarray(headerBytes);
  if (message.length < MESSAGE_HEADER_BYTES) return "too-short";
  const [versionAndType = 0, vrid = 0, priority = 0, addressCount = 0, fourth = 0, fifth = 0] = message;
  const version = versionAndType >> 4;
  const expected = expectedMessageBytes(facts.family, version, addressCount);
  const hundredths = ((fourth & 0x0f) << 8) | fifth;
  return {
    ...facts,
    version,
    type: versionAndType & 0x0f,
    vrid,
    priority,
    advertIntervalUs: version === 2 ? fifth * SECOND_US : hundredths * CENTISECOND_US,
    addressCount,
    addresses: addressesIn(message, facts.family, addressCount),
    authenticationType: version === 2 ? fourth : authenticationTypes.none,
    password:
      version === 2 && fourth !== authenticationTypes.none
        ? trimmedPassword(message.slice(expected - AUTHENTICATION_DATA_BYTES, expected))
        : new Uint8Array(),
    length: { received: datagram.bytes.length, expected: headerBytes + expected, stated: statedBytes },
    checksum: checksumOf(message.subarray(0, expected), version, facts, multicastGroup),
  };
}

function addressesIn(message: Uint8Array, family: Family, count: number): readonly IpAddress[] {
  const size = addressLength(family);
  const there = Math.min(count, Math.floor((message.length - MESSAGE_HEADER_BYTES) / size));
  return Array.from({ length: there }, (_, index) => {
    const start = MESSAGE_HEADER_BYTES + index * size;
    return addressOfBytes(message.subarray(start, start + size));
  });
}

/** The part of a packet that stands before the VRRP message. */
interface Surroundings {
  readonly facts: Pick<Packet, "family" | "source" | "destination" | "ttl" | "identification" | "protocol">;
  readonly headerBytes: number;
  readonly statedBytes: number;
}

function checksumOf(
  message: Uint8Array,
  version: number,
  facts: Surroundings["facts"],
  multicastGroup: IpAddress,
): Packet["checksum"] {
  const { source, destination, family } = facts;
  const isRightFor = (address: IpAddress): boolean =>
    internetChecksum(pseudoHeader(source, address, VRRP_PROTOCOL, message.length), message) === 0;
  if (version === 2 && family === 4) return internetChecksum(message) === 0 ? "right" : "wrong";
  if (isRightFor(destination)) return "right";
  return family === 4 && multicastGroup.family === 4 && isRightFor(multicastGroup)
    ? "multicast-group"
    : "wrong";
}

function readIpv4Header(bytes: Uint8Array): Surroundings | PacketFault {
  if (bytes.length < IPV4_HEADER_BYTES) return "too-short";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ownBytes = (view.getUint8(0) & 0x0f) * 4;
  if (view.getUint8(0) >> 4 !== 4 || ownBytes < IPV4_HEADER_BYTES) return "not-ipv4";
  if (bytes.length < ownBytes) return "too-short";
  if (internetChecksum(bytes.subarray(0, ownBytes)) !== 0) return "header-checksum";
  // More fragments follow, or this is not the first one.
  if ((view.getUint16(6) & 0x3fff) !== 0) return "fragment";
  const protocol = view.getUint8(9);
  if (protocol !== VRRP_PROTOCOL && protocol !== AUTHENTICATION_HEADER_PROTOCOL) return "other-protocol";
  return {
    facts: {
      family: 4,
      source: addressOfBytes(bytes.subarray(12, 16)),
      destination: addressOfBytes(bytes.subarray(16, 20)),
      ttl: view.getUint8(8),
      identification: view.getUint16(4),
      protocol,
    },
    headerBytes: ownBytes + (protocol === VRRP_PROTOCOL ? 0 : AUTHENTICATION_HEADER_BYTES),
    statedBytes: view.getUint16(2),
  };
}

function readIpv6Facts(datagram: Extract<Datagram, { family: 6 }>): Surroundings {
  const { source, destination, ttl, bytes } = datagram;
  return {
    facts: { family: 6, source, destination, ttl, identification: 0, protocol: VRRP_PROTOCOL },
    headerBytes: 0,
    statedBytes: bytes.length,
  };
}
