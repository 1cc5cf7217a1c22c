// The address questions are asked of values with known answers, in both families.

import { describe, expect, it } from "vitest";
import type { IpAddress } from "../../model/index.ts";
import {
  addressBytes,
  familyOfText,
  inSameNetwork,
  listed,
  notForHosts,
  reservedInOwnNetwork,
} from "./addresses.ts";

const v4 = (text: string): IpAddress => ({ family: 4, text });
const v6 = (text: string): IpAddress => ({ family: 6, text });

describe("addressBytes", () => {
  it.each([
    [v4("192.0.2.255"), [192, 0, 2, 255]],
    [v6("::"), Array.from({ length: 16 }, () => 0)],
    [v6("::1"), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    [v6("2001:db8::"), [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    [v6("2001:db8:1:2:3:4:5:6"), [0x20, 1, 0x0d, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6]],
    [v6("::ffff:192.0.2.1"), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1]],
  ])("of %o", (address, bytes) => {
    expect(addressBytes(address)).toEqual(bytes);
  });
});

describe("inSameNetwork", () => {
  it.each([
    [v4("192.0.2.50"), v4("192.0.2.11"), 24, true],
    [v4("192.0.2.50"), v4("192.0.3.11"), 24, false],
    [v4("192.0.2.50"), v4("192.0.3.11"), 23, true],
    [v4("192.0.2.129"), v4("192.0.2.11"), 25, false],
    [v4("10.0.0.1"), v4("192.0.3.11"), 0, true],
    [v4("192.0.2.50"), v4("192.0.2.51"), 32, false],
    [v6("2001:db8::1"), v6("2001:db8::ffff:2"), 64, true],
    [v6("2001:db8::1"), v6("2001:db8:0:1::1"), 64, false],
    [v6("2001:db8::1"), v4("192.0.2.1"), 0, false],
  ])("%o and %o by /%i: %s", (left, right, length, expected) => {
    expect(inSameNetwork(left, right, length)).toBe(expected);
  });
});

describe("reservedInOwnNetwork", () => {
  it.each([
    [v4("192.0.2.0"), 24, "network"],
    [v4("192.0.2.255"), 24, "broadcast"],
    [v4("192.0.2.255"), 23, undefined],
    [v4("192.0.3.255"), 23, "broadcast"],
    [v4("192.0.2.0"), 32, undefined],
    [v4("192.0.2.0"), 31, undefined],
    [v4("192.0.2.3"), 30, "broadcast"],
    [v4("192.0.2.50"), 24, undefined],
    [v6("2001:db8::"), 64, undefined],
  ])("%o/%i: %s", (address, length, expected) => {
    expect(reservedInOwnNetwork(address, length)).toBe(expected);
  });
});

describe("notForHosts", () => {
  it.each([
    v4("0.0.0.0"),
    v4("224.0.0.18"),
    v4("239.1.1.1"),
    v4("255.255.255.255"),
    v6("::"),
    v6("ff02::12"),
  ])("%o", (address) => {
    expect(notForHosts(address)).toMatch(/address/);
  });

  it.each([v4("192.0.2.1"), v4("127.0.0.1"), v4("169.254.0.1"), v6("fe80::1"), v6("2001:db8::1")])(
    "%o may be a host's",
    (address) => {
      expect(notForHosts(address)).toBeUndefined();
    },
  );
});

describe("familyOfText", () => {
  it.each([
    ["192.0.2.50", 4],
    ["192.0.2.50/24", 4],
    ["2001:db8::50", 6],
    ["2001:db8::50/64", 6],
    ["fe80::1", 6],
    ["lb2.example.com", undefined],
    ["192.0.2.50,", undefined],
    ["192.0.2.x", undefined],
    ["eth0:1", undefined],
    ["", undefined],
  ])("of %o: %s", (text, expected) => {
    expect(familyOfText(text)).toBe(expected);
  });
});

describe("listed", () => {
  it.each([
    [[], ""],
    [["a"], "a"],
    [["a", "b"], "a and b"],
    [["a", "b", "c"], "a, b and c"],
    [["a", "b", "c", "d", "e", "f", "g"], "a, b, c, d and 3 more"],
  ])("%o: %s", (texts, expected) => {
    expect(listed(texts)).toBe(expected);
  });
});
