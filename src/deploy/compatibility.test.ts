import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configurationChange } from "./compatibility.ts";

const page = readFileSync(new URL("../../examples/ext-lb/as-written/extlb-01.conf", import.meta.url), "utf8");

describe("configurationChange", () => {
  it("finds nothing between a file and itself", () => {
    expect(configurationChange(page, page)).toEqual({ incompatible: [], replaced: [] });
  });

  it("lets priority, state, nopreempt, checks and the instance's name change in place", () => {
    const next = page
      .replace("vrrp_instance LB_VIP", "vrrp_instance ext-lb")
      .replace("state MASTER", "state BACKUP\n    nopreempt\n    check_unicast_src")
      .replace("priority 101", "priority 90");
    expect(configurationChange(page, next)).toEqual({ incompatible: [], replaced: [] });
  });

  const changes: [string, string, string, string][] = [
    ["the version", "priority 101", "priority 101\n    version 3", "VRRP version 2 becomes 3"],
    ["advert_int", "advert_int 1", "advert_int 2", "advert_int 1 s becomes 2 s"],
    ["the password", "auth_pass 12345678", "auth_pass 87654321", "the VRRP password changes"],
    [
      "the VIP list",
      "10.150.160.32/32",
      "10.150.160.32/32\n        10.150.160.33/32",
      "virtual_ipaddress 10.150.160.32 becomes 10.150.160.32 10.150.160.33",
    ],
  ];
  it.each(changes)("calls %s incompatible", (_name, from, to, what) => {
    const { incompatible, replaced } = configurationChange(page, page.replace(from, to));
    expect(incompatible).toEqual([{ instance: "LB_VIP", what }]);
    expect(replaced).toEqual([]);
  });

  it("never tells a password", () => {
    const found = JSON.stringify(configurationChange(page, page.replace("12345678", "hunter22")));
    expect(found).not.toMatch(/12345678|hunter22/);
  });

  it("knows that keepalived uses eight characters of a password", () => {
    const long = page.replace("12345678", "12345678AAA");
    expect(configurationChange(page, long).incompatible).toEqual([]);
  });

  it("does not compare an interval or a password that version 3 does not check", () => {
    const three = page.replace("priority 101", "priority 101\n    version 3");
    const next = three.replace("advert_int 1", "advert_int 0.1").replace("12345678", "87654321");
    expect(configurationChange(three, next).incompatible).toEqual([]);
  });

  const identities: [string, string, string, string][] = [
    ["VRID", "virtual_router_id 50", "virtual_router_id 51", "virtual_router_id 50 becomes 51"],
    ["interface", "interface ens192", "interface ens224", "interface ens192 becomes ens224"],
    [
      "source address",
      "unicast_src_ip 10.150.160.30",
      "unicast_src_ip 10.150.160.29",
      "unicast_src_ip 10.150.160.30 becomes 10.150.160.29",
    ],
  ];
  it.each(identities)("names the gap when the %s changes", (_name, from, to, what) => {
    // Three intervals of 1 s and the skew at priority 101: 3.605468 s.
    expect(configurationChange(page, page.replace(from, to)).replaced).toEqual([
      { instance: "LB_VIP", what, gapUs: 3_605_468 },
    ]);
  });
});
