// Drills through the command line, in real labs: what they leave behind, in the report, on the hosts and on this machine, however they end.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshLabName, labDown, listLabs, openLab } from "../../src/lab/index.ts";
import { decodeReport, type DrillReport } from "../../src/report/index.ts";
import { buildIfMissing, hapair, type Running, startHapair } from "../support/hapair-command.ts";

const folder = mkdtempSync(join(tmpdir(), "hapair-drill-"));
const example = new URL("../../examples/ext-lb/", import.meta.url).pathname;
const kept: string[] = [];

beforeAll(buildIfMissing);
afterAll(async () => {
  for (const name of kept) await labDown(name).catch(() => undefined);
  rmSync(folder, { recursive: true });
});

/** The example under a name of its own, so that its labs are known among others. Gives the file's path. */
function pairCalled(name: string, profile: "classic" | "fast"): string {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, "haproxy.cfg"), readFileSync(join(example, "haproxy.cfg")));
  const text = readFileSync(join(example, "pair.yaml"), "utf8").replace("pair: ext-lb", `pair: ${name}`);
  const path = join(folder, name, "pair.yaml");
  writeFileSync(path, `${text}profile: ${profile}\n`);
  return path;
}

function namesIn(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** What is left on this machine of labs whose name contains `name`: namespaces, folders, processes, mounts. */
function traces(name: string): string[] {
  const ids = namesIn("/proc").filter((id) => /^\d+$/.test(id) && id !== String(process.pid));
  return [
    ...[
      "/run/netns",
      "/run/hapair/labs",
      "/var/lib/hapair/labs",
      "/run/systemd/nspawn/locks",
      "/sys/fs/cgroup",
    ].flatMap((path) =>
      namesIn(path)
        .filter((entry) => entry.includes(name))
        .map((entry) => join(path, entry)),
    ),
    ...ids.filter((id) => textOf(`/proc/${id}/cmdline`).includes(name)).map((id) => `process ${id}`),
    ...ids.filter((id) => textOf(`/proc/${id}/mountinfo`).includes(name)).map((id) => `mount seen by ${id}`),
  ];
}

/** Waits for what has to come; fails after a minute, which is no measure of anything. */
async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (await holds()) return;
    await sleep(100);
  }
  throw new Error(`never so: ${what}`);
}

function reportIn(directory: string): DrillReport {
  const file = join(directory, "report.json");
  return decodeReport(readFileSync(file, "utf8"), file);
}

test("a drill of two scenarios: three forms of one report, the VIP given back, and no lab left", async () => {
  const output = join(folder, "two");
  const words = [
    "drill",
    "--lab",
    "--profile",
    "fast",
    "--scenario",
    "haproxy-kill,switch-back",
    "-o",
    output,
  ];
  const ended = await hapair([...words, pairCalled("hpdrilltwo", "classic")]);
  const report = reportIn(output);
  expect(report.failures, ended.stderr).toEqual([]);
  expect(report.configurations.map(({ name }) => name)).toEqual(["fast"]);
  expect(report.scenarios.map(({ name }) => name)).toEqual(["haproxy-kill", "switch-back"]);
  expect(report.runs.map(({ scenario }) => scenario)).toEqual(["haproxy-kill", "switch-back"]);
  for (const run of report.runs) {
    expect(run.requests).toBeGreaterThan(100);
    expect(run.neverRecovered).toBe(false);
    expect(existsSync(join(output, run.recordFile ?? "none"))).toBe(true);
  }
  const broken = report.runs.filter((run) => run.kept === "no");
  expect(ended.exitCode).toBe(broken.length === 0 ? 0 : 1);

  const junit = readFileSync(join(output, "junit.xml"), "utf8");
  expect(junit).toMatch(
    new RegExp(`<testsuite name="fast" tests="2" failures="${broken.length}" errors="0"`),
  );
  const page = readFileSync(join(output, "report.html"), "utf8");
  for (const { title } of report.scenarios) {
    expect(page).toContain(title);
    expect(ended.stdout).toContain(title);
  }

  const [first] = report.runs;
  const last = report.runs.at(-1);
  const before = first?.holderBefore.join();
  const notes = report.environment.notes?.join("\n") ?? "";
  const after = /to give the VIP back to (\S+)\.$/m.exec(notes)?.[1] ?? last?.holderAfter.join();
  expect(after).toBe(before);
  expect(traces("hpdrilltwo")).toEqual([]);
});

test("the page's own files: on the hosts as they are, and the VIP goes back when HAProxy returns", async () => {
  const output = join(folder, "page");
  const nodes = ["extlb-01", "extlb-02"];
  const files = nodes.flatMap((node) => ["--node", `${node}=${join(example, "as-written", `${node}.conf`)}`]);
  const haproxy = join(example, "haproxy.cfg");
  const words = [
    "drill",
    "--lab",
    ...files,
    "--haproxy",
    haproxy,
    "--scenario",
    "haproxy-stop",
    "--keep",
    "-o",
    output,
  ];
  const ended = await hapair(words);
  const [, lab = "none"] = /lab (\S+) stays up/.exec(ended.stderr) ?? [];
  kept.push(lab);
  const report = reportIn(output);
  expect(report.failures, ended.stderr).toEqual([]);
  // Nothing was promised, so nothing is broken.
  expect(ended.exitCode).toBe(0);
  const [stopped, returned] = report.runs;
  expect(stopped).toMatchObject({
    scenario: "haproxy-stop",
    holderBefore: ["extlb-01"],
    holderAfter: ["extlb-02"],
  });
  // The page says "no automatic failback"; keepalived, with no nopreempt on the first node, does otherwise.
  expect(returned).toMatchObject({ scenario: "haproxy-returns", holderAfter: ["extlb-01"] });

  const onHost = async (node: string, path: string) =>
    (await hapair(["lab", "shell", "--lab", lab, node, "cat", path])).stdout;
  for (const node of nodes) {
    const own = (name: string) => readFileSync(join(example, name), "utf8");
    expect(await onHost(node, "/etc/keepalived/keepalived.conf")).toBe(own(`as-written/${node}.conf`));
    expect(await onHost(node, "/etc/keepalived/chk_haproxy.sh")).toBe(own("as-written/chk_haproxy.sh"));
    expect(await onHost(node, "/etc/haproxy/haproxy.cfg")).toBe(own("haproxy.cfg"));
  }
  expect((await hapair(["lab", "down", lab])).exitCode).toBe(0);
  expect(traces(lab)).toEqual([]);
  const labs = JSON.parse((await hapair(["lab", "status", "--json"])).stdout) as { name: string }[];
  expect(labs.map(({ name }) => name)).not.toContain(lab);
});

test("Ctrl-C in the middle of a fault: the process ends as interrupted, and nothing is left", async () => {
  const words = ["drill", "--lab", "--scenario", "haproxy-hang", "-o", join(folder, "interrupted")];
  const running = startHapair([...words, pairCalled("hpdrillint", "fast")], { ownGroup: true });
  await running.says("HAProxy hangs on the holder");
  const lab = (await listLabs()).find(({ name }) => name.includes("hpdrillint"))?.name ?? "none";
  await frozen(lab);
  // To the whole group, as a terminal does: the client and what runs at the consoles get it too.
  process.kill(-(running.child.pid ?? 0), "SIGINT");
  const ended = await running.ended;
  expect(ended.exitCode).toBe(130);
  expect(ended.stderr).not.toContain("    at ");
  expect(traces("hpdrillint")).toEqual([]);
});

/** How HAProxy's processes are, one letter each: T is stopped by a signal. */
async function processStates(lab: string, node: string): Promise<string> {
  const { stdout } = await (
    await openLab(lab)
  )
    .console(node)
    .run(
      `for id in $(pidof haproxy); do sed -n 's/^State:[[:space:]]*\\(.\\).*/\\1/p' "/proc/$id/status"; done`,
    );
  return stdout.replaceAll("\n", "");
}

/** The node whose HAProxy is frozen, as soon as one is. */
async function frozen(lab: string): Promise<string> {
  let found = "";
  await eventually("HAProxy is frozen on a node", async () => {
    for (const node of ["extlb-01", "extlb-02"])
      if ((await processStates(lab, node)).includes("T")) found = node;
    return found !== "";
  });
  return found;
}

describe("a drill in a lab that is up", () => {
  const lab = freshLabName("hpdrillup");
  const file = pairCalled("hpdrillup", "fast");

  beforeAll(async () => {
    kept.push(lab);
    const up = await hapair(["lab", "up", "--name", lab, "--apply", file]);
    expect(up.exitCode, up.stderr).toBe(0);
    await redundant();
  });
  afterAll(() => labDown(lab));

  const redundant = () =>
    eventually(
      "the pair is redundant",
      async () => (await hapair(["status", "--lab", lab, file])).exitCode === 0,
    );

  const hang = (output: string, ...more: string[]): Running =>
    startHapair(
      ["drill", "--lab-name", lab, "--scenario", "haproxy-hang", "-o", join(folder, output), ...more, file],
      { ownGroup: true },
    );

  const armedUndos = async (node: string): Promise<string> =>
    (
      await (
        await openLab(lab)
      )
        .console(node)
        .run("systemctl list-units --all --plain --no-legend 'hapair-drill-undo-*'")
    ).stdout;

  test("Ctrl-C undoes the fault at once and says so", async () => {
    const running = hang("ended");
    const node = await frozen(lab);
    process.kill(-(running.child.pid ?? 0), "SIGINT");
    const ended = await running.ended;
    expect(ended.stderr).toContain("ended by SIGINT; the fault was undone");
    expect(ended.stderr).not.toContain("    at ");
    expect(ended.exitCode).toBe(3);
    expect(await processStates(lab, node)).not.toContain("T");
    expect(await armedUndos(node)).toBe("");
    await redundant();
  });

  test("killed while HAProxy is frozen: the node undoes it by itself, and the client ends too", async () => {
    const running = hang("killed", "--undo-after-s", "6");
    const node = await frozen(lab);
    running.child.kill("SIGKILL");
    await running.ended;
    expect(await armedUndos(node)).toContain("hapair-drill-undo-haproxy-hang-");
    await eventually("HAProxy goes on", async () => !(await processStates(lab, node)).includes("T"));
    await eventually("nothing armed is left", async () => (await armedUndos(node)) === "");
    await redundant();
    const prober = join(folder, "killed", "records");
    const left = namesIn("/proc").filter((id) => textOf(`/proc/${id}/cmdline`).includes(prober));
    expect(left).toEqual([]);
  });
});
