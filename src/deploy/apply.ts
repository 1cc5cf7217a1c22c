// Does what a plan says and nothing else. Rules: every node is locked first and its facts must still be the plan's; nothing is replaced before every
// node's new files are staged and checked; a failing step ends it all, that node's files are put back, and the outcome says what is where.

import { randomUUID } from "node:crypto";
import { assert, HapairError } from "../base/index.ts";
import type { CommandResult, Host } from "../host/index.ts";
import type { Pair } from "../model/index.ts";
import type { NodeFile } from "../render/index.ts";
import { factsFrom, factsRequest, type NodeFacts } from "./facts.ts";
import { factsScript } from "./facts-script.ts";
import { staged } from "./file-commands.ts";
import { sha256Of } from "./file-change.ts";
import {
  lockError,
  lockOutcome,
  releaseLockScript,
  requireLockLines,
  spanOfSeconds,
  takeLockScript,
} from "./lock.ts";
import { manifestText, nextManifest, pathListText } from "./manifest.ts";
import { fingerprintOf, type NodePlan, type Plan, type Step } from "./plan.ts";
import { putBack } from "./put-back.ts";

export interface ApplyOptions {
  readonly hosts: ReadonlyMap<string, Host>;
  /** The files the plan was made of. */
  readonly desired: ReadonlyMap<string, readonly NodeFile[]>;
  /** Who applies, for the lock and the notes: `user@machine`. */
  readonly who: string;
  readonly onProgress?: (event: ApplyEvent) => void;
  /** Ends the apply before its next step; what was replaced on that node is put back. */
  readonly signal?: AbortSignal;
}

export type ApplyEvent =
  | { readonly kind: "locked"; readonly nodes: readonly string[] }
  /** An expired lock was taken over. */
  | { readonly kind: "lock-expired"; readonly node: string; readonly text: string }
  | { readonly kind: "step-started"; readonly index: number; readonly step: Step }
  | {
      readonly kind: "step-done";
      readonly index: number;
      readonly step: Step;
      readonly tookMs: number;
      readonly notes: readonly string[];
    }
  | { readonly kind: "put-back"; readonly node: string };

export interface StepReport {
  readonly node: string;
  readonly kind: Step["kind"];
  readonly title: string;
  readonly tookMs: number;
  readonly notes: readonly string[];
}

export interface ApplyResult {
  readonly changed: boolean;
  readonly revision: string;
  readonly steps: readonly StepReport[];
  /** keepalived's own word at the end, by node. */
  readonly states: readonly { readonly node: string; readonly instance: string; readonly state: string }[];
}

/**
 * Applies the plan. Throws HapairError: `locked`, `lock-failed`, `plan-outdated`, `step-failed` and `ended` of kind "unreachable" when everything
 * is as it was; `half-applied` of that kind when it is not, with what is where and what to do.
 */
export async function applyPlan(pair: Pair, plan: Plan, options: ApplyOptions): Promise<ApplyResult> {
  if (!plan.changed) return { changed: false, revision: plan.revision, steps: [], states: [] };
  requireSameFiles(plan, options.desired);
  return await withLocks(pair, `apply of pair ${plan.pair}`, options, async (token, facts) => {
    if (fingerprintOf(facts.values()) !== plan.fingerprint) {
      throw new HapairError({
        kind: "unreachable",
        code: "plan-outdated",
        message: `a node changed since the plan was made: ${changedNodes(plan, facts)}`,
        hint: "Nothing was changed. Make a new plan and look at it.",
      });
    }
    return await performSteps(plan, token, facts, options);
  });
}

/** The hosts a change is done on, and who does it. */
export type LockOptions = Pick<ApplyOptions, "hosts" | "who" | "onProgress">;

/** Runs `body` with every node locked and its facts as they are under the lock; the locks are given back however it ends. */
export async function withLocks<Result>(
  pair: Pair,
  what: string,
  options: LockOptions,
  body: (token: string, facts: Map<string, NodeFacts>) => Promise<Result>,
): Promise<Result> {
  const token = randomUUID();
  const taken: Host[] = [];
  try {
    const facts = new Map<string, NodeFacts>();
    const lockOne = async (node: Pair["nodes"][number]): Promise<void> => {
      const host = hostOf(options.hosts, node.name);
      const script =
        takeLockScript({ who: options.who, what, token }) + factsScript(factsRequest(pair, node));
      const result = await host.run(script);
      const outcome = lockOutcome(result.stdout);
      const nodeFacts = factsFrom(node.name, result.stdout);
      if (outcome.kind !== "taken") throw lockError(node.name, outcome, nodeFacts.clockS, result.stderr);
      taken.push(host);
      facts.set(node.name, nodeFacts);
      if (outcome.expired !== undefined) {
        const { who, what: before, sinceS, untilS } = outcome.expired;
        const text = `${who} locked it ${spanOfSeconds(nodeFacts.clockS - sinceS)} ago for: ${before}; that expired ${spanOfSeconds(nodeFacts.clockS - untilS)} ago and is taken over`;
        options.onProgress?.({ kind: "lock-expired", node: node.name, text });
      }
    };
    // The first node decides between two who start at once; the others follow together.
    const [first, ...rest] = pair.nodes;
    assert(first !== undefined, "a pair has nodes");
    await lockOne(first);
    await allOrFirstError(rest.map(lockOne));
    options.onProgress?.({ kind: "locked", nodes: pair.nodes.map((node) => node.name) });
    return await body(
      token,
      new Map(
        pair.nodes.flatMap((node) =>
          facts.has(node.name) ? [[node.name, facts.get(node.name) as NodeFacts]] : [],
        ),
      ),
    );
  } finally {
    // A host that cannot be reached any more keeps its lock until it expires.
    await Promise.allSettled(taken.map((host) => host.run(releaseLockScript(token), { timeoutMs: 10_000 })));
  }
}

/** Waits for all, then throws the first error: nobody is left running when the locks are given back. */
async function allOrFirstError(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === "rejected") throw result.reason;
}

export function hostOf(hosts: ReadonlyMap<string, Host>, node: string): Host {
  const host = hosts.get(node);
  if (host === undefined)
    throw new HapairError({
      kind: "usage",
      code: "no-host",
      message: `there is no connection for node ${node}`,
    });
  return host;
}

async function performSteps(
  plan: Plan,
  token: string,
  facts: ReadonlyMap<string, NodeFacts>,
  options: ApplyOptions,
): Promise<ApplyResult> {
  const reports = new Map<number, StepReport>();
  const states: { node: string; instance: string; state: string }[] = [];
  const begun: Step[] = [];
  const perform = async (index: number, step: Step): Promise<void> => {
    if (options.signal?.aborted === true)
      throw new HapairError({
        kind: "unreachable",
        code: "ended",
        message: `ended before: ${step.title} on ${step.node}`,
      });
    options.onProgress?.({ kind: "step-started", index, step });
    const startedAt = process.hrtime.bigint();
    if (step.kind !== "stage") begun.push(step);
    const result = await hostOf(options.hosts, step.node).run(requireLockLines(token) + step.script, {
      timeoutMs: step.timeoutMs,
      input: inputOf(step, plan, facts, options),
    });
    if (result.exitCode !== 0) throw stepError(step, result);
    const tookMs = Number((process.hrtime.bigint() - startedAt) / 1000n) / 1000;
    const notes = result.stdout
      .split("\n")
      .flatMap((line) => /^(?:note: |(?=haproxy says: ))(.*)$/.exec(line)?.[1] ?? []);
    for (const [, instance = "", state = ""] of result.stdout.matchAll(/^state (\S+) (\S+)$/gm))
      states.push({ node: step.node, instance, state });
    reports.set(index, { node: step.node, kind: step.kind, title: step.title, tookMs, notes });
    options.onProgress?.({ kind: "step-done", index, step, tookMs, notes });
  };
  try {
    for (const phase of phasesOf(plan)) {
      // At once on their nodes, one after the other on each.
      const nodes = [...new Set(phase.map(({ step }) => step.node))];
      await allOrFirstError(
        nodes.map(async (node) => {
          for (const { step, index } of phase) if (step.node === node) await perform(index, step);
        }),
      );
    }
  } catch (failure) {
    throw await putBack({
      plan,
      begun,
      failure,
      hosts: options.hosts,
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    });
  }
  // Nodes of one phase end in any order; what is told has the plan's.
  const position = new Map(plan.nodes.map(({ node }, index) => [node, index]));
  return {
    changed: true,
    revision: plan.revision,
    steps: plan.steps.flatMap((_step, index) => reports.get(index) ?? []),
    states: states.toSorted((a, b) => (position.get(a.node) ?? 0) - (position.get(b.node) ?? 0)),
  };
}

function phasesOf(plan: Plan): { step: Step; index: number }[][] {
  const indexed = plan.steps.map((step, index) => ({ step, index }));
  const phases = [...new Set(plan.steps.map((step) => step.phase))];
  return phases.map((phase) => indexed.filter(({ step }) => step.phase === phase));
}

function stepError(step: Step, result: CommandResult): HapairError {
  const said = [result.stderr.trim(), result.stdout.trim()].filter((text) => text !== "").join("\n");
  return new HapairError({
    kind: "unreachable",
    code: "step-failed",
    message: `${step.node}: ${step.title} failed${said === "" ? ` (exit ${result.exitCode})` : `: ${said}`}`,
  });
}

/** What a step reads: the staged contents one after the other, or the manifest and the path list. */
function inputOf(
  step: Step,
  plan: Plan,
  facts: ReadonlyMap<string, NodeFacts>,
  options: ApplyOptions,
): string | Uint8Array {
  const node = plan.nodes.find((one) => one.node === step.node);
  assert(node !== undefined, "a step belongs to a node of its plan");
  if (step.kind === "stage") {
    const files = options.desired.get(step.node) ?? [];
    return Buffer.concat(
      staged(node.changes).map((change) =>
        Buffer.from(files.find((file) => file.path === change.path)?.content ?? ""),
      ),
    );
  }
  if (step.kind === "finish") {
    const before = facts.get(step.node);
    const entry = { revision: plan.revision, atS: before?.clockS ?? 0, by: options.who };
    return (
      manifestText(nextManifest(before?.manifest, entry, plan.pair, node.files)) + pathListText(node.files)
    );
  }
  return "";
}

/** The plan speaks of hashes; what is sent must be what was shown. */
function requireSameFiles(plan: Plan, desired: ReadonlyMap<string, readonly NodeFile[]>): void {
  const differs = (node: NodePlan): boolean =>
    node.files.some(
      (file) =>
        sha256Of(desired.get(node.node)?.find((one) => one.path === file.path)?.content ?? "") !==
        file.sha256,
    );
  const node = plan.nodes.find(differs);
  if (node === undefined) return;
  throw new HapairError({
    kind: "unreachable",
    code: "plan-outdated",
    message: `the files for ${node.node} are not those the plan was made of`,
    hint: "Nothing was changed. Make a new plan and look at it.",
  });
}

function changedNodes(plan: Plan, facts: ReadonlyMap<string, NodeFacts>): string {
  const changed = plan.nodes
    .filter((node) => fingerprintOf(factsOfNode(facts, node.node)) !== plan.fingerprints[node.node])
    .map((node) => node.node);
  return changed.length === 0 ? "it is not known which" : changed.join(" and ");
}

function factsOfNode(facts: ReadonlyMap<string, NodeFacts>, node: string): NodeFacts[] {
  const found = facts.get(node);
  return found === undefined ? [] : [found];
}
