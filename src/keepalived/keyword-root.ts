// The whole language: what may stand at the top of a keepalived.conf, and words of other times.

import { GLOBAL_KEYWORDS } from "./keywords-global.ts";
import { SERVER_KEYWORDS } from "./keywords-virtual-server.ts";
import { VRRP_KEYWORDS } from "./keywords-vrrp.ts";
import { type KeywordTable, keywordTable } from "./keywords.ts";

export const ROOT_KEYWORDS: KeywordTable = keywordTable(
  Object.fromEntries([...GLOBAL_KEYWORDS, ...VRRP_KEYWORDS, ...SERVER_KEYWORDS]),
);

/** Keywords that versions before 2.0.20 knew, and what stands for them now; an empty text where nothing does. */
export const FORMER_KEYWORDS: ReadonlyMap<string, string> = new Map([
  ["lvs_id", "router_id"],
  ["lvs_sync_daemon_inteface", "lvs_sync_daemon in global_defs"],
  ["notification_email_to", "notification_email"],
  ["vrrp_lvs_sync_daemon_interface", "lvs_sync_daemon in global_defs"],
  ["mcast_group", "vrrp_mcast_group4 in global_defs"],
  ["smtp_server_timeout", "smtp_connect_timeout"],
]);
