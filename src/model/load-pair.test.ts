// Good files: the examples and the format's corners load, and come out in the normal form with the profile's defaults.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadPair, type Pair } from "./index.ts";

const example = (name: string): string =>
  readFileSync(resolve(import.meta.dirname, "../../examples", name, "pair.yaml"), "utf8");

function load(text: string): Pair {
  const { pair, diagnostics } = loadPair("pair.yaml", text);
  expect(diagnostics).toEqual([]);
  if (pair === undefined) throw new Error("no pair");
  return pair;
}

const SHORT = `pair: ext-lb
nodes:
  lb1: { address: [10.0.0.11, 2001:db8::11], interface: eth0 }
  lb2: { address: [10.0.0.12, 2001:db8::12], interface: eth0 }
vips: { web: 10.0.0.50 }
vrrp: { id: 50, password: { env: VRRP_PASSWORD } }
haproxy: { config: ./haproxy.cfg }
`;

describe("the document's pair", () => {
  const pair = load(example("ext-lb"));

  it("has the document's nodes and virtual address", () => {
    expect(pair.nodes).toEqual([
      {
        name: "extlb-01",
        addresses: [{ family: 4, text: "10.150.160.30" }],
        interface: "ens192",
        ssh: { host: "10.150.160.30" },
      },
      {
        name: "extlb-02",
        addresses: [{ family: 4, text: "10.150.160.31" }],
        interface: "ens192",
        ssh: { host: "10.150.160.31" },
      },
    ]);
    expect(pair.routers).toEqual([
      {
        name: "ext-lb",
        id: 50,
        version: 2,
        family: 4,
        prefer: ["extlb-01", "extlb-02"],
        priorities: new Map([
          ["extlb-01", 101],
          ["extlb-02", 100],
        ]),
        vips: [{ name: "ext-lb-VIP", address: { family: 4, text: "10.150.160.32" }, prefixLength: 32 }],
        excludedVips: [],
        advertIntervalUs: 1_000_000,
        password: { kind: "env", name: "EXT_LB_VRRP_PASSWORD" },
        preempt: false,
      },
    ]);
  });

  it("has the document's values everywhere else", () => {
    expect(pair.profile).toBe("classic");
    expect(pair.check).toEqual({ intervalS: 2, fall: 2, rise: 1, timeLimitMs: 500 });
    expect(pair.haproxy).toEqual({
      config: "./haproxy.cfg",
      files: [],
      healthAddress: "127.0.0.1",
      healthPort: 8405,
    });
    expect(pair.promises).toEqual({
      serviceStopMs: 650,
      serviceCrashMs: 400,
      serviceHangMs: 5000,
      nodeLossMs: 3650,
      keepalivedStopMs: 650,
      failback: "never",
    });
    expect(pair.keepConfiguration).toBe(false);
  });
});

describe("active/active", () => {
  const pair = load(example("active-active"));

  it("crosses the preference", () => {
    expect(
      pair.routers.map(({ name, id, prefer, priorities }) => ({
        name,
        id,
        prefer,
        priorities: [...priorities],
      })),
    ).toEqual([
      {
        name: "web",
        id: 50,
        prefer: ["lb1", "lb2"],
        priorities: [
          ["lb1", 101],
          ["lb2", 100],
        ],
      },
      {
        name: "api",
        id: 51,
        prefer: ["lb2", "lb1"],
        priorities: [
          ["lb2", 101],
          ["lb1", 100],
        ],
      },
    ]);
  });

  it("lets the IPv6 address ride along", () => {
    const [web, api] = pair.routers;
    expect(web?.family).toBe(4);
    expect(web?.vips.map(({ name }) => name)).toEqual(["web4"]);
    expect(web?.excludedVips).toEqual([
      { name: "web6", address: { family: 6, text: "2001:db8::50" }, prefixLength: 128 },
    ]);
    expect(api?.vips).toEqual([
      { name: "api4", address: { family: 4, text: "192.0.2.51" }, prefixLength: 32, interface: "bond1" },
    ]);
  });

  it("reads where SSH goes", () => {
    expect(pair.nodes.map(({ ssh }) => ssh)).toEqual([
      { user: "ops", host: "lb1.mgmt.example" },
      { user: "ops", host: "lb2.mgmt.example" },
    ]);
  });
});

describe("the fast profile", () => {
  const text = `${SHORT.replace(", password: { env: VRRP_PASSWORD }", "")}profile: fast\n`;

  it("is version 3 with short timers and high priorities", () => {
    const pair = load(text);
    const [router] = pair.routers;
    expect(router).toMatchObject({ version: 3, advertIntervalUs: 100_000 });
    expect([...(router?.priorities.values() ?? [])]).toEqual([254, 253]);
    expect(pair.check).toEqual({ intervalS: 1, fall: 2, rise: 1, timeLimitMs: 400 });
    expect(pair.promises).toMatchObject({
      serviceStopMs: 10,
      serviceCrashMs: 25,
      serviceHangMs: 2000,
      nodeLossMs: 340,
      keepalivedStopMs: 10,
    });
  });

  it("does not mind its own interval written out", () => {
    expect(load(text.replace("id: 50", "id: 50, advert_int: 0.05")).routers[0]?.advertIntervalUs).toBe(
      50_000,
    );
  });

  it("renders no password, and says so", () => {
    const { pair, diagnostics } = loadPair("pair.yaml", `${SHORT}profile: fast\n`);
    expect(pair?.routers[0]).not.toHaveProperty("password");
    expect(diagnostics.map(({ code, severity }) => `${code} ${severity}`)).toEqual(["HP053 advice"]);
  });

  it("says it once for several routers", () => {
    const { diagnostics } = loadPair("pair.yaml", `${example("active-active")}profile: fast\n`);
    expect(diagnostics.map(({ code }) => code)).toEqual(["HP053"]);
  });

  it("in version 2 cannot go below a second", () => {
    const { pair } = loadPair("pair.yaml", `${SHORT.replace("id: 50", "id: 50, version: 2")}profile: fast\n`);
    expect(pair?.routers[0]).toMatchObject({ version: 2, advertIntervalUs: 1_000_000 });
  });
});

describe("families", () => {
  it("makes an IPv6-only router version 3 in IPv6, whatever the profile", () => {
    const { pair } = loadPair("pair.yaml", SHORT.replace("10.0.0.50", "2001:DB8:0::50/64"));
    expect(pair?.routers[0]).toMatchObject({
      family: 6,
      version: 3,
      vips: [{ address: { family: 6, text: "2001:db8::50" }, prefixLength: 64 }],
      excludedVips: [],
    });
  });

  it("advertises in IPv6 where the nodes have nothing else", () => {
    const text = SHORT.replaceAll(/\[10\.0\.0\.\d+, (.*?)\]/g, '"$1"').replace(
      "{ web: 10.0.0.50 }",
      "{ a: 10.0.0.50, b: 2001:db8::50 }",
    );
    const { pair } = loadPair("pair.yaml", text);
    expect(pair?.routers[0]).toMatchObject({
      family: 6,
      vips: [{ name: "b" }],
      excludedVips: [{ name: "a" }],
    });
  });

  it("keeps one VRID for two families", () => {
    const routers =
      "routers: { a: { id: 7, vips: { x: 10.0.0.50 } }, b: { id: 7, vips: { y: 2001:db8::50 } } }\nvrrp: { password: { env: P } }";
    const { diagnostics } = loadPair("pair.yaml", SHORT.replace(/vips.*\nvrrp.*/, routers));
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  });
});

describe("the long form", () => {
  it("takes what routers have in common from vrrp, and the order of nodes where prefer is not said", () => {
    const text = SHORT.replace(
      /vips.*\nvrrp.*/,
      "vrrp: { password: { file: ./secret }, advert_int: 2 }\nrouters: { a: { id: 7, advert_int: 1, vips: { x: 10.0.0.50 } }, b: { id: 8, vips: { y: 10.0.0.51 } } }\npromises: { node_loss_ms: 8000 }",
    );
    const [a, b] = load(text).routers;
    expect(a).toMatchObject({
      advertIntervalUs: 1_000_000,
      password: { kind: "file", path: "./secret" },
      prefer: ["lb1", "lb2"],
    });
    expect(b).toMatchObject({ advertIntervalUs: 2_000_000, password: { kind: "file", path: "./secret" } });
  });
});

describe("values in their several forms", () => {
  it.each([
    ["admin@mgmt-01:2222", { user: "admin", host: "mgmt-01", port: 2222 }],
    ["mgmt-01", { host: "mgmt-01" }],
    ['"admin@[2001:db8::5]:22"', { user: "admin", host: "2001:db8::5", port: 22 }],
    ['"2001:db8::5"', { host: "2001:db8::5" }],
    ["{ host: mgmt-01, port: 22 }", { host: "mgmt-01", port: 22 }],
  ])("ssh: %s", (written, target) => {
    expect(load(SHORT.replace("eth0 }", `eth0, ssh: ${written} }`)).nodes[0]?.ssh).toEqual(target);
  });

  it.each([
    ["0640", 0o640],
    ['"0640"', 0o640],
    ["640", 0o640],
    ["0o640", 0o640],
  ])("mode: %s", (written, mode) => {
    const text = SHORT.replace(
      "haproxy.cfg }",
      `haproxy.cfg, files: [{ from: a.map, to: /etc/haproxy/a.map, mode: ${written} }] }`,
    );
    expect(load(text).haproxy.files).toEqual([
      { from: "a.map", to: "/etc/haproxy/a.map", mode, secret: false },
    ]);
  });

  it("takes a certificate for a secret", () => {
    const text = SHORT.replace(
      "haproxy.cfg }",
      "haproxy.cfg, files: [{ from: site.pem, to: /etc/haproxy/site.pem }] }",
    );
    expect(load(text).haproxy.files).toEqual([
      { from: "site.pem", to: "/etc/haproxy/site.pem", mode: 0o600, secret: true },
    ]);
  });

  it("reads the health address", () => {
    const text = SHORT.replace("haproxy.cfg }", 'haproxy.cfg, health: "[::1]:9000" }');
    expect(load(text).haproxy).toMatchObject({ healthAddress: "::1", healthPort: 9000 });
  });

  it("reads a file with a byte order mark and Windows line ends", () => {
    expect(load(`\uFEFF${SHORT.replaceAll("\n", "\r\n")}`).name).toBe("ext-lb");
  });

  it("reads anchors and aliases", () => {
    expect(
      load(
        SHORT.replace("interface: eth0 }", "interface: &nic eth0 }").replace(
          "interface: eth0 }",
          "interface: *nic }",
        ),
      ).nodes[1]?.interface,
    ).toBe("eth0");
  });

  it("allows failback where the promises do", () => {
    expect(load(`${SHORT}promises: { failback: allowed }\n`).routers[0]?.preempt).toBe(true);
  });
});

describe("maintenance", () => {
  const written = (settings: string): Pair["maintenance"] =>
    load(`${SHORT}maintenance: ${settings}\n`).maintenance;
  const defaults = { lastResort: "take", silenceS: 10, limitS: 7200, drainS: 60 };

  it("has a default for everything", () => {
    expect(load(SHORT).maintenance).toEqual(defaults);
    expect(written("{}")).toEqual(defaults);
  });

  it("reads every key, the last resort in both spellings", () => {
    expect(written("{ last_resort: stay, silence: 10m, limit: 7d, drain: 1h }")).toEqual({
      lastResort: "stay",
      silenceS: 600,
      limitS: 604_800,
      drainS: 3600,
    });
    expect(written("{ last-resort: stay, drain: 0s }")).toEqual({
      ...defaults,
      lastResort: "stay",
      drainS: 0,
    });
  });

  it("says nothing of a short silence where it has no effect, or where a restart is shorter still", () => {
    expect(written("{ last_resort: stay, silence: 5s }").silenceS).toBe(5);
    expect(written("{ silence: 6s }").silenceS).toBe(6);
    const { vrrp, rest } = { vrrp: "vrrp: { id: 50 }", rest: SHORT.replace(/vrrp:.*\n/, "") };
    expect(load(`${rest}${vrrp}\nprofile: fast\nmaintenance: { silence: 5s }\n`).maintenance.silenceS).toBe(
      5,
    );
  });

  it("waits by default as long as a restart takes where advertisements are slow", () => {
    const slow = SHORT.replace("id: 50", "id: 50, advert_int: 3");
    expect(load(`${slow}promises: { node_loss_ms: 9650 }\n`).maintenance.silenceS).toBe(12);
  });

  it("gives whole seconds within the range, or a finding, whatever the time", () => {
    const ranges = { silence: [5, 600], limit: [60, 604_800], drain: [0, 3600] } as const;
    const fields = { silence: "silenceS", limit: "limitS", drain: "drainS" } as const;
    const units = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 } as const;
    fc.assert(
      fc.property(
        fc.constantFrom("silence", "limit", "drain"),
        fc.oneof(
          fc.nat(10_000),
          fc.nat(900_000),
          fc.nat(20_000).map((count) => count / 1000),
        ),
        fc.constantFrom("ms", "s", "m", "h", "d"),
        (key, count, unit) => {
          const text = `${SHORT}maintenance: { ${key}: ${count}${unit} }\n`;
          const { pair, diagnostics } = loadPair("pair.yaml", text);
          const [minimum, maximum] = ranges[key];
          const seconds = Math.round(count * units[unit] * 1000) / 1000;
          expect(pair !== undefined).toBe(seconds >= minimum && seconds <= maximum);
          if (pair === undefined) expect(diagnostics.map(({ code }) => code)).toEqual(["HP015"]);
          else expect(pair.maintenance[fields[key]]).toBe(Math.ceil(seconds));
        },
      ),
    );
  });
});

describe("the agent", () => {
  const KEY = "agent: { key: { env: AGENT_KEY } }\n";

  it("is not there where nothing asks for it", () => {
    expect(load(SHORT)).not.toHaveProperty("agent");
  });

  it("has a default for everything but its key, and the built-in rules", () => {
    expect(load(SHORT + KEY).agent).toEqual({
      port: 8406,
      key: { kind: "env", name: "AGENT_KEY" },
      metrics: { address: "127.0.0.1", port: 8407 },
      pollMs: 250,
      rules: [
        { name: "answering", limit: { kind: "answering" }, moves: true, fall: 2, rise: 3 },
        { name: "frontends", limit: { kind: "frontends-open" }, moves: true, fall: 3, rise: 5 },
      ],
      alerts: {
        routes: [],
        quietTimes: [],
        patienceMs: new Map(),
        retryForMs: 86_400_000,
        logBytesMax: 16_000_000,
        certificateDays: 21,
      },
    });
  });

  it("moves the address by servers alone, unless the rule says otherwise", () => {
    const traffic = `traffic:
  up: { backend: web, servers_up: 2 }
  queue: { backend: web, queue: 100, fall: 8, rise: 9 }
  errors: { backend: web, error_share: 0.5 }
  few: { backend: web, error_share: 0.5, of_at_least: 7, moves: true }
  full: { frontend: web, session_share: 0.95 }
  told: { backend: web, servers_up: 1, moves: false }
`;
    expect(load(SHORT + KEY + traffic).agent?.rules.slice(2)).toEqual([
      {
        name: "up",
        limit: { kind: "servers-up", backend: "web", atLeast: 2 },
        moves: true,
        fall: 3,
        rise: 5,
      },
      {
        name: "queue",
        limit: { kind: "queue", backend: "web", atMost: 100 },
        moves: false,
        fall: 8,
        rise: 9,
      },
      {
        name: "errors",
        limit: { kind: "error-share", backend: "web", atMost: 0.5, leastRequests: 20 },
        ...{ moves: false, fall: 3, rise: 5 },
      },
      {
        name: "few",
        limit: { kind: "error-share", backend: "web", atMost: 0.5, leastRequests: 7 },
        ...{ moves: true, fall: 3, rise: 5 },
      },
      {
        name: "full",
        limit: { kind: "session-share", frontend: "web", atMost: 0.95 },
        ...{ moves: false, fall: 3, rise: 5 },
      },
      {
        name: "told",
        limit: { kind: "servers-up", backend: "web", atLeast: 1 },
        moves: false,
        fall: 3,
        rise: 5,
      },
    ]);
  });

  it.each([
    ["metrics: off", "off"],
    ["metrics: node:9100", { address: "node", port: 9100 }],
    ['metrics: "[::1]:9100"', { address: "::1", port: 9100 }],
    ["metrics: 0.0.0.0:9100", { address: "0.0.0.0", port: 9100 }],
  ])("%s", (written, metrics) => {
    expect(
      load(SHORT + KEY.replace("}\n", `}, ${written} }\n`).replace(" } }", " }")).agent?.metrics,
    ).toEqual(metrics);
  });

  it("reads quiet times, patience and the other times with their units", () => {
    const alerts = `alerts:
  quiet: [{ from: "22:00", to: 7:30 }, { from: 00:00, to: 23:59, days: [sun, Saturday, sun], except: info }]
  patience: { standby-not-ready: 10s, flapping: 1.5m, no-holder: 250ms }
  retry_for: 2d
  spool_mb: 1.5
`;
    expect(load(SHORT + KEY + alerts).agent?.alerts).toMatchObject({
      quietTimes: [
        { fromMinute: 1320, toMinute: 450, except: "critical" },
        { fromMinute: 0, toMinute: 1439, days: [0, 6], except: "info" },
      ],
      patienceMs: new Map([
        ["standby-not-ready", 10_000],
        ["flapping", 90_000],
        ["no-holder", 250],
      ]),
      retryForMs: 172_800_000,
      logBytesMax: 1_500_000,
    });
  });

  it("reads every way to tell someone", () => {
    const routes = `alerts:
  routes:
    ops: { email: ops@example.com, from: a@example.com, smtp: { host: mail, tls: implicit, user: u, password: { file: ./p }, authority: ./ca.pem } }
    plain: { email: [ops@example.com], from: a@example.com, smtp: { host: 192.0.2.9, tls: none } }
    local: { email: [root], sendmail: /usr/sbin/sendmail, severity: info }
    chat: { slack: { env: A }, conditions: [vip-moved, no-holder] }
    teams: { teams: { command: pass teams } }
    page: { pagerduty: { env: B }, severity: critical }
    hook: { webhook: { env: C }, secret: { env: D }, headers: { X-From: hapair, Authorization: { env: E } }, template: ./t.json, authority: ./ca.pem }
    am: { alertmanager: http://127.0.0.1:9093 }
`;
    const found = load(SHORT + KEY + routes).agent?.alerts.routes ?? [];
    expect(found.map(({ name, severity, target }) => `${name} ${severity} ${target.kind}`)).toEqual([
      "ops warning smtp",
      "plain warning smtp",
      "local info sendmail",
      "chat warning slack",
      "teams warning teams",
      "page critical pagerduty",
      "hook warning webhook",
      "am warning alertmanager",
    ]);
    expect(found[0]?.target).toEqual({
      kind: "smtp",
      host: "mail",
      port: 465,
      tls: "implicit",
      authority: "./ca.pem",
      user: "u",
      password: { kind: "file", path: "./p" },
      from: "a@example.com",
      to: ["ops@example.com"],
    });
    expect(found[1]?.target).toMatchObject({ port: 25, tls: "none" });
    expect(found[2]?.target).toMatchObject({ from: "root", to: ["root"] });
    expect(found[3]?.conditions).toEqual(["vip-moved", "no-holder"]);
    expect(found[6]?.target).toEqual({
      kind: "webhook",
      url: { kind: "secret", reference: { kind: "env", name: "C" } },
      secret: { kind: "env", name: "D" },
      headers: new Map<string, unknown>([
        ["X-From", { kind: "plain", text: "hapair" }],
        ["Authorization", { kind: "secret", reference: { kind: "env", name: "E" } }],
      ]),
      template: "./t.json",
      authority: "./ca.pem",
    });
  });
});

describe("many nodes", () => {
  it.each([3, 101, 254])("gives %d nodes priorities that fall strictly and stay within 1 to 254", (count) => {
    const nodes = Array.from(
      { length: count },
      (_, index) => `  n${index}x: { address: 10.0.1.${index}, interface: eth0 }`,
    ).join("\n");
    const pair = load(SHORT.replace(/ {2}lb1.*\n {2}lb2.*/, nodes));
    const priorities = [...(pair.routers[0]?.priorities.values() ?? [])];
    expect(priorities).toHaveLength(count);
    expect(priorities[0]).toBe(Math.max(101, count));
    expect(
      priorities.every((priority, index) => index === 0 || priority === (priorities[index - 1] ?? 0) - 1),
    ).toBe(true);
    expect(priorities.at(-1)).toBeGreaterThanOrEqual(1);
  });
});
