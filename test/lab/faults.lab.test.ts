// Faults that are no scenario of the drill, on a running classic pair, and what the command line says of them.

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { monitorHolders } from "../../src/drill/holder-monitor.ts";
import type { Host } from "../../src/host/index.ts";
import { freshLabName, type Lab, labDown, openLab } from "../../src/lab/index.ts";
import type { PairStatus, VerifyReport } from "../../src/status/index.ts";
import { buildIfMissing, type Ended, hapair } from "../support/hapair-command.ts";

const file = new URL("../../examples/ext-lb/pair.yaml", import.meta.url).pathname;
const vip = "10.150.160.32";
const nodes = ["extlb-01", "extlb-02"] as const;
const name = freshLabName("hpfaults");
let lab: Lab;

beforeAll(async () => {
  buildIfMissing();
  const up = await hapair(["lab", "up", "--name", name, "--apply", file]);
  expect(up.exitCode, up.stderr).toBe(0);
  lab = await openLab(name);
  await redundant();
});
afterAll(() => labDown(name));

async function ran(host: Host, script: string): Promise<string> {
  const result = await host.run(script);
  expect(result.exitCode, `${script}\n${result.stderr}`).toBe(0);
  return result.stdout.trim();
}

const status = (...more: string[]): Promise<Ended> => hapair(["status", "--lab", name, ...more, file]);
const verify = (...more: string[]): Promise<Ended> => hapair(["verify", "--lab", name, ...more, file]);

/** Waits for what has to come; fails after two minutes, which is no measure of anything. */
async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (await holds()) return;
    await sleep(400);
  }
  throw new Error(`never so: ${what}`);
}

const redundant = () => eventually("the pair is redundant", async () => (await status()).exitCode === 0);

async function seen(): Promise<PairStatus> {
  return JSON.parse((await status("--json")).stdout) as PairStatus;
}

async function holder(): Promise<string> {
  const [only = ""] = (await seen()).routers[0]?.holders ?? [];
  return only;
}

test("VRRP blocked both ways on the standby: status and verify name the split brain", async () => {
  const standby = lab.console((await holder()) === nodes[0] ? nodes[1] : nodes[0]);
  await ran(
    standby,
    `nft -f - <<'EOF'
table inet hapair_test {
  chain input { type filter hook input priority -300; meta l4proto 112 drop; }
  chain output { type filter hook output priority -300; meta l4proto 112 drop; }
}
EOF`,
  );
  try {
    await eventually(
      "the split brain is named",
      async () => (await seen()).routers[0]?.verdict === "split-brain",
    );
    const said = await status();
    expect(said.stdout).toContain(`split brain: ${nodes[0]} and ${nodes[1]} both hold ${vip}`);
    expect(said.exitCode).toBe(1);
    const checked = await verify("--json");
    expect(checked.exitCode).toBe(1);
    const { checks } = JSON.parse(checked.stdout) as VerifyReport;
    const failed = checks.filter((check) => check.outcome === "failed").map((check) => check.check);
    expect(failed).toContain("one-holder");
    expect(failed).toContain("adverts-heard");
  } finally {
    await ran(standby, "nft delete table inet hapair_test");
  }
  await redundant();
});

test("the watched directory removed while running: verify says so, and what to do brings it back", async () => {
  const [node] = nodes.filter((one) => one !== undefined);
  const host = lab.console(node ?? "");
  await ran(host, "rm -r /run/hapair/watch");
  const checked = await verify();
  expect(checked.exitCode).toBe(1);
  expect(checked.stdout).toContain("/run/hapair/watch");
  expect(checked.stdout + checked.stderr).not.toContain("    at ");
  await ran(
    host,
    "systemd-tmpfiles --create /etc/tmpfiles.d/hapair.conf; echo 0 > /run/hapair/watch/process; systemctl restart keepalived",
  );
  await redundant();
});

test("a crash loop of HAProxy: the VIP moves once and stays, and the node is let back when HAProxy is steady", async () => {
  const victim = await holder();
  const host = lab.console(victim);
  const other = victim === nodes[0] ? nodes[1] : nodes[0];
  const processFile = "/run/hapair/watch/process";
  const monitor = await monitorHolders(
    nodes.map((node) => ({ name: node, host: lab.console(node), interface: "ens192" })),
    vip,
  );
  try {
    for (let crash = 1; crash <= 4; crash += 1) {
      // The same main process is killed once; the next crash needs a new one.
      const before = await ran(host, "systemctl show --property MainPID --value haproxy");
      await ran(host, "systemctl kill --signal=SIGKILL haproxy.service");
      await eventually("systemd has started HAProxy again", async () => {
        const answer = await ran(host, "systemctl show --property MainPID,ActiveState --value haproxy");
        return (
          /active/.test(answer) && !/inactive|activating/.test(answer) && !answer.split("\n").includes(before)
        );
      });
    }
    expect(await ran(host, `cat ${processFile}`)).toBe("1");
    await eventually("the VIP is on the other node", async () => monitor.holders().join() === other);
    // HAProxy runs, and the node still may not have the VIP: only time shows that the loop is over.
    expect(await ran(host, `systemctl is-active haproxy; cat ${processFile}`)).toBe("active\n1");
    await eventually("HAProxy has been steady", async () => (await ran(host, `cat ${processFile}`)) === "0");
    await redundant();
  } finally {
    await monitor.stop();
  }
  const moves = (node: string) =>
    monitor.changes.filter((change) => change.node === node).map((change) => change.holds);
  expect(moves(victim)).toEqual([true, false]);
  expect(moves(other)).toEqual([false, true]);
});
