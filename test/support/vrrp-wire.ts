// Senders and receivers for the wire's lab test: each end as keepalived.conf and as our values, and what tcpdump and the receiver's log say of them.

import { addressOfBytes, type IpAddress } from "../../src/model/index.ts";
import {
  type Advertisement,
  type Datagram,
  type Envelope,
  MULTICAST_GROUP_IPV4,
  MULTICAST_GROUP_IPV6,
  passwordBytes,
} from "../../src/vrrp/advertisement.ts";
import type { Reception } from "../../src/vrrp/reception-result.ts";
import type { Receiver } from "../../src/vrrp/reception.ts";

/** One vrrp_instance, as far as its adverts go. */
export interface End {
  readonly version: 2 | 3;
  readonly advertInterval: string;
  readonly unicast: boolean;
  readonly addresses: readonly string[];
  readonly authentication?: { readonly type: "PASS" | "AH"; readonly password: string };
  /** Further lines. */
  readonly lines?: readonly string[];
  /** Instead of the other end. */
  readonly peer?: string;
}

/** What goes from the first node to the second one. */
export interface WireCase {
  readonly name: string;
  readonly from: End;
  readonly to: End;
}

const SENDER_PRIORITY = 254;
const RECEIVER_PRIORITY = 100;
export const FIRST_VRID = 51;

const text = (value: string): IpAddress => ({ family: value.includes(":") ? 6 : 4, text: value });
const sources = {
  from: { 4: text("192.0.2.11"), 6: text("fe80::11") },
  to: { 4: text("192.0.2.12"), 6: text("fe80::12") },
} as const;

const second: End = { version: 2, advertInterval: "1", unicast: false, addresses: ["192.0.2.100"] };
const password: End = { ...second, unicast: true, authentication: { type: "PASS", password: "s3cret" } };
const third: End = { ...second, version: 3, advertInterval: "0.5" };
const thirdUnicast: End = { ...third, unicast: true, addresses: ["192.0.2.101", "192.0.2.102"] };
const overIpv6: End = { ...third, addresses: ["fe80::100", "2001:db8::100"] };

const alike = (name: string, end: End): WireCase => ({ name, from: end, to: end });
const differing = (name: string, from: End, change: Partial<End>): WireCase => ({
  name,
  from,
  to: { ...from, ...change },
});

export const cases: readonly WireCase[] = [
  alike("password-unicast", password),
  alike("open-multicast", second),
  alike("third-unicast", thirdUnicast),
  alike("third-multicast", third),
  alike("third-ipv6", overIpv6),
  alike("third-ipv6-unicast", { ...overIpv6, unicast: true }),
  alike("long-password", { ...password, authentication: { type: "PASS", password: "eight888" } }),
  differing("other-password", password, { authentication: { type: "PASS", password: "hunter2" } }),
  { name: "password-missing", from: password, to: { ...second, unicast: true } },
  {
    name: "authentication-header",
    from: password,
    to: { ...password, authentication: { type: "AH", password: "s3cret" } },
  },
  differing("other-interval", second, { advertInterval: "2", lines: ["down_timer_adverts 1"] }),
  differing("other-interval-third", third, { advertInterval: "1" }),
  differing("other-version", second, { version: 3 }),
  differing("one-more-address", third, { addresses: ["192.0.2.100", "192.0.2.103"] }),
  differing("other-address", second, { addresses: ["192.0.2.103"] }),
  differing("other-order", thirdUnicast, { addresses: ["192.0.2.102", "192.0.2.101"] }),
  differing("no-peers", thirdUnicast, { unicast: false }),
  differing("no-multicast", third, { unicast: true }),
  differing("stranger", password, { peer: "192.0.2.13" }),
  differing("checked-stranger", password, { peer: "192.0.2.13", lines: ["check_unicast_src"] }),
  { name: "old-checksum", from: { ...thirdUnicast, lines: ["old_unicast_checksum"] }, to: thirdUnicast },
];

/** keepalived.conf of one of the nodes. */
export function configurationOf(node: "from" | "to"): string {
  return cases.map((each, index) => instanceText(each.name, FIRST_VRID + index, each[node], node)).join("\n");
}

function instanceText(name: string, vrid: number, end: End, node: "from" | "to"): string {
  const family = text(end.addresses[0] ?? "").family;
  const other = node === "from" ? "to" : "from";
  const blocks = [
    ...(end.authentication === undefined
      ? []
      : [
          block("authentication", [
            `auth_type ${end.authentication.type}`,
            `auth_pass ${end.authentication.password}`,
          ]),
        ]),
    ...(end.unicast ? [block("unicast_peer", [end.peer ?? sources[other][family].text])] : []),
    block("virtual_ipaddress", end.addresses),
  ];
  return block(`vrrp_instance ${name}`, [
    `version ${end.version}`,
    "interface eth0",
    `virtual_router_id ${vrid}`,
    `priority ${node === "from" ? SENDER_PRIORITY : RECEIVER_PRIORITY}`,
    `advert_int ${end.advertInterval}`,
    // The sender comes first, and soon.
    ...(node === "from" ? ["down_timer_adverts 1"] : []),
    ...(end.lines ?? []),
    ...blocks,
  ]);
}

function block(name: string, lines: readonly string[]): string {
  return [`${name} {`, ...lines, "}"].join("\n");
}

const advertIntervalUs = (end: End): number => Math.round(Number(end.advertInterval) * 1_000_000);
const groupOf = (family: 4 | 6): IpAddress => (family === 4 ? MULTICAST_GROUP_IPV4 : MULTICAST_GROUP_IPV6);

/** What the first node sends, as values: its last advert is the goodbye. */
export function sentBy(
  each: WireCase,
  vrid: number,
  identification: number,
  isLast: boolean,
): { readonly advertisement: Advertisement; readonly envelope: Envelope } {
  const { from } = each;
  const addresses = from.addresses.map(text);
  const family = addresses[0]?.family ?? 4;
  const { authentication } = from;
  return {
    advertisement: {
      version: from.version,
      vrid,
      priority: isLast ? 0 : SENDER_PRIORITY,
      advertIntervalUs: advertIntervalUs(from),
      addresses,
      ...(authentication === undefined
        ? {}
        : { authentication: { type: "PASS", password: passwordBytes(authentication.password) } }),
    },
    envelope: {
      source: sources.from[family],
      destination: from.unicast ? sources.to[family] : groupOf(family),
      // Over IPv6 a unicast advert has the kernel's own hop limit where unicast_ttl is not given.
      ttl: family === 6 && from.unicast ? 64 : 255,
      ...(family === 4 ? { identification } : {}),
      ...(from.lines?.includes("old_unicast_checksum") === true
        ? { checksumDestination: MULTICAST_GROUP_IPV4 }
        : {}),
    },
  };
}

/** The second node's instance. */
export function receiverOf(each: WireCase, vrid: number, keepalivedVersion: string): Receiver {
  const { to } = each;
  const addresses = to.addresses.map(text);
  const family = addresses[0]?.family ?? 4;
  const { authentication } = to;
  return {
    keepalivedVersion,
    version: to.version,
    vrid,
    family,
    source: sources.to[family],
    peers: to.unicast ? [to.peer === undefined ? sources.from[family] : text(to.peer)] : [],
    multicastGroup: groupOf(family),
    ...(authentication === undefined
      ? {}
      : { authentication: { type: authentication.type, password: passwordBytes(authentication.password) } }),
    advertIntervalUs: advertIntervalUs(to),
    addresses,
    skipCheckAdvAddr: false,
    checkUnicastSource: to.lines?.includes("check_unicast_src") === true,
  };
}

/** How keepalived logs what it refuses or remarks on. */
const complaints: readonly (readonly [string, RegExp])[] = [
  ["ttl", /invalid TTL/],
  ["version", /wrong (VRRP )?version/],
  ["other-authentication", /received a \d auth/],
  ["password", /received an invalid passwd/],
  ["interval", /advertisement interval mismatch/],
  ["addresses", /unexpected ip number count|expected \d+ VIPs|ip address associated/],
  ["checksum", /Invalid VRRPv\d checksum/],
  ["old-checksum", /Setting unicast VRRPv3 checksum to old version/],
  ["destination-kind", /Expected (un|mult)icast packet/],
  ["source", /not a unicast peer/],
  ["authentication-header", /AH header|IPSEC/],
];

/** A receiver's fate: what it complains of, and whether it becomes MASTER beside the sender. */
export interface Fate {
  readonly complaints: readonly string[];
  readonly becomesMaster: boolean;
}

/** The fate that the receiver's log tells of. */
export function loggedFate(log: string, name: string): Fate {
  const lines = log.split("\n").filter((line) => line.includes(`(${name})`));
  return {
    complaints: complaints
      .filter(([, pattern]) => lines.some((line) => pattern.test(line)))
      .map(([what]) => what),
    becomesMaster: lines.some((line) => line.includes("Entering MASTER STATE")),
  };
}

const inLog: Readonly<Record<string, string>> = {
  "address-count": "addresses",
  "address-missing": "addresses",
  "other-addresses": "addresses",
  "other-interval": "interval",
};

/** The fate that follows from a reception. */
export function expectedFate(reception: Reception): Fate {
  const said =
    reception.kind === "heard"
      ? reception.remarks
      : reception.kind === "refused"
        ? [reception.refusal.because]
        : [];
  return { complaints: said.map((what) => inLog[what] ?? what), becomesMaster: reception.kind !== "heard" };
}

const PCAP_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const ETHERNET_BYTES = 14;
const IPV6_HEADER_BYTES = 40;

/** The packets of tcpdump's file, in their order, as raw sockets give them. */
export function packetsIn(pcap: Buffer): readonly Datagram[] {
  const packets: Datagram[] = [];
  let at = PCAP_HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= pcap.length) {
    const length = pcap.readUInt32LE(at + 8);
    const frame = Uint8Array.from(pcap.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length));
    packets.push(datagramOf(frame.slice(ETHERNET_BYTES)));
    at += RECORD_HEADER_BYTES + length;
  }
  return packets;
}

function datagramOf(packet: Uint8Array): Datagram {
  if ((packet[0] ?? 0) >> 4 === 4) return { family: 4, bytes: packet };
  return {
    family: 6,
    source: addressOfBytes(packet.slice(8, 24)),
    destination: addressOfBytes(packet.slice(24, 40)),
    ttl: packet[7] ?? 0,
    bytes: packet.slice(IPV6_HEADER_BYTES),
  };
}

/** The first node's own adverts, by VRID. */
export function advertsOf(packets: readonly Datagram[], vrid: number): readonly Datagram[] {
  return packets.filter((packet) => {
    const source = packet.family === 4 ? addressOfBytes(packet.bytes.slice(12, 16)) : packet.source;
    const isOurs = source.text === sources.from[packet.family].text;
    return isOurs && packet.bytes[packet.family === 4 ? 21 : 1] === vrid;
  });
}
