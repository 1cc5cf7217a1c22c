// The agent's settings: JSON that render made from pair.yaml and plan showed; the agent reads nothing else. It holds secrets (mode 0600, root's).

import type { TrafficRule } from "../policy/index.ts";
import type { ConditionCode, Severity } from "./incidents.ts";

/** Raised when an older agent could not understand the settings of a newer hapair. */
export const SETTINGS_VERSION = 1;

export interface AgentSettings {
  readonly version: typeof SETTINGS_VERSION;
  readonly pair: string;
  /** This node's name. */
  readonly node: string;
  /** Every node, in order of preference, this one among them. */
  readonly nodes: readonly AgentNode[];
  readonly routers: readonly AgentRouter[];
  readonly haproxy: AgentHaproxy;
  readonly rules: readonly TrafficRule[];
  readonly peers: AgentPeers;
  /** Where Prometheus asks; absent: nowhere. */
  readonly metrics?: { readonly address: string; readonly port: number };
  readonly alerts: AlertSettings;
  readonly paths: AgentPaths;
  readonly sources: AgentSources;
}

export interface AgentNode {
  readonly name: string;
  /** Where its agent listens for its peers. */
  readonly address: string;
  readonly interface: string;
}

export interface AgentRouter {
  readonly name: string;
  readonly vrid: number;
  /** Node names, most preferred first. */
  readonly prefer: readonly string[];
  readonly advertIntervalMs: number;
  /** A node that has been restarted is back within this time; used as patience by conditions. */
  readonly takeoverMs: number;
  readonly vips: readonly { readonly name: string; readonly address: string; readonly interface: string }[];
}

export interface AgentHaproxy {
  readonly runtimeSocket: string;
  readonly healthUrl: string;
  /** How often HAProxy is asked. */
  readonly pollMs: number;
  /** An answer that takes longer is none. */
  readonly timeLimitMs: number;
  /** A health answer slower than this, again and again, opens check-slow. */
  readonly slowMs: number;
}

export interface AgentPeers {
  /** UDP. */
  readonly port: number;
  /** The secret that signs what agents say to each other. */
  readonly key: string;
  readonly beatMs: number;
  /** Nothing heard for this long: silent. */
  readonly silentMs: number;
  /** A peer's consent to a give-up holds for this long after it was last said. */
  readonly consentMs: number;
}

export interface AgentPaths {
  readonly stateDirectory: string;
  readonly controlSocket: string;
  readonly notifyFifo: string;
  readonly watchDirectory: string;
  /** Their times tell whether a daemon runs what was deployed. */
  readonly keepalivedConf: string;
  readonly haproxyConf: string;
  /** Touched at the end of every apply. */
  readonly appliedMark: string;
  /** There while the node is under maintenance. */
  readonly maintenance: string;
  /** There while a node under maintenance may hold the address as a last resort. */
  readonly lastResort: string;
  /** Holds a directory `give` or `take` while a switchover's connections end. */
  readonly drainDirectory: string;
}

export interface AgentSources {
  /** Words of the command that prints the journal as JSON lines; the cursor to go on from is added as --after-cursor=. Empty: none. */
  readonly journal: readonly string[];
  /** Words of the command that prints changes of addresses and links. Empty: none. */
  readonly addresses: readonly string[];
  /** Words of the command that prints both units' state. Empty: none. */
  readonly units: readonly string[];
}

export interface AlertSettings {
  readonly routes: readonly AlertRoute[];
  readonly quietTimes: readonly QuietTime[];
  /** How long a condition has to last before its incident opens, where that is not the condition's own patience. */
  readonly patienceMs: Readonly<Partial<Record<ConditionCode, number>>>;
  /** An undelivered notice is tried for this long. */
  readonly retryForMs: number;
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** A peer's notice that is not known to be delivered is told by this node after this long. */
  readonly takeOverAfterMs: number;
  /** Bytes of events and notices kept on the disk. */
  readonly logBytesMax: number;
  /** Certificates that end within this many days are told. */
  readonly certificateDays: number;
}

export interface AlertRoute {
  readonly name: string;
  /** Incidents of at least this severity. */
  readonly severity: Severity;
  /** Only these conditions; absent: all. */
  readonly conditions?: readonly ConditionCode[];
  readonly target: RouteTarget;
}

export type RouteTarget =
  | {
      readonly kind: "smtp";
      readonly host: string;
      readonly port: number;
      /** implicit: TLS from the first byte. starttls: upgraded, and refused where that fails. none: in clear, never with a login. */
      readonly tls: "implicit" | "starttls" | "none";
      /** PEM of the authority that signs the server's certificate, where it is not a public one. */
      readonly authority?: string;
      readonly user?: string;
      readonly password?: string;
      readonly from: string;
      readonly to: readonly string[];
    }
  | {
      readonly kind: "sendmail";
      readonly path: string;
      readonly from: string;
      readonly to: readonly string[];
    }
  | {
      readonly kind: "webhook";
      readonly url: string;
      /** Signs the body: header X-Hapair-Signature: sha256=HEX (HMAC-SHA256). */
      readonly secret?: string;
      readonly headers: Readonly<Record<string, string>>;
      /** Body with {{name}} replaced by the notice's values, each escaped for JSON; absent: the notice as JSON. */
      readonly template?: string;
      readonly authority?: string;
    }
  | { readonly kind: "slack"; readonly url: string }
  | { readonly kind: "teams"; readonly url: string }
  | { readonly kind: "pagerduty"; readonly url: string; readonly routingKey: string }
  | { readonly kind: "alertmanager"; readonly url: string; readonly authority?: string };

/** While it lasts, only incidents of at least `except` are told at once; the others wait for its end. */
export interface QuietTime {
  /** Minutes after midnight, the node's local time; an end before the start is on the next day. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** 0 is Sunday; absent: every day (the day it begins on). */
  readonly days?: readonly number[];
  readonly except: Severity;
}
