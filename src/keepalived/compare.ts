// What two configurations do differently, keyword by keyword: for those who make one file out of another and must not change what it means.
// Rule: only what the daemon acts on is compared. Comments, definitions, spellings and the order of addresses, peers and scripts do not count.

import type {
  CommandLine,
  GlobalSettings,
  KeepalivedConfiguration,
  SyncGroup,
  TrackFile,
  TrackProcess,
} from "./configuration.ts";
import type { KeepalivedInstance, TrackEntry, VirtualIpaddress } from "./instance.ts";
import type { KeepalivedScript } from "./read-scripts.ts";

/** One value that is not the same. */
export interface Difference {
  /** `vrrp_instance VI_1 / priority`; a whole block is named by its first half. */
  readonly path: string;
  /** What the first configuration has; `none` where it has nothing, asterisks for a password. */
  readonly a: string;
  /** What the second one has. */
  readonly b: string;
}

/** What a block is asked for: the keyword by which the answer is called, and the answer as text. */
type Field<Item> = readonly [keyword: string, text: (item: Item) => string];

const NONE = "none";
const PASSWORD = "********";
/** What keepalived uses of a password. */
const PASSWORD_BYTES = 8;

const GLOBAL_FIELDS: readonly Field<GlobalSettings>[] = [
  ["router_id", (globals) => globals.routerId ?? NONE],
  ["vrrp_version", (globals) => String(globals.version)],
  ["vrrp_strict", (globals) => onOff(globals.strict)],
  ["vrrp_check_unicast_src", (globals) => onOff(globals.checkUnicastSource)],
  ["vrrp_skip_check_adv_addr", (globals) => onOff(globals.skipCheckAdvAddr)],
  ["enable_script_security", (globals) => onOff(globals.scriptSecurity)],
  ["script_user", (globals) => globals.scriptUser ?? NONE],
  ["smtp_server", (globals) => globals.smtpServer ?? NONE],
  ["notification_email", (globals) => list(globals.notificationEmails)],
  ["notification_email_from", (globals) => globals.notificationEmailFrom ?? NONE],
  ["smtp_alert", (globals) => onOff(globals.smtpAlert)],
  ["dynamic_interfaces", (globals) => onOff(globals.dynamicInterfaces)],
  ["default_interface", (globals) => globals.defaultInterface ?? NONE],
  ["vrrp_startup_delay", (globals) => seconds(globals.startupDelayUs)],
];

const INSTANCE_FIELDS: readonly Field<KeepalivedInstance>[] = [
  ["state", (instance) => instance.state],
  ["interface", (instance) => instance.interface ?? NONE],
  ["virtual_router_id", (instance) => String(instance.virtualRouterId ?? NONE)],
  ["priority", (instance) => String(instance.priority)],
  ["version", (instance) => String(instance.version)],
  ["address family", (instance) => `IPv${instance.family}`],
  ["advert_int", (instance) => seconds(instance.advertIntervalUs)],
  ["nopreempt", (instance) => onOff(instance.nopreempt)],
  ["preempt_delay", (instance) => seconds(instance.preemptDelayUs)],
  ["unicast_src_ip", (instance) => instance.unicastSourceIp?.text ?? NONE],
  ["unicast_peer", (instance) => list(instance.unicastPeers.map((peer) => peer.address.text))],
  ["check_unicast_src", (instance) => onOff(instance.checkUnicastSource)],
  ["skip_check_adv_addr", (instance) => onOff(instance.skipCheckAdvAddr)],
  ["strict_mode", (instance) => onOff(instance.strict)],
  ["no_accept", (instance) => onOff(instance.noAccept)],
  ["down_timer_adverts", (instance) => String(instance.downTimerAdverts)],
  ["garp_master_delay", (instance) => `${instance.garp.masterDelayS} s`],
  ["garp_master_repeat", (instance) => String(instance.garp.masterRepeat)],
  ["garp_master_refresh", (instance) => `${instance.garp.masterRefreshS} s`],
  ["garp_master_refresh_repeat", (instance) => String(instance.garp.masterRefreshRepeat)],
  ["garp_lower_prio_delay", (instance) => `${instance.garp.lowerPriorityDelayS} s`],
  ["garp_lower_prio_repeat", (instance) => String(instance.garp.lowerPriorityRepeat)],
  ["use_vmac", (instance) => onOff(instance.useVmac)],
  ["dont_track_primary", (instance) => onOff(instance.dontTrackPrimary)],
  ["smtp_alert", (instance) => onOff(instance.smtpAlert)],
  ["virtual_ipaddress", (instance) => addresses(instance.virtualIpaddresses, instance)],
  ["virtual_ipaddress_excluded", (instance) => addresses(instance.excludedVirtualIpaddresses, instance)],
  ["auth_type", (instance) => authenticationInForce(instance)?.type ?? NONE],
];

const TRACKING_FIELDS: readonly Field<KeepalivedInstance | SyncGroup>[] = [
  ["track_script", (item) => tracked(item.trackScripts)],
  ["track_file", (item) => tracked(item.trackFiles)],
  ["track_process", (item) => tracked(item.trackProcesses)],
  ["track_interface", (item) => tracked(item.trackInterfaces)],
];

const SCRIPT_FIELDS: readonly Field<KeepalivedScript>[] = [
  ["script", (script) => words(script.command)],
  ["interval", (script) => `${script.intervalS} s`],
  ["timeout", (script) => `${script.timeoutS} s`],
  ["rise", (script) => String(script.rise)],
  ["fall", (script) => String(script.fall)],
  ["weight", weight],
  ["user", (script) => script.user ?? NONE],
];

const GROUP_FIELDS: readonly Field<SyncGroup>[] = [
  ["group", (group) => list(group.members.map((member) => member.name))],
  ["sync_group_tracking_weight", (group) => onOff(group.trackingWeight)],
  ["smtp_alert", (group) => onOff(group.smtpAlert)],
];

const FILE_FIELDS: readonly Field<TrackFile>[] = [
  ["file", (file) => file.path ?? NONE],
  ["weight", weight],
];

const PROCESS_FIELDS: readonly Field<TrackProcess>[] = [
  ["process", (watched) => words(watched.command)],
  ["weight", weight],
  ["quorum", (watched) => String(watched.quorum)],
];

/** What `b` does otherwise than `a`, in the order of a file. Blocks are paired by their names; nothing different: empty. */
export function compareConfigurations(a: KeepalivedConfiguration, b: KeepalivedConfiguration): Difference[] {
  return [
    ...compareItems(
      "global_defs",
      [a.globals, b.globals],
      [...GLOBAL_FIELDS, ...commandFields(a.globals, b.globals)],
    ),
    ...compareNamed("vrrp_script", a.scripts, b.scripts, () => SCRIPT_FIELDS),
    ...compareNamed("vrrp_track_process", a.trackProcesses, b.trackProcesses, () => PROCESS_FIELDS),
    ...compareNamed("track_file", a.trackFiles, b.trackFiles, () => FILE_FIELDS),
    ...compareNamed("vrrp_sync_group", a.syncGroups, b.syncGroups, (one, other) => [
      ...GROUP_FIELDS,
      ...TRACKING_FIELDS,
      ...commandFields(one, other),
    ]),
    ...compareNamed("vrrp_instance", a.instances, b.instances, (one, other) => [
      ...INSTANCE_FIELDS,
      passwordField(one, other),
      ...TRACKING_FIELDS,
      ...commandFields(one, other),
    ]),
    ...compareItems("file", [a, b], [["virtual_server blocks", (each) => String(each.virtualServers)]]),
  ];
}

function compareItems<Item>(
  path: string,
  [a, b]: readonly [Item, Item],
  fields: readonly Field<Item>[],
): Difference[] {
  return fields
    .map(([keyword, text]) => ({ path: `${path} / ${keyword}`, a: text(a), b: text(b) }))
    .filter((difference) => difference.a !== difference.b);
}

function compareNamed<Item extends { readonly name: string }>(
  keyword: string,
  ofA: readonly Item[],
  ofB: readonly Item[],
  fieldsOf: (a: Item, b: Item) => readonly Field<Item>[],
): Difference[] {
  const names = new Set([...ofA, ...ofB].map((item) => item.name));
  return [...names].flatMap((name) => {
    const path = `${keyword} ${name}`;
    const a = ofA.find((item) => item.name === name);
    const b = ofB.find((item) => item.name === name);
    if (a !== undefined && b !== undefined) return compareItems(path, [a, b], fieldsOf(a, b));
    return [{ path, a: a === undefined ? NONE : "defined", b: b === undefined ? NONE : "defined" }];
  });
}

/** One field for each keyword that runs a program in either. */
function commandFields<Item extends { readonly commands: readonly CommandLine[] }>(
  a: Item,
  b: Item,
): Field<Item>[] {
  const keywords = new Set([...a.commands, ...b.commands].map((line) => line.keyword));
  return [...keywords].map((keyword): Field<Item> => [
    keyword,
    (item) => {
      const line = item.commands.find((each) => each.keyword === keyword);
      return line === undefined ? NONE : line.command === undefined ? line.text : words(line.command);
    },
  ]);
}

/** Says whether the passwords differ where keepalived looks at them, and nothing else about them. */
function passwordField(a: KeepalivedInstance, b: KeepalivedInstance): Field<KeepalivedInstance> {
  const ofA = authenticationInForce(a)?.password;
  const ofB = authenticationInForce(b)?.password;
  const same = ofA !== undefined && ofB !== undefined && ofA.sameWithin(ofB, PASSWORD_BYTES);
  const text = (instance: KeepalivedInstance): string => {
    if (authenticationInForce(instance)?.password === undefined) return NONE;
    return same || instance === a ? PASSWORD : `another ${PASSWORD}`;
  };
  return ["auth_pass", text];
}

/** None in version 3 or strict mode, and none without a password. */
function authenticationInForce({
  authentication,
  version,
  strict,
}: KeepalivedInstance): KeepalivedInstance["authentication"] {
  const inForce = version === 2 && !strict && (authentication?.password?.byteLength ?? 0) > 0;
  return inForce ? authentication : undefined;
}

function addresses(lines: readonly VirtualIpaddress[], instance: KeepalivedInstance): string {
  return list(
    lines.map(({ address, prefixLength, device }) => {
      const elsewhere = device === undefined || device === instance.interface ? "" : ` dev ${device}`;
      return `${address.text}/${prefixLength}${elsewhere}`;
    }),
  );
}

function tracked(entries: readonly TrackEntry[]): string {
  return list(
    entries
      .filter((entry) => entry.tracked)
      .map((entry) => {
        const reverse = (entry.reverseInForce ?? entry.reverse) ? " reverse" : "";
        return `${entry.name} weight ${entry.weightInForce ?? entry.weight ?? "of its own"}${reverse}`;
      }),
  );
}

function weight(item: { readonly weight: number; readonly reverse: boolean }): string {
  return `${item.weight}${item.reverse ? " reverse" : ""}`;
}

function words(command: readonly string[] | undefined): string {
  return command === undefined
    ? NONE
    : command.map((word) => (/^[^\s"']+$/.test(word) ? word : JSON.stringify(word))).join(" ");
}

function list(items: readonly string[]): string {
  return items.length === 0 ? NONE : items.toSorted().join(", ");
}

function seconds(us: number): string {
  return `${us / 1_000_000} s`;
}

function onOff(value: boolean): string {
  return value ? "on" : "off";
}
