// What a pair is: the normalised form that everything else asks questions of. The file's short forms and defaults are gone here.
// Rule: values only, readonly, no secret's value (a secret is a reference until the moment of rendering).

export type Family = 4 | 6;

/** An IP address in canonical text (RFC 5952 for IPv6). */
export interface IpAddress {
  readonly family: Family;
  readonly text: string;
}

export type ProfileName = "classic" | "fast";

/** Where a secret's value comes from; never the value. */
export type SecretReference =
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "command"; readonly command: string };

/** Where SSH goes for a node. `user` and `port` absent: what the operator's own ssh configuration says. */
export interface SshTarget {
  readonly user?: string;
  readonly host: string;
  readonly port?: number;
}

export interface PairNode {
  readonly name: string;
  /** At most one of each family; the first is the one SSH goes to by default. */
  readonly addresses: readonly IpAddress[];
  readonly interface: string;
  readonly ssh: SshTarget;
}

export interface VirtualAddress {
  readonly name: string;
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** Where it lives, if not on the node's own interface. */
  readonly interface?: string;
}

/** One virtual router: what one vrrp_instance speaks for. */
export interface Router {
  /** Its key in the file; the pair's name in the short form. */
  readonly name: string;
  readonly id: number;
  readonly version: 2 | 3;
  /** The family its advertisements travel in. An IPv6-only router is family 6 and version 3. */
  readonly family: Family;
  /** Every node once, most preferred first. */
  readonly prefer: readonly string[];
  /** By node name; strictly falling along `prefer`. */
  readonly priorities: ReadonlyMap<string, number>;
  /** The router's own family: advertised, in virtual_ipaddress. */
  readonly vips: readonly VirtualAddress[];
  /** The other family: moved along, in virtual_ipaddress_excluded. */
  readonly excludedVips: readonly VirtualAddress[];
  readonly advertIntervalUs: number;
  /** Version 2 only; in version 3 it is given by the file but has no effect, so it is absent here. */
  readonly password?: SecretReference;
  /** false: nopreempt on every node (the default; `failback: never`). */
  readonly preempt: boolean;
}

/** The page's vrrp_script: unit active and the local health address answers within the time limit. */
export interface ServiceCheck {
  /** Whole seconds, as keepalived counts. */
  readonly intervalS: number;
  readonly fall: number;
  readonly rise: number;
  readonly timeLimitMs: number;
}

/** A further file for HAProxy (certificate, map, Lua, error page), the same on every node. */
export interface CarriedFile {
  /** Path on the operator's machine, relative to the pair file. */
  readonly from: string;
  /** Absolute path on the node. */
  readonly to: string;
  readonly mode: number;
  /** Its content is masked in every output. */
  readonly secret: boolean;
}

export interface HaproxySettings {
  /** Path of the user's haproxy.cfg, relative to the pair file. */
  readonly config: string;
  readonly files: readonly CarriedFile[];
  /** Where hapair's own second file answers health and statistics, always on loopback. */
  readonly healthAddress: string;
  readonly healthPort: number;
}

/** What the pair must keep, each a client-seen outage in milliseconds; drill judges by it. */
export interface Promises {
  readonly serviceStopMs: number;
  readonly serviceCrashMs: number;
  readonly serviceHangMs: number;
  readonly nodeLossMs: number;
  readonly keepalivedStopMs: number;
  /** "never": nodes and services that return do not take the VIP back. */
  readonly failback: "never" | "allowed";
}

/** What a traffic rule asks of what HAProxy reports. `at least` and `at most` are still whole. */
export type TrafficLimit =
  /** The process answers on its runtime socket. */
  | { readonly kind: "answering" }
  /** Every frontend accepts connections. */
  | { readonly kind: "frontends-open" }
  /** Servers of a back end that are up, counted. */
  | { readonly kind: "servers-up"; readonly backend: string; readonly atLeast: number }
  /** Requests that wait for a server. */
  | { readonly kind: "queue"; readonly backend: string; readonly atMost: number }
  /** Answers 5xx and failed connections, as a share of the requests since the last look but one; few requests say nothing. */
  | {
      readonly kind: "error-share";
      readonly backend: string;
      readonly atMost: number;
      readonly leastRequests: number;
    }
  /** Sessions of a frontend as a share of its limit. */
  | { readonly kind: "session-share"; readonly frontend: string; readonly atMost: number };

/** One reason to let another node have the VIP, or only to tell someone. */
export interface TrafficRule {
  readonly name: string;
  readonly limit: TrafficLimit;
  /** false: it is told, and moves nothing. */
  readonly moves: boolean;
  /** Looks in a row before it counts as broken. */
  readonly fall: number;
  /** Looks in a row before it counts as whole again. */
  readonly rise: number;
}

/** hapair's agent on the nodes; absent from the pair where the file asks for none. */
export interface AgentOptions {
  /** UDP, between the nodes' own addresses. */
  readonly port: number;
  readonly key: SecretReference;
  /** Where each node's agent answers Prometheus; "off": nowhere. The address "node" stands for each node's own. */
  readonly metrics: { readonly address: string; readonly port: number } | "off";
  readonly pollMs: number;
  /** Built-in rules first, then the file's. */
  readonly rules: readonly TrafficRule[];
  readonly alerts: AlertOptions;
}

export type AlertSeverity = "info" | "warning" | "critical";

/** A value that may be secret: written in the file, or a reference. */
export type Concealable =
  | { readonly kind: "plain"; readonly text: string }
  | { readonly kind: "secret"; readonly reference: SecretReference };

export type AlertTarget =
  | {
      readonly kind: "smtp";
      readonly host: string;
      readonly port: number;
      readonly tls: "implicit" | "starttls" | "none";
      /** Path of a PEM file, relative to the pair file. */
      readonly authority?: string;
      readonly user?: string;
      readonly password?: SecretReference;
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
      readonly url: Concealable;
      readonly secret?: SecretReference;
      readonly headers: ReadonlyMap<string, Concealable>;
      /** Path of the template, relative to the pair file. */
      readonly template?: string;
      readonly authority?: string;
    }
  | { readonly kind: "slack" | "teams"; readonly url: Concealable }
  | { readonly kind: "pagerduty"; readonly url: string; readonly routingKey: SecretReference }
  | { readonly kind: "alertmanager"; readonly url: Concealable; readonly authority?: string };

export interface AlertRouteOptions {
  readonly name: string;
  readonly severity: AlertSeverity;
  /** Condition codes of the agent; absent: all. */
  readonly conditions?: readonly string[];
  readonly target: AlertTarget;
}

export interface AlertOptions {
  readonly routes: readonly AlertRouteOptions[];
  readonly quietTimes: readonly {
    readonly fromMinute: number;
    readonly toMinute: number;
    readonly days?: readonly number[];
    readonly except: AlertSeverity;
  }[];
  /** By condition code, milliseconds. */
  readonly patienceMs: ReadonlyMap<string, number>;
  readonly retryForMs: number;
  readonly logBytesMax: number;
  readonly certificateDays: number;
}

/** How a node is kept from the address while someone works on it, and how the address leaves a node. All times in whole seconds. */
export interface MaintenanceSettings {
  /** take: a node under maintenance takes the address when its peers have been silent for `silenceS`. stay: it never does. */
  readonly lastResort: "take" | "stay";
  /** 5 to 600, or longer where nothing is written and a restart of keepalived takes longer. */
  readonly silenceS: number;
  /** How long a maintenance lasts that says no time of its own. */
  readonly limitS: number;
  /** How long connections may take to end after the address has left; 0: they are not waited for. */
  readonly drainS: number;
}

export interface Pair {
  readonly name: string;
  readonly profile: ProfileName;
  /** In order of preference; two or more. */
  readonly nodes: readonly PairNode[];
  readonly routers: readonly Router[];
  readonly check: ServiceCheck;
  readonly haproxy: HaproxySettings;
  readonly promises: Promises;
  readonly maintenance: MaintenanceSettings;
  /** Render systemd-networkd's KeepConfiguration= for the VRRP interface (`network: { keep_configuration: true }`). */
  readonly keepConfiguration: boolean;
  /** Absent: no agent. */
  readonly agent?: AgentOptions;
}
