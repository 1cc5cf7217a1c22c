// A lab host from its own console: a shell inside all of the host's namespaces.
// Rule: nothing on the way depends on the host's network, its sshd or its systemd.
import { HapairError } from "../base/index.ts";
import { type Host, prefixHost } from "../host/index.ts";
import type { MachineLayout } from "./layout.ts";
import { initProcess } from "./machine.ts";

/** Commands at a time: a drill watches a host in many ways at once, and nothing here is as scarce as sshd's sessions. */
const sessionsMax = 32;

/** What stands before a command to run it inside the host whose init is `init`. */
function insidePrefix(init: number): string[] {
  return [
    "nsenter",
    "--target",
    String(init),
    "--mount",
    "--uts",
    "--ipc",
    "--net",
    "--pid",
    "--cgroup",
    "--",
  ];
}

/** What stands before a command to run it inside the host as it is now; a host that reboots gets a new init. HapairError while it is off. */
export function consolePrefix(machine: MachineLayout): string[] {
  const init = initProcess(machine);
  if (init !== undefined) return insidePrefix(init.id);
  throw new HapairError({
    kind: "unreachable",
    code: "host-unreachable",
    message: `${machine.name} (console): the lab host is off.`,
    hint: "Switch it on again.",
  });
}

/** The host as root, for as long as it is on; after a reboot the same object reaches the new boot. */
export function consoleHost(machine: MachineLayout): Host {
  let current: { readonly key: string; readonly host: Host } | undefined;
  const now = (): Host => {
    const prefix = consolePrefix(machine);
    const key = prefix.join(" ");
    if (current?.key !== key)
      current = { key, host: prefixHost({ name: machine.name, prefix, sessionsMax }) };
    return current.host;
  };
  return {
    name: machine.name,
    run: async (script, options) => await now().run(script, options),
    follow: (script) => now().follow(script),
    read: async (path) => await now().read(path),
    write: async (path, content, options) => await now().write(path, content, options),
    stat: async (path) => await now().stat(path),
    close: () => Promise.resolve(),
  };
}
