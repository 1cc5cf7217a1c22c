// Tests of the texts a lab is driven by: shell scripts, batches for ip, ssh's files, the image's recipe.
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { imageBuildScript, imageRecipe } from "./image-recipe.ts";
import type { LabSpec } from "./lab-spec.ts";
import { labLayout } from "./layout.ts";
import { carrierBatch, machineBatch, plugBatch, switchBatch, unplugBatch } from "./network-text.ts";
import { backendScript, powerScript, rememberFunction } from "./script-text.ts";
import { knownHosts, sshConfig } from "./ssh-text.ts";

const spec: LabSpec = {
  name: "ext-lb-1",
  suite: "bookworm",
  nodes: [
    {
      name: "extlb-01",
      interface: "ens192",
      addresses: [
        { address: "10.150.160.30", prefixLength: 24 },
        { address: "2001:db8::30", prefixLength: 64 },
      ],
      moreInterfaces: [{ name: "ens224", addresses: [{ address: "10.9.0.1", prefixLength: 24 }] }],
      login: "root",
      firewalld: false,
    },
    {
      name: "extlb-02",
      interface: "ens192",
      addresses: [{ address: "10.150.160.31", prefixLength: 24 }],
      login: "sudo",
      firewalld: false,
    },
  ],
  backends: [
    { name: "web1", address: "10.150.160.41", prefixLength: 24, port: 80 },
    { name: "web2", address: "10.150.160.41", prefixLength: 24, port: 81 },
  ],
  client: { addresses: [{ address: "10.150.160.100", prefixLength: 24 }] },
  hostNames: [],
  notes: [],
};
const layout = labLayout(spec);
const [machine] = layout.machines;
const [site] = layout.backendSites;
const [backend] = site?.servers ?? [];
if (machine === undefined || site === undefined || backend === undefined)
  throw new Error("the lab has a host and a back end");

const power = powerScript({
  machine,
  families: new Set([4, 6]),
  switchNamespace: layout.switchNamespace,
  image: "/var/cache/hapair/images/bookworm-1",
  controlGroupRoots: ["/sys/fs/cgroup"],
});

/** A file that a person has read. */
function golden(name: string): string {
  return join(import.meta.dirname, "../../test/golden/lab", name);
}

/** Throws when a shell cannot read the script. */
function checkSyntax(script: string): void {
  execFileSync("sh", ["-n"], { input: script });
}

describe("scripts", () => {
  test("the one that powers a host is as reviewed", async () => {
    checkSyntax(power);
    await expect(power).toMatchFileSnapshot(golden("power-on.sh"));
  });

  test("the one that starts a back end is as reviewed", async () => {
    const script = backendScript(site, backend, "/var/cache/hapair/images/bookworm-1");
    checkSyntax(script);
    await expect(script).toMatchFileSnapshot(golden("backend.sh"));
  });

  test("the one that makes an image is as reviewed", async () => {
    const recipe = imageRecipe("trixie");
    const script = imageBuildScript(
      recipe,
      { archive: "http://mirror.example/debian", security: "http://mirror.example/debian-security" },
      "/var/cache/hapair/images/trixie-1",
    );
    checkSyntax(script);
    checkSyntax(recipe.customise);
    await expect(script).toMatchFileSnapshot(golden("make-image.sh"));
  });

  test("a script's note names the process and its start time", () => {
    const folder = mkdtempSync(join(tmpdir(), "hapair-note-"));
    const script = `${rememberFunction}\nremember ${folder}/note $$\ncat ${folder}/note /proc/$$/stat; rm -r ${folder}`;
    const [note = "", stat = ""] = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\n");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    expect(note).toBe(`${stat.split(" ")[0]} ${fields[19]}`);
  });
});

describe("the network", () => {
  test("a host's cards, addresses and routes", () => {
    expect(machineBatch(machine.cables, [4, 6])).toMatchInlineSnapshot(`
      "link set lo up
      link set ens192 up
      link set ens224 up
      addr add 10.150.160.30/24 dev ens192 brd +
      addr add 2001:db8::30/64 dev ens192 nodad
      addr add 10.9.0.1/24 dev ens224 brd +
      route add 0.0.0.0/0 dev ens192
      route add ::/0 dev ens192
      "
    `);
  });

  test("the switch's side of a cable: whole, cut, pulled", () => {
    expect(switchBatch() + plugBatch(machine.cables, "NS", false)).toMatchInlineSnapshot(`
      "link set lo up
      link add bridge type bridge stp_state 0 forward_delay 0
      link set bridge up
      link add host-1-1 type veth peer name ens192 address 02:68:70:01:01:01 netns NS
      link set host-1-1 master bridge up
      link add host-1-2 type veth peer name ens224 address 02:68:70:01:01:02 netns NS
      link set host-1-2 master bridge up
      "
    `);
    expect(plugBatch(machine.cables, "NS", true)).not.toContain(" up");
    expect(carrierBatch(machine.cables, "down")).toBe("link set host-1-1 down\nlink set host-1-2 down\n");
    expect(unplugBatch(machine.cables)).toBe("link del host-1-1\nlink del host-1-2\n");
  });
});

describe("names", () => {
  test("no two things of a lab share a name, and ports are short enough for the kernel", () => {
    const cables = [
      ...layout.machines.flatMap(({ cables: some }) => some),
      ...layout.backendSites.map(({ cable }) => cable),
      layout.clientCable,
    ];
    const ports = cables.map(({ port }) => port);
    const hardware = cables.map(({ hardwareAddress }) => hardwareAddress);
    expect(new Set(ports).size).toBe(ports.length);
    expect(new Set(hardware).size).toBe(hardware.length);
    expect(Math.max(...ports.map((port) => port.length))).toBeLessThanOrEqual(15);
    expect(new Set(layout.namespaces).size).toBe(layout.namespaces.length);
  });

  test("a lab's names never reach into another's whose name begins the same", () => {
    const other = labLayout({ ...spec, name: "ext-lb-1-host" });
    expect(layout.namespaces.filter((name) => other.namespaces.includes(name))).toEqual([]);
    expect(
      layout.machines.filter((one) => other.machines.some(({ machine: name }) => name === one.machine)),
    ).toEqual([]);
  });
});

describe("ssh", () => {
  test("its configuration knows every host by name and address, and nothing of the operator's", async () => {
    await expect(sshConfig(spec, layout)).toMatchFileSnapshot(golden("ssh_config"));
  });

  test("known hosts are under the names of the configuration's HostKeyAlias", () => {
    expect(knownHosts([{ node: "extlb-01", publicKey: "ssh-ed25519 AAAA extlb-01\n" }])).toBe(
      "extlb-01 ssh-ed25519 AAAA\n",
    );
  });
});

test("the recipe's text says everything that is in the image", () => {
  expect(imageRecipe("bookworm").text).not.toBe(imageRecipe("trixie").text);
  for (const part of [...imageRecipe("bookworm").packages, "http-request return"])
    expect(imageRecipe("bookworm").text).toContain(part);
});
