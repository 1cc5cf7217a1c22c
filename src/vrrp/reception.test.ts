// What receivers make of adverts: each check by itself, their order, what versions differ in, and that bytes and values are judged alike.

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
import { internetChecksum } from "./checksum.ts";
import { encodeAdvertisement } from "./packet.ts";
import { describeDeafness, describeRefusal, type Reception, type Refusal } from "./reception-result.ts";
import { checksAddresses, receive, receiveAdvertisement, type Receiver } from "./reception.ts";

const ip = (text: string): IpAddress => ({ family: text.includes(":") ? 6 : 4, text });
const ours = ip("192.0.2.12");
const peer = ip("192.0.2.11");
const vip = ip("192.0.2.100");
const otherVip = ip("192.0.2.101");
const versions = ["2.0.20", "2.2.7", "2.3.2", "2.3.3", "2.4.3"];

const password = { type: "PASS" as const, password: passwordBytes("s3cret") };
const second: Advertisement = {
  version: 2,
  vrid: 51,
  priority: 101,
  advertIntervalUs: 1_000_000,
  addresses: [vip],
  authentication: password,
};
const { authentication: _, ...withoutPassword } = second;
const third: Advertisement = { ...withoutPassword, version: 3 };
const unicast: Envelope = { source: peer, destination: ours, ttl: 255 };
const multicast: Envelope = { ...unicast, destination: MULTICAST_GROUP_IPV4 };

const receiver: Receiver = {
  keepalivedVersion: "2.2.7",
  version: 2,
  vrid: 51,
  family: 4,
  source: ours,
  peers: [peer],
  multicastGroup: MULTICAST_GROUP_IPV4,
  authentication: password,
  advertIntervalUs: 1_000_000,
  addresses: [vip],
  skipCheckAdvAddr: false,
  checkUnicastSource: false,
};
const { authentication: __, ...open } = receiver;
const thirdReceiver: Receiver = { ...open, version: 3 };
const thirdMulticast: Receiver = { ...thirdReceiver, peers: [] };

const judged = (
  by: Receiver,
  advertisement: Advertisement,
  envelope: Envelope = by.peers.length === 0 ? multicast : unicast,
  checkAddresses = true,
): Reception => receiveAdvertisement(by, advertisement, envelope, { checkAddresses });

const refused = (refusal: Refusal): Reception => ({ kind: "refused", refusal });

describe.each(versions)("keepalived %s", (keepalivedVersion) => {
  const by = (change: Partial<Receiver>): Receiver => ({ ...receiver, ...change, keepalivedVersion });
  const byThird = (change: Partial<Receiver>): Receiver => ({
    ...thirdReceiver,
    ...change,
    keepalivedVersion,
  });

  it("hears what is right", () => {
    const heard = { kind: "heard", priority: 101, advertIntervalUs: 1_000_000, source: peer, remarks: [] };
    expect(judged(by({}), second)).toEqual(heard);
    expect(judged(byThird({}), third)).toEqual(heard);
    expect(judged(byThird({ peers: [] }), third)).toEqual(heard);
    expect(judged(by({}), { ...second, priority: 0 })).toMatchObject({ kind: "heard", priority: 0 });
  });

  it("does not mind the order of the VIPs", () => {
    const both = by({ addresses: [vip, otherVip] });
    expect(judged(both, { ...second, addresses: [otherVip, vip] })).toMatchObject({
      kind: "heard",
      remarks: [],
    });
  });

  it("takes the interval of a version 3 advert whatever its own is", () => {
    expect(judged(byThird({ advertIntervalUs: 100_000 }), third)).toMatchObject({
      kind: "heard",
      advertIntervalUs: 1_000_000,
    });
  });

  it("takes a unicast advert of any TTL", () => {
    expect(judged(by({}), second, { ...unicast, ttl: 64 })).toMatchObject({ kind: "heard" });
  });

  it.each<[string, Receiver, Advertisement, Envelope, Refusal]>([
    ["TTL", byThird({ peers: [] }), third, { ...multicast, ttl: 254 }, { because: "ttl", received: 254 }],
    ["version", byThird({}), second, unicast, { because: "version", received: 2, expected: 3 }],
    ["version", by({}), third, unicast, { because: "version", received: 3, expected: 2 }],
    [
      "auth_type",
      by({}),
      withoutPassword,
      unicast,
      { because: "other-authentication", received: "none", expected: "PASS" },
    ],
    [
      "password",
      by({}),
      { ...second, authentication: { type: "PASS", password: passwordBytes("other") } },
      unicast,
      { because: "password" },
    ],
    [
      "advert_int",
      by({ advertIntervalUs: 2_000_000 }),
      second,
      unicast,
      { because: "interval", receivedUs: 1_000_000, expectedUs: 2_000_000 },
    ],
    [
      "checksum",
      byThird({}),
      third,
      { ...unicast, checksumDestination: ip("192.0.2.13") },
      { because: "checksum" },
    ],
    [
      "source",
      by({ checkUnicastSource: true, peers: [ip("192.0.2.13")] }),
      second,
      unicast,
      { because: "source", source: peer },
    ],
  ])("refuses another %s", (_name, receiving, advertisement, envelope, refusal) => {
    expect(judged(receiving, advertisement, envelope)).toEqual(refused(refusal));
  });

  it("is deaf to what is not for it", () => {
    const deafTo = (by_: Receiver, advertisement: Advertisement, envelope: Envelope): string => {
      const reception = judged(by_, advertisement, envelope);
      return reception.kind === "deaf" ? reception.deafness.because : reception.kind;
    };
    expect(deafTo(by({ vrid: 52 }), second, unicast)).toBe("other-vrid");
    expect(deafTo(by({}), second, multicast)).toBe("other-destination");
    expect(deafTo(by({ authentication: { ...password, type: "AH" } }), second, unicast)).toBe(
      "other-protocol",
    );
    expect(deafTo(byThird({ peers: [], multicastGroup: ip("224.0.0.19") }), third, multicast)).toBe(
      "other-destination",
    );
    const overIpv6: Envelope = { source: ip("fe80::1"), destination: MULTICAST_GROUP_IPV6, ttl: 255 };
    expect(deafTo(byThird({}), { ...third, addresses: [] }, overIpv6)).toBe("other-family");
  });

  it("with peers takes the checksum of keepalived 1.3.6", () => {
    const old = { ...unicast, checksumDestination: MULTICAST_GROUP_IPV4 };
    expect(judged(byThird({}), third, old)).toMatchObject({ kind: "heard", remarks: ["old-checksum"] });
  });

  it("is more than deaf to a unicast advert over multicast only before 2.1.0", () => {
    const reception = judged(byThird({ peers: [] }), third, unicast);
    expect(reception).toEqual(
      keepalivedVersion === "2.0.20"
        ? refused({ because: "destination-kind", expected: "multicast" })
        : {
            kind: "deaf",
            deafness: { because: "other-destination", destination: ours, listensOn: MULTICAST_GROUP_IPV4 },
          },
    );
  });

  const judgesAddresses = ["2.0.20", "2.2.7", "2.3.2"].includes(keepalivedVersion);

  it(`${judgesAddresses ? "refuses" : "hears and logs"} another list of VIPs`, () => {
    const more = judged(by({}), { ...second, addresses: [vip, otherVip] });
    const other = judged(by({}), { ...second, addresses: [otherVip] });
    if (judgesAddresses) {
      expect(more).toEqual(refused({ because: "address-count", received: 2, expected: 1 }));
      expect(other).toEqual(refused({ because: "address-missing", missing: vip }));
    } else {
      expect(more).toMatchObject({ kind: "heard", remarks: ["other-addresses"] });
      expect(other).toMatchObject({ kind: "heard", remarks: ["other-addresses"] });
    }
  });

  it("compares no VIPs where it need not", () => {
    const other = judged(by({}), { ...second, addresses: [otherVip] }, unicast, false);
    expect(other).toMatchObject({ kind: "heard", remarks: [] });
  });

  it(`looks for the source ${judgesAddresses ? "only with" : "also without"} comparing VIPs`, () => {
    const strict = by({ checkUnicastSource: true, peers: [ip("192.0.2.13")] });
    expect(judged(strict, second, unicast, false).kind).toBe(judgesAddresses ? "heard" : "refused");
  });

  it("says of another version 3 interval only from 2.3.3 on", () => {
    const reception = judged(byThird({ advertIntervalUs: 100_000 }), third);
    expect(reception).toMatchObject({ remarks: judgesAddresses ? [] : ["other-interval"] });
  });
});

/** The packet with other bytes from `at` on, its IP header's checksum and version 2's made right again. */
function patched(datagram: Datagram, at: number, ...bytes: readonly number[]): Datagram {
  const copy = Uint8Array.from(datagram.bytes);
  copy.set(bytes, at);
  const view = new DataView(copy.buffer);
  for (const [field, from, to] of [
    [10, 0, 20],
    [26, 20, copy.length],
  ] as const) {
    view.setUint16(field, 0);
    view.setUint16(field, internetChecksum(copy.subarray(from, to)));
  }
  return { ...datagram, bytes: copy };
}

describe("bytes that no keepalived sends", () => {
  const sent = encodeAdvertisement(second, unicast);
  const all = { checkAddresses: true };

  it("are refused or not heard, each for its reason", () => {
    expect(receive(receiver, patched(sent, 20, 0x23), all)).toEqual(
      refused({ because: "type", received: 3 }),
    );
    expect(receive(receiver, patched(sent, 24, 7), all)).toEqual(
      refused({ because: "unknown-authentication", received: 7 }),
    );
    expect(receive(receiver, patched(sent, 23, 2), all)).toEqual(
      refused({ because: "length", received: 40, expected: 44 }),
    );
    expect(receive(receiver, patched(sent, 3, 39), all)).toEqual(
      refused({ because: "stated-length", received: 40, stated: 39 }),
    );
    const damaged = Uint8Array.from(sent.bytes);
    damaged[22] = 102;
    expect(receive(receiver, { family: 4, bytes: damaged }, all)).toEqual(refused({ because: "checksum" }));
    expect(receive(receiver, { family: 4, bytes: damaged.slice(0, 25) }, all)).toEqual({
      kind: "deaf",
      deafness: { because: "unreadable", fault: "too-short" },
    });
  });

  it("are refused for what keepalived looks at first", () => {
    // Everything is wrong: version, then auth, password, interval, type, VIPs.
    const wrong = encodeAdvertisement(
      {
        ...second,
        advertIntervalUs: 2_000_000,
        addresses: [],
        authentication: { type: "PASS", password: passwordBytes("other") },
      },
      unicast,
    );
    const reasons = (by: Receiver, datagram: Datagram): string => {
      const reception = receive(by, datagram, all);
      return reception.kind === "refused" ? reception.refusal.because : reception.kind;
    };
    const ofOtherType = patched(wrong, 20, 0x23);
    expect(reasons({ ...receiver, version: 3 }, ofOtherType)).toBe("version");
    expect(reasons(open, ofOtherType)).toBe("other-authentication");
    expect(reasons(receiver, ofOtherType)).toBe("password");
    const other = {
      ...receiver,
      authentication: { type: "PASS" as const, password: passwordBytes("other") },
    };
    expect(reasons(other, ofOtherType)).toBe("interval");
    expect(reasons({ ...other, advertIntervalUs: 2_000_000 }, ofOtherType)).toBe("type");
    expect(reasons({ ...other, advertIntervalUs: 2_000_000 }, wrong)).toBe("address-count");
  });

  it("may be Ethernet's padding from 2.3.2 on", () => {
    const padded: Datagram = { family: 4, bytes: Uint8Array.of(...sent.bytes, 0, 0, 0, 0, 0, 0) };
    const tooLong: Datagram = { family: 4, bytes: Uint8Array.of(...padded.bytes, 0) };
    const by = (keepalivedVersion: string): Receiver => ({ ...receiver, keepalivedVersion });
    expect(receive(by("2.3.1"), padded, all)).toEqual(
      refused({ because: "length", received: 46, expected: 40 }),
    );
    expect(receive(by("2.3.2"), padded, all).kind).toBe("heard");
    expect(receive(by("2.3.2"), tooLong, all).kind).toBe("refused");
  });

  it("of a damaged IPv6 packet the kernel drops", () => {
    const overIpv6: Receiver = {
      ...thirdMulticast,
      family: 6,
      source: ip("fe80::12"),
      multicastGroup: MULTICAST_GROUP_IPV6,
      addresses: [ip("fe80::100")],
    };
    const envelope = { source: ip("fe80::11"), destination: MULTICAST_GROUP_IPV6, ttl: 255 };
    const datagram = encodeAdvertisement({ ...third, addresses: [ip("fe80::100")] }, envelope);
    expect(receive(overIpv6, datagram, all)).toMatchObject({ kind: "heard", remarks: [] });
    const damaged = Uint8Array.from(datagram.bytes);
    damaged[2] = 7;
    expect(receive(overIpv6, { ...datagram, bytes: damaged }, all)).toEqual({
      kind: "deaf",
      deafness: { because: "kernel-checksum" },
    });
  });
});

describe("auth_type AH", () => {
  const wrapped = patched(
    {
      family: 4,
      bytes: Uint8Array.of(...encodeAdvertisement(second, unicast).bytes, ...new Uint8Array(24)),
    },
    9,
    51,
  );

  it("is another protocol to those who have it not", () => {
    const reception = receive(receiver, wrapped, { checkAddresses: true });
    expect(reception).toEqual({ kind: "deaf", deafness: { because: "other-protocol" } });
  });
});

describe("bytes and values", () => {
  const anyReceiver = fc.record({
    keepalivedVersion: fc.constantFrom(...versions),
    version: fc.constantFrom<2 | 3>(2, 3),
    checkUnicastSource: fc.boolean(),
    listens: fc.constantFrom("unicast", "multicast"),
    knows: fc.boolean(),
    checkAddresses: fc.boolean(),
    password: fc.boolean(),
  });

  it("are judged alike", () => {
    fc.assert(
      fc.property(anySentAdvert, anyReceiver, ({ advertisement, envelope }, drawn) => {
        const { keepalivedVersion, version, checkUnicastSource, checkAddresses } = drawn;
        const { authentication } = advertisement;
        const by: Receiver = {
          ...open,
          keepalivedVersion,
          version,
          checkUnicastSource,
          vrid: advertisement.vrid,
          family: envelope.source.family,
          source: drawn.listens === "unicast" ? envelope.destination : ours,
          peers: drawn.listens === "unicast" ? [drawn.knows ? envelope.source : peer] : [],
          multicastGroup: envelope.destination,
          advertIntervalUs: advertisement.advertIntervalUs,
          addresses: drawn.knows ? advertisement.addresses : [vip],
          ...(drawn.password && authentication !== undefined ? { authentication } : {}),
        };
        const asValues = receiveAdvertisement(by, advertisement, envelope, { checkAddresses });
        const datagram = encodeAdvertisement(advertisement, envelope);
        expect(receive(by, datagram, { checkAddresses })).toEqual(asValues);
      }),
      { numRuns: 500 },
    );
  });

  it("of any kind never throw", () => {
    const header = encodeAdvertisement(second, unicast).bytes.slice(0, 20);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (some, hasHeader) => {
        const bytes = hasHeader ? Uint8Array.of(...header, ...some) : some;
        const reception = receive(receiver, { family: 4, bytes }, { checkAddresses: true });
        expect(["deaf", "refused", "heard"]).toContain(reception.kind);
      }),
      { numRuns: 1000 },
    );
  });
});

test.each([
  ["BACKUP", peer, false],
  ["BACKUP", ours, true],
  ["BACKUP", undefined, true],
  ["MASTER", peer, true],
] as const)("skip_check_adv_addr in %s", (state, master, wanted) => {
  expect(checksAddresses({ skipCheckAdvAddr: true }, state, peer, master)).toBe(wanted);
  expect(checksAddresses({ skipCheckAdvAddr: false }, state, peer, master)).toBe(true);
});

describe("the words for a refusal", () => {
  test.each<[Refusal, string]>([
    [
      { because: "version", received: 3, expected: 2 },
      "it is VRRP version 3 and version 2 is configured here",
    ],
    [
      { because: "interval", receivedUs: 2_000_000, expectedUs: 1_000_000 },
      "its advert_int is 2 s and 1 s is configured here, and in version 2 they must be equal",
    ],
    [
      { because: "address-count", received: 2, expected: 1 },
      "it carries 2 virtual addresses and 1 is configured here (virtual_ipaddress)",
    ],
    [
      { because: "address-missing", missing: vip },
      "192.0.2.100 is configured here (virtual_ipaddress) and is not among its virtual addresses",
    ],
  ])("%j", (refusal, text) => {
    expect(describeRefusal(refusal)).toBe(text);
  });

  it("never hold a password", () => {
    const wrong = {
      ...second,
      authentication: { type: "PASS" as const, password: passwordBytes("hunter2") },
    };
    const reception = judged(receiver, wrong);
    expect(reception).toEqual(refused({ because: "password" }));
    const text = reception.kind === "refused" ? describeRefusal(reception.refusal) : "";
    expect(text).toContain("password");
    expect(`${text} ${JSON.stringify(reception)}`).not.toMatch(/hunter2|s3cret/);
    expect(describeDeafness({ because: "other-vrid", received: 1, expected: 2 })).toBe(
      "its virtual_router_id is 1 and 2 is configured here",
    );
  });
});
