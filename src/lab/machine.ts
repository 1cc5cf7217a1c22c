// One host of a lab: its power switch, its cable, and the process that is its init.
// Rule: state is what the kernel and the lab's directory say, never what this program remembers; so any process can take over a lab.
import { existsSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { HapairError } from "../base/index.ts";
import { requireProcess, spawnDetached } from "../host/index.ts";
import type { Cable, MachineLayout } from "./layout.ts";
import { carrierBatch } from "./network-text.ts";
import {
  childrenOf,
  identify,
  isAlive,
  namespaceOf,
  type ProcessIdentity,
  readIdentity,
  readIfThere,
  signalProcess,
  waitUntil,
} from "./process-identity.ts";

const bootTimeLimitMs = 60_000;
const stateTimeLimitMs = 10_000;
const consoleLinesShown = 8;

/** The host's init process; undefined while the host is off. */
export function initProcess(machine: MachineLayout): ProcessIdentity | undefined {
  const nspawn = readIdentity(machine.nspawnFile);
  if (nspawn === undefined || !isAlive(nspawn)) return undefined;
  const outside = namespaceOf(nspawn.id, "pid");
  for (const child of childrenOf(nspawn.id)) {
    const inside = namespaceOf(child, "pid");
    if (inside !== undefined && inside !== outside) return identify(child);
  }
  return undefined;
}

/** True while something keeps the host powered, also in the moment between two boots. */
export function isPowered(machine: MachineLayout): boolean {
  const supervisor = readIdentity(machine.supervisorFile);
  return supervisor !== undefined && isAlive(supervisor);
}

/** Starts the host; returns as soon as its supervisor is on record. */
export async function switchOn(machine: MachineLayout): Promise<void> {
  const { processId } = await spawnDetached("/bin/sh", [machine.script], {
    workingFolder: "/",
    outputFile: machine.consoleLog,
  });
  const noted = await waitUntil(
    () => readIdentity(machine.supervisorFile)?.id === processId,
    stateTimeLimitMs,
    2,
  );
  if (!noted) throw hostFailure(machine, "could not be switched on");
}

/** Waits until something inside listens on a TCP port, seen from outside without a program: the kernel's table of the host's sockets. */
export async function waitForListener(
  machine: MachineLayout,
  port: number,
  abort?: AbortSignal,
): Promise<void> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  // The columns: number, local address, remote address, state; 0A is LISTEN.
  const listens = (table: string): boolean =>
    table.split("\n").some((row) => {
      const [, address, , state] = row.trim().split(/\s+/);
      return state === "0A" && address?.endsWith(local) === true;
    });
  const seen = await waitUntil(
    () => {
      abort?.throwIfAborted();
      if (!isPowered(machine)) throw hostFailure(machine, "went off again while it was starting");
      const init = initProcess(machine);
      if (init === undefined) return false;
      return ["tcp", "tcp6"].some((table) => listens(readIfThere(`/proc/${init.id}/net/${table}`) ?? ""));
    },
    bootTimeLimitMs,
    10,
  );
  if (!seen) throw hostFailure(machine, `did not listen on port ${port} within ${bootTimeLimitMs / 1000} s`);
}

function hostFailure(machine: MachineLayout, what: string): HapairError {
  const escapeSequence = new RegExp(String.raw`\u001B\[[0-9;?]*[A-Za-z]`, "g");
  const log = (readIfThere(machine.consoleLog) ?? "").replaceAll(escapeSequence, "").trim();
  return new HapairError({
    kind: "unreachable",
    code: "lab-host",
    message: `Lab host ${machine.name} ${what}. The end of its console:\n${log.split("\n").slice(-consoleLinesShown).join("\n")}`,
    hint: `The whole console is in ${machine.consoleLog}.`,
  });
}

/**
 * Takes the power away: the cable goes dark first, then every process of the host dies without a word, as in a real power cut.
 * Returns when nothing of it is left. Fine on a host that is off.
 */
export async function switchOff(machine: MachineLayout, switchNamespace: string): Promise<void> {
  const supervisor = readIdentity(machine.supervisorFile);
  if (initProcess(machine) !== undefined) {
    // The sockets of dying processes would still send their goodbyes over a cable that carries.
    await setCarrier(switchNamespace, machine.cables, "down").catch(() => undefined);
  }
  // Caught between two boots, the supervisor has yet to start what is to be killed; so this is asked again until all is over.
  const over = await waitUntil(() => {
    const living = [initProcess(machine), readIdentity(machine.nspawnFile)].filter(
      (one) => one !== undefined && isAlive(one),
    );
    for (const one of living) if (one !== undefined) signalProcess(one, "SIGKILL");
    // When nspawn is gone, the supervisor takes the network away and ends by itself.
    return living.length === 0 && (supervisor === undefined || !isAlive(supervisor));
  }, stateTimeLimitMs);
  if (over) return;
  if (supervisor !== undefined) signalProcess(supervisor, "SIGKILL");
  throw hostFailure(machine, `still had processes ${stateTimeLimitMs / 1000} s after its power was cut`);
}

export function isCut(machine: MachineLayout): boolean {
  return existsSync(machine.cutFile);
}

/** Cuts or restores the host's cables at the switch's end; a reboot of the host does not mend a cut cable. */
export async function setCable(
  machine: MachineLayout,
  switchNamespace: string,
  state: "cut" | "whole",
): Promise<void> {
  if (state === "cut") await writeFile(machine.cutFile, "");
  else await rm(machine.cutFile, { force: true });
  if (initProcess(machine) === undefined) return;
  await setCarrier(switchNamespace, machine.cables, state === "cut" ? "down" : "up");
}

async function setCarrier(
  switchNamespace: string,
  cables: readonly Cable[],
  carrier: "up" | "down",
): Promise<void> {
  await requireProcess("ip", ["-n", switchNamespace, "-batch", "-"], {
    input: carrierBatch(cables, carrier),
    timeoutMs: stateTimeLimitMs,
  });
}

/** Stops or continues every process of the host at once, by its control group; the kernel's network goes on answering, as below a hung system. */
export async function setFrozen(
  machine: MachineLayout,
  controlGroupRoot: string,
  frozen: boolean,
): Promise<void> {
  const group = `${controlGroupRoot}/${machine.machine}/payload`;
  if (!existsSync(`${group}/cgroup.freeze`)) {
    throw hostFailure(
      machine,
      "is off, or this machine has no unified control groups (cgroup2), which freezing needs",
    );
  }
  await writeFile(`${group}/cgroup.freeze`, frozen ? "1" : "0");
  const settled = await waitUntil(
    () => readFileSync(`${group}/cgroup.events`, "utf8").includes(`frozen ${frozen ? 1 : 0}`),
    stateTimeLimitMs,
  );
  if (!settled) throw hostFailure(machine, frozen ? "could not be frozen" : "could not be thawed");
}
