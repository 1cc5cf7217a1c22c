// What a switchover or a maintenance left on a node and the node has not put right itself: one table of what may not stand alone. Pure.
// Rule: nothing that belongs to something under way, or that is only just beginning or ending, is called a leftover.

import type { Pair } from "../model/index.ts";
import type { NodeObservation } from "./observation.ts";
import { type DrainRole, isRunning, type OperationState } from "./operation.ts";
import { ageText, clockText } from "./time-text.ts";

export type LeftoverCode =
  | "hold"
  | "boost"
  | "drain"
  | "address-on-lo"
  | "drain-table"
  | "unended"
  | "overdue"
  | "motd"
  | "last-resort"
  | "unreadable";

export interface Leftover {
  readonly code: LeftoverCode;
  /** What is there and what of it is missing, in one clause without the node's name. */
  readonly text: string;
}

/** What is judged: one node at one moment, moments by its own clock. */
export interface LeftoverScene {
  readonly operation: OperationState;
  readonly nowMs: number;
  readonly bootedAtMs?: number;
  /** The watched files of operations: hold, hold-ROUTER, boost. */
  readonly watched: readonly {
    readonly name: string;
    readonly value: string;
    readonly changedAtMs: number;
  }[];
  /** VIPs that are on `lo`. */
  readonly onLoopback: readonly string[];
  /** Maintenance that stopped HAProxy lifts the hold when HAProxy has been started again. */
  readonly haproxyStarts: boolean;
}

/** Steps of one operation lie closer together: the note is written, its unit begins. A move lasts less than this too. */
const SETTLED_MS = 5_000;
/** Units that come back at boot are there by then. */
const BOOTED_MS = 60_000;
/** The unit looks at its clock every second; a node that was busy or asleep has this long. */
const OVERDUE_MS = 30_000;

/** What mends all of them. */
export function leftoverAdvice(node: string): string {
  return `hapair maintenance off ${node}`;
}

/** Everything that is left over; nothing while an operation is changing what was looked at. */
export function leftoversOf(scene: LeftoverScene): Leftover[] {
  if (!scene.operation.steady) return [];
  return rows.flatMap(({ code, find }) => find(scene).map((text) => ({ code, text })));
}

/** The scene of an observed node; undefined: operations were not looked at there. */
export function leftoverScene(pair: Pair, observation: NodeObservation): LeftoverScene | undefined {
  const { operation, bootedAtMs } = observation;
  if (operation === undefined) return undefined;
  const vips = new Set(
    pair.routers.flatMap((router) => [...router.vips, ...router.excludedVips].map((vip) => vip.address.text)),
  );
  return {
    operation,
    nowMs: observation.wallMs,
    ...(bootedAtMs === undefined ? {} : { bootedAtMs }),
    watched: (observation.watch?.files ?? []).filter(({ name }) => name === "boost" || isHold(name)),
    onLoopback: observation.addresses
      .filter((held) => held.interface === "lo" && vips.has(held.address))
      .map((held) => held.address),
    haproxyStarts: observation.haproxy.active === "activating",
  };
}

/** `hold`, or the hold of one router. */
export function isHold(name: string): boolean {
  return name === "hold" || name.startsWith("hold-");
}

/** To keepalived a missing or an empty file is 0. */
export function isRaised(value: string): boolean {
  const text = value.trim();
  return text !== "" && text !== "0";
}

interface Row {
  readonly code: LeftoverCode;
  /** What of it is left over: none, or a clause each. */
  readonly find: (scene: LeftoverScene) => readonly string[];
}

const rows: readonly Row[] = [
  {
    code: "hold",
    find: (scene) => {
      const { operation, haproxyStarts } = scene;
      const explained =
        operation.record !== undefined ||
        mayRun(operation, "hapair-move") ||
        mayRun(operation, "hapair-aside");
      if (explained || haproxyStarts || !isSettled(scene, operation.recordMovedAtMs)) return [];
      return raised(scene, isHold).map(
        ({ name, value }) =>
          `${name} is ${value.trim()}, so keepalived cannot hold the VIP, and neither a maintenance nor a move is under way`,
      );
    },
  },
  {
    code: "boost",
    find: (scene) =>
      scene.operation.drains.length > 0 || mayRun(scene.operation, "hapair-boost")
        ? []
        : raised(scene, (name) => name === "boost").map(
            ({ value }) => `boost is ${value.trim()}, and no switchover is under way`,
          ),
  },
  {
    code: "drain",
    find: (scene) =>
      scene.operation.drains
        .filter(({ role, changedAtMs }) => {
          const over = !mayRun(scene.operation, `hapair-drain-${role}`);
          return over && isSettled(scene, changedAtMs);
        })
        .map(
          ({ role }) =>
            `a drain (${role}) is open, and hapair-drain-${role}.service, which ends it, does not run`,
        ),
  },
  {
    code: "address-on-lo",
    find: ({ operation, onLoopback }) =>
      isOpen(operation, "give") ? [] : onLoopback.map((vip) => `${vip} is on lo, and no drain is open`),
  },
  {
    code: "drain-table",
    find: ({ operation }) =>
      isOpen(operation, "take")
        ? []
        : (operation.drainTables ?? []).map(
            (family) => `nftables has a table ${family} hapair_drain, and no drain is open`,
          ),
  },
  {
    code: "unended",
    find: (scene) => {
      const { operation } = scene;
      const ended = operation.record === undefined || mayRun(operation, "hapair-maintenance");
      if (ended || !isSettled(scene, operation.recordMovedAtMs) || !isUp(scene)) return [];
      return ["it is under maintenance, and hapair-maintenance.service, which ends it, does not run"];
    },
  },
  {
    code: "overdue",
    find: ({ operation: { record }, nowMs }) => {
      if (record === undefined || record === "unreadable") return [];
      const lateMs = nowMs - record.untilMs;
      return lateMs > OVERDUE_MS
        ? [`its maintenance should have ended at ${clockText(record.untilMs)}, ${ageText(lateMs)} ago`]
        : [];
    },
  },
  {
    code: "motd",
    find: ({ operation }) =>
      operation.record === undefined && operation.hasMotd
        ? ["the login message tells of a maintenance, and there is none"]
        : [],
  },
  {
    code: "last-resort",
    find: ({ operation }) =>
      operation.record === undefined && operation.lastResort !== undefined
        ? ["the note of a last resort is there, and no maintenance is"]
        : [],
  },
  {
    code: "unreadable",
    find: ({ operation }) =>
      operation.record === "unreadable"
        ? ["what the node is under maintenance for cannot be read (/etc/hapair/maintenance)"]
        : [],
  },
];

/** The codes of the table, in its order. */
export const leftoverCodes: readonly LeftoverCode[] = rows.map(({ code }) => code);

function isOpen(operation: OperationState, role: DrainRole): boolean {
  return operation.drains.some((drain) => drain.role === role);
}

/** Also where systemd did not say: nothing is blamed for that. */
function mayRun(operation: OperationState, unit: keyof OperationState["units"]): boolean {
  return operation.units[unit] === undefined || isRunning(operation, unit);
}

function raised(scene: LeftoverScene, wanted: (name: string) => boolean): LeftoverScene["watched"] {
  return scene.watched.filter(
    ({ name, value, changedAtMs }) => wanted(name) && isRaised(value) && isSettled(scene, changedAtMs),
  );
}

/** It has been so for longer than one operation's steps lie apart. A clock that was set back hides nothing for ever. */
function isSettled({ nowMs }: LeftoverScene, changedAtMs: number | undefined): boolean {
  return changedAtMs === undefined || Math.abs(nowMs - changedAtMs) > SETTLED_MS;
}

function isUp({ nowMs, bootedAtMs }: LeftoverScene): boolean {
  return bootedAtMs === undefined || nowMs - bootedAtMs > BOOTED_MS;
}
