// Where a lab's things are and what they are called: directories, namespaces, ports, control groups.
// Rule: pure, and exact: every name follows from the specification alone, so clean-up removes by exact name and never by a pattern.
import { interfacesOf, type LabAddress, type LabBackend, type LabNode, type LabSpec } from "./lab-spec.ts";

/** Each running lab has a directory here (0700). It is lost with the machine's memory, as the lab is. */
export const labsDirectory = "/run/hapair/labs";
/**
 * The hosts' disks. A real file system and not memory: what a host's fsync waits for is then real, a full disk is a real one,
 * and a host's files cost no memory. An overlay's upper layer cannot be on an overlay, so this may not be one.
 */
export const disksDirectory = "/var/lib/hapair/labs";

/** One cable: a port of the switch and the interface it is plugged into. */
export interface Cable {
  /** At most 15 characters; the switch has a namespace of its own, so it needs no lab in its name. */
  readonly port: string;
  readonly interface: string;
  /** Fixed for the life of the lab, as a real card's is. */
  readonly hardwareAddress: string;
  /** What the interface has when the machine is switched on. */
  readonly addresses: readonly LabAddress[];
}

export interface MachineLayout {
  readonly name: string;
  readonly namespace: string;
  /** What nspawn calls it; unique among labs. */
  readonly machine: string;
  readonly directory: string;
  readonly script: string;
  readonly supervisorFile: string;
  readonly nspawnFile: string;
  /** Present while the cable is cut. */
  readonly cutFile: string;
  readonly consoleLog: string;
  readonly root: string;
  readonly upper: string;
  readonly work: string;
  readonly cables: readonly Cable[];
}

export interface BackendSiteLayout {
  readonly namespace: string;
  readonly cable: Cable;
  readonly servers: readonly {
    readonly backend: LabBackend;
    readonly script: string;
    readonly processFile: string;
    readonly log: string;
  }[];
}

export interface LabLayout {
  readonly directory: string;
  readonly disks: string;
  readonly stateFile: string;
  readonly privateKey: string;
  readonly knownHosts: string;
  readonly sshConfig: string;
  readonly switchNamespace: string;
  readonly clientNamespace: string;
  readonly clientCable: Cable;
  readonly machines: readonly MachineLayout[];
  /** Back ends that share an address share a namespace. */
  readonly backendSites: readonly BackendSiteLayout[];
  /** Every namespace of the lab. */
  readonly namespaces: readonly string[];
}

/** Where `ip netns` keeps the namespace called `name`. */
export function namespacePath(name: string): string {
  return `/run/netns/${name}`;
}

/** A locally administered address that says which cable it is: the same numbers in every lab, since no two labs share a wire. */
function hardwareAddress(kind: number, index: number, card: number): string {
  const bytes = [0x02, 0x68, 0x70, kind, index, card];
  return bytes.map((byte) => (byte & 0xff).toString(16).padStart(2, "0")).join(":");
}

function machineLayout(spec: LabSpec, node: LabNode, index: number): MachineLayout {
  const directory = `${labsDirectory}/${spec.name}/hosts/${node.name}`;
  const disk = `${disksDirectory}/${spec.name}/${node.name}`;
  return {
    name: node.name,
    // By number: a name behind a name could read as another lab's.
    namespace: `hapair-${spec.name}-host-${index + 1}`,
    machine: `hapair-${spec.name}-${index + 1}`,
    directory,
    script: `${directory}/power-on`,
    supervisorFile: `${directory}/supervisor`,
    nspawnFile: `${directory}/nspawn`,
    cutFile: `${directory}/cable-cut`,
    consoleLog: `${directory}/console.log`,
    root: `${directory}/root`,
    upper: `${disk}/upper`,
    work: `${disk}/work`,
    cables: interfacesOf(node).map(({ name, addresses }, card) => ({
      port: `host-${index + 1}-${card + 1}`,
      interface: name,
      hardwareAddress: hardwareAddress(1, index + 1, card + 1),
      addresses,
    })),
  };
}

function backendSites(spec: LabSpec): BackendSiteLayout[] {
  const byAddress = new Map<string, LabBackend[]>();
  for (const backend of spec.backends) {
    byAddress.set(backend.address, [...(byAddress.get(backend.address) ?? []), backend]);
  }
  return [...byAddress].map(([address, backends], index) => ({
    namespace: `hapair-${spec.name}-backend-${index + 1}`,
    cable: {
      port: `backend-${index + 1}`,
      interface: "eth0",
      hardwareAddress: hardwareAddress(2, index + 1, 1),
      addresses: [{ address, prefixLength: backends[0]?.prefixLength ?? 32 }],
    },
    servers: backends.map((backend) => {
      const base = `${labsDirectory}/${spec.name}/backends/${backend.name}`;
      return { backend, script: `${base}.start`, processFile: `${base}.process`, log: `${base}.log` };
    }),
  }));
}

/** Every path and name of the lab that `spec` describes. */
export function labLayout(spec: LabSpec): LabLayout {
  const directory = `${labsDirectory}/${spec.name}`;
  const machines = spec.nodes.map((node, index) => machineLayout(spec, node, index));
  const sites = backendSites(spec);
  const switchNamespace = `hapair-${spec.name}-switch`;
  const clientNamespace = `hapair-${spec.name}-client`;
  return {
    directory,
    disks: `${disksDirectory}/${spec.name}`,
    stateFile: `${directory}/lab.json`,
    privateKey: `${directory}/id_ed25519`,
    knownHosts: `${directory}/known_hosts`,
    sshConfig: `${directory}/ssh_config`,
    switchNamespace,
    clientNamespace,
    clientCable: {
      port: "client",
      interface: "eth0",
      hardwareAddress: hardwareAddress(3, 1, 1),
      addresses: spec.client.addresses,
    },
    machines,
    backendSites: sites,
    namespaces: [
      ...machines.map((machine) => machine.namespace),
      ...sites.map((site) => site.namespace),
      clientNamespace,
      switchNamespace,
    ],
  };
}
