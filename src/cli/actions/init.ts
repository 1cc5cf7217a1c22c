// hapair init: a pair.yaml and a haproxy.cfg to start from, in the document's form, with every choice explained where it is made.
// With --from existing files are read instead (init-from.ts).

import { access, mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { HapairError } from "../../base/index.ts";
import type { InitFlags } from "../commands/file-commands.ts";
import { type HapairContext, printJson } from "../context.ts";

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

# The agent tells people, gives the VIP up when HAProxy is of no use here but is there, and says why things happened (needs nodejs on the nodes):
# agent: { key: { env: EXT_LB_AGENT_KEY } }                  made once: openssl rand -hex 32
# traffic: { web-servers: { backend: web, servers_up: 1 } }
# alerts:
#   routes:
#     ops: { email: [ops@example.com], from: hapair@example.com, smtp: { host: mail.example.com, user: hapair, password: { env: SMTP_PASSWORD } } }
#     chat: { slack: { env: SLACK_URL } }                    or teams, pagerduty, webhook, alertmanager, sendmail
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

/** Writes pair.yaml (and without --from haproxy.cfg); refuses to replace what is there unless told to. */
export async function init(this: HapairContext, flags: InitFlags, ...paths: string[]): Promise<void> {
  if (flags.from !== undefined && flags.from.length > 0) {
    const { initFrom } = await import("./init-from.ts");
    await initFrom(this, flags, [...flags.from, ...paths]);
    return;
  }
  const folder = exampleFolder(flags, paths);
  const directory = resolve(folder ?? ".");
  const files = [
    { path: join(directory, "pair.yaml"), text: PAIR_YAML },
    { path: join(directory, "haproxy.cfg"), text: HAPROXY_CFG },
  ];
  await writeNewFiles(files, flags.force === true);
  if (flags.json === true) {
    printJson(this, { wrote: files.map(({ path }) => path) });
    return;
  }
  for (const { path } of files) this.process.stdout.write(`wrote ${path}\n`);
  this.process.stdout.write(
    `\nNext: put your addresses in, then\n  EXT_LB_VRRP_PASSWORD=... hapair render ${folder ?? ""}${folder === undefined ? "" : "/"}pair.yaml\n`,
  );
}

/** The one folder that was named, if one was; throws where the words make sense only with --from. */
function exampleFolder(flags: InitFlags, paths: readonly string[]): string | undefined {
  const folders = [...paths, ...(flags.output === undefined ? [] : [flags.output])];
  const needFrom = (["haproxy", "address", "name"] as const).filter(
    (key) => flags[key] !== undefined && flags[key].length > 0,
  );
  if (folders.length <= 1 && needFrom.length === 0) return folders[0];
  throw new HapairError({
    kind: "usage",
    code: "bad-flag",
    message:
      needFrom.length > 0
        ? `${needFrom.map((key) => `--${key}`).join(" and ")} ${needFrom.length === 1 ? "goes" : "go"} with --from`
        : `one folder is wanted, not ${folders.length}`,
    hint: "To make a pair.yaml of existing files: hapair init --from lb1.conf lb2.conf --haproxy haproxy.cfg",
  });
}

/** Writes all files or none: what is there is replaced only with `force`. */
export async function writeNewFiles(
  files: readonly { readonly path: string; readonly text: string }[],
  force: boolean,
): Promise<void> {
  const present: string[] = [];
  for (const file of files) if (await exists(file.path)) present.push(file.path);
  if (present.length > 0 && !force) {
    throw new HapairError({
      kind: "usage",
      code: "file-exists",
      message: `${present.join(" and ")} ${present.length === 1 ? "is" : "are"} there already; nothing was written`,
      hint: "Name another folder, or replace with --force.",
    });
  }
  for (const file of files) {
    await mkdir(dirname(file.path), { recursive: true });
    await writeFile(file.path, file.text);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
