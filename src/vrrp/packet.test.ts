// Packets against bytes that keepalived 2.2.7 sent, and against themselves: what is encoded comes back, what is damaged is noticed, and no bytes are too odd.

import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { anySentAdvert } from "../../test/support/any-advert.ts";
import type { IpAddress } from "../model/index.ts";
import {
  type Advertisement,
  type Datagram,
  type Envelope,
  MULTICAST_GROUP_IPV4,
  MULTICAST_GROUP_IPV6,
  passwordBytes,
} from "./advertisement.ts";
import {
  decodeAdvertisement,
  encodeAdvertisement,
  type PacketFault,
  packetOf,
  readPacket,
} from "./packet.ts";

const ip = (text: string): IpAddress => ({ family: text.includes(":") ? 6 : 4, text });
const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text.replaceAll(/\s/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
const ipv4 = (text: string): Datagram => ({ family: 4, bytes: bytesOf(text) });

const unicast: Envelope = {
  source: ip("192.0.2.11"),
  destination: ip("192.0.2.12"),
  ttl: 255,
  identification: 1,
};
const multicast: Envelope = { ...unicast, destination: MULTICAST_GROUP_IPV4 };
const multicastIpv6: Envelope = { source: ip("fe80::11"), destination: MULTICAST_GROUP_IPV6, ttl: 255 };

const second: Advertisement = {
  version: 2,
  vrid: 52,
  priority: 254,
  advertIntervalUs: 1_000_000,
  addresses: [ip("192.0.2.101")],
};
const password: Advertisement = {
  ...second,
  vrid: 51,
  addresses: [ip("192.0.2.100")],
  authentication: { type: "PASS", password: passwordBytes("s3cret") },
};
const third: Advertisement = {
  version: 3,
  vrid: 54,
  priority: 254,
  advertIntervalUs: 500_000,
  addresses: [ip("192.0.2.104")],
};

// Each as keepalived 2.2.7 of Debian 12 sent it, caught with tcpdump. IP header; version, VRID, priority, count, auth type, seconds (or hundredths),
// checksum; VIPs; password.
const passwordUnicast = `45c0 0028 0001 0000 ff70 368d c000020b c000020c
  21 33 fe 01 01 01 e14a c0000264 7333637265740000`;
const sent: readonly (readonly [string, Advertisement, Envelope, string])[] = [
  ["version 2 with a password, unicast", password, unicast, passwordUnicast],
  [
    "version 2 with a password, goodbye",
    { ...password, priority: 0 },
    { ...unicast, identification: 3 },
    `45c0 0028 0003 0000 ff70 368b c000020b c000020c
     21 33 00 01 01 01 df4b c0000264 7333637265740000`,
  ],
  [
    "version 2 without authentication, multicast",
    second,
    multicast,
    `45c0 0028 0001 0000 ff70 1887 c000020b e0000012
     21 34 fe 01 00 01 1e63 c0000265 0000000000000000`,
  ],
  [
    "version 3, unicast, two VIPs",
    { ...third, vrid: 53, addresses: [ip("192.0.2.102"), ip("192.0.2.103")] },
    unicast,
    `45c0 0024 0001 0000 ff70 3691 c000020b c000020c
     31 35 fe 02 0032 c72e c0000266 c0000267`,
  ],
  [
    "version 3, multicast",
    third,
    multicast,
    `45c0 0020 0001 0000 ff70 188f c000020b e0000012
     31 36 fe 01 0032 6b92 c0000268`,
  ],
  [
    "version 3 over IPv6, without the header that the kernel makes",
    { ...third, vrid: 55, addresses: [ip("fe80::100"), ip("2001:db8::100")] },
    multicastIpv6,
    `31 37 fe 02 0032 a41a
     fe80000000000000 0000000000000100 20010db800000000 0000000000000100`,
  ],
];

describe("an advertisement", () => {
  test.each(sent)("is sent as keepalived sends it: %s", (_, advertisement, envelope, wanted) => {
    expect(hex(encodeAdvertisement(advertisement, envelope).bytes)).toBe(wanted.replaceAll(/\s/g, ""));
  });

  test.each(sent)("is read as it was meant: %s", (_, advertisement, envelope, bytes) => {
    const { source, destination, ttl } = envelope;
    const datagram: Datagram =
      source.family === 4 ? ipv4(bytes) : { family: 6, source, destination, ttl, bytes: bytesOf(bytes) };
    expect(decodeAdvertisement(datagram)).toEqual({ kind: "advertisement", advertisement, envelope });
  });

  it("comes back as it was, whatever it says", () => {
    fc.assert(
      fc.property(anySentAdvert, ({ advertisement, envelope }) => {
        const decoded = decodeAdvertisement(encodeAdvertisement(advertisement, envelope));
        expect(decoded).toEqual({ kind: "advertisement", advertisement, envelope });
      }),
    );
  });

  it("has the same facts as values as it has as bytes", () => {
    fc.assert(
      fc.property(anySentAdvert, ({ advertisement, envelope }) => {
        const datagram = encodeAdvertisement(advertisement, envelope);
        expect(packetOf(advertisement, envelope)).toEqual(readPacket(datagram));
      }),
    );
  });

  it("that keepalived cannot send is a mistake of the caller", () => {
    const wrong: readonly (readonly [Advertisement, Envelope])[] = [
      [{ ...second, advertIntervalUs: 500_000 }, unicast],
      [{ ...second, advertIntervalUs: 256_000_000 }, unicast],
      [{ ...third, advertIntervalUs: 5000 }, unicast],
      [{ ...third, advertIntervalUs: 40_960_000 }, unicast],
      [{ ...password, version: 3 }, unicast],
      [{ ...second, addresses: [] }, multicastIpv6],
      [third, multicastIpv6],
      [{ ...second, priority: 256 }, unicast],
      [{ ...password, authentication: { type: "PASS", password: new Uint8Array(9) } }, unicast],
      [{ ...third, addresses: Array.from({ length: 256 }, () => ip("192.0.2.1")) }, unicast],
    ];
    for (const [advertisement, envelope] of wrong)
      expect(() => encodeAdvertisement(advertisement, envelope)).toThrow(/^(?!.*s3cret)/);
  });
});

describe("a damaged packet", () => {
  it("is noticed, whichever byte is another", () => {
    const anyDamage = fc.record({ place: fc.nat(), mask: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(anySentAdvert, anyDamage, ({ advertisement, envelope }, { place, mask }) => {
        const datagram = encodeAdvertisement(advertisement, envelope);
        const bytes = Uint8Array.from(datagram.bytes);
        const index = place % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ mask;
        const decoded = decodeAdvertisement({ ...datagram, bytes });
        expect(decoded).not.toEqual({ kind: "advertisement", advertisement, envelope });
        // Nothing may turn it into another advert: one byte is always caught by a checksum.
        expect(decoded.kind).toBe("fault");
      }),
    );
  });

  it("is noticed, wherever it is cut", () => {
    fc.assert(
      fc.property(anySentAdvert, fc.nat(), ({ advertisement, envelope }, at) => {
        const datagram = encodeAdvertisement(advertisement, envelope);
        const bytes = datagram.bytes.slice(0, at % datagram.bytes.length);
        expect(decodeAdvertisement({ ...datagram, bytes }).kind).toBe("fault");
      }),
    );
  });

  it("never throws, whatever the bytes are", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      // Past the header's own checks, which random bytes hardly pass.
      fc
        .uint8Array({ maxLength: 60 })
        .map((rest) => Uint8Array.of(...bytesOf(passwordUnicast.slice(0, 47)), ...rest)),
    );
    fc.assert(
      fc.property(bytes, fc.boolean(), (some, isIpv4) => {
        const datagram: Datagram = isIpv4
          ? { family: 4, bytes: some }
          : { family: 6, source: ip("fe80::1"), destination: MULTICAST_GROUP_IPV6, ttl: 255, bytes: some };
        expect(["advertisement", "fault"]).toContain(decodeAdvertisement(datagram).kind);
      }),
      { numRuns: 2000 },
    );
  });

  test.each<[PacketFault, string]>([
    ["too-short", "45c0 0028 0001"],
    ["too-short", "45c0 0018 0001 0000 ff70 369d c000020b c000020c 2133fe01"],
    ["not-ipv4", `65c0${passwordUnicast.slice(4)}`],
    ["header-checksum", passwordUnicast.replace("368d", "368e")],
    ["fragment", passwordUnicast.replace("0000 ff70 368d", "2000 ff70 168d")],
    ["other-protocol", passwordUnicast.replace("ff70 368d", "ff06 36f7")],
    ["authentication-header", `${passwordUnicast.replace("ff70 368d", "ff33 36ca")} ${"00".repeat(24)}`],
    ["version", passwordUnicast.replace("21 33", "41 33")],
    ["type", passwordUnicast.replace("21 33", "22 33")],
    ["length", `${passwordUnicast} 00`],
    ["length", passwordUnicast.replace("fe 01", "fe 02")],
    ["vrid", passwordUnicast.replace("21 33", "21 00")],
    ["authentication-type", passwordUnicast.replace("01 01 01", "01 02 01")],
    ["checksum", passwordUnicast.replace("7333", "7433")],
  ])("has a name: %s", (name, bytes) => {
    expect(decodeAdvertisement(ipv4(bytes))).toEqual({ kind: "fault", fault: name });
  });
});

describe("version 3's checksum", () => {
  const old: Envelope = { ...unicast, checksumDestination: MULTICAST_GROUP_IPV4 };

  it("made with the group's address, as keepalived up to 1.3.6 made it, is known as such", () => {
    expect(decodeAdvertisement(encodeAdvertisement(third, old))).toEqual({
      kind: "advertisement",
      advertisement: third,
      envelope: old,
    });
  });

  it("made with any other address is wrong", () => {
    const other = { ...unicast, checksumDestination: ip("192.0.2.13") };
    expect(decodeAdvertisement(encodeAdvertisement(third, other))).toEqual({
      kind: "fault",
      fault: "checksum",
    });
    expect(packetOf(third, other).checksum).toBe("wrong");
    expect(packetOf(third, old).checksum).toBe("multicast-group");
  });
});

describe("a password", () => {
  test.each([
    ["s3cret", "733363726574"],
    ["aaaaaaaa1", "6161616161616161"],
    ["ü", "c3bc"],
    ["", ""],
  ])("%s counts as its first 8 bytes", (text, wanted) => {
    expect(hex(passwordBytes(text))).toBe(wanted);
  });
});
