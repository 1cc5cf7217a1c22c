// VRRP's wire before its real judge: what keepalived sends is ours byte for byte, and whether it takes its peer's adverts, and what it logs of them, is as reception says.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProcess } from "../../src/host/index.ts";
import { ensureImage, suites } from "../../src/lab/index.ts";
import type { Datagram } from "../../src/vrrp/advertisement.ts";
import { encodeAdvertisement } from "../../src/vrrp/packet.ts";
import { receive } from "../../src/vrrp/reception.ts";
import {
  advertsOf,
  cases,
  configurationOf,
  expectedFate,
  FIRST_VRID,
  loggedFate,
  packetsIn,
  receiverOf,
  sentBy,
} from "../support/vrrp-wire.ts";

// In private namespaces: an overlay of the image, a cable between two network namespaces, a daemon at each end, tcpdump at the second one.
// All of it ends with this script, for it is the first process of its own process namespace.
const RUN = String.raw`
set -eu
image=$1 work=$2 instances=$3
mount -t tmpfs tmpfs "$work/mount"
mkdir "$work/mount/upper" "$work/mount/scratch" "$work/mount/root"
mount -t overlay overlay -o "lowerdir=$image,upperdir=$work/mount/upper,workdir=$work/mount/scratch" "$work/mount/root"
root=$work/mount/root
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
touch "$work/from.log" "$work/to.log"
until_so() { for turn in $(seq 150); do if eval "$1"; then return; fi; sleep 0.1; done; echo "never so: $1" >&2; tail -n 20 "$work/from.log" "$work/to.log" >&2; exit 1; }
unshare --net sleep 100 &
peer=$!
until_so '[ "$(readlink /proc/$peer/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
there() { nsenter --net --target "$peer" "$@"; }
ip link add eth0 type veth peer name eth0 netns "$peer"
ip address add 192.0.2.11/24 dev eth0
there ip address add 192.0.2.12/24 dev eth0
for node in '' there; do
  $node ip link set eth0 addrgenmode none
  $node ip link set eth0 up
done
ip address add fe80::11/64 dev eth0 nodad
there ip address add fe80::12/64 dev eth0 nodad
until_so 'ip link show eth0 | grep -q "state UP" && there ip link show eth0 | grep -q "state UP"'
there chroot "$root" tcpdump -i eth0 -U -Z root -w - 'ip proto 112 or ip6 proto 112' >"$work/adverts" 2>"$work/tcpdump" &
tcpdump=$!
until_so 'grep -q listening "$work/tcpdump"'
start() {
  install -m 0600 "$work/$1.conf" "$root/etc/keepalived/$1.conf"
  set -- "$work/$1.log" --pid "/run/$1.pid" --vrrp_pid "/run/$1-vrrp.pid" --checkers_pid "/run/$1-checkers.pid" --bfd_pid "/run/$1-bfd.pid" -f "/etc/keepalived/$1.conf"
  exec >"$1" 2>&1
  shift
  exec chroot "$root" keepalived --dont-fork --log-console --vrrp "$@"
}
export root work
export -f start
there bash -c 'start to' &
until_so '[ "$(grep -c "Entering BACKUP STATE" "$work/to.log")" = "$instances" ]'
(start from) &
sender=$!
until_so '[ "$(grep -c "Entering MASTER STATE" "$work/from.log")" -ge "$instances" ]'
# Receivers that hear nothing become MASTER 3.6 s after their start, which was 1 s ago and more.
sleep 3
cp "$work/to.log" "$work/meanwhile.log"
kill "$sender"
until_so 'grep -q "Stopped Keepalived" "$work/from.log"'
kill "$tcpdump"
wait "$tcpdump" || :
`;

const versions: Readonly<Record<string, string>> = { bookworm: "2.2.7", trixie: "2.3.3" };
const known = suites.filter((suite) => versions[suite] !== undefined);
const work = mkdtempSync(join(tmpdir(), "hapair-wire-"));
const folderOf = (suite: string): string => join(work, suite);

async function run(suite: (typeof known)[number]): Promise<void> {
  const image = await ensureImage(suite);
  mkdirSync(join(folderOf(suite), "mount"), { recursive: true });
  for (const node of ["from", "to"] as const)
    writeFileSync(join(folderOf(suite), `${node}.conf`), configurationOf(node));
  const namespaces = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const asked = ["bash", "-c", RUN, "run", image, folderOf(suite), String(cases.length)];
  const { exitCode, stderr } = await runProcess("unshare", [...namespaces, ...asked], { timeoutMs: 60_000 });
  expect(exitCode, stderr).toBe(0);
}

beforeAll(async () => {
  await Promise.all(known.map(run));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.each(known)("keepalived of %s", (suite) => {
  let packets: readonly Datagram[] = [];
  let log = "";
  beforeAll(() => {
    packets = packetsIn(readFileSync(join(folderOf(suite), "adverts")));
    log = readFileSync(join(folderOf(suite), "meanwhile.log"), "utf8");
  });

  it.each(cases.map((each, index) => ({ ...each, each, vrid: FIRST_VRID + index })))(
    "sends the bytes that we send, and receives them as we do: $name",
    ({ name, each, vrid }) => {
      const adverts = advertsOf(packets, vrid);
      // One, and the goodbye: a peer that refuses ours may silence us between them.
      expect(adverts.length).toBeGreaterThan(1);
      const ours = adverts.map((_, index) => {
        const { advertisement, envelope } = sentBy(each, vrid, index + 1, index === adverts.length - 1);
        return encodeAdvertisement(advertisement, envelope);
      });
      expect(adverts).toEqual(ours);
      const [first] = adverts;
      if (first === undefined) return;
      const receiver = receiverOf(each, vrid, versions[suite] ?? "");
      const reception = receive(receiver, first, { checkAddresses: true });
      expect(loggedFate(log, name)).toEqual(expectedFate(reception));
    },
  );
});
