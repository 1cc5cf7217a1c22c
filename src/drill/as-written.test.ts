// The page's own two files, and others that nobody prepared for hapair: what the drill learns of them, and that it learns it without touching them.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { memoryHost } from "../host/index.ts";
import { deployAsWritten, pairFromFiles, scriptPaths, type WrittenNode } from "./as-written.ts";

const read = (name: string) =>
  readFileSync(new URL(`../../examples/ext-lb/as-written/${name}`, import.meta.url), "utf8");

const page: WrittenNode[] = ["extlb-01", "extlb-02"].map((name) => ({
  name,
  file: `${name}.conf`,
  text: read(`${name}.conf`),
}));

describe("the page's files", () => {
  const pair = pairFromFiles("as-written", page, new Map());

  test("give its nodes, with the addresses that keepalived sends from", () => {
    expect(pair.nodes).toEqual([
      {
        name: "extlb-01",
        addresses: [{ family: 4, text: "10.150.160.30" }],
        interface: "ens192",
        ssh: { host: "10.150.160.30" },
      },
      {
        name: "extlb-02",
        addresses: [{ family: 4, text: "10.150.160.31" }],
        interface: "ens192",
        ssh: { host: "10.150.160.31" },
      },
    ]);
  });

  test("give its virtual router", () => {
    const [router] = pair.routers;
    expect(router).toMatchObject({
      name: "LB_VIP",
      id: 50,
      version: 2,
      family: 4,
      prefer: ["extlb-01", "extlb-02"],
      advertIntervalUs: 1_000_000,
      excludedVips: [],
    });
    expect(router?.priorities).toEqual(
      new Map([
        ["extlb-01", 101],
        ["extlb-02", 100],
      ]),
    );
    expect(router?.vips).toMatchObject([{ address: { family: 4, text: "10.150.160.32" }, prefixLength: 32 }]);
    expect(pair.check).toMatchObject({ intervalS: 2, fall: 2, rise: 1 });
  });

  test("give no secret: the password stays in the files", () => {
    expect(
      JSON.stringify(pair, (_, value: unknown) => (value instanceof Map ? [...value] : value)),
    ).not.toContain("12345678");
  });

  test("name the check script that has to lie on the nodes, once", () => {
    expect(scriptPaths(page)).toEqual(["/etc/keepalived/chk_haproxy.sh"]);
  });
});

describe("other files", () => {
  const instance = (body: string) =>
    `vrrp_instance A {\n${body}\nvirtual_router_id 7\nvirtual_ipaddress {\n192.0.2.9/24\n}\n}\n`;
  const two = (first: string, second = first) => [
    { name: "a", file: "a.conf", text: first },
    { name: "b", file: "b.conf", text: second },
  ];

  test("preference follows the priorities, not the order of the files", () => {
    const pair = pairFromFiles(
      "x",
      two(instance("interface eth0\npriority 90"), instance("interface eth0\npriority 150")),
      new Map([
        ["a", ["192.0.2.1"]],
        ["b", ["2001:db8::2"]],
      ]),
    );
    expect(pair.routers[0]?.prefer).toEqual(["b", "a"]);
    expect(pair.nodes.map((node) => node.addresses)).toEqual([
      [{ family: 4, text: "192.0.2.1" }],
      [{ family: 6, text: "2001:db8::2" }],
    ]);
  });

  test.each([
    ["one node", two(instance("interface eth0")).slice(0, 1), /two nodes or more/],
    ["no vrrp_instance", two("global_defs {\n}\n"), /a\.conf has no vrrp_instance/],
    ["no interface", two(instance("priority 90")), /a\.conf: the instance A names no interface/],
  ])("%s is refused with the file's name", (_, nodes, message) => {
    const addresses = new Map([
      ["a", ["192.0.2.1"]],
      ["b", ["192.0.2.2"]],
    ]);
    expect(() => pairFromFiles("x", nodes, addresses)).toThrow(
      expect.objectContaining({ kind: "usage", message: expect.stringMatching(message) }),
    );
  });

  test("an address that nobody knows is said to be missing, not an interface", () => {
    expect(() => pairFromFiles("x", two(instance("interface eth0")), new Map())).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/address/) }),
    );
  });
});

describe("on a host", () => {
  const START = "systemctl --quiet enable haproxy keepalived && systemctl restart haproxy keepalived";

  test("the files are byte for byte those given, with their modes", async () => {
    const host = memoryHost({ name: "extlb-01", commands: [{ script: START, respond: () => ({}) }] });
    const script = read("chk_haproxy.sh");
    await deployAsWritten(host, page[0]?.text ?? "", "frontend x\r\n\tbind *:80", [
      { path: "/etc/keepalived/chk_haproxy.sh", content: script, mode: 0o755 },
    ]);
    const text = async (path: string) => Buffer.from((await host.read(path)) ?? []).toString();
    expect(await text("/etc/keepalived/keepalived.conf")).toBe(page[0]?.text);
    expect(await text("/etc/keepalived/chk_haproxy.sh")).toBe(script);
    expect(await text("/etc/haproxy/haproxy.cfg")).toBe("frontend x\r\n\tbind *:80");
    expect((await host.stat("/etc/keepalived/keepalived.conf"))?.mode).toBe(0o600);
    expect((await host.stat("/etc/keepalived/chk_haproxy.sh"))?.mode).toBe(0o755);
  });

  test("daemons that do not start are said with the host's name and their words", async () => {
    const respond = () => ({ exitCode: 1, stderr: "Job for haproxy.service failed\n" });
    const host = memoryHost({ name: "extlb-01", commands: [{ script: START, respond }] });
    await expect(deployAsWritten(host, "", "", [])).rejects.toMatchObject({
      code: "as-written-start",
      message: expect.stringMatching(/^extlb-01: .*Job for haproxy\.service failed$/),
    });
  });
});
