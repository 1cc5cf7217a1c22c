// hapair prove as a user runs it: the built command line on the examples and on files in a folder of its own.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildIfMissing, type Ended, hapair } from "./support/hapair-command.ts";

const pair = "examples/ext-lb/pair.yaml";
const asWritten = ["extlb-01", "extlb-02"].map((name) => `examples/ext-lb/as-written/${name}.conf`);
const quick = ["--depth", "1"];

let folder: string;
beforeAll(() => {
  buildIfMissing();
  folder = mkdtempSync(join(tmpdir(), "hapair-prove-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

// Without the password that the pair's file refers to: a proof wants no secret.
async function run(...words: readonly string[]): Promise<Ended> {
  return hapair(words, { environment: { EXT_LB_VRRP_PASSWORD: undefined } });
}

interface Document {
  readonly schema: string;
  readonly depth: number;
  readonly isComplete: boolean;
  readonly promises: readonly {
    readonly name: string;
    readonly verdict: string;
    readonly counterexample?: {
      readonly text: string;
      readonly steps: readonly { readonly node: string; readonly move: string }[];
      readonly trace: { readonly schema: string };
    };
  }[];
  readonly outages: readonly {
    readonly kind: string;
    readonly longestUs?: number;
    readonly endless?: true;
  }[];
}

describe("a pair that keeps its promises", () => {
  it("is proved, with what was tried and what nobody can promise", async () => {
    const { exitCode, stdout, stderr } = await run("prove", ...quick, pair);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/no-failback +proved /);
    expect(stdout).toMatch(/service-stop +up to 0\.609 s +allowed: 0\.65 s/);
    expect(stdout).toMatch(/Every sequence of up to 1 fault or repair was tried: [\d,]+ states/);
    expect(stdout).toContain("A keepalived that hangs keeps its VIP");
    expect(stdout).not.toContain("\u001B");
  });

  it("is one JSON document", async () => {
    const { stdout } = await run("prove", ...quick, "--json", pair);
    const document = JSON.parse(stdout) as Document;
    expect(document).toMatchObject({ schema: "hapair-proof/1", depth: 1, isComplete: true });
    expect(new Set(document.promises.map(({ verdict }) => verdict))).toEqual(new Set(["proved"]));
  });

  it("is proved as far as the bound on states lets it, which is no failure", async () => {
    const { exitCode, stdout } = await run(
      "prove",
      "--depth",
      "3",
      "--overlap",
      "1",
      "--states",
      "4000",
      "--promise",
      "holder",
      pair,
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/holder +to depth \d /);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("of longer sequences nothing is said");
  });
});

describe("a pair that does not", () => {
  it("is told with the shortest story of each promise, and what the limit was", async () => {
    const { exitCode, stdout } = await run("prove", ...quick, "--outage", "service-stop=2s", ...asWritten);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/service-stop +up to 4\.614 s +allowed: 2 s +BROKEN/);
    expect(stdout).toContain(
      "outage is broken by 1 fault or repair: clients get no answer for 4.614 s; allowed: 2 s",
    );
    expect(stdout).toContain(
      "no-failback is broken by 1 fault or repair: the VIP goes back from extlb-02 to extlb-01",
    );
    expect(stdout).toContain(
      "To play one again: the same with --trace-dir traces, then hapair simulate --trace",
    );
  });

  it("has traces that play again, and one for other tools", async () => {
    const itf = join(folder, "trace.itf.json");
    const words = ["--promise", "no-failback,check-moves-vip", "--trace-dir", folder, "--itf", itf];
    const proved = await run("prove", ...quick, "--json", ...words, ...asWritten);
    const document = JSON.parse(proved.stdout) as Document;
    expect(document.promises.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      "no-failback broken",
      "check-moves-vip broken",
    ]);
    expect(document.promises[0]?.counterexample?.steps).toMatchObject([
      { node: "extlb-01", move: "restart-keepalived" },
    ]);
    expect(JSON.parse(readFileSync(itf, "utf8"))).toMatchObject({ "#meta": { format: "ITF" } });
    const trace = join(folder, "no-failback.trace.json");
    expect(JSON.parse(readFileSync(trace, "utf8"))).toEqual(document.promises[0]?.counterexample?.trace);
    const played = await run("simulate", "--trace", trace, ...asWritten);
    expect(played.exitCode).toBe(0);
    expect(played.stdout).toContain("extlb-01 becomes MASTER and takes the VIP from extlb-02");
    const told = JSON.parse(
      (await run("simulate", "--trace", trace, "--json", ...asWritten)).stdout,
    ) as object;
    expect(told).toMatchObject({ schema: "hapair-simulation/1", promise: "no-failback" });
  });
});

describe("what cannot be", () => {
  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ["a promise that there is not", ["--promise", "no-failbck", pair], "Did you mean no-failback?"],
    ["a kind of fault that there is not", ["--outage", "rain=2s", pair], "there is no kind of fault rain"],
    ["an outage that is no time", ["--outage", "soon", pair], "--outage is a time such as 2s"],
    ["a depth that no machine reaches", ["--depth", "40", pair], "--depth is at most"],
    ["a version that there is not", ["--keepalived", "new", pair], `"new" is no version of keepalived`],
    ["a file that is not there", ["nobody.conf"], "nobody.conf cannot be read"],
  ];

  it.each(wrong)("%s is said, with exit code 2", async (_what, words, said) => {
    const { exitCode, stderr } = await run("prove", ...words);
    expect(stderr).toContain(said);
    expect(exitCode).toBe(2);
  });

  it("a folder for traces that cannot be made is said", async () => {
    const file = join(folder, "in-the-way");
    writeFileSync(file, "");
    const { exitCode, stderr } = await run(
      "prove",
      ...quick,
      "--trace-dir",
      join(file, "traces"),
      ...asWritten,
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain("cannot be written");
    expect(existsSync(join(file, "traces"))).toBe(false);
  });

  it.each([
    ["no JSON", "secret: hunter2", "it is not JSON"],
    ["another document", `{ "schema": "hapair-trace/0" }`, "its schema is not hapair-trace/1"],
  ])("a trace that is %s is said, without its text", async (_what, text, said) => {
    const file = join(folder, "wrong.trace.json");
    writeFileSync(file, text);
    const { exitCode, stderr } = await run("simulate", "--trace", file, ...asWritten);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain("hunter2");
  });
});

it("lists the promises", async () => {
  const { exitCode, stdout } = await run("prove", "--list");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^holder +a node that could serve has the VIP/);
});

describe("lint --prove", () => {
  it("finds what is broken in every form of report", async () => {
    const { exitCode, stdout } = await run("lint", "--prove", "--only", "HP7", ...asWritten);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("error HP703: extlb-01: systemctl restart keepalived");
    for (const format of ["json", "sarif", "junit", "github"]) {
      const { stdout: text } = await run(
        "lint",
        "--prove",
        "--only",
        "HP7",
        "--format",
        format,
        ...asWritten,
      );
      expect(text).toContain("HP705");
      expect(text).toContain("promise-check-moves-vip");
    }
  });

  it("finds nothing in a pair that keeps its promises", async () => {
    const { exitCode, stdout } = await run("lint", "--prove", "--only", "HP7", pair);
    expect(stdout).toContain("nothing found (6 rules)");
    expect(exitCode).toBe(0);
  });

  it("has to be asked for", async () => {
    const { exitCode, stderr } = await run("lint", "--only", "HP703", ...asWritten);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("Give --prove as well.");
  });
});
