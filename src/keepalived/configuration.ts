// A node's whole configuration as the daemon has it after reading: values with the daemon's defaults, and what it complained of.

import type { SourceText, Span } from "../diagnostics/index.ts";
import type { Complaint } from "./complaint.ts";
import type { KeepalivedCst } from "./cst.ts";
import type { KeepalivedInstance, TrackEntry } from "./instance.ts";
import type { KeepalivedScript } from "./read-scripts.ts";

/**
 * The files a configuration is made of, laid end to end: an offset says which file and where in it. The main file comes first, at 0.
 * Spans of everything in a {@link KeepalivedConfiguration} are such offsets.
 */
export interface ConfigFiles {
  readonly parts: readonly { readonly source: SourceText; readonly base: number }[];
}

/** A line that runs a program: notify_master and its kind, notify, startup_script ... */
export interface CommandLine {
  readonly keyword: string;
  /** What stands behind the keyword, as written. */
  readonly text: string;
  /** The program and its arguments; absent where a quote never closes. */
  readonly command?: readonly string[];
  readonly span: Span;
}

export interface GlobalSettings {
  readonly routerId?: string;
  /** vrrp_version; an IPv6 instance is version 3 all the same. */
  readonly version: 2 | 3;
  readonly strict: boolean;
  readonly checkUnicastSource: boolean;
  readonly skipCheckAdvAddr: boolean;
  readonly scriptSecurity: boolean;
  readonly scriptUser?: string;
  readonly smtpServer?: string;
  readonly notificationEmails: readonly string[];
  readonly notificationEmailFrom?: string;
  /** smtp_alert or smtp_alert_vrrp is on. */
  readonly smtpAlert: boolean;
  readonly dynamicInterfaces: boolean;
  readonly defaultInterface?: string;
  readonly startupDelayUs: number;
  readonly commands: readonly CommandLine[];
  /** By keyword: where the line is that gave the value. */
  readonly lines: ReadonlyMap<string, Span>;
}

export interface SyncGroup {
  readonly name: string;
  readonly members: readonly { readonly name: string; readonly span: Span }[];
  readonly trackScripts: readonly TrackEntry[];
  readonly trackFiles: readonly TrackEntry[];
  readonly trackProcesses: readonly TrackEntry[];
  readonly trackInterfaces: readonly TrackEntry[];
  /** sync_group_tracking_weight: weights count, and are the same for all members. */
  readonly trackingWeight: boolean;
  readonly smtpAlert: boolean;
  readonly commands: readonly CommandLine[];
  readonly span: Span;
  readonly lines: ReadonlyMap<string, Span>;
}

/** track_file or vrrp_track_file at the top of the file. */
export interface TrackFile {
  readonly name: string;
  readonly path?: string;
  /** 1 where the file gives none. */
  readonly weight: number;
  readonly reverse: boolean;
  readonly span: Span;
  readonly lines: ReadonlyMap<string, Span>;
}

export interface TrackProcess {
  readonly name: string;
  readonly command?: readonly string[];
  readonly weight: number;
  readonly reverse: boolean;
  readonly quorum: number;
  readonly span: Span;
  readonly lines: ReadonlyMap<string, Span>;
}

export interface KeepalivedConfiguration {
  readonly files: ConfigFiles;
  /** The version of keepalived that this is the reading of. */
  readonly version: string;
  /** Whether another version of keepalived, from TESTED_VERSION on, would read these files in another way. */
  readonly dependsOnVersion: boolean;
  /** The files as the daemon takes them: definitions replaced, conditions decided, blocks closed where it closes them, lines it does not know gone. */
  readonly tree: KeepalivedCst;
  readonly complaints: readonly Complaint[];
  /** An include was not followed, since its files were not given: what seems to be missing may stand there, so nothing is said to be missing. */
  readonly incomplete: boolean;
  readonly globals: GlobalSettings;
  readonly instances: readonly KeepalivedInstance[];
  readonly scripts: readonly KeepalivedScript[];
  readonly syncGroups: readonly SyncGroup[];
  readonly trackFiles: readonly TrackFile[];
  readonly trackProcesses: readonly TrackProcess[];
  /** How many virtual_server blocks there are: the file serves LVS as well. */
  readonly virtualServers: number;
  /** The names in `@name` and `@^name` conditions, in order of appearance: one file may be several nodes'. */
  readonly conditionIds: readonly string[];
}
