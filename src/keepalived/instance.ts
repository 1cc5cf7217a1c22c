// What a vrrp_instance says, with the daemon's defaults in place of what it does not say. Values only.

import type { Span } from "../diagnostics/index.ts";
import type { Family, IpAddress } from "../model/index.ts";

/** One line of virtual_ipaddress or virtual_ipaddress_excluded. */
export interface VirtualIpaddress {
  readonly address: IpAddress;
  /** 32 or 128 where the file gives none. */
  readonly prefixLength: number;
  /** `dev`; without it the instance's interface. */
  readonly device?: string;
  readonly span: Span;
}

/** A peer's address; what stands behind it (min_ttl, max_ttl) is not told. */
export interface UnicastPeer {
  readonly address: IpAddress;
  readonly span: Span;
}

/** One line of track_script, track_file, track_interface or track_process. */
export interface TrackEntry {
  readonly name: string;
  /** As given on this line; absent: what the tracked thing says itself. */
  readonly weight?: number;
  readonly reverse: boolean;
  readonly span: Span;
}

export interface KeepalivedInstance {
  readonly name: string;
  /**
   * What the block asks for. One line `state MASTER` is enough, whatever comes after; any other word is BACKUP; without a line it is MASTER at
   * priority 255. (With auth_type AH, or in a sync group of mixed states, the daemon makes BACKUP of a MASTER later.)
   */
  readonly state: "MASTER" | "BACKUP";
  /** Absent: no line, and the daemon does not run this instance. */
  readonly interface?: string;
  /** Absent: no usable line, and the daemon drops this instance. */
  readonly virtualRouterId?: number;
  /** The base priority. Without a line 100, with `state MASTER` 255. */
  readonly priority: number;
  readonly version: 2 | 3;
  /** Decided by the first address of the instance; addresses of the other family are dropped from all but the excluded ones. */
  readonly family: Family;
  readonly advertIntervalUs: number;
  /** Whether the flag is in force: `state MASTER` and priority 255 take it away. */
  readonly nopreempt: boolean;
  /** Whether the file asks for it (the last of nopreempt and preempt counts). */
  readonly nopreemptWritten: boolean;
  readonly preemptDelayUs: number;
  readonly unicastSourceIp?: IpAddress;
  /** Empty: adverts go to the multicast group, also where unicast_src_ip is given. */
  readonly unicastPeers: readonly UnicastPeer[];
  readonly virtualIpaddresses: readonly VirtualIpaddress[];
  readonly excludedVirtualIpaddresses: readonly VirtualIpaddress[];
  readonly trackScripts: readonly TrackEntry[];
  readonly trackFiles: readonly TrackEntry[];
  readonly trackInterfaces: readonly TrackEntry[];
  readonly trackProcesses: readonly TrackEntry[];
  /**
   * As written; without effect in version 3, and of PASS without a password. The password itself stays in the text, `passwordSpan` says where
   * (of one that comes of a definition, only in which line); the daemon uses its first 8 bytes.
   */
  readonly authentication?: { readonly type: "PASS" | "AH"; readonly passwordSpan?: Span };
  readonly span: Span;
  /** By keyword: where the line is that gave the value. A keyword that is absent here has its default. */
  readonly lines: ReadonlyMap<string, Span>;
}
