// Every rendered file before its real judge: haproxy -c, keepalived -t, nft -c, systemd-analyze and sh, on Debian 12 and 13. Silence is acceptance.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProcess } from "../../src/host/index.ts";
import { ensureImage, suites } from "../../src/lab/index.ts";
import { renderPair } from "../../src/render/index.ts";
import { agentPairFiles, inputsFor, pairFiles, pairNamed } from "../support/pairs.ts";

// In private namespaces: an overlay of the image with the node's files in it, the interfaces that the pair names, then each judge in turn.
const JUDGE = String.raw`
set -u
image=$1 work=$2 addresses=$3
mkdir -p "$work/upper" "$work/scratch" "$work/root"
mount -t tmpfs tmpfs "$work/scratch"
mkdir "$work/scratch/upper" "$work/scratch/work"
cp -a "$work/files/." "$work/scratch/upper/"
mount -t overlay overlay -o "lowerdir=$image,upperdir=$work/scratch/upper,workdir=$work/scratch/work" "$work/root"
mount -t proc proc "$work/root/proc"
mount -t tmpfs tmpfs "$work/root/run"
mount --bind /dev "$work/root/dev"
for name in ens192 bond1; do ip link add "$name" type veth peer name "peer-$name"; ip link set "$name" up; ip link set "peer-$name" up; done
for address in $addresses; do ip address add "$address" dev ens192; done
mkdir -p "$work/root/run/haproxy"
chroot "$work/root" /bin/sh -c '
judge() { said=$("$@" 2>&1); code=$?; [ "$code" = 0 ] && [ -z "$said" ] || echo "$* -> exit $code: $said"; }
judge haproxy -c -q -f /etc/haproxy/haproxy.cfg -f /etc/haproxy/hapair.cfg
agent=
if [ -e /etc/sysusers.d/hapair.conf ]; then
    agent=hapair-agent.service
    # Says that it made the user, which is what it should.
    systemd-sysusers /etc/sysusers.d/hapair.conf 2> /dev/null || echo "the user is not made"
fi
judge systemd-tmpfiles --create /etc/tmpfiles.d/hapair.conf
judge keepalived --config-test -f /etc/keepalived/keepalived.conf
judge nft -c -f /etc/hapair/firewall.nft
judge sh -n /etc/hapair/haproxy-hook.sh
judge sh -n /etc/keepalived/chk_haproxy.sh
judge sysctl -q -p /etc/sysctl.d/50-hapair.conf
judge systemd-analyze verify --man=no haproxy.service keepalived.service $agent
if [ "$agent" ]; then
    [ "$(stat -c "%A %U:%G" /run/hapair/notify /run/hapair/watch/traffic /run/hapair/watch/hold | tr "\n" ,)" = "prw-rw---- root:hapair-agent,-rw-r--r-- hapair-agent:hapair-agent,-rw-r--r-- root:root," ] || stat -c "%n %A %U:%G" /run/hapair/*
    # Tenths of its exposure; a route through sendmail costs most of what confines it.
    threshold=25; grep -q ^ProtectSystem=strict /etc/systemd/system/$agent || threshold=90
    said=$(systemd-analyze security --no-pager --offline=yes --threshold=$threshold $agent 2>&1) || echo "$said" | tail -n 3
fi
'
`;

describe.each(suites)("on %s", (suite) => {
  let image = "";
  const work = mkdtempSync(join(tmpdir(), "hapair-judge-"));
  beforeAll(async () => {
    image = await ensureImage(suite);
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  it.each(Object.keys({ ...pairFiles, ...agentPairFiles }))(
    "the daemons take the pair %s without a word",
    async (name) => {
      const pair = pairNamed(name);
      for (const [node, files] of renderPair(pair, inputsFor(pair, "pa#s w!d"))) {
        const directory = join(work, `${name}-${node}`);
        for (const file of files) {
          const path = join(directory, "files", file.path);
          mkdirSync(dirname(path), { recursive: true });
          writeFileSync(path, file.content);
          chmodSync(path, file.mode);
        }
        const addresses = pair.nodes.find((one) => one.name === node)?.addresses ?? [];
        const texts = addresses.map(({ text, family }) => `${text}/${family === 4 ? 24 : 64}`).join(" ");
        const judged = await runProcess("unshare", [
          "--mount",
          "--net",
          "--pid",
          "--fork",
          "sh",
          "-c",
          JUDGE,
          "judge",
          image,
          directory,
          texts,
        ]);
        expect(`${judged.stdout}${judged.stderr}`).toBe("");
        expect(judged.exitCode).toBe(0);
      }
    },
  );
});
