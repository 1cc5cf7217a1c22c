// Does a move's steps on real nodes, one after the other. Rule: a step that fails before the VIP has moved leaves everything as it was, and what was
// opened is closed; afterwards the VIP stays where it is and what failed is told. The nodes close by themselves what nobody comes back for.

import { HapairError, messageOf } from "../base/index.ts";
import type { Host } from "../host/index.ts";
import { isBeforeMove, type Move, type MoveStep, moveTimes } from "../policy/index.ts";
import { drainNode, type DrainOutcome, type DrainWish } from "./drain.ts";
import type { ClientView, Confirmation } from "./client-view.ts";
import { type MaintenanceNote, maintenanceOffScript, stepScript } from "./node-commands.ts";
import { hostNamed, withNodesLocked } from "./operation-lock.ts";

export interface MoveRequest {
  readonly move: Move;
  readonly steps: readonly MoveStep[];
  readonly drain: DrainWish;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly who: string;
  /** Tells what this move opens on the nodes from what others have. */
  readonly owner: string;
  /** What the lock says is going on. */
  readonly what: string;
  readonly note?: MaintenanceNote;
  readonly client: ClientView;
  readonly onProgress: (line: string) => void;
  /** Ends the waiting for connections; the VIP stays where it is by then. */
  readonly signal: AbortSignal;
}

export interface StepTime {
  readonly step: MoveStep["kind"];
  readonly node: string;
  readonly tookMs: number;
}

export interface MoveOutcome {
  readonly steps: readonly StepTime[];
  readonly confirmation?: Confirmation;
  readonly drains: readonly DrainOutcome[];
  /** Steps after the move that failed; the nodes' own time limits mend what they left. */
  readonly failures: readonly string[];
}

const STEP_LIMIT_MS = moveTimes.stepLimitMs;

/**
 * Performs the steps. Throws HapairError: `step-failed` (unreachable) when the VIP is where it was and all is closed again, `move-unclear`
 * (half-applied) when a node was lost in the middle of the move; `interrupted` (unreachable) when it was ended before the move.
 */
export async function performMove(request: MoveRequest): Promise<MoveOutcome> {
  const first = request.steps.findIndex(({ kind }) => kind === "drain");
  const moving = first === -1 ? request.steps : request.steps.slice(0, first);
  const draining = first === -1 ? [] : request.steps.slice(first);
  const done: StepTime[] = [];
  const failures: string[] = [];
  const nodes = [...request.hosts.keys()].filter((node) => request.steps.some((step) => step.node === node));
  const confirmation = await withNodesLocked(
    nodes.map((node) => hostNamed(request.hosts, node)),
    request.who,
    request.what,
    async () => await moveNow(request, moving, done, failures),
  );
  const drains: DrainOutcome[] = [];
  for (const step of draining) {
    const startedMs = performance.now();
    if (step.kind === "drain") {
      drains.push(await drainNode(request, step));
    } else {
      const problem = await runStep(request, step).then(() => undefined, messageOf);
      if (problem !== undefined) failures.push(problem);
    }
    done.push(timeOf(step, startedMs));
    tell(request, step, done);
  }
  return { steps: done, ...(confirmation === undefined ? {} : { confirmation }), drains, failures };
}

function timeOf(step: MoveStep, startedMs: number): StepTime {
  return { step: step.kind, node: step.node, tookMs: Math.round(performance.now() - startedMs) };
}

async function moveNow(
  request: MoveRequest,
  steps: readonly MoveStep[],
  done: StepTime[],
  failures: string[],
): Promise<Confirmation | undefined> {
  let confirmation: Confirmation | undefined;
  let moved = false;
  for (const step of steps) {
    const startedMs = performance.now();
    try {
      if (isBeforeMove(step.kind)) requireNotEnded(request.signal);
      if (step.kind === "confirm") confirmation = await request.client.confirm(step.node);
      else await runStep(request, step);
      done.push(timeOf(step, startedMs));
      tell(request, step, done);
      if (step.kind === "await") moved = true;
    } catch (failure) {
      if (!moved) throw await takenBack(request, step, failure);
      failures.push(messageOf(failure));
    }
  }
  return confirmation;
}

function tell(request: MoveRequest, step: MoveStep, done: readonly StepTime[]): void {
  request.onProgress(`${step.node}  ${stepTexts[step.kind]} (${done.at(-1)?.tookMs ?? 0} ms)`);
}

/** What is said of a node when a step is done. */
export const stepTexts: Readonly<Record<MoveStep["kind"], string>> = {
  "open-give": "keeps the VIP's connections alive on lo",
  "open-take": "hands over what belongs to the old node",
  boost: "is quick to take the VIP for the moment",
  aside: "stands aside for the moment",
  give: "lets the VIP go",
  maintain: "is under maintenance",
  await: "holds the VIP",
  unboost: "has its own priority again",
  confirm: "is seen from a client",
  drain: "waits for no connection any more",
  "close-take": "hands nothing over any more",
  "close-give": "has no VIP on lo any more",
};

function requireNotEnded(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new HapairError({ kind: "unreachable", code: "interrupted", message: "ended before the VIP moved" });
}

async function runStep(request: MoveRequest, step: MoveStep): Promise<void> {
  const { drain, note, owner } = request;
  const script = stepScript(step, { drainS: drain.leaseS, owner, ...(note === undefined ? {} : { note }) });
  if (script === undefined) return;
  const result = await hostNamed(request.hosts, step.node).run(script, { timeoutMs: STEP_LIMIT_MS });
  if (result.exitCode === 0) return;
  const said = `${result.stderr.trim()} ${result.stdout.trim()}`.trim();
  throw new HapairError({
    kind: "unreachable",
    code: "step-failed",
    message: `${step.node}: ${step.kind} failed${said === "" ? ` (exit ${result.exitCode})` : `: ${said}`}`,
  });
}

/** Closes what was opened, and says how things are. A node that cannot be reached closes it by itself at its time. */
async function takenBack(request: MoveRequest, failed: MoveStep, failure: unknown): Promise<HapairError> {
  const undo = request.steps.filter(
    ({ kind }) => kind === "unboost" || kind === "close-take" || kind === "close-give",
  );
  const lost: string[] = [];
  for (const step of undo) await runStep(request, step).catch(() => lost.push(step.node));
  if (!isBeforeMove(failed.kind)) {
    for (const step of request.steps.filter(({ kind }) => kind === "maintain"))
      await hostNamed(request.hosts, step.node)
        .run(maintenanceOffScript(), { timeoutMs: STEP_LIMIT_MS })
        .catch(() => lost.push(step.node));
  }
  const nodes = [...new Set(lost)];
  const rest =
    nodes.length === 0
      ? ""
      : ` ${nodes.join(" and ")} could not be told; there it ends by itself within ${request.drain.leaseS + 30} s.`;
  const unclear = nodes.length > 0 && !isBeforeMove(failed.kind);
  return new HapairError({
    kind: unclear ? "half-applied" : "unreachable",
    code: unclear ? "move-unclear" : failure instanceof HapairError ? failure.code : "move-failed",
    message: messageOf(failure),
    hint: unclear
      ? `Where the VIP is was not seen: hapair status.${rest}`
      : `${isBeforeMove(failed.kind) ? "The VIP was not moved." : "The VIP is taken again by the node that had it."}${rest}`,
    cause: failure,
  });
}
