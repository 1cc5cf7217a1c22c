// hapair switch and roll on real hosts with a load in front: nothing that is open breaks, and nothing new fails.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildIfMissing } from "../support/hapair-command.ts";
import { openParts, operate, other, pause, until } from "../support/planned-work.ts";
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
    for (const node of SWITCH_NODES) expect(await openParts(site, node)).toBe("");
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
    for (const node of SWITCH_NODES) expect(await openParts(site, node)).toBe("");
    await site.redundant();
  });
});

test("roll reboots both nodes, the standby first, and nothing that ends within the drain is lost", async () => {
  const holder = await site.holder();
  const livesS = [1, 6] as const;
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
  const rolled = await operate(site, "roll", "--drain", "10s", "--yes", "--", "systemctl reboot");
  load.phase("after");
  const figures = await load.end();
  expect(rolled.stderr).toContain(`order: ${other(holder)}, ${holder}`);
  expect(rolled.stdout).toContain(`${other(holder)} done (rebooted), ${holder} done (rebooted)`);
  expect(rolled.exitCode).toBe(0);
  expect(losses(figures, "roll")).toEqual([]);
  for (const node of SWITCH_NODES) expect(await openParts(site, node)).toBe("");
});
