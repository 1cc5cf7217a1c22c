// Rules HP301 to HP318 together on pairs made by hand: what each pair gets, and above all what it does not get.

import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { exampleFile, type ExampleValues, otherExampleFile } from "../examples/example-file.ts";
import { lintedNode } from "../node.ts";
import { virtualRouters } from "../routers.ts";
import type { Finding, Rule } from "../rule.ts";
import type { LintSubject } from "../subject.ts";
import { rule as peersAsymmetric } from "./hp301-peers-asymmetric.ts";
import { rule as peerIsSelf } from "./hp302-peer-is-self.ts";
import { rule as unicastSourceMissing } from "./hp303-unicast-source-missing.ts";
import { rule as unicastAndMulticast } from "./hp304-unicast-and-multicast.ts";
import { rule as peerUnreadable } from "./hp305-peer-unreadable.ts";
import { rule as vipsDiffer } from "./hp306-vips-differ.ts";
import { rule as vipPrefix } from "./hp307-vip-prefix.ts";
import { rule as vipCollides } from "./hp308-vip-collides.ts";
import { rule as interfaceDiffers } from "./hp309-interface-differs.ts";
import { rule as sourceUnchecked } from "./hp310-source-unchecked.ts";
import { rule as familyMixed } from "./hp311-family-mixed.ts";
import { rule as strictDropsTraffic } from "./hp312-strict-drops-traffic.ts";
import { rule as manyVips } from "./hp313-many-vips.ts";
import { rule as vipTwice } from "./hp314-vip-twice.ts";
import { rule as multicastGroupDiffers } from "./hp315-multicast-group-differs.ts";
import { rule as linkUntracked } from "./hp316-link-untracked.ts";

const RULES: readonly Rule[] = [
  peersAsymmetric,
  peerIsSelf,
  unicastSourceMissing,
  unicastAndMulticast,
  peerUnreadable,
  vipsDiffer,
  vipPrefix,
  vipCollides,
  interfaceDiffers,
  sourceUnchecked,
  familyMixed,
  strictDropsTraffic,
  manyVips,
  vipTwice,
  multicastGroupDiffers,
  linkUntracked,
];

const NEWEST = "2.4.3";

function subjectOf(files: readonly string[], version = NEWEST): LintSubject {
  const nodes = files.map((text, index) => {
    const name = `lb${index + 1}`;
    return lintedNode({ name, main: sourceText(`${name}.conf`, text) }, version);
  });
  return { nodes, routers: virtualRouters(nodes), version };
}

interface Found extends Finding {
  readonly code: string;
}

function findings(files: readonly string[], version = NEWEST): Found[] {
  const subject = subjectOf(files, version);
  return RULES.flatMap((rule) =>
    [...rule.check(subject)].map((finding) => ({
      ...finding,
      code: rule.code,
      severity: finding.severity ?? rule.severity,
    })),
  );
}

function codes(files: readonly string[], version = NEWEST): string[] {
  return findings(files, version).map(
    ({ code, severity, at }) => `${code} ${severity ?? ""} ${at.node.name}`,
  );
}

/** lb1 with 192.0.2.11, lb2 with .12, lb3 with .13, each with the others as peers. */
function three(changes: readonly ExampleValues[] = []): string[] {
  const addresses = ["192.0.2.11", "192.0.2.12", "192.0.2.13"];
  return addresses.map((source, index) =>
    exampleFile({
      source,
      priority: 101 - index,
      peers: addresses.filter((address) => address !== source),
      ...changes[index],
    }),
  );
}

/** The file's text turned into IPv6, version 3 without a password. */
function asIpv6(text: string): string {
  return text
    .replaceAll("192.0.2.50/32", "2001:db8::50/128")
    .replaceAll(/192\.0\.2\.(\d+)/g, "2001:DB8:0::$1")
    .replace(/ {4}authentication \{[^}]*\}\n/, "");
}

describe("sound pairs", () => {
  it.each([
    ["two nodes", [exampleFile(), otherExampleFile()]],
    ["one node alone", [exampleFile()]],
    ["three nodes", three()],
    ["two of three nodes", three().slice(0, 2)],
    ["multicast", [exampleFile({ source: "", peers: [] }), otherExampleFile({ source: "", peers: [] })]],
    ["IPv6, in two spellings", [exampleFile(), otherExampleFile()].map(asIpv6)],
    [
      "the other family among the excluded",
      [exampleFile({ excluded: ["2001:db8::50/128"] }), otherExampleFile({ excluded: ["2001:DB8::50"] })],
    ],
    [
      "a VIP that is the only address of its network",
      [
        exampleFile({ vips: ["198.51.100.50/24 dev eth1"] }),
        otherExampleFile({ vips: ["198.51.100.50/24 dev eth1"] }),
      ],
    ],
  ])("%s: nothing", (_name, files) => {
    expect(codes(files)).toEqual([]);
  });

  it("crossed active/active: nothing", () => {
    const second = (node: string, change: (text: string) => string): string =>
      node +
      change(node)
        .replace(/^[\s\S]*?(?=vrrp_instance)/, "")
        .replace("VI_1", "VI_2")
        .replace("virtual_router_id 50", "virtual_router_id 51")
        .replace("192.0.2.50/32", "192.0.2.51/32");
    const lb1 = second(exampleFile(), (text) => text.replace("priority 101", "priority 100"));
    const lb2 = second(otherExampleFile(), (text) => text.replace("priority 100", "priority 101"));
    expect(codes([lb1, lb2])).toEqual([]);
  });

  it("placeholders: nothing but what is known", () => {
    const template = exampleFile({ source: "YOUR_IP", peers: ["PEER_IP"], vips: ["<VIP>"] });
    expect(codes([template])).toEqual([]);
    expect(codes([template, otherExampleFile()])).toEqual([]);
    expect(codes([exampleFile({ peers: ["x.x.x.x"] }), otherExampleFile()])).toEqual([]);
  });

  it("an include that was not read may hold the peers", () => {
    const included = exampleFile({
      source: "",
      peers: [],
      lines: ["include /etc/keepalived/peers.conf"],
    });
    expect(codes([included, otherExampleFile()])).toEqual([]);
  });

  it("two clusters with one VRID and nothing else in common are no mistake to be sure of", () => {
    const other = otherExampleFile({
      source: "",
      peers: [],
      vips: ["198.51.100.9"],
    }).replace("VI_1", "VI_9");
    expect(codes([exampleFile(), other])).toEqual(["HP306 warning lb1"]);
  });
});

describe("HP301", () => {
  it("a wrong peer on one side says what each direction does", () => {
    const [finding, ...more] = findings([exampleFile({ peers: ["192.0.2.21"] }), otherExampleFile()]);
    expect(more).toEqual([]);
    expect(finding?.message).toBe("lb1: unicast_peer has 192.0.2.21, but not 192.0.2.12 (lb2)");
    expect(finding?.consequence).toContain("lb2 never hears lb1 and becomes MASTER beside it");
    expect(finding?.consequence).toContain("lb1 (priority 101) does not yield to 100");
  });

  it("wrong on both sides: neither hears the other", () => {
    const found = findings([
      exampleFile({ peers: ["192.0.2.21"] }),
      otherExampleFile({ peers: ["192.0.2.22"] }),
    ]);
    expect(found.map(({ code }) => code)).toEqual(["HP301", "HP301"]);
    expect(found[0]?.consequence).toContain("neither lb1 nor lb2 hears the other");
  });

  it("a copied unicast_src_ip is told once, on the node that talks to itself", () => {
    expect(codes([exampleFile({ source: "192.0.2.12" }), otherExampleFile()])).toEqual(["HP301 error lb1"]);
    expect(codes([exampleFile(), otherExampleFile({ source: "192.0.2.11" })])).toEqual(["HP301 error lb2"]);
  });

  it("a third node that one of the others forgot", () => {
    expect(codes(three([{}, { peers: ["192.0.2.11"] }]))).toEqual(["HP301 error lb2"]);
  });

  it("a third node that only one knows of is doubtful", () => {
    const found = findings([exampleFile({ peers: ["192.0.2.12", "192.0.2.13"] }), otherExampleFile()]);
    expect(found.map(({ code, severity }) => `${code} ${severity ?? ""}`)).toEqual(["HP301 warning"]);
    expect(found[0]?.message).toContain("192.0.2.13 is in unicast_peer here and not on lb2");
  });

  it("without sources only what is certain", () => {
    const quiet = { source: "" } as const;
    expect(codes([exampleFile(quiet), otherExampleFile(quiet)])).toEqual([
      "HP303 warning lb1",
      "HP303 warning lb2",
    ]);
    const same = otherExampleFile({ ...quiet, peers: ["192.0.2.12"] });
    expect(codes([exampleFile(quiet), same])).toContain("HP301 error lb2");
    const short = three([{ ...quiet, peers: ["192.0.2.12"] }, quiet, quiet]);
    expect(codes(short)).toContain("HP301 error lb1");
  });

  it("says nothing of a node whose source is not known", () => {
    const found = codes([exampleFile({ source: "" }), otherExampleFile()]);
    expect(found).toEqual(["HP303 warning lb1"]);
  });
});

describe("HP302", () => {
  it("itself alone is an error, beside others a warning", () => {
    expect(codes([exampleFile({ peers: ["192.0.2.11"] }), otherExampleFile()])).toEqual(["HP302 error lb1"]);
    const all = ["192.0.2.11", "192.0.2.12"];
    expect(codes([exampleFile({ peers: all }), otherExampleFile({ peers: all })])).toEqual([
      "HP302 warning lb1",
      "HP302 warning lb2",
    ]);
  });
});

describe("HP303", () => {
  it("names the address that the other node expects", () => {
    const [finding] = findings([exampleFile({ source: "" }), otherExampleFile()]);
    expect(finding?.advice).toContain("192.0.2.11");
  });
});

describe("HP304 and HP305", () => {
  it("one falls back to multicast beside unicast: told once", () => {
    const fallen = otherExampleFile({ peers: ["lb1.example.com"] });
    const found = findings([exampleFile(), fallen]);
    expect(found.map(({ code }) => code)).toEqual(["HP304"]);
    expect(found[0]?.message).toContain("lb1.example.com");
  });

  it("all fall back alike: a warning", () => {
    const empty = { peers: [""] };
    expect(codes([exampleFile(empty), otherExampleFile(empty)])).toEqual(["HP305 warning lb1"]);
  });

  it("unicast_fault_no_peer without a peer never runs", () => {
    const found = findings([exampleFile({ peers: [""], lines: ["unicast_fault_no_peer"] })]);
    expect(found.map(({ code, severity }) => `${code} ${severity ?? ""}`)).toEqual(["HP305 error"]);
    expect(found[0]?.consequence).toContain("FAULT");
  });

  it("one of two peers cannot be read", () => {
    const [, lb2 = "", lb3 = ""] = three();
    const lb1 = exampleFile({ peers: ["192.0.2.12", "lb3.example.com"] });
    expect(codes([lb1, lb2, lb3])).toEqual(["HP305 error lb1"]);
  });

  it("two peers on one line, and a list with commas", () => {
    expect(codes([exampleFile({ peers: ["192.0.2.12 192.0.2.13"] })])).toEqual(["HP305 error lb1"]);
    const [finding] = findings([exampleFile({ peers: ["192.0.2.12, 192.0.2.13"] })]);
    expect(finding?.code).toBe("HP305");
    expect(finding?.message).toContain("comma");
  });
});

describe("HP306", () => {
  const lb1 = exampleFile({ vips: ["192.0.2.50", "192.0.2.51"] });

  it("names what each node lacks, and by version what comes of it", () => {
    const lb2 = otherExampleFile({ vips: ["192.0.2.52", "192.0.2.50"] });
    const [old] = findings([lb1, lb2], "2.3.2");
    const [young] = findings([lb1, lb2], "2.3.3");
    expect(old?.message).toBe("VI_1: virtual_ipaddress differs: lb1 lacks 192.0.2.52; lb2 lacks 192.0.2.51");
    expect(young?.message).toBe(old?.message);
    expect(old?.consequence).toContain("both become MASTER");
    expect(young?.consequence).toContain("while lb2 is MASTER nobody holds 192.0.2.51");
  });

  it("advertised on one node and excluded on the other", () => {
    const lb2 = otherExampleFile({ vips: ["192.0.2.50"], excluded: ["192.0.2.51"] });
    expect(codes([lb1, lb2], "2.2.7")).toEqual(["HP306 error lb2"]);
    expect(codes([lb1, lb2], "2.3.3")).toEqual(["HP306 warning lb2"]);
  });

  it("excluded on one node only: a warning, on any version", () => {
    const files = [exampleFile({ excluded: ["2001:db8::50/128"] }), otherExampleFile()];
    expect(codes(files, "2.2.7")).toEqual(["HP306 warning lb2"]);
    expect(codes(files)).toEqual(["HP306 warning lb2"]);
  });

  it("a line that stands twice makes another number up to 2.3.2", () => {
    const files = [exampleFile({ vips: ["192.0.2.50", "192.0.2.50"] }), otherExampleFile()];
    expect(codes(files, "2.2.7")).toEqual(["HP306 error lb1"]);
    expect(codes(files)).toEqual([]);
  });

  it("no address in common at all", () => {
    const files = [exampleFile(), otherExampleFile({ vips: ["198.51.100.50"] })];
    expect(codes(files)).toEqual(["HP306 error lb1"]);
  });
});

describe("HP307 and HP308", () => {
  it("one finding for all VIPs of an instance; another length on the other node", () => {
    const lb1 = exampleFile({ vips: ["192.0.2.50/24", "192.0.2.51/24"] });
    const lb2 = otherExampleFile({ vips: ["192.0.2.50", "192.0.2.51"] });
    expect(codes([lb1, lb2])).toEqual(["HP307 warning lb1", "HP307 warning lb2"]);
  });

  it.each([
    [
      "another node's address",
      [exampleFile({ vips: ["192.0.2.12"] }), otherExampleFile({ vips: ["192.0.2.12"] })],
      2,
    ],
    ["the network's address", [exampleFile({ vips: ["198.51.100.0/24"] })], 1],
    ["the broadcast address", [exampleFile({ vips: ["198.51.100.127/25"] })], 1],
    ["a multicast address", [exampleFile({ vips: ["224.0.0.18"] })], 1],
    ["a peer", [exampleFile({ vips: ["192.0.2.12"] })], 1],
    [
      "a static address",
      [exampleFile({ before: ["static_ipaddress {", "  192.0.2.50/24 dev eth0", "}"] })],
      1,
    ],
  ])("a VIP that is %s", (_name, files, count) => {
    const found = codes(files);
    expect(found.filter((each) => each.startsWith("HP308 error"))).toHaveLength(count);
    expect(found).toHaveLength(count);
  });

  it("a .0 and a .255 that are hosts in their network are none", () => {
    expect(codes([exampleFile({ vips: ["198.51.100.255/23", "203.0.113.0/32"] })])).toEqual([]);
  });
});

describe("HP311 and HP312", () => {
  it("all VIPs of the other family", () => {
    const found = findings([exampleFile({ vips: ["2001:db8::50"] })]);
    expect(found.map(({ code }) => code)).toEqual(["HP311"]);
    expect(found[0]?.consequence).toContain("left without an address");
  });

  it("no_accept is meant by a router and not by a proxy", () => {
    expect(codes([exampleFile({ lines: ["no_accept"] })])).toEqual(["HP312 warning lb1"]);
  });

  it("one vrrp_strict is one finding, whatever the number of instances", () => {
    const text = exampleFile({ globals: ["vrrp_strict"] });
    const second = text.slice(text.indexOf("vrrp_instance")).replace("VI_1", "VI_2");
    const two = text + second.replace("_id 50", "_id 51").replace("192.0.2.50", "192.0.2.51");
    expect(codes([two], "2.2.7")).toEqual(["HP312 error lb1"]);
    const [finding] = findings([two], NEWEST);
    expect(finding?.consequence).toContain("keepalived drops VI_1 and VI_2");
  });

  it("accept takes the rule away with version 3, and unicast is then refused from 2.4.0 on alone", () => {
    const values = { globals: ["vrrp_strict", "vrrp_version 3"], lines: ["accept"] };
    expect(codes([exampleFile(values)], "2.3.3")).toEqual([]);
    expect(codes([exampleFile(values)], "2.4.0")).toEqual(["HP312 error lb1"]);
  });
});

describe("HP314 and HP316", () => {
  it("instances of one sync group may share a VIP", () => {
    const text = exampleFile();
    const second = text
      .slice(text.indexOf("vrrp_instance"))
      .replace("VI_1", "VI_2")
      .replace("_id 50", "_id 51");
    expect(codes([text + second])).toEqual(["HP314 warning lb1"]);
    const group = "vrrp_sync_group G {\n    group {\n        VI_1\n        VI_2\n    }\n}\n";
    expect(codes([text + second + group])).toEqual([]);
  });

  it("adverts over a crossover cable do not watch its link", () => {
    const values = { lines: ["dont_track_primary"], vips: ["198.51.100.50/24 dev eth1"] };
    expect(codes([exampleFile(values)])).toEqual([]);
  });
});
