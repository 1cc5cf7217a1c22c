// A site: what is simulated, compiled from the nodes' configurations so that a step has nothing to look up. It never changes; what changes is the world.
// Rule: everything here is plain data with indexes instead of names, and every time is in integer microseconds.

import type { GiveUpTimes, TrafficRule } from "../policy/index.ts";
import type { InstanceSettings, InstanceState } from "../vrrp/index.ts";

/** What a vrrp_script finds out. */
export type CheckAsks =
  /** Whether HAProxy answers: fails where it is down, and after `hangUs` where it hangs. */
  | "service"
  /** Whether the process (or its unit) is there: a hung one passes. */
  | "process"
  /** Whether the address that moves answers: the holder's service, from every node. */
  | "holder"
  /** Always the same, whatever happens. */
  | "passes"
  | "fails";

export interface SiteCheck {
  readonly name: string;
  readonly intervalUs: number;
  readonly timeoutUs: number;
  readonly rise: number;
  readonly fall: number;
  readonly asks: CheckAsks;
  /** When a run looks, from its beginning: one look, or several with pauses. */
  readonly looksUs: readonly number[];
  /** How long a look takes where HAProxy answers or is not there. */
  readonly lookUs: number;
  /** How long a look takes where HAProxy is there and says nothing; {@link NEVER}: until keepalived ends the run. */
  readonly hangUs: number;
  /** From keepalived's signal to a run that has run out of time until its process is gone, which is when it counts as failed. */
  readonly endsAfterUs: number;
}

export interface SiteFile {
  readonly name: string;
  readonly weight: number;
  readonly reverse: boolean;
  /** After a boot. */
  readonly initial: number;
}

/** Something an instance watches. `index`: into the layout's checks or files. */
export interface Watched {
  readonly kind: "check" | "file" | "process" | "interface";
  readonly index: number;
  readonly weight: number;
  readonly reverse: boolean;
}

export interface SiteInstance {
  readonly name: string;
  /** Which of the site's routers it speaks for. */
  readonly router: number;
  readonly settings: InstanceSettings;
  /** By this a reload knows an instance again: VRID, family, interface, kind and source of its adverts (keepalived-behaviour 8.2). */
  readonly identity: string;
  /** The file's other instances that send and receive on the same socket: same family, interface, kind and source. */
  readonly socketmates: readonly number[];
  /** Which sync group of the layout it is in, and which member of it. */
  readonly group?: { readonly index: number; readonly member: number };
  readonly watched: readonly Watched[];
  /** From becoming MASTER to the second burst of gratuitous ARP; 0: none. */
  readonly announceAgainUs: number;
  readonly refreshUs: number;
  readonly vips: readonly string[];
}

/** One file of a node's keepalived, compiled. */
export interface Layout {
  /** By what a reload names it; the first: "". */
  readonly name: string;
  readonly instances: readonly SiteInstance[];
  /** By group: the indexes of its members. */
  readonly groups: readonly (readonly number[])[];
  readonly checks: readonly SiteCheck[];
  readonly files: readonly SiteFile[];
  readonly startupDelayUs: number;
}

/** How HAProxy, keepalived and the machine behave around the configuration: units, hooks, times. */
export interface Habits {
  readonly haproxy: {
    /** `systemctl stop`: the watched file `process` says 1 this long before HAProxy stops; 0 with no hook. */
    readonly stopLeadUs: number;
    /** From a start to the first answer. */
    readonly startUs: number;
    /** From a crash to systemd's next start; absent: it is not restarted. */
    readonly restartUs?: number;
    /** What a crash does to `process` at once. */
    readonly onCrash: "move" | "stay";
    /** Has the hook that writes `process`. */
    readonly hook: boolean;
  };
  readonly keepalived: {
    readonly startUs: number;
    /** From the goodbye to the end of `systemctl stop`. */
    readonly stopUs: number;
    /** From a kill to systemd's next start; absent: it stays dead. */
    readonly restartUs?: number;
    /** The unit removes VIPs that a kill left (ExecStopPost). */
    readonly cleansUp: boolean;
  };
  readonly bootUs: number;
}

export interface SiteNode {
  readonly name: string;
  readonly layouts: readonly [Layout, ...Layout[]];
  readonly habits: Habits;
  /** The watched files that hapair's parts write, by part; absent where the node has none. */
  readonly writes: {
    readonly process?: string;
    readonly traffic?: string;
    readonly hold?: string;
    readonly boost?: string;
  };
}

/** Instances of several nodes that share addresses. */
export interface SiteRouter {
  readonly name: string;
  /** In the order in which nodes are preferred by priority, highest first. */
  readonly prefer: readonly number[];
  readonly preempt: boolean;
}

/** What becomes of adverts at one who may hear them. */
export interface Ruling {
  /** deaf: they do not reach it. refused: they reach it and are thrown away. */
  readonly verdict: "heard" | "refused" | "deaf";
  readonly why?: string;
}

/** What one instance makes of another's adverts. */
export interface Hearing extends Ruling {
  /** What a BACKUP makes of them that heard this sender last of all MASTERs. */
  readonly known: Ruling;
  /** The sender's address, by number. */
  readonly from: number;
  /** The sender's address against the receiver's: -1, 0, 1. */
  readonly addressOrder: number;
}

/** What an instance in that state makes of adverts. */
export function rulingOn(hearing: Hearing, { state, heardFrom }: InstanceState): Ruling {
  return state === "BACKUP" && heardFrom === hearing.from ? hearing.known : hearing;
}

export interface Site {
  readonly nodes: readonly SiteNode[];
  readonly routers: readonly SiteRouter[];
  /** The version of keepalived that runs on all nodes. */
  readonly version: string;
  readonly skipsBusyScripts: boolean;
  /** What (node, layout, instance) makes of what (node, layout, instance) sends. */
  hearing(to: Place, from: Place): Hearing;
  /** hapair's agents; absent: none. */
  readonly agents?: SiteAgents;
  /** How planned work goes about it; absent: hapair's defaults. */
  readonly work?: SiteWork;
}

export interface Place {
  readonly node: number;
  readonly layout: number;
  readonly instance: number;
}

/** The agents, the same on every node. */
export interface SiteAgents {
  /** How often HAProxy is asked, and after how long an answer is none. */
  readonly pollUs: number;
  readonly answerLimitUs: number;
  readonly beatUs: number;
  readonly rules: readonly TrafficRule[];
  readonly times: GiveUpTimes;
  /** HAProxy's own checks of its servers. */
  readonly serverChecks: ServerChecks;
}

export interface ServerChecks {
  readonly intervalUs: number;
  /** Checks in a row until a server counts as down, and as up again. */
  readonly fall: number;
  readonly rise: number;
}

/** How planned work goes about it. */
export interface SiteWork {
  /** Whether a node under maintenance takes the VIP when its peers have been silent for `silenceUs`. */
  readonly lastResort: "take" | "stay";
  readonly silenceUs: number;
  /** How long a maintenance lasts. */
  readonly limitUs: number;
  /** How long connections may take to end after the VIP has left; 0: they are not waited for. */
  readonly drainUs: number;
}
