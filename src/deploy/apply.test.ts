import { beforeEach, describe, expect, it } from "vitest";
import { HapairError } from "../base/index.ts";
import { type CommandResult, type MemoryHost, memoryHost } from "../host/index.ts";
import { captured, examplePair, filesFor, pageFacts } from "../../test/support/deploy-facts.ts";
import { type ApplyEvent, applyPlan, type ApplyResult } from "./apply.ts";
import { makePlan, type Plan, type Step } from "./plan.ts";

const pair = examplePair();
/** Another password than the page's: a change that old and new nodes cannot make side by side. */
const otherPassword = filesFor(pair, pageFacts);
const samePassword = new Map(
  [...otherPassword].map(([node, files]) => [
    node,
    files.map((file) => ({ ...file, content: file.content.replace("s3cret!x", "12345678") })),
  ]),
);

let desired = otherPassword;
let plan = makePlan(pair, desired, pageFacts, { by: "ann@desk" });
const use = (next: Plan, files: typeof desired): void => {
  plan = next;
  desired = files;
};

/** What the two nodes were asked to do, in order, as `node kind` or `node undo kind`. */
let log: string[] = [];
/** Scripts that do not go well, by `node kind` as in the log. */
let trouble: Record<string, Partial<CommandResult> | Error> = {};
let inputs: Record<string, Uint8Array> = {};
/** Milliseconds that a node takes for every script. */
let delays: Record<string, number> = {};
beforeEach(() => {
  use(makePlan(pair, otherPassword, pageFacts, { by: "ann@desk" }), otherPassword);
  log = [];
  trouble = {};
  inputs = {};
  delays = {};
});

const facts = { "extlb-01": captured("page-holder"), "extlb-02": captured("page-standby") } as const;

/** What a script is for: the lock's, or a step's or its undo's, by its text. */
function purposeOf(node: string, script: string): string {
  if (script.includes("lock-result taken")) return "lock";
  if (script.includes("After hapair remove nothing else is left here")) return "unlock";
  const steps = plan.steps.filter((step) => step.node === node);
  const undone = steps.find((one) => one.undo === script);
  if (undone !== undefined) return `undo ${undone.kind}`;
  return steps.find((one) => script.endsWith(one.script))?.kind ?? "unstage";
}

function machine(node: keyof typeof facts): MemoryHost {
  return memoryHost({
    name: node,
    commands: [
      {
        script: /[^]*/,
        async respond({ script, input }) {
          await new Promise((resolve) => {
            setTimeout(resolve, delays[node] ?? 0);
          });
          const purpose = `${node} ${purposeOf(node, script)}`;
          log.push(purpose);
          inputs[purpose] = input;
          const answer = trouble[purpose];
          if (answer instanceof Error) throw answer;
          if (answer !== undefined) return answer;
          return purpose.endsWith(" lock") ? { stdout: `lock-result taken\n${facts[node]}` } : {};
        },
      },
    ],
  });
}

async function apply(onProgress?: (event: ApplyEvent) => void, signal?: AbortSignal): Promise<ApplyResult> {
  const hosts = new Map([
    ["extlb-01", machine("extlb-01")],
    ["extlb-02", machine("extlb-02")],
  ]);
  return await applyPlan(pair, plan, {
    hosts,
    desired,
    who: "ann@desk",
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function failure(work: Promise<unknown>): Promise<HapairError> {
  const thrown: unknown = await work.catch((error: unknown) => error);
  if (!(thrown instanceof HapairError)) throw new Error("expected a HapairError", { cause: thrown });
  return thrown;
}

const kindOf = (step: Step): string => `${step.node} ${step.kind}`;

describe("an apply", () => {
  it("locks both nodes, does the plan's steps in the plan's order and no others, and gives the locks back", async () => {
    trouble["extlb-01 settle"] = { stdout: "state ext-lb MASTER\n" };
    trouble["extlb-01 bridge-exchange"] = { stdout: "note: connections were ended\n" };
    const result = await apply();
    const staging = plan.steps.filter((step) => step.kind === "stage").length;
    expect(log.slice(0, 2)).toEqual(["extlb-01 lock", "extlb-02 lock"]);
    expect(log.slice(2, 2 + staging).toSorted()).toEqual(["extlb-01 stage", "extlb-02 stage"]);
    expect(log.slice(2 + staging, -2)).toEqual(plan.steps.slice(staging).map(kindOf));
    expect(log.slice(-2).toSorted()).toEqual(["extlb-01 unlock", "extlb-02 unlock"]);
    expect(result.states).toEqual([{ node: "extlb-01", instance: "ext-lb", state: "MASTER" }]);
    expect(result.steps.find((step) => step.kind === "bridge-exchange")?.notes).toEqual([
      "connections were ended",
    ]);
  });

  it("tells what it did in the plan's order, whichever node is quicker", async () => {
    const idle = new Map(
      [...pageFacts].map(([node, known]) => {
        const addresses = known.addresses.filter((address) => address !== "10.150.160.32");
        const keepalived = { ...known.units.keepalived, activeState: "inactive" };
        return [node, { ...known, addresses, units: { ...known.units, keepalived } }];
      }),
    );
    use({ ...makePlan(pair, otherPassword, idle), fingerprint: plan.fingerprint }, otherPassword);
    trouble["extlb-02 settle"] = { stdout: "state ext-lb BACKUP\n" };
    trouble["extlb-01 settle"] = { stdout: "state ext-lb BACKUP\n" };
    delays["extlb-01"] = 5;
    const result = await apply();
    expect(log.indexOf("extlb-02 settle")).toBeLessThan(log.indexOf("extlb-01 finish"));
    expect(result.states.map(({ node }) => node)).toEqual(["extlb-01", "extlb-02"]);
    expect(result.steps.map(({ node, kind }) => `${node} ${kind}`)).toEqual(plan.steps.map(kindOf));
  });

  it("sends the contents by standard input alone, and a manifest of hashes", async () => {
    await apply();
    const sent = Buffer.from(inputs["extlb-01 stage"] ?? []).toString();
    expect(sent).toContain("s3cret!x");
    expect(sent).toHaveLength(
      (plan.nodes[0]?.changes ?? []).reduce((sum, change) => sum + (change.sizeBytes ?? 0), 0),
    );
    const [manifest = "", ...paths] = Buffer.from(inputs["extlb-01 finish"] ?? [])
      .toString()
      .trimEnd()
      .split("\n");
    expect(JSON.parse(manifest)).toMatchObject({
      version: 1,
      pair: "ext-lb",
      by: "ann@desk",
      revision: plan.revision,
      history: [],
    });
    expect(paths).toContain("/etc/keepalived/keepalived.conf");
    expect(manifest).not.toContain("s3cret!x");
  });

  it("refused by the second node's lock gives the first one's back and changes nothing", async () => {
    const lock = {
      who: "bob@desk",
      what: "apply of pair ext-lb",
      token: "x",
      sinceS: 0,
      untilS: 4_000_000_000,
    };
    trouble["extlb-02 lock"] = {
      stdout: `lock-found ${JSON.stringify(lock)}\nlock-result held\n${facts["extlb-02"]}`,
    };
    expect(await failure(apply())).toMatchObject({ kind: "unreachable", code: "locked" });
    expect(log).toEqual(["extlb-01 lock", "extlb-02 lock", "extlb-01 unlock"]);
  });

  it("refused by a check has nothing replaced: what was staged goes, on both nodes", async () => {
    trouble["extlb-02 stage"] = { exitCode: 3, stderr: "keepalived refuses its configuration (exit 5):" };
    const thrown = await failure(apply());
    expect(thrown).toMatchObject({
      kind: "unreachable",
      code: "step-failed",
      hint: "Nothing was changed on any node.",
    });
    expect(thrown.message).toContain("keepalived refuses its configuration");
    expect(log).not.toContain("extlb-01 place");
    expect(log.filter((entry) => entry.endsWith("unstage")).toSorted()).toEqual([
      "extlb-01 unstage",
      "extlb-02 unstage",
    ]);
  });

  it("failing on the first node puts its files back first, then what runs from them: exit 3", async () => {
    trouble["extlb-02 haproxy"] = { exitCode: 1, stderr: "HAProxy does not restart" };
    const thrown = await failure(apply());
    expect(thrown.kind).toBe("unreachable");
    expect(thrown.hint).toContain("Everything is as it was: the files of extlb-02 were put back");
    const undone = log.filter((entry) => entry.includes(" undo "));
    expect(undone[0]).toBe("extlb-02 undo place");
    expect(undone).toContain("extlb-02 undo haproxy");
    expect(undone.at(-1)).toBe("extlb-02 undo stop-keepalived");
    expect(log.some((entry) => entry === "extlb-01 place")).toBe(false);
  });

  it("of an incompatible change that fails on the last node takes all nodes back, the keeper first and nobody beside it", async () => {
    trouble["extlb-02 settle"] = { exitCode: 1, stderr: "keepalived is not healthy" };
    const thrown = await failure(apply());
    expect(plan.keeper).toBe("extlb-01");
    expect(thrown.kind).toBe("unreachable");
    const after = log.slice(log.indexOf("extlb-02 settle") + 1);
    expect(after[0]).toBe("extlb-02 stop-keepalived");
    expect(after.filter((entry) => entry.endsWith("undo place"))).toEqual([
      "extlb-01 undo place",
      "extlb-02 undo place",
    ]);
    expect(log).not.toContain("extlb-01 finish");
  });

  it("of a compatible change that fails on the second node leaves the first one new and says so: exit 4", async () => {
    use(makePlan(pair, samePassword, pageFacts, { by: "ann@desk" }), samePassword);
    trouble["extlb-01 bridge-exchange"] = { exitCode: 1, stderr: "HAProxy does not come back" };
    const half = await failure(apply());
    expect(half).toMatchObject({ kind: "half-applied", code: "half-applied" });
    expect(half.hint).toMatch(
      /^extlb-02 has revision [0-9a-f]{12}\. extlb-01 is as before\. Mend the cause and apply again/,
    );
    expect(log.filter((entry) => entry.includes(" undo ")).at(-1)).toBe("extlb-01 undo bridge-up");
  });

  it("that cannot put a node back says where its files lie: exit 4", async () => {
    trouble["extlb-01 settle"] = { exitCode: 1, stderr: "keepalived is not healthy" };
    trouble["extlb-01 undo place"] = new HapairError({
      kind: "unreachable",
      code: "host-unreachable",
      message: "extlb-01 does not answer",
    });
    const thrown = await failure(apply());
    expect(thrown.kind).toBe("half-applied");
    expect(thrown.hint).toContain("Not put back: extlb-01: extlb-01 does not answer");
    expect(thrown.hint).toContain("/var/lib/hapair/previous");
  });

  it("that is interrupted ends before its next step and puts back what it began", async () => {
    const interrupted = new AbortController();
    const thrown = await failure(
      apply(
        (event) => void (event.kind === "step-done" && event.step.kind === "haproxy" && interrupted.abort()),
        interrupted.signal,
      ),
    );
    expect(thrown).toMatchObject({ kind: "unreachable", code: "ended" });
    expect(log).toContain("extlb-02 undo place");
    expect(log.slice(-2).toSorted()).toEqual(["extlb-01 unlock", "extlb-02 unlock"]);
  });

  it("is refused when what would be sent is not what the plan showed", async () => {
    const other = new Map(
      [...desired].map(([node, files]) => [
        node,
        files.map((file) => ({ ...file, content: `${file.content}#` })),
      ]),
    );
    const hosts = new Map([["extlb-01", machine("extlb-01")]]);
    expect(await failure(applyPlan(pair, plan, { hosts, desired: other, who: "ann@desk" }))).toMatchObject({
      code: "plan-outdated",
    });
    expect(log).toEqual([]);
  });
});
