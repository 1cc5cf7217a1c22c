// Host over real machines: the conformance suite by ssh as root, by ssh with sudo and from the console; and what happens when a machine,
// a login, a key or the way there fails. Needs root on Linux.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Host, openSshHost, type OpenSshHostSettings, requireProcess } from "../../src/host/index.ts";
import { type Lab, type LabNode, labUp } from "../../src/lab/index.ts";
import { type HostSubject, hostSuite } from "../support/host-suite.ts";

const node = (name: string, login: LabNode["login"], lastByte: number): LabNode => ({
  name,
  interface: "ens192",
  addresses: [{ address: `10.150.160.${lastByte}`, prefixLength: 24 }],
  login,
  firewalld: false,
});

let lab: Lab;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hapair-host-lab-"));
  lab = await labUp({
    name: `host-test-${process.pid}`,
    suite: "bookworm",
    nodes: [node("by-root", "root", 30), node("by-sudo", "sudo", 31)],
    backends: [],
    client: { addresses: [{ address: "10.150.160.9", prefixLength: 24 }] },
    hostNames: [],
    notes: [],
  });
});
afterAll(async () => {
  await lab?.down();
  rmSync(folder, { recursive: true });
});

/** The machine with a folder to fill and a disk of one megabyte; made anew for each suite. */
async function subjectOf(name: string, host: Host): Promise<HostSubject> {
  const place = `/srv/${randomBytes(4).toString("hex")}`;
  const console = lab.console(name);
  const made = await console.run(
    `mkdir -p ${place}/small && mount -t tmpfs -o size=1m,mode=755 tmpfs ${place}/small && echo 'as it was' >${place}/small/settings.conf && mkdir ${place}/folder`,
  );
  expect(made).toMatchObject({ exitCode: 0 });
  return {
    host,
    folder: `${place}/folder`,
    otherOwner: { owner: "nobody", group: "nogroup" },
    smallDisk: `${place}/small`,
    dispose: async () => void (await console.run(`umount ${place}/small; rm -r ${place}`)),
  };
}

const whole = { canGiveAway: true, canFillDisk: true };
hostSuite("ssh as root", whole, () => subjectOf("by-root", lab.host("by-root")));
hostSuite("ssh with sudo", whole, () => subjectOf("by-sudo", lab.host("by-sudo")));
hostSuite("console", whole, () => subjectOf("by-root", lab.console("by-root")));

/** A host by the lab's configuration, with changes; its file is the lab's own when `configuration` is not given. */
function hostWith(changes: Partial<OpenSshHostSettings>, configuration?: (own: string) => string): Host {
  let configFile = lab.sshConfigFile;
  if (configuration !== undefined) {
    configFile = join(folder, `config-${randomBytes(4).toString("hex")}`);
    writeFileSync(configFile, configuration(readFileSync(lab.sshConfigFile, "utf8")));
  }
  return openSshHost({
    name: "lb1",
    target: { host: "by-root" },
    configFile,
    commandPrefix: lab.commandPrefix,
    ...changes,
  });
}

/** What a first command on the host fails with; closes the host. */
async function failureOf(host: Host): Promise<{ code: string; message: string; hint: string }> {
  try {
    const result = await host.run("true");
    throw new Error(`it worked: ${JSON.stringify(result)}`);
  } catch (error) {
    return error as { code: string; message: string; hint: string };
  } finally {
    await host.close();
  }
}

describe("a way that fails", () => {
  it("asks for sudo's line where the login may not become root", async () => {
    const console = lab.console("by-sudo");
    await console.run("mv /etc/sudoers.d /etc/sudoers.d.away");
    try {
      const failure = await failureOf(lab.host("by-sudo"));
      expect(failure.code).toBe("host-sudo");
      expect(failure.message).toContain("by-sudo");
      expect(failure.hint).toMatch(/ALL=\(root\) NOPASSWD: ALL/u);
    } finally {
      await console.run("mv /etc/sudoers.d.away /etc/sudoers.d");
    }
  });

  it("names the line of a host key that is another one now", async () => {
    await requireProcess("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "other-key")]);
    const known = join(folder, "known-other");
    const [type, key] = readFileSync(join(folder, "other-key.pub"), "utf8").split(" ");
    writeFileSync(known, `# a comment\nby-root ${type} ${key}\n`);
    const failure = await failureOf(hostWith({}, (own) => `UserKnownHostsFile ${known}\n${own}`));
    expect(failure).toMatchObject({
      code: "host-key",
      message: expect.stringContaining(`line 2 of ${known}`),
    });
    expect(failure.message).toContain("lb1");
    expect(failure.hint).toContain(`ssh-keygen -f "${known}" -R "by-root"`);
    expect(failure.hint).not.toMatch(/StrictHostKeyChecking/iu);
  });

  it.each(["yes", "ask"])("does not take an unknown host key (StrictHostKeyChecking %s)", async (strict) => {
    const known = join(folder, "known-none");
    const failure = await failureOf(
      hostWith({}, (own) => `UserKnownHostsFile ${known}\nStrictHostKeyChecking ${strict}\n${own}`),
    );
    expect(failure).toMatchObject({ code: "host-key", message: expect.stringContaining("not known") });
    expect(failure.hint).not.toMatch(/StrictHostKeyChecking/iu);
    expect(() => readFileSync(known)).toThrow("ENOENT");
  });

  it("says that the login was refused, for a user and for a key", async () => {
    const otherUser = await failureOf(hostWith({ target: { user: "nobody-here", host: "by-root" } }));
    expect(otherUser).toMatchObject({
      code: "host-login",
      message: expect.stringContaining("nobody-here@by-root"),
    });
    await requireProcess("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "stranger")]);
    const otherKey = await failureOf(
      hostWith({}, (own) => own.replace(/IdentityFile .*/u, `IdentityFile ${join(folder, "stranger")}`)),
    );
    expect(otherKey.code).toBe("host-login");
  });

  it("is bounded where packets disappear, and where no machine is", async () => {
    const console = lab.console("by-root");
    await console.run(
      "nft add table ip away; nft 'add chain ip away in { type filter hook input priority -10; }'; nft add rule ip away in tcp dport 22 drop",
    );
    try {
      const dropped = await failureOf(hostWith({ connectTimeoutMs: 2_000 }));
      expect(dropped).toMatchObject({
        code: "host-unreachable",
        message: expect.stringContaining("no answer"),
      });
    } finally {
      await console.run("nft delete table ip away");
    }
    const nobody = await failureOf(
      hostWith({ target: { user: "root", host: "10.150.160.99" }, connectTimeoutMs: 2_000 }),
    );
    expect(nobody.code).toBe("host-unreachable");
  });

  it("ignores what a login says before the script, on both outputs", async () => {
    const console = lab.console("by-root");
    await console.run(
      "cp /root/.bashrc /root/.bashrc.away 2>/dev/null; printf 'printf noise; echo noise >&2\\n' >/root/.bashrc; echo 'echo more noise' >>/root/.bashrc",
    );
    const host = lab.host("by-root");
    try {
      expect(await host.run("echo out; echo err >&2")).toEqual({
        exitCode: 0,
        stdout: "out\n",
        stderr: "err\n",
      });
      const lines: string[] = [];
      for await (const line of host.follow("echo line").lines) lines.push(line);
      expect(lines).toEqual(["line"]);
    } finally {
      await host.close();
      await console.run("mv /root/.bashrc.away /root/.bashrc || rm /root/.bashrc");
    }
  });

  it("takes nothing of the user's configuration that would break it", async () => {
    const host = hostWith({}, (own) =>
      [
        "RequestTTY force",
        "RemoteCommand echo other",
        "LogLevel QUIET",
        "BatchMode no",
        "ControlMaster no",
        "ControlPath none",
        "LocalForward 127.0.0.1:22 127.0.0.1:22",
        "ExitOnForwardFailure yes",
        "PermitLocalCommand yes",
        `LocalCommand touch ${join(folder, "local-command")}`,
        own,
      ].join("\n"),
    );
    try {
      expect(await host.run("cat", { input: "a\r\nb\u0003c" })).toEqual({
        exitCode: 0,
        stdout: "a\r\nb\u0003c",
        stderr: "",
      });
      expect(() => readFileSync(join(folder, "local-command"))).toThrow("ENOENT");
    } finally {
      await host.close();
    }
  });

  it("says that the connection broke, when it breaks while a command runs, and connects anew", async () => {
    const host = lab.host("by-root");
    const running = host.run("echo begun; sleep 60");
    const cut = (async () => {
      const console = lab.console("by-root");
      await console.run("until pgrep -x sleep; do sleep 0.05; done; pkill -f '^sshd.*: root@'");
    })();
    await expect(running).rejects.toMatchObject({
      code: "host-unreachable",
      message: expect.stringMatching(/broke.*not known/u),
    });
    await cut;
    expect(await host.run("echo again")).toMatchObject({ stdout: "again\n" });
    await host.close();
  });

  it("is bounded when the power goes while a command runs, and works again when it is back", async () => {
    const host = lab.host("by-root");
    await host.run("true");
    const running = host.run("sleep 60", { timeoutMs: 2_000 });
    await lab.powerOff("by-root");
    await expect(running).rejects.toMatchObject({
      code: expect.stringMatching(/^host-(?:timeout|unreachable)$/u),
    });
    await expect(host.run("true")).rejects.toMatchObject({ code: "host-unreachable" });
    await lab.powerOn("by-root");
    expect(await host.run("echo back")).toMatchObject({ stdout: "back\n" });
    await host.close();
  });

  it("is bounded when a machine is frozen behind an open connection", async () => {
    const host = hostWith({ connectTimeoutMs: 2_000 });
    await host.run("true");
    await lab.freeze("by-root");
    try {
      await expect(host.run("echo once >>/root/once")).rejects.toMatchObject({ code: "host-unreachable" });
    } finally {
      await lab.thaw("by-root");
    }
    // What was not begun in time is not begun later either.
    expect(await host.run("ls /root/once")).toMatchObject({ exitCode: 2, stdout: "" });
    await host.close();
  });
});

/** How many ssh processes hold a connection open whose socket is in the tests' folder. */
async function masters(): Promise<number> {
  const { stdout } = await requireProcess("ps", ["-eo", "args"]);
  return stdout.split("\n").filter((line) => line.includes(folder) && line.includes("[mux]")).length;
}

describe("an open connection", () => {
  it("is one for all commands, and gone after close", async () => {
    const host = hostWith({ runtimeFolder: join(folder, "private") });
    await Promise.all([host.run("true"), host.run("true"), host.run("true")]);
    expect(await masters()).toBe(1);
    await host.close();
    await expect.poll(masters).toBe(0);
  });

  it("stays for others when it is shared", async () => {
    const runtimeFolder = join(folder, "shared");
    const first = hostWith({ connection: "shared", runtimeFolder });
    await first.run("true");
    await first.close();
    const second = hostWith({ connection: "shared", runtimeFolder });
    await second.run("true");
    expect(await masters()).toBe(1);
  });
});

describe("what others on the machines can see", () => {
  it("has neither the script nor a file's content in a process list or sudo's log", async () => {
    const host = lab.host("by-sudo");
    const marker = "open-sesame-7431";
    const running = host.run(`: ${marker}; sleep 1.5; cat >/dev/null`, { input: marker });
    const { stdout: there } = await lab.console("by-sudo").run("sleep 0.7; ps -eo args");
    const { stdout: here } = await requireProcess("ps", ["-eo", "args"]);
    await running;
    await host.write("/root/secret", marker, { mode: 0o600 });
    const { stdout: log } = await host.run("journalctl --no-pager -t sudo");
    expect(log).toContain("head -c");
    expect([there, here, log].filter((text) => text.includes(marker))).toEqual([]);
    await host.close();
  });
});
