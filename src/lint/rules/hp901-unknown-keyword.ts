// HP901: a word that is no keyword of keepalived, and what is lost with its line or block.

import type { Complaint } from "../../keepalived/index.ts";
import {
  lineAt,
  linesOfFollowers,
  lostKeywords,
  plainRoots,
  type RootComplaint,
} from "../facts/complaint-roots.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode } from "../subject.ts";

export const rule: Rule = {
  code: "HP901",
  name: "unknown-keyword",
  severity: "error",
  scope: "node",
  versions: "differ",
  summary: "a word that is no keyword of the version in question; the nearest one is named",
  explanation: `keepalived logs "Unknown keyword" and goes on without the line: the setting has its default, and a reload puts that into service at once. A brace after the word begins no block, so that the brace that was to close it closes the block around it, and everything up to there is lost.

keepalived -t finds it (exit code 5). Some keywords are known only from a version on; the message says from which.`,
  source: "keepalived-behaviour 6.1 and 9.32, lib/parser.c process_stream; tested on 2.2.7",
  bad: { lb1: exampleFile().replace("vrrp_script chk_haproxy", "rrp_script chk_haproxy") },
  good: { lb1: exampleFile() },
  *check({ nodes }) {
    for (const node of nodes) {
      for (const root of plainRoots(node, "unknown-keyword")) yield unknown(node, root);
      for (const { complaint } of plainRoots(node, "deprecated")) {
        if (!complaint.silent && complaint.keyword !== "unicast_peer") yield outOfUse(node, complaint);
      }
    }
  },
};

function unknown(node: LintedNode, root: RootComplaint): Finding {
  const { complaint } = root;
  const { keyword, suggestion } = complaint;
  const harmless = OF_DPVS.has(keyword)
    ? "the keepalived that comes with DPVS knows it; any other passes over it and what belongs to it"
    : root.followers.length === 0
      ? WITHOUT_LOSS[keyword]
      : undefined;
  const meant =
    suggestion === undefined || complaint.message.includes(suggestion) ? "" : `. Did you mean ${suggestion}?`;
  const at = inKeepalived(node, complaint.span);
  const replaceable = suggestion !== undefined && /^[\w-]+$/.test(suggestion) && suggestion !== keyword;
  return {
    message: `${node.name}: ${complaint.message}${meant}`,
    at,
    consequence: harmless ?? consequenceOf(node, root),
    ...(harmless === undefined ? {} : { severity: "warning" as const }),
    advice: replaceable
      ? suggestion
      : `the keyword that was meant, or nothing: remove the line${root.followers.length === 0 ? "" : " and its block"}`,
    ...(replaceable && meant !== ""
      ? { fix: { title: `write ${suggestion}`, edits: [{ at, replacement: suggestion }] } }
      : {}),
  };
}

/** What the load balancer DPVS has added to its own keepalived. */
const OF_DPVS: ReadonlySet<string> = new Set(["local_address_group", "laddr_group_name", "syn_proxy"]);

/** Lines of old tutorials that nothing depends on any more. */
const WITHOUT_LOSS: Readonly<Record<string, string>> = {
  lvs_id:
    "keepalived passes over the line, and the node is called by its host name; -t ends with exit code 5",
  // A byte order mark in front of an empty line or a comment.
  "\uFEFF":
    "keepalived passes over the mark, which some editors write first in a file; -t ends with exit code 5",
  net_mask: "keepalived passes over the line, which nothing needs any more; -t ends with exit code 5",
  nat_mask: "keepalived passes over the line, which nothing needs any more; -t ends with exit code 5",
};

function consequenceOf(node: LintedNode, root: RootComplaint): string {
  const { complaint } = root;
  const { suggestion } = complaint;
  const lines = linesOfFollowers(node, root);
  const over =
    lines === ""
      ? "keepalived passes over the line"
      : `keepalived passes over the line, and over ${lines} with it`;
  const name = /^\S+\s+([^\s{]+)/.exec(lineAt(node, complaint.span))?.[1];
  const block = suggestion === undefined ? undefined : LOST_BLOCKS[suggestion];
  if (block !== undefined && complaint.context === "") return `${over}: ${block(name ?? "it")}`;
  const lost = lostKeywords(root);
  if (lines !== "" && complaint.context !== "") {
    const rest = lost === "" ? "" : `, and what comes after it does not count: ${lost}`;
    return `${over}; the brace that was to close it closes ${complaint.context}${rest}`;
  }
  const value = suggestion === undefined ? undefined : DEFAULTS[suggestion];
  return value === undefined
    ? `${over}: what it was to set stays as if it were not there`
    : `${over}: ${value}`;
}

const LOST_BLOCKS: Readonly<Record<string, (name: string) => string>> = {
  vrrp_script: (name) => `the check ${name} is not defined, so nothing moves the VIP when the service fails`,
  vrrp_instance: (name) => `the instance ${name} is not there, and this node never holds its VIP`,
  vrrp_sync_group: (name) => `the group ${name} is not there, and its instances fail over one by one`,
  vrrp_track_process: (name) => `the process ${name} is not tracked, so nothing moves the VIP when it dies`,
  track_file: (name) => `the file ${name} is not tracked, so it cannot move the VIP`,
  global_defs: () => "none of the global settings count",
};

/** What counts where the line is missing. */
const DEFAULTS: Readonly<Record<string, string>> = {
  priority: "the priority is 100, or 255 with state MASTER",
  advert_int: "adverts go out every second",
  nopreempt: "the node takes the VIP back when it returns",
  virtual_router_id: "without a VRID the instance is dropped",
  interface: "without an interface the instance does not run",
  state: "the instance starts as BACKUP",
  virtual_ipaddress: "the instance has no VIP",
  unicast_peer: "adverts go to the multicast group",
  authentication: "adverts are sent and taken without a password",
  auth_pass: "there is no password, and authentication is off",
  auth_type: "authentication is off",
  track_script: "the instance watches no check, and a dead service keeps the VIP",
  interval: "the check runs every second",
  timeout: "the check may take as long as its interval",
  weight: "the weight is 0: a failure takes the VIP away at once",
  fall: "one failure counts",
  rise: "one success counts",
  script: "without a script line the check is dropped",
};

function outOfUse(node: LintedNode, { message, span, keyword }: Complaint): Finding {
  return {
    message: `${node.name}: ${message}`,
    at: inKeepalived(node, span),
    consequence: `keepalived obeys ${keyword} for now, and -t ends with exit code 5, so that a deployment which asks it stops`,
    advice: "what has taken its place",
    severity: "warning",
  };
}
