// Tests of the way from a pair to the lab that stands in for it.
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadPair } from "../model/index.ts";
import { addressPlan, canonicalAddress } from "./address-plan.ts";
import { checkSpec, labNameOf } from "./lab-spec.ts";
import { type KnownServer, planSpec } from "./plan-spec.ts";
import { specFromFiles } from "./spec-from-files.ts";
import { specFromPair } from "./spec-from-pair.ts";

const options = { name: "lab-1", suite: "bookworm" } as const;
const server = (name: string, address: string, port?: number): KnownServer => ({
  backend: "web",
  name,
  address,
  ...(port === undefined ? {} : { port }),
});

function exampleText(path: string): string {
  return readFileSync(new URL(`../../examples/${path}`, import.meta.url), "utf8");
}

function examplePair(path: string) {
  const { pair } = loadPair("pair.yaml", exampleText(path));
  if (pair === undefined) throw new Error(`${path} is not a pair`);
  return pair;
}

describe("a pair file", () => {
  test("the document's pair becomes its two hosts, its back ends and a client beside them", () => {
    const spec = specFromPair(examplePair("ext-lb/pair.yaml"), exampleText("ext-lb/haproxy.cfg"), {
      ...options,
      sudoNodes: ["extlb-02"],
    });
    expect(spec).toEqual({
      name: "lab-1",
      suite: "bookworm",
      nodes: [
        {
          name: "extlb-01",
          interface: "ens192",
          addresses: [{ address: "10.150.160.30", prefixLength: 24 }],
          moreInterfaces: [],
          login: "root",
          firewalld: false,
        },
        {
          name: "extlb-02",
          interface: "ens192",
          addresses: [{ address: "10.150.160.31", prefixLength: 24 }],
          moreInterfaces: [],
          login: "sudo",
          firewalld: false,
        },
      ],
      backends: [
        { name: "web-01", address: "10.150.160.41", prefixLength: 24, port: 80 },
        { name: "web-02", address: "10.150.160.42", prefixLength: 24, port: 80 },
      ],
      client: { addresses: [{ address: "10.150.160.100", prefixLength: 24 }] },
      hostNames: [],
      notes: [],
    });
    checkSpec(spec);
  });

  test("two families and a second interface", () => {
    const spec = specFromPair(
      examplePair("active-active/pair.yaml"),
      exampleText("active-active/haproxy.cfg"),
      options,
    );
    checkSpec(spec);
    expect(spec.client.addresses.map(({ prefixLength }) => prefixLength)).toEqual([24, 64]);
    expect(spec.nodes.map((node) => node.moreInterfaces?.map(({ name }) => name))).toEqual([
      ["bond1"],
      ["bond1"],
    ]);
  });
});

describe("HAProxy's servers", () => {
  const pair = {
    nodes: [{ name: "lb1", interface: "eth0", addresses: ["192.0.2.11"], moreInterfaces: [] }],
    virtualAddresses: ["192.0.2.50"],
    notes: [],
  };

  test("what no back end can stand in for is noted, not left out in silence", () => {
    const servers = [
      server("local", "127.0.0.1", 8080),
      server("self", "192.0.2.11", 8080),
      server("socket", "/run/app.sock"),
      server("same-port", "192.0.2.60"),
      server("good", "192.0.2.61", 8080),
    ];
    const spec = planSpec({ ...pair, servers }, options);
    expect(spec.backends.map(({ name }) => name)).toEqual(["good"]);
    expect(spec.notes).toEqual([
      "server web/local is at 127.0.0.1, on the node itself: no back end stands in for it, so HAProxy finds it down",
      "server web/self is at 192.0.2.11, one of the pair's own addresses: no back end stands in for it, so HAProxy finds it down",
      "server web/socket is at /run/app.sock, which is not on the network: no back end stands in for it, so HAProxy finds it down",
      "server web/same-port has no port of its own: no back end stands in for it, so HAProxy finds it down",
    ]);
  });

  test("a server known by name gets an address, the same one wherever it is named", () => {
    const servers = [
      server("a", "app.example", 80),
      server("b", "app.example", 81),
      server("c", "other.example", 80),
    ];
    const spec = planSpec({ ...pair, servers }, options);
    expect(spec.hostNames).toEqual([
      { name: "app.example", address: "192.0.2.100" },
      { name: "other.example", address: "192.0.2.101" },
    ]);
    expect(spec.backends.map(({ address, port }) => `${address}:${port}`)).toEqual([
      "192.0.2.100:80",
      "192.0.2.100:81",
      "192.0.2.101:80",
    ]);
    checkSpec(spec);
  });

  test("one machine that two proxies name is one back end; one name for two machines is told apart", () => {
    const servers: KnownServer[] = [
      { backend: "web", name: "s1", address: "192.0.2.61", port: 80 },
      { backend: "api", name: "s1", address: "192.0.2.61", port: 80 },
      { backend: "api", name: "s1", address: "192.0.2.62", port: 80 },
      { backend: "api", name: "s1", address: "192.0.2.63", port: 80 },
    ];
    expect(planSpec({ ...pair, servers }, options).backends.map(({ name }) => name)).toEqual([
      "s1",
      "api-s1",
      "api-s1-2",
    ]);
  });

  test("whatever the servers are, the lab can be built", () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.domain(),
      fc.constantFrom("/run/x", "192.0.2.50", "localhost", "abns@x", ""),
    );
    const known = {
      backend: fc.string(),
      name: fc.string({ maxLength: 20 }),
      address,
      port: fc.integer({ min: 1, max: 65_535 }),
    };
    const servers = fc.array(fc.record(known, { requiredKeys: ["backend", "name", "address"] }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(servers, (some) => {
        const spec = planSpec({ ...pair, servers: some }, options);
        checkSpec(spec);
        expect(spec.backends.length + spec.notes.length).toBeLessThanOrEqual(some.length);
      }),
    );
  });
});

const asWritten = (name: string): [string, string] => [name, exampleText(`ext-lb/as-written/${name}.conf`)];

const written = (name: string, ...lines: readonly string[]): [string, string] => [
  name,
  [
    "vrrp_instance V {",
    "virtual_router_id 5",
    ...lines,
    "virtual_ipaddress {",
    "198.51.100.9/24 dev eth1",
    "}",
    "}",
  ].join("\n"),
];

describe("files that exist", () => {
  test("the document's files become its lab", () => {
    const spec = specFromFiles(new Map([asWritten("extlb-01"), asWritten("extlb-02")]), "", options);
    checkSpec(spec);
    expect(spec.nodes).toEqual([
      {
        name: "extlb-01",
        interface: "ens192",
        addresses: [{ address: "10.150.160.30", prefixLength: 24 }],
        moreInterfaces: [],
        login: "root",
        firewalld: false,
      },
      {
        name: "extlb-02",
        interface: "ens192",
        addresses: [{ address: "10.150.160.31", prefixLength: 24 }],
        moreInterfaces: [],
        login: "root",
        firewalld: false,
      },
    ]);
    expect(spec.notes).toEqual([]);
  });

  test("a node that does not say its address gets the one its peer waits for", () => {
    const files = [
      written("a", "interface eth0", "unicast_src_ip 198.51.100.1", "unicast_peer {", "198.51.100.2", "}"),
      written("b", "interface eth0", "unicast_peer {", "198.51.100.1", "}"),
    ];
    const spec = specFromFiles(new Map(files), "", options);
    expect(spec.nodes[1]?.addresses).toEqual([{ address: "198.51.100.2", prefixLength: 24 }]);
    expect(spec.nodes[1]?.moreInterfaces).toEqual([{ name: "eth1", addresses: [] }]);
    expect(spec.notes).toEqual([]);
  });

  test("multicast nodes get addresses beside the virtual one, and that is noted", () => {
    const spec = specFromFiles(
      new Map([
        written("a", "interface eth0", "track_interface {", "eth7", "}"),
        written("b", "interface eth0"),
      ]),
      "",
      options,
    );
    checkSpec(spec);
    expect(spec.nodes.map(({ addresses }) => addresses[0]?.address)).toEqual([
      "198.51.100.100",
      "198.51.100.101",
    ]);
    expect(spec.nodes[0]?.moreInterfaces?.map(({ name }) => name)).toEqual(["eth1", "eth7"]);
    expect(spec.notes).toHaveLength(2);
  });

  test("a file without a virtual router is refused by name", () => {
    expect(() => specFromFiles(new Map([["lb1", "global_defs {\n}\n"]]), "", options)).toThrow(
      /keepalived\.conf of lb1 has no vrrp_instance/,
    );
  });
});

describe("addresses and names", () => {
  test("no address is given twice, and none that is taken", () => {
    const taken = ["192.0.2.100", "192.0.2.102", "2001:db8::64"];
    const plan = addressPlan(taken);
    const given = [plan.free(4), plan.free(4), plan.free(4), plan.free(6)].map(({ address }) => address);
    expect(given).toEqual(["192.0.2.101", "192.0.2.103", "192.0.2.104", "2001:db8::65"]);
    for (const address of given) expect(canonicalAddress(address)).toBe(address);
  });

  test("a network without room is said", () => {
    const plan = addressPlan(["192.0.2.1"]);
    expect(() => {
      for (let count = 0; count < 300; count += 1) plan.free(4);
    }).toThrow(/no free address left beside 192\.0\.2\.1/);
  });

  test("any pair's name makes a lab's name", () => {
    expect(labNameOf("ext-lb", "a1b2c3")).toBe("ext-lb-a1b2c3");
    const spec = planSpec(
      {
        nodes: [{ name: "a", interface: "e", addresses: ["192.0.2.1"], moreInterfaces: [] }],
        virtualAddresses: [],
        servers: [],
        notes: [],
      },
      options,
    );
    fc.assert(fc.property(fc.string(), (base) => checkSpec({ ...spec, name: labNameOf(base, "a1b2c3") })));
  });

  test.each([
    ["name", { name: "../x" }, /"\.\.\/x" cannot be the name of a lab/],
    ["suite", { suite: "sid" as "trixie" }, /no image of sid/],
    ["nodes", { nodes: [] }, /has no host/],
    [
      "client",
      { client: { addresses: [{ address: "192.0.2.1", prefixLength: 24 }] } },
      /Two machines .* 192\.0\.2\.1/,
    ],
    [
      "prefix",
      { client: { addresses: [{ address: "192.0.2.9", prefixLength: 33 }] } },
      /192\.0\.2\.9\/33 is not an address/,
    ],
  ] as const)("a lab with an impossible %s is refused", (_what, change, message) => {
    const spec = planSpec(
      {
        nodes: [{ name: "a", interface: "e", addresses: ["192.0.2.1"], moreInterfaces: [] }],
        virtualAddresses: [],
        servers: [],
        notes: [],
      },
      options,
    );
    checkSpec(spec);
    expect(() => checkSpec({ ...spec, ...change })).toThrow(message);
  });

  test("an interface that a shell could misread is refused", () => {
    const spec = planSpec(
      {
        nodes: [{ name: "a", interface: "e;$(x)", addresses: ["192.0.2.1"], moreInterfaces: [] }],
        virtualAddresses: [],
        servers: [],
        notes: [],
      },
      options,
    );
    expect(() => checkSpec(spec)).toThrow(/cannot be an interface/);
  });
});
