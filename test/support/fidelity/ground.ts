// The machines of one case: a network namespace for the wire with a bridge in it, and for each node one with its own mounts and processes, where the
// daemon runs from a lab image that it cannot write to.
// Rule: nothing of it has a name on this machine, so any number of cases stand side by side, and it ends with the shells that hold it.

import { mkdirSync, writeFileSync } from "node:fs";
import { assert } from "../../../src/base/index.ts";
import { ensureImage, type Suite } from "../../../src/lab/index.ts";
import {
  NETWORK_PREFIX_LENGTH,
  NODE_INTERFACE,
  type FidelityCase,
  type FidelityNode,
  type KeepalivedVersion,
  nodeFiles,
} from "./case.ts";
import { type NamespaceShell, startNamespaceShell } from "./shell.ts";

/** Debian's releases and the keepalived that each has. */
const suiteOf: Readonly<Record<KeepalivedVersion, Suite>> = { "2.2.7": "bookworm", "2.3.3": "trixie" };

/** The root filesystem with this keepalived; made first if need be. */
export async function keepalivedImage(version: KeepalivedVersion): Promise<string> {
  return await ensureImage(suiteOf[version]);
}

/** One node's machine. */
export interface NodeGround {
  readonly node: FidelityNode;
  /** In the node's namespaces; the functions of {@link nodeScript} are there. */
  readonly shell: NamespaceShell;
  /** The daemon's root, as the shell finds it. */
  readonly root: string;
  /** Where a path below the daemon's root is found from here. */
  path(inside: string): string;
}

export interface Ground {
  readonly nodes: readonly NodeGround[];
  /** In the wire's namespace: node n's end is `port<n>` on the bridge `wire`. */
  readonly wire: NamespaceShell;
  end(): Promise<void>;
}

/** Makes the machines of a case, with nothing running on them. */
export async function layGround(fidelityCase: FidelityCase, image: string): Promise<Ground> {
  const shells: NamespaceShell[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(shells.map((shell) => shell.end()));
  };
  const open = async (what: readonly string[]): Promise<NamespaceShell> => {
    const shell = await startNamespaceShell(what);
    shells.push(shell);
    return shell;
  };
  try {
    const wire = await open(["--net"]);
    await wire.run(`${withoutIpv6}; ip link add wire type bridge mcast_snooping 0; ip link set wire up`);
    const nodes: NodeGround[] = [];
    for (const [index, node] of fidelityCase.nodes.entries()) {
      const shell = await open(["--mount", "--net", "--pid"]);
      const path = (inside: string): string => `/proc/${shell.processId}/root${image}${inside}`;
      await shell.run(nodeScript(image));
      for (const [name, value] of Object.entries(node.watchedFiles))
        writeFileSync(path(`${nodeFiles.watchedDirectory}/${name}`), `${value}\n`);
      writeFileSync(path(nodeFiles.checkProgram), checkProgram, { mode: 0o755 });
      mkdirSync(path(CHECKS_DIRECTORY));
      await wire.run(plug(index, shell.processId));
      await shell.run(addressing(fidelityCase.nodes, index));
      const made = { node, shell, root: image, path };
      giveConfiguration(made, "start");
      nodes.push(made);
    }
    return { nodes, wire, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Where the check program finds what its next runs are to do: a file `fail-NAME` or `hang-NAME`. */
export const CHECKS_DIRECTORY = "/run/fidelity/checks";
const configurationFile = "/run/fidelity/keepalived.conf";
/** Beside the notices: keepalived's log, and what `ip monitor` says. */
export const LOG_FIFO = "/run/fidelity/log";
export const ADDRESSES_FIFO = "/run/fidelity/addresses";

/** Notes its run's beginning and end where keepalived writes its notices, and does what it is told to. A hanging one heeds SIGTERM. */
const checkProgram = `#!/bin/sh
echo "CHECK $1" >${nodeFiles.notices}
result=0
[ -e ${CHECKS_DIRECTORY}/fail-$1 ] && result=1
[ -e ${CHECKS_DIRECTORY}/hang-$1 ] && exec sleep 600
echo "CHECKED $1" >${nodeFiles.notices}
exit $result
`;

const withoutIpv6 =
  "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6";

/** Mounts, FIFOs, and the functions that events call. `keepalived-start` first waits until the one before is gone, as systemd does. */
function nodeScript(image: string): string {
  return `set -e
mount --bind ${image} ${image}
mount -o remount,bind,ro ${image}
mount -t proc proc ${image}/proc
mount --bind /dev ${image}/dev
mount -t tmpfs -o mode=0755 tmpfs ${image}/run
mount -t tmpfs tmpfs ${image}/tmp
mkdir -p ${image}${nodeFiles.watchedDirectory}
mkfifo -m 0600 ${image}${nodeFiles.notices} ${image}${LOG_FIFO} ${image}${ADDRESSES_FIFO}
${withoutIpv6}
ip link set lo up
set +e
daemon=
gone() {
  turns=0
  while [ -n "$daemon" ] && kill -0 $daemon 2>/dev/null; do
    turns=$((turns + 1)); [ $turns -lt 800 ] || return 1
    sleep 0.01
  done
}
start_keepalived() {
  gone || return 1
  chroot ${image} keepalived --dont-fork --log-console --vrrp --use-file ${configurationFile} --pid /run/keepalived.pid --vrrp_pid /run/vrrp.pid >${image}${LOG_FIFO} 2>&1 &
  daemon=$!
}
`;
}

/** A cable from the wire's bridge to a node. The two ends' numbers differ, or the kernel would tell of a lost carrier up to a second late. */
function plug(index: number, processId: number): string {
  const port = `port${index}`;
  return `set -e
ip link add ${port} index ${200 + index} address ${hardwareAddress(index, "02:00:00:00:02")} type veth peer name ${NODE_INTERFACE} index ${100 + index} address ${hardwareAddress(index)} netns ${processId}
ip link set ${port} master wire up
set +e`;
}

function hardwareAddress(index: number, prefix = "02:00:00:00:01"): string {
  return `${prefix}:${(index + 1).toString(16).padStart(2, "0")}`;
}

/** The node's own address, and its neighbours' for ever: whether ARP had forgotten somebody is not what is compared. */
function addressing(nodes: readonly FidelityNode[], own: number): string {
  const address = nodes[own]?.address ?? "";
  const neighbours = nodes.flatMap((node, index) =>
    index === own
      ? []
      : [
          `ip neighbour add ${node.address} lladdr ${hardwareAddress(index)} nud permanent dev ${NODE_INTERFACE}`,
        ],
  );
  return [
    "set -e",
    `ip link set ${NODE_INTERFACE} up`,
    `ip address add ${address}/${NETWORK_PREFIX_LENGTH} dev ${NODE_INTERFACE}`,
    ...neighbours,
    "set +e",
  ].join("\n");
}

/** Puts one of the node's configurations where keepalived looks for it. */
export function giveConfiguration(ground: NodeGround, name: string): void {
  const text = ground.node.configurations[name];
  assert(text !== undefined, `${ground.node.name} has no configuration ${name}`);
  writeFileSync(ground.path(configurationFile), text, { mode: 0o600 });
}
