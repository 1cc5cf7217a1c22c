// What rules look at: the nodes with their configurations as the daemons have them, and the virtual routers that the nodes' instances form.

import type { SourceText, Span } from "../diagnostics/index.ts";
import type { HaproxyFrontend, HaproxySection, HaproxyServer } from "../haproxy/index.ts";
import type { KeepalivedConfiguration, KeepalivedInstance } from "../keepalived/index.ts";

export interface LintedHaproxy {
  readonly source: SourceText;
  readonly sections: readonly HaproxySection[];
  readonly frontends: readonly HaproxyFrontend[];
  readonly servers: readonly HaproxyServer[];
}

/** What no configuration file of keepalived or HAProxy says. */
export interface NodeSurroundings {
  /** net.ipv4.ip_nonlocal_bind (and IPv6's), where somebody who knows has said so. */
  readonly nonlocalBind: "on" | "off" | "unknown";
  /** Scripts that were read beside the configuration, by the path the configuration calls them by. */
  readonly scripts: ReadonlyMap<string, SourceText>;
}

export interface LintedNode {
  /** As messages call it: extlb-01, lb1.conf ... */
  readonly name: string;
  /** Of a file that holds a template's marks: the file as it is, and what was written, by the words that stand for it in the configuration. */
  readonly template?: { readonly main: SourceText; readonly written: ReadonlyMap<string, string> };
  readonly configuration: KeepalivedConfiguration;
  readonly haproxy?: LintedHaproxy;
  readonly surroundings: NodeSurroundings;
}

export interface RouterMember {
  readonly node: LintedNode;
  readonly instance: KeepalivedInstance;
}

/** The instances of different nodes that are meant to share virtual addresses: at most one of each node. */
export interface VirtualRouter {
  /** As messages call it: the instance's name, or VRID 51 where the names differ. */
  readonly label: string;
  /** In the order of the nodes. One member alone: no other node's file has this router. */
  readonly members: readonly RouterMember[];
}

/** Nodes that belong together, or one whose peer was not given. */
export interface LintSubject {
  readonly nodes: readonly LintedNode[];
  readonly routers: readonly VirtualRouter[];
  /** The version of keepalived that is asked about. A rule whose verdict depends on it is marked `versions: "differ"`. */
  readonly version: string;
  /** What the pair promises (pair.yaml's promises), in milliseconds; absent: nothing promised. */
  readonly promisedServiceHangMs?: number;
}

/** A place in one of a node's files. */
export interface Place {
  readonly node: LintedNode;
  readonly file: "keepalived" | "haproxy";
  /** In keepalived's files: an offset into all of them laid end to end (ConfigFiles). */
  readonly span: Span;
}

/** A place in the node's keepalived configuration. */
export function inKeepalived(node: LintedNode, span: Span): Place {
  return { node, file: "keepalived", span };
}

/** A place in the node's haproxy.cfg. */
export function inHaproxy(node: LintedNode, span: Span): Place {
  return { node, file: "haproxy", span };
}

/** Where the keyword's line is in the instance (script, group ...), else where that begins. */
export function lineOf(
  item: { readonly span: Span; readonly lines: ReadonlyMap<string, Span> },
  ...keywords: readonly string[]
): Span {
  for (const keyword of keywords) {
    const span = item.lines.get(keyword);
    if (span !== undefined) return span;
  }
  // A whole block is no place to point at; its first characters are.
  return { start: item.span.start, end: Math.min(item.span.end, item.span.start + 1) };
}
