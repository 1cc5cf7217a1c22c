// vrrp_instance blocks to values, as keepalived takes them (keepalived-behaviour sections 5 and 6; compared with what 2.2.7 and 2.3.3 dump with -d).
// Rule: the daemon's word counts. What it ignores is ignored, what it defaults is defaulted; to complain of that is lint's work.

import { type Block, type Item, type KeepalivedCst, spanOf } from "./cst.ts";
import type { KeepalivedInstance } from "./instance.ts";
import { argumentsOf, blocksNamed } from "./query.ts";
import { readPeers, readVirtualAddresses } from "./read-addresses.ts";
import { readAuthentication } from "./read-authentication.ts";
import { NOTIFY_KEYWORDS, readCommands } from "./read-commands.ts";
import { type InstanceDefaults, readAllGlobals } from "./read-globals.ts";
import { linesByKeyword } from "./read-lines.ts";
import { readScalars, type Scalars } from "./read-scalars.ts";
import { readTracking } from "./read-tracking.ts";
import { allLines, type ValueLines } from "./value-lines.ts";
import { TESTED_VERSION } from "./version.ts";

const PRIORITY_DEFAULT = 100;
const PRIORITY_OWNER = 255;
const ADVERT_INTERVAL_DEFAULT_US = 1_000_000;
const ADVERT_INTERVAL_V3_MAX_US = 40_950_000;
const CENTISECOND_US = 10_000;
const SECOND_US = 1_000_000;
const DOWN_TIMER_ADVERTS_STRICT = 3;

/** How a tree is read. */
export interface ReadingOptions {
  /** Whose reading is asked for; by default {@link TESTED_VERSION}'s. */
  readonly version?: string;
  /** The lines of lists, with those that the daemon refused; by default those in the tree. */
  readonly valueLines?: ValueLines;
  /** What global_defs gives to instances that say nothing themselves; by default what the tree's own says. */
  readonly defaults?: InstanceDefaults;
}

/**
 * The instances in the order of the file. Of two with one name the daemon keeps the first. Give it `effectiveConfig(..)` where the file has
 * conditions or definitions; on the plain tree every conditional line counts. Whether what they track exists is for `readConfiguration` to say.
 */
export function readInstances(
  cst: KeepalivedCst,
  { version = TESTED_VERSION, valueLines = allLines, defaults }: ReadingOptions = {},
): KeepalivedInstance[] {
  const instanceDefaults = defaults ?? readAllGlobals(cst, version).instanceDefaults;
  const instances = new Map<string, KeepalivedInstance>();
  for (const block of blocksNamed(cst.items, "vrrp_instance")) {
    const [name] = block.header === undefined ? [] : argumentsOf(block.header);
    if (name === undefined || instances.has(name.value)) continue;
    instances.set(name.value, readInstance(name.value, block, { defaults: instanceDefaults, valueLines }));
  }
  return [...instances.values()];
}

interface Surroundings {
  readonly defaults: InstanceDefaults;
  readonly valueLines: ValueLines;
}

function readInstance(
  name: string,
  block: Block,
  { defaults, valueLines }: Surroundings,
): KeepalivedInstance {
  const { items } = block;
  const { scalars, ignored } = readScalars(items);
  const family = scalars.family ?? 4;
  const strict = scalars.strict ?? defaults.strict;
  // vrrp_version of global_defs does not reach an IPv6 instance; `version 2` before its first address does (2.2.7), if nobody is strict.
  const version =
    family === 6 && (strict || scalars.version === undefined) ? 3 : (scalars.version ?? defaults.version);
  const priority = scalars.priority ?? (scalars.state === "MASTER" ? PRIORITY_OWNER : PRIORITY_DEFAULT);
  const state = scalars.state ?? (priority === PRIORITY_OWNER ? "MASTER" : "BACKUP");
  const authentication = readAuthentication(items);
  // Strict mode makes BACKUP of a MASTER that does not own the addresses, and so does authentication by AH.
  const startsAsMaster =
    priority === PRIORITY_OWNER ||
    (!strict && state === "MASTER" && !authenticatesByHeader(authentication, family, version));
  const peers = readPeers(items, family, valueLines);
  const source = scalars.unicastSourceIp;
  const kept = items.filter((item) => item.kind !== "statement" || !ignored.has(item));
  return {
    name,
    state,
    ...written(scalars),
    priority,
    version,
    family,
    advertIntervalUs: advertInterval(scalars.advertIntervalUs ?? ADVERT_INTERVAL_DEFAULT_US, version),
    nopreempt: (scalars.nopreempt ?? false) && !startsAsMaster,
    nopreemptWritten: scalars.nopreempt ?? false,
    preemptDelayUs: scalars.preemptDelayUs ?? 0,
    ...(source?.family === family ? { unicastSourceIp: source } : {}),
    unicastPeers: peers.readable,
    unreadablePeers: peers.unreadable,
    unicastMeant: items.some(meansUnicast),
    checkUnicastSource:
      (scalars.checkUnicastSource ?? false) || peers.limitsHops || defaults.checkUnicastSource,
    skipCheckAdvAddr: scalars.skipCheckAdvAddr ?? defaults.skipCheckAdvAddr,
    strict,
    noAccept: !accepts(scalars.accept, { owner: priority === PRIORITY_OWNER, strict, version }),
    downTimerAdverts: strict
      ? DOWN_TIMER_ADVERTS_STRICT
      : (scalars.downTimerAdverts ?? defaults.downTimerAdverts),
    answersLowerPriority: !(strict || (scalars.lowerPriorityNoAdvert ?? !defaults.answersLowerPriority)),
    answersHigherPriority: scalars.higherPrioritySendAdvert ?? defaults.answersHigherPriority,
    ...(scalars.multicastSourceIp?.family === family ? { multicastSourceIp: scalars.multicastSourceIp } : {}),
    multicastGroup:
      scalars.multicastGroup?.family === family ? scalars.multicastGroup : defaults.multicastGroups[family],
    garp: { ...defaults.garp, ...scalars.garp, ...(strict ? NO_GARP_FOR_LOWER : {}) },
    useVmac: scalars.useVmac ?? false,
    dontTrackPrimary: scalars.dontTrackPrimary ?? false,
    smtpAlert: scalars.smtpAlert ?? defaults.smtpAlert,
    commands: readCommands(items, NOTIFY_KEYWORDS),
    ...readVirtualAddresses(items, family, valueLines),
    ...readTracking(items, valueLines),
    ...authentication,
    span: spanOf(block),
    lines: linesByKeyword(kept, NOTIFY_KEYWORDS),
  };
}

/** auth_type AH in force: it has a password, and neither IPv6 nor version 3 takes it away. */
function authenticatesByHeader(
  { authentication }: Pick<KeepalivedInstance, "authentication">,
  family: 4 | 6,
  version: 2 | 3,
): boolean {
  return (
    authentication?.type === "AH" && authentication.password !== undefined && family === 4 && version === 2
  );
}

const NO_GARP_FOR_LOWER = { lowerPriorityDelayS: 0, lowerPriorityRepeat: 0 } as const;

/** What is told as it stands, where it stands. */
function written(
  scalars: Scalars,
): Pick<KeepalivedInstance, "interface" | "interfaceWritten" | "virtualRouterId" | "stateWritten"> {
  const { interface: name, interfaceWritten, virtualRouterId, stateWritten } = scalars;
  return {
    ...(stateWritten === undefined ? {} : { stateWritten }),
    ...(name === undefined ? {} : { interface: name }),
    ...(interfaceWritten === undefined ? {} : { interfaceWritten }),
    ...(virtualRouterId === undefined ? {} : { virtualRouterId }),
  };
}

/** Version 2 counts whole seconds, version 3 hundredths up to 40.95 s; both round. */
function advertInterval(givenUs: number, version: 2 | 3): number {
  const stepUs = version === 2 ? SECOND_US : CENTISECOND_US;
  const roundedUs = Math.max(stepUs, Math.round(givenUs / stepUs) * stepUs);
  return version === 2 ? roundedUs : Math.min(roundedUs, ADVERT_INTERVAL_V3_MAX_US);
}

/** Whether packets to the VIP reach anybody. Strict mode turns that off except for the owner, and with version 2 whatever the file says. */
function accepts(
  asked: boolean | undefined,
  { owner, strict, version }: { readonly owner: boolean; readonly strict: boolean; readonly version: 2 | 3 },
): boolean {
  if (strict && version === 2 && !owner) return false;
  return asked ?? (owner || !strict);
}

const UNICAST_KEYWORDS = new Set([
  "unicast_src_ip",
  "unicast_peer",
  "unicast_fault_no_peer",
  "check_unicast_src",
  "old_unicast_checksum",
]);

function meansUnicast(item: Item): boolean {
  const statement = item.kind === "block" ? item.header : item.kind === "statement" ? item : undefined;
  return UNICAST_KEYWORDS.has(statement?.keyword.value ?? "");
}
