import { describe, expect, test } from "vitest";
import { agentNowMs, agentStatus, openIncident } from "../../test/support/agent-status.ts";
import { documentPair, recordedAnswer, scene } from "../../test/support/status-fixtures/scenes.ts";
import type { AgentStatus } from "../agent-api/index.ts";
import type { Pair } from "../model/index.ts";
import { parseObservation } from "./observation-parser.ts";
import { observationScript } from "./observation-script.ts";
import { observationRequest } from "./observe.ts";
import type { Sighting } from "./observation.ts";
import { type PairStatus, pairStatus } from "./pair-status.ts";
import { renderStatus } from "./render-status.ts";

const plain = (_kind: string, text: string): string => text;

/** The page's pair with an agent. Only that there is one matters here. */
const pair: Pair = {
  ...documentPair(),
  agent: {
    port: 8406,
    key: { kind: "env", name: "EXT_LB_AGENT_KEY" },
    metrics: "off",
    pollMs: 250,
    rules: [],
    alerts: {
      routes: [],
      quietTimes: [],
      patienceMs: new Map(),
      retryForMs: 0,
      logBytesMax: 0,
      certificateDays: 0,
    },
  },
};

type Said = AgentStatus | { readonly unit: string; readonly curlExit: number; readonly text?: string };

/** The recorded scene, with what each node's agent said put into the node's own answer at that moment. */
function seenWith(name: string, said: Readonly<Record<string, Said>>): Sighting[] {
  return scene(name, pair, (text, node) => {
    const wallMs = Number(/^time\.start\t\S+ (\S+)$/m.exec(text)?.[1]) * 1000;
    const answer = said[node];
    if (answer === undefined) return text;
    const [unit, asked, answered] =
      "unit" in answer
        ? [answer.unit, answer.curlExit, answer.text ?? ""]
        : ["active", 0, JSON.stringify(shifted(answer, wallMs - agentNowMs))];
    const paragraph = ["", "Id=hapair-agent.service", "LoadState=loaded", `ActiveState=${unit}`];
    const lines = [
      ...paragraph.map((line) => `unit\t${line}`),
      `agent.asked\t${asked}`,
      `agent\t${answered}`,
    ];
    return text.replace(/^time\.end/m, `${lines.join("\n")}\ntime.end`);
  });
}

/** The same status at another moment. */
function shifted(status: AgentStatus, byMs: number): AgentStatus {
  const move = (value: unknown, name = ""): unknown => {
    if (typeof value === "number") return /(?:At|^at|^now|^since)Ms$/.test(name) ? value + byMs : value;
    if (Array.isArray(value)) return value.map((entry) => move(entry));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, move(each, key)]));
  };
  return move(status) as AgentStatus;
}

function statusWith(name: string, said: Readonly<Record<string, Said>>): PairStatus {
  const sightings = seenWith(name, said);
  const seen = sightings.flatMap((each) => (each.kind === "seen" ? [each.observation.wallMs] : []));
  return pairStatus(pair, sightings, Math.max(...seen));
}

const well = { "extlb-01": agentStatus("extlb-01"), "extlb-02": agentStatus("extlb-02") };
const off = { unit: "inactive", curlExit: 7 };

describe("agents in a status", () => {
  test("two that are well add a column and no line", () => {
    expect(renderStatus(statusWith("healthy", well), plain)).toMatchInlineSnapshot(`
      "ext-lb  classic  2026-11-22 18:07:12Z

      extlb-01 holds 10.150.160.32  since 17:54:07Z (13 min)  router ext-lb, VRID 50
      redundant: yes

      node      state   since               VIP   keepalived  HAProxy  process  service  traffic  hold  agent
      extlb-01  MASTER  17:54:07Z (13 min)  held  active      active   ok       ok       ok       -     ok
      extlb-02  BACKUP  18:05:51Z (1 min)   -     active      active   ok       ok       ok       -     ok"
    `);
  });

  test("one that does not run is a note, and the pair is redundant all the same", () => {
    const peers = [{ node: "extlb-02", heard: false, lastHeardMsAgo: 90_000, holders: [] }];
    const status = statusWith("healthy", {
      "extlb-01": agentStatus("extlb-01", { peers }),
      "extlb-02": off,
    });
    expect(status.redundant.answer).toBe("yes");
    expect(renderStatus(status, plain)).toMatchInlineSnapshot(`
      "ext-lb  classic  2026-11-22 18:07:12Z

      extlb-01 holds 10.150.160.32  since 17:54:07Z (13 min)  router ext-lb, VRID 50
      redundant: yes

      node      state   since               VIP   keepalived  HAProxy  process  service  traffic  hold  agent
      extlb-01  MASTER  17:54:07Z (13 min)  held  active      active   ok       ok       ok       -     hears no peer
      extlb-02  BACKUP  18:05:51Z (1 min)   -     active      active   ok       ok       ok       -     inactive

      note: the agent on extlb-02 does not run (inactive): alerts and traffic health are off there"
    `);
  });

  test("open incidents once, with their age, and what waits or fails", () => {
    const troubled: Partial<AgentStatus> = {
      incidents: [
        openIncident(),
        openIncident({
          id: "1",
          condition: "backend-below-minimum",
          severity: "critical",
          title: "ext-lb: web has 0 of 2 servers on both nodes",
          openedAtMs: agentNowMs - 7_200_000,
        }),
      ],
    };
    const status = statusWith("healthy", {
      "extlb-01": agentStatus("extlb-01", {
        ...troubled,
        spool: { depth: 3, oldestAtMs: agentNowMs - 720_000 },
        routes: [
          { name: "chat", kind: "slack", last: { result: "failed", atMs: agentNowMs - 20_000, said: "503" } },
        ],
        log: { bytes: 1, trouble: "no space left on device" },
        rules: [{ name: "web-servers", grade: "dead", moves: true, sinceMs: agentNowMs - 60_000 }],
      }),
      "extlb-02": agentStatus("extlb-02", troubled),
    });
    expect(status.agents?.incidents.map(({ id, knownBy }) => [id, knownBy])).toEqual([
      ["1", ["extlb-01", "extlb-02"]],
      ["5f1c0a9be2d34478", ["extlb-01", "extlb-02"]],
    ]);
    expect(renderStatus(status, plain)).toMatchInlineSnapshot(`
      "ext-lb  classic  2026-11-22 18:07:12Z

      extlb-01 holds 10.150.160.32  since 17:54:07Z (13 min)  router ext-lb, VRID 50
      redundant: yes

      node      state   since               VIP   keepalived  HAProxy  process  service  traffic  hold  agent
      extlb-01  MASTER  17:54:07Z (13 min)  held  active      active   ok       ok       ok       -     ok
      extlb-02  BACKUP  18:05:51Z (1 min)   -     active      active   ok       ok       ok       -     ok

      critical  ext-lb: web has 0 of 2 servers on both nodes                    open for 2 h 0 min
      warning   ext-lb: extlb-02 could not take over: HAProxy is stopped there  open for 3 min

      note: 3 notices of extlb-01 wait for delivery, the oldest for 12 min
      note: route chat of extlb-01 failed 20 s ago: 503
      note: the agent on extlb-01 cannot write its log: no space left on device
      note: traffic rule web-servers is dead on extlb-01 for 1 min"
    `);
  });

  test("a notice that has only just been made is no note", () => {
    const spool = { depth: 1, oldestAtMs: agentNowMs - 300 };
    const status = statusWith("healthy", { ...well, "extlb-01": agentStatus("extlb-01", { spool }) });
    expect(status.agents?.notes).toEqual([]);
  });

  test.each<[string, Said, string, string]>([
    [
      "of another moment",
      agentStatus("extlb-02", { nowMs: agentNowMs - 60_000 }),
      "stale",
      "the agent on extlb-02 told of a moment 1 min from now: what it says is stale",
    ],
    [
      "that cannot be read",
      { unit: "active", curlExit: 0, text: '{"version":9}' },
      "mute",
      "the agent on extlb-02 runs and gives no answer that can be read: what it knows is not shown",
    ],
    [
      "none, for want of curl",
      { unit: "active", curlExit: 127 },
      "mute",
      "the agent on extlb-02 was not asked: there is no curl",
    ],
    [
      "that hears nobody",
      agentStatus("extlb-02", {
        peers: [{ node: "extlb-01", heard: false, lastHeardMsAgo: 40_000, holders: [] }],
      }),
      "alone",
      "the agent on extlb-02 last heard extlb-01's 40 s ago, so what it knows of extlb-01 is stale",
    ],
  ])("an answer %s", (_name, said, answer, note) => {
    const status = statusWith("healthy", { ...well, "extlb-02": said });
    expect(status.nodes[1]?.agent?.answer).toBe(answer);
    expect(status.agents?.notes).toEqual([note]);
  });

  test("agents that see different holders say so", () => {
    const other = [{ router: "ext-lb", holders: ["extlb-02"], unknown: [] }];
    const peers = [{ node: "extlb-02", heard: true, holders: other, agrees: false }];
    const status = statusWith("healthy", { ...well, "extlb-01": agentStatus("extlb-01", { peers }) });
    expect(status.agents?.notes).toEqual([
      "the agents do not agree: extlb-01 sees ext-lb on extlb-01, extlb-02 sees ext-lb on extlb-02",
    ]);
  });

  test("a node that cannot be asked has an unknown agent", () => {
    const sightings = seenWith("healthy", well).slice(0, 1);
    expect(pairStatus(pair, sightings, agentNowMs).nodes[1]?.agent?.answer).toBe("unknown");
  });
});

test("a pair without an agent is not asked for one, and its status knows of none", () => {
  const without = documentPair();
  const [node] = without.nodes;
  if (node === undefined) throw new Error("no node");
  expect(observationScript(observationRequest(without, node))).not.toContain("agent");
  expect(observationScript(observationRequest(pair, node))).toContain(
    "--unix-socket /run/hapair-agent/control.sock http://agent/status",
  );
  const answer = recordedAnswer("healthy", node.name);
  const read = parseObservation(node.name, answer, observationRequest(without, node), {
    sentMs: 0,
    answeredMs: 0,
  });
  expect(read).not.toHaveProperty("agentCurlExit");
  expect(pairStatus(without, scene("healthy", without), agentNowMs)).not.toHaveProperty("agents");
});
