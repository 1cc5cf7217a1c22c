// Addresses: what is read, what is refused, and that canonical text is stable.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addressBytes,
  formatEndpoint,
  lastAddress,
  networkAddress,
  parseAddress,
  shareNetwork,
  unusableAs,
} from "./address.ts";
import type { IpAddress } from "./pair.ts";

function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (parsed.kind !== "address") throw new Error(`${text}: ${parsed.kind}`);
  return parsed.address;
}

describe("parseAddress", () => {
  it.each([
    ["10.0.0.1", "10.0.0.1"],
    ["255.255.255.254", "255.255.255.254"],
    ["2001:DB8::1", "2001:db8::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["::", "::"],
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
  ])("reads %s", (text, canonical) => {
    expect(address(text).text).toBe(canonical);
  });

  it.each([
    ["010.0.0.1", "octal-looking"],
    ["10.0.0.08", "octal-looking"],
    ["10.1", "bad"],
    ["167772161", "bad"],
    ["0x0a.0.0.1", "bad"],
    ["10.0.0.256", "bad"],
    ["10.0.0.1/24", "bad"],
    ["10.0.0.1 ", "bad"],
    ["fe80::1%eth0", "bad"],
    ["2001:db8", "bad"],
    ["00001::1", "bad"],
    ["::ffff:10.0.0.1", "bad"],
    ["64:ff9b::192.0.02.1", "bad"],
    ["64:ff9b::010.0.0.1", "bad"],
    ["1:2:3:4:5:6:7:8:9", "bad"],
    ["", "bad"],
    ["lb1.example", "bad"],
  ])("refuses %s", (text, kind) => {
    expect(parseAddress(text).kind).toBe(kind);
  });

  it("reads what it wrote, to the same bytes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const parsed = parseAddress(text);
        if (parsed.kind !== "address") return;
        expect(address(parsed.address.text)).toEqual(parsed.address);
        expect(addressBytes(parsed.address)).toHaveLength(parsed.address.family === 4 ? 4 : 16);
      }),
    );
  });
});

describe("networks", () => {
  it.each([
    ["10.1.2.3", 24, "10.1.2.0", "10.1.2.255"],
    ["10.1.2.3", 9, "10.0.0.0", "10.127.255.255"],
    ["10.1.2.3", 32, "10.1.2.3", "10.1.2.3"],
    ["2001:db8::1:2", 112, "2001:db8::1:0", "2001:db8::1:ffff"],
  ])("%s/%d", (text, length, first, last) => {
    expect(networkAddress(address(text), length).text).toBe(first);
    expect(lastAddress(address(text), length).text).toBe(last);
    expect(shareNetwork(address(first), address(last), length)).toBe(true);
  });

  it("knows strangers", () => {
    expect(shareNetwork(address("10.0.0.1"), address("10.1.0.1"), 16)).toBe(false);
    expect(shareNetwork(address("10.0.0.1"), address("2001:db8::1"), 1)).toBe(false);
  });

  it.each(["127.0.0.1", "::1", "::", "0.0.0.0", "224.0.0.18", "ff02::12", "255.255.255.255", "240.0.0.1"])(
    "%s is no host's",
    (text) => {
      expect(unusableAs(address(text))).toBeDefined();
    },
  );

  it.each(["10.0.0.1", "223.255.255.255", "169.254.0.1", "fe80::1", "fd00::1"])(
    "%s can be a host's",
    (text) => {
      expect(unusableAs(address(text))).toBeUndefined();
    },
  );
});

describe("formatEndpoint", () => {
  it("puts IPv6 in brackets", () => {
    expect(formatEndpoint(address("2001:db8::1"), 80)).toBe("[2001:db8::1]:80");
    expect(formatEndpoint(address("10.0.0.1"), 80)).toBe("10.0.0.1:80");
  });
});
