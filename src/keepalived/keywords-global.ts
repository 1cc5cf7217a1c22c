// The keywords of global_defs and the single lines at the top of the file, which the daemon's first process reads (init_global_keywords of 2.0.20 to 2.4.3).

import { extraInterval } from "./keywords-vrrp.ts";
import {
  all,
  anything,
  type Check,
  commandLine,
  deprecated,
  INTEGER_MAX,
  integer,
  onOff,
  oneOf,
  oneWord,
  refusedValue,
  seconds,
  SECONDS_MAX,
  shortText,
  UNSIGNED_MAX,
  wordOrIgnored,
} from "./keyword-checks.ts";
import { socketFamily, switchedOnByItself, switchSince230 } from "./keyword-checks-vrrp.ts";
import { block, type Keyword, keywordTable, line, values } from "./keywords.ts";

const PROCESS_NAME_MAX = 15;
const NICE_LEAST = -20;
const NICE_MOST = 19;
const REALTIME_MAX = 99;

const flag = line(anything);
const name = line(wordOrIgnored);
const command = line(all(wordOrIgnored, commandLine), { repeat: "first", command: true });
const fifo = line(wordOrIgnored, { repeat: "first" });
const bufferSize = line(integer(0, UNSIGNED_MAX, { optional: true }));
const repeats = line(integer(0, UNSIGNED_MAX, { zero: "1" }));
const delay = line(integer(0, SECONDS_MAX));
const interval = line(seconds(1, UNSIGNED_MAX));
const scriptTimeout = line(integer(1, 1000, { optional: true }), { since: "2.2.7" });
const processName = line(shortText(PROCESS_NAME_MAX, { used: "the first 15 characters" }));

/** A keyword of the table in versions from this one on. */
function from(version: string, keyword: Keyword): Keyword {
  return { ...keyword, since: version };
}

/** A multicast address of the family. */
function multicastGroup(family: 4 | 6): Check {
  return (words, place) => {
    const problem = oneWord(words, place);
    const [word] = words;
    if (problem !== undefined || word === undefined) return problem;
    const multicast = family === 4 ? /^2(?:2[4-9]|3\d)\./ : /^ff/i;
    if (socketFamily(word.value) === family && multicast.test(word.value)) return undefined;
    return refusedValue(word, `${place.keyword} ${word.value} is no IPv${family} multicast address`);
  };
}

/** `tcp N tcpfin N udp N`, any of them. */
const lvsTimeouts: Check = (words, place) => {
  if (words.length < 2) return { kind: "missing-argument", message: "lvs_timeouts has no timeout" };
  for (let index = 0; index < words.length; index += 2) {
    const option = words[index]!;
    const value = words[index + 1];
    if (!["tcp", "tcpfin", "udp"].includes(option.value)) {
      return refusedValue(option, `${option.value} is none of tcp, tcpfin, udp`);
    }
    const problem =
      value === undefined
        ? refusedValue(option, `${option.value} has no number of seconds`)
        : integer(0, 86_400 * 31)([value], { ...place, keyword: `lvs_timeouts ${option.value}` });
    if (problem !== undefined) return problem;
  }
  return undefined;
};

const SYNC_RANGES: Readonly<Record<string, readonly [number, number]>> = {
  id: [0, 255],
  maxlen: [1, 65_507],
  port: [1, 65_535],
  ttl: [1, 255],
};

/** `INTERFACE [VRRP_INSTANCE] [inst NAME] [id N] [maxlen N] [port N] [ttl N] [group ADDRESS]`. */
const lvsSyncDaemon: Check = (words, place) => {
  const problem = wordOrIgnored(words, place);
  if (problem !== undefined) return problem;
  for (let index = 1; index < words.length; index += 1) {
    const option = words[index]!;
    const range = Object.hasOwn(SYNC_RANGES, option.value) ? SYNC_RANGES[option.value] : undefined;
    if (range === undefined && !["inst", "group"].includes(option.value)) {
      // The old way: the second word is an instance.
      if (index === 1) continue;
      return refusedValue(option, `${option.value} is no option of lvs_sync_daemon`);
    }
    index += 1;
    const value = words[index];
    if (value === undefined) return refusedValue(option, `${option.value} has no value`);
    const wrong =
      range === undefined ? undefined : integer(...range)([value], { ...place, keyword: option.value });
    if (wrong !== undefined) return wrong;
  }
  return undefined;
};

/** `HOST|ADDRESS [PORT]`; whether there is such a host is the machine's matter. */
const mailServer: Check = (words, place) => {
  const [, port] = words;
  if (port === undefined) return oneWord(words, place);
  return integer(1, 65_535)([port], { ...place, keyword: "the port of smtp_server" });
};

/** nice values and the like: without a number the line is ignored. */
function optionalInteger(least: number, most: number): Keyword {
  return line(integer(least, most, { optional: true }));
}

function processKeywords(process: string): Readonly<Record<string, Keyword>> {
  return {
    [`${process}_priority`]: optionalInteger(NICE_LEAST, NICE_MOST),
    [`${process}_no_swap`]: flag,
    [`${process}_rt_priority`]: optionalInteger(1, REALTIME_MAX),
    [`${process}_cpu_affinity`]: line(wordOrIgnored),
    [`${process}_rlimit_rttime`]: line(integer(1, UNSIGNED_MAX), { since: "2.2.7" }),
    [`${process}_rlimit_rtime`]: line(deprecated(`${process}_rlimit_rttime`, integer(1, UNSIGNED_MAX), true)),
  };
}

const BUFFERS: Readonly<Record<string, Keyword>> = Object.fromEntries(
  [
    "vrrp_netlink_cmd",
    "vrrp_netlink_monitor",
    "process_monitor",
    "lvs_netlink_cmd",
    "lvs_netlink_monitor",
  ].flatMap((each) => [
    [`${each}_rcv_bufs`, bufferSize],
    [`${each}_rcv_bufs_force`, line(onOff)],
  ]),
);

const GLOBAL_DEFS = keywordTable({
  process_names: flag,
  process_name: processName,
  vrrp_process_name: processName,
  checker_process_name: from("2.2.7", processName),
  lvs_process_name: line(deprecated("checker_process_name", shortText(PROCESS_NAME_MAX), true)),
  bfd_process_name: processName,
  router_id: name,
  notification_email_from: name,
  smtp_server: line(mailServer),
  smtp_helo_name: flag,
  smtp_connect_timeout: line(integer(0, SECONDS_MAX, { zero: "1" })),
  notification_email: values(anything, { saysEmpty: true }),
  smtp_alert: line(onOff),
  startup_script: { ...command, since: "2.2.7" },
  startup_script_timeout: scriptTimeout,
  shutdown_script: { ...command, since: "2.2.7" },
  shutdown_script_timeout: scriptTimeout,
  max_auto_priority: from(
    "2.2.7",
    line((words, place) => (words.length === 0 ? undefined : integer(-1, 99)(words, place))),
  ),
  min_auto_priority_delay: from("2.2.7", optionalInteger(1, 10_000_000)),
  smtp_alert_vrrp: line(onOff),
  smtp_alert_checker: line(onOff),
  checker_log_all_failures: line(onOff),
  dynamic_interfaces: line(oneOf(["allow_if_changes"], { optional: true })),
  no_email_faults: flag,
  default_interface: name,
  disable_local_igmp: from("2.2.7", flag),
  lvs_timeouts: line(lvsTimeouts),
  lvs_flush: flag,
  lvs_flush_on_stop: from("2.2.7", line(oneOf(["VS"], { optional: true }))),
  lvs_flush_onstop: line(oneOf(["VS"], { optional: true })),
  lvs_sync_daemon: line(lvsSyncDaemon, { repeat: "first" }),
  vrrp_mcast_group4: line(multicastGroup(4)),
  vrrp_mcast_group6: line(multicastGroup(6)),
  vrrp_garp_master_delay: delay,
  vrrp_garp_master_repeat: repeats,
  vrrp_garp_master_refresh: line(integer(0, UNSIGNED_MAX, { used: "0" })),
  vrrp_garp_master_refresh_repeat: repeats,
  vrrp_garp_lower_prio_delay: delay,
  vrrp_garp_lower_prio_repeat: line(integer(0, INTEGER_MAX)),
  vrrp_down_timer_adverts: from("2.2.7", line(integer(1, 100))),
  vrrp_garp_interval: interval,
  vrrp_gna_interval: interval,
  vrrp_min_garp: line(onOff),
  vrrp_garp_extra_if: from("2.2.7", line(extraInterval(1))),
  vrrp_vmac_garp_intvl: from("2.2.7", line(deprecated("vrrp_garp_extra_if", extraInterval(1)))),
  vrrp_lower_prio_no_advert: line(onOff),
  vrrp_higher_prio_send_advert: line(onOff),
  vrrp_version: line(integer(2, 3)),
  // Builds with iptables take it, others say that they use nftables instead.
  vrrp_iptables: line(anything, { repeat: "first" }),
  vrrp_ipsets: line(anything, { optional: true }),
  nftables: line(anything, { repeat: "first" }),
  nftables_priority: line(integer(-INTEGER_MAX - 1, INTEGER_MAX)),
  nftables_ifindex: flag,
  nftables_ipvs: from("2.2.7", line(anything, { repeat: "first" })),
  nftables_ipvs_priority: from("2.2.7", line(integer(-INTEGER_MAX - 1, INTEGER_MAX))),
  nftables_ipvs_start_fwmark: from("2.2.7", line(integer(1, UNSIGNED_MAX))),
  nftables_counters: flag,
  vrrp_check_unicast_src: line(switchedOnByItself),
  vrrp_skip_check_adv_addr: line(switchSince230),
  vrrp_strict: line(switchSince230),
  ...processKeywords("vrrp"),
  ...processKeywords("checker"),
  ...processKeywords("bfd"),
  notify_fifo: fifo,
  notify_fifo_script: command,
  vrrp_notify_fifo: fifo,
  vrrp_notify_fifo_script: command,
  vrrp_notify_priority_changes: line(onOff),
  fifo_write_vrrp_states_on_reload: from("2.2.7", flag),
  lvs_notify_fifo: fifo,
  lvs_notify_fifo_script: command,
  snmp_socket: line(wordOrIgnored, { repeat: "first" }),
  enable_traps: flag,
  enable_snmp_vrrp: flag,
  enable_snmp_keepalived: flag,
  enable_snmp_rfc: flag,
  enable_snmp_rfcv2: flag,
  enable_snmp_rfcv3: flag,
  enable_snmp_checker: flag,
  enable_dbus: flag,
  dbus_service_name: name,
  script_user: line(wordOrIgnored),
  enable_script_security: line(switchedOnByItself),
  ...BUFFERS,
  rs_init_notifies: line(onOff),
  no_checker_emails: line(onOff),
  vrrp_rx_bufs_policy: line(wordOrIgnored),
  vrrp_rx_bufs_multiplier: line(integer(1, UNSIGNED_MAX, { optional: true })),
  vrrp_startup_delay: line(seconds(1000, UNSIGNED_MAX)),
  log_unknown_vrids: flag,
  vmac_prefix: from("2.2.7", line(oneWord, { repeat: "first" })),
  vmac_addr_prefix: from("2.2.7", line(oneWord, { repeat: "first" })),
  umask: line(oneWord),
  random_seed: line(integer(0, UNSIGNED_MAX)),
  reload_check_config: from("2.2.7", flag),
  reload_time_file: from("2.2.7", line(wordOrIgnored)),
  reload_repeat: from("2.2.7", flag),
  reload_file: from("2.2.7", flag),
  include_check: from("2.2.7", line(anything, { repeat: "every" })),
  config_save_dir: from("2.2.7", line(oneWord)),
  tmp_config_directory: from("2.2.7", line(wordOrIgnored, { repeat: "first" })),
  data_use_instance: from("2.2.7", line(onOff)),
  v3_checksum_as_v2: from("2.2.8", line(onOff)),
  json_version: from("2.2.8", flag),
  use_symlink_paths: from("2.3.1", line(onOff)),
  snmp_vs_stats_update_interval: from("2.3.1", flag),
  snmp_rs_stats_update_interval: from("2.3.1", flag),
  dbus_no_interface_name: from("2.3.1", flag),
  iproute_usr_dir: from("2.3.2", flag),
  iproute_etc_dir: from("2.3.2", flag),
  vrrp_owner_ignore_adverts: from("2.3.3", flag),
  state_dump_file: from("2.3.3", flag),
  stats_dump_file: from("2.3.3", flag),
  json_dump_file: from("2.3.3", flag),
  vrrp_delay_after_boot: from("2.4.0", flag),
});

/** What stands at the top of the file for the daemon's first process. */
export const GLOBAL_KEYWORDS = keywordTable({
  linkbeat_use_polling: line(anything, { process: "parent", optional: true }),
  net_namespace: line(wordOrIgnored, { process: "parent", repeat: "first" }),
  net_namespace_ipvs: line(anything, { process: "parent", repeat: "first", since: "2.2.7" }),
  namespace_with_ipsets: line(anything, { process: "parent" }),
  use_pid_dir: line(anything, { process: "parent" }),
  instance: line(wordOrIgnored, { process: "parent", repeat: "first" }),
  child_wait_time: line(integer(0, UNSIGNED_MAX), { process: "parent" }),
  global_defs: block(GLOBAL_DEFS, anything, { process: "parent" }),
});
