// The keywords of vrrp_instance, vrrp_script, vrrp_sync_group and what else the process that runs VRRP reads (init_vrrp_keywords of 2.0.20 to 2.4.3).

import {
  all,
  anything,
  blockName,
  commandLine,
  type Check,
  deprecated,
  INTEGER_MAX,
  integer,
  onOff,
  oneOf,
  oneWord,
  refusedValue,
  seconds,
  SECONDS_MAX,
  shadowedName,
  UNSIGNED_MAX,
  weight,
  wholeNumber,
  wordOrIgnored,
} from "./keyword-checks.ts";
import {
  addressLine,
  instanceVersion,
  interfaceName,
  nativeIpv6,
  ownAddress,
  password,
  peer,
  state,
  switchedOnByAny,
  trackLine,
  vmac,
} from "./keyword-checks-vrrp.ts";
import { block, keywordTable, line, values } from "./keywords.ts";
import { isAtLeast } from "./version.ts";

const SECOND_US = 1_000_000;
const SCRIPT_WEIGHT_MAX = 253;
const WEIGHT_MAX = 254;

const command = line(all(oneWord, commandLine), { repeat: "first", command: true });
const garpRepeat = line(integer(0, UNSIGNED_MAX, { zero: "1" }));
const garpDelay = line(integer(0, SECONDS_MAX));
const flag = line(anything);
const interval = line(seconds(0, 2_147_483_647), { needed: "garp_interval or gna_interval" });

/** garp_extra_if: `[all] SECONDS`. */
export function extraInterval(least: number): Check {
  return (words, place) => {
    const numbers = words.filter((word) => word.value !== "all");
    if (numbers.length === 0) return { kind: "missing-argument", message: `${place.keyword} has no time` };
    for (const word of numbers) {
      const problem = integer(least, 86_400)([word], place);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** `[initial|partial]`. */
const parameterMatch: Check = oneOf(["initial", "partial"], { optional: true });

const quorumMaximum: Check = integer(0, 65_535);

/** `[NUMBER] [overwrite]`. */
const initialValue: Check = (words) => {
  for (const word of words) {
    const text = word.value.trim();
    if (text === "overwrite") continue;
    if (!/^[-\d]/.test(text))
      return refusedValue(word, `init_file ${text} is neither a number nor overwrite`);
    const number = wholeNumber(text);
    if (number === undefined) return refusedValue(word, `init_file ${text} is not a whole number`, "0");
    if (Math.abs(number) > WEIGHT_MAX)
      return refusedValue(word, `init_file ${text} is not between -254 and 254`, text);
  }
  return undefined;
};

const TRACK_BLOCKS = {
  track_interface: values(trackLine(undefined, WEIGHT_MAX)),
  track_script: values(trackLine("vrrp_script", WEIGHT_MAX)),
  track_file: values(trackLine("track_file", WEIGHT_MAX)),
  track_process: values(trackLine("vrrp_track_process", WEIGHT_MAX)),
  track_bfd: values(trackLine("bfd_instance", SCRIPT_WEIGHT_MAX)),
};

const AUTHENTICATION = keywordTable({
  auth_type: line(oneOf(["PASS", "AH"])),
  auth_pass: line(password),
});

const AUTH_HMAC = keywordTable({
  key: line(anything, { repeat: "every" }),
  active_key: line(anything),
  time_window: line(anything),
  anti_replay: line(anything),
  mode: line(anything),
});

const VRRP_INSTANCE = keywordTable({
  use_vmac: line(vmac),
  use_vmac_addr: line(anything, { since: "2.2.7" }),
  vmac_xmit_base: flag,
  use_ipvlan: line(anything, { repeat: "first" }),
  unicast_peer: values(peer),
  unicast_fault_no_peer: line(anything, { since: "2.2.7" }),
  check_unicast_src: line(anything, { since: "2.2.7" }),
  old_unicast_checksum: line(oneOf(["never"], { optional: true })),
  native_ipv6: line(nativeIpv6),
  state: line(state),
  interface: line(interfaceName),
  vrf: line(interfaceName, { since: "2.2.7" }),
  dont_track_primary: flag,
  ...TRACK_BLOCKS,
  mcast_src_ip: line(ownAddress),
  unicast_src_ip: line(ownAddress),
  mcast_dst_ip: line(ownAddress, { since: "2.2.7" }),
  track_src_ip: flag,
  virtual_router_id: line(integer(1, 255)),
  unicast_ttl: line(integer(0, 255), { since: "2.2.7" }),
  version: line(instanceVersion),
  priority: line(integer(1, 255, { used: "100" })),
  advert_int: line(seconds(SECOND_US / 100, 255 * SECOND_US)),
  virtual_ipaddress: values(addressLine("advertised")),
  virtual_ipaddress_excluded: values(addressLine("excluded")),
  promote_secondaries: flag,
  linkbeat_use_polling: line(anything, { optional: true }),
  virtual_routes: values(anything),
  virtual_rules: values(anything),
  accept: flag,
  no_accept: flag,
  skip_check_adv_addr: line(switchedOnByAny),
  strict_mode: line(onOff),
  preempt: flag,
  nopreempt: flag,
  preempt_delay: line(seconds(0, 1000 * SECOND_US, { used: "0" })),
  debug: line(integer(0, 4)),
  notify_backup: command,
  notify_master: command,
  notify_fault: command,
  notify_stop: command,
  notify_deleted: line(anything, { repeat: "first", command: true, since: "2.2.7" }),
  notify: command,
  notify_master_rx_lower_pri: command,
  smtp_alert: line(onOff),
  notify_priority_changes: line(onOff),
  lvs_sync_daemon_interface: line(deprecated("lvs_sync_daemon of global_defs", oneWord), { repeat: "first" }),
  garp_master_delay: garpDelay,
  garp_master_refresh: line(integer(0, UNSIGNED_MAX, { used: "0" })),
  garp_master_repeat: garpRepeat,
  garp_master_refresh_repeat: garpRepeat,
  garp_lower_prio_delay: garpDelay,
  garp_lower_prio_repeat: line(integer(0, INTEGER_MAX)),
  down_timer_adverts: line(integer(1, 100), { since: "2.2.7" }),
  garp_extra_if: line(extraInterval(0), { since: "2.2.7" }),
  vmac_garp_intvl: line(deprecated("garp_extra_if", extraInterval(0)), { since: "2.2.7" }),
  lower_prio_no_advert: line(onOff),
  higher_prio_send_advert: line(onOff),
  kernel_rx_buf_size: line(integer(0, UNSIGNED_MAX, { optional: true })),
  authentication: block(AUTHENTICATION, anything),
  no_virtual_ipaddress: line(anything, { since: "2.2.8" }),
  v3_checksum_as_v2: line(onOff, { since: "2.2.8" }),
  timer_expired_backup: line(anything, { since: "2.2.8" }),
  thread_timer_expired: line(anything, { since: "2.3.2" }),
  owner_ignore_adverts: line(anything, { since: "2.3.3" }),
  auth_hmac: block(AUTH_HMAC, anything, { since: "2.4.0" }),
});

const VRRP_SYNC_GROUP = keywordTable({
  group: values(anything, { repeat: "first", saysEmpty: true }),
  ...TRACK_BLOCKS,
  notify_backup: command,
  notify_master: command,
  notify_fault: command,
  notify_stop: command,
  notify: command,
  smtp_alert: line(onOff),
  global_tracking: line(deprecated("a track_* block in the vrrp_sync_group", anything)),
  sync_group_tracking_weight: flag,
  notify_priority_changes: line(onOff, { since: "2.2.7" }),
});

/** Whole seconds; from 2.3.2 on with three decimals. */
const scriptSeconds: Check = (words, place) => {
  const whole = integer(0, SECONDS_MAX, { zero: "1" })(words, place);
  if (whole === undefined || !isAtLeast(place.version, "2.3.2")) return whole;
  const [word] = words;
  if (word === undefined || !/^\d*\.\d{0,3}$/.test(word.value)) return whole;
  return seconds(1, SECONDS_MAX * SECOND_US)(words, place);
};

const VRRP_SCRIPT = keywordTable({
  script: line(commandLine, { needed: "script", command: true }),
  interval: line(scriptSeconds, { varies: /\./ }),
  timeout: line(scriptSeconds, { varies: /\./ }),
  weight: line(weight(SCRIPT_WEIGHT_MAX, { fatal: true })),
  rise: line(integer(1, INTEGER_MAX, { used: "1" })),
  fall: line(integer(1, INTEGER_MAX, { used: "1" })),
  user: line(oneWord),
  init_fail: flag,
});

const VRRP_TRACK_PROCESS = keywordTable({
  process: line(oneWord, { needed: "process", repeat: "first" }),
  param_match: line(parameterMatch),
  weight: line(weight(WEIGHT_MAX, { fatal: false }), { repeat: "first" }),
  quorum: line(integer(1, 65_535)),
  quorum_max: line(quorumMaximum),
  delay: line(seconds(1, 3600 * SECOND_US)),
  terminate_delay: line(seconds(1, 3600 * SECOND_US)),
  fork_delay: line(seconds(1, 3600 * SECOND_US)),
  full_command: flag,
});

const TRACK_FILE = keywordTable({
  file: line(wordOrIgnored, { needed: "file", repeat: "first" }),
  weight: line(weight(WEIGHT_MAX, { fatal: false, used: "1" }), { repeat: "first" }),
  init_file: line(initialValue),
});

const GARP_GROUP = keywordTable({
  garp_interval: interval,
  gna_interval: interval,
  interface: line(oneWord, { repeat: "every" }),
  interfaces: values(anything, { saysEmpty: true }),
});

/** What stands at the top of the file for the process that runs VRRP. */
export const VRRP_KEYWORDS = keywordTable({
  track_group: block(
    keywordTable({ group: values(anything, { repeat: "first", saysEmpty: true }) }),
    blockName,
    {
      process: "vrrp",
    },
  ),
  static_ipaddress: values(addressLine("static"), { process: "vrrp" }),
  static_routes: values(anything, { process: "vrrp" }),
  static_rules: values(anything, { process: "vrrp" }),
  vrrp_sync_group: block(VRRP_SYNC_GROUP, blockName, { process: "vrrp" }),
  garp_group: block(GARP_GROUP, anything, { process: "vrrp" }),
  linkbeat_interfaces: values(anything, { process: "vrrp", optional: true }),
  vrrp_instance: block(VRRP_INSTANCE, blockName, { process: "vrrp" }),
  vrrp_script: block(VRRP_SCRIPT, shadowedName, { process: "vrrp" }),
  vrrp_track_process: block(VRRP_TRACK_PROCESS, shadowedName, { process: "vrrp" }),
  track_file: block(TRACK_FILE, shadowedName, { process: "vrrp", since: "2.2.7" }),
  vrrp_track_file: block(TRACK_FILE, all(shadowedName, deprecated("track_file", anything, true)), {
    process: "vrrp",
  }),
  interface_up_down_delays: values(anything, { process: "vrrp", since: "2.2.7" }),
});
