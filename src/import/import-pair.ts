// From the files of a running pair to the pair.yaml that means the same, with what has to be said about it.
// Rule: the text means what the files do, not what they seem to want; where those differ a comment says so. No password is in it.

import { sentenceList } from "../base/index.ts";
import { readFrontends } from "../haproxy/index.ts";
import { isPlaceholder, type KeepalivedInstance } from "../keepalived/index.ts";
import { loadPair, type ProfileName, profileTable } from "../model/index.ts";
import { findAddresses, type NodeAddresses } from "./addresses.ts";
import { isRendered, remarkBeyond } from "./beyond.ts";
import { checkNameOf, readCheck } from "./check.ts";
import type { ImportedNode } from "./coverage.ts";
import { readFailback } from "./failback.ts";
import { nameNodes } from "./nodes.ts";
import { type ImportNote, noteList, type NoteList, type PairPath } from "./note.ts";
import { pairText, type Setting, wrapped } from "./pair-text.ts";
import { chooseProfile, findRouters, remarkPreference } from "./routers.ts";
import { type ImportedRouter, type ImportNode, type NamedNode, placeOf, plainName } from "./subject.ts";
import { readVips } from "./vips.ts";
import { haveOnePassword, readPassword, readVrrp, variableName } from "./vrrp.ts";

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
  const settings = [
    { key: "pair", value: pairName },
    ...(profile === "classic" ? [] : [{ key: "profile", value: profile }]),
    nodeSettings(nodes, routers, addresses, notes),
    ...routerSettings(pairName, nodes, routers, profile, notes),
    ...mapSetting("check", readCheck(routers, profileTable[profile], isOurs, notes)),
    mapSetting("haproxy", haproxySettings(nodes, options, notes)),
    ...mapSetting("promises", promiseSettings(routers, notes)),
  ].flat();
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

function mapSetting(key: string, settings: readonly Setting[]): Setting[] {
  return settings.length === 0 ? [] : [{ key, value: settings }];
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

/** One node's files alone: those it sends to are the other nodes. */
function withPeersOfOneNode(
  nodes: readonly NamedNode[],
  routers: readonly ImportedRouter[],
): readonly ImportedRouter[] {
  if (nodes.length !== 1) return routers;
  const peers = peersOfOneNode(routers).map(({ name }) => name);
  return routers.map((router) => ({ ...router, prefer: [...router.prefer, ...peers] }));
}

function peersOfOneNode(
  routers: readonly ImportedRouter[],
): readonly { readonly name: string; readonly address: string }[] {
  const addresses = new Set(
    routers.slice(0, 1).flatMap(({ lead }) => lead.unicastPeers.map(({ address }) => address.text)),
  );
  return [...addresses].map((address, index) => ({ name: `peer-${index + 1}`, address }));
}

function nodeSettings(
  nodes: readonly NamedNode[],
  routers: readonly ImportedRouter[],
  addresses: NodeAddresses,
  notes: NoteList,
): Setting {
  const ordered = nodesInOrder(nodes, routers);
  const settings = ordered.map((node) => {
    const [address = "", ...further] = addresses.get(node.name) ?? [];
    remarkInterface(node, notes);
    return oneNode(node.name, further.length === 0 ? address : [address, ...further], node.interface);
  });
  const [single] = nodes;
  if (single !== undefined && nodes.length === 1) {
    const peers = peersOfOneNode(routers);
    for (const peer of peers) settings.push(oneNode(peer.name, peer.address, single.interface));
    notes.add({
      kind: peers.length === 0 ? "missing" : "assumed",
      message:
        peers.length === 0
          ? "Only one node's files were given: write the other nodes, or import again with their files."
          : `Only the files of ${single.name} were given. ${sentenceList(peers.map(({ name }) => name))} ${peers.length === 1 ? "is" : "are"} where it sends to; name, interface and preference of ${peers.length === 1 ? "that node" : "those nodes"} are guesses.`,
      at: ["nodes"],
      keywords: ["priority"],
    });
  }
  return { key: "nodes", value: settings, spread: true };
}

const NO_INTERFACE = "WRITE-THE-INTERFACE";

function oneNode(
  name: string,
  address: string | readonly string[],
  ownInterface: string | undefined,
): Setting {
  return {
    key: name,
    value: [
      { key: "address", value: address },
      { key: "interface", value: ownInterface ?? NO_INTERFACE },
    ],
  };
}

/** By preference where all routers prefer alike, else as given: then each router says its own order. */
function nodesInOrder(nodes: readonly NamedNode[], routers: readonly ImportedRouter[]): NamedNode[] {
  const [first] = routers;
  const isOne = routers.every((router) => router.prefer.join() === first?.prefer.join());
  if (first === undefined || !isOne) return [...nodes];
  return nodes.toSorted((left, right) => first.prefer.indexOf(left.name) - first.prefer.indexOf(right.name));
}

function remarkInterface(node: NamedNode, notes: NoteList): void {
  const at = ["nodes", node.name];
  if (node.interface === undefined || isPlaceholder(node.interface)) {
    notes.add({
      kind: "missing",
      message: `Write the interface of ${node.name}${node.interface === undefined ? ", which its file does not say" : `: ${JSON.stringify(node.interface)} is not one`}.`,
      node: node.name,
      at,
      keywords: ["interface"],
    });
  }
}

/** A router that speaks on another interface than the rest of its node's. */
function remarkOtherInterface(router: ImportedRouter, notes: NoteList): void {
  const others = router.members.filter(({ node, instance }) => instance.interface !== node.interface);
  const [first] = others;
  if (first === undefined) return;
  const places = others.map(
    ({ node, instance }) => `${instance.interface ?? "no interface"} of ${node.name}`,
  );
  notes.add({
    kind: "cannot-express",
    message: `${router.name} speaks on ${sentenceList(places)}. In pair.yaml all routers of a node speak on one interface, from the node's one address; the virtual addresses stay where they are.`,
    node: first.node.name,
    nodes: router.members.map(({ node }) => node.name),
    span: placeOf(first.instance, "interface"),
    keywords: [
      "interface",
      "unicast_src_ip",
      "unicast_peer",
      "virtual_ipaddress",
      "virtual_ipaddress_excluded",
    ],
  });
}

/** `vips` and `vrrp` for one router, `routers` for several. */
function routerSettings(
  pairName: string,
  nodes: readonly NamedNode[],
  routers: readonly ImportedRouter[],
  profileName: ProfileName,
  notes: NoteList,
): Setting[] {
  const profile = profileTable[profileName];
  const [only, ...others] = routers;
  if (only === undefined) return [];
  if (others.length === 0) {
    remarkOtherInterface(only, notes);
    remarkPreference(only, profileName, ["nodes"], notes);
    const vrrp = [
      ...readVrrp(only, profile, ["vrrp"], notes),
      ...readPassword([only], variableName(pairName), ["vrrp"], notes),
    ];
    return [{ key: "vips", value: readVips(only, nodes, ["vips"], notes) }, ...mapSetting("vrrp", vrrp)];
  }
  const order = nodesInOrder(nodes, routers).map(({ name }) => name);
  const isShared = haveOnePassword(routers);
  const common = isShared ? readPassword(routers, variableName(pairName), ["vrrp"], notes) : [];
  const settings = routers.map((router): Setting => {
    const at = ["routers", router.name];
    remarkOtherInterface(router, notes);
    remarkPreference(router, profileName, [...at, "prefer"], notes);
    const vrrp = readVrrp(router, profile, at, notes);
    const password = isShared ? [] : readPassword([router], variableName(pairName, router.name), at, notes);
    const isLikeNodes = router.prefer.join() === order.join();
    return {
      key: router.name,
      value: [
        ...vrrp.filter(({ key }) => key === "id"),
        ...(isLikeNodes ? [] : [{ key: "prefer", value: router.prefer }]),
        ...vrrp.filter(({ key }) => key !== "id"),
        ...password,
        { key: "vips", value: readVips(router, nodes, [...at, "vips"], notes) },
      ],
    };
  });
  return [...mapSetting("vrrp", common), { key: "routers", value: settings, spread: true }];
}

function promiseSettings(routers: readonly ImportedRouter[], notes: NoteList): Setting[] {
  return readFailback(routers, notes) === "never" ? [] : [{ key: "failback", value: "allowed" }];
}

const HEALTH_PORT = 8405;
const HEALTH_PORTS_TRIED = 20;

function haproxySettings(nodes: readonly NamedNode[], options: ImportOptions, notes: NoteList): Setting[] {
  const config = options.haproxyConfig ?? "./haproxy.cfg";
  const at = ["haproxy"];
  if (options.haproxyConfig === undefined)
    notes.add({
      kind: "assumed",
      message: `No haproxy.cfg was named (--haproxy FILE): pair.yaml says ${config}, and it must be there before hapair can render.`,
      at,
    });
  const [first, ...others] = nodes.flatMap(({ name, haproxy }) =>
    haproxy === undefined ? [] : [{ name, haproxy }],
  );
  const differing = others.filter(({ haproxy }) => haproxy.text !== first?.haproxy.text);
  if (first !== undefined && differing.length > 0)
    notes.add({
      kind: "cannot-express",
      message: `haproxy.cfg of ${sentenceList(differing.map(({ name }) => name))} is not ${first.name}'s; pair.yaml has one for all nodes, ${first.name}'s (${config}).`,
    });
  const ports = new Set(
    nodes.flatMap(({ haproxy }) =>
      haproxy === undefined
        ? []
        : readFrontends(haproxy.text).flatMap(({ binds }) => binds.map(({ port }) => port)),
    ),
  );
  const free = Array.from({ length: HEALTH_PORTS_TRIED }, (_, index) => HEALTH_PORT + index).find(
    (port) => !ports.has(port),
  );
  return [
    { key: "config", value: config },
    ...(free === undefined || free === HEALTH_PORT ? [] : [{ key: "health", value: `127.0.0.1:${free}` }]),
  ];
}

interface Addition {
  readonly keywords: readonly string[];
  readonly text: string;
  /** Whether a node's file has it already. */
  readonly has: (node: NamedNode) => boolean;
}

/** What hapair writes beside what was asked for. */
const ADDITIONS: readonly Addition[] = [
  {
    keywords: ["enable_script_security", "script_user"],
    text: "enable_script_security with script_user root",
    has: ({ configuration: { globals } }) => globals.scriptSecurity && globals.scriptUser === "root",
  },
  {
    keywords: ["check_unicast_src", "vrrp_check_unicast_src"],
    text: "check_unicast_src, so that advertisements of others than the nodes are refused",
    has: ({ configuration }) => configuration.instances.every((instance) => instance.checkUnicastSource),
  },
  {
    keywords: ["track_file", "vrrp_track_file"],
    text: "three watched files in /run/hapair/watch, each of which can mean FAULT",
    has: isRendered,
  },
  { keywords: ["garp_master_refresh"], text: "garp_master_refresh 1", has: isRendered },
  {
    keywords: ["preferred_lft", "virtual_ipaddress", "virtual_ipaddress_excluded"],
    text: "preferred_lft 0 on IPv6 addresses, so that no connection starts from them",
    has: (node) => isRendered(node) || !node.configuration.instances.some(hasIpv6),
  },
];

function hasIpv6(instance: KeepalivedInstance): boolean {
  return [...instance.virtualIpaddresses, ...instance.excludedVirtualIpaddresses].some(
    ({ address }) => address.family === 6,
  );
}

function remarkAdditions(nodes: readonly NamedNode[], notes: NoteList): void {
  const added = ADDITIONS.filter(({ has }) => !nodes.every(has));
  if (added.length === 0) return;
  notes.add({
    kind: "changed",
    message: `hapair adds: ${added.map(({ text }) => text).join("; ")}.`,
    keywords: added.flatMap(({ keywords }) => keywords),
  });
}

/** What the daemon does not take as it stands is lint's to explain. */
function remarkComplaints(nodes: readonly NamedNode[], notes: NoteList): void {
  for (const { name, configuration } of nodes) {
    const own = configuration.complaints.filter(({ cause }) => cause === undefined);
    const [first] = own;
    if (first === undefined) continue;
    notes.add({
      kind: "does-not-do-what-it-seems",
      message: `${name}: keepalived does not take ${own.length === 1 ? "one line" : `${own.length} lines`} as it stands${own.length === 1 ? "" : ", the first being this"}: ${first.message} hapair lint explains ${own.length === 1 ? "it" : "them"}.`,
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
    if (severity !== "error" || /^WRITE-/.test(value)) continue;
    notes.add({
      kind: "missing",
      message: `pair.yaml is not complete: ${message}.${advice === undefined ? "" : ` Write: ${advice}`}`,
    });
  }
}

const HEADER_COLUMNS = 110;

function headerOf(
  nodes: readonly NamedNode[],
  notes: readonly ImportNote[],
  settings: readonly Setting[],
): string[] {
  const files = nodes.flatMap(({ configuration }) => configuration.files.parts.slice(0, 1));
  const from = sentenceList(files.map(({ source }) => source.file));
  const lines = [
    ...wrapped(
      `The pair that ${from} ${files.length === 1 ? "describes" : "describe"}, as hapair init --from read it. hapair explain NAME says what a parameter does; everything not said here has the document's value.`,
      HEADER_COLUMNS,
    ),
  ];
  const loose = notes.filter((note) => isCommented(note) && placeFor(settings, note.at) === undefined);
  const sections: readonly (readonly [string, readonly ImportNote[]])[] = [
    ["To be known:", loose.filter(({ kind }) => kind !== "missing")],
    ["To be completed:", loose.filter(({ kind }) => kind === "missing")],
    [
      "pair.yaml cannot express, and the rendered files will not have:",
      notes.filter(({ kind }) => kind === "cannot-express"),
    ],
    ["The rendered files do in another way:", notes.filter(({ kind }) => kind === "changed")],
  ];
  for (const [title, items] of sections) {
    if (items.length === 0) continue;
    lines.push("", title);
    for (const { message } of items)
      lines.push(
        ...wrapped(message, HEADER_COLUMNS - 2).map((line, index) => `${index === 0 ? "-" : " "} ${line}`),
      );
  }
  return lines;
}

/** Whether the note is told beside its key; the others are lists at the top. */
function isCommented({ kind }: ImportNote): boolean {
  return kind !== "cannot-express" && kind !== "changed";
}

/** The deepest setting along the path that is there. */
function placeFor(settings: readonly Setting[], path: PairPath | undefined): PairPath | undefined {
  const [key, ...rest] = path ?? [];
  const setting = settings.find((each) => each.key === key);
  if (key === undefined || setting === undefined) return undefined;
  const inner = innerSettings(setting);
  return [key, ...(placeFor(inner, rest) ?? [])];
}

function innerSettings({ value }: Setting): readonly Setting[] {
  return typeof value === "string" || typeof value === "number"
    ? []
    : value.flatMap((each) => (typeof each === "string" ? [] : [each]));
}

function withComments(settings: readonly Setting[], notes: readonly ImportNote[]): Setting[] {
  const comments = new Map<string, string[]>();
  for (const note of notes.filter(isCommented)) {
    const place = placeFor(settings, note.at)?.join("\n");
    const text = note.kind === "missing" ? `TO DO: ${note.message}` : note.message;
    if (place !== undefined) comments.set(place, [...(comments.get(place) ?? []), text]);
  }
  const visit = (setting: Setting, path: PairPath): Setting => {
    const inner = innerSettings(setting);
    const own = comments.get([...path, setting.key].join("\n")) ?? [];
    return {
      ...setting,
      ...(inner.length === 0 ? {} : { value: inner.map((each) => visit(each, [...path, setting.key])) }),
      comments: [...(setting.comments ?? []), ...own],
    };
  };
  return settings.map((setting) => visit(setting, []));
}
