// The whole language: what may stand at the top of a keepalived.conf, and words of other times.

import { GLOBAL_KEYWORDS } from "./keywords-global.ts";
import { SERVER_KEYWORDS } from "./keywords-virtual-server.ts";
import { VRRP_KEYWORDS } from "./keywords-vrrp.ts";
import { contextsByKeyword, type KeywordTable, keywordTable } from "./keywords.ts";

export const ROOT_KEYWORDS: KeywordTable = keywordTable(
  Object.fromEntries([...GLOBAL_KEYWORDS, ...VRRP_KEYWORDS, ...SERVER_KEYWORDS]),
);

const CONTEXTS: ReadonlyMap<string, readonly string[]> = contextsByKeyword(ROOT_KEYWORDS);

/**
 * The blocks that know the keyword, by their path from the top of the file: `vrrp_instance/authentication`; the top is "". Asked from a block at
 * the top (`within`), those of virtual servers are no answer for one of VRRP, nor the other way round.
 */
export function contextsOf(keyword: string, within: string): readonly string[] {
  const asking = familyOf(within);
  return (CONTEXTS.get(keyword) ?? []).filter((path) => {
    const family = familyOf(path.split("/")[0] ?? "");
    return asking === undefined || family === undefined || family === asking;
  });
}

/** What a block at the top is for, if it is for one thing. */
function familyOf(block: string): "vrrp" | "checker" | undefined {
  const process = ROOT_KEYWORDS.get(block)?.process;
  return process === "vrrp" || process === "checker" ? process : undefined;
}

/** Keywords that versions before 2.0.20 knew, and what stands for them now; an empty text where nothing does. */
export const FORMER_KEYWORDS: ReadonlyMap<string, string> = new Map([["lvs_id", "router_id"]]);
