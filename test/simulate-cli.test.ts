// hapair simulate as a user runs it: the built command line on the examples and on files in a folder of its own.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildIfMissing, type Ended, hapair } from "./support/hapair-command.ts";

const pair = "examples/ext-lb/pair.yaml";
const asWritten = ["extlb-01", "extlb-02"].map((name) => `examples/ext-lb/as-written/${name}.conf`);

let folder: string;
beforeAll(() => {
  buildIfMissing();
  folder = mkdtempSync(join(tmpdir(), "hapair-simulate-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

// Without the password that the pair's file refers to: a simulation wants no secret.
async function simulate(...words: readonly string[]): Promise<Ended> {
  return hapair(["simulate", ...words], { environment: { EXT_LB_VRRP_PASSWORD: undefined } });
}

interface Document {
  readonly schema: string;
  readonly seed: number;
  readonly scenario: {
    readonly events: readonly { readonly outcomes: readonly { readonly outageUs: number }[] }[];
  };
  readonly events: readonly { readonly atUs: number; readonly kind: string; readonly cause?: string }[];
  readonly scenarios: readonly { readonly name: string }[];
}

describe("one scenario", () => {
  it("is told as a timeline, the same to the byte each time, without colours", async () => {
    const [first, second] = [
      await simulate(pair, "--scenario", "haproxy-hang", "--seed", "7"),
      await simulate(pair, "--scenario", "haproxy-hang", "--seed", "7"),
    ];
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toContain("chk_haproxy gets no answer, 1 of 2");
    expect(first.stdout).not.toContain("\u001B");
    expect(second.stdout).toBe(first.stdout);
    expect(first.stderr).toBe("");
  });

  it("is one JSON document", async () => {
    const { stdout } = await simulate(...asWritten, "--scenario", "haproxy-stop", "--seed", "3", "--json");
    const document = JSON.parse(stdout) as Document;
    expect(document).toMatchObject({ schema: "hapair-simulation/1", seed: 3, keepalived: "2.2.7" });
    expect(document.scenario.events[0]?.outcomes[0]?.outageUs).toBeGreaterThan(2_600_000);
    const times = document.events.map(({ atUs }) => atUs);
    expect(times.every((atUs) => Number.isInteger(atUs))).toBe(true);
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    expect(document.events.some(({ kind, cause }) => kind === "state" && cause !== undefined)).toBe(true);
  });

  it("is a picture that stands by itself", async () => {
    const path = join(folder, "story.svg");
    expect((await simulate(pair, "--scenario", "vrrp-blocked", "--svg", path)).exitCode).toBe(0);
    const svg = readFileSync(path, "utf8");
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain("two holders for");
    expect(svg).not.toMatch(/href=|url\(/);
  });

  it("may be a file", async () => {
    const { exitCode, stdout } = await simulate(pair, "--scenario", "examples/ext-lb/double-fault.yaml");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("double-fault: HAProxy stops on both nodes, one after the other");
    expect(stdout).toContain("nobody has the VIP");
  });

  it("says what is wrong with a file, with its place", async () => {
    const path = join(folder, "wrong.yaml");
    writeFileSync(path, "scenario: wrong\nevents:\n  - { at: 3s, fault: stop-haproxy, node: extlb-03 }\n");
    const { exitCode, stderr } = await simulate(pair, "--scenario", path);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${path}:3:`);
    expect(stderr).toContain("extlb-03");
  });

  it("has to exist", async () => {
    const { exitCode, stderr } = await simulate(pair, "--scenario", "haproxy-stopp");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("there is no scenario called haproxy-stopp");
  });
});

describe("all scenarios", () => {
  it("are those that fit: a foreign pair has no switch, a pair without an agent none of its", async () => {
    const names = async (...words: readonly string[]): Promise<readonly string[]> => {
      const { stdout } = await simulate(...words, "--seeds", "1", "--json");
      return (JSON.parse(stdout) as Document).scenarios.map(({ name }) => name);
    };
    const [foreign, own, agent] = [
      await names(...asWritten),
      await names(pair),
      await names("examples/ext-lb-agent/pair.yaml"),
    ];
    expect(foreign).not.toContain("switch");
    expect(own).toContain("switch");
    expect(own).not.toContain("agent-stop");
    expect(agent).toContain("agent-stop");
  });

  it("are listed", async () => {
    const { stdout } = await simulate(pair, "--list");
    expect(stdout).toMatch(/^haproxy-stop {2,}HAProxy is stopped/m);
  });

  it("say what a foreign check is taken for", async () => {
    const path = join(folder, "lb1.conf");
    const script = readFileSync(asWritten[0]!, "utf8");
    writeFileSync(path, script);
    const { stdout } = await simulate(path, "--seeds", "1");
    expect(stdout).toContain(
      "note: lb1: chk_haproxy is taken for a check of HAProxy's process (/etc/keepalived/chk_haproxy.sh was not given)",
    );
  });

  it("refuse what would take hours", async () => {
    const instance = (id: number): string =>
      `vrrp_instance V${id} {\n interface eth0\n virtual_router_id ${id}\n version 3\n advert_int 0.01\n virtual_ipaddress {\n 192.0.2.${id}\n }\n}\n`;
    const text = Array.from({ length: 200 }, (_each, index) => instance(index + 1)).join("");
    const paths = ["busy1.conf", "busy2.conf"].map((name) => join(folder, name));
    for (const path of paths) writeFileSync(path, text);
    const { exitCode, stderr } = await simulate(...paths);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("would take hours to simulate");
  });

  it("want something to simulate", async () => {
    const path = join(folder, "empty.conf");
    writeFileSync(path, "global_defs {\n}\n");
    const { exitCode, stderr } = await simulate(path);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("no vrrp_instance that keepalived would run");
  });
});
