// Placeholders are told from values: what templates and tutorials leave behind, and real values that look a little like it.

import { describe, expect, it } from "vitest";
import { isPlaceholder } from "./placeholder.ts";

describe("isPlaceholder", () => {
  it.each([
    "YOUR_MASTER_IP",
    "your-vip",
    "<VIP>",
    "<your interface>",
    "{{ vip }}",
    "{{vip}}/24",
    "{{",
    "<%= @vip %>",
    "x.x.x.x",
    "192.168.1.x",
    "xx.xx.xx.234",
    "192.0.2.x/24",
    "192.0.2.XX",
    "a.b.c.d",
    "${VIP}",
    "$VIP",
    "10.1.66.$",
    "1000::$STATIC_IP:3",
    "XXX",
    "CHANGE_ME",
    "changeme",
    "MASTER_IP",
    "VIP",
    "INTERFACE",
    "STATIC_IP",
    "IP2",
    "SECONDS",
    "__VIP__",
    "%%VIP%%",
    "@VIP@",
    "...",
  ])("%s is one", (text) => {
    expect(isPlaceholder(text)).toBe(true);
  });

  it.each([
    "eth0",
    "ens18",
    "enx001122334455",
    "vmac-eth0",
    "bond0.100",
    "192.0.2.10",
    "192.0.2.10/24",
    "2001:db8::1",
    "fe80::1%eth0",
    "101",
    "0",
    "-1",
    "MASTER",
    "BACKUP",
    "xenbr0",
    "mynic0",
    "ipvlan0",
    "lb1.internal",
    "",
  ])("%s is none", (text) => {
    expect(isPlaceholder(text)).toBe(false);
  });
});
