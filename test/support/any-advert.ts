// Adverts and packets drawn at random, for properties of vrrp: all that keepalived can send, at the edges of its fields too.

import * as fc from "fast-check";
import type { Family, IpAddress } from "../../src/model/index.ts";
import { addressOfBytes } from "../../src/model/index.ts";
import type { Advertisement, Envelope } from "../../src/vrrp/advertisement.ts";
import { MULTICAST_GROUP_IPV4, MULTICAST_GROUP_IPV6, trimmedPassword } from "../../src/vrrp/advertisement.ts";

export interface SentAdvert {
  readonly advertisement: Advertisement;
  readonly envelope: Envelope;
}

const byte = fc.integer({ min: 0, max: 255 });

function anyAddress(family: Family): fc.Arbitrary<IpAddress> {
  const length = family === 4 ? 4 : 16;
  return fc.uint8Array({ minLength: length, maxLength: length }).map(addressOfBytes);
}

const anyPassword = fc.uint8Array({ minLength: 1, maxLength: 8 }).map(trimmedPassword);

function anySent(
  version: 2 | 3,
  family: Family,
  password?: fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<SentAdvert> {
  const group = family === 4 ? MULTICAST_GROUP_IPV4 : MULTICAST_GROUP_IPV6;
  const interval =
    version === 2
      ? byte.map((seconds) => seconds * 1_000_000)
      : fc.integer({ min: 0, max: 4095 }).map((hundredths) => hundredths * 10_000);
  const advertisement = fc.record({
    version: fc.constant(version),
    vrid: fc.integer({ min: 1, max: 255 }),
    priority: byte,
    advertIntervalUs: interval,
    addresses: fc.array(anyAddress(family), { maxLength: 5 }),
    ...(password === undefined
      ? {}
      : { authentication: fc.record({ type: fc.constant("PASS" as const), password }) }),
  });
  const envelope = fc.record({
    source: anyAddress(family),
    destination: fc.oneof(fc.constant(group), anyAddress(family)),
    ttl: byte,
    ...(family === 4 ? { identification: fc.integer({ min: 0, max: 65_535 }) } : {}),
  });
  return fc.record({ advertisement, envelope });
}

export const anySentAdvert: fc.Arbitrary<SentAdvert> = fc.oneof(
  anySent(2, 4),
  anySent(2, 4, anyPassword),
  anySent(3, 4),
  anySent(3, 6),
);
