// virtual_ipaddress, virtual_ipaddress_excluded and unicast_peer to values: one address a line, its options behind it.

import type { Family } from "../model/index.ts";
import { type Item, spanOf, type Statement } from "./cst.ts";
import type { KeepalivedInstance, UnicastPeer, UnreadableLine, VirtualIpaddress } from "./instance.ts";
import { blocksNamed, linesOf, wordsOf } from "./query.ts";
import type { ValueLines } from "./value-lines.ts";
import { integerIn, prefixedAddress } from "./values.ts";

export interface Peers {
  readonly readable: readonly UnicastPeer[];
  readonly unreadable: readonly UnreadableLine[];
  /** A peer has min_ttl or max_ttl: then adverts of others are refused. */
  readonly limitsHops: boolean;
}

/** One address a line; the daemon takes `ADDRESS/24` here too and forgets the length. Names are not looked up. */
export function readPeers(items: readonly Item[], family: Family, valueLines: ValueLines): Peers {
  const readable: UnicastPeer[] = [];
  const unreadable: UnreadableLine[] = [];
  let limitsHops = false;
  for (const { statement: line, refused } of blocksNamed(items, "unicast_peer").flatMap(valueLines)) {
    const [first, option, limit] = wordsOf(line).map((word) => word.value);
    if (first === undefined) continue;
    const address = prefixedAddress(first)?.address;
    if (refused || address?.family !== family) {
      unreadable.push(unreadableLine(line));
      continue;
    }
    readable.push({ address, span: spanOf(line) });
    const limits = option === "min_ttl" || option === "max_ttl";
    if (limits && integerIn(limit, 0, 255) !== undefined) limitsHops = true;
  }
  return { readable, unreadable, limitsHops };
}

/** The advertised addresses of the instance's family, those that are none, and the excluded ones. */
export function readVirtualAddresses(
  items: readonly Item[],
  family: Family,
  valueLines: ValueLines,
): Pick<
  KeepalivedInstance,
  "virtualIpaddresses" | "excludedVirtualIpaddresses" | "unreadableVirtualIpaddresses"
> {
  const virtualIpaddresses: VirtualIpaddress[] = [];
  const unreadableVirtualIpaddresses: UnreadableLine[] = [];
  for (const { statement: line, refused } of blocksNamed(items, "virtual_ipaddress").flatMap(valueLines)) {
    const address = readAddress(line);
    if (!refused && address?.address.family === family) virtualIpaddresses.push(address);
    else if (wordsOf(line).length > 0) unreadableVirtualIpaddresses.push(unreadableLine(line));
  }
  const excludedVirtualIpaddresses = linesOf(items, "virtual_ipaddress_excluded").flatMap(
    (line) => readAddress(line) ?? [],
  );
  return { virtualIpaddresses, excludedVirtualIpaddresses, unreadableVirtualIpaddresses };
}

/** Further addresses on the line are not read ("Unknown configuration entry"). */
function readAddress(line: Statement): VirtualIpaddress | undefined {
  const [first, ...options] = wordsOf(line);
  const parsed = prefixedAddress(first?.value ?? "");
  if (first === undefined || parsed === undefined) return undefined;
  const at = options.findIndex((word) => word.value === "dev");
  const device = at === -1 ? undefined : options[at + 1]?.value;
  return {
    ...parsed,
    ...(device === undefined ? {} : { device }),
    prefixWritten: first.value.includes("/"),
    span: spanOf(line),
  };
}

function unreadableLine(line: Statement): UnreadableLine {
  return {
    text: wordsOf(line)
      .map((word) => word.value)
      .join(" "),
    span: spanOf(line),
  };
}
