import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  documentPair,
  recordedAnswer,
  recordedRequest,
  scene,
} from "../../test/support/status-fixtures/scenes.ts";
import { parseObservation } from "./observation-parser.ts";
import type { NodeObservation } from "./observation.ts";

const pair = documentPair();

function seen(name: string, node: string): NodeObservation {
  const sighting = scene(name, pair).find((candidate) => candidate.node === node);
  if (sighting?.kind !== "seen") throw new Error(`${node} was not seen`);
  return sighting.observation;
}

describe("parseObservation of recorded answers", () => {
  test("a standby of Debian 12", () => {
    const standby = seen("healthy", "extlb-02");
    expect(standby).toMatchObject({
      hostname: "extlb-02",
      versions: { keepalived: "2.2.7", haproxy: "2.6.12-1+deb12u4" },
      keepalived: {
        load: "loaded",
        active: "active",
        sub: "running",
        result: "success",
        atBoot: "enabled",
        restarts: 0,
      },
      haproxy: { active: "active" },
      listening: ["0.0.0.0:80", "127.0.0.1:8405"],
      health: { httpStatus: 200, curlExit: 0 },
      adverts: [{ router: "ext-lb", peer: "extlb-01", otherVrid: 0 }],
      watch: { watchedByKeepalived: true },
      configuration: {
        mode: "600",
        owner: "root",
        partlyRead: false,
        scriptUser: "nobody",
        scriptSecurity: true,
        instances: [
          {
            name: "ext-lb",
            interface: "ens192",
            vrid: 50,
            priority: 100,
            state: "BACKUP",
            nopreempt: true,
            version: 2,
            advertInterval: "1",
            authType: "PASS",
            source: "10.150.160.31",
            peers: ["10.150.160.30"],
            vips: ["10.150.160.32/32"],
            trackedFiles: ["process", "traffic", "hold"],
          },
        ],
      },
      setup: {
        nonlocalBind: { ipv4: "1", ipv6: "1" },
        checkScript: { mode: "755", owner: "root", run: { user: "nobody", exitCode: 0 } },
        firewalld: { active: true, defaultZone: "public" },
        managers: { ens192: { kind: "none" } },
      },
    });
    expect(standby.states.map((state) => [state.instance, state.state])).toEqual([["ext-lb", "BACKUP"]]);
    expect(standby.watch?.files.map((file) => [file.name, file.value.trim()])).toEqual([
      ["process", "0"],
      ["traffic", "0"],
      ["hold", "0"],
    ]);
    expect(standby.addresses.map((held) => held.address)).toContain("10.150.160.31");
    expect(standby.adverts?.[0]?.arrived).toBeGreaterThan(0);
    expect(standby.adverts?.[0]?.delivered).toBeGreaterThan(0);
  });

  test("moments are told by the node's wall clock, from its monotonic one", () => {
    const state = seen("healthy", "extlb-02").states[0];
    expect(new Date(state?.sinceMs ?? 0).toISOString().slice(0, 19)).toBe("2026-11-22T18:05:51");
  });

  test("Debian 13 is read the same way", () => {
    expect(seen("trixie-as-written", "extlb-01")).toMatchObject({
      versions: { keepalived: "2.3.3" },
      states: [{ instance: "LB_VIP", state: "MASTER" }],
      configuration: { instances: [{ name: "LB_VIP", nopreempt: false, state: "MASTER" }] },
      health: { httpStatus: 0, curlExit: 7 },
    });
  });

  test("what a node says cannot move the terminal's cursor", () => {
    const answer = recordedAnswer("healthy", "extlb-02")
      .replace("hostname\textlb-02", "hostname\tevil\u001B[2J")
      .replace("(ext-lb) Entering BACKUP STATE", String.raw`(ext-lb) Entering BACKUP STATE\u001b[2J`);
    const read = parseObservation("n", answer, recordedRequest(pair, "extlb-02"), {
      sentMs: 0,
      answeredMs: 0,
    });
    expect(read?.hostname).toBe("evil [2J");
    expect(read?.states[0]).toMatchObject({ state: "BACKUP", text: "(ext-lb) Entering BACKUP STATE [2J" });
  });

  test("a directory made anew is not the one that keepalived watches, and a missing one is absent", () => {
    expect(seen("watch-renewed", "extlb-02").watch?.watchedByKeepalived).toBe(false);
    expect(seen("watch-missing", "extlb-02").watch).toBeUndefined();
  });

  test("an answer without its end, or of something else, is no observation", () => {
    const [node] = pair.nodes;
    if (node === undefined) throw new Error("no node");
    const read = (text: string) =>
      parseObservation(node.name, text, recordedRequest(pair, node.name), { sentMs: 0, answeredMs: 0 });
    const whole = recordedAnswer("healthy", node.name);
    expect(read(whole)).toBeDefined();
    expect(read(`Welcome to extlb-01\n${whole}`)).toEqual(read(whole));
    expect(read("")).toBeUndefined();
    expect(read("This account is currently not available.\n")).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(whole.length - 40), (length) => {
        expect(read(whole.slice(0, length))).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  test("noise in any section is no exception", () => {
    const [node] = pair.nodes;
    if (node === undefined) throw new Error("no node");
    const lines = recordedAnswer("healthy", node.name).split("\n");
    const replaced = fc.record({
      at: fc.nat(lines.length - 1),
      text: fc.oneof(fc.string(), fc.constant("{}"), fc.constant("[null]")),
    });
    fc.assert(
      fc.property(fc.array(replaced, { minLength: 1, maxLength: 20 }), (changes) => {
        const noisy = [...lines];
        for (const { at, text } of changes) noisy[at] = `${noisy[at]?.split("\t")[0] ?? ""}\t${text}`;
        parseObservation(node.name, noisy.join("\n"), recordedRequest(pair, node.name), {
          sentMs: 0,
          answeredMs: 0,
        });
      }),
      { numRuns: 100 },
    );
  });
});
