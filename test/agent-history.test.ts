// What the agents recorded and what their routes answer, fetched by real scripts and curl from real control sockets on this machine.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { agentStatus } from "./support/agent-status.ts";
import { documentPair } from "./support/status-fixtures/scenes.ts";
import { controlRoutes } from "../src/agent/control.ts";
import { type HttpServer, startHttpServer } from "../src/agent/http-server.ts";
import type { AgentEvent, AgentStatus, AlertTestResult } from "../src/agent-api/index.ts";
import { type Host, prefixHost } from "../src/host/index.ts";
import type { AlertRouteOptions, Pair } from "../src/model/index.ts";
import { agentPaths } from "../src/render/index.ts";
import { readAgentHistory } from "../src/status/agent-history.ts";
import { renderAlertTest, testAlerts } from "../src/status/alert-test.ts";
import type { PairHosts } from "../src/status/observe.ts";

const plain = (_kind: string, text: string): string => text;
let folder = "";
const started: HttpServer[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-history-"));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function pairWith(...routes: readonly string[]): Pair {
  return {
    ...documentPair(),
    agent: {
      port: 8406,
      key: { kind: "env", name: "EXT_LB_AGENT_KEY" },
      metrics: "off",
      pollMs: 250,
      rules: [],
      alerts: {
        routes: routes.map((name): AlertRouteOptions => ({
          name,
          severity: "info",
          target: { kind: "slack", url: { kind: "plain", text: "http://127.0.0.1/" } },
        })),
        quietTimes: [],
        patienceMs: new Map(),
        retryForMs: 0,
        logBytesMax: 0,
        certificateDays: 0,
      },
    },
  };
}

/** What an agent has; absent: it does not run. */
interface Agent {
  readonly events?: readonly AgentEvent[];
  readonly status?: AgentStatus;
  readonly routes?: (route: string | undefined) => readonly AlertTestResult[];
}

/**
 * This machine as a node: the script runs in its shell with its curl; the agent's socket, its program and the log it reads are in a folder of the test's.
 * `log`: what the program prints when the agent does not run; absent: there is no program.
 */
async function nodeWith(name: string, agent: Agent | undefined, log?: readonly AgentEvent[]): Promise<Host> {
  const socket = join(folder, `${name}.sock`);
  const program = join(folder, `${name}.mjs`);
  rmSync(program, { force: true });
  if (log !== undefined)
    writeFileSync(
      program,
      `process.stdout.write(${JSON.stringify(log.map((one) => `${JSON.stringify(one)}\n`).join(""))})`,
    );
  if (agent !== undefined) {
    const routes = controlRoutes({
      status: () => agent.status ?? agentStatus("extlb-01"),
      events: (sinceMs, limit) => (agent.events ?? []).filter(({ atMs }) => atMs >= sinceMs).slice(-limit),
      async *alertTest(route) {
        for (const result of agent.routes?.(route) ?? []) yield result;
      },
      metrics: () => "",
      trouble: () => undefined,
    });
    started.push(await startHttpServer({ listen: { kind: "unix", path: socket, mode: 0o660 }, routes }));
  }
  const machine = prefixHost({ name, prefix: [] });
  return {
    ...machine,
    run: (script, options) =>
      machine.run(
        script
          .replaceAll(agentPaths.controlSocket, socket)
          .replaceAll(agentPaths.program, program)
          .replaceAll("/usr/bin/node", process.execPath),
        options,
      ),
  };
}

async function pairOf(first: Promise<Host>, second: Promise<Host>): Promise<PairHosts> {
  return new Map([
    ["extlb-01", await first],
    ["extlb-02", await second],
  ]);
}

function event(node: string, sequence: number, atMs: number): AgentEvent {
  return { node, log: "a1", sequence, atMs, kind: "instance", subject: "ext-lb", value: "MASTER" };
}

const nowMs = Date.now();
const ofFirst = [event("extlb-01", 1, nowMs - 3000), event("extlb-01", 2, nowMs - 2000)];
const ofSecond = [event("extlb-02", 1, nowMs - 2500)];

function names(events: readonly AgentEvent[]): string[] {
  return events.map(({ node, sequence }) => `${node} ${sequence}`).toSorted();
}

describe("readAgentHistory", () => {
  test("both nodes hold both nodes' events, and each event is had once", async () => {
    const agent = { events: [...ofFirst, ...ofSecond] };
    const hosts = await pairOf(nodeWith("extlb-01", agent), nodeWith("extlb-02", agent));
    const history = await readAgentHistory(pairWith(), hosts);
    expect(names(history.events)).toEqual(["extlb-01 1", "extlb-01 2", "extlb-02 1"]);
    expect(history.remarks).toEqual([]);
  });

  test("only what is younger, and no more than the limit, which is said", async () => {
    const agent = { events: [...ofFirst, ...ofSecond] };
    const hosts = await pairOf(nodeWith("extlb-01", agent), nodeWith("extlb-02", { events: [] }));
    const younger = await readAgentHistory(pairWith(), hosts, { sinceMs: nowMs - 2600 });
    expect(names(younger.events)).toEqual(["extlb-01 2", "extlb-02 1"]);
    const fewer = await readAgentHistory(pairWith(), hosts, { limit: 2 });
    expect(fewer.remarks).toEqual(["only the newest 2 events of extlb-01 were read"]);
  });

  test("where the agent does not run its log is read, and that is said", async () => {
    const hosts = await pairOf(
      nodeWith("extlb-01", undefined, [...ofFirst]),
      nodeWith("extlb-02", { events: ofSecond }),
    );
    const history = await readAgentHistory(pairWith(), hosts);
    expect(names(history.events)).toEqual(["extlb-01 1", "extlb-01 2", "extlb-02 1"]);
    expect(history.remarks).toEqual(["the agent on extlb-01 does not answer; its log was read"]);
  });

  test("a node that gives nothing is a remark; where none gives anything, that is the error", async () => {
    const nothing = nodeWith("extlb-01", undefined);
    const hosts = await pairOf(nothing, nodeWith("extlb-02", { events: ofSecond }));
    const history = await readAgentHistory(pairWith(), hosts);
    expect(names(history.events)).toEqual(["extlb-02 1"]);
    expect(history.remarks).toEqual([
      expect.stringMatching(/^not asked: extlb-01 gave no events: there is no /),
    ]);
    const one = new Map([["extlb-01", await nothing]]);
    await expect(readAgentHistory(pairWith(), one)).rejects.toMatchObject({ code: "agent-no-events" });
  });

  test("the peer's clock is told from the agent's own measure of it, and when it was last heard", async () => {
    const base = agentStatus("extlb-01");
    const peers = [
      { node: "extlb-02", heard: false, lastHeardMsAgo: 60_000, clockAheadMs: 740.25, holders: [] },
    ];
    const hosts = new Map([
      ["extlb-01", await nodeWith("extlb-01", { events: ofFirst, status: { ...base, peers } })],
    ]);
    const history = await readAgentHistory(pairWith(), hosts);
    expect(history.clockAheadMs).toEqual({ "extlb-01": 0, "extlb-02": 740.25 });
    expect(history.lastHeardMs["extlb-01"]).toBeGreaterThanOrEqual(nowMs);
    expect(history.lastHeardMs["extlb-02"]).toBeLessThan((history.lastHeardMs["extlb-01"] ?? 0) - 50_000);
  });

  test("a pair without an agent is told so", async () => {
    await expect(readAgentHistory(documentPair(), new Map())).rejects.toMatchObject({
      kind: "usage",
      code: "no-agent",
    });
  });

  test("its scripts are scripts that sh can read", async () => {
    const scripts: string[] = [];
    const machine = prefixHost({ name: "extlb-01", prefix: [] });
    const run: Host["run"] = async (script) => {
      scripts.push(script);
      return { exitCode: 0, stdout: "", stderr: "" };
    };
    const hosts = new Map([["extlb-01", { ...machine, run }]]);
    await readAgentHistory(pairWith("ops"), hosts);
    await testAlerts(pairWith("ops"), hosts, "ops");
    expect(scripts).toHaveLength(3);
    for (const script of scripts) execFileSync("sh", ["-n"], { input: script });
  });
});

describe("testAlerts", () => {
  const delivered = (route: string, tookMs: number, said: string): AlertTestResult => ({
    node: "itself",
    route,
    result: "delivered",
    tookMs,
    said,
  });

  test("a table of every node and route, with what came back", async () => {
    const hosts = await pairOf(
      nodeWith("extlb-01", {
        routes: () => [
          delivered("ops", 212.4, "250 2.0.0 Ok: queued as 4F1"),
          { ...delivered("chat", 31, "HTTP 404: no such hook"), result: "failed" },
        ],
      }),
      nodeWith("extlb-02", undefined),
    );
    const tested = await testAlerts(pairWith("ops", "chat"), hosts);
    expect(renderAlertTest(tested, plain)).toMatchInlineSnapshot(`
      "node      route  result     took    answer
      extlb-01  ops    delivered  212 ms  250 2.0.0 Ok: queued as 4F1
      extlb-01  chat   failed     31 ms   HTTP 404: no such hook
      extlb-02  ops    failed     -       the agent does not run there
      extlb-02  chat   failed     -       the agent does not run there"
    `);
  });

  test("one route alone is asked for by its name", async () => {
    const routes = (route: string | undefined): AlertTestResult[] => [delivered(route ?? "all", 1, "ok")];
    const hosts = await pairOf(nodeWith("extlb-01", { routes }), nodeWith("extlb-02", { routes }));
    const { results } = await testAlerts(pairWith("ops", "a b&c"), hosts, "a b&c");
    expect(results.map(({ node, route }) => [node, route])).toEqual([
      ["extlb-01", "a b&c"],
      ["extlb-02", "a b&c"],
    ]);
  });

  test("a route that the agent does not know yet is a failure that says what to do", async () => {
    const routes = (): AlertTestResult[] => [delivered("ops", 1, "ok")];
    const hosts = await pairOf(nodeWith("extlb-01", { routes }), nodeWith("extlb-02", { routes }));
    const { results } = await testAlerts(pairWith("ops", "new"), hosts);
    expect(results.filter(({ result }) => result === "failed")).toMatchObject([
      { node: "extlb-01", route: "new", said: "the agent there does not know this route: run hapair apply" },
      { node: "extlb-02", route: "new" },
    ]);
  });

  test("an agent that fails on it says why", async () => {
    const routes = (): never => {
      throw new Error("never seen, the answer has begun");
    };
    const hosts = new Map([["extlb-01", await nodeWith("extlb-01", { routes })]]);
    const { results } = await testAlerts(pairWith("ops"), hosts);
    expect(results).toMatchObject([
      { node: "extlb-01", result: "failed", said: expect.stringMatching(/curl/) },
      { node: "extlb-02", result: "failed", said: "no connection was made to extlb-02" },
    ]);
  });

  test("no agent, no routes, another route: each is said plainly", async () => {
    await expect(testAlerts(documentPair(), new Map())).rejects.toMatchObject({ code: "no-agent" });
    await expect(testAlerts(pairWith(), new Map())).rejects.toMatchObject({
      code: "no-routes",
      message: "ext-lb has no alert routes: nobody is told of anything",
    });
    await expect(testAlerts(pairWith("ops"), new Map(), "opps")).rejects.toMatchObject({
      message: "ext-lb has no route opps; it has ops",
    });
  });
});
