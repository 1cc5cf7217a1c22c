// Deploy on real hosts: what an apply leaves, what is left after it is refused, fails or dies, and the way back. Needs root on Linux.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HapairError } from "../../src/base/index.ts";
import { type ApplyEvent, applyPlan, gatherPairFacts, makeRemovePlan } from "../../src/deploy/index.ts";
import type { Host } from "../../src/host/index.ts";
import { nodePaths } from "../../src/render/index.ts";
import {
  apply,
  classic,
  type Edit,
  failureOf,
  haproxyConfig,
  holderIs,
  holds,
  NODES,
  perform,
  planOf,
  type Site,
  site,
  snapshot,
} from "../support/deploy-site.ts";

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
      for (const node of NODES)
        await where.run(node, "until firewall-cmd --state --quiet; do sleep 0.1; done");
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
});
