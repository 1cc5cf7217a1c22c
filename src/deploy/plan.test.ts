import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { HapairError } from "../base/index.ts";
import { type NodeFile, nodePaths } from "../render/index.ts";
import {
  appliedFacts,
  examplePair,
  filesFor,
  pageFacts,
  userHaproxyConfig,
} from "../../test/support/deploy-facts.ts";
import type { NodeFacts } from "./facts.ts";
import { sha256Of } from "./file-change.ts";
import { makePlan, type Plan, type Step } from "./plan.ts";
import { makeRemovePlan } from "./remove-plan.ts";
import { renderPlan } from "./render-plan.ts";

const classic = examplePair();
const fast = examplePair("profile: fast\n");

function changed(facts: NodeFacts, path: string, content: string | undefined): NodeFacts {
  const files = facts.files.flatMap((file) =>
    file.path !== path
      ? [file]
      : content === undefined
        ? []
        : [{ ...file, content, sha256: sha256Of(content) }],
  );
  return { ...facts, files };
}

/** Both nodes as after an apply of classic; the first holds the VIP. */
function applied(): Map<string, NodeFacts> {
  const files = filesFor(classic, pageFacts);
  return new Map(
    [...pageFacts].map(([node, facts]) => [node, appliedFacts(facts, files.get(node) ?? [], sha256Of)]),
  );
}

function stepWords(plan: Plan): string[] {
  return plan.steps.map((step) => `${step.phase} ${step.node} ${step.kind}`);
}

function scriptsOf(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => [step.script, step.undo ?? ""]);
}

describe("a plan over the page's files", () => {
  const plan = makePlan(classic, filesFor(classic, pageFacts), pageFacts, { by: "ann@desk" });

  it("reads like this", async () => {
    await expect(renderPlan(plan)).toMatchFileSnapshot("../../test/golden/deploy/page-to-classic.txt");
  });

  it("takes over what is not hapair's and changes the standby before the holder", () => {
    const kinds = plan.nodes[0]?.changes.map((change) => `${change.kind} ${change.path}`);
    expect(kinds).toContain("take-over /etc/keepalived/keepalived.conf");
    expect(kinds).toContain("take-over /etc/keepalived/chk_haproxy.sh");
    expect(kinds).toContain("create /etc/haproxy/hapair.cfg");
    const order = plan.steps.filter((step) => step.kind === "place").map((step) => step.node);
    expect(order).toEqual(["extlb-02", "extlb-01"]);
  });

  it("restarts HAProxy plainly on the standby and behind a second one on the holder, and only reloads keepalived", () => {
    expect(
      plan.nodes.map((node) => `${node.role} ${node.actions.haproxy.kind} ${node.actions.keepalived.kind}`),
    ).toEqual(["holder bridge reload", "standby restart reload"]);
    const plain = makePlan(classic, filesFor(classic, pageFacts), pageFacts, { bridgeRestarts: false });
    expect(plain.nodes[0]?.actions.haproxy.kind).toBe("restart");
    expect(plain.warnings.map((warning) => warning.text).join()).toContain("requests are refused");
  });

  it("holds no password, neither the new nor the one that was there", () => {
    const text = JSON.stringify(plan) + renderPlan(plan, { scripts: true });
    expect(text).not.toMatch(/s3cret!x|12345678/);
    expect(renderPlan(plan)).toContain("auth_pass ********");
    expect(renderPlan(plan)).toContain("a secret in it changes");
  });

  it("consists of scripts that a shell can read", () => {
    for (const script of scriptsOf(plan.steps)) {
      expect(() => execFileSync("/bin/sh", ["-n", "-s"], { input: script })).not.toThrow();
    }
  });

  it("survives JSON", () => {
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});

describe("a plan over what hapair applied", () => {
  it("has no changes", () => {
    const plan = makePlan(classic, filesFor(classic, pageFacts), applied());
    expect(plan).toMatchObject({ changed: false, steps: [], warnings: [] });
    expect(renderPlan(plan)).toMatch(/^ext-lb: no changes \(revision [0-9a-f]{12}\)\n$/);
  });

  it("reloads HAProxy alone for a changed haproxy.cfg", () => {
    const plan = makePlan(classic, filesFor(classic, pageFacts, `${userHaproxyConfig}# more\n`), applied());
    expect(stepWords(plan)).toEqual([
      "0 extlb-02 stage",
      "0 extlb-01 stage",
      ...["place", "tmpfiles", "haproxy", "health", "settle", "finish"].map((kind) => `1 extlb-02 ${kind}`),
      ...["place", "tmpfiles", "haproxy", "health", "settle", "finish"].map((kind) => `2 extlb-01 ${kind}`),
    ]);
  });

  it("orders an incompatible change so that two nodes never hold the VIP: standby stopped, holder in place, standby started", () => {
    const plan = makePlan(fast, filesFor(fast, pageFacts), applied());
    const order = plan.steps
      .filter((step) => ["stop-keepalived", "keepalived"].includes(step.kind))
      .map((step) => `${step.node} ${step.title}`);
    expect(order).toEqual([
      "extlb-02 stop keepalived",
      "extlb-01 reload keepalived",
      "extlb-02 start keepalived",
    ]);
    expect(plan.warnings[0]?.text).toMatch(/^VRRP version 2 becomes 3: .* not redundant for some seconds/);
  });

  it("names the gap of a changed virtual_router_id", () => {
    const other = { ...classic, routers: classic.routers.map((router) => ({ ...router, id: 51 })) };
    const plan = makePlan(other, filesFor(other, pageFacts), applied());
    expect(plan.warnings.map((warning) => warning.text).join("\n")).toMatch(
      /virtual_router_id 50 becomes 51: .* nobody holds the VIP for about 3\.61 s/,
    );
  });

  it("sees a change by hand, and that a file's mode alone is wrong", () => {
    const facts = applied();
    const first = facts.get("extlb-01");
    if (first === undefined) throw new Error("the node is there");
    facts.set("extlb-01", changed(first, nodePaths.haproxyConf, "# by hand\n"));
    const wrongMode = {
      ...first,
      files: first.files.map((file) =>
        file.path === nodePaths.checkScript ? { ...file, mode: 0o644 } : file,
      ),
    };
    const edited = makePlan(classic, filesFor(classic, pageFacts), facts);
    expect(edited.nodes[0]?.changes).toMatchObject([
      { path: nodePaths.haproxyConf, kind: "replace", editedByHand: true },
    ]);
    expect(edited.warnings.map((warning) => warning.text).join()).toContain(
      "changed by hand since the last apply",
    );
    const mode = makePlan(classic, filesFor(classic, pageFacts), facts.set("extlb-01", wrongMode));
    expect(mode.nodes[0]?.changes).toMatchObject([
      { path: nodePaths.checkScript, kind: "mode", remarks: ["mode 0644 becomes 0755"] },
    ]);
    expect(mode.nodes[0]?.actions).toMatchObject({ haproxy: { kind: "none" }, keepalived: { kind: "none" } });
  });

  it("gives a file back that the pair names no more", () => {
    const facts = applied();
    const first = facts.get("extlb-01");
    if (first?.manifest === undefined) throw new Error("the node is applied");
    const extra = {
      path: "/etc/haproxy/old.map",
      sha256: "0",
      mode: 0o644,
      owner: "root",
      group: "root",
      effect: "haproxy-reload" as const,
    };
    facts.set("extlb-01", {
      ...first,
      manifest: { ...first.manifest, files: [...first.manifest.files, extra] },
      originals: [...first.originals, { path: extra.path, was: "kept" }],
    });
    const plan = makePlan(classic, filesFor(classic, pageFacts), facts);
    expect(plan.nodes[0]?.changes).toMatchObject([{ path: extra.path, kind: "restore" }]);
    expect(plan.nodes[0]?.actions.haproxy.kind).toBe("reload");
  });

  it("goes on after an apply that was cut off, trusting no daemon to have read its files", () => {
    const facts = applied();
    const second = facts.get("extlb-02");
    if (second === undefined) throw new Error("the node is there");
    facts.set("extlb-02", { ...second, unfinished: { by: "ann@desk", sinceS: 1, revision: "r2" } });
    const plan = makePlan(classic, filesFor(classic, pageFacts), facts);
    expect(plan.nodes[1]?.actions).toMatchObject({
      haproxy: { kind: "reload" },
      keepalived: { kind: "reload" },
      daemonReload: true,
    });
    expect(plan.warnings.map((warning) => warning.text).join()).toContain(
      "an apply by ann@desk (revision r2) was cut off here",
    );
  });
});

describe("a plan over an idle pair", () => {
  const idle = new Map(
    [...pageFacts].map(([node, facts]) => [
      node,
      {
        ...facts,
        addresses: facts.addresses.filter((address) => address !== "10.150.160.32"),
        units: { ...facts.units, keepalived: { ...facts.units.keepalived, activeState: "inactive" } },
      },
    ]),
  );

  it("works on both nodes at once and starts keepalived in order of preference", () => {
    const plan = makePlan(classic, filesFor(classic, pageFacts), idle);
    const starts = plan.steps.filter((step) => step.kind === "keepalived");
    expect(starts.map((step) => step.node)).toEqual(["extlb-01", "extlb-02"]);
    expect(starts[0]?.phase).toBeLessThan(starts[1]?.phase ?? 0);
    expect(new Set(plan.steps.filter((step) => step.kind === "place").map((step) => step.phase)).size).toBe(
      1,
    );
  });
});

describe("what cannot be planned", () => {
  const [node, facts] = [...pageFacts][0] ?? [];
  const withFacts = (change: Partial<NodeFacts>): Map<string, NodeFacts> => {
    if (node === undefined || facts === undefined) throw new Error("a node is captured");
    return new Map([...pageFacts, [node, { ...facts, ...change }]]);
  };
  const codeOf = (work: () => unknown): string => {
    try {
      work();
    } catch (failure) {
      return failure instanceof HapairError ? `${failure.kind} ${failure.code}` : "not a HapairError";
    }
    return "nothing thrown";
  };
  const files = (): Map<string, NodeFile[]> => filesFor(classic, pageFacts);

  it("is refused with nothing changed: no package, no interface, a folder in the way, a unit that loads something else", () => {
    const folder = {
      path: nodePaths.sysctl,
      kind: "directory" as const,
      isLink: false,
      mode: 0o755,
      owner: "root",
      group: "root",
      sizeBytes: 0,
      sha256: undefined,
      content: undefined,
    };
    expect([
      codeOf(() => makePlan(classic, files(), withFacts({ programs: [] }))),
      codeOf(() => makePlan(classic, files(), withFacts({ hasInterface: false }))),
      codeOf(() => makePlan(classic, files(), withFacts({ files: [folder] }))),
      codeOf(() =>
        makePlan(
          classic,
          files(),
          withFacts({ haproxyCommandLine: "/usr/sbin/haproxy -Ws -f /etc/haproxy/site.cfg" }),
        ),
      ),
    ]).toEqual([
      "unreachable package-missing",
      "unreachable interface-missing",
      "unreachable path-is-directory",
      "unreachable haproxy-elsewhere",
    ]);
  });

  it("but a foreign firewall that drops VRRP is only named, with the line to add", () => {
    const ruleset = {
      nftables: [
        { table: { family: "inet", name: "site", handle: 1 } },
        {
          chain: {
            family: "inet",
            table: "site",
            name: "guard",
            handle: 1,
            type: "filter",
            hook: "input",
            prio: 0,
            policy: "accept",
          },
        },
        {
          rule: {
            family: "inet",
            table: "site",
            chain: "guard",
            handle: 2,
            expr: [
              {
                match: { op: "==", left: { payload: { protocol: "ip", field: "protocol" } }, right: "vrrp" },
              },
              { drop: null },
            ],
          },
        },
      ],
    };
    const plan = makePlan(classic, files(), withFacts({ ruleset }));
    const text = plan.warnings.map((warning) => `${warning.node ?? ""}: ${warning.text}`).join("\n");
    expect(text).toMatch(/extlb-01: a firewall that is not hapair's drops the adverts of extlb-02/);
    expect(text).toContain("nft insert rule inet site guard ip protocol 112 ip saddr 10.150.160.31 accept");
  });
});

describe("the plan of hapair remove", () => {
  it("has nothing to do on nodes that hapair never touched", () => {
    expect(makeRemovePlan(classic, pageFacts)).toMatchObject({ changed: false, steps: [] });
  });

  it("gives files back, the standby first, and its scripts can be read by a shell", () => {
    const facts = applied();
    const plan = makeRemovePlan(classic, facts);
    expect(plan.changed).toBe(true);
    expect(plan.steps.filter((step) => step.kind === "place").map((step) => step.node)).toEqual([
      "extlb-02",
      "extlb-01",
    ]);
    expect(plan.nodes[0]?.actions.haproxy.kind).toBe("bridge");
    for (const script of scriptsOf(plan.steps)) {
      expect(() => execFileSync("/bin/sh", ["-n", "-s"], { input: script })).not.toThrow();
    }
  });
});
