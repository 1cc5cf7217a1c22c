// Settings are read whole or refused with the field that is wrong; whatever the text is, nothing else is thrown and no secret is told.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HapairError } from "../base/index.ts";
import { type AgentSettings, readSettings, SETTINGS_VERSION } from "./index.ts";

const SECRET = "geheim-geheim-geheim";

const good: AgentSettings = {
  version: SETTINGS_VERSION,
  pair: "ext-lb",
  node: "lb1",
  nodes: [
    { name: "lb1", address: "192.0.2.11", interface: "eth0" },
    { name: "lb2", address: "192.0.2.12", interface: "eth0" },
  ],
  routers: [
    {
      ...{ name: "ext-lb", vrid: 50, prefer: ["lb1", "lb2"], advertIntervalMs: 100, takeoverMs: 4702 },
      vips: [{ name: "web", address: "192.0.2.50", interface: "eth0" }],
    },
  ],
  haproxy: {
    ...{ runtimeSocket: "/run/haproxy/hapair-agent.sock", healthUrl: "http://127.0.0.1:8405/healthz" },
    ...{ pollMs: 250, timeLimitMs: 250, slowMs: 200 },
  },
  rules: [
    {
      name: "web",
      limit: { kind: "servers-up", backend: "web", atLeast: 1 },
      ...{ moves: true, fall: 3, rise: 5 },
    },
  ],
  peers: { port: 8406, key: SECRET, beatMs: 200, silentMs: 1000, consentMs: 1000 },
  metrics: { address: "127.0.0.1", port: 8407 },
  alerts: {
    routes: [
      {
        name: "hook",
        severity: "warning",
        conditions: ["no-holder"],
        target: {
          kind: "webhook",
          url: `https://h.example.com/${SECRET}`,
          secret: SECRET,
          headers: { X: SECRET },
        },
      },
    ],
    quietTimes: [{ fromMinute: 1320, toMinute: 420, days: [0, 6], except: "critical" }],
    patienceMs: { "no-holder": 0 },
    ...{ retryForMs: 86_400_000, retryFirstMs: 1000, retryMaxMs: 300_000, takeOverAfterMs: 10_000 },
    ...{ logBytesMax: 16_000_000, certificateDays: 21 },
  },
  paths: {
    ...{ stateDirectory: "/var/lib/hapair-agent", controlSocket: "/run/hapair-agent/control.sock" },
    ...{ notifyFifo: "/run/hapair/notify", watchDirectory: "/run/hapair/watch" },
    ...{ keepalivedConf: "/etc/keepalived/keepalived.conf", haproxyConf: "/etc/haproxy/haproxy.cfg" },
    appliedMark: "/etc/hapair/applied",
    ...{ maintenance: "/etc/hapair/maintenance", lastResort: "/run/hapair/last-resort" },
    drainDirectory: "/run/hapair/drain",
  },
  sources: { journal: ["journalctl"], addresses: [], units: [] },
};
const text = JSON.stringify(good, undefined, 2);

function refusal(given: string): string {
  try {
    readSettings(given);
  } catch (failure) {
    if (failure instanceof HapairError) return `${failure.code} ${failure.message} ${failure.hint ?? ""}`;
    throw failure;
  }
  return "";
}

/** The good settings with one value changed; `undefined` takes it away. */
function changed(path: string, value: unknown): string {
  const settings = structuredClone(good) as unknown as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let at = settings;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  at[last] = value;
  return JSON.stringify(settings);
}

describe("readSettings", () => {
  it("reads them as they were written, below hapair's mark", () => {
    expect(readSettings(`# Made by hapair for pair ext-lb; revision 0123456789ab.\n${text}`)).toEqual(good);
  });

  it("passes over what it does not know", () => {
    expect(readSettings(changed("further", [1]))).toMatchObject({ pair: "ext-lb" });
  });

  it.each([
    ["version", 2, "they have version 2, and this agent understands version 1"],
    ["version", undefined, "they have no version"],
    ["node", "lb3", "settings.node is none of settings.nodes"],
    ["nodes", [], "settings.nodes has fewer than 1 entries"],
    ["peers.port", 70_000, "settings.peers.port is no port number"],
    ["peers.beatMs", 0, "settings.peers.beatMs is 0"],
    ["haproxy.pollMs", "250", "settings.haproxy.pollMs is no number from 0 on"],
    ["rules.0.limit.kind", "load", "settings.rules[0].limit.kind is not known"],
    ["rules.0.limit.kind", "constructor", "settings.rules[0].limit.kind is not known"],
    ["rules.0.moves", 1, "settings.rules[0].moves is neither true nor false"],
    ["alerts.routes.0.target.url", undefined, "settings.alerts.routes[0].target.url is no text"],
    [
      "alerts.routes.0.severity",
      "high",
      "settings.alerts.routes[0].severity is none of info, warning, critical",
    ],
    ["alerts.quietTimes.0.days", [7], "settings.alerts.quietTimes[0].days[0] is none of 0, 1, 2"],
    ["routers.0.prefer", ["lb9"], "settings.routers prefer lb9, which is none of settings.nodes"],
    ["paths", undefined, "settings.paths is no map"],
  ])("refuses %s: %j", (path, value, words) => {
    expect(refusal(changed(path, value))).toContain(
      `settings-refused the agent's settings are refused: ${words}`,
    );
  });

  it("tells no secret, wherever the text is broken", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: text.length }),
        fc.nat({ max: 30 }),
        fc.string({ maxLength: 4 }),
        (at, cut, put) => {
          expect(refusal(text.slice(0, at) + put + text.slice(at + cut))).not.toContain("geheim");
        },
      ),
      { numRuns: 500 },
    );
  });

  it("throws nothing else on any JSON", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => refusal(JSON.stringify(value)) !== ""));
    fc.assert(fc.property(fc.string(), (given) => refusal(given) !== ""));
  });
});
