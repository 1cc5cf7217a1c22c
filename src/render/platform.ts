// What differs between distributions, as one table. Debian and Ubuntu are tested; the RHEL family is known and not tested.

/** A unit's command lines as its own fragments write them, hapair's drop-in left out. */
export interface UnitCommands {
  readonly execStart: readonly string[];
  readonly execReload: readonly string[];
}

export interface Platform {
  readonly family: "debian" | "rhel";
  readonly tested: boolean;
  /** The command that installs both daemons, for messages. */
  readonly installCommand: string;
  readonly haproxyUnit: UnitCommands;
  readonly runtimeSocket: string;
  /** The agent's, which its group may use. */
  readonly agentSocket: string;
  readonly nodeProgram: string;
  /** The command that installs Node.js, for messages. */
  readonly nodeInstallCommand: string;
  readonly nftCommand: string;
}

export const platforms: Readonly<Record<Platform["family"], Platform>> = {
  debian: {
    family: "debian",
    tested: true,
    installCommand: "apt-get install keepalived haproxy curl",
    haproxyUnit: {
      execStart: ["/usr/sbin/haproxy -Ws -f $CONFIG -p $PIDFILE $EXTRAOPTS"],
      execReload: ["/usr/sbin/haproxy -Ws -f $CONFIG -c -q $EXTRAOPTS", "/bin/kill -USR2 $MAINPID"],
    },
    runtimeSocket: "/run/haproxy/hapair.sock",
    agentSocket: "/run/haproxy/hapair-agent.sock",
    nodeProgram: "/usr/bin/node",
    nodeInstallCommand: "apt-get install nodejs",
    nftCommand: "/usr/sbin/nft",
  },
  rhel: {
    family: "rhel",
    tested: false,
    installCommand: "dnf install keepalived haproxy curl",
    haproxyUnit: {
      execStart: ["/usr/sbin/haproxy -Ws -f $CONFIG -f $CFGDIR -p $PIDFILE $OPTIONS"],
      execReload: ["/usr/sbin/haproxy -f $CONFIG -f $CFGDIR -c -q $OPTIONS", "/bin/kill -USR2 $MAINPID"],
    },
    runtimeSocket: "/var/lib/haproxy/hapair.sock",
    agentSocket: "/var/lib/haproxy/hapair-agent.sock",
    nodeProgram: "/usr/bin/node",
    nodeInstallCommand: "dnf install nodejs",
    nftCommand: "/usr/sbin/nft",
  },
};

const DEBIAN_LIKE = new Set(["debian", "ubuntu", "devuan", "linuxmint", "raspbian"]);
const RHEL_LIKE = new Set(["rhel", "centos", "rocky", "almalinux", "fedora", "ol"]);

/** The family of an os-release ID (and ID_LIKE); undefined where hapair knows nothing of it. */
export function platformOf(id: string, idLike: readonly string[] = []): Platform | undefined {
  for (const name of [id, ...idLike]) {
    if (DEBIAN_LIKE.has(name)) return platforms.debian;
    if (RHEL_LIKE.has(name)) return platforms.rhel;
  }
  return undefined;
}

/**
 * The unit's command lines with hapair's second file after the last `-f`, so that it is read last.
 * Lines that do not load a configuration (the kill of a reload) stay as they are.
 */
export function withSecondFile(commands: readonly string[], secondFile: string): string[] {
  return commands.map((command) => {
    const last = [...command.matchAll(/\s-f\s+\S+/g)].at(-1);
    if (last === undefined) return command;
    const end = last.index + last[0].length;
    return `${command.slice(0, end)} -f ${secondFile}${command.slice(end)}`;
  });
}
