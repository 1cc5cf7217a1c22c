// How versions of keepalived differ in what they take from the wire (vrrp_check_packet and the sockets, read at every tag from 2.0.20 to 2.4.3).

import { inVersion, type VersionRow } from "./version-table.ts";

export interface ReceptionBehaviour {
  /** From 2.1.0 the sockets are bound: to the group, or to the instance's own address. Before, any unicast VRRP packet to the node gets in. */
  readonly bindsSockets: boolean;
  /** From 2.3.2 a short packet may be followed by what Ethernet fills its frames up with. */
  readonly toleratesPadding: boolean;
  /** Up to 2.3.2 another list of VIPs is a reason to refuse; from 2.3.3 it is only logged. */
  readonly refusesOtherAddresses: boolean;
  /** Up to 2.3.2 the sender is looked up among the peers only when the VIPs are compared too. */
  readonly sourceCheckNeedsAddressCheck: boolean;
}

const table: { readonly [Name in keyof ReceptionBehaviour]: VersionRow<boolean> } = {
  bindsSockets: { since: [2, 1, 0], before: false, after: true },
  toleratesPadding: { since: [2, 3, 2], before: false, after: true },
  refusesOtherAddresses: { since: [2, 3, 3], before: true, after: false },
  sourceCheckNeedsAddressCheck: { since: [2, 3, 3], before: true, after: false },
};

/** Asked of every packet, mostly with the same few versions. */
const known = new Map<string, ReceptionBehaviour>();
const KNOWN_MAX = 64;

/** What that version of keepalived ("2.2.7") does. */
export function receptionBehaviourOf(version: string): ReceptionBehaviour {
  const before = known.get(version);
  if (before !== undefined) return before;
  const behaviour = inVersion<ReceptionBehaviour>(table, version);
  if (known.size < KNOWN_MAX) known.set(version, behaviour);
  return behaviour;
}
