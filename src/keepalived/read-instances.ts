// vrrp_instance blocks to values, as keepalived 2.2.7 takes them (keepalived-behaviour sections 5 and 6; doubtful cases tried on it).
// Rule: the daemon's word counts. What it ignores is ignored, what it defaults is defaulted; to complain of that is lint's work.

import type { Span } from "../diagnostics/index.ts";
import type { Family } from "../model/index.ts";
import { type Block, type Item, type KeepalivedCst, spanOf, type Word } from "./cst.ts";
import type { KeepalivedInstance, TrackEntry, UnicastPeer, VirtualIpaddress } from "./instance.ts";
import { argumentsOf, blocksNamed, linesOf, statementsIn, wordsOf } from "./query.ts";
import { familyOf, integerIn, type PrefixedAddress, prefixedAddress, secondsIn } from "./values.ts";

const PRIORITY_DEFAULT = 100;
const PRIORITY_OWNER = 255;
const ADVERT_INTERVAL_DEFAULT_US = 1_000_000;
const ADVERT_INTERVAL_V3_MAX_US = 40_950_000;
const CENTISECOND_US = 10_000;
const SECOND_US = 1_000_000;

/**
 * The instances in the order of the file. Of two with one name the daemon keeps the first. Give it `effectiveConfig(..)` where the file has
 * conditions or definitions; on the plain tree every conditional line counts.
 */
export function readInstances(cst: KeepalivedCst): KeepalivedInstance[] {
  const globalVersion = readGlobalVersion(cst.items);
  const instances = new Map<string, KeepalivedInstance>();
  for (const block of blocksNamed(cst.items, "vrrp_instance")) {
    const [name] = block.header === undefined ? [] : argumentsOf(block.header);
    if (name === undefined || instances.has(name.value)) continue;
    instances.set(name.value, readInstance(name.value, block, globalVersion));
  }
  return [...instances.values()];
}

function readGlobalVersion(items: readonly Item[]): 2 | 3 {
  const lines = linesOf(items, "global_defs").filter((line) => line.keyword.value === "vrrp_version");
  return (
    lines
      .map((line) => versionOf(argumentsOf(line)[0]?.value))
      .findLast((version) => version !== undefined) ?? 2
  );
}

function versionOf(text: string | undefined): 2 | 3 | undefined {
  const version = integerIn(text, 2, 3);
  return version === 2 || version === 3 ? version : undefined;
}

function readInstance(name: string, block: Block, globalVersion: 2 | 3): KeepalivedInstance {
  const scalars = readScalars(block.items);
  const family = instanceFamily(block.items) ?? 4;
  // vrrp_version of global_defs does not reach an IPv6 instance, `version 2` of its own does (2.2.7).
  const version = scalars.version ?? (family === 6 ? 3 : globalVersion);
  const state = scalars.state ?? (scalars.priority === PRIORITY_OWNER ? "MASTER" : "BACKUP");
  const priority = scalars.priority ?? (scalars.state === "MASTER" ? PRIORITY_OWNER : PRIORITY_DEFAULT);
  const nopreemptWritten = scalars.nopreempt ?? false;
  const source = prefixedAddress(scalars.unicastSourceIp ?? "");
  return {
    name,
    state,
    ...(scalars.interface === undefined ? {} : { interface: scalars.interface }),
    ...(scalars.virtualRouterId === undefined ? {} : { virtualRouterId: scalars.virtualRouterId }),
    priority,
    version,
    family,
    advertIntervalUs: advertInterval(scalars.advertIntervalUs ?? ADVERT_INTERVAL_DEFAULT_US, version),
    nopreempt: nopreemptWritten && scalars.state !== "MASTER" && priority !== PRIORITY_OWNER,
    nopreemptWritten,
    preemptDelayUs: scalars.preemptDelayUs ?? 0,
    ...(source?.address.family === family ? { unicastSourceIp: source.address } : {}),
    unicastPeers: readPeers(block.items, family),
    virtualIpaddresses: readAddresses(block.items, "virtual_ipaddress").filter(
      (each) => each.address.family === family,
    ),
    excludedVirtualIpaddresses: readAddresses(block.items, "virtual_ipaddress_excluded"),
    trackScripts: readTrackEntries(block.items, "track_script"),
    trackFiles: readTrackEntries(block.items, "track_file"),
    trackInterfaces: readTrackEntries(block.items, "track_interface"),
    trackProcesses: readTrackEntries(block.items, "track_process"),
    ...readAuthentication(block.items),
    span: spanOf(block),
    lines: scalars.lines,
  };
}

/** Version 2 counts whole seconds, version 3 hundredths up to 40.95 s; both round. */
function advertInterval(givenUs: number, version: 2 | 3): number {
  const stepUs = version === 2 ? SECOND_US : CENTISECOND_US;
  const roundedUs = Math.max(stepUs, Math.round(givenUs / stepUs) * stepUs);
  return version === 2 ? roundedUs : Math.min(roundedUs, ADVERT_INTERVAL_V3_MAX_US);
}

interface Scalars {
  state?: "MASTER" | "BACKUP";
  interface?: string;
  virtualRouterId?: number;
  priority?: number;
  version?: 2 | 3;
  advertIntervalUs?: number;
  nopreempt?: boolean;
  preemptDelayUs?: number;
  unicastSourceIp?: string;
  readonly lines: Map<string, Span>;
}

/** What a line with the keyword changes; undefined where the daemon ignores the line and keeps what it had. */
type ScalarReader = (argument: string | undefined, before: Scalars) => Partial<Scalars> | undefined;

const given = <Key extends keyof Scalars>(
  key: Key,
  value: Scalars[Key] | undefined,
): Partial<Scalars> | undefined => (value === undefined ? undefined : { [key]: value });

const SCALAR_READERS: Readonly<Record<string, ScalarReader>> = {
  // Case-sensitive, and once MASTER always MASTER.
  state: (text, before) =>
    before.state === "MASTER" ? undefined : { state: text === "MASTER" ? "MASTER" : "BACKUP" },
  interface: (text) => given("interface", text),
  virtual_router_id: (text) => given("virtualRouterId", integerIn(text, 1, 255)),
  priority: (text) => ({ priority: integerIn(text, 1, 255) ?? PRIORITY_DEFAULT }),
  version: (text) => given("version", versionOf(text)),
  advert_int: (text) => given("advertIntervalUs", secondsIn(text, 0.01, 255)),
  nopreempt: () => ({ nopreempt: true }),
  preempt: () => ({ nopreempt: false }),
  preempt_delay: (text) => given("preemptDelayUs", secondsIn(text, 0, 1000)),
  unicast_src_ip: (text) =>
    prefixedAddress(text ?? "") === undefined ? undefined : given("unicastSourceIp", text),
};

function readScalars(items: readonly Item[]): Scalars {
  const scalars: Scalars = { lines: new Map() };
  for (const statement of statementsIn(items)) {
    const keyword = statement.keyword.value;
    const read = Object.hasOwn(SCALAR_READERS, keyword) ? SCALAR_READERS[keyword] : undefined;
    const change = read?.(argumentsOf(statement)[0]?.value, scalars);
    if (change === undefined) continue;
    Object.assign(scalars, change);
    scalars.lines.set(keyword, spanOf(statement));
  }
  return scalars;
}

/** The family of the first address in the block, whichever keyword has it, the excluded ones aside; native_ipv6 counts as one. */
function instanceFamily(items: readonly Item[]): Family | undefined {
  const addresses: (PrefixedAddress | undefined)[] = [];
  for (const item of items) {
    if (item.kind === "block") {
      const lines = linesOf([item], "virtual_ipaddress", "unicast_peer");
      addresses.push(...lines.map((line) => prefixedAddress(line.keyword.value)));
    } else if (item.kind === "statement") {
      const text = FAMILY_KEYWORDS.has(item.keyword.value) ? argumentsOf(item)[0]?.value : undefined;
      addresses.push(prefixedAddress(item.keyword.value === "native_ipv6" ? "::" : (text ?? "")));
    }
  }
  return familyOf(addresses);
}

const FAMILY_KEYWORDS = new Set(["unicast_src_ip", "mcast_src_ip"]);

/** One address a line; the daemon takes `ADDRESS/24` here too and forgets the length. Names are not looked up. */
function readPeers(items: readonly Item[], family: Family): UnicastPeer[] {
  return linesOf(items, "unicast_peer").flatMap((line) => {
    const address = prefixedAddress(line.keyword.value)?.address;
    return address?.family === family ? [{ address, span: spanOf(line) }] : [];
  });
}

/** One address a line, its options behind it; further addresses on the line are not read ("Unknown configuration entry"). */
function readAddresses(items: readonly Item[], keyword: string): VirtualIpaddress[] {
  return linesOf(items, keyword).flatMap((line) => {
    const [first, ...options] = wordsOf(line);
    const parsed = prefixedAddress(first?.value ?? "");
    if (parsed === undefined) return [];
    const device = options[options.findIndex((word) => word.value === "dev") + 1];
    const hasDevice = options.some((word) => word.value === "dev") && device !== undefined;
    return [{ ...parsed, ...(hasDevice ? { device: device.value } : {}), span: spanOf(line) }];
  });
}

const TRACK_WEIGHT_MAX = 254;

/** `NAME [weight N [reverse]]`, one a line; a name that comes again is ignored, a word that is no option ends the line. */
function readTrackEntries(items: readonly Item[], keyword: string): TrackEntry[] {
  const entries = new Map<string, TrackEntry>();
  for (const line of linesOf(items, keyword)) {
    const [name, option, weight, direction] = wordsOf(line);
    if (name === undefined || entries.has(name.value)) continue;
    const number =
      option?.value === "weight" ? integerIn(weight?.value, -TRACK_WEIGHT_MAX, TRACK_WEIGHT_MAX) : undefined;
    entries.set(name.value, {
      name: name.value,
      ...(number === undefined ? {} : { weight: number }),
      reverse: number !== undefined && direction?.value === "reverse",
      span: spanOf(line),
    });
  }
  return [...entries.values()];
}

/** The last usable line of each keyword. PASS without a password is told as written; the daemon then runs without authentication. */
function readAuthentication(items: readonly Item[]): Pick<KeepalivedInstance, "authentication"> {
  let type: "PASS" | "AH" | undefined;
  let passwordSpan: Span | undefined;
  for (const line of linesOf(items, "authentication")) {
    const [argument] = argumentsOf(line);
    if (line.keyword.value === "auth_type" && (argument?.value === "PASS" || argument?.value === "AH")) {
      type = argument.value;
    } else if (line.keyword.value === "auth_pass" && argument !== undefined) {
      passwordSpan = valueSpan(argument);
    }
  }
  if (type === undefined) return {};
  return { authentication: { type, ...(passwordSpan === undefined ? {} : { passwordSpan }) } };
}

/** Where the value itself stands: inside the quotes, before an escaped comment mark. A value that came of a definition has its line's span. */
function valueSpan({ source, value, quoted, span }: Word): Span {
  if (span.end - span.start !== source.length) return span;
  const start = span.start + (quoted ? 1 : 0);
  return { start, end: start + value.length };
}
