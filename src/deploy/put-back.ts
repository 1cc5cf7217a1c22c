// What happens after a step has failed: the node's files are put back, what was reloaded is reloaded, and the outcome says what is where.

import { HapairError, messageOf, sentenceList } from "../base/index.ts";
import type { Host } from "../host/index.ts";
import type { ApplyEvent } from "./apply.ts";
import { unstageScript } from "./file-commands.ts";
import type { Plan, Step, StepKind } from "./plan.ts";
import { keepalivedStopScript } from "./service-commands.ts";
import { statePaths } from "./state-paths.ts";

const UNDO_TIMEOUT_MS = 90_000;

/** In which order the undo scripts run: the files first, what serves from them last. Steps that are not named come in between, in their own order. */
const UNDO_FIRST: readonly StepKind[] = ["place"];
const UNDO_LAST: readonly StepKind[] = [
  "keepalived",
  "stop-keepalived",
  "bridge-up",
  "agent-stop",
  "agent",
  "sysusers",
];

export interface PutBackRequest {
  readonly plan: Plan;
  /** Every step that was begun, the failed one last. */
  readonly begun: readonly Step[];
  readonly failure: unknown;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly onProgress?: (event: ApplyEvent) => void;
}

/** Puts back what was not finished, and gives the error to throw: "unreachable" when all is as it was, "half-applied" when not. */
export async function putBack(request: PutBackRequest): Promise<HapairError> {
  const { plan, begun, failure, hosts } = request;
  const message = messageOf(failure);
  const finished = new Set(
    begun
      .filter((step) => (step.kind === "finish" || step.kind === "forget") && step !== begun.at(-1))
      .map((step) => step.node),
  );
  const open = [...new Set(begun.map((step) => step.node))].filter((node) => !finished.has(node));
  const problems: string[] = [];
  for (const node of await inPutBackOrder(plan, open, hosts, problems)) {
    request.onProgress?.({ kind: "put-back", node });
    const problem = await putNodeBack(
      hosts.get(node),
      begun.filter((step) => step.node === node),
    );
    if (problem !== undefined) problems.push(`${node}: ${problem}`);
    // The others would not understand a keeper that has the new configuration still, and hold the VIP beside it.
    if (problem !== undefined && node === plan.keeper) {
      for (const other of open.filter((one) => one !== node))
        problems.push(`${other}: keepalived is left stopped, because ${node} is not as before`);
      break;
    }
  }
  const untouched = plan.nodes
    .map((node) => node.node)
    .filter((node) => !open.includes(node) && !finished.has(node));
  await Promise.allSettled(
    untouched.map(async (node) => hosts.get(node)?.run(unstageScript(), { timeoutMs: 10_000 })),
  );

  const code = failure instanceof HapairError ? failure.code : "step-failed";
  if (problems.length === 0 && finished.size === 0) {
    const hint =
      open.length === 0
        ? "Nothing was changed on any node."
        : `Everything is as it was: the files of ${sentenceList(open)} were put back and their daemons run from them.`;
    return new HapairError({ kind: "unreachable", code, message, hint, cause: failure });
  }
  const applied =
    finished.size === 0
      ? ""
      : `${sentenceList([...finished])} ${finished.size === 1 ? "has" : "have"} revision ${plan.revision}. `;
  const old = plan.nodes
    .map((node) => node.node)
    .filter((node) => !finished.has(node) && !problems.some((problem) => problem.startsWith(`${node}:`)));
  const asBefore =
    old.length === 0 ? "" : `${sentenceList(old)} ${old.length === 1 ? "is" : "are"} as before. `;
  const broken =
    problems.length === 0
      ? ""
      : `Not put back: ${problems.join("; ")}; the files as they were lie in ${statePaths.previous}/files there. `;
  return new HapairError({
    kind: "half-applied",
    code: "half-applied",
    message,
    hint: `${applied}${asBefore}${broken}Mend the cause and apply again: it goes on where this stopped.`,
    cause: failure,
  });
}

/**
 * The node that failed last comes first: it may be the holder. Where old and new cannot run side by side, the keeper comes first, with
 * keepalived stopped on all others, so that there is never a second holder.
 */
async function inPutBackOrder(
  plan: Plan,
  open: readonly string[],
  hosts: ReadonlyMap<string, Host>,
  problems: string[],
): Promise<readonly string[]> {
  const { keeper } = plan;
  if (keeper === undefined || !open.includes(keeper)) return open.toReversed();
  const others = open.filter((node) => node !== keeper);
  for (const node of others) {
    try {
      await hosts.get(node)?.run(keepalivedStopScript(), { timeoutMs: UNDO_TIMEOUT_MS });
    } catch (failure) {
      problems.push(`${node}: ${messageOf(failure)}`);
    }
  }
  return [keeper, ...others];
}

async function putNodeBack(host: Host | undefined, begun: readonly Step[]): Promise<string | undefined> {
  if (host === undefined) return "there is no connection";
  const undo = inUndoOrder(begun.filter((step) => step.undo !== undefined));
  const problems: string[] = [];
  for (const step of undo) {
    try {
      const result = await host.run(step.undo ?? "", { timeoutMs: UNDO_TIMEOUT_MS });
      if (result.exitCode !== 0)
        problems.push(`undoing "${step.title}": ${result.stderr.trim() || `exit ${result.exitCode}`}`);
    } catch (failure) {
      // The machine does not answer: the other undo scripts would wait as long for the same.
      return messageOf(failure);
    }
  }
  return problems.length === 0 ? undefined : problems.join(", ");
}

/** The begun steps in the order their undo scripts have to run. Of two steps with the same undo script one is enough. */
export function inUndoOrder(steps: readonly Step[]): Step[] {
  const ordered = steps.toSorted((a, b) => undoRank(a) - undoRank(b));
  return ordered.filter((step, index) => ordered.findIndex((other) => other.undo === step.undo) === index);
}

function undoRank(step: Step): number {
  if (UNDO_FIRST.includes(step.kind)) return 0;
  return UNDO_LAST.includes(step.kind) ? 2 + UNDO_LAST.indexOf(step.kind) : 1;
}
