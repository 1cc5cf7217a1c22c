// Builds a lab on record: keys, disks, switch, back ends, client, hosts; and takes it apart again.
// Rule: every step can be cut short anywhere, because taking apart removes by exact name whatever of the lab is there.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { HapairError } from "../base/index.ts";
import { requireProcess, runProcess, spawnDetached } from "../host/index.ts";
import { writeDisk } from "./disk.ts";
import { familiesOf } from "./lab-spec.ts";
import { type LabRecord, removeEmptyDirectories } from "./lab-state.ts";
import { type BackendSiteLayout, labLayout, type LabLayout, namespacePath } from "./layout.ts";
import { switchOff, switchOn, waitForListener } from "./machine.ts";
import { machineBatch, plugBatch, switchBatch } from "./network-text.ts";
import { killAll, processesInside, readIdentity, waitUntil } from "./process-identity.ts";
import { backendScript, powerScript } from "./script-text.ts";
import { knownHosts, sshConfig } from "./ssh-text.ts";

const sshPort = 22;
const stepTimeLimitMs = 30_000;
const loginTimeLimitMs = 60_000;
const groupTimeLimitMs = 5_000;

/** Where this machine's control groups are mounted: the unified tree first, and systemd's own where an older layout has both. */
export async function findControlGroupRoots(): Promise<string[]> {
  const mounts = (await readFile("/proc/self/mountinfo", "utf8")).split("\n").map((line) => line.split(" "));
  const roots: string[] = [];
  for (const fields of mounts) {
    const separator = fields.indexOf("-");
    const [type, , options] = fields.slice(separator + 1);
    if (type === "cgroup2") roots.unshift(fields[4] ?? "");
    if (type === "cgroup" && options?.split(",").includes("name=systemd") === true)
      roots.push(fields[4] ?? "");
  }
  return roots.filter(Boolean);
}

async function ip(namespace: string | undefined, batch: string): Promise<void> {
  const where = namespace === undefined ? [] : ["-n", namespace];
  await requireProcess("ip", [...where, "-batch", "-"], { input: batch, timeoutMs: stepTimeLimitMs });
}

async function makeKey(path: string, comment: string): Promise<void> {
  await requireProcess("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], {
    timeoutMs: stepTimeLimitMs,
  });
}

/** The lab's keys and the hosts' disks, and the scripts that power the hosts. */
async function makeDisks(record: LabRecord, layout: LabLayout): Promise<void> {
  const { spec, image, controlGroupRoots } = record;
  await Promise.all(layout.machines.map((machine) => mkdir(machine.root, { recursive: true, mode: 0o755 })));
  await Promise.all([
    makeKey(layout.privateKey, `hapair lab ${spec.name}`),
    ...layout.machines.map((machine) => makeKey(`${machine.directory}/host-key`, machine.name)),
  ]);
  const loginKey = await readFile(`${layout.privateKey}.pub`, "utf8");
  const hostKeys = await Promise.all(
    layout.machines.map(async (machine, index) => {
      const node = spec.nodes[index];
      const file = `${machine.directory}/host-key`;
      const [privateKey, publicKey] = await Promise.all([
        readFile(file, "utf8"),
        readFile(`${file}.pub`, "utf8"),
      ]);
      if (node !== undefined) {
        await writeDisk(spec, node, machine, { privateKey, publicKey, loginKey });
        const script = powerScript({
          machine,
          families: familiesOf(spec),
          switchNamespace: layout.switchNamespace,
          image,
          controlGroupRoots,
        });
        await writeFile(machine.script, script, { mode: 0o700 });
      }
      return { node: machine.name, publicKey };
    }),
  );
  await writeFile(layout.knownHosts, knownHosts(hostKeys), { mode: 0o600 });
  await writeFile(layout.sshConfig, sshConfig(spec, layout), { mode: 0o600 });
}

/** The switch, the client and the back ends' namespaces; the hosts plug themselves in when they are switched on. */
async function makeNetwork(record: LabRecord, layout: LabLayout): Promise<void> {
  const others = [{ namespace: layout.clientNamespace, cable: layout.clientCable }, ...layout.backendSites];
  await ip(
    undefined,
    [layout.switchNamespace, ...others.map((one) => one.namespace)]
      .map((name) => `netns add ${name}\n`)
      .join(""),
  );
  await ip(
    layout.switchNamespace,
    switchBatch() + others.map((one) => plugBatch([one.cable], one.namespace, false)).join(""),
  );
  await Promise.all(
    others.map((one) => ip(one.namespace, machineBatch([one.cable], familiesOf(record.spec)))),
  );
}

async function startBackends(
  record: LabRecord,
  sites: readonly BackendSiteLayout[],
  directory: string,
): Promise<void> {
  if (sites.length === 0) return;
  await mkdir(`${directory}/backends`, { recursive: true, mode: 0o700 });
  await Promise.all(
    sites.flatMap((site) =>
      site.servers.map(async (server) => {
        await writeFile(server.script, backendScript(site, server, record.image), { mode: 0o700 });
        await spawnDetached("/bin/sh", [server.script], { workingFolder: "/", outputFile: server.log });
      }),
    ),
  );
}

export interface StepOptions {
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Builds everything of a lab that is on record. Returns when every host has run a command over SSH. */
export async function buildLab(record: LabRecord, options: StepOptions): Promise<void> {
  const layout = labLayout(record.spec);
  const step = (line: string): void => {
    options.signal?.throwIfAborted();
    options.onProgress?.(line);
  };
  for (const note of record.spec.notes) step(`note: ${note}`);
  step(`making ${layout.machines.length} hosts, ${record.spec.backends.length} back ends and a client`);
  await Promise.all([makeDisks(record, layout), makeNetwork(record, layout)]);
  step("starting them");
  await Promise.all(layout.machines.map((machine) => switchOn(machine)));
  await startBackends(record, layout.backendSites, layout.directory);
  await Promise.all(
    layout.machines.map(async (machine) => {
      await waitForListener(machine, sshPort, options.signal);
      await waitForLogin(layout, machine.name, options.signal);
      step(`${machine.name} answers ssh`);
    }),
  );
}

/** What a program needs in front of it to run at the lab's client. */
export function clientPrefix(layout: LabLayout): string[] {
  return ["nsenter", `--net=${namespacePath(layout.clientNamespace)}`];
}

/** Waits until a command has run on the host over SSH. Right after sshd a login may be refused while the host boots on (pam_nologin). */
export async function waitForLogin(layout: LabLayout, node: string, abort?: AbortSignal): Promise<void> {
  const [program = "nsenter", ...prefix] = clientPrefix(layout);
  let said = "";
  const answered = await waitUntil(
    async () => {
      abort?.throwIfAborted();
      const words = [...prefix, "ssh", "-F", layout.sshConfig, "-o", "BatchMode=yes", node, "true"];
      const result = await runProcess(program, words, { timeoutMs: stepTimeLimitMs });
      said = result.stderr.trim();
      return result.exitCode === 0;
    },
    loginTimeLimitMs,
    50,
  );
  if (answered) return;
  throw new HapairError({
    kind: "unreachable",
    code: "lab-ssh",
    message: `Lab host ${node} does not let ssh in: ${said}`,
    hint: `Its console is in ${layout.directory}/hosts/${node}/console.log.`,
  });
}

/** The back ends, and whatever else runs at the lab's client or in its switch: ssh's shared connections, a prober, a shell. */
async function endOthers(layout: LabLayout): Promise<void> {
  const noted = layout.backendSites.flatMap((site) =>
    site.servers.flatMap((server) => readIdentity(server.processFile) ?? []),
  );
  const inside = processesInside(layout.namespaces.map(namespacePath)).filter(
    (one) => one.id !== process.pid,
  );
  if (await killAll([...noted, ...inside], stepTimeLimitMs)) return;
  throw new HapairError({
    kind: "unreachable",
    code: "lab-processes",
    message: `Processes at the client or back ends of the lab in ${layout.directory} could not be ended.`,
    hint: "They may wait for a disk. Try `hapair lab down` again.",
  });
}

async function removeNamespaces(names: readonly string[]): Promise<void> {
  const present = new Set(await readdir("/run/netns").catch(() => []));
  const ours = names.filter((name) => present.has(name));
  if (ours.length === 0) return;
  await runProcess("ip", ["-force", "-batch", "-"], {
    input: ours.map((name) => `netns del ${name}\n`).join(""),
    timeoutMs: stepTimeLimitMs,
  });
}

async function removeTree(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(`${path}/${entry.name}`);
  await rmdir(path).catch(() => undefined);
}

/** The kernel calls a group busy for some milliseconds after its last process has ended. */
async function removeControlGroup(path: string): Promise<void> {
  await waitUntil(async () => {
    await removeTree(path);
    return !existsSync(path);
  }, groupTimeLimitMs);
}

/**
 * Takes apart whatever there is of a lab: processes, namespaces, control groups, disks, directory. Fine to repeat, and after any failure.
 * When something resists, all the rest goes, the lab stays on record to be tried again, and what resisted is thrown.
 */
export async function takeApart(record: LabRecord): Promise<void> {
  const layout = labLayout(record.spec);
  const groups = layout.machines.flatMap((machine) =>
    record.controlGroupRoots.map((root) => `${root}/${machine.machine}`),
  );
  const results = await Promise.allSettled(
    layout.machines.map((machine) => switchOff(machine, layout.switchNamespace)),
  );
  results.push(...(await Promise.allSettled([endOthers(layout)])));
  await removeNamespaces(layout.namespaces);
  await Promise.all(groups.map(removeControlGroup));
  for (const result of results) if (result.status === "rejected") throw result.reason;
  // A script that starts only now finds no directory to note itself in, and ends.
  // Two processes may be taking the same lab apart, so a directory can change while it is removed.
  await rm(layout.disks, { recursive: true, force: true, maxRetries: 3 });
  await rm(layout.directory, { recursive: true, force: true, maxRetries: 3 });
  await removeEmptyDirectories();
}
