// Every key of the pair file: what it is for, what it wants, and an example. The JSON Schema and the messages both read it.
// Rule: a key of the schema has its line here (a test compares the two). `*` stands for a name or a list's index.

import { agentFields } from "./fields-agent.ts";

export interface Field {
  /** For editors and for the reference page. */
  readonly description: string;
  /** What is wanted, to end the sentence "... is wanted here". */
  readonly wanted: string;
  /** What to write. */
  readonly example: string;
}

export const fieldTable: Readonly<Record<string, Field>> = {
  pair: {
    description: "The pair's name; in the short form also the name of its one router.",
    wanted: "a name",
    example: "pair: ext-lb",
  },
  profile: {
    description:
      "classic: the page's values (VRRP version 2, 1 s). fast: VRRP version 3, 0.1 s, priorities from 254 down.",
    wanted: "classic or fast",
    example: "profile: classic",
  },
  nodes: {
    description: "The nodes by name, most preferred first; two or more.",
    wanted: "a map of node names",
    example:
      "nodes: { lb1: { address: 192.0.2.11, interface: eth0 }, lb2: { address: 192.0.2.12, interface: eth0 } }",
  },
  "nodes.*": {
    description: "One node.",
    wanted: "a map with address and interface",
    example: "{ address: 192.0.2.11, interface: eth0 }",
  },
  "nodes.*.address": {
    description:
      "The node's own address, or a list of one IPv4 and one IPv6 address. Advertisements go between these.",
    wanted: "an IP address, or a list of one IPv4 and one IPv6 address",
    example: "address: 192.0.2.11",
  },
  "nodes.*.address.*": {
    description: "One of the node's addresses.",
    wanted: "an IP address",
    example: '[192.0.2.11, "2001:db8::11"]',
  },
  "nodes.*.interface": {
    description:
      "The interface that speaks VRRP and holds the virtual addresses; the page wants the same name on every node.",
    wanted: "an interface's name",
    example: "interface: ens192",
  },
  "nodes.*.ssh": {
    description:
      "Where SSH goes if not to the address: [user@]host[:port] (IPv6 in brackets), or a map of user, host and port.",
    wanted: "[user@]host[:port], or a map of user, host and port",
    example: "ssh: admin@mgmt-01:22",
  },
  "nodes.*.ssh.user": {
    description: "The user to log in as: root, or one who may sudo.",
    wanted: "a user's name",
    example: "user: admin",
  },
  "nodes.*.ssh.host": {
    description: "Host name, address, or a Host of your ssh configuration.",
    wanted: "a host name or address",
    example: "host: mgmt-01",
  },
  "nodes.*.ssh.port": { description: "TCP port.", wanted: "a port number", example: "port: 22" },
  vips: {
    description: "The virtual addresses of the one router, by name. Several routers: see routers.",
    wanted: "a map of virtual addresses",
    example: "vips: { web: 192.0.2.50/32 }",
  },
  "vips.*": {
    description:
      "ADDRESS or ADDRESS/LENGTH (without a length /32, IPv6 /128), or a map of address and interface.",
    wanted: "an address such as 192.0.2.50/32, or a map of address and interface",
    example: "web: 192.0.2.50/32",
  },
  "vips.*.address": {
    description: "ADDRESS or ADDRESS/LENGTH.",
    wanted: "an address such as 192.0.2.50/32",
    example: "address: 192.0.2.50/32",
  },
  "vips.*.interface": {
    description: "Where it lives, if not on the node's own interface.",
    wanted: "an interface's name",
    example: "interface: bond1",
  },
  vrrp: {
    description: "VRRP's settings of the one router; beside routers, what all of them have in common.",
    wanted: "a map with id and password",
    example: "vrrp: { id: 50, password: { env: VRRP_PASSWORD } }",
  },
  routers: {
    description: "Several virtual routers by name, for example two with crossed preference (active/active).",
    wanted: "a map of routers",
    example: "routers: { web: { id: 50, vips: { web4: 192.0.2.50/32 } } }",
  },
  "routers.*": {
    description: "One virtual router.",
    wanted: "a map with id and vips",
    example: "{ id: 50, vips: { web4: 192.0.2.50/32 } }",
  },
  "routers.*.prefer": {
    description: "Every node once, most preferred first; without it the order of nodes.",
    wanted: "a list of every node's name",
    example: "prefer: [lb1, lb2]",
  },
  "routers.*.prefer.*": {
    description: "A node's name.",
    wanted: "a node's name",
    example: "prefer: [lb1, lb2]",
  },
  check: {
    description:
      "How keepalived checks HAProxy: its unit is active and the local health address answers in time.",
    wanted: "a map with interval, fall, rise or time_limit",
    example: "check: { interval: 2, fall: 2, rise: 1 }",
  },
  "check.interval": {
    description: "Seconds from one check to the next.",
    wanted: "a whole number of seconds",
    example: "interval: 2",
  },
  "check.fall": {
    description: "Failures in a row before the node is down.",
    wanted: "a whole number",
    example: "fall: 2",
  },
  "check.rise": {
    description: "Successes in a row before the node is up.",
    wanted: "a whole number",
    example: "rise: 1",
  },
  "check.time_limit": {
    description: "Seconds the health address has to answer.",
    wanted: "a number of seconds",
    example: "time_limit: 0.5",
  },
  haproxy: {
    description: "HAProxy's own files.",
    wanted: "a map with config",
    example: "haproxy: { config: ./haproxy.cfg }",
  },
  "haproxy.config": {
    description: "Your haproxy.cfg, relative to the pair file.",
    wanted: "a path",
    example: "config: ./haproxy.cfg",
  },
  "haproxy.files": {
    description: "Further files for HAProxy (certificates, maps, Lua, error pages), the same on every node.",
    wanted: "a list of { from, to }",
    example: "files: [{ from: ./site.pem, to: /etc/haproxy/site.pem }]",
  },
  "haproxy.files.*": {
    description: "One file.",
    wanted: "a map with from and to",
    example: "{ from: ./site.pem, to: /etc/haproxy/site.pem }",
  },
  "haproxy.files.*.from": {
    description: "Its path here, relative to the pair file.",
    wanted: "a path",
    example: "from: ./site.pem",
  },
  "haproxy.files.*.to": {
    description: "Its absolute path on the node.",
    wanted: "an absolute path",
    example: "to: /etc/haproxy/site.pem",
  },
  "haproxy.files.*.mode": {
    description: "Its mode in octal; without it 0644, and 0600 for a secret.",
    wanted: "three or four octal digits",
    example: 'mode: "0640"',
  },
  "haproxy.files.*.secret": {
    description: "Whether its content is masked in every output; without it true for .pem and .key files.",
    wanted: "true or false",
    example: "secret: true",
  },
  "haproxy.health": {
    description:
      "Where hapair's own second file lets HAProxy answer health and statistics: a loopback address and port.",
    wanted: "a loopback address and a port",
    example: "health: 127.0.0.1:8405",
  },
  promises: {
    description:
      "What the pair must keep: the longest client-seen outage for each kind of failure, and whether failback may happen. Drill judges by it.",
    wanted: "a map of promises",
    example: "promises: { node_loss_ms: 3600, failback: never }",
  },
  "promises.service_stop_ms": promise("HAProxy is stopped (systemctl stop)", "service_stop_ms: 650"),
  "promises.service_crash_ms": promise("HAProxy is killed", "service_crash_ms: 400"),
  "promises.service_hang_ms": promise("HAProxy hangs", "service_hang_ms: 5000"),
  "promises.node_loss_ms": promise("the node loses power or its cable", "node_loss_ms: 3600"),
  "promises.keepalived_stop_ms": promise("keepalived is stopped or restarted", "keepalived_stop_ms: 650"),
  "promises.failback": {
    description:
      "never: nodes and services that return do not take the virtual address back (nopreempt on every node). allowed: the preferred node does. After a partition heals the higher priority wins either way.",
    wanted: "never or allowed",
    example: "failback: never",
  },
  maintenance: {
    description:
      "What a node under maintenance does when its peers fall silent, and how long maintenance and draining last.",
    wanted: "a map with last_resort, silence, limit or drain",
    example: "maintenance: { last_resort: take, silence: 10s, limit: 2h, drain: 60s }",
  },
  "maintenance.last_resort": {
    description:
      "take (the default): a node under maintenance takes the virtual address when its peers have been silent for `silence`, rather than nobody. stay: it never does.",
    wanted: "take or stay",
    example: "last_resort: take",
  },
  "maintenance.last-resort": {
    description: "The same as last_resort.",
    wanted: "take or stay",
    example: "last_resort: take",
  },
  "maintenance.silence": {
    description:
      "How long the peers' advertisements must be missing, 5s to 10m; without it 10s, or as long as a restart of keepalived takes where that is longer.",
    wanted: "a time with its unit",
    example: "silence: 10s",
  },
  "maintenance.limit": {
    description: "How long `hapair maintenance on` lasts without --for, 1m to 7d; without it 2h.",
    wanted: "a time with its unit",
    example: "limit: 2h",
  },
  "maintenance.drain": {
    description:
      "How long `hapair switch` and maintenance wait for connections to end without --drain, 0s to 1h; without it 60s.",
    wanted: "a time with its unit",
    example: "drain: 60s",
  },
  network: {
    description: "The nodes' network managers.",
    wanted: "a map",
    example: "network: { keep_configuration: true }",
  },
  "network.keep_configuration": {
    description:
      "Whether systemd-networkd is told to leave foreign addresses on the interface (KeepConfiguration=).",
    wanted: "true or false",
    example: "keep_configuration: true",
  },
  ...forBoth("id", {
    description: "The virtual router's number (virtual_router_id), 1 to 255, unique in the network.",
    wanted: "a number from 1 to 255",
    example: "id: 50",
  }),
  ...forBoth("password", {
    description:
      "VRRP version 2's password, as a reference: { env: NAME }, { file: PATH } or { command: COMMAND }. At most 8 bytes.",
    wanted: "a reference such as { env: VRRP_PASSWORD }",
    example: "password: { env: VRRP_PASSWORD }",
  }),
  ...forBoth("password.env", {
    description: "An environment variable of the one who runs hapair.",
    wanted: "a variable's name",
    example: "{ env: VRRP_PASSWORD }",
  }),
  ...forBoth("password.file", {
    description: "A file, relative to the pair file; its first line is the secret.",
    wanted: "a path",
    example: "{ file: ./vrrp-password }",
  }),
  ...forBoth("password.command", {
    description: "A command that prints the secret.",
    wanted: "a command",
    example: "{ command: pass show vrrp }",
  }),
  ...forBoth("advert_int", {
    description:
      "Seconds between advertisements: whole in version 2, 0.01 to 40.95 in version 3. A node that dies is replaced after three and a skew.",
    wanted: "a number of seconds",
    example: "advert_int: 1",
  }),
  ...forBoth("version", {
    description:
      "VRRP's version: 2 (with a password, whole seconds) or 3 (without, down to 0.01 s). An IPv6-only router is version 3.",
    wanted: "2 or 3",
    example: "version: 2",
  }),
  ...agentFields,
};

function promise(event: string, example: string): Field {
  return {
    description: `The longest outage a client may see when ${event}, in milliseconds.`,
    wanted: "a number of milliseconds",
    example,
  };
}

function forBoth(key: string, field: Field): Record<string, Field> {
  return { [`vrrp.${key}`]: field, [`routers.*.${key}`]: field };
}

/** A place in the file: keys and list indexes from the top. */
export type Path = readonly (string | number)[];

// Below these keys the next key is a name the user chose.
const NAMED_BELOW: ReadonlySet<string> = new Set([
  "nodes",
  "vips",
  "routers",
  "routers.*.vips",
  "alerts.routes",
  "alerts.routes.*.headers",
  "alerts.patience",
  "traffic",
]);

/** The pattern of a path in {@link fieldTable}'s spelling: `["nodes", "lb1", "ssh"]` is `nodes.*.ssh`. */
export function fieldPattern(path: Path): string {
  let pattern = "";
  for (const part of path) {
    const word = typeof part === "number" || NAMED_BELOW.has(pattern) ? "*" : part;
    pattern = pattern === "" ? word : `${pattern}.${word}`;
  }
  return pattern;
}

/** What is known of the keys of that pattern; the virtual addresses of a router read like those of the short form. */
export function fieldOf(pattern: string): Field | undefined {
  const known = pattern.replace(/^routers\.\*\.vips/, "vips");
  return Object.hasOwn(fieldTable, known) ? fieldTable[known] : undefined;
}

/** What is known of the key at `path`. */
export function fieldAt(path: Path): Field | undefined {
  return fieldOf(fieldPattern(path));
}

/** How a place reads in a sentence: `nodes.lb1.address`, `haproxy.files[0].to`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}
