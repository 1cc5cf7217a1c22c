// Import held against render: what a pair's files become is rendered again, and every difference must have been named.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { type SourceText, sourceText } from "../src/diagnostics/index.ts";
import {
  importDifferences,
  type ImportedPair,
  type ImportNode,
  type ImportNoteKind,
  type ImportOptions,
  importPair,
} from "../src/import/index.ts";
import { readConfiguration } from "../src/keepalived/index.ts";
import { loadPair, type Pair } from "../src/model/index.ts";
import { nodePaths, renderPair } from "../src/render/index.ts";
import { haproxyConfig, inputsFor, pairFiles, pairNamed } from "./support/pairs.ts";

const PASSWORD = "s3cr%t!x";

function nodeOf(name: string, text: string, haproxy?: SourceText): ImportNode {
  const configuration = readConfiguration(sourceText(`${name}.conf`, text));
  return { name, configuration, ...(haproxy === undefined ? {} : { haproxy }) };
}

function nodesOf(files: Readonly<Record<string, string>>): ImportNode[] {
  return Object.entries(files).map(([name, text]) => nodeOf(name, text));
}

interface Result {
  readonly imported: ImportedPair;
  readonly pair: Pair;
  /** Paths of the differences between the files and what is rendered, `NODE: PATH`. */
  readonly named: readonly string[];
  readonly unnamed: readonly string[];
}

/** Imports, loads, renders and compares; fails where the text is no complete pair. */
function roundTrip(nodes: readonly ImportNode[], options: ImportOptions = {}, password = PASSWORD): Result {
  const imported = importPair(nodes, options);
  const { pair, diagnostics } = loadPair("pair.yaml", imported.text);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  if (pair === undefined) throw new Error("a pair without errors");
  const rendered = renderPair(pair, inputsFor(pair, password));
  const named: string[] = [];
  const unnamed: string[] = [];
  for (const [index, node] of imported.nodes.entries()) {
    const original = nodes[index]?.configuration;
    const file = rendered.get(node.name)?.find(({ path }) => path === nodePaths.keepalivedConf);
    if (original === undefined || file === undefined) throw new Error(`${node.name} is not rendered`);
    const made = readConfiguration(sourceText(file.path, file.content));
    const differences = importDifferences(node, original, made, imported.notes);
    named.push(...differences.named.map(({ path }) => `${node.name}: ${path}`));
    unnamed.push(...differences.unnamed.map(({ path, a, b }) => `${node.name}: ${path}: ${a} -> ${b}`));
  }
  return { imported, pair, named, unnamed };
}

function messages({ notes }: ImportedPair, kind: ImportNoteKind): string {
  return notes
    .filter((note) => note.kind === kind)
    .map(({ message }) => message)
    .join("\n");
}

/** An instance's block; `lines` come after what every instance has. */
function instance(name: string, id: number, priority: number, ...lines: readonly string[]): string {
  return [
    `vrrp_instance ${name} {`,
    "    interface eth0",
    `    virtual_router_id ${id}`,
    `    priority ${priority}`,
    ...lines.map((line) => `    ${line}`),
    "}",
    "",
  ].join("\n");
}

const CHECK = `vrrp_script chk_haproxy {
    script "/usr/bin/killall -0 haproxy"
    interval 2
    fall 2
    rise 1
}
`;
const AUTHENTICATION = ["authentication {", "    auth_type PASS", `    auth_pass "${PASSWORD}"`, "}"];
const TRACK = ["track_script {", "    chk_haproxy", "}"];

function vips(...addresses: readonly string[]): string[] {
  return ["virtual_ipaddress {", ...addresses.map((address) => `    ${address}`), "}"];
}

function unicast(source: string, ...peers: readonly string[]): string[] {
  return [`unicast_src_ip ${source}`, "unicast_peer {", ...peers.map((peer) => `    ${peer}`), "}"];
}

/** A pair as it should be: both BACKUP, nopreempt on both, unicast, a check of weight 0. */
function goodPair(changed: Readonly<Record<string, readonly string[]>> = {}): Record<string, string> {
  const node = (name: string, priority: number, source: string, peer: string): string =>
    `global_defs {\n    router_id ${name}\n}\n${CHECK}${instance(
      "web",
      50,
      priority,
      ...["state BACKUP", "nopreempt", "advert_int 1"],
      ...unicast(source, peer),
      ...AUTHENTICATION,
      ...vips("192.0.2.50/32"),
      ...TRACK,
      ...(changed[name] ?? []),
    )}`;
  return {
    lb1: node("lb1", 101, "192.0.2.11", "192.0.2.12"),
    lb2: node("lb2", 100, "192.0.2.12", "192.0.2.11"),
  };
}

describe("the document's pair as written", () => {
  const folder = new URL("../examples/ext-lb/as-written/", import.meta.url).pathname;
  const nodes = ["extlb-01", "extlb-02"].map((name) =>
    nodeOf(name, readFileSync(join(folder, `${name}.conf`), "utf8")),
  );
  const { imported, pair, named, unnamed } = roundTrip(nodes, {}, "12345678");

  it("becomes a pair that fails back, because it does", () => {
    expect(pair).toMatchObject({
      name: "LB_VIP",
      profile: "classic",
      nodes: [
        { name: "extlb-01", addresses: [{ text: "10.150.160.30" }], interface: "ens192" },
        { name: "extlb-02", addresses: [{ text: "10.150.160.31" }], interface: "ens192" },
      ],
      routers: [
        {
          name: "LB_VIP",
          id: 50,
          version: 2,
          prefer: ["extlb-01", "extlb-02"],
          advertIntervalUs: 1_000_000,
          preempt: true,
          password: { kind: "env", name: "LB_VIP_VRRP_PASSWORD" },
          vips: [{ address: { text: "10.150.160.32" }, prefixLength: 32 }],
        },
      ],
      check: { intervalS: 2, fall: 2, rise: 1 },
    });
  });

  it("says beside failback that nopreempt does not do what it seems to", () => {
    expect(imported.text).toMatch(/# LB_VIP: nopreempt is in force on extlb-02[^]*\n {2}failback: allowed/);
    expect(messages(imported, "does-not-do-what-it-seems")).toMatch(
      /extlb-01 still takes the addresses back/,
    );
  });

  it("names every difference of what is rendered", () => {
    expect(unnamed).toEqual([]);
    expect(named).toContain("extlb-01: vrrp_instance LB_VIP / state");
    expect(named).toContain("extlb-02: vrrp_instance LB_VIP / nopreempt");
    expect(named.join("\n")).not.toMatch(
      /priority|virtual_ipaddress|unicast_peer|unicast_src_ip|auth|interval|fall/,
    );
  });

  it("says where the password stands, and not what it is", () => {
    expect(messages(imported, "secret")).toContain("auth_pass of LB_VIP in extlb-01's file");
    expect(imported.text + JSON.stringify(imported.notes)).not.toContain("12345678");
  });
});

describe("pairs written by hand", () => {
  test("a good pair: only what hapair adds is different", () => {
    const { imported, pair, named, unnamed } = roundTrip(nodesOf(goodPair()));
    expect(unnamed).toEqual([]);
    expect(pair.promises.failback).toBe("never");
    expect(messages(imported, "does-not-do-what-it-seems")).toBe("");
    expect(messages(imported, "cannot-express")).toBe("");
    expect(
      [
        ...new Set(named.map((path) => path.replace(/^lb\d: /, "").replace(/^track_file \w+/, "track_file"))),
      ].toSorted(),
    ).toEqual([
      "global_defs / enable_script_security",
      "global_defs / script_user",
      "track_file",
      "vrrp_instance web / check_unicast_src",
      "vrrp_instance web / garp_master_refresh",
      "vrrp_instance web / track_file",
      "vrrp_script chk_haproxy / script",
    ]);
  });

  test("a difference that no note speaks of is unnamed", () => {
    const nodes = nodesOf(goodPair());
    const { imported } = roundTrip(nodes);
    const [first] = imported.nodes;
    const [one, other] = nodes.map(({ configuration }) => configuration);
    if (first === undefined || one === undefined || other === undefined) throw new Error("two nodes");
    const changed = {
      ...one,
      instances: one.instances.map((each) => ({ ...each, virtualRouterId: 51, nopreempt: false })),
    };
    expect(importDifferences(first, one, changed, imported.notes).unnamed.map(({ path }) => path)).toEqual([
      "vrrp_instance web / virtual_router_id",
      "vrrp_instance web / nopreempt",
    ]);
  });

  test("nopreempt with state MASTER", () => {
    const files = goodPair();
    const nodes = nodesOf({ ...files, lb1: (files["lb1"] ?? "").replace("state BACKUP", "state MASTER") });
    const { imported, pair, unnamed } = roundTrip(nodes);
    expect(unnamed).toEqual([]);
    expect(pair.promises.failback).toBe("allowed");
    expect(imported.text).toContain("lb1 has nopreempt and state MASTER");
  });

  test("a fast pair of version 3", () => {
    const node = (priority: number, source: string, peer: string): string =>
      `${CHECK.replace("interval 2", "interval 1")}${instance(
        "fast",
        60,
        priority,
        ...["state BACKUP", "version 3", "nopreempt", "advert_int 0.1"],
        ...unicast(source, peer),
        ...AUTHENTICATION,
        ...vips("192.0.2.60/32"),
        ...TRACK,
      )}`;
    const { imported, pair, unnamed } = roundTrip(
      nodesOf({ a: node(254, "192.0.2.11", "192.0.2.12"), b: node(253, "192.0.2.12", "192.0.2.11") }),
    );
    expect(unnamed).toEqual([]);
    expect(pair).toMatchObject({
      profile: "fast",
      check: { intervalS: 1, fall: 2, rise: 1 },
      routers: [{ version: 3, advertIntervalUs: 100_000 }],
    });
    expect(messages(imported, "does-not-do-what-it-seems")).toContain("version 3 has no authentication");
    expect(imported.text).not.toContain("password");
  });

  test("two routers with crossed preference and one password", () => {
    const node = (web: number, api: number, source: string, peer: string): string =>
      CHECK +
      [
        instance(
          "web",
          50,
          web,
          ...unicast(source, peer),
          ...AUTHENTICATION,
          ...vips("192.0.2.50"),
          ...TRACK,
        ),
        instance(
          "api",
          51,
          api,
          ...unicast(source, peer),
          ...AUTHENTICATION,
          ...vips("192.0.2.51/24 dev eth1"),
          ...TRACK,
        ),
      ].join("");
    const { pair, imported, unnamed } = roundTrip(
      nodesOf({
        lb1: node(101, 100, "192.0.2.11", "192.0.2.12"),
        lb2: node(100, 101, "192.0.2.12", "192.0.2.11"),
      }),
    );
    expect(unnamed).toEqual([]);
    expect(pair.name).toBe("lb");
    expect(pair.routers).toMatchObject([
      { name: "web", prefer: ["lb1", "lb2"], preempt: true },
      {
        name: "api",
        prefer: ["lb2", "lb1"],
        vips: [{ prefixLength: 24, interface: "eth1" }],
        password: { kind: "env", name: "LB_VRRP_PASSWORD" },
      },
    ]);
    expect(messages(imported, "changed")).not.toContain("priorities");
  });

  test("IPv6 beside IPv4, and IPv6 alone", () => {
    const node = (priority: number, index: number, other: number): string =>
      CHECK +
      instance(
        "both",
        50,
        priority,
        ...["state BACKUP", "nopreempt"],
        ...unicast(`192.0.2.1${index}`, `192.0.2.1${other}`),
        ...vips("192.0.2.50/32"),
        ...["virtual_ipaddress_excluded {", "    2001:db8::50/128", "}"],
        ...TRACK,
      ) +
      instance(
        "six",
        51,
        priority,
        ...["state BACKUP", "nopreempt"],
        ...unicast(`2001:db8::1${index}`, `2001:db8::1${other}`),
        ...vips("2001:db8::51/64"),
        ...TRACK,
      );
    const { pair, unnamed } = roundTrip(nodesOf({ lb1: node(101, 1, 2), lb2: node(100, 2, 1) }));
    expect(unnamed).toEqual([]);
    expect(pair.nodes[0]?.addresses.map(({ text }) => text)).toEqual(["192.0.2.11", "2001:db8::11"]);
    expect(pair.routers).toMatchObject([
      { family: 4, version: 2, vips: [{ name: "vip4" }], excludedVips: [{ name: "vip6" }] },
      { family: 6, version: 3, vips: [{ prefixLength: 64 }], excludedVips: [] },
    ]);
  });

  test("three nodes, not in the order of their priorities", () => {
    const sources = ["192.0.2.11", "192.0.2.12", "192.0.2.13"];
    const node = (priority: number, source: string): string =>
      CHECK +
      instance(
        "web",
        7,
        priority,
        ...["state BACKUP", "nopreempt"],
        ...unicast(source, ...sources.filter((each) => each !== source)),
        ...vips("192.0.2.50/24"),
        ...TRACK,
      );
    const { pair, imported, unnamed } = roundTrip(
      nodesOf({ a: node(90, "192.0.2.11"), b: node(150, "192.0.2.12"), c: node(120, "192.0.2.13") }),
    );
    expect(unnamed).toEqual([]);
    expect(pair.nodes.map(({ name }) => name)).toEqual(["b", "c", "a"]);
    expect(messages(imported, "changed")).toContain("b 150 -> 101, c 120 -> 100, a 90 -> 99");
  });

  test("a weight that moves nothing, and one under nopreempt", () => {
    const weighted = (weight: number, lines: readonly string[]): Record<string, string> => ({
      lb1:
        CHECK.replace("rise 1", `rise 1\n    weight ${weight}`) +
        instance(
          "web",
          50,
          101,
          ...lines,
          ...unicast("192.0.2.11", "192.0.2.12"),
          ...vips("192.0.2.50"),
          ...TRACK,
        ),
      lb2:
        CHECK.replace("rise 1", `rise 1\n    weight ${weight}`) +
        instance(
          "web",
          50,
          90,
          ...lines,
          ...unicast("192.0.2.12", "192.0.2.11"),
          ...vips("192.0.2.50"),
          ...TRACK,
        ),
    });
    const small = roundTrip(nodesOf(weighted(2, ["state BACKUP"])));
    expect(small.unnamed).toEqual([]);
    expect(small.imported.text).toMatch(/weight \+2\. Failing it has 101 left,\n?[ #]*lb2 has\n?[ #]* 92/);
    const under = roundTrip(nodesOf(weighted(-20, ["state BACKUP", "nopreempt"])));
    expect(under.unnamed).toEqual([]);
    expect(messages(under.imported, "does-not-do-what-it-seems")).toContain("the check moves nothing");
    const works = roundTrip(nodesOf(weighted(-20, ["state BACKUP"])));
    expect(messages(works.imported, "does-not-do-what-it-seems")).toBe("");
  });

  test("equal priorities do not fail back, and so they stay", () => {
    const files = goodPair();
    const plain = (text: string): string =>
      text.replace(/ {4}nopreempt\n/, "").replace(/priority \d+/, "priority 150");
    const { pair, imported, unnamed } = roundTrip(
      nodesOf({ lb1: plain(files["lb1"] ?? ""), lb2: plain(files["lb2"] ?? "") }),
    );
    expect(unnamed).toEqual([]);
    expect(pair.promises.failback).toBe("never");
    expect(messages(imported, "assumed")).toContain("lb1 and lb2 have the same priority (150)");
  });

  test("values that differ between the nodes are told with their consequence", () => {
    const files = goodPair();
    const { imported, unnamed } = roundTrip(
      nodesOf({
        ...files,
        lb2: (files["lb2"] ?? "")
          .replace("virtual_router_id 50", "virtual_router_id 51")
          .replace("advert_int 1", "advert_int 2")
          .replace(PASSWORD, "another!")
          .replace("192.0.2.50/32", "192.0.2.50/32\n        192.0.2.51/32"),
      }),
    );
    expect(unnamed).toEqual([]);
    const told = messages(imported, "does-not-do-what-it-seems");
    expect(told).toContain("virtual_router_id differs (lb1 50, lb2 51)");
    expect(told).toContain("advert_int differs (lb1 1 s, lb2 2 s)");
    expect(told).toContain("lb1 does not have 192.0.2.51");
    expect(told).toContain("lb2 has another auth_pass than lb1");
    expect(imported.text + told).not.toContain("another!");
  });

  test("what pair.yaml has no word for is listed at its top", () => {
    const extra = [
      "use_vmac",
      "smtp_alert",
      'notify_master "/bin/tell s3cret"',
      "track_interface {",
      "    eth1",
      "}",
      "garp_master_delay 3",
    ];
    const files = goodPair({ lb1: extra, lb2: extra });
    const top = `vrrp_sync_group both {\n    group {\n        web\n    }\n}\nstatic_routes {\n    198.51.100.0/24 via 192.0.2.1 dev eth0\n}\n`;
    const globals =
      "global_defs {\n    vrrp_startup_delay 5\n    smtp_server 192.0.2.25\n    notification_email {\n        ops@example.com\n    }\n";
    const nodes = nodesOf(
      Object.fromEntries(
        Object.entries(files).map(([name, text]) => [name, text.replace("global_defs {\n", globals) + top]),
      ),
    );
    const { imported, unnamed } = roundTrip(nodes);
    expect(unnamed).toEqual([]);
    const told = messages(imported, "cannot-express");
    for (const word of [
      "use_vmac",
      "notify_master",
      "track_interface eth1",
      "garp_master_delay",
      "the sync group both",
      "static_routes",
      "vrrp_startup_delay",
      "mail on state changes",
    ])
      expect(told).toContain(word);
    expect(imported.text).toMatch(
      /^# pair\.yaml cannot express[^]*\n# - lb1 and lb2: .*\n[^]*\npair: web\n/m,
    );
    expect(imported.text).not.toContain("s3cret");
  });

  test("a password that is too long or that hapair refuses", () => {
    const long = goodPair();
    const { imported } = roundTrip(
      nodesOf(
        Object.fromEntries(
          Object.entries(long).map(([name, text]) => [name, text.replace(PASSWORD, "0123456789")]),
        ),
      ),
      {},
      "01234567",
    );
    expect(messages(imported, "secret")).toContain("is the first 8 bytes of auth_pass");
    const refused = importPair(
      nodesOf(
        Object.fromEntries(
          Object.entries(long).map(([name, text]) => [name, text.replace(PASSWORD, "a$b_c")]),
        ),
      ),
    );
    expect(messages(refused, "missing")).toContain("dollar sign");
    expect(refused.text).not.toContain("a$b_c");
  });
});

describe("addresses that the files do not say", () => {
  const multicast = Object.fromEntries(
    Object.entries(goodPair()).map(([name, text]) => [name, text.replace(/ {4}unicast_src_ip[^]*?\}\n/, "")]),
  );

  test("multicast: a text that is no address, and a note", () => {
    const imported = importPair(nodesOf(multicast));
    expect(messages(imported, "missing")).toContain("Write lb1's own IPv4 address");
    const { pair, diagnostics } = loadPair("pair.yaml", imported.text);
    expect(pair).toBeUndefined();
    expect(diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual([
      "HP020",
      "HP020",
    ]);
  });

  test("the user may name them", () => {
    const addresses = new Map([
      ["lb1", ["192.0.2.11"]],
      ["lb2", ["192.0.2.12"]],
    ]);
    const { pair, imported, unnamed } = roundTrip(nodesOf(multicast), { addresses });
    expect(unnamed).toEqual([]);
    expect(pair.nodes.map(({ addresses: [first] }) => first?.text)).toEqual(["192.0.2.11", "192.0.2.12"]);
    expect(messages(imported, "changed")).toContain("the files have multicast");
  });

  test("peers tell the address of a node that has no unicast_src_ip", () => {
    const files = goodPair();
    const { pair, imported, unnamed } = roundTrip(
      nodesOf({ ...files, lb2: (files["lb2"] ?? "").replace(/ {4}unicast_src_ip.*\n/, "") }),
    );
    expect(unnamed).toEqual([]);
    expect(pair.nodes[1]?.addresses[0]?.text).toBe("192.0.2.12");
    expect(messages(imported, "assumed")).toContain("192.0.2.12 is where lb1 sends to");
  });

  test("one node's file alone: its peer is the other node", () => {
    const imported = importPair(nodesOf({ lb1: goodPair()["lb1"] ?? "" }));
    const { pair } = loadPair("pair.yaml", imported.text);
    expect(pair?.nodes.map(({ name }) => name)).toEqual(["lb1", "peer-1"]);
    expect(messages(imported, "assumed")).toContain("Only the files of lb1 were given");
  });
});

test("haproxy.cfg: its path, one for all nodes, and a free port for the health address", () => {
  const files = Object.entries(goodPair());
  const busy = haproxyConfig.replace("bind *:80", "bind *:80\n    bind 127.0.0.1:8405");
  const nodes = files.map(([name, text], index) =>
    nodeOf(name, text, sourceText(`${name}.cfg`, index === 0 ? busy : haproxyConfig)),
  );
  const { imported, pair } = roundTrip(nodes, { haproxyConfig: "./lb1.cfg" });
  expect(pair.haproxy).toMatchObject({ config: "./lb1.cfg", healthPort: 8406 });
  expect(messages(imported, "cannot-express")).toContain("haproxy.cfg of lb2 is not lb1's");
});

/** What a rendered file says of a pair; names of addresses, SSH, promises in milliseconds and the secret's place are not in it. */
function renderedSide(pair: Pair): unknown {
  return {
    name: pair.name,
    profile: pair.profile,
    nodes: pair.nodes.map((node) => [node.name, node.interface]),
    routers: pair.routers.map(({ password, vips: own, excludedVips, ...router }) => ({
      ...router,
      hasPassword: password !== undefined,
      vips: own.map(({ name: _name, ...vip }) => vip),
      excludedVips: excludedVips.map(({ name: _name, ...vip }) => vip),
    })),
    check: { ...pair.check },
    failback: pair.promises.failback,
  };
}

describe("what hapair rendered comes back as it was", () => {
  const forms: Readonly<Record<string, string>> = {
    ...pairFiles,
    preempting: `${pairFiles["classic"] ?? ""}promises: { failback: allowed }\ncheck: { interval: 1, fall: 3, rise: 2 }\n`,
    "version-3": (pairFiles["classic"] ?? "").replace("id: 50", "id: 50, version: 3, advert_int: 0.5"),
  };
  test.each(Object.keys(forms))("%s", (form) => {
    const pair = pairFiles[form] === undefined ? loadPair(form, forms[form] ?? "").pair : pairNamed(form);
    if (pair === undefined) throw new Error(`${form} is no pair`);
    const nodes = [...renderPair(pair, inputsFor(pair))].map(([name, files]) =>
      nodeOf(name, files.find(({ path }) => path === nodePaths.keepalivedConf)?.content ?? ""),
    );
    const {
      imported,
      pair: again,
      named,
      unnamed,
    } = roundTrip(nodes, { name: pair.name, haproxyConfig: "./haproxy.cfg" }, "pa#s w!d");
    expect(renderedSide(again)).toEqual(renderedSide(pair));
    expect(imported.notes.filter(({ kind }) => kind !== "secret")).toEqual([]);
    expect([...named, ...unnamed]).toEqual([]);
  });
});

const corpus = new URL("../../shared/corpus/pairs/", import.meta.url).pathname;
const singles = new URL("../../shared/corpus/singles/", import.meta.url).pathname;
// A few files have a thousand instances and more: slow, and to no purpose here.
const SINGLE_BYTES_MAX = 30_000;
const INSTANCES_MAX = 60;

describe.skipIf(!existsSync(corpus))("public pairs", () => {
  it("every one is imported; what is no complete pair is announced; every difference is named", () => {
    const names = existsSync(corpus) ? readdirSync(corpus).toSorted() : [];
    const counts = { complete: 0, completeWithAddresses: 0, differences: 0, unnamed: [] as string[] };
    for (const name of names) {
      const nodes = readdirSync(join(corpus, name))
        .filter((file) => file.endsWith(".conf"))
        .toSorted()
        .map((file) => nodeOf(file.replace(/\.conf$/, ""), readFileSync(join(corpus, name, file), "utf8")));
      const imported = importPair(nodes);
      const { pair } = loadPair("pair.yaml", imported.text);
      if (pair !== undefined) counts.complete += 1;
      const isAnnounced = imported.notes.some(({ kind }) => kind === "missing");
      expect(pair === undefined ? isAnnounced : true, `${name}: what is missing is announced`).toBe(true);
      for (const { configuration } of nodes)
        for (const { authentication } of configuration.instances) {
          const password = authentication?.password?.reveal() ?? "";
          // Passwords such as 1111 or a pair's own name stand in other words by chance.
          if (password.length >= 6 && /\d/.test(password) && /[a-z]/i.test(password))
            expect(
              `${imported.text}${JSON.stringify(imported.notes)}`.includes(password),
              `${name}: no password`,
            ).toBe(false);
        }
      const addresses = new Map(
        nodes.map((node, index) => [node.name, [`192.0.2.${11 + index}`, `2001:db8::${11 + index}`]]),
      );
      if (loadPair("pair.yaml", importPair(nodes, { addresses }).text).pair === undefined) continue;
      counts.completeWithAddresses += 1;
      const { named, unnamed } = roundTrip(nodes, { addresses });
      counts.differences += named.length;
      counts.unnamed.push(
        ...unnamed.filter((path) => !path.includes("/ auth_pass")).map((path) => `${name}: ${path}`),
      );
    }
    process.stdout.write(
      `import: ${names.length} public pairs; ${counts.complete} complete as they are, ${counts.completeWithAddresses} with the nodes' addresses named; ${counts.differences} differences, ${counts.unnamed.length} of them not named\n`,
    );
    expect(counts.unnamed).toEqual([]);
    expect(counts.completeWithAddresses).toBeGreaterThan(40);
  }, 60_000);
});

describe.skipIf(!existsSync(singles))("public files of all kinds", () => {
  it("two nodes with the same file: nothing throws, and what is no complete pair is announced", () => {
    let files = 0;
    for (const file of existsSync(singles) ? readdirSync(singles).toSorted() : []) {
      const text = readFileSync(join(singles, file), "utf8");
      if (text.length > SINGLE_BYTES_MAX || text.includes("~SEQ")) continue;
      const { configuration } = nodeOf(file, text);
      if (configuration.instances.length > INSTANCES_MAX) continue;
      files += 1;
      const imported = importPair(["x", "y"].map((name) => ({ name, configuration })));
      const isComplete = loadPair("pair.yaml", imported.text).pair !== undefined;
      expect(isComplete || imported.notes.some(({ kind }) => kind === "missing"), file).toBe(true);
    }
    expect(files).toBeGreaterThan(400);
  }, 60_000);
});
