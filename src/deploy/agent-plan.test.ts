// Plans for a pair with an agent: it comes, it changes, it goes, and what is missing for it is said before anything is done.

import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { HapairError } from "../base/index.ts";
import { agentPaths, type NodeFile, nodePaths } from "../render/index.ts";
import { appliedFacts, examplePair, filesFor, pageFacts } from "../../test/support/deploy-facts.ts";
import { factsRequest, type NodeFacts } from "./facts.ts";
import { factsScript } from "./facts-script.ts";
import { sha256Of } from "./file-change.ts";
import { makePlan, type Plan } from "./plan.ts";
import { inUndoOrder } from "./put-back.ts";
import { makeRemovePlan } from "./remove-plan.ts";
import { renderPlan } from "./render-plan.ts";

const AGENT = `agent: { key: { env: AGENT_KEY } }
alerts: { routes: { chat: { slack: { env: SLACK_URL } }, hook: { webhook: "https://h.example.com", headers: { X-Id: { env: ID } } } } }
`;
const without = examplePair();
const pair = examplePair(AGENT);

function withNode(facts: ReadonlyMap<string, NodeFacts>, version = "18.20.4"): Map<string, NodeFacts> {
  return new Map(
    [...facts].map(([node, known]) => [node, { ...known, versions: { ...known.versions, node: version } }]),
  );
}

const fresh = withNode(pageFacts);

/** Both nodes after an apply of `files`. */
function applied(files: ReadonlyMap<string, readonly NodeFile[]>): Map<string, NodeFacts> {
  return new Map(
    [...fresh].map(([node, facts]) => [node, appliedFacts(facts, files.get(node) ?? [], sha256Of)]),
  );
}

function stepKinds(plan: Plan, node: string): string[] {
  return plan.steps.filter((step) => step.node === node).map((step) => step.kind);
}

function readable(plan: Plan): void {
  for (const step of plan.steps) {
    for (const script of [step.script, step.undo ?? ""])
      expect(() => execFileSync("/bin/sh", ["-n", "-s"], { input: script })).not.toThrow();
  }
}

describe("an agent for the page's pair", () => {
  const plan = makePlan(pair, filesFor(pair, fresh), fresh, { by: "ann@desk" });

  it("reads like this", async () => {
    await expect(renderPlan(plan)).toMatchFileSnapshot("../../test/golden/deploy/page-to-agent.txt");
  });

  it("has its user before the watched files, and comes last", () => {
    for (const node of ["extlb-01", "extlb-02"]) {
      const kinds = stepKinds(plan, node);
      expect(kinds.indexOf("sysusers")).toBeGreaterThan(kinds.indexOf("place"));
      expect(kinds.indexOf("sysusers")).toBeLessThan(kinds.indexOf("tmpfiles"));
      expect(kinds.indexOf("tmpfiles")).toBeLessThan(kinds.indexOf("keepalived"));
      expect(kinds.slice(-2)).toEqual(["agent", "finish"]);
    }
  });

  it("is told by no line of its program, and by no secret", () => {
    const text = JSON.stringify(plan) + renderPlan(plan, { scripts: true });
    expect(text).not.toContain("execFileSync");
    expect(text).not.toContain("s3cret");
    expect(renderPlan(plan)).toMatch(
      /\+ \/usr\/local\/lib\/hapair\/hapair-agent\.mjs {2}new; a program of \d+ kB\n/,
    );
  });

  it("is done by scripts that a shell can read", () => {
    readable(plan);
  });

  it("goes with its user last when a step fails: the files first", () => {
    const begun = plan.steps.filter((step) => step.node === "extlb-02" && step.undo !== undefined);
    const order = inUndoOrder(begun).map((step) => step.kind);
    expect(order[0]).toBe("place");
    expect(order.slice(-2)).toEqual(["agent", "sysusers"]);
  });

  it("marks the time of the apply when all is done", () => {
    const script = plan.steps.find((step) => step.kind === "finish")?.script ?? "";
    expect(script.indexOf("touch /etc/hapair/applied")).toBeGreaterThan(script.indexOf("manifest.json"));
    const plain = makePlan(without, filesFor(without, pageFacts), pageFacts);
    expect(plain.steps.map((step) => step.script).join()).not.toContain("/etc/hapair/applied");
  });
});

describe("an agent that is there", () => {
  const files = filesFor(pair, fresh);

  it("is left alone where nothing changes", () => {
    expect(makePlan(pair, files, applied(files))).toMatchObject({ changed: false, steps: [], warnings: [] });
  });

  it("is restarted for a changed program, and nothing else is", () => {
    const newer = new Map(
      [...files].map(([node, all]) => [
        node,
        all.map((file) => (file.isProgram === true ? { ...file, content: `${file.content}//\n` } : file)),
      ]),
    );
    const plan = makePlan(pair, newer, applied(files));
    expect(stepKinds(plan, "extlb-01")).toEqual(["stage", "place", "agent", "finish"]);
    expect(renderPlan(plan)).toContain("restart the agent on extlb-02");
  });

  it("shows no secret that was deployed before, whatever it was", () => {
    const older = applied(files);
    const first = older.get("extlb-01");
    const old = (text: string): string =>
      text.replaceAll("s3cret", "geheim").replace('"pollMs": 250', '"pollMs": 300');
    if (first === undefined) throw new Error("the node is there");
    const changed = first.files.map((file) =>
      file.path === agentPaths.settings ? { ...file, content: old(file.content ?? ""), sha256: "0" } : file,
    );
    const plan = makePlan(pair, files, older.set("extlb-01", { ...first, files: changed }));
    const text = JSON.stringify(plan) + renderPlan(plan);
    expect(text).not.toMatch(/geheim|s3cret/);
    expect(renderPlan(plan)).toContain('+    "pollMs": 250');
    expect(renderPlan(plan)).toContain("a secret in it changes");
  });

  it("is started where it does not run, and enabled where it would not start at boot", () => {
    const facts = applied(files);
    const [one, two] = [facts.get("extlb-01"), facts.get("extlb-02")];
    if (one === undefined || two === undefined) throw new Error("the nodes are there");
    const agent = { ...one.units.agent, activeState: "failed" };
    facts.set("extlb-01", { ...one, units: { ...one.units, agent } });
    facts.set("extlb-02", {
      ...two,
      units: { ...two.units, agent: { ...agent, activeState: "active", fileState: "disabled" } },
    });
    const titles = makePlan(pair, files, facts).steps.filter((step) => step.kind === "agent");
    expect(titles.map((step) => `${step.node} ${step.title}`)).toEqual([
      "extlb-02 enable the agent",
      "extlb-01 start the agent",
    ]);
  });

  it("is stopped before its files go, and forgotten after keepalived has let go of its FIFO", () => {
    const plan = makePlan(without, filesFor(without, fresh), applied(files));
    const kinds = stepKinds(plan, "extlb-01");
    expect(kinds).toEqual([
      ...[
        "stage",
        "agent-stop",
        "place",
        "tmpfiles",
        "firewall",
        "daemon-reload",
        "haproxy",
        "health",
        "place-keepalived",
      ],
      ...["try-check", "keepalived", "settle", "agent-forget", "finish"],
    ]);
    const deleted = plan.nodes[0]?.changes.filter((change) => change.kind === "delete");
    expect(deleted?.map((change) => change.path).toSorted()).toEqual(
      [agentPaths.program, agentPaths.settings, agentPaths.unit, agentPaths.users].toSorted(),
    );
    readable(plan);
  });

  it("goes with everything else of hapair's", () => {
    const plan = makeRemovePlan(pair, applied(files));
    const kinds = stepKinds(plan, "extlb-01");
    expect(kinds.indexOf("agent-stop")).toBeLessThan(kinds.indexOf("place"));
    expect(kinds.slice(-2)).toEqual(["agent-forget", "forget"]);
    readable(plan);
    const plain = makeRemovePlan(without, applied(filesFor(without, fresh)));
    expect(plain.steps.map((step) => step.kind).join()).not.toContain("agent");
  });
});

describe("what an agent needs of a node", () => {
  const failureOf = (facts: ReadonlyMap<string, NodeFacts>): HapairError => {
    try {
      makePlan(pair, filesFor(pair, facts), facts);
    } catch (failure) {
      if (failure instanceof HapairError) return failure;
    }
    throw new Error("expected a HapairError");
  };

  it("is named where it is missing, with the command that installs it", () => {
    const failure = failureOf(pageFacts);
    expect(`${failure.kind} ${failure.code}`).toBe("unreachable package-missing");
    expect(failure.message).toContain(
      "extlb-01 (Debian GNU/Linux 12 (bookworm)): the agent needs Node.js 18 or newer, and /usr/bin/node is not there",
    );
    expect(failure.hint).toContain("on extlb-02: apt-get install nodejs");
  });

  it("is named where it is too old", () => {
    expect(failureOf(withNode(pageFacts, "12.22.9")).message).toContain("/usr/bin/node is 12.22.9");
    const [node, facts] = [...fresh][0] ?? [];
    if (node === undefined || facts === undefined) throw new Error("the node is there");
    const old = new Map([...fresh, [node, { ...facts, versions: { ...facts.versions, systemd: "245" } }]]);
    expect(failureOf(old).message).toContain("the agent needs systemd 247 or newer, and this is 245");
  });

  it("is asked for only with an agent", () => {
    const [node] = pair.nodes;
    if (node === undefined) throw new Error("the pair has nodes");
    expect(factsScript(factsRequest(pair, node))).toContain('line node "$(/usr/bin/node --version');
    expect(factsScript(factsRequest(without, node))).not.toContain("/usr/bin/node");
  });
});

describe("firewalls that are not hapair's", () => {
  const [node, facts] = [...fresh][0] ?? [];
  const withFacts = (change: Partial<NodeFacts>): Map<string, NodeFacts> => {
    if (node === undefined || facts === undefined) throw new Error("a node is captured");
    return new Map([...fresh, [node, { ...facts, ...change }]]);
  };

  it("get a rich rule for the peers' agents, where firewalld has none", () => {
    const zone = { zone: "public", richRules: [], ports: [], services: [], permanentText: "" };
    const plan = makePlan(pair, filesFor(pair, fresh), withFacts({ firewalld: zone }));
    expect(plan.nodes[0]?.richRules).toEqual([
      'rule family="ipv4" source address="10.150.160.31" protocol value="vrrp" accept',
      'rule family="ipv4" source address="10.150.160.31" port port="8406" protocol="udp" accept',
    ]);
    const written = plan.nodes[0]?.richRules ?? [];
    const permanentText = `<zone><rule family="ipv4"><source address="10.150.160.31"/><protocol value="vrrp"/><accept/></rule>
<rule family="ipv4"><source address="10.150.160.31"/><port port="8406" protocol="udp"/><accept/></rule></zone>`;
    const again = makePlan(
      pair,
      filesFor(pair, fresh),
      withFacts({ firewalld: { ...zone, richRules: written, permanentText } }),
    );
    expect(again.nodes[0]?.richRules).toEqual([]);
  });

  it("are named where they drop what the peers' agents say", () => {
    const chain = {
      family: "inet",
      table: "site",
      name: "guard",
      handle: 1,
      type: "filter",
      hook: "input",
      prio: 0,
    };
    const accept = (expr: unknown[]): object => ({
      rule: { family: "inet", table: "site", chain: "guard", handle: 2, expr },
    });
    const ruleset = {
      nftables: [
        { table: { family: "inet", name: "site", handle: 1 } },
        { chain: { ...chain, policy: "drop" } },
        accept([
          { match: { op: "==", left: { payload: { protocol: "ip", field: "protocol" } }, right: "vrrp" } },
          { accept: null },
        ]),
        accept([
          {
            match: {
              op: "==",
              left: { payload: { protocol: "udp", field: "dport" } },
              right: { range: [8500, 8600] },
            },
          },
          { accept: null },
        ]),
      ],
    };
    const plan = makePlan(pair, filesFor(pair, fresh), withFacts({ ruleset }));
    const texts = plan.warnings.map((warning) => warning.text).filter((text) => text.includes("firewall"));
    expect(texts).toEqual([
      expect.stringMatching(
        /^a firewall that is not hapair's drops what the agent at 10\.150\.160\.31 says .* nft insert rule inet site guard ip saddr 10\.150\.160\.31 udp dport 8406 accept$/,
      ),
    ]);
  });
});

it("asks for the watched directory's files by their owners, which differ with an agent alone", () => {
  const tmpfiles = (files: ReadonlyMap<string, readonly NodeFile[]>): string =>
    files.get("extlb-01")?.find((file) => file.path === nodePaths.tmpfiles)?.content ?? "";
  expect(tmpfiles(filesFor(without, fresh))).not.toContain("hapair-agent");
  expect(tmpfiles(filesFor(pair, fresh))).toContain("hapair-agent");
});
