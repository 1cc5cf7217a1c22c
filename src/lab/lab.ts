// A lab: real hosts on this machine, wired together, with back ends and a client.
// Rule: a Lab object holds no state of its own; it is the record on disk and what the kernel says.
import { randomBytes } from "node:crypto";
import { HapairError } from "../base/index.ts";
import { type Host, openSshHost } from "../host/index.ts";
import { buildLab, clientPrefix, findControlGroupRoots, takeApart, waitForLogin } from "./bring-up.ts";
import { cleanUpDeadLabs } from "./clean-up.ts";
import { consoleHost, consolePrefix } from "./console-host.ts";
import { ensureImage } from "./image.ts";
import { raiseKernelLimits } from "./kernel-limits.ts";
import { checkSpec, labNameOf, type LabSpec } from "./lab-spec.ts";
import { createRecord, isAbandoned, labNames, type LabRecord, readRecord, setKeep } from "./lab-state.ts";
import { labLayout, type MachineLayout } from "./layout.ts";
import {
  initProcess,
  isCut,
  isPowered,
  setCable,
  setFrozen,
  switchOff,
  switchOn,
  waitForListener,
} from "./machine.ts";
import { requirePrerequisites } from "./prerequisites.ts";
import { enter, leave, type Tenancy } from "./tenancy.ts";

const sshPort = 22;

export interface LabOptions {
  readonly onProgress?: (line: string) => void;
  /** Ends the making of the lab; what was made is taken apart before the error is thrown. */
  readonly signal?: AbortSignal;
  /** The lab outlives this process. Default false: it is anyone's to remove once this process is gone. */
  readonly keep?: boolean;
}

export interface LabSummary {
  readonly name: string;
  readonly directory: string;
  readonly createdAtMs: number;
  readonly keep: boolean;
  /** Nobody is responsible for it any more; the next `lab up` removes it. */
  readonly abandoned: boolean;
  readonly nodes: readonly { readonly name: string; readonly powered: boolean }[];
}

/** Every node argument is a node's name; an unknown one is a HapairError of kind "usage". */
export interface Lab {
  readonly name: string;
  readonly directory: string;
  readonly spec: LabSpec;
  /** For `ssh -F`, behind `commandPrefix`: every host by its name or address. */
  readonly sshConfigFile: string;
  /** Goes in front of a program's words to run it at the lab's client. */
  readonly commandPrefix: readonly string[];
  /** The host over real SSH, from the lab's client; by sudo where its login is not root's. Close it when done. */
  host(node: string): Host;
  /** The host as root from its own console: works without its network, and while it is frozen. */
  console(node: string): Host;
  /** Goes in front of a program's words to run it on the host, at its console. HapairError while it is off. */
  consolePrefix(node: string): readonly string[];
  isPowered(node: string): boolean;
  /** At once, as a power cut: nothing says goodbye. The disk stays. */
  powerOff(node: string): Promise<void>;
  /** Returns when the host answers ssh, or, with its cable cut, when its sshd listens. */
  powerOn(node: string): Promise<void>;
  cutCable(node: string): Promise<void>;
  restoreCable(node: string): Promise<void>;
  /** No process of the host runs until it is thawed; its kernel still answers on the network. */
  freeze(node: string): Promise<void>;
  thaw(node: string): Promise<void>;
  /** Sets whether the lab outlives the process that made it. */
  keep(keep: boolean): Promise<void>;
  /** Removes all there is of the lab. Fine to repeat. */
  down(): Promise<void>;
}

function labOf(record: LabRecord): Lab {
  const { spec } = record;
  const layout = labLayout(spec);
  const machine = (node: string): MachineLayout => {
    const found = layout.machines.find((one) => one.name === node);
    if (found !== undefined) return found;
    throw new HapairError({
      kind: "usage",
      code: "lab-node",
      message: `Lab ${spec.name} has no host ${node}.`,
      hint: `Its hosts: ${layout.machines.map((one) => one.name).join(", ")}.`,
    });
  };
  const freezeRoot = record.controlGroupRoots[0] ?? "";
  return {
    name: spec.name,
    directory: layout.directory,
    spec,
    sshConfigFile: layout.sshConfig,
    commandPrefix: clientPrefix(layout),
    host: (node) =>
      openSshHost({
        name: machine(node).name,
        target: { host: node },
        configFile: layout.sshConfig,
        commandPrefix: clientPrefix(layout),
      }),
    console: (node) => consoleHost(machine(node)),
    consolePrefix: (node) => consolePrefix(machine(node)),
    isPowered: (node) => isPowered(machine(node)),
    powerOff: (node) => switchOff(machine(node), layout.switchNamespace),
    async powerOn(node) {
      const target = machine(node);
      if (!isPowered(target)) await switchOn(target);
      await waitForListener(target, sshPort);
      if (!isCut(target)) await waitForLogin(layout, node);
    },
    cutCable: (node) => setCable(machine(node), layout.switchNamespace, "cut"),
    restoreCable: (node) => setCable(machine(node), layout.switchNamespace, "whole"),
    freeze: (node) => setFrozen(machine(node), freezeRoot, true),
    thaw: (node) => setFrozen(machine(node), freezeRoot, false),
    async keep(keep) {
      await setKeep(record, keep);
    },
    down: () => takeApart(record),
  };
}

/** A name for a lab of `base` that no other lab has. */
export function freshLabName(base: string): string {
  return labNameOf(base, randomBytes(3).toString("hex"));
}

/**
 * Makes the lab that `spec` describes and returns it when every host answers ssh: about a second, and half a minute more when the image
 * has to be made first. Removes abandoned labs on the way. On any failure everything made is taken apart again; also when this process
 * gets SIGINT, SIGTERM or SIGHUP meanwhile, which then ends it.
 */
export async function labUp(spec: LabSpec, options: LabOptions = {}): Promise<Lab> {
  checkSpec(spec);
  await requirePrerequisites();
  const controller = new AbortController();
  const signal =
    options.signal === undefined ? controller.signal : AbortSignal.any([options.signal, controller.signal]);
  const making = makeLab(spec, { ...options, signal });
  const tenancy: Tenancy = {
    name: spec.name,
    abort: (reason) => controller.abort(reason),
    // What is being made takes itself apart when it sees the signal; what is just finished does not.
    end: async () => await (await making.catch(() => undefined))?.down(),
  };
  enter(tenancy);
  try {
    return await making;
  } finally {
    await leave(tenancy);
  }
}

async function makeLab(spec: LabSpec, options: LabOptions): Promise<Lab> {
  const { removed, failed } = await cleanUpDeadLabs();
  for (const name of removed) options.onProgress?.(`removed lab ${name}, whose owner is gone`);
  for (const { name, reason } of failed) {
    options.onProgress?.(`lab ${name}, whose owner is gone, could not be removed: ${reason}`);
  }
  const raised = await raiseKernelLimits();
  if (raised !== undefined) options.onProgress?.(raised);
  const image = await ensureImage(spec.suite, options);
  options.signal?.throwIfAborted();
  const record = await createRecord({ spec, image, controlGroupRoots: await findControlGroupRoots() });
  try {
    await buildLab(record, options);
    return labOf(options.keep === true ? await setKeep(record, true) : record);
  } catch (failure) {
    await takeApart(record);
    throw failure;
  }
}

/** The lab called `name`, made by whatever process. */
export async function openLab(name: string): Promise<Lab> {
  const record = await readRecord(name);
  if (record !== undefined) return labOf(record);
  const { labs } = await labNames();
  throw new HapairError({
    kind: "usage",
    code: "lab-unknown",
    message: `There is no lab called ${name}.`,
    hint:
      labs.length === 0
        ? "There is no lab at all; `hapair lab up` makes one."
        : `There are: ${labs.join(", ")}.`,
  });
}

/** Every lab on this machine. */
export async function listLabs(): Promise<LabSummary[]> {
  const { labs } = await labNames();
  const records = await Promise.all(labs.map(readRecord));
  return records
    .filter((record) => record !== undefined)
    .map((record) => {
      const { machines, directory } = labLayout(record.spec);
      return {
        name: record.spec.name,
        directory,
        createdAtMs: record.createdAtMs,
        keep: record.keep,
        abandoned: isAbandoned(record),
        nodes: machines.map((machine) => ({
          name: machine.name,
          powered: initProcess(machine) !== undefined,
        })),
      };
    });
}

/** Removes all there is of the lab called `name`; fine when there is none. */
export async function labDown(name: string): Promise<void> {
  const record = await readRecord(name);
  if (record !== undefined) await takeApart(record);
}
