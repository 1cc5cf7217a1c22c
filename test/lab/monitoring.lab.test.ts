// The metrics, alert rules and dashboard before a real Prometheus: what it accepts, which alerts fire on what, and that every query has an answer.

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { metricsRoutes } from "../../src/agent/control.ts";
import { type AgentCounters, count, newCounters } from "../../src/agent/counters.ts";
import { recordDuration } from "../../src/agent/durations.ts";
import { type HttpServer, startHttpServer } from "../../src/agent/http-server.ts";
import { leftOutFamily } from "../../src/agent/metrics.ts";
import { metricFamilies } from "../../src/agent/metric-families.ts";
import { exposition } from "../../src/agent/metrics.ts";
import type { AgentStatus } from "../../src/agent-api/index.ts";
import { agentStatus, openIncident } from "../support/agent-status.ts";

const monitoring = resolve(import.meta.dirname, "../../monitoring");
const rulesFile = join(monitoring, "hapair-alerts.yml");

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
}
const rules = (parse(readFileSync(rulesFile, "utf8")) as { groups: { rules: AlertRule[] }[] }).groups.flatMap(
  (group) => group.rules,
);

interface Dashboard {
  readonly panels: readonly { title: string; targets?: readonly { expr: string }[] }[];
  readonly annotations: { readonly list: readonly { name: string; expr: string }[] };
}
const dashboard = JSON.parse(readFileSync(join(monitoring, "hapair-dashboard.json"), "utf8")) as Dashboard;
/** What Grafana puts in for its variables; and steps of a second, as this Prometheus is only some seconds old. */
const withVariables = (expr: string): string =>
  expr.replaceAll("$__rate_interval", "1m").replaceAll("$pair", "ext-lb").replaceAll(":15s]", ":1s]");
const panelQueries = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...dashboard.annotations.list.map(({ name, expr }) => [name, expr] as const),
].map(([title, expr]) => [title, withVariables(expr)] as const);

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-monitoring-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A pair in which everything is wrong that an alert tells of, as one of its nodes says it. */
function troubled(node: "extlb-01" | "extlb-02"): AgentStatus {
  const both = [{ router: "ext-lb", holders: ["extlb-01", "extlb-02"], unknown: [] }];
  const nobody = [{ router: "api", holders: [], unknown: [] }];
  const base = agentStatus(node, { pair: "troubled" });
  const nowMs = Date.now();
  return {
    ...base,
    nowMs,
    instances: [
      { router: "ext-lb", state: "MASTER", sinceMs: nowMs, held: ["10.150.160.32"] },
      { router: "api", state: "FAULT", sinceMs: nowMs, held: [] },
    ],
    holders: [...both, ...nobody],
    spool: { depth: 3, oldestAtMs: nowMs - 3_600_000 },
    backends: [{ name: 'we"b\\', serversUp: 0, serversTotal: 3, atLeast: 2 }],
    incidents: [openIncident()],
    peers: base.peers.map((peer) => ({ ...peer, agrees: false, heard: node === "extlb-01" })),
    certificates: [{ name: "/etc/haproxy/a.pem", endsAtMs: nowMs + 86_400_000 }],
  };
}

function countersOf(): AgentCounters {
  const counters = newCounters();
  recordDuration(counters.checks, 0.8);
  recordDuration(counters.looks, 0.4);
  count(counters.refusedMessages, "signature");
  return counters;
}

const agentProcess = { residentBytes: 48_000_000, cpuSeconds: 3.5 };

describe("promtool", () => {
  const many = Array.from({ length: 3000 }, (_, index) => ({
    name: `b"${index}\n`,
    serversUp: 1,
    serversTotal: 1,
  }));
  test.each([
    ["a healthy holder", agentStatus("extlb-01")],
    ["a healthy standby", agentStatus("extlb-02")],
    ["a node in trouble", troubled("extlb-01")],
    [
      "an agent that has just started",
      agentStatus("extlb-01", { instances: [], holders: [], peers: [], backends: [] }),
    ],
    ["more back ends than are told", agentStatus("extlb-01", { backends: many })],
  ])("check metrics has nothing to say of %s", (_name, status) => {
    const input = exposition(status, countersOf(), agentProcess);
    const {
      status: code,
      stdout,
      stderr,
    } = spawnSync("promtool", ["check", "metrics"], { input, encoding: "utf8" });
    expect({ code, said: stdout + stderr }).toEqual({ code: 0, said: "" });
  });

  test("the rules are rules", () => {
    expect(execFileSync("promtool", ["check", "rules", rulesFile], { encoding: "utf8" })).toContain(
      `SUCCESS: ${rules.length} rules found`,
    );
  });
});

/** Values of series, each scraped every 15 s; in promtool's notation. */
type Series = Readonly<Record<string, string>>;
const state = (node: string, word: string): string =>
  `hapair_instance_state{pair="p",node="${node}",router="r",state="${word}"}`;
const holder = (node: string, of: string): string =>
  `hapair_holder{pair="p",node="${node}",router="r",holder="${of}"}`;
const perNode = (name: string, node: string, router = `,router="r"`): string =>
  `${name}{pair="p",node="${node}"${router}}`;

/** For every alert: what makes it fire within ten minutes, and what is near to it and does not. */
const alertCases: Readonly<Record<string, { fires: readonly Series[]; quiet: readonly Series[] }>> = {
  HapairNoHolder: {
    fires: [
      { [perNode("hapair_holders", "a")]: "0x40", [perNode("hapair_holders", "b")]: "0x40" },
      // The holder's node died, and the other is in FAULT: nothing is known of the first.
      { [holder("b", "b")]: "0x40", [state("b", "FAULT")]: "1x40", [state("b", "BACKUP")]: "0x40" },
    ],
    quiet: [
      { [perNode("hapair_holders", "a")]: "1x40", [perNode("hapair_holders", "b")]: "1x40" },
      // A move: for two scrapes nobody holds.
      { [perNode("hapair_holders", "a")]: "1x10 0 1x29" },
      // The holder's agent is down, its keepalived is not: the standby hears it.
      { [holder("b", "b")]: "0x40", [state("b", "BACKUP")]: "1x40" },
      { [holder("b", "b")]: "1x40", [state("b", "BACKUP")]: "0x40" },
    ],
  },
  HapairTwoHolders: {
    fires: [
      { [perNode("hapair_holders", "a")]: "2x40" },
      { [perNode("hapair_addresses_held", "a")]: "1x40", [perNode("hapair_addresses_held", "b")]: "1x40" },
    ],
    quiet: [
      { [perNode("hapair_holders", "a")]: "1x40", [perNode("hapair_addresses_held", "a")]: "1x40" },
      { [perNode("hapair_addresses_held", "a")]: "2x40", [perNode("hapair_addresses_held", "b")]: "0x40" },
    ],
  },
  HapairStandbyNotReady: {
    fires: [{ [state("b", "FAULT")]: "1x40" }, { [state("b", "STOPPED")]: "1x40" }],
    quiet: [{ [state("b", "FAULT")]: "0x10 1 1 0x28", [state("b", "BACKUP")]: "1x40" }],
  },
  HapairAgentDown: {
    fires: [{ 'up{job="hapair",instance="b:9405"}': "0x40" }],
    quiet: [{ 'up{job="hapair",instance="b:9405"}': "1x40", 'up{job="other",instance="c"}': "0x40" }],
  },
  HapairAgentSilent: {
    fires: [{ 'hapair_peer_up{pair="p",node="a",peer="b"}': "0x40" }],
    quiet: [{ 'hapair_peer_up{pair="p",node="a",peer="b"}': "1x10 0 1x29" }],
  },
  HapairNoticesStuck: {
    fires: [{ [perNode("hapair_spool_oldest_age_seconds", "a", "")]: "590+15x40" }],
    quiet: [{ [perNode("hapair_spool_oldest_age_seconds", "a", "")]: "0+15x39" }],
  },
  HapairBackendBelowMinimum: {
    fires: [
      {
        'hapair_backend_servers_up{pair="p",node="a",backend="web"}': "1x40",
        'hapair_backend_servers_minimum{pair="p",node="a",backend="web"}': "2x40",
      },
    ],
    quiet: [
      {
        'hapair_backend_servers_up{pair="p",node="a",backend="web"}': "2x40",
        'hapair_backend_servers_minimum{pair="p",node="a",backend="web"}': "2x40",
        'hapair_backend_servers_up{pair="p",node="a",backend="api"}': "0x40",
      },
    ],
  },
  HapairPeersDisagree: {
    fires: [{ 'hapair_peer_agreement{pair="p",node="a",peer="b"}': "0x40" }],
    quiet: [{ 'hapair_peer_agreement{pair="p",node="a",peer="b"}': "1x10 0 1x29" }],
  },
  HapairCertificateEnding: {
    fires: [{ 'hapair_certificate_end_timestamp_seconds{pair="p",node="a",certificate="c"}': "1209600x400" }],
    quiet: [{ 'hapair_certificate_end_timestamp_seconds{pair="p",node="a",certificate="c"}': "1300000x400" }],
  },
  HapairFlapping: {
    fires: [
      {
        'hapair_transitions_total{pair="p",node="a",router="r",to="MASTER"}': "0x10 1x5 2x5 3x20",
        'hapair_transitions_total{pair="p",node="b",router="r",to="MASTER"}': "0x12 1x5 2x5 3x18",
      },
    ],
    quiet: [
      {
        'hapair_transitions_total{pair="p",node="a",router="r",to="MASTER"}': "0x20 1x20",
        'hapair_transitions_total{pair="p",node="b",router="r",to="MASTER"}': "0x30 1x10",
        'hapair_transitions_total{pair="p",node="b",router="r",to="BACKUP"}': "0+1x40",
      },
    ],
  },
};

describe("promtool test rules", () => {
  const cases = rules.flatMap(({ alert }) => [
    ...(alertCases[alert]?.fires ?? []).map((series, index) => [alert, "fires", index, series] as const),
    ...(alertCases[alert]?.quiet ?? []).map((series, index) => [alert, "is quiet", index, series] as const),
  ]);

  test("every alert has both kinds of cases", () => {
    for (const { alert } of rules) {
      expect(alertCases[alert]?.fires.length, alert).toBeGreaterThan(0);
      expect(alertCases[alert]?.quiet.length, alert).toBeGreaterThan(0);
    }
  });

  test.each(cases)("%s %s, case %i", (alert, expectation, index, series) => {
    const lasts = alert === "HapairCertificateEnding" ? "90m" : "10m";
    const firing = `count(ALERTS{alertname="${alert}",alertstate="firing"})`;
    const file = join(folder, `${alert}-${expectation.replace(" ", "-")}-${index}.yml`);
    writeFileSync(
      file,
      JSON.stringify({
        rule_files: [rulesFile],
        evaluation_interval: "15s",
        tests: [
          {
            interval: "15s",
            input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
            promql_expr_test: [
              {
                expr: firing,
                eval_time: lasts,
                exp_samples: expectation === "fires" ? [{ labels: "{}", value: 1 }] : [],
              },
            ],
          },
        ],
      }),
    );
    const {
      status: code,
      stdout,
      stderr,
    } = spawnSync("promtool", ["test", "rules", file], { encoding: "utf8" });
    expect({ code, said: code === 0 ? "" : stdout + stderr }).toEqual({ code: 0, said: "" });
  });
});

interface QueryAnswer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] };
}

describe("a Prometheus that scrapes four agents", () => {
  const servers: HttpServer[] = [];
  let prometheus: ChildProcess | undefined;
  let base = "";

  /** An agent's metrics address, and counters that go on rising. */
  async function serve(statusNow: () => AgentStatus): Promise<string> {
    const counters = countersOf();
    const metrics = (): string => {
      const status = statusNow();
      for (const { router } of status.instances) count(counters.transitions, router, "MASTER");
      count(counters.deliveries, "ops", "delivered");
      count(counters.events, "instance");
      recordDuration(counters.checks, 1.2);
      recordDuration(counters.looks, 0.6);
      return exposition(status, counters, agentProcess);
    };
    const routes = metricsRoutes({ metrics, trouble: () => undefined });
    const server = await startHttpServer({ listen: { kind: "tcp", address: "127.0.0.1", port: 0 }, routes });
    servers.push(server);
    return `127.0.0.1:${server.port}`;
  }

  async function freePort(): Promise<number> {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const { port } = probe.address() as { port: number };
    probe.close();
    return port;
  }

  async function query(expr: string): Promise<QueryAnswer> {
    const answer = await fetch(`${base}/api/v1/query?query=${encodeURIComponent(expr)}`);
    return (await answer.json()) as QueryAnswer;
  }

  /** Asks until there is a result: rates need two scrapes, and rules an evaluation. */
  async function resultOf(expr: string): Promise<QueryAnswer> {
    for (let tries = 0; ; tries += 1) {
      const answer = await query(expr);
      if (answer.status !== "success" || answer.data.result.length > 0 || tries > 100) return answer;
      await sleep(100);
    }
  }

  beforeAll(async () => {
    const targets = [
      await serve(() => ({ ...agentStatus("extlb-01", { incidents: [openIncident()] }), nowMs: Date.now() })),
      await serve(() => ({ ...agentStatus("extlb-02"), nowMs: Date.now() })),
      await serve(() => troubled("extlb-01")),
      await serve(() => troubled("extlb-02")),
      `127.0.0.1:${await freePort()}`,
    ];
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    const data = join(folder, "data");
    mkdirSync(data);
    const config = join(folder, "prometheus.yml");
    writeFileSync(
      config,
      JSON.stringify({
        global: { scrape_interval: "200ms", scrape_timeout: "200ms", evaluation_interval: "200ms" },
        rule_files: [rulesFile],
        scrape_configs: [{ job_name: "hapair", static_configs: [{ targets }] }],
      }),
    );
    prometheus = spawn(
      "prometheus",
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${data}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--log.level=warn",
      ],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    for (let tries = 0; tries < 300; tries += 1) {
      const ready = await fetch(`${base}/-/ready`).catch(() => undefined);
      if (ready?.ok === true) return;
      await sleep(100);
    }
    throw new Error("prometheus did not become ready");
  });

  afterAll(async () => {
    if (prometheus !== undefined && prometheus.exitCode === null) {
      const ended = once(prometheus, "exit");
      prometheus.kill("SIGTERM");
      await ended;
    }
    await Promise.all(servers.map((server) => server.close()));
  });

  test("it takes every family", async () => {
    expect((await resultOf('count(up{job="hapair"} == 1) == 4')).data.result).toHaveLength(1);
    for (const { name, type } of [...metricFamilies, leftOutFamily]) {
      const series = type === "histogram" ? `${name}_count` : name;
      expect((await resultOf(series)).data.result.length, name).toBeGreaterThan(0);
    }
  });

  test.each(rules.map(({ alert, expr }) => [alert, expr]))(
    "%s has a result for the pair in trouble and none for the healthy one",
    async (alert, expr) => {
      const { status, error, data } = await resultOf(expr);
      expect({ status, error }).toEqual({ status: "success", error: undefined });
      expect(data.result.length).toBeGreaterThan(0);
      const pairs = data.result.map(({ metric }) => metric["pair"]).filter((pair) => pair !== undefined);
      // Both pairs' agents count moves here, to have rates; the certificate's moment is fixed in the healthy one.
      if (alert !== "HapairFlapping" && alert !== "HapairCertificateEnding")
        expect(new Set(pairs)).toEqual(new Set(alert === "HapairAgentDown" ? [] : ["troubled"]));
    },
  );

  test("every rule is evaluated without an error, and its texts are filled in", async () => {
    const answer = await fetch(`${base}/api/v1/rules`);
    const { data } = (await answer.json()) as {
      data: {
        groups: {
          rules: {
            name: string;
            health: string;
            lastError?: string;
            alerts: { annotations: Record<string, string> }[];
          }[];
        }[];
      };
    };
    const evaluated = data.groups.flatMap((group) => group.rules);
    expect(evaluated.map(({ name, health, lastError }) => ({ name, health, lastError }))).toEqual(
      rules.map(({ alert }) => ({ name: alert, health: "ok", lastError: undefined })),
    );
    for (const { name, alerts } of evaluated)
      for (const { annotations } of alerts)
        expect(Object.values(annotations).join("\n"), name).not.toMatch(/<error|<no value>|: : | {2}/);
  });

  test.each(panelQueries)("panel %s: %s", async (_title, expr) => {
    const { status, error, data } = await resultOf(expr);
    expect({ status, error }).toEqual({ status: "success", error: undefined });
    // States of the recorded pair do not change, so there are no moves to mark.
    if (!expr.includes("changes(")) expect(data.result.length, expr).toBeGreaterThan(0);
  });
});
