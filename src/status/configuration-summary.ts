// What a keepalived.conf says about its instances, read from the syntax tree: only what status compares and shows.
// Pure. Where a keyword stands twice the last one counts, as for keepalived.

import { type Block, type Item, parseConfig, type Statement } from "../keepalived/index.ts";
import type { ConfiguredInstance, KeepalivedConfiguration } from "./observation.ts";

/** What the text says; the file's own properties (mode, owner, time) are the caller's. */
export type ConfigurationText = Omit<KeepalivedConfiguration, "mode" | "owner" | "changedAtMs">;

/** Reads a keepalived.conf whose passwords are replaced by checksums (the observation script does that on the node). */
export function summariseConfiguration(text: string): ConfigurationText {
  const { items } = parseConfig(text);
  const globals = blocksOf(items, "global_defs").flatMap((block) => block.items);
  const scriptUser = wordsOf(globals, "script_user")[0];
  const defaultVersion = Number(wordsOf(globals, "vrrp_version")[0] ?? 2);
  const trackedPaths: Record<string, string> = {};
  for (const keyword of ["track_file", "vrrp_track_file"]) {
    for (const block of blocksOf(items, keyword)) {
      const name = block.header?.arguments[0]?.value;
      const path = wordsOf(block.items, "file")[0];
      if (name !== undefined && path !== undefined) trackedPaths[name] = path;
    }
  }
  return {
    partlyRead: items.some(
      (item) =>
        item.kind === "definition" ||
        (item.kind === "statement" && (item.keyword.value.startsWith("include") || item.prefixes.length > 0)),
    ),
    ...(scriptUser === undefined ? {} : { scriptUser }),
    scriptSecurity: has(globals, "enable_script_security"),
    instances: blocksOf(items, "vrrp_instance").map((block) => instanceOf(block, defaultVersion)),
    trackedPaths,
  };
}

function instanceOf(block: Block, defaultVersion: number): ConfiguredInstance {
  const { items } = block;
  const authentication = blocksOf(items, "authentication").flatMap((inner) => inner.items);
  const optional = {
    interface: wordsOf(items, "interface")[0],
    vrid: numberOf(wordsOf(items, "virtual_router_id")[0]),
    priority: numberOf(wordsOf(items, "priority")[0]),
    state: wordsOf(items, "state")[0],
    authType: wordsOf(authentication, "auth_type")[0],
    passwordChecksum: wordsOf(authentication, "auth_pass")[0],
    source: wordsOf(items, "unicast_src_ip")[0],
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return {
    ...(given as Pick<ConfiguredInstance, keyof typeof optional>),
    name: block.header?.arguments[0]?.value ?? "",
    nopreempt: lastOf(items, ["nopreempt", "preempt"]) === "nopreempt",
    version: Number(wordsOf(items, "version")[0] ?? defaultVersion),
    advertInterval: wordsOf(items, "advert_int")[0] ?? "1",
    peers: listOf(items, "unicast_peer"),
    vips: listOf(items, "virtual_ipaddress"),
    excludedVips: listOf(items, "virtual_ipaddress_excluded"),
    trackedFiles: listOf(items, "track_file"),
    trackedScripts: listOf(items, "track_script"),
  };
}

function blocksOf(items: readonly Item[], keyword: string): Block[] {
  return items.filter(
    (item): item is Block => item.kind === "block" && item.header?.keyword.value === keyword,
  );
}

function statementsOf(items: readonly Item[], keyword: string): Statement[] {
  return items.filter(
    (item): item is Statement => item.kind === "statement" && item.keyword.value === keyword,
  );
}

function wordsOf(items: readonly Item[], keyword: string): string[] {
  return (
    statementsOf(items, keyword)
      .at(-1)
      ?.arguments.map((word) => word.value) ?? []
  );
}

function has(items: readonly Item[], keyword: string): boolean {
  return statementsOf(items, keyword).length > 0;
}

function lastOf(items: readonly Item[], keywords: readonly string[]): string | undefined {
  return items
    .map((item) => (item.kind === "statement" ? item.keyword.value : ""))
    .filter((keyword) => keywords.includes(keyword))
    .at(-1);
}

/** The first word of each line of a list block: an address, a script's or a file's name. */
function listOf(items: readonly Item[], keyword: string): string[] {
  return blocksOf(items, keyword)
    .flatMap((block) => block.items)
    .flatMap((item) => (item.kind === "statement" ? [item.keyword.value] : []));
}

function numberOf(word: string | undefined): number | undefined {
  return word !== undefined && /^\d+$/.test(word) ? Number(word) : undefined;
}
