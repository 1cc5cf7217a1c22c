// The lines of a vrrp_instance that have one value each, in the order of the file, for the order counts: a `version 2` behind the first IPv6
// address is refused, and a second version too (2.2.7).

import type { Family, IpAddress } from "../model/index.ts";
import type { Item, Statement } from "./cst.ts";
import type { GarpSettings } from "./instance.ts";
import { argumentsOf, linesOf } from "./query.ts";
import { atLeastOne, vrrpVersion } from "./read-globals.ts";
import { integerIn, leadingIntegerIn, prefixedAddress, secondsIn, switchOf } from "./values.ts";

const PRIORITY_DEFAULT = 100;
const INTERFACE_BYTES_MAX = 15;
const SECONDS_MAX = 4294;
const COUNT_MAX = 2_147_483_647;
const UNSIGNED_MAX = 4_294_967_295;

/** What the lines say; absent where none says anything. */
export interface Scalars {
  state?: "MASTER" | "BACKUP";
  stateWritten?: string;
  interface?: string;
  interfaceWritten?: string;
  virtualRouterId?: number;
  priority?: number;
  version?: 2 | 3;
  /** Of the first address, whichever keyword has it, the excluded ones aside. */
  family?: Family;
  advertIntervalUs?: number;
  nopreempt?: boolean;
  preemptDelayUs?: number;
  unicastSourceIp?: IpAddress;
  checkUnicastSource?: boolean;
  skipCheckAdvAddr?: boolean;
  strict?: boolean;
  accept?: boolean;
  downTimerAdverts?: number;
  useVmac?: boolean;
  dontTrackPrimary?: boolean;
  smtpAlert?: boolean;
  lowerPriorityNoAdvert?: boolean;
  higherPrioritySendAdvert?: boolean;
  multicastSourceIp?: IpAddress;
  multicastGroup?: IpAddress;
  garp: Partial<GarpSettings>;
}

/** What a line with the keyword changes; undefined where the daemon ignores the line and keeps what it had. */
type ScalarReader = (argument: string | undefined, before: Scalars) => Partial<Scalars> | undefined;

const given = <Key extends keyof Scalars>(
  key: Key,
  value: Scalars[Key] | undefined,
): Partial<Scalars> | undefined => (value === undefined ? undefined : { [key]: value });

const garp =
  (key: keyof GarpSettings, read: (text: string | undefined) => number | undefined): ScalarReader =>
  (text, before) => {
    const value = read(text);
    return value === undefined ? undefined : { garp: { ...before.garp, [key]: value } };
  };

const READERS: Readonly<Record<string, ScalarReader>> = {
  // Case-sensitive. BACKUP after MASTER is refused, but any other word makes BACKUP of it.
  state: (text, before) => {
    if (text === "BACKUP" && before.state === "MASTER") return { stateWritten: text };
    return { state: text === "MASTER" ? "MASTER" : "BACKUP", ...given("stateWritten", text) };
  },
  interface: (text) => {
    if (text === undefined) return undefined;
    const fits = new TextEncoder().encode(text).length <= INTERFACE_BYTES_MAX;
    return { interfaceWritten: text, ...(fits ? { interface: text } : {}) };
  },
  virtual_router_id: (text) => given("virtualRouterId", integerIn(text, 1, 255)),
  priority: (text) => ({ priority: integerIn(text, 1, 255) ?? PRIORITY_DEFAULT }),
  version: (text, { version, family }) => {
    const asked = vrrpVersion(text);
    const refused = (version !== undefined && version !== asked) || (asked === 2 && family === 6);
    return refused ? undefined : given("version", asked);
  },
  advert_int: (text) => given("advertIntervalUs", secondsIn(text, 0.01, 255)),
  nopreempt: () => ({ nopreempt: true }),
  preempt: () => ({ nopreempt: false }),
  preempt_delay: (text) => ({ preemptDelayUs: secondsIn(text, 0, 1000) ?? 0 }),
  unicast_src_ip: (text) => given("unicastSourceIp", prefixedAddress(text ?? "")?.address),
  check_unicast_src: () => ({ checkUnicastSource: true }),
  // `off` switches it on as well, up to 2.4.3.
  skip_check_adv_addr: (text) => (switchOf(text) === undefined ? undefined : { skipCheckAdvAddr: true }),
  strict_mode: (text) => given("strict", switchOf(text)),
  accept: () => ({ accept: true }),
  no_accept: () => ({ accept: false }),
  down_timer_adverts: (text) => given("downTimerAdverts", leadingIntegerIn(text, 1, 100)),
  use_vmac: () => ({ useVmac: true }),
  dont_track_primary: () => ({ dontTrackPrimary: true }),
  smtp_alert: (text) => given("smtpAlert", switchOf(text)),
  lower_prio_no_advert: (text) => given("lowerPriorityNoAdvert", switchOf(text)),
  higher_prio_send_advert: (text) => given("higherPrioritySendAdvert", switchOf(text)),
  mcast_src_ip: (text) => given("multicastSourceIp", prefixedAddress(text ?? "")?.address),
  mcast_dst_ip: (text) => given("multicastGroup", prefixedAddress(text ?? "")?.address),
  garp_master_delay: garp("masterDelayS", (text) => leadingIntegerIn(text, 0, SECONDS_MAX)),
  garp_master_repeat: garp("masterRepeat", (text) => atLeastOne(leadingIntegerIn(text, 0, UNSIGNED_MAX))),
  garp_master_refresh: garp("masterRefreshS", (text) => leadingIntegerIn(text, 0, UNSIGNED_MAX) ?? 0),
  garp_master_refresh_repeat: garp("masterRefreshRepeat", (text) =>
    atLeastOne(leadingIntegerIn(text, 0, UNSIGNED_MAX)),
  ),
  garp_lower_prio_delay: garp("lowerPriorityDelayS", (text) => leadingIntegerIn(text, 0, SECONDS_MAX)),
  garp_lower_prio_repeat: garp("lowerPriorityRepeat", (text) => leadingIntegerIn(text, 0, COUNT_MAX)),
};

/** The values of a block's lines, and the lines that the daemon passes over. */
export function readScalars(items: readonly Item[]): {
  readonly scalars: Scalars;
  readonly ignored: ReadonlySet<Statement>;
} {
  const scalars: Scalars = { garp: {} };
  const ignored = new Set<Statement>();
  for (const item of items) {
    if (item.kind === "statement") {
      const keyword = item.keyword.value;
      const read = Object.hasOwn(READERS, keyword) ? READERS[keyword] : undefined;
      const argument = argumentsOf(item)[0]?.value;
      const change = read?.(argument, scalars);
      if (change !== undefined) Object.assign(scalars, change);
      else if (read !== undefined) ignored.add(item);
      // native_ipv6 counts as an address.
      if (keyword === "native_ipv6") decideFamily(scalars, "::");
      else if (FAMILY_KEYWORDS.has(keyword)) decideFamily(scalars, argument ?? "");
    } else if (item.kind === "block") {
      for (const line of linesOf([item], "virtual_ipaddress", "unicast_peer")) {
        decideFamily(scalars, line.keyword.value);
      }
    }
  }
  return { scalars, ignored };
}

const FAMILY_KEYWORDS = new Set(["unicast_src_ip", "mcast_src_ip", "mcast_dst_ip"]);

function decideFamily(scalars: Scalars, address: string): void {
  const family = scalars.family ?? prefixedAddress(address)?.address.family;
  if (family !== undefined) scalars.family = family;
}
