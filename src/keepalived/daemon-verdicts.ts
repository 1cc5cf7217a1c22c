// What the daemon finds out about an instance once it has read everything: settings that another setting takes away, instances it drops.
// (vrrp_complete_instance in vrrp/vrrp.c; keepalived-behaviour 2, 5 and 7.) These have no line in its messages, only the instance's name.

import type { Span } from "../diagnostics/index.ts";
import type { Complaint, ComplaintKind } from "./complaint.ts";
import type { KeepalivedInstance } from "./instance.ts";

interface Verdict {
  readonly kind: ComplaintKind;
  /** The line it is about; where there is none, the instance. */
  readonly keyword: string;
  readonly applies: (instance: KeepalivedInstance) => boolean;
  readonly message: (instance: KeepalivedInstance) => string;
  /** The daemon exits. */
  readonly fatal?: boolean;
}

const OWNER_PRIORITY = 255;

const VERDICTS: readonly Verdict[] = [
  {
    kind: "dropped",
    keyword: "virtual_router_id",
    applies: ({ virtualRouterId }) => virtualRouterId === undefined,
    message: ({ name }) => `${name} has no usable virtual_router_id, and is left out`,
  },
  {
    kind: "dropped",
    keyword: "interface",
    applies: (instance) => instance.interface === undefined && instance.unicastPeers.length === 0,
    message: ({ name }) => `${name} has no interface, and is left out`,
  },
  {
    kind: "dropped",
    keyword: "virtual_ipaddress",
    fatal: true,
    // Addresses that are there and unreadable are complained of as such.
    applies: (instance) =>
      instance.virtualIpaddresses.length + instance.unreadableVirtualIpaddresses.length === 0 &&
      (instance.version === 3 || instance.strict) &&
      !instance.lines.has("no_virtual_ipaddress"),
    message: ({ name, strict }) =>
      `${name} has no virtual_ipaddress, which ${strict ? "strict mode" : "VRRP version 3"} asks for`,
  },
  {
    kind: "overruled",
    keyword: "nopreempt",
    applies: ({ nopreempt, nopreemptWritten }) => nopreemptWritten && !nopreempt,
    message: ({ name, priority }) =>
      `nopreempt of ${name} is cleared by ${priority === OWNER_PRIORITY ? "priority 255" : "state MASTER"}`,
  },
  {
    kind: "overruled",
    keyword: "authentication",
    applies: ({ authentication, version }) => authentication !== undefined && version === 3,
    message: ({ name }) => `${name} is of version 3, which has no authentication`,
  },
  {
    kind: "password-missing",
    keyword: "authentication",
    applies: ({ authentication, version, strict }) =>
      authentication !== undefined && authentication.password === undefined && version === 2 && !strict,
    message: ({ name }) => `${name} has auth_type and no password, and runs without authentication`,
  },
  {
    kind: "deprecated",
    keyword: "unicast_peer",
    applies: ({ unicastMeant, unicastPeers }) => unicastMeant && unicastPeers.length === 0,
    message: ({ name }) => `${name} has a unicast keyword and no peer, and uses multicast`,
  },
];

/** What the daemon says of whole instances, in the order of the file. */
export function judgeInstances(instances: readonly KeepalivedInstance[]): Complaint[] {
  return instances.flatMap((instance) =>
    VERDICTS.filter(({ applies }) => applies(instance)).map(({ kind, keyword, message, fatal = false }) => ({
      kind,
      keyword,
      context: "vrrp_instance",
      span: placeOf(instance, keyword),
      value: instance.name,
      message: message(instance),
      fatal,
      silent: false,
    })),
  );
}

/** The keyword's line, or the beginning of the block. */
function placeOf({ lines, span }: KeepalivedInstance, keyword: string): Span {
  return lines.get(keyword) ?? { start: span.start, end: span.start + "vrrp_instance".length };
}
