// The page's table of twelve parameters as data, and beside each figure what keepalived really does with it.
// Rule: `page` holds the page's figures word for word; `keepalived` holds what was tested (2.2.7, and up to 2.4.3 where it differs).

export type ParameterName =
  | "advert_int"
  | "priority"
  | "virtual_router_id"
  | "auth_type"
  | "auth_pass"
  | "interval"
  | "fall"
  | "rise"
  | "nopreempt"
  | "unicast"
  | "virtual_ipaddress"
  | "interface";

/** Both ends belong to the range. */
export interface NumberRange {
  readonly minimum: number;
  readonly maximum: number;
  readonly wholeNumbers: boolean;
}

export interface Parameter {
  readonly name: ParameterName;
  readonly page: {
    readonly default: string;
    readonly acceptable: string;
    readonly recommended: string;
    readonly notes: string;
  };
  /** The page's acceptable range where it is one of numbers. */
  readonly acceptable?: NumberRange;
  readonly unit?: string;
  readonly keepalived: {
    readonly default: string;
    readonly accepts: string;
    /** What keepalived does with a value outside. */
    readonly otherwise: string;
    readonly facts: readonly string[];
  };
  /** What keepalived accepts where it is a range of numbers. */
  readonly accepted?: NumberRange;
  /** Where the page and keepalived differ; empty where they agree. `versions`: of keepalived. */
  readonly differences: readonly { readonly text: string; readonly versions: string }[];
  readonly pairFile: {
    /** The key that sets it; absent where hapair decides. */
    readonly key?: string;
    readonly classic: string;
    readonly fast: string;
  };
}

// Read in the sources from the oldest keepalived that hapair supports to the newest there was.
const ALL_VERSIONS = "2.0.20 to 2.4.3";
// Tested with 2.2.7, and without a difference up to the newest; nobody looked at older ones.
const FROM_2_2_7 = "2.2.7 to 2.4.3";

export const parameterTable: Readonly<Record<ParameterName, Parameter>> = {
  advert_int: {
    name: "advert_int",
    page: { default: "1", acceptable: "1–3 sec", recommended: "1", notes: "Failover ≈ 3 × advert_int" },
    acceptable: { minimum: 1, maximum: 3, wholeNumbers: false },
    unit: "s",
    keepalived: {
      default: "1",
      accepts: "VRRP version 2: whole seconds, 1 to 255; version 3: 0.01 to 40.95 in steps of 0.01",
      otherwise:
        "ignored, 1 is used; in version 3 above 40.95 becomes 40.95; a fraction in version 2 is rounded (0.4 and 0.5 to 1)",
      facts: [
        "A standby takes over 3 × advert_int + skew after the last advertisement it heard. Skew is (256 - priority) / 256 seconds in version 2, whatever advert_int is, and (256 - priority) / 256 × advert_int in version 3.",
        "Version 2, advert_int 1, priority 100: 3.609 s. Version 3, advert_int 0.1, priority 253: 0.301 s.",
        "Version 2 with different values on the nodes: every advertisement is dropped and both hold the address. Version 3 follows the master's value.",
      ],
    },
    accepted: { minimum: 0.01, maximum: 255, wholeNumbers: false },
    differences: [
      {
        text: "keepalived accepts far more than 1–3 s; the page's range is a policy. Below 1 s needs version 3.",
        versions: FROM_2_2_7,
      },
      {
        text: "Failover is 3 × advert_int plus skew: 0.6 s more with the page's priorities. A holder that stops in good order hands over after skew alone.",
        versions: FROM_2_2_7,
      },
    ],
    pairFile: { key: "vrrp.advert_int", classic: "1", fast: "0.1 (version 3)" },
  },
  priority: {
    name: "priority",
    page: { default: "100", acceptable: "1–254", recommended: "101 (M) / 100 (B)", notes: "Higher wins" },
    acceptable: { minimum: 1, maximum: 254, wholeNumbers: true },
    keepalived: {
      default: "100; 255 with `state MASTER` and no priority line",
      accepts: "1 to 255",
      otherwise: "100 is used",
      facts: [
        "255 is the address owner: it takes over without waiting, ignores tracking weights, and nopreempt is cleared.",
        "Equal priorities: the standby that times out first becomes master; between two masters the higher source address wins.",
        "In version 2 one point of priority is 3.9 ms of skew, so 101 and 100 that start together are 3.9 ms apart.",
      ],
    },
    accepted: { minimum: 1, maximum: 255, wholeNumbers: true },
    differences: [
      {
        text: "255 is legal for keepalived and left out by the page, rightly: it switches off tracking weights and nopreempt.",
        versions: FROM_2_2_7,
      },
      { text: "`state MASTER` without a priority is 255, not 100.", versions: FROM_2_2_7 },
    ],
    pairFile: {
      key: "the order of nodes, or routers.NAME.prefer",
      classic: "101, 100, 99, ...",
      fast: "254, 253, 252, ... (short skew)",
    },
  },
  virtual_router_id: {
    name: "virtual_router_id",
    page: { default: "None", acceptable: "1–255", recommended: "50", notes: "Must match on both nodes" },
    acceptable: { minimum: 1, maximum: 255, wholeNumbers: true },
    keepalived: {
      default: "none; the line is mandatory",
      accepts: "1 to 255",
      otherwise: "the whole instance is left out",
      facts: [
        "Different ids on the nodes: neither hears the other and both hold the address, without a log line.",
        "Two services may share an id on one network as long as they speak unicast to different peers.",
      ],
    },
    accepted: { minimum: 1, maximum: 255, wholeNumbers: true },
    differences: [],
    pairFile: {
      key: "vrrp.id",
      classic: "as given (the same on every node)",
      fast: "as given (the same on every node)",
    },
  },
  auth_type: {
    name: "auth_type",
    page: { default: "None", acceptable: "PASS", recommended: "PASS", notes: "Always enable" },
    keepalived: {
      default: "none",
      accepts: "PASS or AH, in capitals, in version 2 only",
      otherwise: "an error is logged and there is no authentication",
      facts: [
        "A node with and a node without authentication refuse each other's advertisements, and both hold the address.",
      ],
    },
    differences: [
      { text: "keepalived also accepts AH.", versions: FROM_2_2_7 },
      {
        text: 'In version 3 authentication is ignored: "always enable" cannot be followed there. What protects is check_unicast_src and a firewall rule for the peers alone.',
        versions: FROM_2_2_7,
      },
      { text: "auth_hmac authenticates in version 3 too.", versions: "2.4.0 and later" },
    ],
    pairFile: { key: "vrrp.password", classic: "PASS where a password is given", fast: "none (version 3)" },
  },
  auth_pass: {
    name: "auth_pass",
    page: { default: "None", acceptable: "1–8 chars", recommended: "******", notes: "Plaintext only" },
    acceptable: { minimum: 1, maximum: 8, wholeNumbers: true },
    unit: "bytes",
    keepalived: {
      default: "none",
      accepts: "any word, or text in double quotes; the first 8 bytes count",
      otherwise:
        "longer is cut to 8 bytes; a missing value ends the daemon (exit 2), also at reload, and leaves the address up",
      facts: [
        "It travels in clear text in every advertisement: it guards against mistakes, not against attackers.",
        "`#` and `!` begin a comment anywhere in a line: sec#et is the password sec, unless quoted.",
        "Passwords that differ only after the eighth byte are equal; within it, both nodes hold the address.",
      ],
    },
    accepted: { minimum: 1, maximum: 8, wholeNumbers: true },
    differences: [
      {
        text: "Eight bytes, not characters: a letter outside ASCII takes two or more.",
        versions: FROM_2_2_7,
      },
    ],
    pairFile: {
      key: "vrrp.password",
      classic: "the referenced secret, in quotes where it needs them",
      fast: "not rendered (version 3)",
    },
  },
  interval: {
    name: "interval",
    page: { default: "1", acceptable: "1–5 sec", recommended: "2", notes: "Health-check frequency" },
    acceptable: { minimum: 1, maximum: 5, wholeNumbers: true },
    unit: "s",
    keepalived: {
      default: "1",
      accepts: "whole seconds, 1 to 4294",
      otherwise: "ignored, 1 is used, with an error",
      facts: [
        "A check that fails at once is noticed between (fall - 1) × interval and fall × interval after the fault.",
        "Counted from the start of one run to the start of the next. `timeout` (not on the page) is the interval unless set.",
      ],
    },
    accepted: { minimum: 1, maximum: 4294, wholeNumbers: true },
    differences: [
      {
        text: "keepalived accepts far more than 1–5 s; the page's range is a policy.",
        versions: FROM_2_2_7,
      },
    ],
    pairFile: { key: "check.interval", classic: "2", fast: "1" },
  },
  fall: {
    name: "fall",
    page: { default: "1", acceptable: "1–10", recommended: "2", notes: "Failures before DOWN" },
    acceptable: { minimum: 1, maximum: 10, wholeNumbers: true },
    keepalived: {
      default: "1",
      accepts: "1 to 2147483647",
      otherwise: "1 is used",
      facts: [
        "Failures in a row; one success starts the count again.",
        "Not applied to the first run after a start: there one failure is enough.",
      ],
    },
    accepted: { minimum: 1, maximum: 2_147_483_647, wholeNumbers: true },
    differences: [
      { text: "keepalived accepts far more than 10; the page's range is a policy.", versions: FROM_2_2_7 },
    ],
    pairFile: { key: "check.fall", classic: "2", fast: "2" },
  },
  rise: {
    name: "rise",
    page: { default: "1", acceptable: "1–10", recommended: "1", notes: "Successes before UP" },
    acceptable: { minimum: 1, maximum: 10, wholeNumbers: true },
    keepalived: {
      default: "1",
      accepts: "1 to 2147483647",
      otherwise: "1 is used",
      facts: [
        "Successes in a row; one failure starts the count again.",
        "Not applied to the first run after a start: there one success is enough.",
      ],
    },
    accepted: { minimum: 1, maximum: 2_147_483_647, wholeNumbers: true },
    differences: [
      { text: "keepalived accepts far more than 10; the page's range is a policy.", versions: FROM_2_2_7 },
    ],
    pairFile: { key: "check.rise", classic: "1", fast: "1" },
  },
  nopreempt: {
    name: "nopreempt",
    page: {
      default: "Disabled",
      acceptable: "Enabled/Disabled",
      recommended: "Enabled (Backup)",
      notes: "Prevents VIP flap",
    },
    keepalived: {
      default: "disabled: a node with a higher priority takes the address back",
      accepts: "a word without a value",
      otherwise: "cleared, with an error, beside `state MASTER` and with priority 255",
      facts: [
        "It binds the node that has it: to stop the preferred node from coming back, the preferred node needs it.",
        "With it, only a check of weight 0 moves the address; a check that lowers the priority moves nothing.",
        "After a partition heals, the higher priority wins whatever nopreempt says.",
      ],
    },
    differences: [
      {
        text: '"Enabled (Backup)" alone does not prevent failback: the MASTER node returns and takes the address back. It must be on every node, each with `state BACKUP`.',
        versions: ALL_VERSIONS,
      },
      {
        text: "With `state MASTER` it is cleared, so the page's MASTER could not have it.",
        versions: ALL_VERSIONS,
      },
    ],
    pairFile: {
      key: "promises.failback",
      classic: "on every node, with `state BACKUP`",
      fast: "on every node, with `state BACKUP`",
    },
  },
  unicast: {
    name: "unicast",
    page: {
      default: "Multicast",
      acceptable: "Unicast/Multicast",
      recommended: "Unicast",
      notes: "Preferred in prod",
    },
    keepalived: {
      default: "multicast to 224.0.0.18",
      accepts: "unicast_src_ip and unicast_peer, addresses only, no names",
      otherwise:
        "a peer that cannot be read is left out; with no peer left, keepalived falls back to multicast",
      facts: [
        "One node unicast and another multicast: neither hears the other, both hold the address, nothing is logged.",
        "Any host may send advertisements unless check_unicast_src is set.",
        "With unicast_src_ip not yet on the interface at start, the instance stays in FAULT until keepalived is reloaded.",
      ],
    },
    differences: [],
    pairFile: {
      key: "nodes",
      classic: "unicast with check_unicast_src, peers from nodes",
      fast: "unicast with check_unicast_src, peers from nodes",
    },
  },
  virtual_ipaddress: {
    name: "virtual_ipaddress",
    page: { default: "None", acceptable: "Valid IP", recommended: "VIP/32", notes: "Clean ARP behavior" },
    keepalived: {
      default: "none; an instance without one is an error in version 2 and left out in version 3",
      accepts: "ADDRESS[/LENGTH] [dev INTERFACE] and more; at most 255 in one advertisement",
      otherwise: "an address that cannot be read is skipped; a length over 32 becomes 32",
      facts: [
        "The length is not sent: VIP/32 on one node and VIP/24 on the other understand each other.",
        "Lists that differ between nodes: both hold the address up to 2.3.2; from 2.3.3 on it is only logged.",
      ],
    },
    differences: [
      {
        text: "A wrong address is skipped with a log line, and the instance runs without it.",
        versions: FROM_2_2_7,
      },
    ],
    pairFile: {
      key: "vips",
      classic: "as given; without a length /32 (IPv6: /128)",
      fast: "as given; without a length /32 (IPv6: /128)",
    },
  },
  interface: {
    name: "interface",
    page: { default: "None", acceptable: "Valid NIC", recommended: "enp0s3", notes: "Must exist on both" },
    keepalived: {
      default: "none",
      accepts: "up to 15 characters, not loopback",
      otherwise:
        "an interface that does not exist ends the daemon (exit 2), also at reload, and leaves the address up",
      facts: [
        "Tracked without being told: no carrier means FAULT.",
        "dynamic_interfaces lets keepalived start before it exists.",
      ],
    },
    differences: [
      {
        text: "The page wants one name on both nodes; keepalived does not mind different names.",
        versions: FROM_2_2_7,
      },
    ],
    pairFile: { key: "nodes.NAME.interface", classic: "as given", fast: "as given" },
  },
};

/** The page's names in the page's order. */
export const parameterNames = Object.keys(parameterTable) as readonly ParameterName[];

/** How a number relates to both ranges of a parameter: keepalived would not take it, the page would not, or neither minds. */
export function judgeNumber(parameter: Parameter, value: number): "refused" | "outside-acceptable" | "fine" {
  if (parameter.accepted !== undefined && !within(parameter.accepted, value)) return "refused";
  if (parameter.acceptable !== undefined && !within(parameter.acceptable, value)) return "outside-acceptable";
  return "fine";
}

function within(range: NumberRange, value: number): boolean {
  return value >= range.minimum && value <= range.maximum && (!range.wholeNumbers || Number.isInteger(value));
}
