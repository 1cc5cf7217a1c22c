// All files of every node of a pair, in one fixed order: the same pair gives the same bytes.

import { assert } from "../base/index.ts";
import type { Pair, PairNode } from "../model/index.ts";
import { agentFiles, type AgentInputs, agentUserFiles } from "./agent-files.ts";
import {
  renderCheckScript,
  renderHaproxyDropIn,
  renderHaproxyHook,
  renderSecondHaproxyConf,
  secondHaproxyConfPath,
} from "./haproxy-files.ts";
import { renderKeepalivedConf } from "./keepalived-conf.ts";
import { renderMaintenanceScript, renderMaintenanceUnit } from "./maintenance-files.ts";
import { type MakeFile, type NodeFile, withMark, withMarkAtEnd } from "./node-file.ts";
import { nodePaths } from "./paths.ts";
import { type Platform, platforms, type UnitCommands } from "./platform.ts";
import {
  renderFirewall,
  renderKeepalivedDropIn,
  renderNetworkdDropIn,
  renderSysctl,
  renderTmpfiles,
} from "./system-files.ts";
import { renderSwitchoverScript } from "./switchover-script.ts";

/** What rendering needs to know of one machine; without it the Debian family's table is taken. */
export interface NodeSystem {
  readonly platform: Platform;
  /** HAProxy's unit as the node has it, hapair's drop-in left out. */
  readonly haproxyUnit: UnitCommands;
  /** The .network file that governs the VRRP interface, where networkd does. */
  readonly networkFile?: string;
}

export interface RenderInputs {
  /** The text of the user's haproxy.cfg. */
  readonly haproxyConfig: string;
  /** By CarriedFile.from: the file's text. */
  readonly carriedFiles: ReadonlyMap<string, string>;
  /** By router name: the resolved password. */
  readonly passwords: ReadonlyMap<string, string>;
  /** Wanted where the pair has an agent. */
  readonly agent?: AgentInputs;
  /** By node name. */
  readonly systems?: ReadonlyMap<string, NodeSystem>;
}

export const defaultSystem: NodeSystem = {
  platform: platforms.debian,
  haproxyUnit: platforms.debian.haproxyUnit,
};

/** Every node's files, by node name, in the pair's order. */
export function renderPair(pair: Pair, inputs: RenderInputs): Map<string, NodeFile[]> {
  return new Map(pair.nodes.map((node) => [node.name, renderNode(pair, node, inputs)]));
}

/** One node's files. */
export function renderNode(pair: Pair, node: PairNode, inputs: RenderInputs): NodeFile[] {
  const system = inputs.systems?.get(node.name) ?? defaultSystem;
  const { platform, haproxyUnit } = system;
  const passwords = [...inputs.passwords.values()];
  const made: MakeFile = (path, mode, effect, body, secrets = []) => ({
    ...{ path, mode, effect, secrets },
    ...{ owner: "root", group: "root" },
    content: withMark(pair.name, body),
  });

  const files: NodeFile[] = [
    made(nodePaths.sysctl, 0o644, "sysctl", renderSysctl()),
    ...agentUserFiles(pair, made),
    made(nodePaths.tmpfiles, 0o644, "tmpfiles", renderTmpfiles(pair)),
    made(nodePaths.haproxyHook, 0o755, "none", renderHaproxyHook()),
    ...carriedFiles(pair, inputs),
    {
      ...made(nodePaths.haproxyConf, 0o644, "haproxy-reload", ""),
      content: withMarkAtEnd(pair.name, inputs.haproxyConfig),
    },
    made(
      secondHaproxyConfPath(haproxyUnit),
      0o644,
      "haproxy-reload",
      renderSecondHaproxyConf(pair, platform),
    ),
    made(nodePaths.haproxyDropIn, 0o644, "haproxy-unit", renderHaproxyDropIn(pair, haproxyUnit)),
    made(nodePaths.checkScript, 0o755, "none", renderCheckScript(pair)),
    made(nodePaths.switchoverScript, 0o755, "none", renderSwitchoverScript(pair, node)),
    made(nodePaths.maintenanceScript, 0o755, "none", renderMaintenanceScript(pair)),
    made(nodePaths.maintenanceUnit, 0o644, "keepalived-unit", renderMaintenanceUnit()),
    made(nodePaths.firewall, 0o644, "firewall", renderFirewall(pair, node)),
    made(nodePaths.keepalivedDropIn, 0o644, "keepalived-unit", renderKeepalivedDropIn(pair, node, platform)),
    made(
      nodePaths.keepalivedConf,
      0o600,
      "keepalived-reload",
      renderKeepalivedConf(pair, node, inputs.passwords),
      passwords,
    ),
  ];
  files.push(...agentFiles({ pair, node, platform, inputs: inputs.agent, made }));
  if (pair.keepConfiguration && system.networkFile !== undefined) {
    const name = system.networkFile.split("/").at(-1) ?? "";
    files.push(
      made(`/etc/systemd/network/${name}.d/50-hapair.conf`, 0o644, "networkd", renderNetworkdDropIn()),
    );
  }
  return files;
}

function carriedFiles(pair: Pair, inputs: RenderInputs): NodeFile[] {
  return pair.haproxy.files.map((file) => {
    const content = inputs.carriedFiles.get(file.from);
    assert(content !== undefined, `the file ${file.from} was not read before rendering`);
    // A certificate or a map is carried as it is: not every format has comments, so it bears no mark.
    return {
      ...{ path: file.to, mode: file.mode, owner: "root", group: "root" },
      ...{ content, secrets: file.secret ? [content] : [], effect: "haproxy-reload" },
    } satisfies NodeFile;
  });
}
