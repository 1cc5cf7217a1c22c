// A table of pair files with mistakes: which findings, and where. How each reads stands in test/golden/model, for a person to judge.

import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { positionAt, renderDiagnostic } from "../diagnostics/index.ts";
import { loadPair } from "./index.ts";

const GOOD = `pair: ext-lb
nodes:
  lb1: { address: 10.0.0.11, interface: eth0 }
  lb2: { address: 10.0.0.12, interface: eth0 }
vips: { web: 10.0.0.50/32 }
vrrp: { id: 50, password: { env: VRRP_PASSWORD } }
haproxy: { config: ./haproxy.cfg }
`;

const LONG = `pair: both
nodes:
  lb1: { address: [192.0.2.11, 2001:db8::11], interface: eth0 }
  lb2: { address: [192.0.2.12, 2001:db8::12], interface: eth0 }
vrrp: { password: { env: VRRP_PASSWORD } }
routers:
  web: { id: 50, prefer: [lb1, lb2], vips: { web4: 192.0.2.50/32 } }
  api: { id: 51, prefer: [lb2, lb1], vips: { api4: 192.0.2.51/32 } }
haproxy: { config: ./haproxy.cfg }
`;

interface BadFile {
  readonly name: string;
  readonly text: string;
  /** `line:column code`, in the order of the file. */
  readonly found: readonly string[];
}

function changed(name: string, from: string, to: string, ...found: string[]): BadFile {
  return replaced(GOOD, name, from, to, found);
}

function changedLong(name: string, from: string, to: string, ...found: string[]): BadFile {
  return replaced(LONG, name, from, to, found);
}

function replaced(base: string, name: string, from: string, to: string, found: readonly string[]): BadFile {
  if (!base.includes(from)) throw new Error(`the good file has no ${from}`);
  return { name, text: base.replace(from, to), found };
}

function whole(name: string, text: string, ...found: string[]): BadFile {
  return { name, text, found };
}

function added(name: string, text: string, ...found: string[]): BadFile {
  return { name, text: `${GOOD}${text}\n`, found };
}

function nodeLine(_: unknown, index: number): string {
  return `  n${index}x: { address: 10.0.${index >> 8}.${index & 255}, interface: eth0 }`;
}

function manyNodes(count: number): string {
  const lines = Array.from({ length: count }, nodeLine).join("\n");
  return GOOD.replace(/ {2}lb1.*\n {2}lb2.*\n/, `${lines}\n`).replace("10.0.0.50", "10.0.9.9");
}

const groups: Readonly<Record<string, readonly BadFile[]>> = {
  "text-and-yaml": [
    whole("empty", "", "1:1 HP003"),
    whole("comments only", "# nothing yet\n", "1:1 HP003"),
    whole("a document mark only", "---\n", "1:1 HP003"),
    whole("a NUL byte", "pair: ext\0lb\n", "1:10 HP001"),
    whole("bytes that were not UTF-8", "pair: b\uFFFDro\n", "1:8 HP001"),
    whole("a list", "- pair: ext-lb\n", "1:1 HP012"),
    whole("a text", "ext-lb\n", "1:1 HP012"),
    changed("a tab as indentation", "  lb1:", "\tlb1:", "3:1 HP004", "4:3 HP004"),
    changed("a brace never closed", "vips: { web: 10.0.0.50/32 }", "vips: { web: 10.0.0.50/32", "5:7 HP004"),
    changed("a quote never closed", "pair: ext-lb", 'pair: "ext-lb', "1:7 HP004"),
    changed("no blank after the colon", "pair: ext-lb", "pair:ext-lb", "1:1 HP004"),
    changed("indentation that does not fit", "  lb2:", "   lb2:", "4:4 HP004"),
    changed("a tag", "{ env: VRRP_PASSWORD }", "!env VRRP_PASSWORD", "6:27 HP004"),
    changed("an alias without an anchor", "10.0.0.11", "*address", "3:19 HP004"),
    changed("a brace too many", "50/32 }", "50/32 } }", "5:29 HP004"),
    changed("a bracket for a brace", "50/32 }", "50/32 ]", "5:7 HP004"),
    changed("no comma", "10.0.0.11,", "10.0.0.11", "3:19 HP004"),
    whole("a Markdown fence", "```yaml\npair: ext-lb\n```\n", "1:1 HP004", "3:1 HP004"),
    whole("an escape sequence for the terminal", "pair: \u001B[2Jext-lb\n", "1:7 HP001"),
    added("a second document", "---\npair: other", "8:1 HP004"),
    added("the same key twice", "pair: other", "8:1 HP005"),
    changed("the same node twice", "  lb2:", "  lb1:", "4:3 HP005"),
    changed("an alias to itself", "{ env: VRRP_PASSWORD }", "&a [*a]", "6:31 HP006"),
  ],
  keys: [
    changed("a misspelt key", "vips:", "vip:", "5:1 HP010"),
    changed("a misspelt key of a node", "interface: eth0 }", "inteface: eth0 }", "3:30 HP010"),
    changed("keepalived's word", "id: 50", "virtual_router_id: 50", "6:9 HP010"),
    changed("nopreempt", "id: 50,", "id: 50, nopreempt: true,", "6:17 HP010"),
    added("a key that belongs elsewhere", "advert_int: 1", "8:1 HP010"),
    added("a key nobody knows", "zebra: 1", "8:1 HP010"),
    added("YAML's merge key", "<<: { check: 1 }", "8:1 HP010"),
    changed("no name", "pair: ext-lb\n", "", "1:1 HP011"),
    changed("no HAProxy", "haproxy: { config: ./haproxy.cfg }\n", "", "1:1 HP011"),
    changed("no vrrp", "vrrp: { id: 50, password: { env: VRRP_PASSWORD } }\n", "", "1:1 HP011", "1:1 HP052"),
    changed("no vips", "vips: { web: 10.0.0.50/32 }\n", "", "1:1 HP011"),
    changed("vips without a value", "vips: { web: 10.0.0.50/32 }", "vips:", "5:1 HP012"),
    changed("vips without an address", "{ web: 10.0.0.50/32 }", "{}", "5:1 HP046"),
    changed("a number for a name", "pair: ext-lb", "pair: 50", "1:7 HP012"),
    changed("a name with a blank", "pair: ext-lb", "pair: ext lb", "1:7 HP014"),
    changed("a node's name of digits", "  lb1:", "  1:", "3:3 HP014"),
    changed("a node's name of shell words", "  lb1:", '  "lb1; reboot":', "3:3 HP014"),
    changed("a name of JavaScript's", "{ web: 10", "{ __proto__: 10", "5:9 HP014"),
    added("an unknown profile", "profile: fats", "8:10 HP013"),
    added("a list for a map", "check: [1, 2]", "8:8 HP012"),
    added("a word for a truth", "network: { keep_configuration: yes }", "8:32 HP012"),
    changed(
      "short and long form",
      "vrrp: { id: 50, password: { env: VRRP_PASSWORD } }",
      "routers: {}",
      "5:1 HP045",
      "6:1 HP046",
    ),
    changedLong("a common id", "{ password:", "{ id: 5, password:", "5:9 HP045"),
  ],
  addresses: [
    changed("a number over 255", "10.0.0.11", "10.0.0.256", "3:19 HP020"),
    changed("three numbers", "10.0.0.11", "10.0.11", "3:19 HP020"),
    changed("two numbers, which YAML reads as one", "10.0.0.11", "10.0", "3:19 HP012"),
    changed("a host name", "10.0.0.11", "lb1.example", "3:19 HP020"),
    changed("a prefix on a node's address", "10.0.0.11", "10.0.0.11/24", "3:19 HP020"),
    changed("an octal-looking address", "10.0.0.11", "010.0.0.11", "3:19 HP021"),
    changed("an octal-looking virtual address", "10.0.0.50/32", "10.0.0.050/32", "5:14 HP021"),
    changed("a zone", "10.0.0.11", "fe80::1%eth0", "3:19 HP020"),
    changed("a link-local node", "10.0.0.11", '"fe80::1"', "3:19 HP027"),
    changed("an IPv6 address with a typing error", "10.0.0.50/32", "2001:db8:::50", "5:14 HP020"),
    changed("an IPv4 address in IPv6", "10.0.0.50/32", '"::ffff:10.0.0.50"', "5:14 HP020"),
    changed("a prefix length over 32", "10.0.0.50/32", "10.0.0.50/33", "5:14 HP022"),
    changed("a netmask", "10.0.0.50/32", "10.0.0.50/255.255.255.255", "5:14 HP022"),
    changed("a node's own address", "10.0.0.50/32", "10.0.0.12/32", "5:14 HP023"),
    changed(
      "the same virtual address twice",
      "web: 10.0.0.50/32",
      "web: 10.0.0.50, api: 10.0.0.50/24",
      "5:30 HP024",
    ),
    changed("the same node address twice", "10.0.0.12", "10.0.0.11", "4:19 HP025"),
    changed("outside the nodes' network", "10.0.0.50/32", "10.1.0.50/32", "5:14 HP026"),
    changed("outside by its own length", "10.0.0.50/32", "10.0.9.50/24", "5:14 HP026"),
    changed("loopback", "10.0.0.50/32", "127.0.0.50/32", "5:14 HP027"),
    changed("multicast", "10.0.0.50/32", "224.0.0.18/32", "5:14 HP027"),
    changed("the network's address", "10.0.0.50/32", "10.0.0.0/24", "5:14 HP027"),
    changed("the broadcast address", "10.0.0.50/32", "10.0.0.255/24", "5:14 HP027"),
    changed("unspecified", "10.0.0.50/32", '"::"', "5:14 HP027"),
    changed("two addresses of one family", "10.0.0.11", "[10.0.0.11, 10.0.0.21]", "3:31 HP028"),
    changed("IPv6 for IPv4 nodes", "10.0.0.50/32", '"2001:db8::50"', "3:19 HP028", "4:19 HP028"),
    changed("one node without IPv4", "10.0.0.12", '"2001:db8::12"', "4:19 HP028"),
    changedLong("a virtual address of another router", "192.0.2.51", "192.0.2.50", "8:52 HP024"),
  ],
  "nodes-and-interfaces": [
    changed("one node", "  lb2: { address: 10.0.0.12, interface: eth0 }\n", "", "2:1 HP030"),
    changed("no nodes", /nodes:[^v]*/.exec(GOOD)?.[0] ?? "", "nodes: {}\n", "2:1 HP030"),
    whole("255 nodes", manyNodes(255), "2:1 HP031"),
    changed(
      "256 virtual addresses",
      "web: 10.0.0.50/32",
      Array.from({ length: 256 }, (_, index) => `v${index}: 10.0.1.${index}`).join(", "),
      "5:1 HP031",
    ),
    changed("a long interface name", "eth0 }", "enp0s31f6.vlan1234 }", "3:41 HP032"),
    changed("an interface as ip link shows it", "eth0 }", '"eth0.5@eth0" }', "3:41 HP032"),
    changed("loopback as the interface", "eth0 }", "lo }", "3:41 HP032"),
    changed("an interface with a slash", "eth0 }", "net/eth0 }", "3:41 HP032"),
    changed("an ssh target with a bad port", "eth0 }", "eth0, ssh: admin@mgmt:70000 }", "3:52 HP016"),
    changed("an IPv6 ssh target without brackets", "eth0 }", 'eth0, ssh: "2001:db8::5:x" }', "3:52 HP016"),
    changed("an ssh target that is an option", "eth0 }", "eth0, ssh: -oProxyCommand=reboot }", "3:52 HP016"),
    changed("an ssh user that is an option", "eth0 }", "eth0, ssh: { user: -l, host: mgmt } }", "3:60 HP016"),
    changed("an ssh map without a host", "eth0 }", "eth0, ssh: { user: admin } }", "3:47 HP011"),
  ],
  vrrp: [
    changed("id 0", "id: 50", "id: 0", "6:13 HP015"),
    changed("id 256", "id: 50", "id: 256", "6:13 HP015"),
    changed("id with a fraction", "id: 50", "id: 5.5", "6:13 HP015"),
    changed("id with a leading zero", "id: 50", "id: 050", "6:13 HP012"),
    changed("an id as text", "id: 50", "id: fifty", "6:13 HP012"),
    changed("a version there is not", "id: 50,", "id: 50, version: 4,", "6:26 HP013"),
    changed("advert_int beyond keepalived", "id: 50,", "id: 50, advert_int: 300,", "6:29 HP015"),
    changed("advert_int beyond the page", "id: 50,", "id: 50, advert_int: 4,", "6:29 HP205", "6:29 HP070"),
    changed(
      "advert_int below the page, in classic",
      "id: 50,",
      "id: 50, version: 3, advert_int: 0.1,",
      "6:41 HP205",
      "6:46 HP053",
    ),
    changed("a fraction in version 2", "id: 50,", "id: 50, advert_int: 0.5,", "6:29 HP042"),
    changed(
      "thousandths in version 3",
      "id: 50,",
      "id: 50, version: 3, advert_int: 1.234,",
      "6:41 HP042",
      "6:48 HP053",
    ),
    changed(
      "over 40.95 s in version 3",
      "id: 50,",
      "id: 50, version: 3, advert_int: 41,",
      "6:41 HP015",
      "6:45 HP053",
    ),
    changedLong(
      "version 2 for IPv6 alone",
      "{ web4: 192.0.2.50/32 }",
      "{ web6: 2001:db8::50 }, version: 2",
      "5:9 HP053",
      "7:77 HP041",
    ),
    changedLong("one VRID for two routers", "id: 51", "id: 50", "8:14 HP040"),
    changedLong("preferring an unknown node", "[lb2, lb1]", "[lb3, lb1]", "8:27 HP043"),
    changedLong("preferring one node only", "[lb2, lb1]", "[lb2]", "8:18 HP044"),
    changedLong("preferring a node twice", "[lb2, lb1]", "[lb2, lb1, lb2]", "8:18 HP044"),
    changedLong("a router without an id", "id: 51, ", "", "8:3 HP011"),
    changedLong("a router without an address", "{ api4: 192.0.2.51/32 }", "{}", "8:38 HP046"),
  ],
  secrets: [
    changed("a password in the file", "{ env: VRRP_PASSWORD }", "s3cret99", "6:27 HP050"),
    changed("a password of digits in the file", "{ env: VRRP_PASSWORD }", "12345678", "6:27 HP050"),
    changed(
      "a variable as the shell writes it",
      "{ env: VRRP_PASSWORD }",
      '"${VRRP_PASSWORD}"',
      "6:27 HP050",
    ),
    changed("a password where a variable's name belongs", "VRRP_PASSWORD", '"s3cret-99"', "6:34 HP051"),
    changed("a password under a key nobody knows", "env: VRRP_PASSWORD", "value: s3cret99", "6:29 HP010"),
    changed(
      "a password under a misspelt key",
      "password: { env: VRRP_PASSWORD }",
      "pasword: s3cret99",
      "6:17 HP010",
    ),
    changed(
      "a password, and another mistake on its line",
      "id: 50, password: { env: VRRP_PASSWORD }",
      "id: 0, password: s3cret99",
      "6:13 HP015",
      "6:26 HP050",
    ),
    changed("a password in broken YAML", "{ env: VRRP_PASSWORD } }", 's3cret99" ', "6:7 HP004"),
    changed(
      "two references",
      "{ env: VRRP_PASSWORD }",
      "{ env: VRRP_PASSWORD, file: ./secret }",
      "6:17 HP051",
    ),
    changed("no reference", "{ env: VRRP_PASSWORD }", "{}", "6:17 HP051"),
    changed("no password", ", password: { env: VRRP_PASSWORD }", "", "6:1 HP052"),
    added("a password in the fast profile", "profile: fast", "6:17 HP053"),
  ],
  haproxy: [
    changed("no configuration", "{ config: ./haproxy.cfg }", "{}", "7:1 HP011"),
    changed("an empty path", "./haproxy.cfg", '""', "7:20 HP012"),
    changed(
      "a relative path on the node",
      "haproxy.cfg }",
      "haproxy.cfg, files: [{ from: a.map, to: ./a.map }] }",
      "7:62 HP060",
    ),
    changed(
      "a path that climbs",
      "haproxy.cfg }",
      "haproxy.cfg, files: [{ from: a.map, to: /etc/haproxy/../a.map }] }",
      "7:62 HP060",
    ),
    changed(
      "a path of hapair's own",
      "haproxy.cfg }",
      "haproxy.cfg, files: [{ from: a.cfg, to: /etc/haproxy/hapair.cfg }] }",
      "7:62 HP060",
    ),
    changed(
      "two files at one path",
      "haproxy.cfg }",
      "haproxy.cfg, files: [{ from: a, to: /etc/a }, { from: b, to: /etc/a }] }",
      "7:83 HP060",
    ),
    changed(
      "a mode that is not octal",
      "haproxy.cfg }",
      "haproxy.cfg, files: [{ from: a, to: /etc/a, mode: 0888 }] }",
      "7:72 HP061",
    ),
    changed(
      "a mode in words",
      "haproxy.cfg }",
      "haproxy.cfg, files: [{ from: a, to: /etc/a, mode: u=rw }] }",
      "7:72 HP061",
    ),
    changed(
      "a readable secret",
      "haproxy.cfg }",
      "haproxy.cfg, files: [{ from: a.pem, to: /etc/a.pem, mode: 0644 }] }",
      "7:80 HP063",
    ),
    changed("health for the network", "haproxy.cfg }", "haproxy.cfg, health: 10.0.0.11:8405 }", "7:43 HP062"),
    changed("health without a port", "haproxy.cfg }", "haproxy.cfg, health: 127.0.0.1 }", "7:43 HP020"),
  ],
  "checks-and-promises": [
    added("interval 0", "check: { interval: 0 }", "8:20 HP015"),
    added("interval with a fraction", "check: { interval: 0.5 }", "8:20 HP015"),
    added("interval beyond the page", "check: { interval: 6, fall: 1 }", "8:20 HP205"),
    added("fall beyond the page", "check: { fall: 11 }", "8:16 HP205", "8:16 HP070"),
    added("rise beyond the page", "check: { rise: 11 }", "8:16 HP205"),
    added("a time limit beyond the interval", "check: { time_limit: 2 }", "8:22 HP071"),
    added("a negative promise", "promises: { node_loss_ms: -1 }", "8:27 HP015"),
    added("a promise nobody can keep", "promises: { node_loss_ms: 1000 }", "8:27 HP070"),
    added("a word for failback", "promises: { failback: maybe }", "8:23 HP013"),
  ],
  "several-at-once": [
    whole(
      "a file full of mistakes",
      `pair: ext lb
profile: quick
nodes:
  lb1: { adress: 010.0.0.11, interface: eth0 }
  lb1: { address: 10.0.0.12, interface: a-very-long-name }
vips: { web: 10.0.0.50/33, api: 224.0.0.1 }
vrrp: { id: 300, password: s3cret99, advert_int: 0 }
check: { interval: 9, fall: two }
haproxy: { config: "", files: [{ from: a, to: b, mode: 9 }] }
`,
      "1:7 HP014",
      "2:10 HP013",
      "4:10 HP010",
      "5:3 HP005",
      "6:14 HP022",
      "6:33 HP027",
      "7:13 HP015",
      "7:28 HP050",
      "7:50 HP015",
      "8:20 HP205",
      "8:29 HP012",
      "9:20 HP012",
      "9:47 HP060",
      "9:56 HP061",
    ),
  ],
};

for (const [group, cases] of Object.entries(groups)) {
  describe(group, () => {
    for (const { name, text, found } of cases) {
      it(name, () => {
        const { diagnostics, source, pair } = loadPair("pair.yaml", text);
        const places = diagnostics.map(({ code, span }) => {
          const position = span && positionAt(source, span.start);
          return position === undefined ? code : `${position.line}:${position.column} ${code}`;
        });
        expect(places).toEqual(found);
        expect(pair === undefined).toBe(diagnostics.some(({ severity }) => severity === "error"));
      });
    }

    it("reads well", async () => {
      const golden = cases.map(({ name, text }) => `## ${name}\n\n${rendered(text)}\n`).join("\n");
      await expect(golden).toMatchFileSnapshot(
        resolve(import.meta.dirname, `../../test/golden/model/${group}.txt`),
      );
    });

    it("shows no secret", () => {
      expect(cases.map(({ text }) => rendered(text)).filter((text) => /s3cret|12345678/.test(text))).toEqual(
        [],
      );
    });
  });
}

function rendered(text: string): string {
  const { diagnostics, source } = loadPair("pair.yaml", text);
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, source)).join("\n\n");
}
