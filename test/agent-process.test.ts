// The built agent as a process: killed, with receivers that fail and a disk that is full, and beside its peer. All that it is told and tells is real.
// The issue's figures in small; `npm run soak -- --agent` has them in full.

import { execFileSync, spawnSync } from "node:child_process";
import { createHmac, randomInt, timingSafeEqual } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type AgentEvent,
  type AgentSettings,
  type AgentStatus,
  type AlertRoute,
  readAgentEvent,
  readAgentStatus,
} from "../src/agent-api/index.ts";
import { HOUR_MS, quickerRetries } from "./support/agent-downtime.ts";
import { aloneOnReloads, killAgain, reloadEntry } from "./support/agent-kills.ts";
import { type AgentSite, agentSite, buildAgentIfStale } from "./support/agent-process.ts";
import {
  type Mood,
  type Receiver,
  startMailReceiver,
  startWebhookReceiver,
} from "./support/alert-receivers.ts";
import { startPlayedHaproxy } from "./support/played-haproxy.ts";
import { tries } from "./support/tries.ts";

const LIMIT_MS = 15_000;
/** Time is compressed by settings: retries come so much quicker, and an hour is so much shorter. */
const QUICKER = 1800;
const certificates = new URL("support/test-only-certificates/", import.meta.url);
const pem = (name: string): string => readFileSync(new URL(name, certificates), "utf8");

const ends: (() => Promise<unknown> | void)[] = [];

vi.setConfig({ testTimeout: 120_000 });
beforeAll(buildAgentIfStale, 60_000);
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const eventually = <Value>(check: () => Value | Promise<Value>): Promise<Value> =>
  vi.waitFor(check, { timeout: LIMIT_MS, interval: 25 });

function siteOf(
  change: (settings: AgentSettings, directory: string) => AgentSettings,
  node?: string,
): AgentSite {
  const site = agentSite(change, node);
  ends.push(() => site.remove());
  return site;
}

async function webhook(): Promise<Receiver> {
  const receiver = await startWebhookReceiver();
  ends.push(() => receiver.stop());
  return receiver;
}

function hookRoute(receiver: Receiver, more: Partial<AlertRoute> = {}, secret?: string): AlertRoute {
  return {
    name: "hook",
    severity: "info",
    target: {
      kind: "webhook",
      url: `http://127.0.0.1:${receiver.port}/`,
      headers: {},
      ...(secret === undefined ? {} : { secret }),
    },
    ...more,
  };
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

const freePort = (): number => randomInt(20_000, 32_000);

/** An agent without a peer; its alerts as `alerts` changes them. */
function loneSite(routes: readonly AlertRoute[], alerts: Partial<AgentSettings["alerts"]> = {}): AgentSite {
  return siteOf((settings) => {
    const alone = aloneOnReloads(settings);
    return {
      ...alone,
      peers: { ...alone.peers, port: freePort() },
      alerts: { ...alone.alerts, routes, ...alerts },
    };
  });
}

async function statusOf(site: AgentSite): Promise<AgentStatus> {
  const status = readAgentStatus((await site.ask("/status")) ?? "");
  if (status === undefined) throw new Error(`no status: ${site.said()}`);
  return status;
}

async function running(site: AgentSite): Promise<void> {
  site.start();
  await eventually(() => statusOf(site));
}

async function eventsOf(site: AgentSite): Promise<AgentEvent[]> {
  const text = (await site.ask("/events?limit=10000")) ?? "";
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => readAgentEvent(line))
    .filter((event) => event !== undefined);
}

interface Told {
  readonly notice: string;
  readonly incident: string;
  readonly revision: number;
  readonly phase: string;
  readonly condition: string;
  readonly owner: string;
  readonly node: string;
  readonly title: string;
}

/** Nothing but what a test makes happen: a machine that is busy may give an agent more to tell. */
const RELOADS = { conditions: ["haproxy-reload-failed"] } as const;

/** What a receiver took: what it answered with success. */
const taken = (receiver: Receiver): Told[] =>
  receiver.received
    .filter(({ mood }) => mood === "well" || mood === "slow")
    .map(({ body }) => JSON.parse(body) as Told);

describe("one agent", () => {
  it("loses nothing and mixes nothing up when it is killed again and again", async () => {
    const seed = randomInt(1_000_000);
    const { problems, incidentsTold } = await killAgain({ kills: tries(5, 12), events: tries(30, 60), seed });
    expect({ seed, problems, incidentsTold }).toEqual({ seed, problems: [], incidentsTold: tries(15, 30) });
  }, 120_000);

  it("tells everything in order after an hour in which its receiver was ill in every way", async () => {
    const hook = await webhook();
    const site = loneSite([hookRoute(hook, RELOADS)], quickerRetries(QUICKER));
    await running(site);
    let sent = 0;
    const happen = async (): Promise<void> => {
      for (const result of ["failed", "done"] as const) {
        site.journal(reloadEntry(result));
        sent += 1;
        const value = result === "failed" ? "failed" : "ok";
        await eventually(async () => {
          const reloads = (await eventsOf(site)).filter(({ kind }) => kind === "reload");
          expect([reloads.length, reloads.at(-1)?.value]).toEqual([sent, value]);
        });
      }
    };
    const attempts = async (): Promise<number> => {
      const text = (await site.ask("/metrics")) ?? "";
      return Number(/^hapair_deliveries_total\{[^}]*result="failed"\} (\d+)$/m.exec(text)?.[1] ?? 0);
    };
    for (const mood of ["down", "slow", "failing", "resetting", "hanging"] as const satisfies Mood[]) {
      await hook.setMood(mood);
      const before = await attempts();
      await happen();
      // Each of them is felt, if only by a try that was under way; down it is for the compressed hour.
      await eventually(async () => {
        if (mood === "down") expect(await attempts()).toBeGreaterThan(before);
        else expect(hook.received.map((one) => one.mood)).toContain(mood);
      });
      if (mood === "down") await pause(HOUR_MS / QUICKER);
    }
    await hook.setMood("well");
    await happen();
    await eventually(() => expect(new Set(taken(hook).map(({ notice }) => notice)).size).toBe(sent));
    await eventually(async () => expect((await statusOf(site)).spool.depth).toBe(0));
    const byIncident = new Map<string, string[]>();
    for (const { incident, revision, phase } of taken(hook))
      byIncident.set(incident, [...(byIncident.get(incident) ?? []), `${revision} ${phase}`]);
    expect([...byIncident.values()]).toEqual(
      Array.from({ length: sent / 2 }, () => ["1 opened", "2 resolved"]),
    );
    // What was tried and not taken was the same notice under the same id.
    const ids = new Set(taken(hook).map(({ notice }) => notice));
    for (const { body } of hook.received) expect(ids).toContain((JSON.parse(body) as Told).notice);
  });

  it("tells one incident by mail with TLS and a login, and by a webhook that can be sure who it was", async () => {
    const secret = "a secret for tests alone";
    const login = { user: "alerts", password: "c0rrect-h0rse" };
    const mail = await startMailReceiver({
      key: pem("server-key.pem"),
      certificate: pem("server.pem"),
      ...login,
    });
    ends.push(() => mail.stop());
    const hook = await webhook();
    const mailRoute: AlertRoute = {
      name: "mail",
      severity: "info",
      ...RELOADS,
      target: {
        kind: "smtp",
        host: "127.0.0.1",
        port: mail.port,
        tls: "starttls",
        authority: pem("authority.pem"),
        from: "hapair@example.com",
        to: ["ops@example.com"],
        ...login,
      },
    };
    const site = loneSite([mailRoute, hookRoute(hook, RELOADS, secret)]);
    await running(site);
    site.journal(reloadEntry("failed"));
    await eventually(() => expect([mail.received.length, hook.received.length]).toEqual([1, 1]));
    const [told] = taken(hook);
    const message = mail.received[0]?.body ?? "";
    const header = (name: string): string | undefined =>
      new RegExp(`^${name}: (.*)\r$`, "m").exec(message)?.[1];
    expect(header("X-Hapair-Incident")).toBe(told?.incident);
    expect(header("X-Hapair-Notice")).toBe(`${told?.incident}/1/mail`);
    expect(told?.notice).toBe(`${told?.incident}/1/hook`);

    const { headers = {}, body = "" } = hook.received[0] ?? {};
    const isOurs = (text: string, by: string): boolean => {
      const timestamp = headers["x-hapair-timestamp"] ?? "";
      const expected = `sha256=${createHmac("sha256", by).update(`${timestamp}.${text}`).digest("hex")}`;
      const given = headers["x-hapair-signature"] ?? "";
      const isRecent = Math.abs(Date.now() / 1000 - Number(timestamp)) < 300;
      return (
        isRecent &&
        given.length === expected.length &&
        timingSafeEqual(Buffer.from(given), Buffer.from(expected))
      );
    };
    expect(isOurs(body, secret)).toBe(true);
    expect(isOurs(body, `${secret}.`)).toBe(false);
    expect(isOurs(body.replace('"opened"', '"resolved"'), secret)).toBe(false);
    expect(JSON.stringify([site.said(), await site.ask("/status")])).not.toContain(login.password);
  });

  it("goes on telling while its disk is full, and knows all of it when the disk is freed and it is killed", async (context) => {
    const hook = await webhook();
    const site = loneSite([hookRoute(hook, RELOADS)]);
    const state = site.settings.paths.stateDirectory;
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", state]);
    if (mounted.status !== 0) context.skip("a small disk cannot be mounted here: that needs root");
    ends.push(async () => {
      await site.kill();
      execFileSync("umount", [state]);
    });
    await running(site);
    const filler = join(state, "filler");
    expect(() => writeFileSync(filler, Buffer.alloc(512 * 1024))).toThrow("ENOSPC");
    const reloads = async (): Promise<void> => {
      const before = hook.received.length;
      for (const result of ["failed", "done"] as const) {
        site.journal(reloadEntry(result));
        // Told while the log stands still: one by one.
        const count = before + (result === "failed" ? 1 : 2);
        await eventually(() => expect(hook.received.length).toBe(count));
      }
    };
    // What is left of the last page takes a few.
    for (let tried = 0; tried < 20 && (await site.ask("/healthz")) === "ok\n"; tried += 1) await reloads();
    expect(await site.ask("/healthz")).toContain("cannot be written");
    await reloads();
    await reloads();
    site.journal(reloadEntry("failed"));
    rmSync(filler);
    await eventually(async () => expect(await site.ask("/healthz")).toBe("ok\n"));
    await eventually(async () => expect((await statusOf(site)).spool.depth).toBe(0));
    await site.kill();
    await running(site);
    const own = await eventsOf(site);
    expect(own.filter(({ kind }) => kind === "log").map(({ value }) => value)).toEqual([
      "failing",
      "written",
    ]);
    const firstRun = own.filter(({ sequence }) => sequence <= 1000).map(({ sequence }) => sequence);
    expect(firstRun).toEqual(firstRun.map((_, index) => index + 1));
    const logged = own
      .filter(({ kind }) => kind === "incident")
      .map(({ subject, value }) => `${subject} ${value}`);
    for (const { incident, phase, condition } of taken(hook))
      if (condition === "haproxy-reload-failed") expect(logged).toContain(`${incident} ${phase}`);
    // The one that is open ends under its id, and nothing was told twice.
    const open = taken(hook).at(-1);
    site.journal(reloadEntry("done"));
    await eventually(() =>
      expect(taken(hook).at(-1)).toMatchObject({ incident: open?.incident, revision: 2, phase: "resolved" }),
    );
    expect(new Set(taken(hook).map(({ notice }) => notice)).size).toBe(hook.received.length);
  });
});

describe("two agents", () => {
  interface Two {
    readonly lb1: AgentSite;
    readonly lb2: AgentSite;
  }

  /** Both nodes' agents, not started. */
  function twoSites(change: (settings: AgentSettings, directory: string) => AgentSettings): Two {
    const port = freePort();
    const onPort = (settings: AgentSettings, directory: string): AgentSettings =>
      change({ ...settings, peers: { ...settings.peers, port } }, directory);
    return { lb1: siteOf(onPort, "lb1"), lb2: siteOf(onPort, "lb2") };
  }

  const hears = async (site: AgentSite): Promise<void> => {
    expect((await statusOf(site)).peers.map(({ heard }) => heard)).toEqual([true]);
  };
  const bothRun = async ({ lb1, lb2 }: Two): Promise<void> => {
    await Promise.all([running(lb1), running(lb2)]);
    await eventually(() => Promise.all([hears(lb1), hears(lb2)]));
  };
  const knowsState = async (site: AgentSite, node: string, value: string): Promise<void> => {
    const states = (await eventsOf(site)).filter((event) => event.kind === "instance" && event.node === node);
    expect(states.at(-1)?.value).toBe(value);
  };
  /** keepalived's lines of the usual roles; what is known then is no move. */
  const lb1Serves = async ({ lb1, lb2 }: Two): Promise<void> => {
    lb1.notify('INSTANCE "ext-lb" MASTER 150');
    lb2.notify('INSTANCE "ext-lb" BACKUP 100');
    await eventually(() => Promise.all([knowsState(lb2, "lb1", "MASTER"), knowsState(lb1, "lb2", "BACKUP")]));
  };
  const moveToLb2 = ({ lb1, lb2 }: Two): void => {
    lb1.notify('INSTANCE "ext-lb" FAULT 150');
    lb2.notify('INSTANCE "ext-lb" MASTER 100');
  };
  const nothingWaits = async ({ lb1, lb2 }: Two): Promise<void> => {
    for (const site of [lb1, lb2]) expect((await statusOf(site)).spool.depth).toBe(0);
  };

  it("tell a move once, from one of them, and each knows what happened to the other while it was dead", async () => {
    const hook = await webhook();
    const two = twoSites((settings) => ({
      ...settings,
      alerts: {
        ...settings.alerts,
        takeOverAfterMs: 1500,
        routes: [hookRoute(hook, { conditions: ["vip-moved"] })],
      },
    }));
    const { lb1, lb2 } = two;
    await bothRun(two);
    await lb1Serves(two);
    moveToLb2(two);
    await eventually(() => expect(taken(hook)[0]?.title).toBe("ext-lb: 10.150.160.32 moved from lb1 to lb2"));
    // The new holder tells it; the other one would too if it did not learn that it was told.
    await eventually(async () => expect((await eventsOf(lb1)).map(({ kind }) => kind)).toContain("notice"));
    await eventually(() => nothingWaits(two));
    expect(taken(hook).map(({ revision }) => revision)).toEqual([1]);

    const logsOf = async (site: AgentSite): Promise<Set<string>> =>
      new Set((await eventsOf(site)).map(({ node, log }) => `${node} ${log}`));
    const logs = await logsOf(lb1);
    expect(logs.size).toBe(2);
    await lb2.kill();
    await eventually(async () => expect((await statusOf(lb1)).peers[0]?.heard).toBe(false));
    lb1.notify('INSTANCE "ext-lb" BACKUP 150');
    await eventually(() => knowsState(lb1, "lb1", "BACKUP"));
    // The line waits in the FIFO until its agent is there again.
    lb2.notify('INSTANCE "ext-lb" FAULT 100');
    await running(lb2);
    await eventually(() => Promise.all([hears(lb1), hears(lb2)]));
    await eventually(() => Promise.all([knowsState(lb2, "lb1", "BACKUP"), knowsState(lb1, "lb2", "FAULT")]));
    expect([await logsOf(lb1), await logsOf(lb2)]).toEqual([logs, logs]);
    const sequences = (await eventsOf(lb1))
      .filter(({ node }) => node === "lb2")
      .map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((left, right) => left - right));
  });

  it("tell what the owner could not tell any more, under the same id", async () => {
    const hooks = { lb1: await webhook(), lb2: await webhook() };
    await hooks.lb2.setMood("hanging");
    const two = twoSites((settings) => ({
      ...settings,
      alerts: {
        ...settings.alerts,
        takeOverAfterMs: 60_000,
        routes: [hookRoute(settings.node === "lb1" ? hooks.lb1 : hooks.lb2, { conditions: ["vip-moved"] })],
      },
    }));
    const { lb1, lb2 } = two;
    await bothRun(two);
    await lb1Serves(two);
    moveToLb2(two);
    // The owner has recorded it and tries to tell it; lb1 has learned of it, and leaves it to the owner.
    await eventually(() => expect(hooks.lb2.received.length).toBe(1));
    await eventually(async () => expect((await statusOf(lb1)).spool.depth).toBe(1));
    expect(hooks.lb1.received).toEqual([]);
    await lb2.kill();
    await eventually(() => expect(taken(hooks.lb1).length).toBeGreaterThan(0));
    const tried = JSON.parse(hooks.lb2.received[0]?.body ?? "") as Told;
    expect(taken(hooks.lb1)[0]).toMatchObject({
      notice: tried.notice,
      phase: "opened",
      node: "lb1",
      owner: "lb2",
    });
    // The owner comes back and learns that it was done. What else it has to tell is told in order.
    await hooks.lb2.setMood("well");
    await running(lb2);
    await eventually(() => Promise.all([hears(lb1), hears(lb2)]));
    await eventually(() => nothingWaits(two));
    const all = [...taken(hooks.lb1), ...taken(hooks.lb2)].filter(
      ({ incident }) => incident === tried.incident,
    );
    expect(all.map(({ revision }) => revision)).toEqual(all.map((_, index) => index + 1));
  });

  it("refuse and count a peer that has another key, and take nothing from it", async () => {
    const { lb1, lb2 } = twoSites((settings) => ({
      ...settings,
      peers: { ...settings.peers, key: `the key of ${settings.node}` },
    }));
    await Promise.all([running(lb1), running(lb2)]);
    lb2.notify('INSTANCE "ext-lb" MASTER 100');
    const refused = async (site: AgentSite): Promise<number> => {
      const text = (await site.ask("/metrics")) ?? "";
      return Number(
        /^hapair_peer_messages_refused_total\{[^}]*reason="signature"\} (\d+)$/m.exec(text)?.[1] ?? 0,
      );
    };
    const before = await refused(lb1);
    await eventually(() => knowsState(lb2, "lb2", "MASTER"));
    await eventually(async () => expect(await refused(lb1)).toBeGreaterThan(before + 5));
    expect((await statusOf(lb1)).peers[0]).toMatchObject({ node: "lb2", heard: false });
    expect((await eventsOf(lb1)).filter(({ node }) => node !== "lb1")).toEqual([]);
    expect((await statusOf(lb1)).holders[0]?.unknown).toContain("lb2");
    expect([lb1.opinion(), lb2.opinion()]).toEqual(["0", "0"]);
  });

  it("give the VIP up only to a peer that is better, fit and alive, and never both", async () => {
    const played = new Map<string, Awaited<ReturnType<typeof startPlayedHaproxy>>>();
    const healthPorts = new Map<string, number>();
    const two = twoSites((settings, directory) => ({
      ...settings,
      haproxy: {
        ...settings.haproxy,
        runtimeSocket: join(directory, "haproxy.sock"),
        healthUrl: `http://127.0.0.1:${portFor(healthPorts, settings.node)}/healthz`,
        pollMs: 100,
      },
      rules: [{ name: "answering", limit: { kind: "answering" }, moves: true, fall: 2, rise: 2 }],
      peers: { ...settings.peers, silentMs: 600, consentMs: 800 },
    }));
    const { lb1, lb2 } = two;
    for (const site of [lb1, lb2]) {
      const { node, haproxy } = site.settings;
      const haproxyOf = await startPlayedHaproxy({
        socketPath: haproxy.runtimeSocket,
        healthPort: portFor(healthPorts, node),
      });
      ends.push(() => haproxyOf.stop());
      played.set(node, haproxyOf);
    }
    const answer = (node: string, answering: boolean): void => played.get(node)?.setAnswering(answering);
    const gradeIs = async (site: AgentSite, grade: string): Promise<void> =>
      expect((await statusOf(site)).rules[0]?.grade).toBe(grade);
    const beats = async (site: AgentSite): Promise<void> => {
      // So many answered questions take several beats and looks.
      const { count } = (await statusOf(site)).looks;
      await eventually(async () => expect((await statusOf(site)).looks.count).toBeGreaterThan(count + 8));
    };
    const seen: string[] = [];
    const watching = setInterval(() => seen.push(`${lb1.opinion()}${lb2.opinion()}`), 5);
    ends.push(() => clearInterval(watching));

    await bothRun(two);
    lb1.notify('INSTANCE "ext-lb" MASTER 150');
    lb2.notify('INSTANCE "ext-lb" FAULT 100');
    await eventually(() => Promise.all([gradeIs(lb1, "whole"), gradeIs(lb2, "whole")]));
    await eventually(() => knowsState(lb1, "lb2", "FAULT"));
    answer("lb1", false);
    await eventually(() => gradeIs(lb1, "dead"));
    await beats(lb2);
    expect(lb1.opinion()).toBe("0");
    // The peer is fit now.
    lb2.notify('INSTANCE "ext-lb" BACKUP 100');
    await eventually(() => expect(lb1.opinion()).toBe("1"));
    await eventually(async () =>
      expect((await statusOf(lb1)).opinion).toMatchObject({ value: "given-up", to: "lb2" }),
    );
    await lb2.kill();
    await eventually(() => expect(lb1.opinion()).toBe("0"));
    // Neither of them answers.
    answer("lb2", false);
    lb2.start();
    await eventually(() => Promise.all([gradeIs(lb1, "dead"), gradeIs(lb2, "dead"), hears(lb1), hears(lb2)]));
    const from = seen.length;
    await beats(lb1);
    expect(new Set(seen.slice(from))).toEqual(new Set(["00"]));
    expect(seen).not.toContain("11");
    // An agent that ends takes its opinion back itself.
    answer("lb2", true);
    await eventually(() => expect(lb1.opinion()).toBe("1"));
    expect(await lb1.stop()).toBe(0);
    expect(lb1.opinion()).toBe("0");
  });
});

function portFor(ports: Map<string, number>, node: string): number {
  const port = ports.get(node) ?? freePort();
  ports.set(node, port);
  return port;
}
