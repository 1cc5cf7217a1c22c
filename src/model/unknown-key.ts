// A key the file should not have: what was probably meant, from the keys of this place, of other places, and of keepalived.
// Rule: one suggestion, the likeliest; without one, the list of what may stand here.

import { nearest } from "../base/index.ts";
import { fieldAt, fieldPattern, fieldTable, type Path, pathText } from "./fields.ts";
import type { Finding } from "./findings.ts";
import { keySpanAt } from "./places.ts";
import type { SourceTree } from "./source-tree.ts";

interface OtherWord {
  readonly write: string;
  /** The key of the same map that was meant, where it is one. */
  readonly means?: string;
}

const PASSWORD: OtherWord = { write: "password: { env: VRRP_PASSWORD }", means: "password" };
const CHECK: OtherWord = { write: "check: { interval: 2, fall: 2, rise: 1 }", means: "check" };
const PEERS: OtherWord = { write: "nothing: each node's peers are the other nodes" };
const INTERFACE: OtherWord = { write: "interface: eth0", means: "interface" };
const NUMBER: OtherWord = { write: "id: 50", means: "id" };

// Words of keepalived.conf and of habit, and how the pair file says it.
const otherWords: Readonly<Record<string, OtherWord>> = {
  "<<": { write: "the keys themselves: YAML's merge key is not read" },
  virtual_router_id: NUMBER,
  vrid: NUMBER,
  authentication: PASSWORD,
  auth_type: PASSWORD,
  auth_pass: PASSWORD,
  virtual_ipaddress: { write: "vips: { NAME: 192.0.2.50/32 }", means: "vips" },
  virtual_ipaddress_excluded: { write: "vips: IPv6 addresses beside IPv4 ones go there by themselves" },
  unicast_peer: PEERS,
  peers: PEERS,
  unicast_src_ip: { write: "nothing: it is the node's address" },
  priority: { write: "nothing: the order of nodes (or prefer) gives the priorities" },
  state: {
    write: "nothing: every node starts as BACKUP, the order of nodes (or prefer) says which is preferred",
  },
  nopreempt: { write: "promises: { failback: never }, which is the default" },
  preempt: { write: "promises: { failback: allowed }" },
  preempt_delay: { write: "nothing: it has no effect with nopreempt, the default" },
  vrrp_script: CHECK,
  track_script: CHECK,
  weight: { write: "nothing: checks have weight 0, the only one that moves an address under nopreempt" },
  timeout: { write: "check: { time_limit: 0.5 }", means: "time_limit" },
  unicast: { write: "nothing: hapair always speaks unicast" },
  ip: { write: "address: 192.0.2.11", means: "address" },
  dev: INTERFACE,
  nic: INTERFACE,
};

/** The keys that may stand in the map at `path`. */
function keysAt(path: Path): readonly string[] {
  const pattern = fieldPattern([...path, "?"])
    .replace(/\?$/, "")
    .replace(/^routers\.\*\.vips/, "vips");
  return Object.keys(fieldTable)
    .filter((each) => each.startsWith(pattern))
    .map((each) => each.slice(pattern.length))
    .concat(pattern === "routers.*." ? ["vips"] : [])
    .filter((rest) => rest !== "" && rest !== "*" && !rest.includes("."));
}

/** The key of the map at `path`'s parent that was probably meant by the unknown one. */
export function meantKey(path: Path): string | undefined {
  const key = String(path.at(-1) ?? "");
  const known = keysAt(path.slice(0, -1));
  const means = Object.hasOwn(otherWords, key) ? otherWords[key]?.means : undefined;
  return means !== undefined && known.includes(means) ? means : nearest(key, known);
}

/** The finding for an unknown key at `path`. */
export function unknownKeyFinding(tree: SourceTree, path: Path): Finding {
  const key = String(path.at(-1) ?? "");
  const parent = path.slice(0, -1);
  const known = keysAt(parent);
  const place = parent.length === 0 ? "a pair file" : pathText(parent);
  const base = {
    code: "HP010",
    span: keySpanAt(tree, path),
    message: `${quoted(key)} is not a key of ${place}`,
  } as const;
  if (Object.hasOwn(otherWords, key)) return { ...base, advice: otherWords[key]?.write ?? "" };
  const near = nearest(key, known);
  if (near !== undefined) {
    return {
      ...base,
      message: `${base.message}; did you mean ${near}?`,
      advice: fieldAt([...parent, near])?.example ?? near,
    };
  }
  const elsewhere = Object.keys(fieldTable).find((pattern) => pattern.split(".").at(-1) === key);
  if (elsewhere !== undefined && elsewhere !== key) {
    const home = elsewhere.split(".").slice(0, -1).join(".").replaceAll("*", "NAME");
    const advice = `${home}: { ${fieldTable[elsewhere]?.example ?? key} }`;
    return { ...base, message: `${base.message}; it belongs under ${home}`, advice };
  }
  return { ...base, advice: known.length === 0 ? "nothing here" : `one of ${known.join(", ")}` };
}

const KEY_SHOWN_MAX = 60;

function quoted(key: string): string {
  return `"${key.length > KEY_SHOWN_MAX ? `${key.slice(0, KEY_SHOWN_MAX)}...` : key}"`;
}
