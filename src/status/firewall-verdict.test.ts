import { describe, expect, test } from "vitest";
import { documentPair, scene } from "../../test/support/status-fixtures/scenes.ts";
import { type AdvertPacket, firewallVerdict } from "./firewall-verdict.ts";

const packet: AdvertPacket = {
  family: 4,
  interface: "ens192",
  source: "10.150.160.30",
  destination: "10.150.160.31",
};

/** A ruleset of one base chain (input unless said otherwise) with these rules, and further objects. */
function ruleset(
  rules: readonly (readonly object[])[],
  chain: object = {},
  further: readonly object[] = [],
): unknown {
  const base = {
    family: "inet",
    table: "t",
    name: "input",
    hook: "input",
    prio: 0,
    policy: "accept",
    ...chain,
  };
  return {
    nftables: [
      { chain: base },
      ...further,
      ...rules.map((expr) => ({ rule: { family: base.family, table: "t", chain: "input", expr } })),
    ],
  };
}

const match = (left: object, right: unknown, op = "==") => ({ match: { op, left, right } });
const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
const meta = (key: string) => ({ meta: { key } });
const drop = { drop: null };
const accept = { accept: null };
const ctNew = match({ ct: { key: "state" } }, "new");

describe("firewallVerdict", () => {
  test.each<[string, unknown, string]>([
    ["no rules", ruleset([]), "accept"],
    ["nothing readable", undefined, "accept"],
    ["protocol by name", ruleset([[match(payload("ip", "protocol"), "vrrp"), drop]]), "drop"],
    ["protocol by number", ruleset([[match(meta("l4proto"), 112), drop]]), "drop"],
    ["another protocol", ruleset([[match(meta("l4proto"), "tcp"), drop]]), "accept"],
    ["a port of another protocol", ruleset([[match(payload("tcp", "dport"), 22), drop]]), "accept"],
    ["policy", ruleset([], { policy: "drop" }), "drop"],
    [
      "accept before the policy",
      ruleset([[match(meta("l4proto"), "vrrp"), accept]], { policy: "drop" }),
      "accept",
    ],
    [
      "established is not new",
      ruleset([[match({ ct: { key: "state" } }, ["established", "related"]), accept]], { policy: "drop" }),
      "drop",
    ],
    ["new", ruleset([[ctNew, drop]]), "drop"],
    [
      "anyone but the peer",
      ruleset([[match(payload("ip", "saddr"), { set: ["10.150.160.30"] }, "!="), drop]]),
      "accept",
    ],
    [
      "anyone but others",
      ruleset([[match(payload("ip", "saddr"), { set: ["10.150.160.99"] }, "!="), drop]]),
      "drop",
    ],
    [
      "in a prefix",
      ruleset([[match(payload("ip", "saddr"), { prefix: { addr: "10.150.160.0", len: 27 } }), drop]]),
      "drop",
    ],
    [
      "beside a prefix",
      ruleset([[match(payload("ip", "saddr"), { prefix: { addr: "10.150.160.32", len: 27 } }), drop]]),
      "accept",
    ],
    [
      "in a range",
      ruleset([[match(payload("ip", "saddr"), { range: ["10.150.160.9", "10.150.160.30"] }), drop]]),
      "drop",
    ],
    [
      "a named set",
      ruleset([[match(payload("ip", "saddr"), "@bad"), drop]], {}, [
        { set: { family: "inet", table: "t", name: "bad", elem: ["10.150.160.30"] } },
      ]),
      "drop",
    ],
    ["another interface", ruleset([[match(meta("iifname"), "lo"), drop]]), "accept"],
    ["interfaces by pattern", ruleset([[match(meta("iifname"), "ens*"), drop]]), "drop"],
    ["IPv6 only", ruleset([[match(payload("ip6", "saddr"), "::1"), drop]]), "accept"],
    ["a table of the other family", ruleset([[drop]], { family: "ip6" }), "accept"],
    ["a forward chain", ruleset([[drop]], { hook: "forward" }), "accept"],
    ["reject", ruleset([[{ reject: { type: "icmpx" } }]]), "drop"],
    ["a mark that is not known", ruleset([[match(meta("mark"), 1), drop]]), "unknown"],
    [
      "an extension that is not known",
      ruleset([[{ xt: { type: "match", name: "recent" } }, drop]]),
      "unknown",
    ],
    [
      "a possible accept before a certain drop",
      ruleset([[match(meta("mark"), 1), accept], [drop]]),
      "unknown",
    ],
    ["a counter alone", ruleset([[{ counter: { packets: 1 } }]], { policy: "drop" }), "drop"],
    [
      "a verdict map that can drop",
      ruleset([[{ vmap: { key: meta("mark"), data: { set: [[1, { drop: null }]] } } }]]),
      "unknown",
    ],
  ])("%s", (_name, rules, answer) => {
    expect(firewallVerdict(rules, packet, "in").answer).toBe(answer);
  });

  test("jumps come back, gotos do not, and an accept in one table does not undo a drop in another", () => {
    const inner = { chain: { family: "inet", table: "t", name: "inner" } };
    const innerRule = {
      rule: { family: "inet", table: "t", chain: "inner", expr: [match(meta("l4proto"), "tcp"), accept] },
    };
    const jumping = ruleset([[{ jump: { target: "inner" } }], [accept]], { policy: "drop" }, [
      inner,
      innerRule,
    ]);
    expect(firewallVerdict(jumping, packet, "in").answer).toBe("accept");
    const going = ruleset([[{ goto: { target: "inner" } }], [accept]], { policy: "drop" }, [
      inner,
      innerRule,
    ]);
    expect(firewallVerdict(going, packet, "in").answer).toBe("drop");
    const accepting = {
      chain: { family: "inet", table: "a", name: "input", hook: "input", prio: -10, policy: "accept" },
    };
    const acceptingRule = { rule: { family: "inet", table: "a", chain: "input", expr: [accept] } };
    const both = ruleset([[drop]], {}, [accepting, acceptingRule]);
    expect(firewallVerdict(both, packet, "in").answer).toBe("drop");
  });

  test("a chain that jumps to itself comes to an end", () => {
    expect(firewallVerdict(ruleset([[{ jump: { target: "input" } }]]), packet, "in").answer).toBe("accept");
  });

  test("outgoing adverts pass the output hook", () => {
    const rules = ruleset([[match(payload("ip", "daddr"), "10.150.160.31"), drop]], { hook: "output" });
    expect(firewallVerdict(rules, packet, "out").answer).toBe("drop");
    expect(firewallVerdict(rules, packet, "in").answer).toBe("accept");
  });

  test("real rulesets: a site's own drop is named; firewalld without a rule rejects, with the rich rule it accepts", () => {
    const pair = documentPair();
    const rulesetOf = (name: string) =>
      scene(name, pair).flatMap((sighting) =>
        sighting.kind === "seen" && sighting.node === "extlb-02"
          ? [sighting.observation.setup?.nftRuleset]
          : [],
      )[0];
    expect(firewallVerdict(rulesetOf("healthy"), packet, "in")).toEqual({ answer: "accept" });
    expect(firewallVerdict(rulesetOf("split-brain"), packet, "in")).toMatchObject({
      answer: "drop",
      rule: "inet site guard: ip protocol vrrp drop",
    });
    const untouched = firewallVerdict(rulesetOf("trixie-as-written"), packet, "in");
    expect(untouched).toMatchObject({ answer: "drop" });
    expect(untouched.chain).toContain("firewalld");
  });
});
