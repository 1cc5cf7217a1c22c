// hapair lab: brings real hosts up on this machine, shows them, opens a shell on one, takes them down.

import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { spawn } from "node:child_process";
import { assert, HapairError } from "../../base/index.ts";
import { faultScript } from "../../drill/index.ts";
import {
  type Lab,
  labDown,
  type LabSummary,
  labUp,
  listLabs,
  openLab,
  specFromPair,
} from "../../lab/index.ts";
import type { Action } from "../../scenario/index.ts";
import {
  type LabFault,
  labFaults,
  type LabNameFlags,
  type LabShellFlags,
  type LabUpFlags,
} from "../commands/lab-commands.ts";
import { type HapairContext, printJson } from "../context.ts";
import { readPair } from "../pair-input.ts";
import { progressOf } from "../ui.ts";

/** Boots the hosts and leaves them running. */
export async function up(this: HapairContext, flags: LabUpFlags, path?: string): Promise<void> {
  const file = await readPair(this, path);
  const { pair } = file;
  const haproxyConfig = await readFile(resolve(dirname(resolve(file.path)), pair.haproxy.config), "utf8");
  const spec = specFromPair(pair, haproxyConfig, {
    name: flags.name ?? pair.name,
    suite: flags.suite,
    ...(flags.sudoOnly === undefined ? {} : { sudoNodes: flags.sudoOnly }),
    ...(flags.firewalld === true ? { firewalldNodes: pair.nodes.map((node) => node.name) } : {}),
  });
  const progress = progressOf(this, flags.json);
  const startedAt = performance.now();
  const lab = await labUp(spec, { onProgress: progress, keep: true });
  const tookMs = Math.round(performance.now() - startedAt);
  if (flags.apply === true) {
    const { applyToHosts } = await import("./deploy.ts");
    const { labHosts } = await import("../hosts.ts");
    await applyToHosts(file, labHosts(lab), progress);
  }
  if (flags.json === true) {
    printJson(this, { name: lab.name, directory: lab.directory, tookMs, spec });
    return;
  }
  this.process.stdout.write(
    `lab ${lab.name} is up (${(tookMs / 1000).toFixed(1)} s)\n${lookAround(lab.name, file.path, pair.nodes[0]?.name ?? "")}`,
  );
}

/** How to look around in a lab that is up. */
export function lookAround(lab: string, pairFile: string, node: string): string {
  return [
    `  hapair lab shell --lab ${lab} ${node}        a root shell on a host`,
    `  hapair lab shell --lab ${lab} client          where clients are`,
    `  hapair status --lab ${lab} ${pairFile}`,
    `  hapair lab down ${lab}`,
    "",
  ].join("\n");
}

async function theOnlyLab(name: string | undefined): Promise<string> {
  if (name !== undefined) return name;
  const labs = await listLabs();
  const [only] = labs;
  if (only !== undefined && labs.length === 1) return only.name;
  throw new HapairError({
    kind: "usage",
    code: "which-lab",
    message:
      labs.length === 0 ? "there is no lab on this machine" : `there are ${labs.length} labs on this machine`,
    hint:
      labs.length === 0 ? "hapair lab up makes one." : `Name one: ${labs.map((lab) => lab.name).join(", ")}.`,
  });
}

export async function down(
  this: HapairContext,
  flags: { readonly all?: boolean },
  name?: string,
): Promise<void> {
  const names = flags.all === true ? (await listLabs()).map((lab) => lab.name) : [await theOnlyLab(name)];
  for (const one of names) {
    await labDown(one);
    this.process.stdout.write(`lab ${one} is gone\n`);
  }
}

export async function labStatus(this: HapairContext, flags: LabNameFlags): Promise<void> {
  const labs = await listLabs();
  if (flags.json === true) printJson(this, labs);
  else
    this.process.stdout.write(labs.length === 0 ? "no lab on this machine\n" : labs.map(labLines).join(""));
}

function labLines(lab: LabSummary): string {
  const fate = lab.keep
    ? "until lab down"
    : lab.abandoned
      ? "abandoned: the next lab up removes it"
      : "until its drill ends";
  const nodes = lab.nodes.map((node) => `  ${node.name}  ${node.powered ? "on" : "off"}\n`).join("");
  return `${lab.name}  since ${new Date(lab.createdAtMs).toISOString().slice(0, 19).replace("T", " ")}, ${fate}\n${nodes}`;
}

/** An interactive shell, or one command, on a host or at the client. */
export async function shell(
  this: HapairContext,
  flags: LabShellFlags,
  place: string,
  ...command: string[]
): Promise<void> {
  const lab = await openLab(await theOnlyLab(flags.lab));
  const prefix = place === "client" ? lab.commandPrefix : lab.consolePrefix(place);
  const words = command.length === 0 ? ["/bin/bash", "-l"] : ["/bin/sh", "-c", command.join(" ")];
  const [program = "", ...rest] = [...prefix, ...words];
  this.process.exitCode = await new Promise<number>((done, failed) => {
    const child = spawn(program, rest, { stdio: "inherit" });
    child.once("error", failed);
    child.once("close", (exitCode) => done(exitCode ?? 1));
  });
}

type Hand = (lab: Lab, node: string) => Promise<void>;

/** A fault that is a command on the host, given at its console, which works whatever its network does. */
function atConsole(action: Action): Hand {
  return async (lab, node) => {
    const script = faultScript(action, { interface: "", vips: [], servers: [] });
    assert(script !== undefined, `${action.kind} is a command`);
    const result = await lab.console(node).run(script);
    if (result.exitCode === 0) return;
    throw new HapairError({
      kind: "unreachable",
      code: "fault-failed",
      message: `${node}: ${result.stderr.trim()}`,
    });
  };
}

const hands: Readonly<Record<LabFault, Hand>> = {
  "power-off": (lab, node) => lab.powerOff(node),
  "power-on": (lab, node) => lab.powerOn(node),
  "cut-cable": (lab, node) => lab.cutCable(node),
  "restore-cable": (lab, node) => lab.restoreCable(node),
  freeze: (lab, node) => lab.freeze(node),
  thaw: (lab, node) => lab.thaw(node),
  "block-vrrp-in": atConsole({ kind: "block-vrrp", direction: "in" }),
  "block-vrrp": atConsole({ kind: "block-vrrp", direction: "both" }),
  "unblock-vrrp": atConsole({ kind: "unblock-vrrp" }),
};

export async function fault(
  this: HapairContext,
  flags: LabShellFlags,
  node: string,
  name: string,
): Promise<void> {
  const known = labFaults.find((one) => one === name);
  if (known === undefined) {
    throw new HapairError({
      kind: "usage",
      code: "no-fault",
      message: `there is no fault called ${name}`,
      hint: `There are ${labFaults.join(", ")}.`,
    });
  }
  await hands[known](await openLab(await theOnlyLab(flags.lab)), node);
  this.process.stdout.write(`${node}: ${name}\n`);
}
