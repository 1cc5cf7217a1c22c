// hapair switch as an operation: look, decide, move, drain, report. The command line asks in between and shows what came of it.

import { randomBytes } from "node:crypto";
import { counted, HapairError } from "../base/index.ts";
import type { Host } from "../host/index.ts";
import type { Pair } from "../model/index.ts";
import {
  decideMove,
  type Move,
  moveSteps,
  type MoveStep,
  type MoveWish,
  type Refusal,
  withForce,
} from "../policy/index.ts";
import type { ClientView, ProbeFigures } from "./client-view.ts";
import { clientsOf, type DrainWish } from "./drain.ts";
import type { MaintenanceNote } from "./node-commands.ts";
import type { NodeLook } from "./node-look.ts";
import { type MoveOutcome, performMove } from "./perform-move.ts";
import type { Preflight } from "./preflight.ts";

/** What will be done, before it is. */
export interface MovePlan {
  readonly move: Move;
  readonly steps: readonly MoveStep[];
  readonly drain: DrainWish;
  /** Reasons against it that --force goes on in spite of. */
  readonly overridden: readonly Refusal[];
  /** Sentences for the operator: what will become of which connections. */
  readonly remarks: readonly string[];
}

export interface PlanWish extends MoveWish {
  readonly force: boolean;
  readonly drainWish: DrainWish;
  /** How the node lets go. */
  readonly letGo: "give" | "maintain";
  /** HAProxy's hard-stop-after, seconds: it cuts those that were asked to leave. */
  readonly hardStopAfterS?: number;
}

/**
 * Decides on a wish. Throws HapairError `refused` (unreachable: nothing was changed) with every reason. A move of nothing (it is there
 * already) is a plan without routers.
 */
export function planMove(pair: Pair, looked: Preflight, wish: PlanWish): MovePlan {
  const decision = decideMove(looked.view, wish);
  const { overridden, standing } = withForce(decision.refusals);
  const against = wish.force ? standing : [...standing, ...overridden];
  if (decision.move === undefined || against.length > 0) throw refusedError(against, wish);
  const { move } = decision;
  const drains = wish.drain && !overridden.some(({ code }) => code === "no-drain-path");
  const steps = moveSteps(move, {
    drain: drains,
    boost: looked.looks.get(move.to)?.boosts === true,
    letGo: wish.letGo,
    // One that cannot be told to stand aside is no reason against a move between two others.
    nodes: pair.nodes.map(({ name }) => name).filter((name) => looked.looks.has(name)),
    ...(wish.letGo === "maintain" && wish.from !== undefined ? { maintained: wish.from } : {}),
  });
  return { move, steps, drain: wish.drainWish, overridden, remarks: remarksOn(move, looked, wish, drains) };
}

function refusedError(refusals: readonly Refusal[], wish: PlanWish): HapairError {
  const lines = refusals.map(
    ({ code, node, text }) => `${node === undefined ? "" : `${node} `}${text} [${code}]`,
  );
  const all = refusals.length > 0 && refusals.every(({ overridable }) => overridable);
  const what =
    wish.letGo === "maintain" ? "maintenance would break the service" : "the VIP stays where it is";
  return new HapairError({
    kind: "unreachable",
    code: "refused",
    message: `${what}: ${lines.join("; ")}`,
    hint: `Nothing was changed.${all && !wish.force ? " --force goes on in spite of it." : ""}`,
  });
}

function remarksOn(move: Move, looked: Preflight, wish: PlanWish, drains: boolean): string[] {
  return [...new Set(move.routers.map(({ from }) => from))].flatMap((giver) => {
    const look = looked.looks.get(giver);
    return look === undefined ? [] : giverRemarks(giver, look, wish, drains);
  });
}

function giverRemarks(giver: string, look: NodeLook, wish: PlanWish, drains: boolean): string[] {
  const { connections, quic } = look;
  const { forS, askAfterS } = wish.drainWish;
  const count = connections.length;
  const remarks: string[] = [];
  if (count > 0) {
    const open = `${counted(count, "connection")} open now on ${giver}: ${clientsOf(connections)}`;
    const fate = !drains
      ? "they are cut when the VIP moves"
      : forS === "until-empty"
        ? "they live on until they end"
        : `those that have not ended ${forS} s after the move are cut`;
    remarks.push(`${open}; ${fate}`);
  }
  if (quic)
    remarks.push(
      `HAProxy on ${giver} speaks QUIC: connections over UDP are not kept, their clients open new ones after their own time-out`,
    );
  if (drains && askAfterS !== undefined && wish.hardStopAfterS !== undefined)
    remarks.push(
      `those that are asked to leave are ended by HAProxy itself ${wish.hardStopAfterS} s later (hard-stop-after)`,
    );
  return remarks;
}

export interface SwitchReport {
  readonly from: readonly string[];
  readonly to: string;
  readonly routers: readonly string[];
  readonly outcome: MoveOutcome;
  readonly connections: {
    readonly atMove: number;
    readonly ended: number;
    readonly asked: number;
    readonly cut: number;
  };
  readonly probe: ProbeFigures | { readonly notMeasured: string };
  readonly overridden: readonly Refusal[];
  readonly tookMs: number;
}

export interface SwitchRun {
  readonly plan: MovePlan;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly who: string;
  readonly what: string;
  readonly client: ClientView;
  readonly note?: MaintenanceNote;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Does what the plan says. Errors are those of {@link performMove}. */
export async function runMove(run: SwitchRun): Promise<SwitchReport> {
  const startedMs = performance.now();
  const { plan, client, hosts, who, what, note, onProgress, signal } = run;
  let outcome: MoveOutcome;
  let probe: SwitchReport["probe"];
  try {
    outcome = await performMove({
      ...{ move: plan.move, steps: plan.steps, drain: plan.drain },
      ...{ client, hosts, onProgress, signal, what, who, owner: randomBytes(8).toString("hex") },
      ...(note === undefined ? {} : { note }),
    });
  } finally {
    probe = await client.stop();
  }
  const sum = (of: (drain: MoveOutcome["drains"][number]) => number): number =>
    outcome.drains.reduce((total, drain) => total + of(drain), 0);
  return {
    from: [...new Set(plan.move.routers.map(({ from }) => from))],
    to: plan.move.to,
    routers: plan.move.routers.map(({ router }) => router),
    outcome,
    connections: {
      atMove: sum(({ atMove }) => atMove),
      ended: sum(({ ended }) => ended),
      asked: sum(({ asked }) => asked ?? 0),
      cut: sum(({ cutCount }) => cutCount),
    },
    probe,
    overridden: plan.overridden,
    tookMs: Math.round(performance.now() - startedMs),
  };
}
