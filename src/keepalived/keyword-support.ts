// How far each keyword is understood: read into the typed configuration, its arguments judged, or its name alone known.
// Rule: what stands here as modelled stands in the tables too (a test compares), so the reference page says what is true.

import { anything } from "./keyword-checks.ts";
import { ROOT_KEYWORDS } from "./keyword-root.ts";
import type { Keyword, KeywordTable } from "./keywords.ts";

/** "modelled": its value is in KeepalivedConfiguration. "checked": its arguments are judged as the daemon does. "known": it is a keyword here. */
export type KeywordSupport = "modelled" | "checked" | "known";

/** What the readers take a value from, by block. */
const MODELLED: Readonly<Record<string, string>> = {
  "": "global_defs vrrp_instance vrrp_script vrrp_sync_group track_file vrrp_track_file vrrp_track_process",
  global_defs:
    "router_id vrrp_version vrrp_strict vrrp_check_unicast_src vrrp_skip_check_adv_addr enable_script_security script_user smtp_server notification_email notification_email_from smtp_alert smtp_alert_vrrp dynamic_interfaces default_interface vrrp_startup_delay startup_script shutdown_script notify_fifo_script vrrp_notify_fifo_script lvs_notify_fifo_script",
  vrrp_instance:
    "state interface virtual_router_id priority version advert_int nopreempt preempt preempt_delay unicast_src_ip unicast_peer check_unicast_src skip_check_adv_addr strict_mode accept no_accept down_timer_adverts use_vmac dont_track_primary smtp_alert garp_master_delay garp_master_repeat garp_master_refresh garp_master_refresh_repeat garp_lower_prio_delay garp_lower_prio_repeat authentication virtual_ipaddress virtual_ipaddress_excluded track_script track_file track_interface track_process native_ipv6 notify notify_master notify_backup notify_fault notify_stop notify_deleted notify_master_rx_lower_pri",
  "vrrp_instance/authentication": "auth_type auth_pass",
  vrrp_script: "script interval timeout weight rise fall user init_fail",
  vrrp_sync_group:
    "group track_script track_file track_interface track_process sync_group_tracking_weight global_tracking smtp_alert notify notify_master notify_backup notify_fault notify_stop",
  track_file: "file weight",
  vrrp_track_file: "file weight",
  vrrp_track_process: "process weight quorum",
};

export interface KeywordRow {
  /** The blocks around it, outermost first: `vrrp_instance/authentication`; empty at the top of the file. */
  readonly block: string;
  readonly keyword: string;
  readonly form: Keyword["form"];
  /** The first version that knows it; absent: every supported one. */
  readonly since?: string;
  readonly repeat: Keyword["repeat"];
  readonly support: KeywordSupport;
}

/** Every keyword of the language, block by block, in the order of the tables. */
export function keywordRows(): KeywordRow[] {
  const rows: KeywordRow[] = [];
  const waiting: { block: string; table: KeywordTable }[] = [{ block: "", table: ROOT_KEYWORDS }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const [keyword, entry] of next.table) {
      const { form, since, repeat, inner } = entry;
      const support = supportOf(next.block, keyword, entry);
      rows.push({
        block: next.block,
        keyword,
        form,
        ...(since === undefined ? {} : { since }),
        repeat,
        support,
      });
      if (inner !== undefined)
        waiting.push({ block: next.block === "" ? keyword : `${next.block}/${keyword}`, table: inner });
    }
  }
  return rows;
}

function supportOf(block: string, keyword: string, { check }: Keyword): KeywordSupport {
  if (MODELLED[block]?.split(" ").includes(keyword) === true) return "modelled";
  return check === anything ? "known" : "checked";
}

/** The modelled ones as `block/keyword`, for the test that compares them with the tables. */
export function modelledKeywords(): string[] {
  return Object.entries(MODELLED).flatMap(([block, keywords]) =>
    keywords.split(" ").map((keyword) => `${block}/${keyword}`),
  );
}
