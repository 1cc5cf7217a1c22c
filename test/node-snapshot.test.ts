// The look at a node that tells what a switchover left: what it puts aside, and that it sees every kind of leftover.

import { describe, expect, it } from "vitest";
import { readSnapshot, snapshotDifference } from "./support/node-snapshot.ts";

const VIP = "10.150.160.32";

function looked(changes: Readonly<Record<string, string>> = {}): string {
  const sections: Record<string, string> = {
    addresses:
      "1: lo    inet 127.0.0.1/8 scope host lo\\\n2: ens192    inet 10.150.160.30/24 scope global ens192\\",
    rules: "0:\tfrom all lookup local",
    routes: "local 10.150.160.30 dev ens192 table local proto kernel scope host src 10.150.160.30",
    firewall: "table inet hapair {\n\tcounter adverts {\n\t}\n}",
    settings: "/proc/sys/net/ipv4/conf/ens192/arp_ignore 0",
    notes: "/run/hapair\n/run/hapair/watch/boost: 0",
    units: "",
    lock: "",
    ...changes,
  };
  return Object.entries(sections)
    .map(([name, text]) => `== ${name}\n${text}\n`)
    .join("");
}

const atRest = readSnapshot(looked(), VIP);

/** What the look tells besides rest once `more` is in a section too. */
function besides(section: string, more: string): string[] {
  const text = looked().replace(`== ${section}\n`, `== ${section}\n${more}\n`);
  return snapshotDifference(atRest, readSnapshot(text, VIP));
}

describe("a node's snapshot", () => {
  it("puts the VIP's own place aside, as holding", () => {
    const addresses = `2: ens192    inet 10.150.160.30/24 scope global ens192\\\n2: ens192    inet ${VIP}/32 scope global ens192\\\n1: lo    inet 127.0.0.1/8 scope host lo\\`;
    const routes = `local ${VIP} dev ens192 table local proto kernel scope host src ${VIP}\nlocal 10.150.160.30 dev ens192 table local proto kernel scope host src 10.150.160.30`;
    const holding = readSnapshot(looked({ addresses, routes }), VIP);
    expect([atRest.holds, holding.holds]).toEqual([false, true]);
    expect(snapshotDifference(atRest, holding)).toEqual([]);
  });

  it("takes an address that only begins like the VIP for another", () => {
    const other = `2: ens192    inet ${VIP}1/32 scope global ens192\\`;
    expect(besides("addresses", other)).toEqual([`addresses: + ${other}`]);
  });

  it("tells the operators' lock apart", () => {
    const locked = readSnapshot(looked({ lock: '{"who":"ann"}' }), VIP);
    expect(locked.lock).toBe('{"who":"ann"}');
    expect(snapshotDifference(atRest, locked)).toEqual([]);
  });

  it.each([
    ["addresses", `1: lo    inet ${VIP}/32 scope global lo\\`],
    ["routes", `local ${VIP} dev lo table local proto kernel scope host src ${VIP}`],
    ["rules", "10:\tfrom all lookup local"],
    ["firewall", "table ip hapair_drain {"],
    ["settings", "/proc/sys/net/ipv4/tcp_fwmark_accept 1"],
    ["notes", "/run/hapair/drain/give.until: 300"],
    ["units", "hapair-drain-give.service active running"],
  ])("tells what is left over: %s", (section, more) => {
    expect(besides(section, more)).toEqual([`${section}: + ${more}`]);
  });

  it("tells a changed value before and after, and a line that came twice", () => {
    const boosted = readSnapshot(looked({ notes: "/run/hapair\n/run/hapair/watch/boost: 253" }), VIP);
    expect(snapshotDifference(atRest, boosted)).toEqual([
      "notes: - /run/hapair/watch/boost: 0",
      "notes: + /run/hapair/watch/boost: 253",
    ]);
    expect(besides("rules", "0:\tfrom all lookup local")).toEqual(["rules: + 0:\tfrom all lookup local"]);
  });
});
