// How each event of a case is done to a node's machine.
// Rule: a happening that the harness cannot do is refused before a case begins, so that no case is played in part. Signals are sent by this process, files
// written by it: they happen in the moment that is noted for them.

import { rmSync, writeFileSync } from "node:fs";
import { assert, HapairError } from "../../../src/base/index.ts";
import type { Happening, HappeningKind } from "../../../src/scenario/index.ts";
import { type FidelityInstance, NODE_INTERFACE, nodeFiles } from "./case.ts";
import { daemonOf, workerOf } from "./daemon.ts";
import { CHECKS_DIRECTORY, giveConfiguration, type NodeGround } from "./ground.ts";
import type { NamespaceShell } from "./shell.ts";

export interface Stage {
  readonly ground: NodeGround;
  /** Which of the case's nodes it is: the number of its port on the wire. */
  readonly number: number;
  readonly wire: NamespaceShell;
  readonly instances: readonly FidelityInstance[];
}

type Perform<Kind extends HappeningKind> = (
  action: Extract<Happening, { readonly kind: Kind }>,
  stage: Stage,
) => Promise<void> | void;

interface Way<Kind extends HappeningKind> {
  readonly perform: Perform<Kind>;
  /** From its call until it has happened, as a rule. */
  readonly takesUs: number;
}

const SIGNAL_US = 300;
const FILE_US = 300;
/** One run of `ip`. */
const LINK_US = 6_000;
/** One run of `nft`. */
const FILTER_US = 15_000;

const ways: { readonly [Kind in HappeningKind]?: Way<Kind> } = {
  "start-service": {
    perform: (_, { ground }) => ground.shell.run("start_keepalived"),
    takesUs: 2_000,
  },
  "stop-service": {
    perform: (_, { ground }) => send("SIGTERM", daemonOf(ground)),
    takesUs: SIGNAL_US,
  },
  "kill-service": {
    // The child is halted first: its parent's death would make it say goodbye in the moment before its own.
    perform: (_, { ground }) => {
      const [daemon, worker] = [daemonOf(ground), workerOf(ground)];
      send("SIGSTOP", worker);
      send("SIGKILL", daemon, worker);
    },
    takesUs: SIGNAL_US,
  },
  "freeze-service": {
    perform: (_, { ground }) => send("SIGSTOP", daemonOf(ground), workerOf(ground)),
    takesUs: SIGNAL_US,
  },
  "thaw-service": {
    perform: (_, { ground }) => send("SIGCONT", workerOf(ground), daemonOf(ground)),
    takesUs: SIGNAL_US,
  },
  "kill-keepalived": {
    perform: (action, { ground }) =>
      send("SIGKILL", action.process === "parent" ? daemonOf(ground) : workerOf(ground)),
    takesUs: SIGNAL_US,
  },
  reload: {
    perform: ({ config }, { ground }) => {
      if (config !== undefined) giveConfiguration(ground, config);
      send("SIGHUP", daemonOf(ground));
    },
    takesUs: SIGNAL_US,
  },
  "fail-check": { perform: ({ check }, { ground }) => setCheck(ground, check, "fail"), takesUs: FILE_US },
  "hang-check": { perform: ({ check }, { ground }) => setCheck(ground, check, "hang"), takesUs: FILE_US },
  "pass-check": { perform: ({ check }, { ground }) => setCheck(ground, check, undefined), takesUs: FILE_US },
  "write-file": {
    perform: ({ file, value }, { ground }) =>
      writeFileSync(ground.path(`${nodeFiles.watchedDirectory}/${file}`), `${value}\n`),
    takesUs: FILE_US,
  },
  "cut-cable": linkWay("down"),
  "restore-cable": linkWay("up"),
  isolate: linkWay("nomaster"),
  rejoin: linkWay("master wire"),
  "delete-vip": {
    // Nothing to delete is no failure: whoever deletes a VIP by hand may be at the wrong node.
    perform: (_, { ground, instances }) =>
      ground.shell.run(`ip address delete ${instances[0]?.vip ?? ""} dev ${NODE_INTERFACE} || true`),
    takesUs: LINK_US,
  },
  "block-vrrp": {
    perform: ({ direction }, { ground }) => ground.shell.run(blockScript(direction)),
    takesUs: FILTER_US,
  },
  "unblock-vrrp": {
    perform: (_, { ground }) => ground.shell.run("nft delete table inet fidelity || true"),
    takesUs: FILTER_US,
  },
};

function linkWay<Kind extends HappeningKind>(setting: string): Way<Kind> {
  return {
    perform: (_, { wire, number }) => wire.run(`ip link set port${number} ${setting}`),
    takesUs: LINK_US,
  };
}

function wayOf(action: Happening): Way<HappeningKind> {
  const way = ways[action.kind] as Way<HappeningKind> | undefined;
  assert(way !== undefined, `the fidelity harness cannot do ${action.kind}`);
  return way;
}

/** From the call of {@link perform} until it has happened, as a rule; throws for what the harness cannot do. */
export function takesUs(action: Happening): number {
  return wayOf(action).takesUs;
}

/** Does it; resolves at the moment it is done, as near as this process can tell. */
export async function perform(action: Happening, stage: Stage): Promise<void> {
  await wayOf(action).perform(action, stage);
}

function send(signal: NodeJS.Signals, ...processIds: readonly (number | undefined)[]): void {
  for (const id of processIds) {
    if (id === undefined)
      throw new HapairError({
        kind: "unreachable",
        code: "fidelity-no-daemon",
        message: `no keepalived runs to send ${signal} to`,
      });
    process.kill(id, signal);
  }
}

/** From its next run on the check fails, hangs, or does neither. */
function setCheck(ground: NodeGround, check: string, wanted: "fail" | "hang" | undefined): void {
  for (const how of ["fail", "hang"] as const) {
    const file = ground.path(`${CHECKS_DIRECTORY}/${how}-${check}`);
    if (how === wanted) writeFileSync(file, "");
    else rmSync(file, { force: true });
  }
}

const HOOKS = { in: ["input"], out: ["output"], both: ["input", "output"] } as const;

/** A block in the place of any that was there. */
function blockScript(direction: keyof typeof HOOKS): string {
  const chains = HOOKS[direction].map(
    (hook) => `chain ${hook} { type filter hook ${hook} priority -300; meta l4proto 112 drop; }`,
  );
  const lines = [
    "table inet fidelity",
    "delete table inet fidelity",
    "table inet fidelity {",
    ...chains,
    "}",
  ];
  return `nft "${lines.join("\n")}"`;
}
