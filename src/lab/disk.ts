// What a host's disk holds before its first start: the identity that makes one image many machines.
// Rule: a host finds on its disk what an installer would have put there, and nothing of hapair's.
import { createHash } from "node:crypto";
import { chmod, chown, mkdir, symlink, writeFile } from "node:fs/promises";
import { sudoLogin } from "./image-recipe.ts";
import { addressesOf, type LabNode, type LabSpec } from "./lab-spec.ts";
import type { MachineLayout } from "./layout.ts";

export interface HostKeys {
  readonly privateKey: string;
  readonly publicKey: string;
  /** The public half of the lab's own login key. */
  readonly loginKey: string;
}

interface DiskFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

function hostsFile(spec: LabSpec): string {
  const lines = [
    "127.0.0.1 localhost",
    "::1 localhost ip6-localhost ip6-loopback",
    ...spec.nodes.flatMap((other) => addressesOf(other).map(({ address }) => `${address} ${other.name}`)),
    ...spec.hostNames.map(({ name, address }) => `${address} ${name}`),
  ];
  return `${lines.join("\n")}\n`;
}

function diskFiles(spec: LabSpec, node: LabNode, keys: HostKeys): DiskFile[] {
  const machineId = createHash("sha256").update(`${spec.name} ${node.name}`).digest("hex").slice(0, 32);
  const home = node.login === "root" ? "/root" : sudoLogin.home;
  return [
    { path: "/etc/hostname", content: `${node.name}\n`, mode: 0o644 },
    { path: "/etc/hosts", content: hostsFile(spec), mode: 0o644 },
    { path: "/etc/machine-id", content: `${machineId}\n`, mode: 0o444 },
    { path: "/etc/ssh/ssh_host_ed25519_key", content: keys.privateKey, mode: 0o600 },
    { path: "/etc/ssh/ssh_host_ed25519_key.pub", content: keys.publicKey, mode: 0o644 },
    { path: `${home}/.ssh/authorized_keys`, content: keys.loginKey, mode: 0o600 },
    ...(node.login === "root"
      ? []
      : [{ path: "/etc/ssh/sshd_config.d/05-no-root.conf", content: "PermitRootLogin no\n", mode: 0o644 }]),
  ];
}

/** Writes a host's own files into the upper layer of its disk. */
export async function writeDisk(
  spec: LabSpec,
  node: LabNode,
  machine: MachineLayout,
  keys: HostKeys,
): Promise<void> {
  await Promise.all([mkdir(machine.upper, { recursive: true }), mkdir(machine.work, { recursive: true })]);
  // A folder of the upper layer decides mode and owner of the merged one, so they are given as in the image.
  await chmod(machine.upper, 0o755);
  for (const file of diskFiles(spec, node, keys)) {
    const path = `${machine.upper}${file.path}`;
    await mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: 0o755 });
    await writeFile(path, file.content, { mode: file.mode });
    await chmod(path, file.mode);
  }
  if (node.login === "root") {
    await chmod(`${machine.upper}/root`, 0o700);
    await chmod(`${machine.upper}/root/.ssh`, 0o700);
  } else {
    await giveHome(machine);
  }
  if (node.firewalld) {
    const wants = `${machine.upper}/etc/systemd/system/multi-user.target.wants`;
    await mkdir(wants, { recursive: true, mode: 0o755 });
    await symlink("/lib/systemd/system/firewalld.service", `${wants}/firewalld.service`);
    await symlink(
      "/lib/systemd/system/firewalld.service",
      `${machine.upper}/etc/systemd/system/dbus-org.fedoraproject.FirewallD1.service`,
    );
  }
}

async function giveHome(machine: MachineLayout): Promise<void> {
  const home = `${machine.upper}${sudoLogin.home}`;
  await chmod(home, 0o700);
  await chmod(`${home}/.ssh`, 0o700);
  for (const path of [home, `${home}/.ssh`, `${home}/.ssh/authorized_keys`]) {
    // operator's group is Debian's own group of that name.
    await chown(path, sudoLogin.uid, sudoLogin.gid);
  }
}
