// hapair init --from as a user types it: the file that is written, what is said, exit codes, refusals.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run as runStricli } from "@stricli/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { application } from "../src/cli/app.ts";
import { exitCodeOf } from "../src/cli/exit-code.ts";
import { loadPair } from "../src/model/index.ts";

const asWritten = new URL("../examples/ext-lb/as-written/", import.meta.url).pathname;
const haproxyCfg = new URL("../examples/ext-lb/haproxy.cfg", import.meta.url).pathname;
const SECRET = "s3cr%t!x";
const files = ["extlb-01.conf", "extlb-02.conf"].map((name) => ({
  name,
  text: readFileSync(join(asWritten, name), "utf8").replace("12345678", `"${SECRET}"`),
}));

const root = mkdtempSync(join(tmpdir(), "hapair-init-"));
const before = process.cwd();
let folder = "";

beforeAll(() => mkdirSync(root, { recursive: true }));
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(root, "run-"));
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "haproxy.cfg"), readFileSync(haproxyCfg));
  process.chdir(folder);
});
afterEach(() => process.chdir(before));

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process, its outputs gathered; the password is in neither. */
async function hapair(...words: readonly string[]): Promise<Ended> {
  const said = { stdout: "", stderr: "" };
  const streams = {
    stdout: { write: (text: string) => (said.stdout += text) },
    stderr: { write: (text: string) => (said.stderr += text) },
    env: {},
    exitCode: undefined as number | string | null | undefined,
  };
  const own = streams as unknown as NodeJS.Process & { exitCode: number | string | null };
  await runStricli(application, [...words], { process: own });
  expect(said.stdout + said.stderr).not.toContain(SECRET);
  return { exitCode: exitCodeOf(own.exitCode), ...said };
}

function written(path: string): string {
  return readFileSync(join(folder, path), "utf8");
}

describe("hapair init --from lb1.conf lb2.conf", () => {
  test("writes ./pair.yaml, which is a pair, and says what has to be known", async () => {
    const { exitCode, stdout } = await hapair("init", "--from", "extlb-01.conf", "extlb-02.conf");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^wrote pair\.yaml\n/);
    expect(stdout).toContain(
      "The files do not do what they seem to want:\n  extlb-02.conf:14  LB_VIP: nopreempt",
    );
    expect(stdout).toMatch(/Secrets:\n {2}extlb-01\.conf:22 {2}LB_VIP_VRRP_PASSWORD is auth_pass/);
    expect(stdout).toMatch(
      /Next: read pair\.yaml, then\n {2}LB_VIP_VRRP_PASSWORD=\.\.\. hapair render pair\.yaml\n$/,
    );
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    const { pair, diagnostics } = loadPair("pair.yaml", written("pair.yaml"));
    expect(diagnostics).toEqual([]);
    expect(pair?.nodes.map(({ name }) => name)).toEqual(["extlb-01", "extlb-02"]);
    // There is one beside it, so nothing has to be said of it.
    expect(pair?.haproxy.config).toBe("./haproxy.cfg");
    expect(written("pair.yaml")).not.toContain(SECRET);
  });

  test("--output, --name, --haproxy and --json", async () => {
    const words = ["--from", "extlb-01.conf", "extlb-02.conf", "--haproxy", "haproxy.cfg"];
    const { exitCode, stdout } = await hapair(
      "init",
      ...words,
      "--output",
      "made/here",
      "--name",
      "ext-lb",
      "--json",
    );
    expect(exitCode).toBe(0);
    const said = JSON.parse(stdout) as { pair: string; complete: boolean; notes: { kind: string }[] };
    expect(said).toMatchObject({ pair: "ext-lb", complete: true });
    expect(said.notes).toContainEqual(
      expect.objectContaining({ kind: "does-not-do-what-it-seems", file: "extlb-02.conf", line: 14 }),
    );
    expect(loadPair("pair.yaml", written("made/here/pair.yaml")).pair).toMatchObject({
      name: "ext-lb",
      haproxy: { config: "../../haproxy.cfg" },
      routers: [{ name: "ext-lb", password: { name: "EXT_LB_VRRP_PASSWORD" } }],
    });
  });

  test("does not replace what is there, but with --force", async () => {
    writeFileSync(join(folder, "pair.yaml"), "mine\n");
    const refused = await hapair("init", "--from", "extlb-01.conf", "extlb-02.conf");
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/pair\.yaml is there already; nothing was written[^]*--force/);
    expect(written("pair.yaml")).toBe("mine\n");
    expect((await hapair("init", "--force", "--from", "extlb-01.conf", "extlb-02.conf")).exitCode).toBe(0);
    expect(written("pair.yaml")).toContain("pair: LB_VIP");
  });

  test("nodes are called after their folders where every file is keepalived.conf", async () => {
    for (const [index, name] of ["left", "right"].entries()) {
      mkdirSync(join(folder, name, "etc/keepalived"), { recursive: true });
      writeFileSync(join(folder, name, "etc/keepalived/keepalived.conf"), files[index]?.text ?? "");
    }
    const paths = ["left", "right"].map((name) => `${name}/etc/keepalived/keepalived.conf`);
    expect((await hapair("init", "--from", ...paths)).exitCode).toBe(0);
    expect(loadPair("pair.yaml", written("pair.yaml")).pair?.nodes.map(({ name }) => name)).toEqual([
      "left",
      "right",
    ]);
  });

  test("multicast: what is missing is said, and --address gives it", async () => {
    for (const { name, text } of files)
      writeFileSync(join(folder, name), text.replace(/ {4}unicast_src_ip[^]*?\}\n/, ""));
    const incomplete = await hapair("init", "--from", "extlb-01.conf", "extlb-02.conf");
    expect(incomplete.exitCode).toBe(0);
    expect(incomplete.stdout).toContain("To be completed:\n");
    expect(incomplete.stdout).toMatch(/Next: complete pair\.yaml/);
    expect(written("pair.yaml")).toContain("# TO DO: Write extlb-01's own IPv4 address");
    const named = ["--address", "extlb-01=192.0.2.11", "--address", "extlb-02=192.0.2.12"];
    const complete = await hapair("init", "--force", "--from", "extlb-01.conf", "extlb-02.conf", ...named);
    expect(complete.stdout).not.toContain("To be completed");
    expect(loadPair("pair.yaml", written("pair.yaml")).pair?.nodes[1]?.addresses[0]?.text).toBe("192.0.2.12");
  });
});

describe("what cannot be read", () => {
  test.each([
    [["--from", "extlb-01.conf", "nowhere.conf"], /nowhere\.conf cannot be read: there is no such file/],
    [
      ["--from", "extlb-01.conf", "haproxy.cfg"],
      /haproxy\.cfg has no vrrp_instance[^]*--haproxy haproxy\.cfg/,
    ],
    [["--from", "extlb-01.conf", "--address", "lb9=192.0.2.1"], /there is no node lb9[^]*extlb-01/],
    [["--from", "extlb-01.conf", "--address", "extlb-01=host"], /extlb-01=host: not an IP address/],
    [["--from", "extlb-01.conf", "--address", "extlb-01"], /write NAME=FILE/],
    [["--haproxy", "haproxy.cfg"], /--haproxy goes with --from/],
    [["one", "two"], /one folder is wanted, not 2/],
  ] as const)("hapair init %j", async (words, message) => {
    const { exitCode, stdout, stderr } = await hapair("init", ...words);
    expect(stdout + stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });
});

test("hapair init FOLDER still writes the example", async () => {
  const { exitCode, stdout } = await hapair("init", "example");
  expect(exitCode).toBe(0);
  expect(stdout).toContain("wrote ");
  expect(loadPair("pair.yaml", written("example/pair.yaml")).pair?.name).toBe("ext-lb");
  expect(written("example/haproxy.cfg")).toContain("backend web");
});
