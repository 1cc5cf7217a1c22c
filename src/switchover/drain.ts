// Waits until an old node's connections have ended, asks those that stay to leave, and names what would be cut before it is. Rule: the nodes'
// leases are only ever made longer while someone waits, so that the end of the waiting is the end of the drain.

import { setTimeout as sleep } from "node:timers/promises";
import { counted } from "../base/index.ts";
import { type MoveStep, moveTimes } from "../policy/index.ts";
import {
  askScript,
  countScript,
  extendScript,
  LEASE_MARGIN_S,
  listScript,
  VIP_IS_BACK,
} from "./node-commands.ts";
import { type OpenConnection, readConnections } from "./node-look.ts";
import { hostNamed } from "./operation-lock.ts";
import type { MoveRequest } from "./perform-move.ts";

export interface DrainWish {
  /** How long connections may take to end; "until-empty": as long as any is open and this process lives, at most {@link UNTIL_EMPTY_MAX_S}. */
  readonly forS: number | "until-empty";
  /** After this long those that are left are asked to leave (HAProxy's soft stop of the old worker); undefined: never. */
  readonly askAfterS?: number;
  /** How long the nodes keep the path when nobody comes back. */
  readonly leaseS: number;
}

export interface DrainOutcome {
  readonly node: string;
  /** Open when the VIP had moved. */
  readonly atMove: number;
  readonly ended: number;
  /** Open when they were asked to leave; absent: nobody was asked. */
  readonly asked?: number;
  /** Open when the waiting was over: they are cut. */
  readonly cut: readonly OpenConnection[];
  readonly cutCount: number;
  readonly tookMs: number;
  /** Open when the operator ended the waiting: nothing was cut, and the nodes close the drain path at their own time. Absent: it was not ended. */
  readonly left?: number;
  /** The VIP came back to this node meanwhile, and with it its connections: nothing was cut. */
  readonly returned?: true;
}

/** The wish for a drain of `forS`. `ask`: when those that are left are asked to leave; absent: at half the time. */
export function drainWishOf(forS: DrainWish["forS"], ask?: number | "never"): DrainWish {
  const untilEmpty = forS === "until-empty";
  const askAfterS =
    ask === "never" ? undefined : (ask ?? (untilEmpty ? UNTIL_EMPTY_ASK_S : Math.ceil(forS / 2)));
  return {
    forS,
    ...(askAfterS === undefined ? {} : { askAfterS }),
    leaseS: untilEmpty ? UNTIL_EMPTY_LEASE_S : forS,
  };
}

export const UNTIL_EMPTY_MAX_S = 12 * 3600;
const UNTIL_EMPTY_ASK_S = 30;
/** The nodes wait so long for an operator who has gone. */
const UNTIL_EMPTY_LEASE_S = 300;
const OPEN_AT_LEAST_MS = moveTimes.openAtLeastMs;
const LOOK_MS = 500;
const LOOK_LIMIT_MS = 10_000;
const TOLD_EVERY_MS = 5000;
/** The operator's machine has this many looks in a row that may fail before the waiting is given up. */
const FAILED_LOOKS_MAX = 10;
const CUT_NAMED_MAX = 20;

/** Drains one node. Never throws: what was not seen is counted as it was seen last. */
export async function drainNode(request: MoveRequest, step: MoveStep): Promise<DrainOutcome> {
  const { drain, onProgress, signal } = request;
  const startedMs = performance.now();
  const limitMs = (drain.forS === "until-empty" ? UNTIL_EMPTY_MAX_S : drain.forS) * 1000;
  const watched = watchConnections(request, step);
  let asked: number | undefined;
  let toldMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const elapsedMs = performance.now() - startedMs;
    // Clients that had the old hardware address for a moment longer are among those that are named first.
    const open = await watched.look(elapsedMs < OPEN_AT_LEAST_MS);
    const isOver = elapsedMs >= limitMs || watched.isLost() || watched.isBack() || signal.aborted;
    if (isOver || (open === 0 && elapsedMs >= OPEN_AT_LEAST_MS)) break;
    if (elapsedMs - toldMs >= TOLD_EVERY_MS && open > 0) {
      toldMs = elapsedMs;
      const left =
        drain.forS === "until-empty" ? "" : `, at most ${Math.ceil((limitMs - elapsedMs) / 1000)} s more`;
      onProgress(`${step.node}  ${counted(open, "connection")} open of ${watched.most()}${left}`);
    }
    if (
      asked === undefined &&
      open > 0 &&
      elapsedMs >= (drain.askAfterS ?? Number.POSITIVE_INFINITY) * 1000
    ) {
      asked = open;
      onProgress(`${step.node}  asks ${counted(open, "connection")} to leave`);
      await watched.ask();
    }
    if (drain.forS === "until-empty") await extendLeases(request, step, drain.leaseS);
    await sleep(Math.min(LOOK_MS, Math.max(1, limitMs - elapsedMs)));
  }
  const open = await watched.look(true);
  const returned = watched.isBack();
  const left = signal.aborted && !returned ? open : undefined;
  const isCut = left === undefined && !returned;
  const cutCount = isCut ? open : 0;
  const cut = isCut ? watched.named() : [];
  if (returned) onProgress(`${step.node}  has the VIP again, and its connections with it`);
  if (cutCount > 0) onProgress(`${step.node}  cuts ${counted(cutCount, "connection")}: ${clientsOf(cut)}`);
  return {
    node: step.node,
    atMove: watched.most(),
    ended: watched.most() - open,
    ...(asked === undefined ? {} : { asked }),
    cut: cut.slice(0, CUT_NAMED_MAX),
    cutCount,
    tookMs: Math.round(performance.now() - startedMs),
    ...(left === undefined ? {} : { left }),
    ...(returned ? { returned } : {}),
  };
}

interface ConnectionWatch {
  /** How many are open; with `names` also which. */
  look(names: boolean): Promise<number>;
  /** The most that were open at once, or were told apart. */
  most(): number;
  named(): readonly OpenConnection[];
  ask(): Promise<void>;
  /** The VIP has come back to the node. */
  isBack(): boolean;
  /** The node has not answered for some time. */
  isLost(): boolean;
}

function watchConnections(request: MoveRequest, step: MoveStep): ConnectionWatch {
  const host = hostNamed(request.hosts, step.node);
  const routers = step.routers.map(({ router }) => router);
  const seen = new Set<string>();
  let named: readonly OpenConnection[] = [];
  let open = 0;
  let most = 0;
  let failedLooks = 0;
  let back = false;
  const answerOf = async (script: string): Promise<string | undefined> => {
    const answer = await host.run(script, { timeoutMs: LOOK_LIMIT_MS }).catch(() => undefined);
    back = answer?.exitCode === VIP_IS_BACK;
    failedLooks = answer === undefined ? failedLooks + 1 : 0;
    return answer?.exitCode === 0 ? answer.stdout : undefined;
  };
  return {
    async look(names) {
      const answer = await answerOf(names ? listScript(routers) : countScript(routers));
      if (answer === undefined) return open;
      if (names) {
        named = readConnections(answer);
        for (const { local, peer } of named) seen.add(`${local} ${peer}`);
      }
      open = names ? named.length : Number(answer.trim());
      most = Math.max(most, open, seen.size);
      return open;
    },
    most: () => most,
    named: () => named,
    async ask() {
      await answerOf(askScript());
    },
    isBack: () => back,
    isLost: () => failedLooks > FAILED_LOOKS_MAX,
  };
}

/** While someone waits, the nodes wait as well. */
async function extendLeases(request: MoveRequest, step: MoveStep, leaseS: number): Promise<void> {
  const seconds = leaseS + LEASE_MARGIN_S;
  await Promise.allSettled([
    hostNamed(request.hosts, step.node).run(extendScript("give", seconds), { timeoutMs: LOOK_LIMIT_MS }),
    hostNamed(request.hosts, request.move.to).run(extendScript("take", seconds), {
      timeoutMs: LOOK_LIMIT_MS,
    }),
  ]);
}

/** `8 from 192.0.2.7 to port 443, 2 from 192.0.2.9 to port 80, and 3 others`. */
export function clientsOf(connections: readonly OpenConnection[]): string {
  const groups = new Map<string, number>();
  for (const { local, peer } of connections) {
    const key = `from ${hostPart(peer)} to port ${local.slice(local.lastIndexOf(":") + 1)}`;
    groups.set(key, (groups.get(key) ?? 0) + 1);
  }
  const ranked = [...groups].toSorted(([, one], [, other]) => other - one);
  const named = ranked.slice(0, GROUPS_NAMED_MAX).map(([key, count]) => `${count} ${key}`);
  const others = ranked.slice(GROUPS_NAMED_MAX).reduce((sum, [, count]) => sum + count, 0);
  return [...named, ...(others === 0 ? [] : [`and ${others} others`])].join(", ");
}

const GROUPS_NAMED_MAX = 4;

function hostPart(endpoint: string): string {
  return endpoint
    .slice(0, endpoint.lastIndexOf(":"))
    .replaceAll(/[[\]]/g, "")
    .replace(/^::ffff:/, "");
}
