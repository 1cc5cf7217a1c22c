// Whether a node with its new keepalived.conf and a node with its old one still understand each other. Where they do not, both would hold the VIP,
// so the order of an apply hangs on it (keepalived-behaviour 1.6, 4, 8.2). Pure.

import type { IpAddress } from "../model/index.ts";
import { type KeepalivedInstance, parseConfig, readInstances } from "../keepalived/index.ts";

/** A change that two nodes cannot make one after the other without both holding the VIP for a while. */
export interface Incompatibility {
  readonly instance: string;
  /** `VRRP version 2 becomes 3`; never a password. */
  readonly what: string;
}

/** A change of what keepalived tells instances apart by: the old instance goes, a new one starts from nothing, and nobody holds the VIP meanwhile. */
export interface Replacement {
  readonly instance: string;
  readonly what: string;
  /** How long nobody holds the VIP: the new instance's master-down time. */
  readonly gapUs: number;
}

export interface ConfigurationChange {
  readonly incompatible: readonly Incompatibility[];
  readonly replaced: readonly Replacement[];
}

interface ReadInstance extends KeepalivedInstance {
  /** The first eight bytes: as much of it as keepalived uses. */
  readonly password: string;
}

function instancesIn(text: string): ReadInstance[] {
  return readInstances(parseConfig(text)).map((instance) => {
    const span = instance.authentication?.passwordSpan;
    const password = span === undefined ? "" : text.slice(span.start, span.end).replace(/^"(.*)"$/s, "$1");
    return { ...instance, password: password.slice(0, 8) };
  });
}

/** What changes between a node's running configuration and its next one, as far as its peers and its VIPs feel it. */
export function configurationChange(before: string, after: string): ConfigurationChange {
  const old = instancesIn(before);
  const incompatible: Incompatibility[] = [];
  const replaced: Replacement[] = [];
  for (const next of instancesIn(after)) {
    const same = old.find((candidate) => identityOf(candidate) === identityOf(next));
    const predecessor = same ?? old.find((candidate) => sharesAddress(candidate, next));
    if (predecessor === undefined) continue;
    if (same === undefined) {
      replaced.push({
        instance: next.name,
        what: identityDifference(predecessor, next),
        gapUs: masterDownUs(next),
      });
    }
    for (const what of differences(predecessor, next)) incompatible.push({ instance: next.name, what });
  }
  return { incompatible, replaced };
}

/** By what keepalived matches instances over a reload; the name is no part of it (keepalived-behaviour 8.2). */
function identityOf(instance: KeepalivedInstance): string {
  return JSON.stringify(identityParts(instance).map((part) => part.value));
}

function identityParts(instance: KeepalivedInstance): { what: string; value: string }[] {
  return [
    { what: "virtual_router_id", value: String(instance.virtualRouterId ?? "none") },
    { what: "address family", value: `IPv${instance.family}` },
    { what: "interface", value: instance.interface ?? "none" },
    { what: "adverts", value: instance.unicastPeers.length > 0 ? "unicast" : "multicast" },
    { what: "unicast_src_ip", value: instance.unicastSourceIp?.text ?? "none" },
  ];
}

function identityDifference(before: KeepalivedInstance, after: KeepalivedInstance): string {
  const old = identityParts(before);
  return identityParts(after)
    .flatMap((part, index) =>
      part.value === old[index]?.value
        ? []
        : [`${part.what} ${old[index]?.value ?? "none"} becomes ${part.value}`],
    )
    .join(", ");
}

function sharesAddress(left: KeepalivedInstance, right: KeepalivedInstance): boolean {
  const addresses = new Set(allAddresses(left));
  return allAddresses(right).some((address) => addresses.has(address));
}

function allAddresses(instance: KeepalivedInstance): string[] {
  return [...instance.virtualIpaddresses, ...instance.excludedVirtualIpaddresses].map(
    (each) => each.address.text,
  );
}

/** What an advert is checked for by its receiver; a mismatch makes it deaf to the sender. */
function differences(before: ReadInstance, after: ReadInstance): string[] {
  const found: string[] = [];
  const compare = (what: string, left: string, right: string): void => {
    if (left !== right) found.push(`${what} ${left} becomes ${right}`);
  };
  compare("virtual_router_id", String(before.virtualRouterId), String(after.virtualRouterId));
  compare("VRRP version", String(before.version), String(after.version));
  compare(
    "adverts",
    before.unicastPeers.length > 0 ? "unicast" : "multicast",
    after.unicastPeers.length > 0 ? "unicast" : "multicast",
  );
  if (before.version === 2 && after.version === 2) {
    compare("advert_int", `${before.advertIntervalUs / 1e6} s`, `${after.advertIntervalUs / 1e6} s`);
    const [old, next] = [passwordKind(before), passwordKind(after)];
    compare("authentication", old, next);
    if (old === next && before.password !== after.password) found.push("the VRRP password changes");
  }
  const [left, right] = [addressList(before), addressList(after)];
  if (left !== right) found.push(`virtual_ipaddress ${left || "none"} becomes ${right || "none"}`);
  return found;
}

function passwordKind(instance: ReadInstance): string {
  return instance.password === "" ? "none" : (instance.authentication?.type ?? "none");
}

/** The advertised list; its order does not matter to the receiver. */
function addressList(instance: KeepalivedInstance): string {
  return instance.virtualIpaddresses
    .map((each: { address: IpAddress }) => each.address.text)
    .toSorted()
    .join(" ");
}

/** Three advertisement intervals and the skew (keepalived-behaviour 1.1). */
export function masterDownUs(
  instance: Pick<KeepalivedInstance, "version" | "advertIntervalUs" | "priority">,
): number {
  return 3 * instance.advertIntervalUs + skewUs(instance);
}

/** How long a standby of this priority waits after a master's farewell. */
export function skewUs(
  instance: Pick<KeepalivedInstance, "version" | "advertIntervalUs" | "priority">,
): number {
  const unitUs = instance.version === 2 ? 1_000_000 : instance.advertIntervalUs;
  return Math.floor(((256 - instance.priority) * unitUs) / 256);
}
