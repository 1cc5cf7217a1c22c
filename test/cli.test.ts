// The command line as a user meets it: exit codes, mistakes said clearly and all at once, no stack trace, no password anywhere.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  buildIfMissing,
  type CommandOptions,
  type Ended,
  hapair,
  startHapair,
} from "./support/hapair-command.ts";

const folder = mkdtempSync(join(tmpdir(), "hapair-cli-"));
const example = new URL("../examples/ext-lb/", import.meta.url).pathname;
const pairFile = join(example, "pair.yaml");
// Not the document's: one that occurs nowhere by chance.
const SECRET = "s3cr%t!x";

beforeAll(buildIfMissing);
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs hapair, and holds what is true of every run: no stack trace, no colours in a pipe, no password. */
async function run(words: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const ended = await hapair(words, {
    directory: folder,
    timeLimitMs: 15_000,
    ...options,
    environment: { EXT_LB_VRRP_PASSWORD: SECRET, ...options.environment },
  });
  expect(ended.signal, "ended within its time").toBeNull();
  const said = ended.stdout + ended.stderr;
  expect(said).not.toContain("    at ");
  expect(said).not.toContain("\u001B[");
  expect(said).not.toContain(SECRET);
  return ended;
}

function written(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const document = readFileSync(pairFile, "utf8");

/** A copy of the example in a folder of its own, edited. */
function examplePair(name: string, edit: (text: string) => string): string {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, "haproxy.cfg"), readFileSync(join(example, "haproxy.cfg")));
  return written(`${name}/pair.yaml`, edit(document));
}

describe("what was typed", () => {
  test.each([
    [["rendr"], /did you mean `render`\?/],
    [["render", "--outptu", "x"], /did you mean --output\?/],
    [["drill", "--lab", "--scenario", "haproxy-stpo"], /no scenario called haproxy-stpo[^]*haproxy-stop/],
    [["drill", "--repeat", "0"], /--repeat is a whole number of at least 1, not "0"/],
    [["drill", "--undo-after-s", "soon"], /--undo-after-s is a whole number/],
    [["drill", "--lab", "--node", "extlb-01"], /write NAME=FILE, not "extlb-01"/],
    [["drill", "--node", "a=b"], /only a lab allows[^]*--lab/],
    [["drill", "--yes"], /only failures that are named[^]*--scenario/],
    [["drill", "--yes", "--scenario", "node-power"], /node-power can only be made in the lab/],
    [["render", "--node", "extlb-03", pairFile], /no node extlb-03[^]*extlb-01 and extlb-02/],
    [["explain", "advert_it"], /Did you mean advert_int\?/],
  ] as const)("hapair %j", async (words, message) => {
    const { exitCode, stdout, stderr } = await run(words);
    expect(stdout + stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });

  test("--version and --help are fine", async () => {
    const version = await run(["--version"]);
    expect(version).toMatchObject({ exitCode: 0, stderr: "" });
    expect(version.stdout).toMatch(/^hapair \d+\.\d+\.\d+\n$/);
    const help = await run(["--help"]);
    expect(help.exitCode).toBe(0);
    for (const command of ["init", "render", "plan", "apply", "verify", "status", "drill", "demo"])
      expect(help.stdout).toContain(command);
    expect(help.stdout).not.toContain("prober");
  });

  test("drill --list is text, one scenario a line", async () => {
    const { exitCode, stdout } = await run(["drill", "--list"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^haproxy-stop +HAProxy is stopped/m);
    expect(stdout).toMatch(/^node-power .*\(lab only\)$/m);
  });
});

describe("a file that is no pair", () => {
  const noise = Buffer.alloc(2_000_000, "x: [ { \n- ? : & * ! | > %\t@`'\"");
  test.each([
    ["empty", "", /empty\.yaml:1:1: error .*the file is empty/],
    ["tabs", "pair: x\n\tnodes: y\n", /tabs\.yaml:2:1: error .*tab/],
    ["twice", "pair: x\npair: y\n", /twice\.yaml:2:1: error .*pair stands twice/],
    ["list", "- a\n- b\n", /list\.yaml:1:1: error/],
    ["noise", noise, /noise\.yaml: error .*2\.0 MB/],
    ["small-noise", noise.subarray(0, 60_000), /small-noise\.yaml(:\d+:\d+)?: error/],
    [
      "binary",
      Uint8Array.from({ length: 50_000 }, (_, at) => (at * 167 + (at >> 3)) % 256),
      /binary\.yaml(:\d+:\d+)?: error/,
    ],
    ["deep", "[".repeat(100_000), /deep\.yaml(:\d+:\d+)?: error/],
  ])("%s", async (name, content, message) => {
    const { exitCode, stdout, stderr } = await run(["render", written(`${name}.yaml`, content)]);
    expect(stderr).toMatch(message);
    expect(stderr.length, "says it in a few lines").toBeLessThan(30_000);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
  });

  test("a missing file, a folder, and no file at all", async () => {
    const missing = await run(["render", "nowhere.yaml"]);
    expect(missing.exitCode).toBe(2);
    expect(missing.stderr).toMatch(/nowhere\.yaml cannot be read: there is no such file[^]*hapair init/);
    const directory = await run(["verify", folder]);
    expect(directory.exitCode).toBe(2);
    expect(directory.stderr).toContain("cannot be read: it is a folder");
    const nothing = await run(["status"]);
    expect(nothing.exitCode).toBe(2);
    expect(nothing.stderr).toContain("pair.yaml cannot be read");
  });

  test("a pair with several mistakes: all of them, each with its place", async () => {
    const file = written(
      "mistakes.yaml",
      `pair: x
nodes:
  a: { address: 10.0.0.300, interface: e }
  b: { address: 10.0.0.2, interface: e }
vips: { v: 10.0.0.5/99 }
vrrp: { id: 999 }
haproxy: { confg: x }
`,
    );
    const { exitCode, stderr } = await run(["render", file]);
    expect(exitCode).toBe(2);
    for (const place of ["3:17", "5:12", "6:13", "7:12"])
      expect(stderr).toContain(`mistakes.yaml:${place}: error `);
    expect(stderr.replaceAll(/\s+/g, " ")).toContain("did you mean config?");

    const json = await run(["render", "--json", file]);
    expect(json.exitCode).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false });
  });

  test("the same mistakes are said by every command that reads the file", async () => {
    const file = written("id.yaml", document.replace("id: 50", "id: 0"));
    for (const words of [
      ["plan"],
      ["apply", "--yes"],
      ["remove"],
      ["verify"],
      ["status"],
      ["logs"],
      ["lab", "up"],
    ]) {
      const { exitCode, stderr } = await run([...words, file]);
      expect(stderr, words.join(" ")).toMatch(/id\.yaml:\d+:\d+: error .*vrrp\.id is 0/);
      expect(exitCode).toBe(2);
    }
  });

  test("files that the pair names: haproxy.cfg is missing", async () => {
    const { exitCode, stderr } = await run(["render", written("alone.yaml", document)]);
    expect(stderr).toMatch(
      /haproxy\.config names a file that .*haproxy\.cfg cannot be read: there is no such file/,
    );
    expect(exitCode).toBe(2);
  });
});

describe("the password", () => {
  test("that is not set is asked for by its variable", async () => {
    for (const words of [["render"], ["plan"], ["apply", "--yes"]]) {
      const { exitCode, stderr } = await run([...words, pairFile], {
        environment: { EXT_LB_VRRP_PASSWORD: undefined },
      });
      expect(stderr, words.join(" ")).toContain("EXT_LB_VRRP_PASSWORD");
      expect(exitCode).toBe(2);
    }
  });

  test("that keepalived would cut is refused, and not shown", async () => {
    const long = "ninechars";
    const { exitCode, stdout, stderr } = await run(["render", pairFile], {
      environment: { EXT_LB_VRRP_PASSWORD: long },
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("the VRRP password of router ext-lb");
    expect(stdout + stderr).not.toContain(long);
  });

  test("is masked in what render shows, as text and as JSON", async () => {
    const { exitCode, stdout } = await run(["render", pairFile]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/auth_pass "?\*{8}"?$/m);
    const json = await run(["render", "--json", pairFile]);
    expect(json.exitCode).toBe(0);
    const { nodes } = JSON.parse(json.stdout) as {
      nodes: Record<string, { path: string; mode: string; content: string }[]>;
    };
    expect(Object.keys(nodes)).toEqual(["extlb-01", "extlb-02"]);
    const conf = nodes["extlb-01"]?.find((file) => file.path === "/etc/keepalived/keepalived.conf");
    expect(conf).toMatchObject({ mode: "0600", content: expect.stringMatching(/auth_pass "?\*{8}"?$/m) });
  });

  test("is in the files that render writes, which only their owner may read", async () => {
    const { exitCode, stdout } = await run(["render", "--output", "out", pairFile]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("extlb-01: ");
    for (const node of ["extlb-01", "extlb-02"]) {
      const conf = join(folder, "out", node, "etc/keepalived/keepalived.conf");
      expect(statSync(conf).mode & 0o777).toBe(0o600);
      // In the file it may be quoted, as keepalived wants it.
      expect(readFileSync(conf, "utf8")).toMatch(/auth_pass ["']?s3cr%t!x["']?$/m);
      expect(statSync(join(folder, "out", node, "etc/keepalived/chk_haproxy.sh")).mode & 0o777).toBe(0o755);
    }
  });
});

describe("explain, init and colours", () => {
  test("explain --json is one document, for one parameter and for all", async () => {
    const one = await run(["explain", "--json", "advert_int"]);
    expect(one.exitCode).toBe(0);
    expect(JSON.parse(one.stdout)).toMatchObject({ parameter: { name: "advert_int" } });
    const all = await run(["explain", "--json"]);
    expect(all.exitCode).toBe(0);
    expect(all.stdout).toContain("virtual_router_id");
    expect(() => JSON.parse(all.stdout) as unknown).not.toThrow();
  });

  test("init writes a pair that renders, and replaces nothing", async () => {
    const made = await run(["init", "made"]);
    expect(made.exitCode).toBe(0);
    expect((await run(["render", "made/pair.yaml"])).exitCode).toBe(0);

    writeFileSync(join(folder, "made/pair.yaml"), "mine\n");
    const again = await run(["init", "made"]);
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toMatch(/there already; nothing was written[^]*--force/);
    expect(readFileSync(join(folder, "made/pair.yaml"), "utf8")).toBe("mine\n");
    expect((await run(["init", "--force", "made"])).exitCode).toBe(0);
    expect(readFileSync(join(folder, "made/pair.yaml"), "utf8")).not.toBe("mine\n");
  });

  test("colours where they are forced, and never with NO_COLOR", async () => {
    const coloured = await hapair(["render", pairFile], { environment: { FORCE_COLOR: "1" } });
    expect(coloured.stdout).toContain("\u001B[");
    // `run` expects that there are none.
    expect(
      (await run(["render", pairFile], { environment: { FORCE_COLOR: "1", NO_COLOR: "1" } })).exitCode,
    ).toBe(0);
  });
});

describe("a node that cannot be reached", () => {
  // Port 1 of this machine: nobody listens there.
  const nobody = (text: string) =>
    text
      .replace("{ address: 10.150.160.30, ", "{ address: 10.150.160.30, ssh: nobody@127.0.0.1:1, ")
      .replace("{ address: 10.150.160.31, ", "{ address: 10.150.160.31, ssh: nobody@127.0.0.1:1, ");

  test.each([["plan"], ["apply --yes"], ["remove --yes"], ["verify"], ["status"]])(
    "%s: exit code 3, and who could not be reached",
    async (words) => {
      const file = examplePair(words.replaceAll(" ", ""), nobody);
      const running = startHapair([...words.split(" "), file], {
        environment: { EXT_LB_VRRP_PASSWORD: SECRET },
        timeLimitMs: 15_000,
      });
      const lines = watchCommandLines(running.child.pid ?? 0);
      const { exitCode, signal, stdout, stderr } = await running.ended;
      expect(lines.stop()).not.toContain(SECRET);
      const said = stdout + stderr;
      // Both are asked at once, and the first answer ends it.
      expect(said).toMatch(/extlb-0[12]/);
      expect(said).toMatch(/refused|reach/);
      expect(said).not.toContain("    at ");
      expect(said).not.toContain(SECRET);
      expect({ exitCode, signal }).toEqual({ exitCode: 3, signal: null });
    },
  );
});

/** The command lines of all processes of this machine, looked at again and again while one runs. */
function watchCommandLines(ownProcess: number): { stop(): string } {
  const seen = new Set<string>();
  const look = (): void => {
    for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${id}/cmdline`, "utf8"));
      } catch {
        // It has ended in between.
      }
    }
  };
  look();
  const timer = setInterval(look, 50);
  return {
    stop() {
      clearInterval(timer);
      const all = [...seen].join("\n");
      expect(all, `process ${ownProcess} was seen`).toContain("hapair.mjs");
      return all;
    },
  };
}
