// hapair init: a pair.yaml and a haproxy.cfg to start from, in the document's form, with every choice explained where it is made.

import { access, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { HapairError } from "../../base/index.ts";
import type { InitFlags } from "../commands/file-commands.ts";
import type { HapairContext } from "../context.ts";

const PAIR_YAML = `# One file describes the pair. hapair explain NAME says what a parameter does; everything not said here has the document's value.
pair: ext-lb
nodes:                                    # in order of preference
  extlb-01: { address: 10.150.160.30, interface: ens192 }
  extlb-02: { address: 10.150.160.31, interface: ens192 }
  # ssh: admin@mgmt-01:22                 where SSH goes elsewhere than to the address; root, or a user who may sudo
vips: { ext-lb-VIP: 10.150.160.32/32 }
vrrp: { id: 50, password: { env: EXT_LB_VRRP_PASSWORD } }   # the password's value stays outside this file: env, file or command
haproxy: { config: ./haproxy.cfg }
# profile: fast                           sub-second failover (VRRPv3, advertisements every 0.1 s); default: classic
`;

const HAPROXY_CFG = `# The service behind the virtual address. hapair adds a second file for health, statistics and its own socket.
global
    log /dev/log local0
    user haproxy
    group haproxy
    stats socket /run/haproxy/admin.sock mode 660 level admin expose-fd listeners

defaults
    mode http
    log global
    option httplog
    option dontlognull
    timeout connect 2s
    timeout client 30s
    timeout server 30s

frontend web
    bind *:80
    default_backend web

backend web
    balance roundrobin
    option httpchk GET /
    server web-01 10.150.160.41:80 check inter 1s
    server web-02 10.150.160.42:80 check inter 1s
`;

/** Writes pair.yaml and haproxy.cfg; refuses to replace what is there unless told to. */
export async function init(this: HapairContext, flags: InitFlags, folder?: string): Promise<void> {
  const directory = resolve(folder ?? ".");
  await mkdir(directory, { recursive: true });
  const files = [
    { path: join(directory, "pair.yaml"), text: PAIR_YAML },
    { path: join(directory, "haproxy.cfg"), text: HAPROXY_CFG },
  ];
  const present: string[] = [];
  for (const file of files) if (await exists(file.path)) present.push(file.path);
  if (present.length > 0 && flags.force !== true) {
    throw new HapairError({
      kind: "usage",
      code: "file-exists",
      message: `${present.join(" and ")} ${present.length === 1 ? "is" : "are"} there already; nothing was written`,
      hint: "Name another folder, or replace with --force.",
    });
  }
  for (const file of files) {
    await writeFile(file.path, file.text);
    this.process.stdout.write(`wrote ${file.path}\n`);
  }
  this.process.stdout.write(
    `\nNext: put your addresses in, then\n  EXT_LB_VRRP_PASSWORD=... hapair render ${folder ?? ""}${folder === undefined ? "" : "/"}pair.yaml\n`,
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
