// hapair plan, apply and remove: facts from every node, the plan shown, exactly that plan done.

import { counted } from "../../base/index.ts";
import {
  type ApplyEvent,
  applyPlan,
  type ApplyResult,
  gatherPairFacts,
  makePlan,
  makeRemovePlan,
  nodeSystemOf,
  type Plan,
  renderPlan,
} from "../../deploy/index.ts";
import { type NodeFile, renderPair } from "../../render/index.ts";
import type { ApplyFlags, PlanFlags } from "../commands/deploy-commands.ts";
import { type HapairContext, paintFor, printJson } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { openHosts, type OpenHosts } from "../hosts.ts";
import { operator } from "../operator.ts";
import { type PairFile, readPair, readRenderInputs } from "../pair-input.ts";
import { confirm, type Progress, progressOf } from "../ui.ts";

/** A plan with what it was made of. */
interface Planned {
  readonly plan: Plan;
  readonly desired: ReadonlyMap<string, readonly NodeFile[]>;
}

async function planFor(file: PairFile, opened: OpenHosts): Promise<Planned> {
  const inputs = await readRenderInputs(file);
  const facts = await gatherPairFacts(file.pair, opened.hosts);
  const systems = new Map([...facts].map(([node, known]) => [node, nodeSystemOf(known)]));
  const desired = renderPair(file.pair, { ...inputs, systems });
  return { plan: makePlan(file.pair, desired, facts, { by: operator() }), desired };
}

function showPlan(context: HapairContext, shown: Plan): void {
  context.process.stdout.write(
    `${renderPlan(shown, { paint: paintFor(context.process.stdout) }).trimEnd()}\n`,
  );
}

export async function plan(this: HapairContext, flags: PlanFlags, path?: string): Promise<void> {
  const file = await readPair(this, path);
  const opened = await openHosts(file.pair, flags.lab);
  try {
    const planned = await planFor(file, opened);
    if (flags.json === true) printJson(this, planned.plan);
    else showPlan(this, planned.plan);
  } finally {
    await opened.close();
  }
}

export async function apply(this: HapairContext, flags: ApplyFlags, path?: string): Promise<void> {
  const file = await readPair(this, path);
  const opened = await openHosts(file.pair, flags.lab);
  const startedAt = performance.now();
  try {
    const planned = await planFor(file, opened);
    if (flags.json !== true) showPlan(this, planned.plan);
    if (planned.plan.changed && !(await allowed(this, flags, "Apply this plan?"))) return;
    const result = await perform(file, planned, opened, progressOf(this, flags.json));
    const tookMs = Math.round(performance.now() - startedAt);
    if (flags.json === true) printJson(this, { ...result, tookMs });
    else if (result.changed)
      this.process.stdout.write(`applied in ${(tookMs / 1000).toFixed(1)} s; ${statesText(result)}\n`);
  } finally {
    await opened.close();
  }
}

export async function remove(this: HapairContext, flags: ApplyFlags, path?: string): Promise<void> {
  const file = await readPair(this, path, { quiet: true });
  const opened = await openHosts(file.pair, flags.lab);
  const startedAt = performance.now();
  try {
    const facts = await gatherPairFacts(file.pair, opened.hosts);
    const planned: Planned = {
      plan: makeRemovePlan(file.pair, facts, { by: operator() }),
      desired: new Map(),
    };
    if (flags.json !== true) showPlan(this, planned.plan);
    if (planned.plan.changed && !(await allowed(this, flags, "Give the nodes back as they were?"))) return;
    const result = await perform(file, planned, opened, progressOf(this, flags.json));
    if (flags.json === true)
      printJson(this, { ...result, tookMs: Math.round(performance.now() - startedAt) });
    else if (result.changed)
      this.process.stdout.write(
        `removed in ${((performance.now() - startedAt) / 1000).toFixed(1)} s; the nodes are as they were before the first apply\n`,
      );
  } finally {
    await opened.close();
  }
}

/** Without a terminal nobody can be asked: only --yes allows it. */
async function allowed(context: HapairContext, flags: ApplyFlags, question: string): Promise<boolean> {
  if (flags.yes === true || (await confirm(context, question, false))) return true;
  context.process.stderr.write("nothing was changed (say --yes where nobody can be asked)\n");
  context.process.exitCode = exitCodes.usage;
  return false;
}

function statesText(result: ApplyResult): string {
  const states = result.states.map(
    ({ node, instance, state }) => `${node} ${state}${result.states.length > 2 ? ` (${instance})` : ""}`,
  );
  return states.length === 0 ? "keepalived was not touched" : states.join(", ");
}

/** Plans and applies without asking, for a lab. */
export async function applyToHosts(
  file: PairFile,
  opened: OpenHosts,
  progress: Progress,
): Promise<ApplyResult> {
  const startedAt = performance.now();
  const result = await perform(file, await planFor(file, opened), opened, () => undefined);
  progress(
    `${counted(file.pair.nodes.length, "node")} deployed over SSH in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  );
  return result;
}

async function perform(
  file: PairFile,
  planned: Planned,
  opened: OpenHosts,
  progress: Progress,
): Promise<ApplyResult> {
  const interrupted = new AbortController();
  const abort = (): void => interrupted.abort();
  process.once("SIGINT", abort);
  process.once("SIGTERM", abort);
  try {
    return await applyPlan(file.pair, planned.plan, {
      hosts: opened.hosts,
      desired: planned.desired,
      who: operator(),
      onProgress: (event) => tell(event, progress),
      signal: interrupted.signal,
    });
  } finally {
    process.off("SIGINT", abort);
    process.off("SIGTERM", abort);
  }
}

function tell(event: ApplyEvent, progress: Progress): void {
  if (event.kind === "step-done") {
    progress(`${event.step.node}  ${event.step.title} (${Math.round(event.tookMs)} ms)`);
    for (const note of event.notes) progress(`${event.step.node}    ${note}`);
  } else if (event.kind === "lock-expired") {
    progress(`${event.node}  ${event.text}`);
  } else if (event.kind === "put-back") {
    progress(`${event.node}  its files were put back`);
  }
}
