// The shell scripts that a lab runs: one keeps a host powered, one starts a back end.
// Rule: pure text that a person can read in the lab's directory. Each script notes its own process id and start time before it does anything,
// so that whoever cleans up later ends exactly these processes and never another one that has got the same number.
import { shellWord } from "../host/index.ts";
import { type BackendSiteLayout, type Cable, type MachineLayout, namespacePath } from "./layout.ts";
import { machineBatch, plugBatch, unplugBatch } from "./network-text.ts";

/** How nspawn ends when the machine inside asked for a reboot and there is no unit to restart (systemd-nspawn, --keep-unit). */
const rebootExitCode = 133;
/** A host that reboots more often than this is broken, and would keep the machine busy for ever. */
const rebootsMax = 100;
/** Tries of 10 ms each. */
const removalTriesMax = 200;

// The start time is the 22nd field of /proc/PID/stat; the command's name before it may hold spaces, so fields are counted from its closing bracket.
/** A shell function: `remember FILE PID` notes a process so that `readIdentity` can read it. */
export const rememberFunction = `remember() {
  read -r stat < "/proc/$2/stat" || return 0
  file=$1 id=$2
  set -- \${stat##*) }
  echo "$id \${20}" > "$file"
}`;

/** `command` with `batch` as its input; `otherwise` runs when it fails. */
function withInput(command: string, batch: string, otherwise = ""): string {
  return `${command} <<'END'${otherwise === "" ? "" : ` || ${otherwise}`}\n${batch}END`;
}

export interface PowerScriptInputs {
  readonly machine: MachineLayout;
  /** Which families of addresses the lab speaks. */
  readonly families: ReadonlySet<4 | 6>;
  readonly switchNamespace: string;
  /** The image's root filesystem: the overlay's lower layer. */
  readonly image: string;
  /** Where control groups are mounted; the host gets one of its own below each. */
  readonly controlGroupRoots: readonly string[];
}

function networkFunctions(inputs: PowerScriptInputs): string {
  const { machine, families, switchNamespace } = inputs;
  const cables: readonly Cable[] = machine.cables;
  const inSwitch = `ip -n ${switchNamespace} -batch -`;
  return `# A machine that is off has no network, no addresses, no rules and no settings: they are made anew at every start.
unplug() {
${withInput(`  ip -n ${switchNamespace} -force -batch - 2>/dev/null`, unplugBatch(cables))}
  ip netns del ${machine.namespace} 2>/dev/null
  for group in ${controlGroups(inputs).join(" ")}; do
    # A group is busy for some milliseconds after its last process; one that stays would hand its settings (frozen, say) to the next boot.
    tries=0
    while [ -d "$group" ] && [ $tries -lt ${removalTriesMax} ]; do
      tries=$((tries + 1))
      find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.01
    done
  done
}

plug() {
  ip netns add ${machine.namespace} || return 1
  if [ -e ${machine.cutFile} ]; then
${withInput(`    ${inSwitch}`, plugBatch(cables, machine.namespace, true), "return 1")}
  else
${withInput(`    ${inSwitch}`, plugBatch(cables, machine.namespace, false), "return 1")}
  fi
${withInput(`  ip -n ${machine.namespace} -batch -`, machineBatch(cables, families), "return 1")}
}`;
}

/** The control groups of a host, one below each root. */
export function controlGroups(inputs: Pick<PowerScriptInputs, "controlGroupRoots" | "machine">): string[] {
  return inputs.controlGroupRoots.map((root) => `${root}/${inputs.machine.machine}`);
}

/**
 * Keeps one host powered until it is switched off: makes its network, boots it, and boots it again whenever it reboots.
 * Nothing of the host is mounted where others see it, so its mounts go with its last process.
 */
export function powerScript(inputs: PowerScriptInputs): string {
  const { machine } = inputs;
  const nspawn = [
    "exec systemd-nspawn --quiet --boot --register=no --keep-unit --capability=all --link-journal=no --resolv-conf=off --timezone=off",
    `--console=read-only --kill-signal=SIGRTMIN+3 --network-namespace-path=${namespacePath(machine.namespace)}`,
    `--machine=${machine.machine} --hostname=${shellWord(machine.name)} --directory=${machine.root}`,
  ].join(" \\\n    ");
  return `#!/bin/sh
# Keeps the lab's host ${machine.name} powered; made by hapair. It ends when the host is switched off.
${rememberFunction}
remember ${machine.supervisorFile} $$ || exit 1

${networkFunctions(inputs)}

# A control group of its own lets a host be frozen as a whole, and keeps two hosts' systemd out of each other's groups.
# The mounts are private. nspawn's own notes in /run/systemd go to a private tmpfs: a host that loses power leaves none behind.
boot() {
  for group in ${controlGroups(inputs).join(" ")}; do
    mkdir -p "$group" && echo 0 > "$group/cgroup.procs" || exit 1
  done
  export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
  exec unshare --mount --propagation slave sh -c '
  mkdir -p /run/systemd && mount -t tmpfs tmpfs /run/systemd || exit 1
  mount -t overlay overlay -o lowerdir=${inputs.image},upperdir=${machine.upper},workdir=${machine.work} ${machine.root} || exit 1
  ${nspawn.replaceAll("'", `'"'"'`)}'
}

starts=0
while [ $starts -lt ${rebootsMax} ]; do
  starts=$((starts + 1))
  unplug
  plug || break
  boot &
  remember ${machine.nspawnFile} $!
  wait $!
  code=$?
  rm -f ${machine.nspawnFile}
  [ $code -eq ${rebootExitCode} ] || break
done
unplug
rm -f ${machine.supervisorFile}
`;
}

/** Starts one back end in the foreground: the image's HAProxy as a web server, in the back end's own namespace. */
export function backendScript(
  site: BackendSiteLayout,
  server: BackendSiteLayout["servers"][number],
  image: string,
): string {
  return `#!/bin/sh
# Starts the lab's back end ${server.backend.name}; made by hapair.
${rememberFunction}
remember ${server.processFile} $$ || exit 1
exec nsenter --net=${namespacePath(site.namespace)} chroot ${image} /usr/bin/env -i \\
  NAME=${shellWord(server.backend.name)} PORT=${server.backend.port} \\
  /usr/sbin/haproxy -db -f ${backendConfigurationPath}
`;
}

/** Where the image keeps the back ends' configuration. */
export const backendConfigurationPath = "/usr/share/hapair-lab/backend.cfg";

/** HAProxy as a web server that answers every request with its name. */
export const backendConfiguration = `# A back end of a hapair lab: every request is answered with 200 and the server's name.
global
  user haproxy
  group haproxy
  nbthread 1
  maxconn 4000

defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  timeout http-keep-alive 60s

frontend answers
  bind [::]:"\${PORT}" v4v6
  http-request return status 200 content-type text/plain hdr X-Lab-Backend "\${NAME}" string "\${NAME}\\n"
`;
