// Deploy on real hosts: what an apply leaves, what it costs the clients, what is left after it fails or dies, and the way back. Needs root on Linux.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HapairError } from "../../src/base/index.ts";
import {
  type ApplyEvent,
  applyPlan,
  type ApplyResult,
  gatherPairFacts,
  makePlan,
  makeRemovePlan,
  type NodeFacts,
  nodeSystemOf,
  type Plan,
} from "../../src/deploy/index.ts";
import { monitorHolders, monotonicUs } from "../../src/drill/holder-monitor.ts";
import { startProber } from "../../src/drill/index.ts";
import { type Host, openSshHost } from "../../src/host/index.ts";
import { freshLabName, type Lab, labUp, type SpecOptions, specFromPair } from "../../src/lab/index.ts";
import { holderTimeline, outages } from "../../src/measure/index.ts";
import { loadPair, type Pair } from "../../src/model/index.ts";
import { type NodeFile, nodePaths, renderPair } from "../../src/render/index.ts";

const example = (name: string): string => readFileSync(join("examples/ext-lb", name), "utf8");
const haproxyConfig = example("haproxy.cfg");
const VIP = "10.150.160.32";
const NODES = ["extlb-01", "extlb-02"];

function pairWith(extra = "", change: (text: string) => string = (text) => text): Pair {
  const { pair, diagnostics } = loadPair("pair.yaml", change(`${example("pair.yaml")}${extra}`));
  if (pair === undefined) throw new Error(JSON.stringify(diagnostics));
  return pair;
}

const classic = pairWith();
const fast = pairWith("profile: fast\n");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-deploy-lab-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Site {
  readonly lab: Lab;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly run: (node: string, script: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

async function site(options: Partial<SpecOptions> = {}): Promise<Site> {
  const lab = await labUp(
    specFromPair(classic, haproxyConfig, { name: freshLabName("deploy"), suite: "bookworm", ...options }),
  );
  const hosts = new Map(
    NODES.map((name) => [
      name,
      openSshHost({
        name,
        target: { host: name },
        configFile: lab.sshConfigFile,
        commandPrefix: lab.commandPrefix,
      }),
    ]),
  );
  return {
    lab,
    hosts,
    run: async (node, script) => (await lab.console(node).run(script)).stdout.trim(),
    close: async () => {
      await Promise.all([...hosts.values()].map((host) => host.close()));
      await lab.down();
    },
  };
}

interface Planned {
  readonly plan: Plan;
  readonly desired: ReadonlyMap<string, readonly NodeFile[]>;
  readonly facts: ReadonlyMap<string, NodeFacts>;
}

type Edit = (file: NodeFile, node: string) => NodeFile;

async function planOf(
  where: Site,
  pair: Pair,
  config = haproxyConfig,
  edit: Edit = (file) => file,
): Promise<Planned> {
  const facts = await gatherPairFacts(pair, where.hosts);
  const systems = new Map([...facts].map(([node, known]) => [node, nodeSystemOf(known)]));
  const passwords = new Map(
    pair.routers.filter((router) => router.password !== undefined).map((router) => [router.name, "12345678"]),
  );
  const rendered = renderPair(pair, { haproxyConfig: config, carriedFiles: new Map(), passwords, systems });
  const desired = new Map(
    [...rendered].map(([node, files]) => [node, files.map((file) => edit(file, node))]),
  );
  return { facts, desired, plan: makePlan(pair, desired, facts, { by: "test@here" }) };
}

async function perform(
  where: Site,
  pair: Pair,
  { plan, desired }: Omit<Planned, "facts">,
  onProgress?: (event: ApplyEvent) => void,
): Promise<ApplyResult> {
  return await applyPlan(pair, plan, {
    hosts: where.hosts,
    desired,
    who: "test@here",
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

async function apply(where: Site, pair: Pair, config?: string, edit?: Edit): Promise<ApplyResult> {
  return await perform(where, pair, await planOf(where, pair, config, edit));
}

async function failureOf(work: Promise<unknown>): Promise<HapairError> {
  const failure: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(failure instanceof HapairError)) throw new Error("expected a HapairError", { cause: failure });
  return failure;
}

/** Everything of a node that an apply may touch, as text. */
async function snapshot(where: Site, node: string): Promise<string> {
  return await where.run(
    node,
    `find /etc -xdev \\( -type f -o -type l -o -type d \\) ! -path '/etc/ssh*' ! -name mtab ! -name resolv.conf ! -name '.updated' -printf '%p %y %m %u:%g\\n' | sort
find /etc -xdev -type f ! -path '/etc/ssh*' ! -name '.updated' -print0 | sort -z | xargs -0 sha256sum
ls -d /var/lib/hapair /run/hapair 2>&1; systemctl is-active haproxy keepalived; systemctl is-enabled haproxy keepalived; nft list tables
cat /proc/sys/net/ipv4/ip_nonlocal_bind /proc/sys/net/ipv4/tcp_migrate_req; tr '\\0' ' ' < /proc/$(systemctl show -P MainPID haproxy)/cmdline`,
  );
}

/** The page's own files, as a person following it would have put them there. */
async function followThePage(where: Site): Promise<void> {
  for (const node of NODES) {
    const console = where.lab.console(node);
    await console.write(nodePaths.haproxyConf, haproxyConfig, { mode: 0o644 });
    await console.write(nodePaths.keepalivedConf, example(`as-written/${node}.conf`), { mode: 0o644 });
    await console.write(nodePaths.checkScript, example("as-written/chk_haproxy.sh"), { mode: 0o755 });
    await console.run("systemctl restart haproxy && systemctl restart keepalived");
  }
  await holderIs(where, "extlb-01");
}

async function holds(where: Site, node: string): Promise<boolean> {
  return (await where.run(node, "ip -o address show")).includes(`${VIP}/`);
}

async function holderIs(where: Site, node: string): Promise<void> {
  for (let look = 0; look < 200; look += 1) {
    if (await holds(where, node)) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  throw new Error(`${node} did not take the VIP`);
}

/** What a client at the VIP and the nodes' own kernels saw while `work` ran: a request every 2 ms. */
async function underTraffic(
  where: Site,
  work: () => Promise<unknown>,
): Promise<{ lost: number; requests: number; twoHolderUs: number; noHolderUs: number; moves: number }> {
  const monitor = await monitorHolders(
    NODES.map((name) => ({ name, host: where.lab.console(name), interface: "ens192" })),
    VIP,
  );
  const prober = startProber({
    target: { address: VIP, port: 80, kind: "http" },
    timeLimitUs: 1_000_000,
    outputFile: join(folder, `probe-${Math.random()}.json`),
    commandPrefix: where.lab.commandPrefix,
    hapairCommand: [process.execPath, "--import", "tsx", "test/support/run-prober.ts"],
  });
  await prober.ready;
  const fromUs = monotonicUs();
  try {
    await work();
    await new Promise((resolve) => {
      setTimeout(resolve, 1000);
    });
  } finally {
    await monitor.stop();
  }
  const toUs = monotonicUs();
  const seen = outages(await prober.stop());
  const timeline = holderTimeline(monitor.changes, { fromUs, toUs });
  return {
    lost: seen.lost,
    requests: seen.requests,
    twoHolderUs: timeline.twoHolderUs,
    noHolderUs: timeline.noHolderUs,
    moves: timeline.moves,
  };
}

describe("a clean pair", () => {
  let where: Site;
  beforeAll(async () => {
    where = await site();
  });
  afterAll(async () => where?.close());

  it("is applied, healthy on both nodes, and everything is on the nodes with its mode", async () => {
    const result = await apply(where, classic);
    expect(result.states.map(({ node }) => node)).toEqual(NODES);
    for (const { state } of result.states) expect(["BACKUP", "MASTER"]).toContain(state);
    for (const node of NODES) {
      expect(
        await where.run(
          node,
          `stat -c '%a %U:%G' ${nodePaths.keepalivedConf} ${nodePaths.checkScript}; stat -c %a /var/lib/hapair`,
        ),
      ).toBe("600 root:root\n755 root:root\n700");
      expect(
        await where.run(node, "systemctl is-enabled haproxy keepalived; cat /run/hapair/watch/process"),
      ).toBe("enabled\nenabled\n0");
      expect(await where.run(node, "ls -A /var/lib/hapair")).not.toMatch(/unfinished|staging|^lock$/m);
    }
    await holderIs(where, "extlb-01");
  });

  it("has no changes in a second apply, and nothing is reloaded or even locked", async () => {
    const before = await where.run(
      "extlb-01",
      "systemctl show -P MainPID haproxy keepalived; pgrep -x haproxy; stat -c %Y /var/lib/hapair/lock.guard",
    );
    const { plan, desired } = await planOf(where, classic);
    expect(plan).toMatchObject({ changed: false, steps: [], warnings: [] });
    expect(await perform(where, classic, { plan, desired })).toMatchObject({ changed: false });
    expect(
      await where.run(
        "extlb-01",
        "systemctl show -P MainPID haproxy keepalived; pgrep -x haproxy; stat -c %Y /var/lib/hapair/lock.guard",
      ),
    ).toBe(before);
  });

  it("takes a changed priority by a reload of keepalived alone, and a changed haproxy.cfg by a reload of HAProxy alone", async () => {
    const swapped = (file: NodeFile, node: string): NodeFile =>
      file.path === nodePaths.keepalivedConf && node === "extlb-02"
        ? { ...file, content: file.content.replace("priority 100", "priority 99") }
        : file;
    const priority = await planOf(where, classic, haproxyConfig, swapped);
    expect(
      priority.plan.steps
        .filter((step) => step.kind === "keepalived" || step.kind === "haproxy")
        .map((step) => `${step.node} ${step.title}`),
    ).toEqual(["extlb-02 reload keepalived"]);
    await perform(where, classic, priority);
    const slower = haproxyConfig.replace("timeout connect 2s", "timeout connect 3s");
    const proxy = await planOf(where, classic, slower, swapped);
    expect(
      proxy.plan.steps
        .filter((step) => step.kind === "keepalived" || step.kind === "haproxy")
        .map((step) => `${step.node} ${step.title}`),
    ).toEqual(["extlb-02 reload HAProxy", "extlb-01 reload HAProxy"]);
    const seen = await underTraffic(where, () => perform(where, classic, proxy));
    expect(seen).toMatchObject({ lost: 0, twoHolderUs: 0, noHolderUs: 0 });
    expect((await planOf(where, classic, slower, swapped)).plan.changed).toBe(false);
    await apply(where, classic);
  });

  it("is refused when a node changed between plan and apply", async () => {
    const planned = await planOf(
      where,
      classic,
      haproxyConfig.replace("timeout connect 2s", "timeout connect 4s"),
    );
    await where.run("extlb-02", "echo '# by hand' >> /etc/haproxy/haproxy.cfg");
    const failure = await failureOf(perform(where, classic, planned));
    expect(failure).toMatchObject({ kind: "unreachable", code: "plan-outdated" });
    expect(failure.message).toContain("extlb-02");
    expect(
      await where.run(
        "extlb-01",
        "grep -c 'connect 4s' /etc/haproxy/haproxy.cfg; ls /var/lib/hapair/lock 2>&1",
      ),
    ).toMatch(/^0\n.*No such file/);
    const next = await planOf(where, classic);
    expect(next.plan.nodes[1]?.changes).toMatchObject([
      { path: nodePaths.haproxyConf, kind: "replace", editedByHand: true },
    ]);
    await perform(where, classic, next);
  });

  it("is refused with the words of whoever holds the lock; an expired lock is taken over and said", async () => {
    const planned = await planOf(
      where,
      classic,
      haproxyConfig.replace("timeout connect 2s", "timeout connect 4s"),
    );
    const lock = (age: number): string =>
      `now=$(date +%s); echo "{\\"who\\":\\"ann@desk\\",\\"what\\":\\"apply of pair ext-lb\\",\\"token\\":\\"x\\",\\"sinceS\\":$((now - ${age})),\\"untilS\\":$((now - ${age} + 900))}" > /var/lib/hapair/lock`;
    await where.run("extlb-02", lock(60));
    const failure = await failureOf(perform(where, classic, planned));
    expect(failure).toMatchObject({ kind: "unreachable", code: "locked" });
    expect(failure.message).toMatch(
      /extlb-02 is locked: ann@desk has held it for \d+ s for: apply of pair ext-lb; it expires in 14 min/,
    );
    // The first node was locked before the second refused, and is free again.
    expect(await where.run("extlb-01", "ls /var/lib/hapair")).not.toMatch(/^lock$/m);
    await where.run("extlb-02", lock(1000));
    const events: ApplyEvent[] = [];
    await perform(where, classic, planned, (event) => events.push(event));
    expect(events.find((event) => event.kind === "lock-expired")).toMatchObject({
      node: "extlb-02",
      text: expect.stringContaining("ann@desk") as string,
    });
    await apply(where, classic);
  });

  it("whose keepalived refuses the new file has nothing replaced anywhere", async () => {
    const before = await Promise.all(NODES.map((node) => snapshot(where, node)));
    const bad: Edit = (file, node) =>
      file.path === nodePaths.keepalivedConf && node === "extlb-01"
        ? { ...file, content: file.content.replace(/^    priority /m, "    prioritty ") }
        : file;
    const failure = await failureOf(
      apply(where, classic, haproxyConfig.replace("connect 2s", "connect 5s"), bad),
    );
    expect(failure).toMatchObject({ kind: "unreachable", hint: "Nothing was changed on any node." });
    expect(failure.message).toMatch(/extlb-01: .*prioritty/s);
    expect(await Promise.all(NODES.map((node) => snapshot(where, node)))).toEqual(before);
  });

  it("whose HAProxy refuses the new file has nothing replaced anywhere", async () => {
    const failure = await failureOf(
      apply(where, classic, `${haproxyConfig}\nfrontend broken\n    bind nonsense\n`),
    );
    expect(failure.message).toMatch(/HAProxy refuses its configuration/);
    expect(failure.kind).toBe("unreachable");
    expect((await planOf(where, classic)).plan.changed).toBe(false);
  });

  it("has a node's files put back when its HAProxy passes the check but cannot run with them", async () => {
    const before = await Promise.all(NODES.map((node) => snapshot(where, node)));
    await where.run(
      "extlb-02",
      "systemd-run --quiet --unit=hapair-test-taker /usr/bin/python3 -m http.server 8099",
    );
    const failure = await failureOf(
      apply(where, classic, `${haproxyConfig}\nfrontend taken\n    bind *:8099\n    default_backend web\n`),
    );
    await where.run("extlb-02", "systemctl stop hapair-test-taker");
    expect(failure.kind).toBe("unreachable");
    expect(failure.message).toMatch(/extlb-02: reload HAProxy failed/);
    expect(failure.hint).toContain("Everything is as it was");
    expect(await Promise.all(NODES.map((node) => snapshot(where, node)))).toEqual(before);
    expect(
      await where.run(
        "extlb-02",
        "systemctl is-active haproxy; curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8405/healthz",
      ),
    ).toBe("active\n200");
  });

  it("with a full disk keeps its files: in the state directory, and where the files go", async () => {
    const other = haproxyConfig.replace("connect 2s", "connect 6s");
    for (const full of ["/var/lib/hapair", "/etc/haproxy"]) {
      // A small file system with the same content, filled up.
      await where.run(
        "extlb-02",
        `cp -a ${full} /root/copy && mount -t tmpfs -o size=200k,mode=755 tmpfs ${full} && cp -a /root/copy/. ${full}/ && cat /dev/zero > ${full}/filler; true`,
      );
      const before = await where.run("extlb-02", `sha256sum /etc/haproxy/*.cfg; ls -A /etc/haproxy`);
      const failure = await failureOf(apply(where, classic, `${other}\n# ${"x".repeat(20_000)}\n`));
      expect(failure.kind).toBe("unreachable");
      expect(failure.message).toMatch(/No space left on device/);
      expect(await where.run("extlb-02", `sha256sum /etc/haproxy/*.cfg; ls -A /etc/haproxy`)).toBe(before);
      await where.run("extlb-02", `umount ${full}; rm -rf /root/copy`);
    }
    expect((await planOf(where, classic)).plan.changed).toBe(false);
  });

  it("that an apply died on is said to be unfinished, stays locked for a while, and is finished by the next apply", async () => {
    const planned = await planOf(where, classic, haproxyConfig.replace("connect 2s", "connect 7s"));
    // The operator's machine dies after the files were replaced: nothing more arrives, not even the release of the locks.
    const dead = new Set<string>();
    const dying = new Map(
      [...where.hosts].map(([name, host]): [string, Host] => [
        name,
        {
          ...host,
          run: async (script, options) =>
            dead.size > 0
              ? Promise.reject(
                  new HapairError({
                    kind: "unreachable",
                    code: "host-unreachable",
                    message: `${name} is away`,
                  }),
                )
              : await host.run(script, options),
        },
      ]),
    );
    const failure = await failureOf(
      applyPlan(classic, planned.plan, {
        ...planned,
        hosts: dying,
        who: "test@here",
        onProgress: (event) =>
          void (event.kind === "step-done" && event.step.kind === "place" && dead.add("all")),
      }),
    );
    expect(failure).toMatchObject({ kind: "half-applied" });
    expect(failure.hint).toContain("Mend the cause and apply again");
    const next = await planOf(where, classic);
    expect(next.plan.warnings.map((warning) => warning.text).join()).toContain("was cut off here");
    expect((await failureOf(perform(where, classic, next))).code).toBe("locked");
    await Promise.all(
      NODES.map((node) => where.run(node, 'sed -i \'s/"untilS":[0-9]*/"untilS":1/\' /var/lib/hapair/lock')),
    );
    await perform(where, classic, await planOf(where, classic));
    expect((await planOf(where, classic)).plan).toMatchObject({ changed: false, warnings: [] });
  });

  it("is given back as it was, apart from what ran only for hapair", async () => {
    const facts = await gatherPairFacts(classic, where.hosts);
    const plan = makeRemovePlan(classic, facts, { by: "test@here" });
    expect(plan.warnings.map((warning) => warning.text).join()).toContain(
      "keepalived did not run before hapair",
    );
    await perform(where, classic, { plan, desired: new Map() });
    for (const node of NODES) {
      expect(
        await where.run(
          node,
          "ls /etc/hapair /var/lib/hapair /run/hapair /etc/keepalived/keepalived.conf /etc/haproxy/hapair.cfg 2>&1 | grep -vc 'No such file'; systemctl is-active haproxy keepalived",
        ),
      ).toBe("0\nactive\ninactive");
      expect(await holds(where, node)).toBe(false);
    }
    expect(makeRemovePlan(classic, await gatherPairFacts(classic, where.hosts)).changed).toBe(false);
  });
});

describe("the page's running pair", () => {
  let where: Site;
  beforeAll(async () => {
    where = await site();
    await followThePage(where);
  });
  afterAll(async () => where?.close());
  const unharmed = { lost: 0, twoHolderUs: 0, noHolderUs: 0, moves: 0 };
  let before: string[] = [];

  it("has the holder put back as it was when the second HAProxy cannot run, and goes on serving", async () => {
    before = await Promise.all(NODES.map((node) => snapshot(where, node)));
    await where.run(
      "extlb-01",
      "systemd-run --quiet --unit=hapair-test-taker /usr/bin/python3 -m http.server 8405",
    );
    const planned = await planOf(where, classic);
    let failure: HapairError | undefined;
    const seen = await underTraffic(where, async () => {
      failure = await failureOf(perform(where, classic, planned));
    });
    await where.run("extlb-01", "systemctl stop hapair-test-taker");
    expect(seen).toMatchObject(unharmed);
    expect(failure).toMatchObject({ kind: "half-applied" });
    expect(failure?.message).toContain("the second HAProxy that would bridge the restart does not start");
    expect(failure?.hint).toMatch(/^extlb-02 has revision \S+ extlb-01 is as before\./);
    expect(await snapshot(where, "extlb-01")).toBe(before[0]);
  });

  it("becomes classic, fast and classic again without a lost request, a second holder or a moment without one", async () => {
    const first = await planOf(where, classic);
    expect(
      first.plan.nodes.flatMap((node) =>
        node.changes.filter((change) => change.kind === "take-over").map((change) => change.path),
      ),
    ).toHaveLength(3);
    expect(first.plan.steps.map((step) => step.kind)).toContain("bridge-exchange");
    expect(await underTraffic(where, () => perform(where, classic, first))).toMatchObject(unharmed);
    expect(
      await where.run(
        "extlb-01",
        "systemctl is-active hapair-bridge; cat /proc/sys/net/ipv4/tcp_migrate_req; tr '\\0' ' ' < /proc/$(systemctl show -P MainPID haproxy)/cmdline; cat /run/haproxy.pid; systemctl show -P MainPID haproxy",
      ),
    ).toMatch(
      /^inactive\n0\n\S+ -Ws -f \/etc\/haproxy\/haproxy\.cfg -f \/etc\/haproxy\/hapair\.cfg .*\n?(\d+)\n\1$/s,
    );
    const second = await planOf(where, fast);
    expect(second.plan.warnings.map((warning) => warning.text).join()).toContain("VRRP version 2 becomes 3");
    expect(await underTraffic(where, () => perform(where, fast, second))).toMatchObject(unharmed);
    expect(await underTraffic(where, () => apply(where, classic))).toMatchObject(unharmed);
  });

  it("is given back exactly as the page had it, still serving", async () => {
    const plan = makeRemovePlan(classic, await gatherPairFacts(classic, where.hosts));
    expect(
      await underTraffic(where, () => perform(where, classic, { plan, desired: new Map() })),
    ).toMatchObject(unharmed);
    expect(await Promise.all(NODES.map((node) => snapshot(where, node)))).toEqual(before);
  });
});

describe("odd nodes", () => {
  it("without keepalived: the distribution's package line, and nothing changed", async () => {
    const where = await site({ sudoNodes: ["extlb-02"] });
    try {
      await where.run("extlb-02", "mv /usr/sbin/keepalived /root/");
      const failure = await failureOf(planOf(where, classic));
      expect(failure).toMatchObject({ kind: "unreachable", code: "package-missing" });
      expect(failure.message).toContain(
        "extlb-02 (Debian GNU/Linux 12 (bookworm)): keepalived is not installed",
      );
      expect(failure.hint).toContain("apt-get install keepalived haproxy");
      await where.run("extlb-02", "mv /root/keepalived /usr/sbin/");
      // The same node is reached by sudo alone.
      await apply(where, classic);
      expect((await planOf(where, classic)).plan.changed).toBe(false);
    } finally {
      await where.close();
    }
  });

  it("with firewalld: VRRP is let in for good, closed front-end ports are named, and remove closes it again", async () => {
    const where = await site({ firewalldNodes: NODES });
    try {
      const zone = "firewall-cmd --list-all; firewall-cmd --permanent --list-all";
      const before = await where.run("extlb-01", zone);
      const planned = await planOf(where, classic);
      expect(planned.plan.warnings.map((warning) => warning.text).join()).toContain(
        "keeps 1 front-end port closed (80/tcp)",
      );
      await perform(where, classic, planned);
      const rule = 'rule family="ipv4" source address="10.150.160.31" protocol value="vrrp" accept';
      expect(
        await where.run(
          "extlb-01",
          "firewall-cmd --list-rich-rules; firewall-cmd --permanent --list-rich-rules",
        ),
      ).toBe(`${rule}\n${rule}`);
      expect((await planOf(where, classic)).plan.changed).toBe(false);
      await perform(where, classic, {
        plan: makeRemovePlan(classic, await gatherPairFacts(classic, where.hosts)),
        desired: new Map(),
      });
      expect(await where.run("extlb-01", zone)).toBe(before);
    } finally {
      await where.close();
    }
  });

  it("of Debian 13 take the same apply, page to classic without a lost request", async () => {
    const where = await site({ suite: "trixie" });
    try {
      await followThePage(where);
      expect(await underTraffic(where, () => apply(where, classic))).toMatchObject({
        lost: 0,
        twoHolderUs: 0,
      });
      expect(await underTraffic(where, () => apply(where, fast))).toMatchObject({ lost: 0, twoHolderUs: 0 });
      expect((await planOf(where, fast)).plan.changed).toBe(false);
    } finally {
      await where.close();
    }
  });
});
