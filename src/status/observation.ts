// What was seen on one node at one moment. Rule: values as they were found, nothing judged; what could not be seen is absent, never guessed.

import type { AgentStatus } from "../agent-api/index.ts";
import type { OperationState } from "./operation.ts";

/** keepalived's word for an instance's state. */
export type InstanceState = "MASTER" | "BACKUP" | "FAULT";

/** A unit of systemd. Times are milliseconds of the node's wall clock. */
export interface UnitState {
  /** loaded, not-found, masked ... */
  readonly load: string;
  /** enabled, disabled ...: whether it starts at boot. */
  readonly atBoot: string;
  /** active, inactive, failed, activating ... */
  readonly active: string;
  readonly sub: string;
  /** success, exit-code, signal, start-limit-hit ... */
  readonly result: string;
  readonly mainPid: number;
  readonly restarts: number;
  /** The unit's files are newer than what systemd has read. */
  readonly needsDaemonReload: boolean;
  readonly startedAtMs?: number;
  /** The last start, stop or reload. */
  readonly changedAtMs?: number;
  /** The command line of the unit, variables not yet filled in. */
  readonly command: string;
}

export interface HeldAddress {
  readonly interface: string;
  readonly address: string;
  readonly prefixLength: number;
  /** As `ip address` shows it: global, host, link. */
  readonly scope: string;
}

export interface LinkState {
  readonly interface: string;
  readonly up: boolean;
  readonly carrier: boolean;
}

/** Something keepalived wrote to the journal since it was started. */
export interface JournalNote {
  readonly atMs: number;
  readonly text: string;
}

/** The last state keepalived wrote for an instance. */
export interface LoggedState {
  readonly instance: string;
  readonly state: InstanceState;
  readonly sinceMs: number;
  readonly text: string;
}

/** What a node's keepalived.conf says of one instance. */
export interface ConfiguredInstance {
  readonly name: string;
  readonly interface?: string;
  readonly vrid?: number;
  readonly priority?: number;
  readonly state?: string;
  readonly nopreempt: boolean;
  readonly version: number;
  readonly advertInterval: string;
  /** PASS, AH; absent without authentication. */
  readonly authType?: string;
  /** A salted checksum of the eight characters that count: equal or not, nothing else can be told from it. Never printed. */
  readonly passwordChecksum?: string;
  readonly source?: string;
  readonly peers: readonly string[];
  readonly vips: readonly string[];
  readonly excludedVips: readonly string[];
  readonly trackedFiles: readonly string[];
  readonly trackedScripts: readonly string[];
}

export interface KeepalivedConfiguration {
  readonly mode: string;
  readonly owner: string;
  readonly changedAtMs: number;
  /** true: includes, definitions or conditions in it were not followed, so silence about a keyword proves nothing. */
  readonly partlyRead: boolean;
  readonly scriptUser?: string;
  readonly scriptSecurity: boolean;
  readonly instances: readonly ConfiguredInstance[];
  /** Path of each track_file, by its name. */
  readonly trackedPaths: Readonly<Record<string, string>>;
}

export interface WatchedFile {
  readonly name: string;
  readonly value: string;
  readonly changedAtMs: number;
}

/** The directory of the watched files; absent from the observation where there is none. */
export interface WatchDirectory {
  /** keepalived has an inotify watch on the directory as it is now. undefined: keepalived is not running. */
  readonly watchedByKeepalived?: boolean;
  readonly files: readonly WatchedFile[];
}

export interface HealthAnswer {
  readonly url: string;
  /** 0: no answer. */
  readonly httpStatus: number;
  readonly elapsedMs: number;
  /** curl's exit code; 28 is its time limit, 7 a refused connection, 127 no curl. */
  readonly curlExit: number;
}

/** Adverts of one peer for one router, counted for `countedMs`. */
export interface AdvertCount {
  readonly router: string;
  readonly peer: string;
  /** Reached the host. */
  readonly arrived: number;
  /** Passed the host's filters, so that keepalived got them. undefined: only captured, not counted behind the filters. */
  readonly delivered?: number;
  /** Protocol 112 from that peer with another VRID. */
  readonly otherVrid: number;
}

export interface CheckScriptState {
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** Run as the script user; undefined: not executable, so not run. */
  readonly run?: { readonly user: string; readonly exitCode: number };
}

export type InterfaceManager =
  | {
      readonly kind: "systemd-networkd";
      readonly setup: string;
      readonly file?: string;
      readonly settings: readonly string[];
    }
  | { readonly kind: "NetworkManager"; readonly text: string }
  | { readonly kind: "ifupdown" }
  | { readonly kind: "none" };

export interface FirewalldState {
  readonly active: boolean;
  readonly defaultZone: string;
  /** Permanent configuration: path and text of each zone, /etc before /usr/lib. */
  readonly zones: readonly { readonly path: string; readonly text: string }[];
  readonly direct?: string;
}

/** Everything that only verify looks at. */
export interface HostSetup {
  readonly nonlocalBind: Readonly<Record<string, string>>;
  readonly checkScript?: CheckScriptState;
  readonly hasNft: boolean;
  /** `nft -j list ruleset`; undefined: no nft, or not readable. */
  readonly nftRuleset?: unknown;
  /** Rules of the older iptables, which nft does not show. */
  readonly legacyIptables: readonly string[];
  readonly firewalld: FirewalldState;
  readonly managers: Readonly<Record<string, InterfaceManager>>;
}

export interface NodeObservation {
  readonly node: string;
  readonly hostname: string;
  /** The node's wall clock when the looking began, milliseconds. */
  readonly wallMs: number;
  readonly tookMs: number;
  /** How far the node's wall clock is ahead of the asking machine's, and by how much that may be wrong. */
  readonly clockAheadMs: number;
  readonly clockUncertaintyMs: number;
  readonly bootedAtMs?: number;
  readonly versions: { readonly keepalived: string; readonly haproxy: string; readonly systemd: string };
  readonly links: readonly LinkState[];
  readonly addresses: readonly HeldAddress[];
  readonly keepalived: UnitState;
  readonly haproxy: UnitState;
  /** Absent where the pair has no agent. */
  readonly agentUnit?: UnitState;
  /** The running HAProxy's command line; empty when it is not running. */
  readonly haproxyCommand: string;
  /** `address:port` of every socket HAProxy listens on. */
  readonly listening: readonly string[];
  readonly states: readonly LoggedState[];
  /** What keepalived wrote about checks, files, links and starts, newest first. */
  readonly notes: readonly JournalNote[];
  readonly configuration?: KeepalivedConfiguration;
  readonly watch?: WatchDirectory;
  /** What switchover and maintenance have under way there; absent: it was not looked at. */
  readonly operation?: OperationState;
  readonly health: HealthAnswer;
  /** Checksums of files that must be equal on all nodes; a missing file has none. */
  readonly checksums: Readonly<Record<string, string>>;
  readonly changedAtMs: Readonly<Record<string, number>>;
  /** undefined: adverts were not counted, or could not be. */
  readonly adverts?: readonly AdvertCount[];
  readonly advertsCountedMs: number;
  /** undefined: the pair has no agent, or this node's did not answer in a way that can be read. */
  readonly agent?: AgentStatus;
  /** curl's exit code when the agent was asked; 7 is a refused connection, 28 its time limit, 127 no curl. undefined: the pair has no agent. */
  readonly agentCurlExit?: number;
  /** undefined: not asked for. */
  readonly setup?: HostSetup;
}

/** Why nothing was seen of a node. */
export interface SightingFailure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** One look at one node. */
export type Sighting =
  | { readonly kind: "seen"; readonly node: string; readonly observation: NodeObservation }
  | { readonly kind: "unreachable"; readonly node: string; readonly error: SightingFailure };
