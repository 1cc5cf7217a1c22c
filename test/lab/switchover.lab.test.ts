// hapair switch, maintenance and roll on real hosts with a load in front: nothing that is open breaks, nothing new fails, and a node under maintenance
// stays away from the VIP whatever happens to its daemons, to it and to its peer.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildIfMissing, type Ended, hapair } from "../support/hapair-command.ts";
import { type LoadFigures, verdictOf } from "../support/switch-load-figures.ts";
import { SHORT_LIVED } from "../support/switch-load-settings.ts";
import { SWITCH_NODES, type SwitchSite, switchSite } from "../support/switch-site.ts";

/** The promised load in smaller numbers, so that two busy cores do not decide what is measured. */
const LOAD = {
  newRequestsPerS: 60,
  tcp: { connections: 40, messagesPerS: 10 },
  websocket: { connections: 10, messagesPerS: 2, tls: true },
  kept: { http1: 6, http2: 6, requestsPerS: 2, livesS: [1, 40] },
  polls: { count: 4, seconds: 5 },
  download: { bytes: 100_000_000, bytesPerS: 8_000_000, repeat: true },
  upload: { bytes: 50_000_000, bytesPerS: 4_000_000, repeat: true },
  transferWaitS: 30,
} as const;

let site: SwitchSite;

beforeAll(async () => {
  buildIfMissing();
  site = await switchSite({ base: "switchover" });
});
afterAll(async () => {
  await site.down();
});

/** hapair with the pair's file as a flag: maintenance and roll take a node or a command in its place. */
async function operate(...words: string[]): Promise<Ended> {
  const at = words.indexOf("--");
  const [own, command] = at === -1 ? [words, []] : [words.slice(0, at), words.slice(at)];
  return await hapair([...own, "--lab", site.name, "--pair", site.file, ...command], {
    timeLimitMs: 170_000,
  });
}

async function pause(seconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

function other(node: string): string {
  return SWITCH_NODES.find((name) => name !== node) ?? "";
}

/** What broke or failed in a phase; nothing: an empty list. */
function losses(figures: LoadFigures, phase: string): string[] {
  const found = figures.phases.find(({ name }) => name === phase);
  if (found === undefined) return [`no phase ${phase}`];
  expect(verdictOf(found).sent).toBeGreaterThan(100);
  return Object.entries(found.kinds).flatMap(([kind, one]) =>
    one.failed + one.broken === 0 ? [] : [`${kind}: ${one.failed} failed, ${one.broken} broken`],
  );
}

describe("switch", () => {
  test("keeps every connection and fails no request", async () => {
    const holder = await site.holder();
    const load = await site.startLoad(LOAD);
    await pause(2);
    load.phase("move");
    const moving = site.hapair("switch", "--drain", "25s", "--ask", "never", "--yes", "--json");
    await until("the VIP has moved", async () => (await site.holder()) === other(holder));
    await pause(5);
    load.phase("after");
    const figures = await load.end();
    expect(losses(figures, "move")).toEqual([]);
    const away = await moving;
    expect(away.stderr).toBe("");
    const report = JSON.parse(away.stdout) as {
      readonly moved: boolean;
      readonly connections: { readonly atMove: number };
      readonly probe: { readonly lost: number };
      readonly outcome: { readonly confirmation: { readonly vips: readonly object[] } };
    };
    expect(report).toMatchObject({ moved: true, probe: { lost: 0 } });
    expect(report.connections.atMove).toBeGreaterThanOrEqual(50);
    expect(report.outcome.confirmation.vips).toMatchObject([{ answered: true, isHolders: true }]);
    for (const node of SWITCH_NODES) expect(await openParts(node)).toBe("");
    await site.redundant();
  });

  test("moves back in the middle of a drain without a break", async () => {
    const holder = await site.holder();
    const load = await site.startLoad({
      ...LOAD,
      download: { ...LOAD.download, bytes: 0 },
      upload: { ...LOAD.upload, bytes: 0 },
    });
    await pause(1);
    load.phase("move");
    const away = site.hapair("switch", "--drain", "25s", "--ask", "never", "--yes", "--json");
    await until("the VIP has moved", async () => (await site.holder()) === other(holder));
    await pause(2);
    const back = site.hapair("switch", "--drain", "6s", "--ask", "never", "--yes", "--json");
    await until("the VIP is back", async () => (await site.holder()) === holder);
    await pause(3);
    load.phase("after");
    const figures = await load.end();
    expect(losses(figures, "move")).toEqual([]);
    expect((await Promise.all([away, back])).map(({ stderr }) => stderr)).toEqual(["", ""]);
    for (const node of SWITCH_NODES) expect(await openParts(node)).toBe("");
    await site.redundant();
  });

  test("refuses with reasons when the other node could not serve, and says what --force would override", async () => {
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
});

/** What of a drain path is on a node; nothing: an empty text. */
async function openParts(node: string): Promise<string> {
  return await site.on(
    node,
    `ip -o address show dev lo | grep -F 10.150.160.32; nft list tables | grep hapair_drain; ls -A /run/hapair/drain 2> /dev/null; grep -v '^0$' /run/hapair/watch/*; cat /proc/sys/net/ipv4/conf/ens192/arp_ignore | grep -v '^0$'; systemctl list-units --no-legend 'hapair-drain*' 'hapair-move*' 'hapair-maintenance*'`,
  );
}

async function until(what: string, holds: () => Promise<boolean>, limitS = 60): Promise<void> {
  const deadline = performance.now() + limitS * 1000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never so within ${limitS} s: ${what}`);
    await pause(0.1);
  }
}

describe("maintenance", () => {
  test("keeps the node from the VIP through restarts and a reboot, and its peer from maintenance", async () => {
    const node = await site.holder();
    const on = await operate(
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
    const told = await operate("maintenance", "status");
    expect(told.stdout).toContain(`it's "planned" $(work)`);
    expect(told.exitCode).toBe(0);

    const both = await operate("maintenance", "on", other(node), "--yes");
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

    expect((await operate("maintenance", "off", node)).exitCode).toBe(0);
    await site.redundant();
    expect(await openParts(node)).toBe("");
    expect(
      await site.on(node, "ls /etc/hapair/maintenance /etc/motd.d/hapair-maintenance 2> /dev/null"),
    ).toBe("");
  });

  test("ends with its command, whose exit code and output are kept", async () => {
    const node = other(await site.holder());
    const run = await operate(
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
    expect(await openParts(node)).toBe("");
  });

  test("ends at its time by itself, with nobody there", async () => {
    const node = other(await site.holder());
    await site.on(node, `/etc/hapair/maintenance.sh on 3 '{"by":"ops@desk","reason":""' ops@desk ''`);
    expect(await site.on(node, "cat /run/hapair/watch/hold")).toBe("1");
    await until("maintenance is over", async () => (await openParts(node)) === "");
    await site.redundant();
  });

  test("takes the VIP as a last resort when its peer is gone, and keeps away again when it is not", async () => {
    const node = other(await site.holder());
    await operate("maintenance", "on", node, "--reason", "disk", "--yes");
    await site.lab.powerOff(other(node));
    await until("the last one serves", async () =>
      (await site.on(node, "ip -o address show dev ens192")).includes("10.150.160.32/"),
    );
    const told = await operate("maintenance", "status");
    expect(told.stdout).toContain("released as a last resort, because its peers were silent");
    await site.lab.powerOn(other(node));
    await until(
      "the peer is ready",
      async () => (await site.on(other(node), "cat /run/hapair/watch/process")) === "0",
    );
    await pause(5);
    expect(await site.holder()).toBe(node);
    // Beginning anew moves the VIP away as any maintenance does.
    expect((await operate("maintenance", "on", node, "--drain", "3s", "--yes")).exitCode).toBe(0);
    expect(await site.holder()).toBe(other(node));
    await operate("maintenance", "off", node);
    await site.redundant();
  });
});

test("roll reboots both nodes, the standby first, and nothing that ends within the drain is lost", async () => {
  const holder = await site.holder();
  const livesS = [1, 10] as const;
  const load = await site.startLoad({
    ...LOAD,
    tcp: { ...LOAD.tcp, livesS },
    websocket: { ...LOAD.websocket, livesS },
    kept: { ...LOAD.kept, livesS },
    download: { ...SHORT_LIVED.download, bytes: 20_000_000, bytesPerS: 4_000_000 },
    upload: { ...SHORT_LIVED.upload, bytes: 20_000_000, bytesPerS: 4_000_000 },
  });
  await pause(1);
  load.phase("roll");
  const rolled = await operate("roll", "--drain", "15s", "--yes", "--", "systemctl reboot");
  load.phase("after");
  const figures = await load.end();
  expect(rolled.stderr).toContain(`order: ${other(holder)}, ${holder}`);
  expect(rolled.stdout).toContain(`${other(holder)} done (rebooted), ${holder} done (rebooted)`);
  expect(rolled.exitCode).toBe(0);
  expect(losses(figures, "roll")).toEqual([]);
  for (const node of SWITCH_NODES) expect(await openParts(node)).toBe("");
});
