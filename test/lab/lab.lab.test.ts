// The lab itself: real hosts, real power cuts, and nothing left behind.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProcess } from "../../src/host/index.ts";
import {
  cleanUpDeadLabs,
  type Lab,
  labDown,
  type LabSpec,
  labUp,
  listLabs,
  openLab,
  withLab,
} from "../../src/lab/index.ts";

const unique = process.pid.toString(36);
const first = "extlb-01";
const second = "extlb-02";

function specOf(name: string, details: Partial<LabSpec> = {}): LabSpec {
  return {
    name: `t-${name}-${unique}`,
    suite: "bookworm",
    nodes: [
      {
        name: first,
        interface: "ens192",
        addresses: [
          { address: "10.150.160.30", prefixLength: 24 },
          { address: "2001:db8::30", prefixLength: 64 },
        ],
        login: "root",
        firewalld: false,
      },
      {
        name: second,
        interface: "ens192",
        addresses: [{ address: "10.150.160.31", prefixLength: 24 }],
        login: "sudo",
        firewalld: true,
      },
    ],
    backends: [
      { name: "web1", address: "10.150.160.41", prefixLength: 24, port: 8080 },
      { name: "web2", address: "172.20.3.9", prefixLength: 24, port: 80 },
      { name: "web3", address: "172.20.3.9", prefixLength: 24, port: 81 },
    ],
    client: {
      addresses: [
        { address: "10.150.160.100", prefixLength: 24 },
        { address: "2001:db8::100", prefixLength: 64 },
      ],
    },
    hostNames: [{ name: "web.example", address: "10.150.160.41" }],
    notes: [],
    ...details,
  };
}

/** One host, nothing else: the quickest lab. */
function small(name: string): LabSpec {
  const spec = specOf(name, { backends: [] });
  return { ...spec, nodes: spec.nodes.slice(0, 1) };
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function processes(): string[] {
  return namesIn("/proc").filter((name) => /^\d+$/.test(name));
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Everything on this machine that belongs to the lab called `name`. `inodes` are those its network namespaces had. */
function traces(name: string, inodes: readonly number[] = []): string[] {
  // A number that is free again is given to the next lab's namespace; one that a process left here still used would not be free.
  const others = namespaceInodesOf((one) => !one.startsWith(`hapair-${name}-`));
  const wanted = new Set(inodes.filter((inode) => !others.includes(inode)).map((inode) => `net:[${inode}]`));
  const ids = processes();
  return [
    ...namesIn("/run/netns").filter((one) => one.startsWith(`hapair-${name}-`)),
    ...["/run/hapair/labs", "/var/lib/hapair/labs"].flatMap((path) =>
      namesIn(path).filter((one) => one.includes(name)),
    ),
    ...["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"].flatMap((path) =>
      namesIn(path).filter((one) => one.includes(name)),
    ),
    ...namesIn("/run/systemd/nspawn/locks").filter((one) => one.includes(name)),
    ...ids
      .filter((id) => wanted.has(link(`/proc/${id}/ns/net`)))
      .map((id) => `process ${id} ${read(`/proc/${id}/comm`)}`),
    ...ids
      .filter((id) => read(`/proc/${id}/cmdline`).includes(`hapair-${name}-`))
      .map((id) => `process ${id}`),
    ...ids
      .filter((id) => read(`/proc/${id}/mountinfo`).includes(`/labs/${name}/`))
      .map((id) => `mount seen by ${id}`),
  ];
}

function namespaceInodes(name: string): number[] {
  return namespaceInodesOf((one) => one.startsWith(`hapair-${name}-`));
}

function namespaceInodesOf(isWanted: (name: string) => boolean): number[] {
  return namesIn("/run/netns")
    .filter(isWanted)
    .flatMap((one) => statSync(`/run/netns/${one}`, { throwIfNoEntry: false })?.ino ?? []);
}

/** Runs a program at the lab's client and gives what it printed. */
async function atClient(lab: Lab, ...words: string[]): Promise<string> {
  const [program = "", ...rest] = [...lab.commandPrefix, ...words];
  const result = await runProcess(program, rest, { timeoutMs: 20_000 });
  return result.exitCode === 0 ? result.stdout : `exit code ${result.exitCode}: ${result.stderr}`;
}

async function eventually(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await holds()) return true;
    await sleep(50);
  }
  return false;
}

async function say(lab: Lab, node: string, script: string): Promise<string> {
  const { stdout, stderr } = await lab.console(node).run(script);
  return `${stdout}${stderr}`.trim();
}

/** A process that owns labs; returns when it has said of each of them what `until` begins with. */
async function startOwner(until: string, ...specs: readonly LabSpec[]): Promise<ChildProcess> {
  const words = ["--import", "tsx", "test/lab/lab-owner.ts", ...specs.map((spec) => JSON.stringify(spec))];
  const owner = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  const waiting = new Set(specs.map((spec) => `${spec.name} ${until}`));
  for await (const line of createInterface({ input: owner.stdout })) {
    for (const one of waiting) if (line.startsWith(one)) waiting.delete(one);
    if (waiting.size === 0) return owner;
  }
  throw new Error("the owner ended early");
}

describe("one lab", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await labUp(specOf("one"));
  });
  afterAll(async () => {
    await lab.down();
  });

  test("its hosts are whole machines", async () => {
    for (const node of [first, second]) {
      expect(
        await eventually(async () => (await say(lab, node, "systemctl is-system-running")) === "running"),
      ).toBe(true);
      expect(await say(lab, node, "hostname; cat /etc/hostname; id -u; cat /proc/1/comm")).toBe(
        `${node}\n${node}\n0\nsystemd`,
      );
      expect(await say(lab, node, "ip -br address show ens192 | tr -s ' '")).toContain("10.150.160.3");
    }
    expect(
      await say(
        lab,
        first,
        "systemctl is-active haproxy ssh; journalctl -q -u ssh -n 1 --no-pager | wc -l; getent hosts web.example",
      ),
    ).toMatch(/^active\nactive\n1\n10\.150\.160\.41 +web\.example$/);
  });

  test("firewalld runs where it is asked for, and only there", async () => {
    expect(await say(lab, second, "systemctl is-active firewalld; firewall-cmd --state")).toBe(
      "active\nrunning",
    );
    expect(await say(lab, first, "systemctl is-active firewalld; systemctl is-enabled firewalld")).toBe(
      "inactive\ndisabled",
    );
  });

  test("ssh from the client reaches every host by name and by address", async () => {
    expect(await atClient(lab, "ssh", "-F", lab.sshConfigFile, first, "id -un; hostname")).toBe(
      `root\n${first}\n`,
    );
    expect(await atClient(lab, "ssh", "-F", lab.sshConfigFile, "10.150.160.31", "id -un; sudo id -un")).toBe(
      "operator\nroot\n",
    );
    expect(await atClient(lab, "ssh", "-F", lab.sshConfigFile, "-l", "root", second, "true")).toContain(
      "Permission denied",
    );
    const host = lab.host(second);
    expect(await host.run("id -u; hostname")).toMatchObject({ exitCode: 0, stdout: `0\n${second}\n` });
    await host.close();
  });

  test("an unknown host key is refused", async () => {
    const words = [
      "ssh",
      "-F",
      lab.sshConfigFile,
      "-o",
      "UserKnownHostsFile=/dev/null",
      "-o",
      "BatchMode=yes",
      first,
      "true",
    ];
    expect(await atClient(lab, ...words)).toContain("Host key verification failed");
  });

  test("back ends answer with their names, also from networks that nobody is in", async () => {
    for (const [url, name] of [
      ["10.150.160.41:8080/x", "web1"],
      ["172.20.3.9/", "web2"],
      ["172.20.3.9:81/", "web3"],
    ] as const) {
      expect(await say(lab, first, `curl -s -m 5 http://${url}`)).toBe(name);
      expect(await atClient(lab, "curl", "-s", "-m", "5", `http://${url}`)).toBe(`${name}\n`);
    }
    const words = ["ssh", "-F", lab.sshConfigFile, "-o", "HostName=2001:db8::30", first, "echo over IPv6"];
    expect(await atClient(lab, ...words)).toBe("over IPv6\n");
  });

  test("a power cut takes everything but the disk", async () => {
    await say(
      lab,
      first,
      "ip address add 10.150.160.32/32 dev ens192; sysctl -q -w net.ipv4.ip_nonlocal_bind=1; nft add table inet mark; echo here > /root/kept; echo here > /run/lost",
    );
    await lab.powerOff(first);
    expect(lab.isPowered(first)).toBe(false);
    expect(namesIn("/run/netns")).not.toContain(`hapair-${lab.name}-host-1`);
    expect(traces(`${lab.name}-host-1`)).toEqual([]);
    await expect(lab.console(first).run("true")).rejects.toMatchObject({
      kind: "unreachable",
      code: "host-unreachable",
    });
    expect(
      await atClient(lab, "ssh", "-F", lab.sshConfigFile, "-o", "ConnectTimeout=1", first, "true"),
    ).toContain("exit code 255");
    await lab.powerOff(first);

    await lab.powerOn(first);
    expect(
      await atClient(lab, "ssh", "-F", lab.sshConfigFile, first, "cat /root/kept; ls /run/lost 2>&1"),
    ).toContain("exit code 2");
    expect(
      await say(
        lab,
        first,
        "cat /root/kept; ip -br address show ens192; sysctl -n net.ipv4.ip_nonlocal_bind; nft list tables",
      ),
    ).toMatch(/^here\nens192\S* +UP +10\.150\.160\.30\/24 2001:db8::30\/64[^\n]*\n0$/);
  });

  test("a reboot from inside comes back as a new boot", async () => {
    const bootOf = async (): Promise<string> =>
      (
        await lab
          .console(first)
          .run("cat /proc/sys/kernel/random/boot_id")
          .catch(() => ({ stdout: "" }))
      ).stdout;
    const before = await bootOf();
    expect(before).not.toBe("");
    await say(lab, first, "ip address add 10.150.160.32/32 dev ens192; systemctl reboot");
    expect(await eventually(async () => !["", before].includes(await bootOf()))).toBe(true);
    await lab.powerOn(first);
    expect(await say(lab, first, "ip -br address show ens192")).not.toContain("10.150.160.32");
    expect(lab.isPowered(first)).toBe(true);
  });

  test("a host that shuts itself down stays off until it is switched on", async () => {
    await say(lab, first, "systemctl poweroff");
    expect(await eventually(() => !lab.isPowered(first))).toBe(true);
    expect(traces(`${lab.name}-host-1`)).toEqual([]);
    await lab.powerOn(first);
    expect(await say(lab, first, "echo on")).toBe("on");
  });

  test("a cut cable is a lost carrier, outlives a reboot, and heals", async () => {
    const carrier = async (): Promise<string> => await say(lab, first, "cat /sys/class/net/ens192/carrier");
    expect(await carrier()).toBe("1");
    await lab.cutCable(first);
    expect(await carrier()).toBe("0");
    await lab.powerOff(first);
    await lab.powerOn(first);
    expect(await carrier()).toBe("0");
    await lab.restoreCable(first);
    expect(await carrier()).toBe("1");
    expect(await atClient(lab, "ssh", "-F", lab.sshConfigFile, first, "echo back")).toBe("back\n");
  });

  test("a frozen host runs nothing but its console, and goes on when thawed", async () => {
    const unit = "systemd-run -q --unit=tick sh -c 'while :; do date +%s%N > /run/tick; sleep 0.02; done'";
    await say(lab, first, unit);
    const tick = async (): Promise<string> => await say(lab, first, "cat /run/tick");
    expect(await eventually(async () => (await tick()) !== "")).toBe(true);
    await lab.freeze(first);
    const frozenAt = await tick();
    await sleep(200);
    expect(await tick()).toBe(frozenAt);
    await lab.thaw(first);
    expect(await eventually(async () => (await tick()) !== frozenAt)).toBe(true);
    await lab.freeze(first);
    await lab.powerOff(first);
    await lab.powerOn(first);
    expect(await say(lab, first, "ls /run/tick")).toContain("No such file");
  });

  test("another process finds it by its name", async () => {
    const again = await openLab(lab.name);
    expect(again.spec).toEqual(lab.spec);
    expect((await listLabs()).find((one) => one.name === lab.name)).toMatchObject({
      keep: false,
      abandoned: false,
      nodes: [
        { name: first, powered: true },
        { name: second, powered: true },
      ],
    });
    await expect(labUp(lab.spec)).rejects.toMatchObject({ kind: "usage", code: "lab-exists" });
    expect(() => lab.console("extlb-03")).toThrow(/no host extlb-03/);
    await expect(openLab(`not-${unique}`)).rejects.toMatchObject({ kind: "usage", code: "lab-unknown" });
  });

  test("its private files are root's alone", async () => {
    for (const file of [
      lab.directory,
      `${lab.directory}/id_ed25519`,
      lab.sshConfigFile,
      `${lab.directory}/lab.json`,
    ]) {
      expect(statSync(file).mode & 0o077, file).toBe(0);
    }
  });
});

test("two labs with the same hosts and addresses do not meet", async () => {
  const specs = [specOf("left"), specOf("right", { suite: "trixie" })];
  const labs = await Promise.all(specs.map((spec) => labUp(spec)));
  try {
    const [left, right] = labs;
    if (left === undefined || right === undefined) throw new Error("two labs were asked for");
    await say(left, first, "echo left > /root/which");
    await say(right, first, "echo right > /root/which");
    expect(
      await atClient(
        left,
        "ssh",
        "-F",
        left.sshConfigFile,
        first,
        "cat /root/which; . /etc/os-release; echo $VERSION_CODENAME",
      ),
    ).toBe("left\nbookworm\n");
    expect(
      await atClient(
        right,
        "ssh",
        "-F",
        right.sshConfigFile,
        first,
        "cat /root/which; . /etc/os-release; echo $VERSION_CODENAME",
      ),
    ).toBe("right\ntrixie\n");
    expect(
      await say(right, first, "systemctl is-system-running --wait; systemctl --failed --plain --no-legend"),
    ).toBe("running");
    const inodes = namespaceInodes(left.name);
    await left.down();
    expect(traces(left.name, inodes)).toEqual([]);
    expect(await atClient(right, "ssh", "-F", right.sshConfigFile, second, "echo still here")).toBe(
      "still here\n",
    );
  } finally {
    await Promise.all(labs.map((lab) => lab.down()));
  }
  for (const spec of specs) expect(traces(spec.name)).toEqual([]);
});

test("down leaves nothing, whatever runs, is off or is frozen, and may be repeated", async () => {
  const spec = specOf("down");
  const lab = await labUp(spec);
  const shell = spawn("nsenter", [...lab.commandPrefix.slice(1), "sleep", "600"]);
  const host = lab.host(second);
  await host.run("true");
  await lab.powerOff(first);
  await lab.freeze(second);
  const inodes = namespaceInodes(spec.name);
  expect(inodes.length).toBe(5);
  await lab.down();
  expect(traces(spec.name, inodes)).toEqual([]);
  await lab.down();
  await labDown(spec.name);
  expect(shell.exitCode ?? shell.signalCode).not.toBeNull();
});

test("a lab for some work is gone after it, or kept when that is asked for", async () => {
  const spec = small("work");
  expect(await withLab(spec, {}, (lab) => say(lab, first, "echo done"))).toBe("done");
  expect(traces(spec.name)).toEqual([]);
  await expect(withLab(spec, {}, () => Promise.reject(new Error("failed work")))).rejects.toThrow(
    "failed work",
  );
  expect(traces(spec.name)).toEqual([]);
  await withLab(spec, { keep: true }, () => Promise.resolve());
  const lab = await openLab(spec.name);
  expect(await say(lab, first, "echo kept")).toBe("kept");
  expect((await listLabs()).find((one) => one.name === spec.name)).toMatchObject({ keep: true });
  await lab.down();
});

test("a lab that cannot be made is taken apart again", async () => {
  const spec = small("broken");
  const [node] = spec.nodes;
  if (node === undefined) throw new Error("a host was asked for");
  // ip refuses the address only when the host is being switched on.
  const broken = { ...spec, nodes: [{ ...node, addresses: [{ address: "10.300.0.1", prefixLength: 24 }] }] };
  await expect(labUp(broken)).rejects.toMatchObject({ name: "HapairError" });
  expect(traces(spec.name)).toEqual([]);
});

describe("the owner", () => {
  test("dies of SIGKILL: the next clean-up removes the lab, and no other", async () => {
    const spec = specOf("orphan");
    const bystander = await labUp(small("bystander"));
    try {
      const owner = await startOwner("up", spec);
      expect((await cleanUpDeadLabs()).removed).not.toContain(spec.name);
      const inodes = namespaceInodes(spec.name);
      owner.kill("SIGKILL");
      await once(owner, "exit");
      expect((await listLabs()).find((one) => one.name === spec.name)).toMatchObject({ abandoned: true });
      expect((await cleanUpDeadLabs()).removed).toContain(spec.name);
      expect(traces(spec.name, inodes)).toEqual([]);
      expect(await say(bystander, first, "echo here")).toBe("here");
    } finally {
      await bystander.down();
      await labDown(spec.name);
    }
  });

  test("dies but wanted the lab kept: it stays", async () => {
    const spec = small("kept");
    const owner = await startOwner("up", spec);
    await (await openLab(spec.name)).keep(true);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    expect((await cleanUpDeadLabs()).removed).not.toContain(spec.name);
    const lab = await openLab(spec.name);
    expect(await atClient(lab, "ssh", "-F", lab.sshConfigFile, first, "echo kept")).toBe("kept\n");
    await lab.down();
    expect(traces(spec.name)).toEqual([]);
  });

  test.each([
    ["SIGINT", "up", 130],
    ["SIGTERM", "up", 143],
    ["SIGINT", "starting", 130],
    ["SIGINT", "making", 130],
  ] as const)("gets %s when it says %s: it takes the lab apart first", async (signal, until, exitCode) => {
    const spec = specOf(`${signal.toLowerCase()}-${until}`);
    const owner = await startOwner(until, spec);
    const inodes = namespaceInodes(spec.name);
    owner.kill(signal);
    const [code] = await once(owner, "exit");
    expect(code).toBe(exitCode);
    expect(traces(spec.name, inodes)).toEqual([]);
  });

  test("is interrupted with two labs: both are gone before it ends", async () => {
    const specs = [specOf("pair-a"), small("pair-b")];
    const owner = await startOwner("up", ...specs);
    owner.kill("SIGINT");
    const [code] = await once(owner, "exit");
    expect(code).toBe(130);
    for (const spec of specs) expect(traces(spec.name)).toEqual([]);
  });

  test("is killed while it makes the lab: nothing stays", async () => {
    const spec = specOf("half");
    const owner = await startOwner("starting", spec);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    await cleanUpDeadLabs();
    // A script that had just been started finds nothing to work on and ends by itself.
    expect(await eventually(() => traces(spec.name).length === 0)).toBe(true);
  });
});
