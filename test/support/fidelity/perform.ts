// How each event of a case is done to a node's machine.
// Rule: a happening that the harness cannot do is refused before a case begins, so that no case is compared in part.

import { rmSync, writeFileSync } from "node:fs";
import { assert } from "../../../src/base/index.ts";
import type { Happening } from "../../../src/scenario/index.ts";
import { type FidelityInstance, NODE_INTERFACE, nodeFiles } from "./case.ts";
import { CHECKS_DIRECTORY, giveConfiguration, type NodeGround } from "./ground.ts";
import type { NamespaceShell } from "./shell.ts";

export interface Stage {
  readonly ground: NodeGround;
  /** Which of the case's nodes it is: the number of its port on the wire. */
  readonly number: number;
  readonly wire: NamespaceShell;
  readonly instances: readonly FidelityInstance[];
}

/** Does it; resolves at the moment it is done, as near as this process can tell. */
export async function perform(action: Happening, stage: Stage): Promise<void> {
  const { ground, number, wire } = stage;
  const { shell } = ground;
  const port = `port${number}`;
  switch (action.kind) {
    case "start-service":
      giveConfiguration(ground, configuration(ground, "start"));
      return await shell.run("start_keepalived");
    case "stop-service":
      return await shell.run("kill -TERM $daemon");
    // The child is halted first: its parent's death would make it say goodbye in the moment before its own.
    case "kill-service":
      return await shell.run("worker; kill -STOP $worker; kill -KILL $daemon $worker");
    case "freeze-service":
      return await shell.run("worker; kill -STOP $daemon $worker");
    case "thaw-service":
      return await shell.run("worker; kill -CONT $worker $daemon");
    case "kill-keepalived":
      return await shell.run(
        action.process === "parent" ? "kill -KILL $daemon" : "worker; kill -KILL $worker",
      );
    case "reload":
      if (action.config !== undefined) giveConfiguration(ground, configuration(ground, action.config));
      return await shell.run("kill -HUP $daemon");
    case "fail-check":
    case "hang-check":
    case "pass-check":
      return setCheck(ground, action.check, action.kind);
    case "write-file":
      return writeFileSync(ground.path(`${nodeFiles.watchedDirectory}/${action.file}`), `${action.value}\n`);
    case "cut-cable":
      return await wire.run(`ip link set ${port} down`);
    case "restore-cable":
      return await wire.run(`ip link set ${port} up`);
    case "isolate":
      return await wire.run(`ip link set ${port} nomaster`);
    case "rejoin":
      return await wire.run(`ip link set ${port} master wire`);
    case "delete-vip":
      // Nothing to delete is no failure: whoever deletes a VIP by hand may be at the wrong node.
      return await shell.run(
        `ip address delete ${stage.instances[0]?.vip ?? ""} dev ${NODE_INTERFACE} || true`,
      );
    case "block-vrrp":
      return await shell.run(blockScript(action.direction));
    case "unblock-vrrp":
      return await shell.run("nft delete table inet fidelity || true");
    default:
      assert(false, `the fidelity harness cannot do ${action.kind}`);
  }
}

function configuration(ground: NodeGround, name: string): string {
  const text = ground.node.configurations[name];
  assert(text !== undefined, `${ground.node.name} has no configuration ${name}`);
  return text;
}

function setCheck(ground: NodeGround, check: string, kind: "fail-check" | "hang-check" | "pass-check"): void {
  const file = (how: string): string => ground.path(`${CHECKS_DIRECTORY}/${how}-${check}`);
  if (kind === "pass-check") {
    for (const how of ["fail", "hang"]) rmSync(file(how), { force: true });
    return;
  }
  const [wanted, other] = kind === "fail-check" ? ["fail", "hang"] : ["hang", "fail"];
  writeFileSync(file(wanted ?? ""), "");
  rmSync(file(other ?? ""), { force: true });
}

const HOOKS = { in: ["input"], out: ["output"], both: ["input", "output"] } as const;

/** A block in the place of any that was there. */
function blockScript(direction: keyof typeof HOOKS): string {
  const chains = HOOKS[direction].map(
    (hook) => `chain ${hook} { type filter hook ${hook} priority -300; meta l4proto 112 drop; }`,
  );
  return `nft "${["table inet fidelity", "delete table inet fidelity", "table inet fidelity {", ...chains, "}"].join("\n")}"`;
}
