// What a receiving keepalived makes of a packet before its state machine sees it: deaf to it, refused, or heard (keepalived-behaviour section 4).
// Rule: the checks are a table in keepalived's own order, for the first that fails is the one that is logged.

import type { Family, IpAddress } from "../model/index.ts";
import {
  type Advertisement,
  AUTHENTICATION_HEADER_PROTOCOL,
  type Datagram,
  type Envelope,
  isMulticast,
  sameAddress,
  VRRP_TTL,
} from "./advertisement.ts";
import { authenticationTypes, packetOf, type Packet, readPacket } from "./packet.ts";
import { type ReceptionBehaviour, receptionBehaviourOf } from "./reception-behaviour.ts";
import type { AuthenticationName, Deafness, Reception, Refusal, Remark } from "./reception-result.ts";

/** What a vrrp_instance has configured, as far as receiving goes. */
export interface Receiver {
  /** `2.2.7`. */
  readonly keepalivedVersion: string;
  readonly version: 2 | 3;
  readonly vrid: number;
  readonly family: Family;
  /** Its own address: unicast_src_ip, mcast_src_ip, or the interface's first. */
  readonly source: IpAddress;
  /** Empty: it listens to the multicast group. */
  readonly peers: readonly IpAddress[];
  readonly multicastGroup: IpAddress;
  /** Version 2 only; absent: none. `password` as `passwordBytes` gives it. */
  readonly authentication?: { readonly type: "PASS" | "AH"; readonly password: Uint8Array };
  readonly advertIntervalUs: number;
  /** virtual_ipaddress, without the excluded ones. */
  readonly addresses: readonly IpAddress[];
  readonly skipCheckAdvAddr: boolean;
  /** check_unicast_src, or min_ttl or max_ttl of a peer. */
  readonly checkUnicastSource: boolean;
}

export interface ReceiveOptions {
  /** Whether the list of VIPs is compared: see {@link checksAddresses}. */
  readonly checkAddresses: boolean;
}

/**
 * Whether the VIPs of an advert from `source` are compared: always, but with skip_check_adv_addr not in BACKUP when it comes from the master that
 * was heard last. `master` absent: none was heard yet.
 */
export function checksAddresses(
  receiver: Pick<Receiver, "skipCheckAdvAddr">,
  state: "BACKUP" | "MASTER",
  source: IpAddress,
  master: IpAddress | undefined,
): boolean {
  const isKnown = master !== undefined && sameAddress(source, master);
  return !(receiver.skipCheckAdvAddr && state === "BACKUP" && isKnown);
}

/** What becomes of a packet, given as the bytes that the raw socket gives. */
export function receive(receiver: Receiver, datagram: Datagram, options: ReceiveOptions): Reception {
  if (datagram.family !== receiver.family) return deaf({ because: "other-family" });
  const packet = readPacket(datagram, receiver.multicastGroup);
  return typeof packet === "string"
    ? deaf({ because: "unreadable", fault: packet })
    : judge(receiver, packet, options);
}

/** The same of an advertisement that arrives as it was sent, without making bytes of it. */
export function receiveAdvertisement(
  receiver: Receiver,
  advertisement: Advertisement,
  envelope: Envelope,
  options: ReceiveOptions,
): Reception {
  if (envelope.source.family !== receiver.family) return deaf({ because: "other-family" });
  return judge(receiver, packetOf(advertisement, envelope, receiver.multicastGroup), options);
}

function deaf(deafness: Deafness): Reception {
  return { kind: "deaf", deafness };
}

function judge(receiver: Receiver, packet: Packet, options: ReceiveOptions): Reception {
  const behaviour = receptionBehaviourOf(receiver.keepalivedVersion);
  const deafness = deafnessTo(receiver, packet, behaviour);
  if (deafness !== undefined) return { kind: "deaf", deafness };
  const question = { receiver, packet, behaviour, ...options };
  for (const check of checks) {
    const refusal = check(question);
    if (refusal !== undefined) return { kind: "refused", refusal };
  }
  return {
    kind: "heard",
    priority: packet.priority,
    advertIntervalUs: packet.advertIntervalUs,
    source: packet.source,
    remarks: remarksOn(question),
  };
}

/** What the sockets let through, and whether an instance has the VRID. */
function deafnessTo(receiver: Receiver, packet: Packet, behaviour: ReceptionBehaviour): Deafness | undefined {
  const isWrapped = packet.protocol === AUTHENTICATION_HEADER_PROTOCOL;
  if (isWrapped !== (receiver.authentication?.type === "AH")) return { because: "other-protocol" };
  const { destination } = packet;
  const listensOn = isUnicast(receiver) ? receiver.source : receiver.multicastGroup;
  const getsIn =
    behaviour.bindsSockets || isMulticast(destination) ? sameAddress(destination, listensOn) : true;
  if (!getsIn) return { because: "other-destination", destination, listensOn };
  if (packet.family === 6 && packet.checksum === "wrong") return { because: "kernel-checksum" };
  if (packet.vrid !== receiver.vrid)
    return { because: "other-vrid", received: packet.vrid, expected: receiver.vrid };
  return undefined;
}

function isUnicast(receiver: Receiver): boolean {
  return receiver.peers.length > 0;
}

interface Question extends ReceiveOptions {
  readonly receiver: Receiver;
  readonly packet: Packet;
  readonly behaviour: ReceptionBehaviour;
}

type Check = (question: Question) => Refusal | undefined;

const checks: readonly Check[] = [
  ({ packet, behaviour }) => {
    const { received, expected } = packet.length;
    if (received === expected || (behaviour.toleratesPadding && isPadded(received, expected)))
      return undefined;
    return { because: "length", received, expected };
  },
  ({ receiver, packet }) =>
    !isUnicast(receiver) && packet.ttl !== VRRP_TTL ? { because: "ttl", received: packet.ttl } : undefined,
  ({ receiver, packet }) =>
    packet.version === receiver.version
      ? undefined
      : { because: "version", received: packet.version, expected: receiver.version },
  checkAuthentication,
  ({ receiver, packet }) =>
    receiver.version === 3 || packet.advertIntervalUs === receiver.advertIntervalUs
      ? undefined
      : { because: "interval", receivedUs: packet.advertIntervalUs, expectedUs: receiver.advertIntervalUs },
  ({ packet }) => (packet.type === 1 ? undefined : { because: "type", received: packet.type }),
  (question) => {
    const { receiver, packet } = question;
    if (!refusesAddresses(question) || packet.addressCount === receiver.addresses.length) return undefined;
    return { because: "address-count", received: packet.addressCount, expected: receiver.addresses.length };
  },
  ({ packet, behaviour }) => {
    const { received, stated } = packet.length;
    const mayBePadded = behaviour.toleratesPadding && received <= FRAME_LEAST_BYTES;
    if (received === stated || (mayBePadded && isPadded(received, stated))) return undefined;
    return { because: "stated-length", received, stated };
  },
  ({ receiver, packet }) => {
    if (packet.checksum === "right") return undefined;
    // Only a receiver that has peers tries the group's address too.
    const isTaken = packet.checksum === "multicast-group" && isUnicast(receiver);
    return isTaken ? undefined : { because: "checksum" };
  },
  ({ receiver, packet }) =>
    isMulticast(packet.destination) === isUnicast(receiver)
      ? { because: "destination-kind", expected: isUnicast(receiver) ? "unicast" : "multicast" }
      : undefined,
  (question) => {
    const { receiver, packet } = question;
    if (!refusesAddresses(question)) return undefined;
    const missing = missingAddress(receiver, packet);
    return missing === undefined ? undefined : { because: "address-missing", missing };
  },
  ({ receiver, packet, behaviour, checkAddresses }) => {
    if (!receiver.checkUnicastSource || !isUnicast(receiver)) return undefined;
    if (behaviour.sourceCheckNeedsAddressCheck && !checkAddresses) return undefined;
    const isPeer = receiver.peers.some((peer) => sameAddress(peer, packet.source));
    return isPeer ? undefined : { because: "source", source: packet.source };
  },
];

function checkAuthentication({ receiver, packet }: Question): Refusal | undefined {
  if (receiver.version === 3) return undefined;
  const received = nameOfAuthentication(packet.authenticationType);
  if (received === undefined)
    return { because: "unknown-authentication", received: packet.authenticationType };
  const expected = receiver.authentication?.type ?? "none";
  if (received !== expected) return { because: "other-authentication", received, expected };
  if (received === "AH") return { because: "authentication-header" };
  if (received === "none") return undefined;
  return isSamePassword(packet.password, receiver.authentication?.password)
    ? undefined
    : { because: "password" };
}

function nameOfAuthentication(type: number): AuthenticationName | undefined {
  const names = Object.keys(authenticationTypes) as AuthenticationName[];
  return names.find((name) => authenticationTypes[name] === type);
}

function isSamePassword(left: Uint8Array, right: Uint8Array | undefined): boolean {
  return left.length === right?.length && left.every((byte, index) => byte === right[index]);
}

/** Whether another list of VIPs would be a reason to refuse this packet. */
function refusesAddresses({ behaviour, checkAddresses }: Question): boolean {
  return behaviour.refusesOtherAddresses && checkAddresses;
}

/** Only that way round: with as many addresses on both sides, none of ours missing means none too many. */
function missingAddress(receiver: Receiver, packet: Packet): IpAddress | undefined {
  return receiver.addresses.find((own) => !packet.addresses.some((carried) => sameAddress(own, carried)));
}

function remarksOn({ receiver, packet, behaviour, checkAddresses }: Question): readonly Remark[] {
  const remarks: Remark[] = [];
  if (!behaviour.refusesOtherAddresses) {
    const otherCount = packet.addressCount !== receiver.addresses.length;
    if (otherCount || (checkAddresses && missingAddress(receiver, packet) !== undefined))
      remarks.push("other-addresses");
    if (packet.advertIntervalUs !== receiver.advertIntervalUs) remarks.push("other-interval");
  }
  if (packet.checksum === "multicast-group") remarks.push("old-checksum");
  return remarks;
}

/** A frame without its header and checksum has at least 46 bytes; each tag of a VLAN takes 4 of the padding. */
const FRAME_LEAST_BYTES = 46;
const VLAN_TAG_BYTES = 4;

/** Whether what follows a packet of `wanted` bytes may be Ethernet's padding. */
function isPadded(received: number, wanted: number): boolean {
  const padding = received - wanted;
  return (
    wanted < FRAME_LEAST_BYTES &&
    padding > 0 &&
    padding % VLAN_TAG_BYTES === FRAME_LEAST_BYTES % VLAN_TAG_BYTES
  );
}
