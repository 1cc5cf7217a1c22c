// What can happen to a node, by the names that scenario files use: one table from a name to what it does, read both ways.
// Rule: every happening has exactly one name, and what keepalived and systemd do about it is said as they were seen to do it.

import { assert } from "../base/index.ts";
import type { Happening, HappeningKind } from "./timed.ts";

/** What an event says beyond its fault; each is a key of the file (see keys.ts). */
export interface Given {
  readonly check?: string;
  readonly file?: string;
  readonly value?: number;
  readonly config?: string;
  readonly delayMs?: number;
}

/** The keys of an event that only some faults take, as the file spells them. */
export const furtherKeys = ["check", "file", "value", "config", "delay"] as const;

export type FaultKey = (typeof furtherKeys)[number];

type Direction = "in" | "out" | "both";

export interface Fault {
  /** What is done and what follows, in one line. */
  readonly happens: string;
  readonly kind: HappeningKind;
  readonly service?: "haproxy" | "keepalived" | "hapair-agent";
  readonly direction?: Direction;
  readonly process?: "child" | "parent";
  /** Further keys of its event. */
  readonly needs?: readonly FaultKey[];
  readonly allows?: readonly FaultKey[];
}

/** In the order of the reference page. */
const faultTable = {
  "stop-haproxy": {
    kind: "stop-service",
    service: "haproxy",
    happens: "systemctl stop haproxy: connections are refused, the check fails from its next run on.",
  },
  "start-haproxy": {
    kind: "start-service",
    service: "haproxy",
    happens: "systemctl start haproxy: the check passes again after its rise.",
  },
  "restart-haproxy": {
    kind: "restart-service",
    service: "haproxy",
    happens: "systemctl restart haproxy: it is gone for as long as it takes to stop and to start.",
  },
  "kill-haproxy": {
    kind: "kill-service",
    service: "haproxy",
    happens: "SIGKILL to all its processes; systemd starts it again where its unit says so.",
  },
  "hang-haproxy": {
    kind: "freeze-service",
    service: "haproxy",
    happens: "SIGSTOP: it keeps its sockets and answers nothing; systemd sees a running unit.",
  },
  "resume-haproxy": {
    kind: "thaw-service",
    service: "haproxy",
    happens: "SIGCONT: it goes on where it hung.",
  },
  "stop-keepalived": {
    kind: "stop-service",
    service: "keepalived",
    happens: "systemctl stop keepalived: the holder says goodbye (priority 0) and takes the VIP off.",
  },
  "start-keepalived": {
    kind: "start-service",
    service: "keepalived",
    happens: "systemctl start keepalived: it begins as BACKUP, once its checks have a first result.",
  },
  "restart-keepalived": {
    kind: "restart-service",
    service: "keepalived",
    happens: "systemctl restart keepalived: goodbye, then a new beginning as BACKUP.",
  },
  "kill-keepalived": {
    kind: "kill-service",
    service: "keepalived",
    happens: "SIGKILL to all its processes: no goodbye, and the VIP stays on the interface.",
  },
  "hang-keepalived": {
    kind: "freeze-service",
    service: "keepalived",
    happens: "SIGSTOP to all its processes: the VIP stays on the interface, advertisements stop.",
  },
  "resume-keepalived": {
    kind: "thaw-service",
    service: "keepalived",
    happens: "SIGCONT: it goes on in the state it hung in, MASTER beside another one if it was.",
  },
  "kill-keepalived-child": {
    kind: "kill-keepalived",
    process: "child",
    happens:
      "SIGKILL to the VRRP process alone: the parent starts another, which takes the VIP off and begins as BACKUP.",
  },
  "kill-keepalived-parent": {
    kind: "kill-keepalived",
    process: "parent",
    happens: "SIGKILL to the parent alone: the VRRP process says goodbye and ends.",
  },
  reload: {
    kind: "reload",
    allows: ["config"],
    happens: "SIGHUP: keepalived reads its file again, or the one that config names in its place.",
  },
  "stop-agent": {
    kind: "stop-service",
    service: "hapair-agent",
    happens: "systemctl stop hapair-agent.",
  },
  "start-agent": {
    kind: "start-service",
    service: "hapair-agent",
    happens: "systemctl start hapair-agent.",
  },
  "restart-agent": {
    kind: "restart-service",
    service: "hapair-agent",
    happens: "systemctl restart hapair-agent.",
  },
  "kill-agent": {
    kind: "kill-service",
    service: "hapair-agent",
    happens: "SIGKILL to the agent; systemd starts it again.",
  },
  "hang-agent": {
    kind: "freeze-service",
    service: "hapair-agent",
    happens: "SIGSTOP: the agent answers nothing until systemd's watchdog ends it.",
  },
  "resume-agent": {
    kind: "thaw-service",
    service: "hapair-agent",
    happens: "SIGCONT: the agent goes on where it hung.",
  },
  "power-off": { kind: "power-off", happens: "The machine is gone at once, without a goodbye." },
  "power-on": { kind: "power-on", happens: "The machine boots and starts its services." },
  "cut-cable": {
    kind: "cut-cable",
    happens: "The link goes down: keepalived sees it and is in FAULT, the peers hear nothing.",
  },
  "restore-cable": { kind: "restore-cable", happens: "The link comes up again." },
  isolate: {
    kind: "isolate",
    happens: "Everything the node sends and gets is lost on the way; its link stays up, so it does not know.",
  },
  rejoin: { kind: "rejoin", happens: "The node is reached again and reaches the others." },
  "delay-link": {
    kind: "delay-link",
    needs: ["delay"],
    happens: "Every packet from and to the node takes the time in delay; 0s ends it.",
  },
  "block-vrrp-in": {
    kind: "block-vrrp",
    direction: "in",
    happens: "The node's firewall drops the advertisements that arrive: it hears nobody.",
  },
  "block-vrrp-out": {
    kind: "block-vrrp",
    direction: "out",
    happens: "The node's firewall drops the advertisements that leave: nobody hears it.",
  },
  "block-vrrp": {
    kind: "block-vrrp",
    direction: "both",
    happens: "The node's firewall drops advertisements both ways.",
  },
  "unblock-vrrp": { kind: "unblock-vrrp", happens: "The node's firewall lets advertisements through again." },
  "block-backends": {
    kind: "block-backends",
    happens: "The node reaches none of the back ends' servers: connections to them are refused.",
  },
  "unblock-backends": { kind: "unblock-backends", happens: "The servers answer the node again." },
  "delete-vip": {
    kind: "delete-vip",
    happens: "ip address delete: somebody takes the VIP off the interface by hand.",
  },
  "fail-check": {
    kind: "fail-check",
    needs: ["check"],
    happens: "The vrrp_script in check fails from its next run on.",
  },
  "hang-check": {
    kind: "hang-check",
    needs: ["check"],
    happens: "The vrrp_script in check hangs from its next run on, until its time is over.",
  },
  "pass-check": {
    kind: "pass-check",
    needs: ["check"],
    happens: "The vrrp_script in check passes from its next run on.",
  },
  "write-file": {
    kind: "write-file",
    needs: ["file", "value"],
    happens: "The watched file of the track_file block in file gets the number in value.",
  },
  switch: {
    kind: "switch",
    happens: "hapair switch: the node gives the VIP to another one, and its open connections drain.",
  },
  "mend-switch": { kind: "mend-switch", happens: "Closes what a switch may have left open on the node." },
  "maintenance-on": {
    kind: "maintenance-on",
    happens: "hapair maintenance on: the VIP leaves the node, which is kept from it.",
  },
  "maintenance-off": {
    kind: "maintenance-off",
    happens: "hapair maintenance off: the node may hold the VIP again.",
  },
  roll: {
    kind: "roll",
    happens: "hapair roll with a reboot as its command: each node in its turn, the standby first.",
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faultTable;

/** The names, in the order of the reference page. */
export const faultNames = Object.keys(faultTable) as readonly FaultName[];

export function isFaultName(text: string): text is FaultName {
  return Object.hasOwn(faultTable, text);
}

export function faultOf(name: FaultName): Fault {
  return faultTable[name];
}

/** The further keys that an event of the fault may have. */
export function keysTaken(name: FaultName): readonly FaultKey[] {
  const { needs = [], allows = [] }: Fault = faultTable[name];
  return [...needs, ...allows];
}

/** The happening that `name` and what its event gives make; `given` has what the fault needs, and nothing that it does not take. */
export function happeningOf(name: FaultName, given: Given): Happening {
  const { kind, service, direction, process }: Fault = faultTable[name];
  const fixed = { kind, service, direction, process };
  // A row and the keys it takes are together one member of Happening; the tests go through every one.
  return withoutUndefined({ ...fixed, ...given }) as unknown as Happening;
}

function withoutUndefined(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

const nameBySign = new Map(faultNames.map((name) => [signOf(faultTable[name]), name]));

/** The name of a happening in a scenario file. */
export function faultNameOf(happening: Happening): FaultName {
  const name = nameBySign.get(signOf(happening));
  assert(name !== undefined, "every happening has a name");
  return name;
}

/** What the rows of the table differ in. */
function signOf({ kind, service, direction, process }: Omit<Fault, "happens">): string {
  return [kind, service, direction, process].join(" ");
}
