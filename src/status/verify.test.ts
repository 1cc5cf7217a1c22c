import { describe, expect, test } from "vitest";
import { documentPair, observedAtMs, scene } from "../../test/support/status-fixtures/scenes.ts";
import type { ClientAnswer } from "./client-probe.ts";
import type { NodeObservation, Sighting } from "./observation.ts";
import { renderVerify } from "./render-verify.ts";
import { listeningPorts, validationCommands, verifyReport } from "./verify.ts";

const pair = documentPair();
const asked = { observedAtMs, tookMs: 1300 };
const answered: ClientAnswer = {
  address: "10.150.160.32",
  port: 80,
  outcome: "answered",
  text: "HTTP/1.1 200 OK",
  elapsedMs: 2,
};
const plain = (_kind: string, text: string): string => text;

type Change = (observation: NodeObservation) => NodeObservation;

function reportOf(
  name: string,
  answers: readonly ClientAnswer[] = [answered],
  change: Change = (observation) => observation,
) {
  const sightings = scene(name, pair).map((sighting): Sighting =>
    sighting.kind === "seen" ? { ...sighting, observation: change(sighting.observation) } : sighting,
  );
  return verifyReport(pair, sightings, answers, asked);
}

/** `check@node` of every result that is not well, with its outcome. */
function troubles(report: ReturnType<typeof verifyReport>): string[] {
  return report.checks
    .filter((result) => result.outcome !== "ok" && result.outcome !== "skipped")
    .map((result) => `${result.outcome} ${result.check}@${result.node ?? "pair"}`);
}

/** Changes one node's observation. */
const on =
  (node: string, change: Change): Change =>
  (observation) =>
    observation.node === node ? change(observation) : observation;

describe("verifyReport of recorded scenes", () => {
  test.each<[string, string[]]>([
    ["healthy", []],
    ["split-brain", ["failed one-holder@pair", "failed adverts-heard@extlb-02", "failed firewall@extlb-02"]],
    [
      "leftover",
      [
        "failed one-holder@pair",
        "failed misplaced-vip@extlb-01",
        "failed state@extlb-01",
        "failed keepalived-active@extlb-01",
      ],
    ],
    ["watch-missing", ["failed watched-files@extlb-02"]],
    ["watch-renewed", ["failed watched-files@extlb-02"]],
    ["hung", ["failed health-address@extlb-02", "failed check-script@extlb-02"]],
    [
      "standby-fault",
      [
        "failed state@extlb-02",
        "failed haproxy-active@extlb-02",
        "failed health-address@extlb-02",
        "failed check-script@extlb-02",
      ],
    ],
    [
      "trixie-as-written",
      [
        "failed health-address@extlb-01",
        "failed health-address@extlb-02",
        "failed second-file@extlb-01",
        "failed second-file@extlb-02",
        "failed nopreempt@extlb-01",
        "failed nonlocal-bind@extlb-01",
        "failed nonlocal-bind@extlb-02",
        "failed firewall@extlb-01",
        "failed firewall@extlb-01",
        "failed firewall@extlb-02",
        "failed firewall@extlb-02",
      ],
    ],
  ])("%s", (name, expected) => {
    const report = reportOf(name);
    expect(troubles(report)).toEqual(expected);
    expect(report.answer).toBe(expected.length === 0 ? "ok" : "failed");
  });

  test("a differing password is a failed check that shows no password", () => {
    const report = reportOf("password-differs");
    const result = report.checks.find((candidate) => candidate.checked.startsWith("auth_pass"));
    expect(result).toMatchObject({ outcome: "failed", evidence: "differs: extlb-01 and extlb-02" });
    expect(troubles(report)).toContain("failed adverts-heard@extlb-01");
    expect(JSON.stringify(report)).not.toMatch(/[0-9a-f]{64}/);
  });

  test("every trouble says what was seen and what to do", () => {
    for (const name of ["split-brain", "leftover", "watch-missing", "hung", "trixie-as-written"]) {
      for (const result of reportOf(name).checks.filter((candidate) => candidate.outcome === "failed")) {
        expect(result.evidence, result.check).not.toBe("");
        expect(result.advice, result.check).toBeTruthy();
      }
    }
  });

  test("adverts that pass only because of connection tracking are found out", () => {
    const firewall = reportOf("trixie-as-written").checks.find(
      (result) => result.check === "firewall" && result.node === "extlb-02",
    );
    expect(firewall?.evidence).toContain("connection tracking");
    expect(firewall?.advice).toContain('source address="10.150.160.30"');
  });
});

const slowScript = { mode: "755", owner: "root", group: "root", run: { user: "root", exitCode: 124 } };

describe("single checks", () => {
  test.each<[string, Change, string[]]>([
    [
      "unit off at boot",
      on("extlb-02", (seen) => ({ ...seen, keepalived: { ...seen.keepalived, atBoot: "disabled" } })),
      ["warning keepalived-active@extlb-02"],
    ],
    [
      "a clock that is off",
      on("extlb-02", (seen) => ({ ...seen, clockAheadMs: 5000 })),
      ["warning clock@extlb-02"],
    ],
    [
      "a file changed after keepalived read it",
      on("extlb-01", (seen) =>
        seen.configuration === undefined
          ? seen
          : { ...seen, configuration: { ...seen.configuration, changedAtMs: seen.wallMs } },
      ),
      ["warning runs-its-file@extlb-01"],
    ],
    [
      "networkd without KeepConfiguration",
      on("extlb-01", (seen) =>
        withSetup(seen, {
          managers: {
            ens192: {
              kind: "systemd-networkd",
              setup: "configured",
              file: "/etc/systemd/network/10-lan.network",
              settings: [],
            },
          },
        }),
      ),
      ["warning interface-manager@extlb-01"],
    ],
    [
      "networkd with KeepConfiguration",
      on("extlb-01", (seen) =>
        withSetup(seen, {
          managers: {
            ens192: { kind: "systemd-networkd", setup: "configured", settings: ["KeepConfiguration=yes"] },
          },
        }),
      ),
      [],
    ],
    [
      "NetworkManager",
      on("extlb-01", (seen) =>
        withSetup(seen, { managers: { ens192: { kind: "NetworkManager", text: "100 (connected)" } } }),
      ),
      ["warning interface-manager@extlb-01"],
    ],
    [
      "a check script that others may write",
      on("extlb-01", (seen) =>
        withSetup(seen, {
          checkScript: { mode: "775", owner: "root", group: "staff", run: { user: "nobody", exitCode: 0 } },
        }),
      ),
      ["failed check-script@extlb-01"],
    ],
    [
      "a check script that is not executable",
      on("extlb-01", (seen) =>
        withSetup(seen, { checkScript: { mode: "644", owner: "root", group: "root" } }),
      ),
      ["failed check-script@extlb-01"],
    ],
    [
      "a check script whose interpreter is missing",
      on("extlb-01", (seen) =>
        withSetup(seen, {
          checkScript: { mode: "755", owner: "root", group: "root", run: { user: "nobody", exitCode: 127 } },
        }),
      ),
      ["failed check-script@extlb-01"],
    ],
    [
      "a check script that is still at it, which keepalived is content with",
      on("extlb-01", (seen) =>
        withSetup(
          { ...seen, notes: [{ atMs: 0, text: "VRRP_Script(chk_haproxy) succeeded" }] },
          { checkScript: slowScript },
        ),
      ),
      [],
    ],
    [
      "a check script that does not end, of which keepalived has said nothing",
      on("extlb-01", (seen) => withSetup({ ...seen, notes: [] }, { checkScript: slowScript })),
      ["warning check-script@extlb-01"],
    ],
    [
      "rules of the older iptables",
      on("extlb-01", (seen) => withSetup(seen, { legacyIptables: ["-A INPUT -j DROP"] })),
      ["unknown firewall@extlb-01"],
    ],
    [
      "no nft to look with",
      on("extlb-01", (seen) => withSetup(seen, { nftRuleset: undefined })),
      ["unknown firewall@extlb-01"],
    ],
    [
      "adverts that do not arrive",
      on("extlb-02", (seen) => ({
        ...seen,
        adverts: [{ router: "ext-lb", peer: "extlb-01", arrived: 0, delivered: 0, otherVrid: 0 }],
      })),
      ["failed adverts-heard@extlb-02"],
    ],
    [
      "adverts of another VRID",
      on("extlb-02", (seen) => ({
        ...seen,
        adverts: [{ router: "ext-lb", peer: "extlb-01", arrived: 0, delivered: 0, otherVrid: 2 }],
      })),
      ["failed adverts-heard@extlb-02"],
    ],
    ["a BACKUP, and nothing to count with", on("extlb-02", withoutAdverts), []],
    [
      "an include in the configuration",
      on("extlb-02", (seen) =>
        seen.configuration === undefined
          ? seen
          : { ...seen, configuration: { ...seen.configuration, partlyRead: true } },
      ),
      ["unknown same-configuration@pair"],
    ],
    [
      "no instance for the router",
      on("extlb-02", (seen) =>
        seen.configuration === undefined
          ? seen
          : { ...seen, configuration: { ...seen.configuration, instances: [] } },
      ),
      ["failed router-configured@extlb-02"],
    ],
    [
      "haproxy.cfg differs",
      on("extlb-02", (seen) => ({
        ...seen,
        checksums: { ...seen.checksums, "/etc/haproxy/haproxy.cfg": "0" },
      })),
      ["failed same-files@pair"],
    ],
  ])("%s", (_name, change, expected) => {
    expect(troubles(reportOf("healthy", [answered], change))).toEqual(expected);
  });

  test.each<[string, ClientAnswer, string[]]>([
    ["refused", { ...answered, outcome: "failed", text: "refused" }, ["failed vip-answers@pair"]],
    [
      "silent",
      { ...answered, outcome: "silent", text: "connected, and silent" },
      ["warning vip-answers@pair"],
    ],
    ["503", { ...answered, text: "HTTP/1.0 503 Service Unavailable" }, ["warning vip-answers@pair"]],
  ])("a client's answer: %s", (_name, answer, expected) => {
    expect(troubles(reportOf("healthy", [answer]))).toEqual(expected);
  });

  test("version 3: no line about a password, and once what protects instead", () => {
    const fast = documentPair("profile: fast");
    const report = verifyReport(fast, scene("healthy", fast), [answered], asked);
    expect(report.checks.some((result) => result.checked.startsWith("auth_"))).toBe(false);
    expect(report.remarks.filter((remark) => remark.includes("no password"))).toHaveLength(1);
  });
});

function withSetup(
  seen: NodeObservation,
  change: Partial<NonNullable<NodeObservation["setup"]>>,
): NodeObservation {
  return seen.setup === undefined ? seen : { ...seen, setup: { ...seen.setup, ...change } };
}

function withoutAdverts(seen: NodeObservation): NodeObservation {
  const { adverts: _adverts, ...rest } = seen;
  return rest;
}

test("a node that cannot be asked: said once, and what hangs on it is unknown", () => {
  const sightings = scene("healthy", pair).map((sighting): Sighting =>
    sighting.node === "extlb-02"
      ? { kind: "unreachable", node: "extlb-02", error: { code: "host-timeout", message: "no answer" } }
      : sighting,
  );
  const report = verifyReport(pair, sightings, [answered], asked);
  expect(troubles(report)).toEqual([
    "failed reachable@extlb-02",
    "unknown one-holder@pair",
    "unknown same-configuration@pair",
  ]);
  expect(report.status.routers[0]?.text).toBe(
    "extlb-01 (and perhaps extlb-02, which cannot be asked) holds 10.150.160.32",
  );
});

test("the page's commands with this pair's interface and VIP", () => {
  expect(validationCommands(pair)).toEqual([
    "ip a show ens192 | grep 10.150.160.32",
    "journalctl -u keepalived -f",
  ]);
});

test("a VIP reaches what is bound to any address or its own, not loopback", () => {
  const seen = scene("healthy", pair).flatMap((sighting) =>
    sighting.kind === "seen" ? [sighting.observation] : [],
  );
  const listening = [
    "0.0.0.0:80",
    "*:443",
    "[::]:80",
    "127.0.0.1:8405",
    "[::1]:9",
    "10.150.160.32:8080",
    "nonsense",
  ];
  expect(listeningPorts(seen.map((observation) => ({ ...observation, listening })))).toEqual([80, 443, 8080]);
});

test("renderVerify: what is wrong first with what to do, then what was checked", () => {
  const text = renderVerify(reportOf("split-brain"), plain);
  expect(text.indexOf("FAILED")).toBeLessThan(text.indexOf("ok "));
  expect(text).toContain("split brain: extlb-01 and extlb-02 both hold 10.150.160.32");
  expect(text).toContain(
    "    seen: dropped by inet site guard: ip protocol vrrp drop\n    do:   nft insert rule inet site guard ip saddr 10.150.160.30 meta l4proto 112 accept",
  );
  expect(text).toContain("  ip a show ens192 | grep 10.150.160.32\n  journalctl -u keepalived -f\n");
  expect(renderVerify(reportOf("healthy"), plain)).not.toContain("FAILED");
});
