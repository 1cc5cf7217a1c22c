// What a vrrp_instance says, with the daemon's defaults in place of what it does not say. Values only.

import type { Span } from "../diagnostics/index.ts";
import type { Family, IpAddress } from "../model/index.ts";
import type { CommandLine } from "./configuration.ts";
import type { MaskedText } from "./masked-text.ts";

/** One line of virtual_ipaddress or virtual_ipaddress_excluded. */
export interface VirtualIpaddress {
  readonly address: IpAddress;
  /** 32 or 128 where the file gives none. */
  readonly prefixLength: number;
  /** `dev`; without it the instance's interface. */
  readonly device?: string;
  /** Whether the line gives a prefix length. */
  readonly prefixWritten: boolean;
  readonly span: Span;
}

/** A line the daemon cannot read as what it should be, and skips. */
export interface UnreadableLine {
  readonly text: string;
  readonly span: Span;
}

/** A peer's address; what stands behind it (min_ttl, max_ttl) is not told. */
export interface UnicastPeer {
  readonly address: IpAddress;
  readonly span: Span;
}

/** Why the daemon ignores a line that names something to watch. */
export type UntrackedReason =
  /** There is no such script (file, process), or the daemon drops it. */
  | "undefined"
  /** It is defined, but only further down in the file. */
  | "defined-later"
  /** What stands behind the name is no `weight` with a number. */
  | "option-unreadable"
  /** It has a weight, and the instance is in a sync group: weights do not count there without sync_group_tracking_weight. */
  | "weight-in-sync-group"
  /** It has a weight, and the instance's priority is 255: weights do not count there. */
  | "weight-of-owner"
  /** The interface is the instance's own, which is watched anyway, with weight 0 (not with dont_track_primary). */
  | "own-interface";

/** One line of track_script, track_file, track_interface or track_process. */
export interface TrackEntry {
  readonly name: string;
  /** As given on this line; absent: what the tracked thing says itself. */
  readonly weight?: number;
  readonly reverse: boolean;
  /** false: the daemon ignores the line, and a failure has no effect. Only `readConfiguration` sees whether what is named exists. */
  readonly tracked: boolean;
  /** Where `tracked` is false. */
  readonly untrackedBecause?: UntrackedReason;
  /**
   * The weight that counts in the end: this line's, else that of what is tracked, and 0 (a failure is a FAULT) where a sync group or priority
   * 255 takes it away. With `reverse` its sign is not turned. Only `readConfiguration` tells it, and only of what is tracked.
   */
  readonly weightInForce?: number;
  /** `reverse` or `noreverse` of this line, else what `readConfiguration` finds at the thing that is tracked. */
  readonly reverseInForce?: boolean;
  readonly span: Span;
}

/** Gratuitous ARP (for IPv6: unsolicited neighbour advertisements), by which the neighbours learn who holds the VIP. */
export interface GarpSettings {
  /** How long after becoming MASTER the second burst comes. */
  readonly masterDelayS: number;
  /** How many packets a burst has. */
  readonly masterRepeat: number;
  /** How often a MASTER repeats them; 0: never. */
  readonly masterRefreshS: number;
  readonly masterRefreshRepeat: number;
  /** After an advert of lower priority. */
  readonly lowerPriorityDelayS: number;
  readonly lowerPriorityRepeat: number;
}

export interface KeepalivedInstance {
  readonly name: string;
  /**
   * What the block asks for. BACKUP after `state MASTER` is refused; any word that is neither is BACKUP; without a line it is MASTER at priority
   * 255. (With auth_type AH, in strict mode below priority 255, or in a sync group of mixed states, the daemon makes BACKUP of a MASTER later.)
   */
  readonly state: "MASTER" | "BACKUP";
  /** The word of the last state line, whatever it is. */
  readonly stateWritten?: string;
  /** Absent: no usable line, and the daemon does not run this instance. */
  readonly interface?: string;
  /** The word of the last interface line, whatever it is. */
  readonly interfaceWritten?: string;
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
  /** As written: `state MASTER`, nopreempt and strict mode make it 0. */
  readonly preemptDelayUs: number;
  readonly unicastSourceIp?: IpAddress;
  /** Empty: adverts go to the multicast group, also where unicast_src_ip is given. */
  readonly unicastPeers: readonly UnicastPeer[];
  /** Lines of unicast_peer that are no address of the instance's family. */
  readonly unreadablePeers: readonly UnreadableLine[];
  /** Whether any unicast keyword stands in the block: unicast is meant, even where it falls back to multicast. */
  readonly unicastMeant: boolean;
  /** `check_unicast_src`, or vrrp_check_unicast_src of global_defs: adverts of others than the peers are refused. */
  readonly checkUnicastSource: boolean;
  readonly skipCheckAdvAddr: boolean;
  /** strict_mode, or vrrp_strict of global_defs. */
  readonly strict: boolean;
  /** no_accept (strict mode sets it, `accept` takes it away): packets to the VIP are dropped. */
  readonly noAccept: boolean;
  readonly downTimerAdverts: number;
  /** As MASTER, answers an advert of lower priority with one of its own; lower_prio_no_advert and strict mode: it does not. */
  readonly answersLowerPriority: boolean;
  /** higher_prio_send_advert: as MASTER, sends one more advert before it gives way. */
  readonly answersHigherPriority: boolean;
  /** mcast_src_ip; absent: the interface's first address. */
  readonly multicastSourceIp?: IpAddress;
  /** Where adverts go that have no peers. */
  readonly multicastGroup: IpAddress;
  readonly garp: GarpSettings;
  readonly useVmac: boolean;
  readonly dontTrackPrimary: boolean;
  readonly smtpAlert: boolean;
  /** notify_master, notify_backup, notify_fault, notify_stop, notify_deleted, notify, notify_master_rx_lower_pri, in the order of the file. */
  readonly commands: readonly CommandLine[];
  readonly virtualIpaddresses: readonly VirtualIpaddress[];
  readonly excludedVirtualIpaddresses: readonly VirtualIpaddress[];
  /** Lines of virtual_ipaddress that are no address, or one of the other family. */
  readonly unreadableVirtualIpaddresses: readonly UnreadableLine[];
  readonly trackScripts: readonly TrackEntry[];
  readonly trackFiles: readonly TrackEntry[];
  readonly trackInterfaces: readonly TrackEntry[];
  readonly trackProcesses: readonly TrackEntry[];
  /**
   * As written; without effect in version 3, and of PASS without a password. `passwordSpan` says where the password stands (of one that comes
   * of a definition, only in which line); the daemon uses its first 8 bytes.
   */
  readonly authentication?: {
    readonly type: "PASS" | "AH";
    readonly passwordSpan?: Span;
    readonly password?: MaskedText;
  };
  readonly span: Span;
  /** By keyword: where the line is that gave the value; for a block, its first line. A keyword that is absent here has its default. */
  readonly lines: ReadonlyMap<string, Span>;
}
