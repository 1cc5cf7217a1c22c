// Lines of `ip -oneline monitor address link` (iproute2 6.1), and where they say the addresses are.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressBook, plainAddress, readAddressLine } from "./address-line.ts";

const ADDED = String.raw`2: ens192    inet 10.150.160.32/32 scope global ens192\       valid_lft forever preferred_lft forever`;
const V6 = String.raw`2: ens192    inet6 2001:db8::32/128 scope global \       valid_lft forever preferred_lft forever`;
const UP = String.raw`2: ens192: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default \    link/ether 12:8b:5c:94:dd:84 brd ff:ff:ff:ff:ff:ff`;
const NO_CARRIER = UP.replace("MULTICAST,UP,LOWER_UP", "MULTICAST,NO-CARRIER,UP");

describe("readAddressLine", () => {
  it.each([
    [ADDED, { kind: "address", interface: "ens192", address: "10.150.160.32", present: true }],
    [`Deleted ${ADDED}`, { kind: "address", interface: "ens192", address: "10.150.160.32", present: false }],
    [V6, { kind: "address", interface: "ens192", address: "2001:db8::32", present: true }],
    [UP, { kind: "link", interface: "ens192", up: true }],
    [NO_CARRIER, { kind: "link", interface: "ens192", up: false }],
    [UP.replace("ens192:", "v0@v1:"), { kind: "link", interface: "v0", up: true }],
    [`Deleted ${UP.replace("ens192:", "v0@NONE:")}`, { kind: "link", interface: "v0", up: false }],
    ["", undefined],
    ["10.0.0.0/24 dev ens192 proto kernel", undefined],
    ["2: ens192    inet nonsense/32", undefined],
  ])("%s", (line, expected) => {
    expect(readAddressLine(line)).toEqual(expected);
  });

  it("never throws", () => {
    const word = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "2:",
        "Deleted",
        "inet",
        "inet6",
        "lo",
        "<UP,LOWER_UP>",
        "::1/128",
        "1.2.3.4/32",
        "ens192:",
      ),
    );
    fc.assert(
      fc.property(fc.array(word), (words) => {
        readAddressLine(words.join(" "));
        addressBook(["10.0.0.1"], ["ens192"]).take(words.join(" "));
      }),
      { numRuns: 2000 },
    );
  });
});

it("knows an address however it is written", () => {
  expect(plainAddress("2001:DB8:0::0032/128")).toBe("2001:db8::32");
  expect(plainAddress("fe80::1%ens192")).toBe("fe80::1");
  expect(plainAddress("10.1")).toBeUndefined();
});

describe("addressBook", () => {
  const book = () => addressBook(["10.150.160.32/32", "2001:DB8::32"], ["ens192"]);
  const said = (facts: readonly { kind: string; subject: string; value: string }[]): string[] =>
    facts.map(({ kind, subject, value }) => `${kind} ${subject} ${value}`);
  const look = (...addresses: string[]) => new Map([["ens192", addresses]]);
  const carrier = new Map([["ens192", true]]);

  it("says everything at the first look, and changes afterwards", () => {
    const addresses = book();
    expect(said(addresses.look(look("10.150.160.30"), carrier))).toEqual([
      "vip 10.150.160.32 -",
      "vip 2001:DB8::32 -",
      "link ens192 up",
    ]);
    expect(said(addresses.take(ADDED))).toEqual(["vip 10.150.160.32 ens192"]);
    expect(said(addresses.take(ADDED))).toEqual([]);
    expect(said(addresses.take(V6))).toEqual(["vip 2001:DB8::32 ens192"]);
    expect(said(addresses.take(NO_CARRIER))).toEqual(["link ens192 down"]);
    expect(said(addresses.take(`Deleted ${ADDED}`))).toEqual(["vip 10.150.160.32 -"]);
    expect(said(addresses.look(look("10.150.160.30"), carrier))).toEqual([
      "vip 2001:DB8::32 -",
      "link ens192 up",
    ]);
  });

  it("does not count an address on the loopback interface", () => {
    const addresses = book();
    addresses.look(look(), carrier);
    expect(addresses.take(ADDED.replaceAll("ens192", "lo"))).toEqual([]);
    expect(said(addresses.look(new Map([["lo", ["127.0.0.1", "10.150.160.32"]]]), carrier))).toEqual([]);
  });

  it("finds an address under a label, and keeps one on an interface that the look does not list", () => {
    const addresses = book();
    expect(said(addresses.look(new Map([["ens192:1", ["10.150.160.32"]]]), carrier))).toContain(
      "vip 10.150.160.32 ens192",
    );
    expect(said(addresses.look(new Map(), new Map([["ens192", false]])))).toEqual(["link ens192 down"]);
  });
});
