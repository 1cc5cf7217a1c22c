// The agent's files: where secrets lie, what belongs to whom, and that a pair without an agent has none of it.

import { describe, expect, it } from "vitest";
import { readSettings } from "../agent-api/index.ts";
import { agentPairFiles, agentProgram, inputsFor, pairFiles, pairNamed } from "../../test/support/pairs.ts";
import { agentPaths, type NodeFile, nodePaths, renderPair } from "./index.ts";

function filesOf(name: string): NodeFile[] {
  const pair = pairNamed(name);
  return renderPair(pair, inputsFor(pair)).get(pair.nodes[0]?.name ?? "") ?? [];
}

function contentOf(files: readonly NodeFile[], path: string): string {
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`there is no ${path}`);
  return file.content;
}

it("are none without an agent", () => {
  for (const name of Object.keys(pairFiles)) {
    expect(
      filesOf(name).filter(({ path, content }) =>
        /hapair-agent|agent\.json|notify_fifo/.test(path + content),
      ),
    ).toEqual([]);
  }
});

describe.each(Object.keys(agentPairFiles))("of the pair %s", (name) => {
  const files = filesOf(name);

  it("hold secrets in the settings alone, which are root's", () => {
    const holding = files.filter(({ content }) => content.includes("s3cret"));
    expect(holding).toMatchObject([{ path: agentPaths.settings, mode: 0o600, owner: "root", group: "root" }]);
  });

  it("say every secret of the settings, as it stands there", () => {
    const settings = files.find(({ path }) => path === agentPaths.settings);
    const masked = (settings?.secrets ?? []).reduce(
      (text, secret) => text.replaceAll(secret, "*"),
      settings?.content ?? "",
    );
    expect(masked).not.toContain("s3cret");
  });

  it("carry the program as it is, below a comment with the mark", () => {
    expect(contentOf(files, agentPaths.program)).toMatch(/^\/\*\n# Made by hapair for pair .*\n\*\/\n/);
    expect(contentOf(files, agentPaths.program).endsWith(`*/\n${agentProgram}`)).toBe(true);
  });

  it("make the user before what belongs to it", () => {
    const order = files.map(({ effect }) => effect);
    expect(order.indexOf("sysusers")).toBeLessThan(order.indexOf("tmpfiles"));
    expect(order.slice(-3)).toEqual(["agent", "agent", "agent"]);
  });

  it("give the agent its opinion and its FIFO, and nothing else of the watched directory", () => {
    const lines = contentOf(files, nodePaths.tmpfiles).split("\n");
    expect(lines.filter((line) => line.includes("hapair-agent"))).toEqual([
      "f /run/hapair/watch/traffic 0644 hapair-agent hapair-agent - 0",
      "p /run/hapair/notify 0660 root hapair-agent -",
    ]);
    expect(contentOf(files, nodePaths.keepalivedConf)).toContain("vrrp_notify_fifo /run/hapair/notify\n");
  });
});

describe("the unit", () => {
  it("is confined tightly, but for a route through sendmail", () => {
    const tight = contentOf(filesOf("agent"), agentPaths.unit);
    expect(tight).toContain("\nNoNewPrivileges=yes\n");
    expect(tight).toContain("\nProtectSystem=strict\n");
    const relaxed = contentOf(filesOf("agent-sendmail"), agentPaths.unit);
    // What implies no new privileges, by systemd.exec.
    expect(relaxed).not.toMatch(
      /^(NoNewPrivileges|SystemCall|Restrict|PrivateDevices|ProtectKernel|ProtectClock|ProtectHostname|LockPersonality|MemoryDeny)/m,
    );
  });

  it("withdraws the opinion before it starts and however it ended", () => {
    const unit = contentOf(filesOf("agent"), agentPaths.unit);
    expect(unit).toContain("ExecStartPre=/bin/sh -c 'echo 0 > /run/hapair/watch/traffic'\n");
    expect(unit).toContain("ExecStopPost=/bin/sh -c 'echo 0 > /run/hapair/watch/traffic'\n");
  });
});

describe("the settings", () => {
  it("are what the agent understands", () => {
    for (const name of Object.keys(agentPairFiles)) {
      const pair = pairNamed(name);
      const settings = readSettings(contentOf(filesOf(name), agentPaths.settings));
      expect(settings).toMatchObject({
        pair: pair.name,
        node: pair.nodes[0]?.name,
        rules: pair.agent?.rules,
      });
    }
  });

  it("say each node's own address where the file says node", () => {
    expect(readSettings(contentOf(filesOf("agent-sendmail"), agentPaths.settings))).toMatchObject({
      nodes: [{ address: "2001:db8::11" }, { address: "2001:db8::12" }],
      metrics: { address: "2001:db8::11", port: 9407 },
    });
  });

  it("have every secret and every text in its place", () => {
    const { alerts, peers } = readSettings(contentOf(filesOf("agent"), agentPaths.settings));
    expect(peers.key).toBe('s3cret "agent.key"');
    expect(alerts.routes.map(({ target }) => target)).toMatchObject([
      { password: 's3cret "alerts.routes.ops.smtp.password"', authority: "the text of ./ca.pem\n" },
      { url: 's3cret "alerts.routes.chat.slack"' },
      { url: 's3cret "alerts.routes.teams.teams"' },
      { routingKey: 's3cret "alerts.routes.page.pagerduty"' },
      {
        url: "https://hooks.example.com/hapair",
        secret: 's3cret "alerts.routes.hook.secret"',
        headers: { "X-Source": "hapair", "X-Token": 's3cret "alerts.routes.hook.headers.X-Token"' },
        template: "the text of ./body.json\n",
      },
      { url: "http://127.0.0.1:9093" },
    ]);
  });
});

it("drop what others than the peers say to the agent", () => {
  expect(contentOf(filesOf("agent"), nodePaths.firewall)).toContain(
    "        udp dport 8406 ip saddr != { 10.150.160.31 } drop\n",
  );
  expect(contentOf(filesOf("agent-sendmail"), nodePaths.firewall)).toContain(
    "        udp dport 9406 ip6 saddr != { 2001:db8::12 } drop\n",
  );
});
