// The reading of keepalived.conf before its real judge: what the running daemon says it has read, beside what readInstances and readScripts say.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProcess } from "../../src/host/index.ts";
import {
  effectiveConfig,
  type KeepalivedInstance,
  parseConfig,
  readInstances,
  readScripts,
  type VirtualIpaddress,
} from "../../src/keepalived/index.ts";
import { ensureImage, suites } from "../../src/lab/index.ts";

// In private namespaces: an overlay of the image, the interfaces the file names, the daemon on this file until it has written what it knows.
const ASK = String.raw`
set -u
image=$1 work=$2 configuration=$3 interfaces=$4
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/scratch" "$work/root"
mount -t overlay overlay -o "lowerdir=$image,upperdir=$work/upper,workdir=$work/scratch" "$work/root"
mount -t proc proc "$work/root/proc"
mount -t tmpfs tmpfs "$work/root/run"
mount -t tmpfs tmpfs "$work/root/tmp"
install -m 0600 "$configuration" "$work/root/etc/keepalived/keepalived.conf"
for name in $interfaces; do ip link add "$name" type veth peer name "peer-$name"; ip link set "$name" up; ip link set "peer-$name" up; done
ip address add 192.0.2.11/24 dev eth0
ip address add fe80::11/64 dev eth0 nodad
chroot "$work/root" keepalived --dont-fork --log-console --vrrp --config-id low >"$work/log" 2>&1 &
daemon=$!
data="$work/root/tmp/keepalived.data"
# Before the daemon is ready the signal would end it.
for turn in $(seq 100); do grep -q 'Entering BACKUP STATE' "$work/log" && break; sleep 0.1; done
kill -USR1 "$daemon"
for turn in $(seq 100); do
  grep -q '< Interfaces >' "$data" 2>/dev/null && break
  sleep 0.1
done
cat "$data" || cat "$work/log"
kill "$daemon"
`;

interface Said {
  readonly instances: Readonly<Record<string, unknown>>;
  readonly scripts: Readonly<Record<string, unknown>>;
}

/** The blocks of a part of the daemon's answer, each with its name: `Name = value` lines, and lists indented below a line that ends in a colon. */
function daemonBlocks(data: string, part: string, title: string): (readonly [string, string])[] {
  const text = data.split(`------< ${part} >------`)[1]?.split("------<")[0] ?? "";
  const blocks = text.split(`\n ${title} = `).slice(1);
  return blocks.map((block) => [block.slice(0, block.indexOf("\n")), block]);
}

function daemonValue(block: string, name: string): string | undefined {
  return new RegExp(`^ +${name} = (.*)$`, "m").exec(block)?.[1];
}

function daemonList(block: string, name: string): string[] {
  const lines = new RegExp(`^   ${name}.*:\n((?: {5}.*\n)*)`, "m").exec(block)?.[1] ?? "";
  return lines.split("\n").flatMap((line) => line.trim() || []);
}

function daemonAddress(line: string): string {
  return line.replace(/^(\S+)(?: brd \S+)? dev (\S+) .*$/, "$1 dev $2");
}

function daemonSays(data: string): Said {
  const instances = daemonBlocks(data, "VRRP Topology", "VRRP Instance").map(([name, block]) => [
    name,
    {
      version: daemonValue(block, "VRRP Version"),
      state: daemonValue(block, "Wantstate"),
      interface: daemonValue(block, "Interface"),
      virtualRouterId: daemonValue(block, "Virtual Router ID"),
      priority: daemonValue(block, "Priority"),
      advertInterval: daemonValue(block, "Advert interval"),
      preempt: daemonValue(block, "Preempt"),
      password: daemonValue(block, "Password"),
      addresses: daemonList(block, "Virtual IP \\(").map(daemonAddress),
      excluded: daemonList(block, "Virtual IP Excluded").map(daemonAddress),
      peers: daemonList(block, "Unicast Peer").map((line) => line.split(" ")[0]),
    },
  ]);
  const scripts = daemonBlocks(data, "VRRP Scripts", "VRRP Script").map(([name, block]) => [
    name,
    {
      arguments: [...(daemonValue(block, "Command") ?? "").matchAll(/'([^']*)'/g)]
        .slice(1)
        .map((match) => match[1]),
      interval: daemonValue(block, "Interval"),
      weight: daemonValue(block, "Weight"),
      rise: daemonValue(block, "Rise"),
      fall: daemonValue(block, "Fall"),
    },
  ]);
  return { instances: Object.fromEntries(instances), scripts: Object.fromEntries(scripts) };
}

function ourAddress(
  { address, prefixLength, device }: VirtualIpaddress,
  instance: KeepalivedInstance,
): string {
  const length = prefixLength === (address.family === 4 ? 32 : 128) ? "" : `/${prefixLength}`;
  return `${address.text}${length} dev ${device ?? instance.interface}`;
}

function ourInstance(instance: KeepalivedInstance, text: string): unknown {
  const place = instance.version === 3 ? undefined : instance.authentication?.passwordSpan;
  const { version, advertIntervalUs } = instance;
  return {
    version: String(version),
    state: instance.state,
    interface: instance.interface,
    virtualRouterId: String(instance.virtualRouterId),
    priority: String(instance.priority),
    advertInterval:
      version === 2 ? `${advertIntervalUs / 1_000_000} sec` : `${advertIntervalUs / 1000} milli-sec`,
    preempt: instance.nopreempt ? "disabled" : "enabled",
    password: place === undefined ? undefined : text.slice(place.start, place.end),
    addresses: instance.virtualIpaddresses.map((each) => ourAddress(each, instance)),
    excluded: instance.excludedVirtualIpaddresses.map((each) => ourAddress(each, instance)),
    peers: instance.unicastPeers.map((peer) => peer.address.text),
  };
}

/** Our reading in the daemon's words. */
function weSay(text: string): Said {
  const cst = effectiveConfig(parseConfig(text), { configId: "low" });
  const instances = readInstances(cst);
  const scripts = readScripts(cst).map((script) => [
    script.name,
    {
      arguments: script.command?.slice(1),
      interval: `${script.intervalS} sec`,
      weight: `${script.weight}${script.reverse ? " reverse" : ""}`,
      rise: String(script.rise),
      fall: String(script.fall),
    },
  ]);
  return {
    instances: Object.fromEntries(instances.map((instance) => [instance.name, ourInstance(instance, text)])),
    scripts: Object.fromEntries(scripts),
  };
}

describe.each(suites)("on %s", (suite) => {
  let image = "";
  const work = mkdtempSync(join(tmpdir(), "hapair-reading-"));
  beforeAll(async () => {
    image = await ensureImage(suite);
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  it("the daemon reads hard.conf as we do", async () => {
    const path = join(import.meta.dirname, "../golden/keepalived/hard.conf");
    const text = readFileSync(path, "utf8");
    const asked = ["sh", "-c", ASK, "ask", image, work, path, "eth0 bond0 bond1"];
    const answer = await runProcess("unshare", [
      "--mount",
      "--net",
      "--pid",
      "--fork",
      "--kill-child",
      ...asked,
    ]);
    const said = daemonSays(answer.stdout);
    expect(Object.keys(said.instances), answer.stdout + answer.stderr).toContain("conditions");
    expect(said).toEqual(weSay(text));
  });
});
