import { describe, expect, test } from "vitest";
import { AgentWorld, type NodeName } from "../../test/support/agent-world.ts";

const VIP = "10.150.160.32";

/** keepalived's part of a node's losing the address, and of its taking it. */
function leaves(world: AgentWorld, node: NodeName, state = "FAULT"): void {
  world.happens(node, "instance", "ext-lb", state);
  world.happens(node, "vip", VIP, "-");
}
function takes(world: AgentWorld, node: NodeName): void {
  world.happens(node, "vip", VIP, "ens192");
  world.happens(node, "instance", "ext-lb", "MASTER");
}
function haproxyDies(world: AgentWorld, node: NodeName, result: string): void {
  world.happens(node, "unit", "haproxy", "failed", { result });
  world.happens(node, "watched", "process", "1");
}
function haproxyReturns(world: AgentWorld, node: NodeName): void {
  world.happens(node, "unit", "haproxy", "active");
  world.happens(node, "watched", "process", "0");
}

/** The text of the last news with this title. */
function textOf(world: AgentWorld, title: string): string | undefined {
  return world.told.filter(({ incident }) => incident.title === title).at(-1)?.incident.text;
}

describe("a failover", () => {
  test("HAProxy is killed and systemd mends it: one move, told at once with its why, and nothing else", () => {
    const world = new AgentWorld();
    haproxyDies(world, "extlb-01", "signal 9");
    leaves(world, "extlb-01");
    world.passes(18);
    takes(world, "extlb-02");
    world.passes(500);
    haproxyReturns(world, "extlb-01");
    world.happens("extlb-01", "instance", "ext-lb", "BACKUP");
    world.passes(600_000);
    expect(world.lines()).toEqual([
      "0.02 extlb-02 opened warning: ext-lb: 10.150.160.32 moved from extlb-01 to extlb-02",
      "15.02 extlb-02 resolved warning: ext-lb: 10.150.160.32 moved from extlb-01 to extlb-02",
    ]);
    expect(world.told[0]?.incident.text).toBe(
      [
        "Why: extlb-01: HAProxy exited (signal 9).",
        "Since: 2026-11-22 10:42:05Z.",
        'In service: nobody had the address for about 18 ms (from "HAProxy exited (signal 9)" on extlb-01 to the address on extlb-02); extlb-02 serves now.',
        "To do: on extlb-01: journalctl -u haproxy says why it ended; systemctl start haproxy.",
      ].join("\n"),
    );
    expect(world.told[0]?.incident.detail).toEqual({
      router: "ext-lb",
      vip: VIP,
      from: "extlb-01",
      to: "extlb-02",
      cause: "extlb-01: HAProxy exited (signal 9)",
      outageMs: "18.0",
      outageText: 'from "HAProxy exited (signal 9)" on extlb-01 to the address on extlb-02',
      story:
        "10:42:05.000Z extlb-01: HAProxy exited (signal 9) -> 10:42:05.018Z extlb-02 took the VIP; outage about 18 ms",
    });
    expect(world.told[1]?.incident.text.split("\n")[0]).toBe("Over: 2026-11-22 10:42:20Z, after 15 s.");
  });

  test("the old holder's part comes late: told at once without a why, and once more with it", () => {
    const world = new AgentWorld();
    world.happens("extlb-01", "answering", "haproxy", "no");
    world.passes(900);
    world.linkUp = false;
    world.happens("extlb-01", "check", "chk_haproxy", "timed-out");
    leaves(world, "extlb-01");
    world.passes(100);
    takes(world, "extlb-02");
    world.passes(500);
    world.linkUp = true;
    world.passes(60_000);
    expect(world.lines()).toEqual([
      "1.00 extlb-02 opened warning: ext-lb: 10.150.160.32 moved from extlb-01 to extlb-02",
      "2.00 extlb-02 updated warning: ext-lb: 10.150.160.32 moved from extlb-01 to extlb-02",
      "15.00 extlb-01 opened warning: ext-lb: redundancy lost: extlb-01 cannot take over: HAProxy runs but does not answer",
    ]);
    expect(world.told[0]?.incident.detail["cause"]).toBe(
      "not known: the agent of extlb-01 has told nothing of it",
    );
    expect(world.told[1]?.incident.detail).toMatchObject({
      cause: "extlb-01: HAProxy does not answer on its runtime socket",
      outageMs: "1000.0",
    });
    expect(world.told[1]?.incident.id).toBe(world.told[0]?.incident.id);
  });

  test("the holder's power fails: the move, then lost redundancy, both by the survivor; the return ends it", () => {
    const world = new AgentWorld();
    world.kill("extlb-01");
    world.passes(3600);
    takes(world, "extlb-02");
    world.passes(400_000);
    world.restart("extlb-01");
    leaves(world, "extlb-01", "BACKUP");
    world.passes(60_000);
    expect(world.lines()).toEqual([
      "3.60 extlb-02 opened warning: ext-lb: 10.150.160.32 moved from extlb-01 to extlb-02",
      "18.60 extlb-02 opened warning: ext-lb: redundancy lost: extlb-01 cannot take over: neither its agent nor its keepalived is heard: it is down, or cut off",
      "303.60 extlb-02 resolved warning: ext-lb: 10.150.160.32 moved from extlb-01 to extlb-02",
      "408.62 extlb-02 resolved warning: ext-lb: redundancy restored: extlb-01 is fit again",
    ]);
    expect(world.told[0]?.incident.detail).toMatchObject({
      cause: "extlb-01 fell silent: it is down, or cut off from extlb-02",
      outageMs: "3600.0",
    });
  });

  test("the back end is dead for the holder alone: the move names the rule, the rule's incident the node", () => {
    const world = new AgentWorld();
    world.happens("extlb-01", "server", "web/s1", "down");
    world.passes(500);
    world.happens("extlb-01", "rule", "web-servers", "dead", { found: "0 of 3 servers up" });
    world.passes(10);
    world.happens("extlb-01", "opinion", "traffic", "given-up", { to: "extlb-02", rule: "web-servers" });
    world.happens("extlb-01", "watched", "traffic", "1");
    leaves(world, "extlb-01");
    world.passes(600);
    takes(world, "extlb-02");
    world.passes(60_000);
    expect(world.lines()).toEqual([
      "1.11 extlb-02 opened warning: ext-lb: 10.150.160.32 moved from extlb-01 to extlb-02",
      "1.50 extlb-01 opened warning: ext-lb: back end web has fewer than 2 servers up (rule web-servers) on extlb-01",
      "15.51 extlb-01 opened warning: ext-lb: redundancy lost: extlb-01 cannot take over: its agent gave the VIP up: rule web-servers is dead there (0 of 3 servers up)",
    ]);
    expect(world.told[0]?.incident.detail["cause"]).toBe(
      "extlb-01: rule web-servers is dead (0 of 3 servers up), and its agent gave the VIP up",
    );
  });

  test("keepalived is stopped by hand: the address is served until it leaves", () => {
    const world = new AgentWorld();
    world.happens("extlb-01", "unit", "keepalived", "stopping");
    world.passes(200);
    leaves(world, "extlb-01", "STOPPED");
    world.happens("extlb-01", "unit", "keepalived", "inactive", { result: "success" });
    world.passes(620);
    takes(world, "extlb-02");
    world.passes(1000);
    expect(world.told[0]?.incident.detail).toMatchObject({
      cause: "extlb-01: keepalived was told to stop",
      outageMs: "620.0",
    });
  });

  test("four moves in ten minutes are flapping: it speaks for the moves from then on", () => {
    const world = new AgentWorld();
    for (let round = 0; round < 4; round += 1) {
      const [from, to]: [NodeName, NodeName] =
        round % 2 === 0 ? ["extlb-01", "extlb-02"] : ["extlb-02", "extlb-01"];
      leaves(world, from);
      world.passes(50);
      takes(world, to);
      world.happens(from, "instance", "ext-lb", "BACKUP");
      world.passes(5_000);
    }
    world.passes(3_600_000);
    const lines = world.lines();
    expect(lines.filter((line) => line.includes("flapping"))).toEqual([
      "15.20 extlb-01 opened critical: ext-lb: 10.150.160.32 is flapping between extlb-01 and extlb-02",
      "900.05 extlb-01 resolved critical: ext-lb: 10.150.160.32 is flapping between extlb-01 and extlb-02",
    ]);
    expect(lines.filter((line) => line.includes("opened") && line.includes("moved"))).toHaveLength(1);
  });

  test("an old move is not told again when redundancy is lost anew", () => {
    const world = new AgentWorld();
    leaves(world, "extlb-01");
    world.passes(50);
    takes(world, "extlb-02");
    world.happens("extlb-01", "instance", "ext-lb", "BACKUP");
    world.passes(30_000);
    haproxyDies(world, "extlb-01", "exit-code 1");
    world.passes(10_000);
    expect(world.lines().filter((line) => line.includes("moved"))).toHaveLength(2);
  });
});

describe("who serves", () => {
  test("nobody holds the address: critical, with each node's reason, and one return", () => {
    const world = new AgentWorld();
    haproxyDies(world, "extlb-02", "exit-code 1");
    world.happens("extlb-02", "instance", "ext-lb", "FAULT");
    world.passes(2000);
    haproxyDies(world, "extlb-01", "oom-kill");
    leaves(world, "extlb-01");
    world.passes(30_000);
    haproxyReturns(world, "extlb-01");
    takes(world, "extlb-01");
    world.passes(10_000);
    expect(world.lines()).toEqual([
      "6.60 extlb-01 opened critical: ext-lb: no node holds 10.150.160.32",
      "32.00 extlb-01 opened warning: ext-lb: redundancy lost: extlb-02 cannot take over: HAProxy is not running (exit-code 1)",
      "32.00 extlb-01 opened warning: ext-lb: 10.150.160.32 left extlb-01 and came back",
      "34.00 extlb-01 resolved critical: ext-lb: 10.150.160.32 is held again",
    ]);
    expect(world.told[0]?.incident.text).toBe(
      [
        "Why: extlb-01: HAProxy is not running (killed: out of memory); extlb-02: HAProxy is not running (exit-code 1).",
        "Since: 2026-11-22 10:42:07Z.",
        "In service: 10.150.160.32 does not answer: clients are refused or wait in vain.",
        "To do: on extlb-01: journalctl -u haproxy says why it ended; systemctl start haproxy.",
      ].join("\n"),
    );
  });

  test("a takeover that lasts no longer than it should is no alarm", () => {
    const world = new AgentWorld();
    leaves(world, "extlb-01");
    world.passes(3600);
    takes(world, "extlb-02");
    world.passes(2000);
    expect(world.lines().filter((line) => line.includes("no node"))).toEqual([]);
  });

  test("both hold the address, because the password differs; an overlap of a second is no alarm", () => {
    const world = new AgentWorld();
    takes(world, "extlb-02");
    world.passes(1000);
    leaves(world, "extlb-01", "BACKUP");
    world.passes(60_000);
    expect(world.lines().filter((line) => line.includes("both"))).toEqual([]);
    takes(world, "extlb-01");
    world.happens("extlb-01", "adverts", "ext-lb", "refused", { reason: "password" });
    world.passes(10_000);
    leaves(world, "extlb-01", "BACKUP");
    world.passes(10_000);
    expect(world.lines().filter((line) => / (both|alone)/.test(line))).toEqual([
      "62.50 extlb-01 opened critical: ext-lb: extlb-01 and extlb-02 both hold 10.150.160.32",
      "73.00 extlb-01 resolved critical: ext-lb: one node alone holds 10.150.160.32 again",
    ]);
    expect(textOf(world, "ext-lb: extlb-01 and extlb-02 both hold 10.150.160.32")).toContain(
      "Why: keepalived on extlb-01 refuses the other's adverts (password).",
    );
  });

  test("the standby's HAProxy is down: lost redundancy, told once, by the preferred node", () => {
    const world = new AgentWorld();
    haproxyDies(world, "extlb-02", "exit-code 1");
    world.happens("extlb-02", "instance", "ext-lb", "FAULT");
    world.passes(60_000);
    haproxyReturns(world, "extlb-02");
    world.happens("extlb-02", "instance", "ext-lb", "BACKUP");
    world.passes(60_000);
    expect(world.lines()).toEqual([
      "15.00 extlb-01 opened warning: ext-lb: redundancy lost: extlb-02 cannot take over: HAProxy is not running (exit-code 1)",
      "65.01 extlb-01 resolved warning: ext-lb: redundancy restored: extlb-02 is fit again",
    ]);
  });

  test("a standby that restarts keepalived within ten seconds is no alarm", () => {
    const world = new AgentWorld();
    world.happens("extlb-02", "unit", "keepalived", "inactive", { result: "success" });
    world.happens("extlb-02", "instance", "ext-lb", "STOPPED");
    world.passes(10_000);
    world.happens("extlb-02", "unit", "keepalived", "active");
    world.happens("extlb-02", "instance", "ext-lb", "BACKUP");
    world.passes(60_000);
    expect(world.lines()).toEqual([]);
  });
});

describe("HAProxy and its back ends", () => {
  test("down on the holder, and the address stays: critical after systemd had its time", () => {
    const world = new AgentWorld();
    world.happens("extlb-01", "unit", "haproxy", "failed", { result: "exit-code 1" });
    world.passes(8000);
    world.happens("extlb-01", "unit", "haproxy", "active");
    world.passes(10_000);
    expect(world.lines()).toEqual([
      "3.00 extlb-01 opened critical: extlb-01: HAProxy is not running (exit-code 1)",
      "11.00 extlb-01 resolved critical: extlb-01: HAProxy is not running (exit-code 1)",
    ]);
    expect(world.told[0]?.incident.text).toContain(
      "In service: extlb-01 still holds 10.150.160.32: clients are not served.",
    );
  });

  test("a restart within three seconds is none of anybody's business", () => {
    const world = new AgentWorld();
    world.happens("extlb-01", "unit", "haproxy", "failed", { result: "signal 11" });
    world.passes(200);
    world.happens("extlb-01", "unit", "haproxy", "starting");
    world.passes(2000);
    world.happens("extlb-01", "unit", "haproxy", "active");
    world.passes(60_000);
    expect(world.lines()).toEqual([]);
  });

  test("hung on the holder: critical; a failed reload and a slow check are warnings", () => {
    const world = new AgentWorld();
    world.happens("extlb-01", "reload", "haproxy", "failed");
    world.happens("extlb-02", "health", "haproxy", "slow");
    world.happens("extlb-01", "answering", "haproxy", "no");
    world.passes(31_000);
    expect(world.lines()).toEqual([
      "1.00 extlb-01 opened warning: extlb-01: HAProxy's reload failed",
      "2.00 extlb-01 opened critical: extlb-01: HAProxy runs but does not answer",
      "30.00 extlb-02 opened warning: extlb-02: HAProxy answers its health check slowly (over 200 ms)",
    ]);
  });

  test("the back end is dead for both: one incident, critical, and the address stays", () => {
    const world = new AgentWorld();
    world.happens("extlb-01", "rule", "web-servers", "dead");
    world.passes(200);
    world.happens("extlb-02", "rule", "web-servers", "dead");
    world.passes(60_000);
    world.happens("extlb-01", "rule", "web-servers", "whole");
    world.passes(200);
    world.happens("extlb-02", "rule", "web-servers", "whole");
    world.passes(60_000);
    const title =
      "ext-lb: back end web has fewer than 2 servers up (rule web-servers) on extlb-01 and extlb-02";
    expect(world.lines()).toEqual([
      `1.00 extlb-01 opened critical: ${title}`,
      `65.41 extlb-01 resolved critical: ${title}`,
    ]);
    expect(world.told[0]?.incident.text).toContain(
      "In service: clients get errors; it is so on every node, so the address stays where it is.",
    );
  });

  test("it spreads from the standby to the holder: the same incident becomes critical within seconds", () => {
    const world = new AgentWorld();
    world.happens("extlb-02", "rule", "web-servers", "broken");
    world.passes(10_000);
    world.happens("extlb-01", "rule", "web-servers", "broken");
    world.passes(10_000);
    expect(world.told.map(({ incident }) => [incident.phase, incident.severity, incident.revision])).toEqual([
      ["opened", "warning", 1],
      ["updated", "critical", 2],
    ]);
    expect(new Set(world.told.map(({ incident }) => incident.id)).size).toBe(1);
  });
});

describe("upkeep", () => {
  test("maintenance, its reboot and its overdue end: nothing else is told of the node meanwhile", () => {
    const world = new AgentWorld();
    world.happens("extlb-01", "maintenance", "node", "on", {
      by: "alice",
      reason: "kernel update",
      until: "2026-11-22T11:00:00Z",
    });
    world.happens("extlb-01", "watched", "hold", "1");
    leaves(world, "extlb-01");
    world.passes(30);
    takes(world, "extlb-02");
    world.passes(60_000);
    world.happens("extlb-01", "agent", "self", "stopping");
    world.passes(20);
    world.kill("extlb-01");
    world.passes(120_000);
    world.restart("extlb-01");
    world.passes(1_200_000);
    world.happens("extlb-01", "watched", "hold", "0");
    world.happens("extlb-01", "instance", "ext-lb", "BACKUP");
    world.happens("extlb-01", "maintenance", "node", "off");
    world.passes(20_000);
    const maintained = "extlb-01: in maintenance until 2026-11-22 11:00:00Z (alice: kernel update)";
    expect(world.lines()).toEqual([
      `0.00 extlb-01 opened info: ${maintained}`,
      "0.03 extlb-02 opened info: ext-lb: 10.150.160.32 moved from extlb-01 to extlb-02",
      "300.03 extlb-02 resolved info: ext-lb: 10.150.160.32 moved from extlb-01 to extlb-02",
      "1075.00 extlb-01 opened warning: extlb-01: maintenance is overdue (alice: kernel update)",
      `1380.05 extlb-01 resolved info: ${maintained}`,
      "1380.05 extlb-01 resolved warning: extlb-01: maintenance is overdue (alice: kernel update)",
    ]);
    expect(textOf(world, "extlb-01: maintenance is overdue (alice: kernel update)")).toContain(
      "Why: alice: kernel update; it should have ended 2026-11-22 11:00:00Z.",
    );
    expect(world.told[1]?.incident.detail["cause"]).toBe(
      "extlb-01 was put under maintenance by alice: kernel update",
    );
  });

  test("a maintenance that is prolonged is told once more, and is overdue by its new end", () => {
    const world = new AgentWorld();
    const until = (time: string) => ({ by: "anna@ops1", until: `2026-11-22T${time}Z` });
    world.happens("extlb-02", "maintenance", "node", "on", until("10:52:00"));
    world.passes(300_000);
    world.happens("extlb-02", "maintenance", "node", "on", until("12:00:00"));
    world.happens("extlb-02", "maintenance", "node", "on", until("12:00:00"));
    world.passes(1_200_000);
    expect(world.lines()).toEqual([
      "0.00 extlb-02 opened info: extlb-02: in maintenance until 2026-11-22 10:52:00Z (anna@ops1)",
      "306.00 extlb-02 updated info: extlb-02: in maintenance until 2026-11-22 12:00:00Z (anna@ops1)",
    ]);
  });

  test("a switch by hapair is one move that was asked for", () => {
    const world = new AgentWorld();
    world.happens("extlb-02", "drain", "take", "open");
    world.happens("extlb-01", "drain", "give", "open");
    world.happens("extlb-01", "watched", "hold", "1");
    leaves(world, "extlb-01");
    world.passes(12);
    takes(world, "extlb-02");
    world.happens("extlb-01", "watched", "hold", "0");
    world.happens("extlb-01", "instance", "ext-lb", "BACKUP");
    world.passes(60_000);
    world.happens("extlb-01", "drain", "give", "closed");
    world.happens("extlb-02", "drain", "take", "closed");
    world.passes(60_000);
    expect(world.lines()).toEqual([
      "0.01 extlb-02 opened info: ext-lb: 10.150.160.32 moved from extlb-01 to extlb-02",
      "15.01 extlb-02 resolved info: ext-lb: 10.150.160.32 moved from extlb-01 to extlb-02",
    ]);
    expect(world.told.at(-1)?.incident.detail["cause"]).toBe("moved by hapair switch");
  });

  test("moves that were asked for are no flapping, however many", () => {
    const world = new AgentWorld();
    for (const [from, to] of [0, 1, 2].flatMap(() => [
      ["extlb-01", "extlb-02"] as const,
      ["extlb-02", "extlb-01"] as const,
    ])) {
      world.happens(from, "watched", "hold", "1");
      leaves(world, from);
      world.passes(12);
      world.happens(from, "watched", "hold", "0");
      takes(world, to);
      world.happens(from, "instance", "ext-lb", "BACKUP");
      world.passes(40_000);
    }
    expect(world.told.filter(({ incident }) => incident.condition === "flapping")).toEqual([]);
    expect(new Set(world.told.map(({ incident }) => incident.severity))).toEqual(new Set(["info"]));
  });

  test("a node under maintenance that takes the address as a last resort: told as lost redundancy, by name", () => {
    const world = new AgentWorld();
    const held = { by: "anna@ops1", reason: "kernel upgrade" };
    world.happens("extlb-02", "maintenance", "node", "on", held);
    world.happens("extlb-02", "watched", "hold", "1");
    world.happens("extlb-02", "instance", "ext-lb", "FAULT");
    world.passes(60_000);
    world.kill("extlb-01");
    world.passes(12_000);
    world.happens("extlb-02", "last-resort", "node", "on");
    world.happens("extlb-02", "watched", "hold", "0");
    takes(world, "extlb-02");
    world.passes(60_000);
    // The peer is back, and the address stays where it is.
    world.restart("extlb-01");
    leaves(world, "extlb-01", "BACKUP");
    world.passes(60_000);
    // It is moved, and the last resort ends.
    world.happens("extlb-02", "watched", "hold", "1");
    leaves(world, "extlb-02");
    world.passes(30);
    takes(world, "extlb-01");
    world.happens("extlb-02", "last-resort", "node", "off");
    world.passes(60_000);
    const silent =
      "ext-lb: extlb-02 is under maintenance and holds the VIP as a last resort: extlb-01 has been silent since 2026-11-22 10:43:05Z";
    const lines = world.lines().filter((line) => !line.includes("moved from") && !line.includes("agent"));
    expect(lines.map((line) => line.replace(/^\S+ /, ""))).toEqual([
      "extlb-02 opened info: extlb-02: in maintenance (anna@ops1: kernel upgrade)",
      `extlb-02 opened warning: ${silent}`,
      "extlb-01 opened warning: ext-lb: extlb-02 is under maintenance and holds the VIP as a last resort: the adverts of extlb-01 were missing",
      "extlb-02 resolved warning: ext-lb: redundancy restored: extlb-01 is fit again",
      "extlb-01 resolved warning: ext-lb: extlb-02 no longer holds the address as a last resort",
    ]);
    expect(textOf(world, silent)).toContain(
      "clients are served by extlb-02, which is under maintenance (anna@ops1: kernel upgrade)",
    );
  });

  test("a certificate near its end on both nodes is one incident; it becomes critical when it has ended", () => {
    const world = new AgentWorld();
    for (const node of ["extlb-01", "extlb-02"] as const)
      world.happens(node, "certificate", "/etc/haproxy/site.pem", "2026-11-22T11:00:00Z");
    world.passes(1_100_000);
    world.happens("extlb-01", "certificate", "/etc/haproxy/site.pem", "2027-12-06T11:00:00Z");
    world.happens("extlb-02", "certificate", "/etc/haproxy/site.pem", "2027-12-06T11:00:00Z");
    world.passes(1000);
    expect(world.lines().map((line) => line.replace(/^\S+ /, ""))).toEqual([
      "extlb-01 opened warning: ext-lb: certificate /etc/haproxy/site.pem ends 2026-11-22 11:00:00Z",
      "extlb-01 updated critical: ext-lb: certificate /etc/haproxy/site.pem ended 2026-11-22 11:00:00Z",
      "extlb-01 resolved critical: ext-lb: certificate /etc/haproxy/site.pem ended 2026-11-22 11:00:00Z",
    ]);
  });

  test("a daemon with another configuration than the deployed one, longer than an apply takes", () => {
    const world = new AgentWorld();
    world.happens("extlb-02", "configuration", "keepalived", "edited");
    world.happens("extlb-02", "configuration", "haproxy", "unread");
    world.passes(60_000);
    world.happens("extlb-02", "configuration", "haproxy", "deployed");
    world.passes(61_000);
    expect(world.lines()).toEqual([
      "120.00 extlb-02 opened warning: extlb-02: keepalived does not run what was deployed",
    ]);
  });
});

describe("the agents", () => {
  test("stopped for good: its peer says so, and says what that costs; a restart of half a minute is no news", () => {
    const world = new AgentWorld();
    world.happens("extlb-02", "agent", "self", "stopping");
    world.passes(20);
    world.kill("extlb-02");
    world.passes(25_000);
    world.restart("extlb-02");
    world.passes(10_000);
    expect(world.lines()).toEqual([]);
    world.happens("extlb-02", "agent", "self", "stopping");
    world.passes(20);
    world.kill("extlb-02");
    world.passes(60_000);
    world.restart("extlb-02");
    world.passes(10_000);
    expect(world.lines()).toEqual([
      "66.04 extlb-01 opened warning: extlb-02: its agent is not heard: it was stopped",
      "100.05 extlb-01 resolved warning: extlb-02: its agent is not heard: it was stopped",
    ]);
  });

  test("the agents' port is blocked: each says what VRRP tells it of the other", () => {
    const world = new AgentWorld();
    world.linkUp = false;
    world.passes(60_000);
    expect(world.lines()).toEqual([
      "31.01 extlb-01 opened warning: extlb-02: its agent is not heard",
      "31.01 extlb-02 opened warning: extlb-01: its agent is not heard; the node itself is up",
    ]);
    expect(world.told[1]?.incident.text).toContain("UDP port 5405 is blocked");
  });

  test("notices that were given up, and a log that cannot be written", () => {
    const world = new AgentWorld({
      settings: {
        alerts: {
          routes: [
            { name: "ops", severity: "info", target: { kind: "slack", url: "https://hooks.invalid/x" } },
          ],
          quietTimes: [],
          patienceMs: {},
          retryForMs: 1,
          retryFirstMs: 1,
          retryMaxMs: 1,
          takeOverAfterMs: 1,
          logBytesMax: 1,
          certificateDays: 14,
        },
      },
    });
    world.happens("extlb-02", "notice", "0123456789abcdef/1/ops", "expired", { reason: "no answer" });
    world.happens("extlb-02", "notice", "0123456789abcdef/1/gone", "dropped");
    world.happens("extlb-01", "log", "self", "failing", { reason: "no space left on device" });
    world.passes(1000);
    world.happens("extlb-02", "notice", "0123456789abcdef/2/ops", "delivered");
    world.happens("extlb-01", "log", "self", "written");
    world.passes(400_000);
    expect(world.lines()).toEqual([
      "0.00 extlb-02 opened critical: extlb-02: alerts were lost on route ops",
      "0.00 extlb-01 opened critical: extlb-01: the agent's log cannot be written",
      "301.00 extlb-01 resolved critical: extlb-01: the agent's log cannot be written",
      "301.00 extlb-02 resolved critical: extlb-02: alerts were lost on route ops",
    ]);
  });

  test("the owner dies: its peer goes on under the same id", () => {
    const world = new AgentWorld();
    haproxyDies(world, "extlb-02", "exit-code 1");
    world.happens("extlb-02", "instance", "ext-lb", "FAULT");
    world.passes(20_000);
    world.kill("extlb-01");
    world.passes(10_000);
    haproxyReturns(world, "extlb-02");
    world.happens("extlb-02", "instance", "ext-lb", "BACKUP");
    world.passes(10_000);
    const told = world.told.filter(({ incident }) => incident.condition === "standby-not-ready");
    expect(told.map(({ by, incident }) => [by, incident.phase, incident.revision, incident.owner])).toEqual([
      ["extlb-01", "opened", 1, "extlb-01"],
      // Worse: whether anybody serves is not known any more.
      ["extlb-02", "updated", 2, "extlb-02"],
      ["extlb-02", "resolved", 3, "extlb-02"],
    ]);
    expect(new Set(told.map(({ incident }) => incident.id)).size).toBe(1);
    world.restart("extlb-01");
    world.passes(60_000);
    expect(world.told.filter(({ incident }) => incident.condition === "standby-not-ready")).toEqual(told);
  });

  test("a restart of the owner forgets nothing: no second opening, and the end is told", () => {
    const world = new AgentWorld();
    world.happens("extlb-01", "reload", "haproxy", "failed");
    world.passes(5000);
    world.kill("extlb-01");
    world.passes(5000);
    world.restart("extlb-01");
    world.passes(5000);
    world.happens("extlb-01", "reload", "haproxy", "ok");
    world.passes(5000);
    expect(world.told.map(({ incident }) => `${incident.phase} ${incident.revision}`)).toEqual([
      "opened 1",
      "resolved 2",
    ]);
  });

  test("a patience in the settings goes before the condition's own", () => {
    const world = new AgentWorld();
    const { alerts } = new AgentWorld().settingsOf("extlb-01");
    const patient = new AgentWorld({
      settings: { alerts: { ...alerts, patienceMs: { "haproxy-reload-failed": 60_000 } } },
    });
    for (const each of [world, patient]) {
      each.happens("extlb-01", "reload", "haproxy", "failed");
      each.passes(59_000);
    }
    expect([world.told.length, patient.told.length]).toEqual([1, 0]);
    patient.passes(1000);
    expect(patient.told).toHaveLength(1);
  });
});

test("a fit pair has nothing to tell", () => {
  const world = new AgentWorld();
  world.passes(3_600_000);
  expect(world.lines()).toEqual([]);
});
