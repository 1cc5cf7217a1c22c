// What can become of a packet at a receiving keepalived, and how each is said to a person. Rule: no text holds a password.

import { counted, unreachable } from "../base/index.ts";
import type { IpAddress } from "../model/index.ts";
import type { PacketFault } from "./packet.ts";

/** The packet does not reach the instance. Nothing at all follows from it, and nothing is logged. */
export type Deafness =
  /** The kernel drops it, or keepalived before it asks for the VRID. */
  | { readonly because: "unreadable"; readonly fault: PacketFault }
  /** IPv6, where the kernel verifies the checksum. */
  | { readonly because: "kernel-checksum" }
  | { readonly because: "other-family" }
  /** auth_type AH on one side alone: another IP protocol, and so another socket. */
  | { readonly because: "other-protocol" }
  /** To another address or group than the instance listens on; unicast on one side and multicast on the other among it. */
  | { readonly because: "other-destination"; readonly destination: IpAddress; readonly listensOn: IpAddress }
  | { readonly because: "other-vrid"; readonly received: number; readonly expected: number };

export type AuthenticationName = "none" | "PASS" | "AH";

/** The packet reaches the instance, which logs why and ignores it; a MASTER's advert timer begins anew all the same. */
export type Refusal =
  /** keepalived does judge its digest; this does not. */
  | { readonly because: "authentication-header" }
  | { readonly because: "length"; readonly received: number; readonly expected: number }
  | { readonly because: "ttl"; readonly received: number }
  | { readonly because: "version"; readonly received: number; readonly expected: number }
  | { readonly because: "unknown-authentication"; readonly received: number }
  | {
      readonly because: "other-authentication";
      readonly received: AuthenticationName;
      readonly expected: AuthenticationName;
    }
  | { readonly because: "password" }
  | { readonly because: "interval"; readonly receivedUs: number; readonly expectedUs: number }
  | { readonly because: "type"; readonly received: number }
  | { readonly because: "address-count"; readonly received: number; readonly expected: number }
  | { readonly because: "stated-length"; readonly received: number; readonly stated: number }
  | { readonly because: "checksum" }
  | { readonly because: "destination-kind"; readonly expected: "unicast" | "multicast" }
  | { readonly because: "address-missing"; readonly missing: IpAddress }
  | { readonly because: "source"; readonly source: IpAddress };

/** Something that keepalived logs, or does, though it takes the advert. */
export type Remark =
  /** From 2.3.3: the VIPs are not ours. */
  | "other-addresses"
  /** From 2.3.3, version 3: the interval is not ours. */
  | "other-interval"
  /** "Setting unicast VRRPv3 checksum to old version": from now on it sends and expects checksums made with the group's address. */
  | "old-checksum";

export type Reception =
  | { readonly kind: "deaf"; readonly deafness: Deafness }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | Heard;

/** It goes on to the state machine. */
export interface Heard {
  readonly kind: "heard";
  readonly priority: number;
  /** In version 2 the receiver's own. */
  readonly advertIntervalUs: number;
  readonly source: IpAddress;
  readonly remarks: readonly Remark[];
}

/** Why a packet is refused, as the end of "the advert is refused because ...". */
export function describeRefusal(refusal: Refusal): string {
  switch (refusal.because) {
    case "authentication-header":
      return "it is wrapped in an authentication header (auth_type AH), which is not judged here";
    case "length":
      return `it has ${counted(refusal.received, "byte")} where its header announces ${refusal.expected}`;
    case "ttl":
      return `its TTL is ${refusal.received}: over multicast only 255 is taken, so it has come through a router or its sender sets another`;
    case "version":
      return `it is VRRP version ${refusal.received} and version ${refusal.expected} is configured here`;
    case "unknown-authentication":
      return `its authentication type is ${refusal.received}, which does not exist`;
    case "other-authentication":
      return `its auth_type is ${refusal.received} and ${refusal.expected} is configured here`;
    case "password":
      return "its password is not the one configured here (auth_pass, of which the first 8 bytes count)";
    case "interval":
      return `its advert_int is ${seconds(refusal.receivedUs)} and ${seconds(refusal.expectedUs)} is configured here, and in version 2 they must be equal`;
    case "type":
      return `its packet type is ${refusal.received}, and only 1, an advertisement, exists`;
    case "address-count":
      return `it carries ${addresses(refusal.received)} and ${refusal.expected} ${refusal.expected === 1 ? "is" : "are"} configured here (virtual_ipaddress)`;
    case "stated-length":
      return `its IP header says ${counted(refusal.stated, "byte")} and ${refusal.received} have come`;
    case "checksum":
      return "its checksum is wrong: it was damaged on the way, or its sender makes it in another way (old_unicast_checksum, v3_checksum_as_v2)";
    case "destination-kind":
      return refusal.expected === "unicast"
        ? "it is multicast and peers are configured here (unicast_peer)"
        : "it is unicast and no peers are configured here (unicast_peer)";
    case "address-missing":
      return `${refusal.missing.text} is configured here (virtual_ipaddress) and is not among its virtual addresses`;
    case "source":
      return `it comes from ${refusal.source.text}, which is not among the peers configured here (unicast_peer with check_unicast_src)`;
    default:
      return unreachable(refusal);
  }
}

/** Why a packet is not heard at all, as the end of "the advert is not heard because ...". */
export function describeDeafness(deafness: Deafness): string {
  switch (deafness.because) {
    case "unreadable":
      return "it is no whole VRRP packet";
    case "kernel-checksum":
      return "its checksum is wrong, and the kernel drops it";
    case "other-family":
      return "it is of the other address family";
    case "other-protocol":
      return "one side has auth_type AH and the other has not, so they use different IP protocols (51 and 112)";
    case "other-destination":
      return `it is sent to ${deafness.destination.text} and the instance listens on ${deafness.listensOn.text} only`;
    case "other-vrid":
      return `its virtual_router_id is ${deafness.received} and ${deafness.expected} is configured here`;
    default:
      return unreachable(deafness);
  }
}

function seconds(us: number): string {
  return `${us / 1_000_000} s`;
}

function addresses(count: number): string {
  return counted(count, "virtual address", "virtual addresses");
}
