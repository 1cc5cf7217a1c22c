// hapair maintenance on real hosts: a node stays away from the VIP whatever happens to its daemons, to it and to its peer; and where a switch is refused.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildIfMissing } from "../support/hapair-command.ts";
import { openParts, operate, other, pause, until } from "../support/planned-work.ts";
import { type SwitchSite, switchSite } from "../support/switch-site.ts";

let site: SwitchSite;

beforeAll(async () => {
  buildIfMissing();
  site = await switchSite({ base: "maintenance" });
});
afterAll(async () => {
  await site.down();
});

describe("maintenance", () => {
  test("keeps the node from the VIP through restarts and a reboot, and its peer from maintenance", async () => {
    const node = await site.holder();
    const on = await operate(
      site,
      "maintenance",
      "on",
      node,
      "--drain",
      "3s",
      "--reason",
      'it\'s "planned" $(work)',
      "--yes",
    );
    expect(on.exitCode).toBe(0);
    expect(await site.holder()).toBe(other(node));
    expect(await site.on(node, "cat /etc/motd.d/hapair-maintenance")).toContain(`it's "planned" $(work)`);
    const told = await operate(site, "maintenance", "status");
    expect(told.stdout).toContain(`it's "planned" $(work)`);
    expect(told.exitCode).toBe(0);

    const both = await operate(site, "maintenance", "on", other(node), "--yes");
    expect(both.exitCode).toBe(3);
    expect(both.stderr).toContain(`${node} is under maintenance and cannot hold the VIP`);

    await site.on(node, "systemctl restart keepalived");
    await site.on(node, "systemctl reload keepalived");
    await site.on(other(node), "systemctl restart keepalived");
    await until("the peer has the VIP again", async () => (await site.holder()) === other(node));
    await site.lab.powerOff(node);
    await site.lab.powerOn(node);
    await until(
      "keepalived is up",
      async () => (await site.on(node, "systemctl is-active keepalived")) === "active",
    );
    await pause(5);
    expect(await site.holder()).toBe(other(node));
    expect(await site.on(node, "cat /run/hapair/watch/hold; systemctl is-active hapair-maintenance")).toBe(
      "1\nactive",
    );

    expect((await operate(site, "maintenance", "off", node)).exitCode).toBe(0);
    await site.redundant();
    expect(await openParts(site, node)).toBe("");
    expect(
      await site.on(node, "ls /etc/hapair/maintenance /etc/motd.d/hapair-maintenance 2> /dev/null"),
    ).toBe("");
  });

  test("ends with its command, whose exit code and output are kept", async () => {
    const node = other(await site.holder());
    const run = await operate(
      site,
      "maintenance",
      "run",
      node,
      "--yes",
      "--",
      "cat /run/hapair/watch/hold; echo words >&2; exit 7",
    );
    expect(run.exitCode).toBe(7);
    expect(run.stdout).toContain("1\nwords\n");
    await site.redundant();
    expect(await openParts(site, node)).toBe("");
  });

  test("ends at its time by itself, with nobody there", async () => {
    const node = other(await site.holder());
    await site.on(node, `/etc/hapair/maintenance.sh on 3 '{"by":"ops@desk","reason":""' ops@desk ''`);
    expect(await site.on(node, "cat /run/hapair/watch/hold")).toBe("1");
    await until("maintenance is over", async () => (await openParts(site, node)) === "");
    await site.redundant();
  });

  test("takes the VIP as a last resort when its peer is gone, and keeps away again when it is not", async () => {
    const node = other(await site.holder());
    await operate(site, "maintenance", "on", node, "--reason", "disk", "--yes");
    await site.lab.powerOff(other(node));
    await until("the last one serves", async () =>
      (await site.on(node, "ip -o address show dev ens192")).includes("10.150.160.32/"),
    );
    const told = await operate(site, "maintenance", "status");
    expect(told.stdout).toContain("released as a last resort, because its peers were silent");
    await site.lab.powerOn(other(node));
    await until(
      "the peer is ready",
      async () => (await site.on(other(node), "cat /run/hapair/watch/process")) === "0",
    );
    await pause(5);
    expect(await site.holder()).toBe(node);
    // Beginning anew moves the VIP away as any maintenance does.
    expect((await operate(site, "maintenance", "on", node, "--drain", "3s", "--yes")).exitCode).toBe(0);
    expect(await site.holder()).toBe(other(node));
    await operate(site, "maintenance", "off", node);
    await site.redundant();
  });
});

test("switch refuses with reasons when the other node could not serve, and says what --force would override", async () => {
  const standby = other(await site.holder());
  await site.on(standby, "systemctl stop haproxy");
  const refused = await site.hapair("switch", "--yes");
  await site.on(standby, "systemctl start haproxy");
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toContain(
    `${standby} keepalived says FAULT for ext-lb: it would not take the VIP [not-ready]`,
  );
  expect(refused.stderr).toContain("Nothing was changed.");
  await site.redundant();
});
