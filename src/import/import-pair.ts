// From the files of a running pair to the pair.yaml that means the same, with what has to be said about it.
// Rule: the text means what the files do, not what they seem to want; where those differ a comment says so. No password is in it.

import type { ComplaintKind } from "../keepalived/index.ts";
import { loadPair, profileTable } from "../model/index.ts";
import { remarkAdditions } from "./additions.ts";
import { findAddresses } from "./addresses.ts";
import { isRendered, remarkBeyond } from "./beyond.ts";
import { checkNameOf, readCheck } from "./check.ts";
import { headerOf, withComments } from "./commentary.ts";
import type { ImportedNode } from "./coverage.ts";
import { readFailback } from "./failback.ts";
import { haproxySettings } from "./haproxy-settings.ts";
import { nodeSettings, withPeersOfOneNode } from "./node-settings.ts";
import { nameNodes } from "./nodes.ts";
import { type ImportNote, noteList, type NoteList } from "./note.ts";
import { mapSetting, pairText, type Setting } from "./pair-text.ts";
import { routerSettings } from "./router-settings.ts";
import { chooseProfile, findRouters } from "./routers.ts";
import { type ImportedRouter, type ImportNode, type NamedNode, plainName } from "./subject.ts";

export interface ImportOptions {
  /** The pair's name. Without it: the router's where there is one, else what the nodes' names have in common. */
  readonly name?: string;
  /** By node name: addresses that the user names, for files that do not say them. */
  readonly addresses?: ReadonlyMap<string, readonly string[]>;
  /** The path of haproxy.cfg as pair.yaml is to name it. Without it ./haproxy.cfg, with a note. */
  readonly haproxyConfig?: string;
}

export interface ImportedPair {
  readonly pairName: string;
  /** pair.yaml with its comments. */
  readonly text: string;
  readonly notes: readonly ImportNote[];
  /** The nodes in the order they were given. */
  readonly nodes: readonly ImportedNode[];
}

/** Reads the nodes' files as one pair. Never throws, whatever is in them; what is missing is told by notes and refused by loadPair. */
export function importPair(given: readonly ImportNode[], options: ImportOptions = {}): ImportedPair {
  const notes = noteList();
  const nodes = nameNodes(given, notes);
  const routers = withPeersOfOneNode(nodes, findRouters(nodes, options.name, notes));
  const profile = chooseProfile(routers);
  const pairName = options.name ?? namePair(nodes, routers);
  const isOurs = nodes.length > 0 && nodes.every(isRendered);
  const addresses = findAddresses(nodes, routers, options.addresses ?? new Map(), notes);
  const settings: readonly Setting[] = [
    { key: "pair", value: pairName },
    ...(profile === "classic" ? [] : [{ key: "profile", value: profile }]),
    nodeSettings(nodes, routers, addresses, notes),
    ...routerSettings(pairName, nodes, routers, profile, notes),
    ...mapSetting("check", readCheck(nodes, routers, profileTable[profile], isOurs, notes)),
    ...mapSetting("haproxy", haproxySettings(nodes, options.haproxyConfig, notes)),
    ...mapSetting("promises", promiseSettings(routers, notes)),
  ];
  remarkAdditions(nodes, notes);
  remarkBeyond(nodes, notes);
  remarkComplaints(nodes, notes);
  remarkErrors(pairText([], settings), notes);
  return {
    pairName,
    text: pairText(headerOf(nodes, notes.notes(), settings), withComments(settings, notes.notes())),
    notes: notes.notes(),
    nodes: nodes.map((node) => importedNode(node, routers)),
  };
}

function importedNode(node: NamedNode, routers: readonly ImportedRouter[]): ImportedNode {
  const check = checkNameOf(node, routers);
  const names = routers.flatMap(({ name, members }) =>
    members.filter((member) => member.node === node).map(({ instance }) => [instance.name, name] as const),
  );
  return {
    name: node.name,
    givenName: node.givenName,
    routers: new Map(names),
    ...(check === undefined ? {} : { check }),
  };
}

/** The one router's name; else what the nodes' names begin with; else `pair`. */
function namePair(nodes: readonly NamedNode[], routers: readonly ImportedRouter[]): string {
  const [only, ...others] = routers;
  if (only !== undefined && others.length === 0) return only.name;
  const [first = "", ...names] = nodes.map(({ name }) => name);
  let length = first.length;
  for (const name of names) while (length > 0 && !name.startsWith(first.slice(0, length))) length -= 1;
  const common = names.length === 0 ? "" : first.slice(0, length).replace(/[-_.\d]+$/, "");
  return plainName(common.length < 2 ? "pair" : common, "pair");
}

function promiseSettings(routers: readonly ImportedRouter[], notes: NoteList): Setting[] {
  return readFailback(routers, notes) === "never" ? [] : [{ key: "failback", value: "allowed" }];
}

/** Complaints that have a note of their own, or change nothing. */
const TOLD_ELSEWHERE: ReadonlySet<ComplaintKind> = new Set<ComplaintKind>([
  "password-truncated",
  "password-missing",
  "undefined-name",
  "overruled",
  "deprecated",
  "repeated-keyword",
]);

/** What the daemon does not take as it stands is lint's to explain. */
function remarkComplaints(nodes: readonly NamedNode[], notes: NoteList): void {
  for (const { name, configuration } of nodes) {
    const own = configuration.complaints.filter(
      ({ cause, kind }) => cause === undefined && !TOLD_ELSEWHERE.has(kind),
    );
    const [first] = own;
    if (first === undefined) continue;
    notes.add({
      kind: "does-not-do-what-it-seems",
      message: `${name}: keepalived does not take ${own.length === 1 ? "one line" : `${own.length} lines`} as it stands${own.length === 1 ? "" : ", the first being this"}: ${first.message}. hapair lint explains ${own.length === 1 ? "it" : "them"}.`,
      node: name,
      span: first.span,
    });
  }
}

/** What pair.yaml cannot be without: every error that reading it would give. */
function remarkErrors(text: string, notes: NoteList): void {
  const { diagnostics, source } = loadPair("pair.yaml", text);
  for (const { severity, message, advice, span } of diagnostics) {
    const value = span === undefined ? "" : source.text.slice(span.start, span.end);
    // A placeholder of ours has its note already.
    if (severity !== "error" || value.startsWith("WRITE-")) continue;
    notes.add({
      kind: "missing",
      message: `pair.yaml is not complete: ${message}.${advice === undefined ? "" : ` Write: ${advice}`}`,
    });
  }
}
