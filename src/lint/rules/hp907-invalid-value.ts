// HP907: a value that keepalived refuses, and what it goes on with instead.

import { type Complaint, isPlaceholder } from "../../keepalived/index.ts";
import { CURLY_QUOTES, lineAt, plainRoots } from "../facts/complaint-roots.ts";
import { familyOfText } from "../facts/addresses.ts";
import { writtenValue } from "../facts/effective-priority.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, type LintedNode } from "../subject.ts";

export const rule: Rule = {
  code: "HP907",
  name: "invalid-value",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "a value keepalived refuses; the message says what it uses instead",
  explanation: `keepalived complains of the value and goes on with another one, mostly the default, without stopping: priority 300 is 100, interval 0 is 1, a name in track_file that is not defined is not tracked. A reload puts that into service at once.

keepalived -t finds it (exit code 5). The same holds for a block without the line it cannot do without (a vrrp_script without script): it is dropped.`,
  source: "keepalived-behaviour 5 and 7, vrrp/vrrp_parser.c; tested on 2.2.7",
  bad: { lb1: exampleFile({ priority: 300 }) },
  good: { lb1: exampleFile() },
  *check({ nodes }) {
    for (const node of nodes) {
      for (const { complaint } of plainRoots(
        node,
        "invalid-value",
        "missing-argument",
        "undefined-name",
        "dropped",
      )) {
        if (!isOurs(node, complaint)) continue;
        const { keyword, used } = complaint;
        yield {
          message: `${node.name}: ${complaint.message}`,
          at: inKeepalived(node, complaint.span),
          consequence: consequenceOf(complaint),
          advice:
            ADVICE[complaint.kind] ??
            `a value that keepalived takes for ${keyword}${used === undefined ? ", or no such line" : ""}`,
          ...(isMild(complaint, nodes.length) ? { severity: "warning" as const } : {}),
        };
      }
    }
  },
};

/**
 * Refused values that say what counts without them as well: keepalived.conf as CentOS installs it has vrrp_garp_interval 0, and older
 * versions took persistence_timeout 0.
 */
const DEFAULT_ALL_THE_SAME: ReadonlySet<string> = new Set([
  "vrrp_garp_interval",
  "vrrp_gna_interval",
  "garp_interval",
  "gna_interval",
  "persistence_timeout",
]);

/** What the load balancer DPVS's own keepalived forwards by. */
const DPVS_FORWARDING: ReadonlySet<string> = new Set(["FNAT", "FULLNAT", "SNAT"]);

function isOfDpvs({ keyword, value }: Complaint): boolean {
  return keyword === "lb_kind" && DPVS_FORWARDING.has(value ?? "");
}

/** What nobody is without the VIP for. Whether two nodes differ in their authentication is HP321's to say. */
function isMild(complaint: Complaint, nodes: number): boolean {
  if (isHarmless(complaint) || isOfDpvs(complaint)) return true;
  if (complaint.keyword === "auth_type") return nodes > 1;
  return isAddressOption(complaint) && familyOfText(complaint.value ?? "") === undefined;
}

/** A word behind an address that is no option of it. The address counts; another address behind it does not. */
function isAddressOption({ kind, context, keyword, value }: Complaint): boolean {
  return kind === "invalid-value" && VIRTUAL_ADDRESSES.has(context) && value !== keyword;
}

const VIRTUAL_ADDRESSES: ReadonlySet<string> = new Set(["virtual_ipaddress", "virtual_ipaddress_excluded"]);

/** Blocks that may as well not be there when nothing is in them. */
const EMPTY_ALL_THE_SAME: ReadonlySet<string> = new Set([
  "notification_email",
  "track_interface",
  "track_file",
  "track_process",
  "virtual_ipaddress_excluded",
  "virtual_routes",
  "virtual_rules",
  "static_ipaddress",
  "static_routes",
  "static_rules",
]);

function isHarmless({ kind, keyword, context, value }: Complaint): boolean {
  if (kind === "dropped") return context === keyword && EMPTY_ALL_THE_SAME.has(keyword);
  return kind === "invalid-value" && DEFAULT_ALL_THE_SAME.has(keyword) && /^0+(?:\.0*)?$/.test(value ?? "");
}

/** Blocks and keywords that rules of their own look after. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  "unicast_peer",
  "unicast_src_ip",
  "auth_pass",
  "state",
  "track_script",
]);

function isOurs(
  node: LintedNode,
  { kind, keyword, value, context, silent, fatal, span }: Complaint,
): boolean {
  if (silent || fatal || ELSEWHERE.has(keyword) || ELSEWHERE.has(context)) return false;
  // [vip]/24, 10.xx.1.xxx: of an address that is not spelt in figures nobody knows what it is to be.
  if (VIRTUAL_ADDRESSES.has(context) && value === keyword && !/^[\d.]+(?:\/\d+)?$/.test(value)) return false;
  if (CURLY_QUOTES.test(lineAt(node, span))) return false;
  // CHANGE_ME_INTERFACE is no name of an interface only because nobody has filled it in.
  if (kind === "dropped" && isUnfilledOfInstance(node, keyword, span)) return false;
  // Of a VRID that is there and unreadable it was said already.
  return kind !== "dropped" || keyword !== "virtual_router_id" || !hasUnreadableId(node);
}

/** Whether the line that an instance is dropped for is there, with a placeholder. */
function isUnfilledOfInstance(node: LintedNode, keyword: string, { start }: Complaint["span"]): boolean {
  const instance = node.configuration.instances.find(({ span }) => span.start <= start && start < span.end);
  const value = instance === undefined ? undefined : writtenValue({ node, instance }, keyword);
  return value !== undefined && isPlaceholder(value);
}

const ADVICE: Partial<Readonly<Record<Complaint["kind"], string>>> = {
  "undefined-name": "its definition above this line, or no such line",
  dropped: "what it lacks, or no such block",
};

function hasUnreadableId(node: LintedNode): boolean {
  return node.configuration.complaints.some(
    ({ kind, keyword }) => kind === "invalid-value" && keyword === "virtual_router_id",
  );
}

function consequenceOf(complaint: Complaint): string {
  const { kind, keyword, used, context } = complaint;
  if (isHarmless(complaint)) {
    return "keepalived complains and goes on as if the line were not there, which is the same; -t ends with exit code 5";
  }
  if (used !== undefined) return `keepalived complains and uses ${used}`;
  if (isAddressOption(complaint)) {
    return familyOfText(complaint.value ?? "") === undefined
      ? "keepalived complains and ignores the word; the address counts"
      : `keepalived reads one address a line: no node ever has ${complaint.value}`;
  }
  if (kind === "invalid-value" && VIRTUAL_ADDRESSES.has(context)) {
    return "keepalived leaves the line out: no node ever has this address";
  }
  if (kind === "undefined-name")
    return "keepalived ignores the line: it tracks nothing, and its failure moves nothing";
  if (kind === "dropped") return DROPPED[keyword] ?? "keepalived goes on without it";
  if (keyword === "virtual_router_id") return "keepalived drops the instance: this node never holds its VIP";
  if (context === "vrrp_script" && keyword === "weight")
    return "keepalived complains and uses the number all the same";
  return "keepalived complains and ignores the line; its default counts";
}

const DROPPED: Readonly<Record<string, string>> = {
  vrrp_script: "keepalived drops the script; instances that track it run without their check",
  virtual_router_id: "keepalived drops the instance: this node never holds its VIP",
  interface: "keepalived drops the instance: this node never holds its VIP",
};
