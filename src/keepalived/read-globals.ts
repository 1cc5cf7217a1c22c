// global_defs to values, with the daemon's defaults (keepalived-behaviour 6.3). A file may have several such blocks: they are one.
// Rule: the process that runs VRRP takes them from the one that read the whole file before, so where they stand does not matter.

import type { Span } from "../diagnostics/index.ts";
import type { GlobalSettings } from "./configuration.ts";
import { type Block, type KeepalivedCst, type Statement, type Word } from "./cst.ts";
import type { GarpSettings } from "./instance.ts";
import { blocksNamed, linesOf, statementsIn, wordsOf } from "./query.ts";
import { GLOBAL_COMMAND_KEYWORDS, readCommands } from "./read-commands.ts";
import { linesByKeyword } from "./read-lines.ts";
import type { IpAddress } from "../model/index.ts";
import { leadingIntegerIn, prefixedAddress, secondsIn, switchOf } from "./values.ts";
import { isAtLeast, TESTED_VERSION } from "./version.ts";

const DOWN_TIMER_ADVERTS_DEFAULT = 3;
const SECONDS_MAX = 4294;
const COUNT_MAX = 2_147_483_647;
const UNSIGNED_MAX = 4_294_967_295;

/** {@link GlobalSettings} with what instances take over where they say nothing themselves. */
export interface InstanceDefaults {
  readonly version: 2 | 3;
  readonly strict: boolean;
  readonly checkUnicastSource: boolean;
  readonly skipCheckAdvAddr: boolean;
  readonly smtpAlert: boolean;
  readonly downTimerAdverts: number;
  readonly answersLowerPriority: boolean;
  readonly answersHigherPriority: boolean;
  readonly multicastGroups: { readonly 4: IpAddress; readonly 6: IpAddress };
  readonly garp: GarpSettings;
}

interface GlobalValues {
  lowerPriorityNoAdvert?: boolean;
  higherPrioritySendAdvert?: boolean;
  multicastGroup4?: IpAddress;
  multicastGroup6?: IpAddress;
  routerId?: string;
  version?: 2 | 3;
  strict?: boolean;
  checkUnicastSource?: boolean;
  skipCheckAdvAddr?: boolean;
  scriptSecurity?: boolean;
  scriptUser?: string;
  smtpServer?: string;
  notificationEmailFrom?: string;
  smtpAlertOfAll?: boolean;
  smtpAlertOfVrrp?: boolean;
  dynamicInterfaces?: boolean;
  defaultInterface?: string;
  startupDelayUs?: number;
  downTimerAdverts?: number;
  masterDelayS?: number;
  masterRepeat?: number;
  masterRefreshS?: number;
  masterRefreshRepeat?: number;
  lowerPriorityDelayS?: number;
  lowerPriorityRepeat?: number;
}

/** What a line changes; undefined where the daemon ignores it and keeps what it had. */
type GlobalReader = (
  argument: string | undefined,
  before: GlobalValues,
  version: string,
) => GlobalValues | undefined;

const given = <Key extends keyof GlobalValues>(
  key: Key,
  value: GlobalValues[Key] | undefined,
): GlobalValues | undefined => (value === undefined ? undefined : { [key]: value });

const READERS: Readonly<Record<string, GlobalReader>> = {
  router_id: (text) => given("routerId", text),
  vrrp_version: (text) => given("version", vrrpVersion(text)),
  // Before 2.3.0 these two are on whatever stands behind them, `off` too.
  vrrp_strict: (text, _before, version) => given("strict", switchSince("2.3.0", version, text)),
  vrrp_skip_check_adv_addr: (text, _before, version) =>
    given("skipCheckAdvAddr", switchSince("2.3.0", version, text)),
  vrrp_check_unicast_src: () => ({ checkUnicastSource: true }),
  enable_script_security: () => ({ scriptSecurity: true }),
  script_user: (text) => given("scriptUser", text),
  smtp_server: (text) => given("smtpServer", text),
  notification_email_from: (text) => given("notificationEmailFrom", text),
  smtp_alert: (text) => given("smtpAlertOfAll", switchOf(text)),
  smtp_alert_vrrp: (text) => given("smtpAlertOfVrrp", switchOf(text)),
  dynamic_interfaces: () => ({ dynamicInterfaces: true }),
  default_interface: (text) => given("defaultInterface", text),
  vrrp_startup_delay: (text) => given("startupDelayUs", secondsIn(text, 0.001, SECONDS_MAX)),
  vrrp_down_timer_adverts: (text) => given("downTimerAdverts", leadingIntegerIn(text, 1, 100)),
  vrrp_lower_prio_no_advert: (text) => given("lowerPriorityNoAdvert", switchOf(text)),
  vrrp_higher_prio_send_advert: (text) => given("higherPrioritySendAdvert", switchOf(text)),
  vrrp_mcast_group4: (text) => given("multicastGroup4", groupIn(text, 4)),
  vrrp_mcast_group6: (text) => given("multicastGroup6", groupIn(text, 6)),
  vrrp_garp_master_delay: (text) => given("masterDelayS", leadingIntegerIn(text, 0, SECONDS_MAX)),
  vrrp_garp_master_repeat: (text) =>
    given("masterRepeat", atLeastOne(leadingIntegerIn(text, 0, UNSIGNED_MAX))),
  vrrp_garp_master_refresh: (text) => ({ masterRefreshS: leadingIntegerIn(text, 0, UNSIGNED_MAX) ?? 0 }),
  vrrp_garp_master_refresh_repeat: (text) =>
    given("masterRefreshRepeat", atLeastOne(leadingIntegerIn(text, 0, UNSIGNED_MAX))),
  vrrp_garp_lower_prio_delay: (text) => given("lowerPriorityDelayS", leadingIntegerIn(text, 0, SECONDS_MAX)),
  vrrp_garp_lower_prio_repeat: (text) => given("lowerPriorityRepeat", leadingIntegerIn(text, 0, COUNT_MAX)),
  // Takes away only what still has its default.
  vrrp_min_garp: (text, before) =>
    switchOf(text) === true
      ? {
          masterDelayS: before.masterDelayS ?? 0,
          masterRepeat: before.masterRepeat ?? 1,
          masterRefreshRepeat: before.masterRefreshRepeat ?? 0,
        }
      : undefined,
};

function groupIn(text: string | undefined, family: 4 | 6): IpAddress | undefined {
  const address = prefixedAddress(text ?? "")?.address;
  return address?.family === family ? address : undefined;
}

/** Where adverts go that have no peers (vrrp_mcast_group4, vrrp_mcast_group6). */
const MULTICAST_GROUPS = {
  4: { family: 4, text: "224.0.0.18" },
  6: { family: 6, text: "ff02::12" },
} as const;

function switchSince(since: string, version: string, text: string | undefined): boolean | undefined {
  return isAtLeast(version, since) ? switchOf(text) : true;
}

/** 0 is taken for 1, as in the days when it meant that. */
export function atLeastOne(count: number | undefined): number | undefined {
  return count === undefined ? undefined : Math.max(1, count);
}

/** 2 or 3; anything else is ignored. */
export function vrrpVersion(text: string | undefined): 2 | 3 | undefined {
  const version = leadingIntegerIn(text, 2, 3);
  return version === 2 || version === 3 ? version : undefined;
}

/** The global settings of a tree as `effectiveConfig` gives it. */
export function readGlobals(cst: KeepalivedCst, version: string = TESTED_VERSION): GlobalSettings {
  return readAllGlobals(cst, version).settings;
}

/** {@link readGlobals}, and what instances take over from global_defs. */
export function readAllGlobals(
  cst: KeepalivedCst,
  version: string,
): {
  readonly settings: GlobalSettings;
  readonly instanceDefaults: InstanceDefaults;
} {
  const items = blocksNamed(cst.items, "global_defs").flatMap((block) => block.items);
  const values: GlobalValues = {};
  const ignored: Statement[] = [];
  for (const statement of statementsIn(items)) {
    const keyword = statement.keyword.value;
    const read = Object.hasOwn(READERS, keyword) ? READERS[keyword] : undefined;
    const change = read?.(argumentWords(statement)[0]?.value, values, version);
    if (change !== undefined) Object.assign(values, change);
    else if (read !== undefined) ignored.push(statement);
  }
  const kept = items.filter((item) => item.kind !== "statement" || !ignored.includes(item));
  const lines: ReadonlyMap<string, Span> = linesByKeyword(kept, GLOBAL_COMMAND_KEYWORDS);
  const smtpAlert = values.smtpAlertOfVrrp ?? values.smtpAlertOfAll ?? false;
  const common = {
    version: values.version ?? 2,
    strict: values.strict ?? false,
    checkUnicastSource: values.checkUnicastSource ?? false,
    skipCheckAdvAddr: values.skipCheckAdvAddr ?? false,
    smtpAlert,
  } as const;
  return {
    settings: {
      ...common,
      ...optional(
        values,
        "routerId",
        "scriptUser",
        "smtpServer",
        "notificationEmailFrom",
        "defaultInterface",
      ),
      scriptSecurity: values.scriptSecurity ?? false,
      notificationEmails: readEmails(cst),
      dynamicInterfaces: values.dynamicInterfaces ?? false,
      startupDelayUs: values.startupDelayUs ?? 0,
      commands: readCommands(items, GLOBAL_COMMAND_KEYWORDS),
      lines,
    },
    instanceDefaults: {
      ...common,
      downTimerAdverts: values.downTimerAdverts ?? DOWN_TIMER_ADVERTS_DEFAULT,
      answersLowerPriority: !(values.lowerPriorityNoAdvert ?? false),
      answersHigherPriority: values.higherPrioritySendAdvert ?? false,
      multicastGroups: {
        4: values.multicastGroup4 ?? MULTICAST_GROUPS[4],
        6: values.multicastGroup6 ?? MULTICAST_GROUPS[6],
      },
      garp: garpSettings(values),
    },
  };
}

function garpSettings(values: GlobalValues): GarpSettings {
  const masterDelayS = values.masterDelayS ?? 5;
  const masterRepeat = values.masterRepeat ?? 5;
  return {
    masterDelayS,
    masterRepeat,
    masterRefreshS: values.masterRefreshS ?? 0,
    masterRefreshRepeat: values.masterRefreshRepeat ?? 1,
    lowerPriorityDelayS: values.lowerPriorityDelayS ?? masterDelayS,
    lowerPriorityRepeat: values.lowerPriorityRepeat ?? masterRepeat,
  };
}

/** In global_defs an escaped comment mark is literal, so the words' own values count. */
function argumentWords(statement: Statement): readonly Word[] {
  return statement.arguments.filter((word) => word.closed);
}

/** Every word of the block, whichever line it is on. */
function readEmails(cst: KeepalivedCst): string[] {
  const blocks: Block[] = blocksNamed(cst.items, "global_defs");
  return blocks
    .flatMap((block) => linesOf(block.items, "notification_email"))
    .flatMap((line) => wordsOf(line).map((word) => word.value));
}

function optional<Key extends keyof GlobalValues>(
  values: GlobalValues,
  ...keys: readonly Key[]
): Partial<Pick<GlobalValues, Key>> {
  const found: Partial<Pick<GlobalValues, Key>> = {};
  for (const key of keys) if (values[key] !== undefined) found[key] = values[key];
  return found;
}
