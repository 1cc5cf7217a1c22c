// What keepalived says of a file differs between versions, and some of it is said of a whole instance: each with the version that says so.

import { describe, expect, it } from "vitest";
import { positionAt, sourceText } from "../diagnostics/index.ts";
import { readConfiguration } from "./read-configuration.ts";

/** `LINE kind [fatal]` of what the version says, in the order of the file. */
function said(text: string, version: string): string[] {
  const main = sourceText("keepalived.conf", text);
  return readConfiguration(main, { version })
    .complaints.filter((each) => each.kind !== "deprecated")
    .map(
      ({ span, kind, fatal }) => `${positionAt(main, span.start).line} ${kind}${fatal ? " and exits" : ""}`,
    );
}

function instance(...lines: readonly string[]): string {
  return ["vrrp_instance VI {", "interface eth0", "virtual_router_id 51", ...lines, "}", ""].join("\n");
}

const VIP = ["virtual_ipaddress {", "192.0.2.10", "}"];

describe("an address that stands there twice", () => {
  const text = instance(
    "unicast_peer {",
    "192.0.2.2",
    "192.0.2.2",
    "}",
    "virtual_ipaddress {",
    "192.0.2.10/32",
    "192.0.2.10/24 dev eth0",
    "}",
    "virtual_ipaddress_excluded {",
    "192.0.2.10",
    "192.0.2.11",
    "192.0.2.11",
    "192.0.2.11 dev eth1",
    "}",
  );

  it("is complained of from 2.3.3 on", () => {
    expect(said(text, "2.3.2")).toEqual([]);
    const twice = [6, 10, 13, 15].map((line) => `${line} repeated-keyword`);
    expect(said(text, "2.3.3")).toEqual(twice);
    expect(said(text, "2.4.3")).toEqual(twice);
  });

  it("makes the reading depend on the version, and stays an address", () => {
    const configuration = readConfiguration(sourceText("keepalived.conf", text));
    expect(configuration.dependsOnVersion).toBe(true);
    const [read] = readConfiguration(sourceText("keepalived.conf", text), { version: "2.4.3" }).instances;
    expect(read?.unreadableVirtualIpaddresses).toEqual([]);
    expect(read?.unicastPeers.map((peer) => peer.address?.text)).toContain("192.0.2.2");
  });
});

describe("an instance without a VIP", () => {
  it.each([
    ["version 2", ["version 2"], []],
    ["version 3", ["version 3"], ["1 dropped and exits"]],
    ["strict mode", ["strict_mode on"], ["1 dropped and exits"]],
    ["a VIP that is none", ["version 3", "virtual_ipaddress {", "VIP_HERE", "}"], ["6 invalid-value"]],
  ])("%s", (_name, lines, expected) => {
    expect(said(instance(...lines), "2.2.7")).toEqual(expected);
  });

  it("may be meant from 2.2.8 on", () => {
    expect(said(instance("version 3", "no_virtual_ipaddress"), "2.4.3")).toEqual([]);
  });
});

describe("off behind a switch of global_defs", () => {
  const text =
    "global_defs {\nvrrp_strict off\nvrrp_skip_check_adv_addr off\nvrrp_check_unicast_src off\n}\n";

  it("switches on up to 2.2.8 what is a switch later", () => {
    expect(said(text, "2.2.8")).toEqual(["2 invalid-value", "3 invalid-value", "4 invalid-value"]);
    expect(said(text, "2.3.1")).toEqual(["4 invalid-value"]);
    const strict = (version: string): boolean =>
      readConfiguration(sourceText("a.conf", text), { version }).globals.strict;
    expect([strict("2.2.8"), strict("2.3.1")]).toEqual([true, false]);
  });

  it("is refused where it is no such word", () => {
    expect(said("global_defs {\nvrrp_strict never\n}\n", "2.3.1")).toEqual(["2 invalid-value"]);
  });
});

it("takes a fraction of a second in a script from 2.3.2 on", () => {
  const text = 'vrrp_script c {\nscript "/bin/true"\ninterval 0.5\n}\n';
  expect(said(text, "2.3.1")).toEqual(["3 invalid-value"]);
  expect(said(text, "2.3.2")).toEqual([]);
});

describe("nopreempt beside state MASTER", () => {
  const auth = (type: string): string[] => ["authentication {", `auth_type ${type}`, "auth_pass x", "}"];

  it.each([
    ["is cleared", auth("PASS"), false],
    ["stays with auth_type AH, which makes BACKUP of it", auth("AH"), true],
    ["is cleared with AH without a password", ["authentication {", "auth_type AH", "}"], false],
    ["is cleared with version 3, which has no AH", ["version 3", ...auth("AH")], false],
    ["is cleared for the owner", ["priority 255", ...auth("AH")], false],
  ])("%s", (_name, lines, expected) => {
    const text = instance("state MASTER", "priority 100", "nopreempt", ...lines, ...VIP);
    const [read] = readConfiguration(sourceText("a.conf", text)).instances;
    expect(read?.nopreempt).toBe(expected);
  });
});

it("counts a line as refused where a comment's backslash is glued to it", () => {
  const text = instance("virtual_ipaddress {", "192.0.2.10 # first \\", "192.0.2.11 # second", "}");
  const [read] = readConfiguration(sourceText("a.conf", text), { version: "2.4.3" }).instances;
  expect(read?.virtualIpaddresses.map((vip) => vip.address.text)).toEqual(["192.0.2.10", "192.0.2.11"]);
  expect(read?.unreadableVirtualIpaddresses).toEqual([]);
});

describe("what definitions and repetitions make", () => {
  it.each([
    ["more repetitions than there is room for", "~SEQ(I,1,1000000) track_file f$I {\n}\n"],
    ["a definition that doubles itself", "$A=${A}${A}\nk ${A}\n"],
    ["long lines of a definition", `$A=${"a ".repeat(480)}\n${`k ${"${A} ".repeat(150)}\n`.repeat(30)}`],
  ])("is cut, and says so: %s", (_name, text) => {
    const configuration = readConfiguration(sourceText("a.conf", text));
    expect(configuration.complaints.map((each) => each.kind)).toContain("expansion-cut");
    expect(configuration.incomplete).toBe(true);
  });

  it("is read to its end where a configuration may be as long", () => {
    const text = "$A= \\\nvrrp_instance V$I { \\\nstate BACKUP \\\n}\n~SEQ(I,1,1000) $A\n";
    const { complaints, instances } = readConfiguration(sourceText("a.conf", text));
    expect(instances).toHaveLength(1000);
    expect(complaints.some((each) => each.kind === "expansion-cut")).toBe(false);
  });
});
