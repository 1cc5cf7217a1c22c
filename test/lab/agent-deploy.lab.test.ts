// The agent on real hosts: it comes with an apply, a start that fails leaves nothing behind, it goes with an apply and with hapair remove.
// The program is a stand-in that does what an apply waits for, so that this is about the deployment alone. Needs root on Linux.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HapairError } from "../../src/base/index.ts";
import {
  applyPlan,
  type ApplyResult,
  gatherPairFacts,
  makePlan,
  makeRemovePlan,
  nodeSystemOf,
} from "../../src/deploy/index.ts";
import { type Host, openSshHost } from "../../src/host/index.ts";
import { freshLabName, type Lab, labUp, specFromPair } from "../../src/lab/index.ts";
import { loadPair, type Pair } from "../../src/model/index.ts";
import { type NodeFile, renderPair } from "../../src/render/index.ts";
import { agentInputsFor } from "../support/pairs.ts";

const example = (name: string): string => readFileSync(join("examples/ext-lb", name), "utf8");
const haproxyConfig = example("haproxy.cfg");
const NODES = ["extlb-01", "extlb-02"];

/** Ready, alive, and answering on its control socket; it reads its settings, so that it fails where it may not. */
const STAND_IN = `import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

readFileSync(process.argv[3]);
createServer((_, answer) => answer.end("{}")).listen("/run/hapair-agent/control.sock", () => {
  execFileSync("systemd-notify", ["--ready"]);
  setInterval(() => execFileSync("systemd-notify", ["WATCHDOG=1"]), 1000);
});
`;
const BROKEN = `console.error("no such thing");\nprocess.exit(1);\n`;

function pairWith(extra = ""): Pair {
  const { pair, diagnostics } = loadPair("pair.yaml", `${example("pair.yaml")}${extra}`);
  if (pair === undefined) throw new Error(JSON.stringify(diagnostics));
  return pair;
}

const plain = pairWith();
const told = pairWith("agent: { key: { env: AGENT_KEY } }\n");

let lab: Lab;
const hosts = new Map<string, Host>();

beforeAll(async () => {
  lab = await labUp(
    specFromPair(plain, haproxyConfig, { name: freshLabName("agent-deploy"), suite: "bookworm" }),
  );
  for (const name of NODES) {
    const { sshConfigFile: configFile, commandPrefix } = lab;
    hosts.set(name, openSshHost({ name, target: { host: name }, configFile, commandPrefix }));
  }
});

afterAll(async () => {
  await Promise.all([...hosts.values()].map((host) => host.close()));
  await lab.down();
});

async function run(node: string, script: string): Promise<string> {
  return (await lab.console(node).run(script)).stdout.trim();
}

async function desiredFor(pair: Pair, program: string): Promise<Map<string, NodeFile[]>> {
  const facts = await gatherPairFacts(pair, hosts);
  return renderPair(pair, {
    haproxyConfig,
    carriedFiles: new Map(),
    passwords: new Map(pair.routers.map((router) => [router.name, "12345678"])),
    systems: new Map([...facts].map(([node, known]) => [node, nodeSystemOf(known)])),
    ...(pair.agent === undefined ? {} : { agent: { ...agentInputsFor(pair.agent), program } }),
  });
}

async function apply(pair: Pair, program = STAND_IN): Promise<ApplyResult> {
  const desired = await desiredFor(pair, program);
  const plan = makePlan(pair, desired, await gatherPairFacts(pair, hosts), { by: "test@here" });
  return await applyPlan(pair, plan, { hosts, desired, who: "test@here" });
}

/** Who has the address. */
async function holders(): Promise<string[]> {
  const found = await Promise.all(
    NODES.map(async (node) => [node, await run(node, "ip -o address show | grep -c 10.150.160.32")] as const),
  );
  return found.filter(([, count]) => count !== "0").map(([node]) => node);
}

/** What an agent may leave on a node. */
async function traces(node: string): Promise<string> {
  return await run(
    node,
    `find /etc /usr/local /var/lib/hapair* /run/hapair* -xdev \\( -path '*hapair*' -o -path /etc/haproxy/haproxy.cfg -o -path '/etc/keepalived/*' -o -path '*sysusers.d*' \\) ! -path '/var/lib/hapair/*' -printf '%p %y %m %u:%g\\n' 2> /dev/null | sort
find /etc -xdev -type f \\( -path '*hapair*' -o -path '/etc/keepalived/*' -o -path '/etc/haproxy/*' \\) -print0 | sort -z | xargs -0 sha256sum
getent passwd hapair-agent; getent group hapair-agent; systemctl is-active hapair-agent; nft --stateless list table inet hapair; cat /run/hapair/watch/*`,
  );
}

describe("the agent", () => {
  const before = new Map<string, string>();

  it("leaves nothing where its start fails, and says why", async () => {
    await apply(plain);
    await expect.poll(holders, { timeout: 20_000, interval: 300 }).toEqual(["extlb-01"]);
    for (const node of NODES) before.set(node, await traces(node));
    const holding = await holders();
    const failure: unknown = await apply(told, BROKEN).catch((thrown: unknown) => thrown);
    if (!(failure instanceof HapairError)) throw new Error("expected a HapairError", { cause: failure });
    expect(failure).toMatchObject({ kind: "unreachable", code: "step-failed" });
    expect(failure.message).toMatch(/start the agent failed: [^]*the agent does not start:[^]*no such thing/);
    for (const node of NODES) expect(await traces(node)).toBe(before.get(node));
    expect(await holders()).toEqual(holding);
  });

  it("comes with an apply that moves nothing: its own user, files and opinion, started at boot", async () => {
    const holding = await holders();
    await apply(told);
    expect(await holders()).toEqual(holding);
    for (const node of NODES) {
      expect(
        await run(
          node,
          `systemctl is-active hapair-agent; systemctl is-enabled hapair-agent
stat -c '%n %A %U:%G' /run/hapair/notify /run/hapair/watch/* /etc/hapair/agent.json /etc/hapair/applied /run/hapair-agent /var/lib/hapair-agent /run/haproxy/hapair-agent.sock
ps -o user= -p "$(systemctl show -P MainPID hapair-agent)"
readlink /proc/[0-9]*/fd/* 2> /dev/null | grep -c '^/run/hapair/notify$'`,
        ),
      ).toBe(`active
enabled
/run/hapair/notify prw-rw---- root:hapair-agent
/run/hapair/watch/boost -rw-r--r-- root:root
/run/hapair/watch/hold -rw-r--r-- root:root
/run/hapair/watch/process -rw-r--r-- root:root
/run/hapair/watch/traffic -rw-r--r-- hapair-agent:hapair-agent
/etc/hapair/agent.json -rw------- root:root
/etc/hapair/applied -rw-r--r-- root:root
/run/hapair-agent drwxr-x--- hapair-agent:hapair-agent
/var/lib/hapair-agent drwx------ hapair-agent:hapair-agent
/run/haproxy/hapair-agent.sock srw-rw---- root:haproxy
hapair-agent
1`);
    }
    const desired = await desiredFor(told, STAND_IN);
    expect(makePlan(told, desired, await gatherPairFacts(told, hosts))).toMatchObject({ changed: false });
  });

  it("gives no opinion any more when it was killed, and comes back", async () => {
    const script = `echo 1 > /run/hapair/watch/traffic
kill -9 "$(systemctl show -P MainPID hapair-agent)"
for look in $(seq 100); do [ "$(cat /run/hapair/watch/traffic)" = 0 ] && break; sleep 0.05; done
cat /run/hapair/watch/traffic
for look in $(seq 100); do systemctl is-active --quiet hapair-agent && break; sleep 0.1; done
systemctl is-active hapair-agent`;
    expect(await run("extlb-02", script)).toBe("0\nactive");
  });

  it("goes with an apply of a pair that asks for none", async () => {
    await apply(plain);
    for (const node of NODES) expect(await traces(node)).toBe(before.get(node));
  });

  it("goes with hapair remove", async () => {
    await apply(told);
    const plan = makeRemovePlan(told, await gatherPairFacts(told, hosts));
    await applyPlan(told, plan, { hosts, desired: new Map(), who: "test@here" });
    for (const node of NODES) {
      expect(
        await run(
          node,
          "find / -xdev -path '*hapair*' ! -path '/proc/*' ! -path '*journal*' ! -path '*hapair-lab*' 2> /dev/null; getent passwd hapair-agent; systemctl is-active hapair-agent",
        ),
      ).toBe("inactive");
    }
  });
});
