import { describe, expect, test } from "vitest";
import { documentPair, observedAtMs, scene } from "../../test/support/status-fixtures/scenes.ts";
import { pairNamed } from "../../test/support/pairs.ts";
import type { Sighting } from "./observation.ts";
import { pairStatus } from "./pair-status.ts";
import { renderStatus } from "./render-status.ts";

const pair = documentPair();
const plain = (_kind: string, text: string): string => text;

function statusOf(name: string, change?: (sightings: Sighting[]) => Sighting[]) {
  const sightings = scene(name, pair);
  return pairStatus(pair, change === undefined ? sightings : change(sightings), observedAtMs);
}

function without(node: string): (sightings: Sighting[]) => Sighting[] {
  const error = { code: "host-unreachable", message: `${node}: connection timed out`, hint: "is it up?" };
  return (sightings) =>
    sightings.map((sighting) => (sighting.node === node ? { kind: "unreachable", node, error } : sighting));
}

describe("pairStatus of recorded scenes", () => {
  test.each<[string, string, string[]]>([
    ["healthy", "one-holder", []],
    [
      "standby-fault",
      "one-holder",
      [
        "extlb-02: HAProxy is inactive",
        "extlb-02: ext-lb is in FAULT, because HAProxy was stopped or crashed (process is 1)",
      ],
    ],
    ["hold", "one-holder", ["extlb-02: ext-lb is in FAULT, because it is held (hold is 1)"]],
    ["split-brain", "split-brain", ["split brain: extlb-01 and extlb-02 both hold 10.150.160.32"]],
    [
      "leftover",
      "split-brain",
      [
        "split brain: extlb-01 and extlb-02 both hold 10.150.160.32",
        "extlb-01: keepalived is failed (signal)",
        "extlb-01: 10.150.160.32 was left on ens192: keepalived is not running there",
      ],
    ],
    [
      "watch-missing",
      "one-holder",
      [
        "extlb-02: /run/hapair/watch is missing, so keepalived watches none of its files and a stopped HAProxy is found by the check alone",
      ],
    ],
    [
      "watch-renewed",
      "one-holder",
      ["extlb-02: /run/hapair/watch was made anew after keepalived started, so keepalived does not watch it"],
    ],
    ["hung", "one-holder", ["extlb-02: HAProxy does not answer on http://127.0.0.1:8405/healthz (hung)"]],
    [
      "password-differs",
      "split-brain",
      [
        "split brain: extlb-01 and extlb-02 both hold 10.150.160.32",
        "extlb-01: keepalived refuses its peer's adverts: (ext-lb) received an invalid passwd!",
        "extlb-02: keepalived refuses its peer's adverts: (ext-lb) received an invalid passwd!",
        "auth_pass of ext-lb differs between the nodes",
      ],
    ],
    ["trixie-as-written", "one-holder", []],
  ])("%s", (name, verdict, reasons) => {
    const status = statusOf(name);
    expect(status.routers[0]?.verdict).toBe(verdict);
    expect(status.redundant).toEqual({ answer: reasons.length === 0 ? "yes" : "no", reasons });
  });

  test("the holder's state survives a reload that renamed its instance", () => {
    expect(statusOf("healthy").nodes[0]?.instances[0]).toMatchObject({
      router: "ext-lb",
      state: "MASTER",
      holds: "all",
    });
  });

  test("a standby that cannot be asked leaves the holder known, and the pair not redundant", () => {
    const status = statusOf("healthy", without("extlb-02"));
    expect(status.routers[0]).toMatchObject({ verdict: "one-holder", holders: ["extlb-01"] });
    expect(status.redundant).toEqual({
      answer: "no",
      reasons: ["extlb-02: cannot be asked, so nothing is known of it (extlb-02: connection timed out)"],
    });
    expect(status.nodes[1]).toMatchObject({
      reachable: false,
      keepalived: "unknown",
      layers: { process: { answer: "unknown" } },
    });
  });

  test("with the holder out of reach nobody is said to hold the VIP, but a BACKUP hears someone", () => {
    const status = statusOf("healthy", without("extlb-01"));
    expect(status.routers[0]?.verdict).toBe("unknown");
    expect(status.routers[0]?.text).toBe(
      "holder unknown: 10.150.160.32 is on no node that answered, perhaps on extlb-01; extlb-02 is BACKUP, so it hears a holder",
    );
  });

  test("no holder on any node is named as such", () => {
    const status = statusOf("standby-fault", (sightings) =>
      sightings.map((sighting) =>
        sighting.kind === "seen"
          ? {
              ...sighting,
              observation: {
                ...sighting.observation,
                addresses: sighting.observation.addresses.filter((held) => held.address !== "10.150.160.32"),
              },
            }
          : sighting,
      ),
    );
    expect(status.routers[0]?.text).toBe("no holder: 10.150.160.32 is on neither node");
    expect(status.redundant.reasons).toContain(
      "extlb-01: keepalived says MASTER, but 10.150.160.32 is not on ens192",
    );
  });

  test("a keepalived that started with a failing check is in FAULT, though it never says so", () => {
    const silent = statusOf("standby-fault", (sightings) =>
      sightings.map((sighting) =>
        sighting.kind === "seen" && sighting.node === "extlb-02"
          ? { ...sighting, observation: { ...sighting.observation, states: [] } }
          : sighting,
      ),
    );
    expect(silent.nodes[1]?.instances[0]?.state).toBe("FAULT");
    const mute = statusOf("healthy", (sightings) =>
      sightings.map((sighting) =>
        sighting.kind === "seen"
          ? { ...sighting, observation: { ...sighting.observation, states: [] } }
          : sighting,
      ),
    );
    expect(mute.nodes.map((node) => node.instances[0]?.state)).toEqual(["MASTER", "unknown"]);
  });

  test("times of a node whose clock is off are told by this machine's", () => {
    const aheadMs = 3_600_000;
    const status = statusOf("healthy", (sightings) =>
      sightings.map((sighting) =>
        sighting.kind === "seen"
          ? { ...sighting, observation: { ...sighting.observation, clockAheadMs: aheadMs } }
          : sighting,
      ),
    );
    const [right, off] = [statusOf("healthy"), status].map(
      (each) => each.nodes[1]?.instances[0]?.sinceMs ?? 0,
    );
    expect((right ?? 0) - (off ?? 0)).toBe(aheadMs);
  });

  test("whatever is printed or given as JSON holds no password and no checksum of one", () => {
    for (const name of ["healthy", "password-differs"]) {
      const text = JSON.stringify(statusOf(name));
      for (const sighting of scene(name, pair)) {
        if (sighting.kind !== "seen") continue;
        for (const instance of sighting.observation.configuration?.instances ?? []) {
          expect(instance.passwordChecksum).toMatch(/^[0-9a-f]{64}$/);
          expect(text).not.toContain(instance.passwordChecksum);
        }
      }
    }
  });
});

describe("renderStatus", () => {
  test("a healthy pair on one screen", () => {
    expect(renderStatus(statusOf("healthy"), plain)).toMatchInlineSnapshot(`
      "ext-lb  classic  2026-11-22 18:08:20Z

      extlb-01 holds 10.150.160.32  since 17:54:07Z (14 min)  router ext-lb, VRID 50
      redundant: yes

      node      state   since               VIP   keepalived  HAProxy  process  service  traffic  hold
      extlb-01  MASTER  17:54:07Z (14 min)  held  active      active   ok       ok       ok       -
      extlb-02  BACKUP  18:05:51Z (2 min)   -     active      active   ok       ok       ok       -"
    `);
  });

  test("several routers have a line and a column each", () => {
    const crossed = pairNamed("active-active");
    expect(renderStatus(pairStatus(crossed, [], observedAtMs), plain)).toMatchInlineSnapshot(`
      "crossed  classic  2026-11-22 18:08:20Z

      holder unknown: 192.0.2.50 and 2001:db8::50 are on no node that answered, perhaps on lb1 or lb2  router web, VRID 50
      holder unknown: 192.0.2.51 is on no node that answered, perhaps on lb1 or lb2  router api, VRID 51
      redundant: no, because
        - holder unknown: 192.0.2.50 and 2001:db8::50 are on no node that answered, perhaps on lb1 or lb2
        - holder unknown: 192.0.2.51 is on no node that answered, perhaps on lb1 or lb2
        - lb1: cannot be asked, so nothing is known of it (lb1 was not asked)
        - lb2: cannot be asked, so nothing is known of it (lb2 was not asked)

      node  router  state    since  VIP      keepalived  HAProxy  process  service  traffic  hold
      lb1   web     unknown  -      unknown  unknown     unknown  unknown  unknown  unknown  unknown
            api     unknown  -      unknown
      lb2   web     unknown  -      unknown  unknown     unknown  unknown  unknown  unknown  unknown
            api     unknown  -      unknown"
    `);
  });

  test("reasons one under the other, unknown said as unknown", () => {
    expect(renderStatus(statusOf("standby-fault", without("extlb-01")), plain)).toMatchInlineSnapshot(`
      "ext-lb  classic  2026-11-22 18:08:20Z

      holder unknown: 10.150.160.32 is on no node that answered, perhaps on extlb-01  router ext-lb, VRID 50
      redundant: no, because
        - holder unknown: 10.150.160.32 is on no node that answered, perhaps on extlb-01
        - extlb-01: cannot be asked, so nothing is known of it (extlb-01: connection timed out)
        - extlb-02: HAProxy is inactive
        - extlb-02: ext-lb is in FAULT, because HAProxy was stopped or crashed (process is 1)

      node      state    since              VIP      keepalived  HAProxy   process  service  traffic  hold
      extlb-01  unknown  -                  unknown  unknown     unknown   unknown  unknown  unknown  unknown
      extlb-02  FAULT    18:07:13Z (1 min)  -        active      inactive  1        down     ok       -

      extlb-01: is it up?"
    `);
  });
});
