// The agent on real hosts: alerts by mail and webhook, traffic that moves the VIP or keeps it, agents that die, are held and hang, and the story of it all.

import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AGENT_NODES, AGENT_SECRETS, agentLab, type AgentLab, VIP } from "../support/agent-lab.ts";
import { buildIfMissing } from "../support/hapair-command.ts";

let site: AgentLab;

beforeAll(async () => {
  buildIfMissing();
  // By hand on the other release: HAPAIR_AGENT_LAB_SUITE=trixie.
  const suite = process.env["HAPAIR_AGENT_LAB_SUITE"] === "trixie" ? "trixie" : "bookworm";
  site = await agentLab({ base: "agent", mail: true, suite });
});
afterAll(() => site.down());

const other = (node: string): string => (node === AGENT_NODES[0] ? AGENT_NODES[1] : AGENT_NODES[0]);
const opinion = (node: string): Promise<string> => site.on(node, "cat /run/hapair/watch/traffic");

const ORDER = ["opened", "updated", "resolved"];

/** What the webhook was told of one condition since `from`, as `NODE phase`. */
function toldOf(
  condition: string,
  from = 0,
): { readonly incident: string; readonly phase: string; readonly node: string; readonly title: string }[] {
  return site
    .notices()
    .slice(from)
    .filter((notice) => notice.condition === condition);
}

/** HAProxy and servers as they should be, and the pair redundant again. */
async function mended(): Promise<void> {
  for (const node of AGENT_NODES) {
    await site.on(
      node,
      "systemctl kill --signal=CONT haproxy; rm -f /run/hapair/haproxy-crash*; systemctl start haproxy; nft delete table inet cut_servers 2>/dev/null; systemctl kill --signal=CONT hapair-agent; systemctl start hapair-agent",
    );
  }
  await site.redundant();
  await site.eventually(
    "no opinion is left",
    async () => (await opinion("extlb-01")) + (await opinion("extlb-02")) === "00",
  );
}

/** Every server of the back end refuses this node. */
function cutServers(node: string): Promise<string> {
  return site.on(
    node,
    `nft -f - <<'EOF'
table inet cut_servers {
  chain output { type filter hook output priority -300; ip daddr { 10.150.160.41, 10.150.160.42 } tcp dport 80 reject with tcp reset; }
}
EOF`,
  );
}

describe("what apply left on the nodes", () => {
  test.each(AGENT_NODES)(
    "%s: an unprivileged user, a sandbox, nothing readable that is secret",
    async (node) => {
      expect(await site.on(node, "systemctl is-active hapair-agent; systemctl is-enabled hapair-agent")).toBe(
        "active\nenabled",
      );
      expect(await site.on(node, "ps -o user:20= -C node | sort -u")).toBe("hapair-agent");
      expect(
        await site.on(node, "stat -c '%a %U' /etc/hapair/agent.json /run/hapair-agent /var/lib/hapair-agent"),
      ).toBe("600 root\n750 hapair-agent\n700 hapair-agent");
      // Encoded, because the list of processes holds the marks by which the console knows where an answer ends.
      const encoded = await site.on(
        node,
        "{ systemctl show hapair-agent; journalctl --no-pager; ps axeww; runuser -u nobody -- find /etc/hapair /etc/systemd /var/lib/hapair-agent /run/hapair -type f -readable -exec cat {} + 2>/dev/null; } | base64 --wrap=0",
      );
      const seen = Buffer.from(encoded, "base64").toString("utf8");
      expect(seen).toContain("hapair-agent.mjs");
      for (const secret of Object.values(AGENT_SECRETS)) expect(seen).not.toContain(secret);
    },
  );

  test("a test along every route, from every node, says what came back", async () => {
    const tried = await site.hapair("alert", "test");
    expect(tried.exitCode, tried.stdout + tried.stderr).toBe(0);
    for (const node of AGENT_NODES) {
      expect(tried.stdout).toMatch(new RegExp(`${node} +hook +delivered`));
      expect(tried.stdout).toMatch(new RegExp(`${node} +ops +delivered`));
    }
    const [hook] = site.arrivals.filter(({ kind }) => kind === "webhook");
    const signed = `${hook?.headers["x-hapair-timestamp"] ?? ""}.${hook?.body ?? ""}`;
    const expected = createHmac("sha256", AGENT_SECRETS.EXT_LB_HOOK_SECRET).update(signed).digest("hex");
    expect(hook?.headers["x-hapair-signature"]).toBe(`sha256=${expected}`);
    const mails = site.arrivals.filter(({ kind }) => kind === "mail");
    expect(mails).toHaveLength(2);
    expect(mails[0]?.body).toMatch(/^Subject: .*test/im);
  });

  test("metrics that promtool accepts", async () => {
    const metrics = await site.on("extlb-01", "curl --silent http://127.0.0.1:8407/metrics");
    expect(metrics).toContain('hapair_peer_up{pair="ext-lb",node="extlb-01",peer="extlb-02"} 1');
  });
});

test("HAProxy killed: the move is told once, with who, where and why; the story has both nodes' evidence", async () => {
  const from = site.notices().length;
  const victim = await site.holder();
  await site.on(victim, "systemctl kill --signal=KILL haproxy");
  await site.eventually("the VIP moved", async () => (await site.holder()) === other(victim));
  await site.eventually("the move was told", () => toldOf("vip-moved", from).length > 0);
  const [opened] = toldOf("vip-moved", from);
  expect(opened).toMatchObject({
    phase: "opened",
    title: `ext-lb: ${VIP} moved from ${victim} to ${other(victim)}`,
  });
  await site.eventually("mail came too", () =>
    site.arrivals.some(
      ({ kind, body }) => kind === "mail" && body.includes(`moved from ${victim} to ${other(victim)}`),
    ),
  );
  await mended();
  await sleep(1500);
  expect(new Set(toldOf("vip-moved", from).map(({ incident }) => incident)).size).toBe(1);
  const why = await site.hapair("why");
  expect(why.stdout).toContain(`${victim} -> ${other(victim)}`);
  expect(why.stdout).toMatch(new RegExp(`${victim} +HAProxy exited \\(signal 9\\)`));
  expect(why.stdout).toMatch(new RegExp(`${other(victim)} +took ${VIP.replaceAll(".", String.raw`\.`)}`));
  const history = await site.hapair("history");
  expect(history.stdout).toContain(`${victim} -> ${other(victim)}`);
});

test("a receiver that is down hears everything once it is up again, in order, though the agent was killed meanwhile", async () => {
  const from = site.notices().length;
  site.setMood("down");
  const victim = await site.holder();
  await site.on(victim, "systemctl stop haproxy");
  await site.eventually("the VIP moved", async () => (await site.holder()) === other(victim));
  await sleep(1000);
  for (const node of AGENT_NODES) await site.on(node, "systemctl kill --signal=KILL hapair-agent");
  await sleep(2000);
  expect(site.notices().length).toBe(from);
  site.setMood("well");
  await site.eventually("the move was told", () => toldOf("vip-moved", from).length > 0, 60_000);
  const phases = toldOf("vip-moved", from).map(({ phase }) => phase);
  expect(phases).toEqual(phases.toSorted((left, right) => ORDER.indexOf(left) - ORDER.indexOf(right)));
  await mended();
});

test("a node loses power: the other tells who is gone, and the story says so", async () => {
  const from = site.notices().length;
  const victim = await site.holder();
  await site.lab.powerOff(victim);
  await site.eventually(
    "lost redundancy was told",
    () => toldOf("standby-not-ready", from).length > 0,
    60_000,
  );
  expect(toldOf("standby-not-ready", from)[0]?.title).toContain(victim);
  const status = await site.hapair("status");
  expect(status.stdout).toContain("redundancy lost");
  await site.lab.powerOn(victim);
  await site.redundant();
  await site.eventually("its return was told", () =>
    toldOf("standby-not-ready", from).some(({ phase }) => phase === "resolved"),
  );
});

test("servers dead for the holder alone: the VIP moves to the node that reaches them, and stays there when they return", async () => {
  const victim = await site.holder();
  const cutAt = performance.now();
  await cutServers(victim);
  await site.eventually("the VIP moved", async () => (await site.holder()) === other(victim), 10_000);
  process.stderr.write(
    `servers dead on one node: seen moved after ${Math.round(performance.now() - cutAt)} ms\n`,
  );
  expect(await opinion(victim)).toBe("1");
  expect(await opinion(other(victim))).toBe("0");
  await mended();
  expect(await site.holder()).toBe(other(victim));
});

test("servers dead for both: the VIP stays, no opinion is given, one alert", async () => {
  const from = site.notices().length;
  const holder = await site.holder();
  // The standby first: the holder may be the last to know, or the first, as it comes.
  await Promise.all(AGENT_NODES.map(cutServers));
  await site.eventually("it was told", () => toldOf("backend-below-minimum", from).length > 0);
  await sleep(3000);
  expect(await site.holder()).toBe(holder);
  expect((await opinion("extlb-01")) + (await opinion("extlb-02"))).toBe("00");
  expect(new Set(toldOf("backend-below-minimum", from).map(({ incident }) => incident)).size).toBe(1);
  await mended();
  await site.eventually("its end was told", () =>
    toldOf("backend-below-minimum", from).some(({ phase }) => phase === "resolved"),
  );
});

test("a reload leaves no old worker held by the agent, moves nothing and gives no opinion", async () => {
  const holder = await site.holder();
  for (let reload = 0; reload < 3; reload += 1) {
    await site.on(holder, "systemctl reload haproxy");
    await sleep(300);
    expect(await opinion(holder)).toBe("0");
  }
  await site.eventually(
    "one worker is left",
    async () =>
      (await site.on(holder, "pgrep -c -P $(systemctl show --property=MainPID --value haproxy)")) === "1",
    10_000,
  );
  expect(await site.holder()).toBe(holder);
});

test("an agent that hangs with the opinion given is ended by systemd, and its opinion with it", async () => {
  const victim = await site.holder();
  await cutServers(victim);
  await site.eventually("it gave the VIP up", async () => (await opinion(victim)) === "1");
  await site.on(victim, "systemctl kill --signal=STOP hapair-agent");
  await site.eventually("its opinion is withdrawn", async () => (await opinion(victim)) === "0", 10_000);
  await mended();
});

test("a killed agent withdraws its opinion, comes back, and knows what it knew", async () => {
  const victim = await site.holder();
  await cutServers(victim);
  await site.eventually("it gave the VIP up", async () => (await opinion(victim)) === "1");
  await site.on(
    victim,
    "systemctl kill --signal=KILL hapair-agent; sleep 0.2; cat /run/hapair/watch/traffic > /tmp/opinion",
  );
  expect(await site.on(victim, "cat /tmp/opinion")).toBe("0");
  await mended();
  expect((await site.hapair("history")).stdout).toContain("agent was not running");
});

test("the peer's agent dies: the opinion given to it is taken back", async () => {
  const victim = await site.holder();
  await cutServers(victim);
  await site.eventually("it gave the VIP up", async () => (await opinion(victim)) === "1");
  await site.on(other(victim), "systemctl stop hapair-agent");
  await site.eventually("it takes its opinion back", async () => (await opinion(victim)) === "0", 5_000);
  await mended();
});
