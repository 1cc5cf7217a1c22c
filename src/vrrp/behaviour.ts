// How versions of keepalived differ in what their state machines do. Rule: a difference is a row here and a name in the code, never a comparison of versions elsewhere.

import { inVersion, type VersionRow } from "./version-table.ts";

export interface VrrpBehaviour {
  /** From 2.3.3: the skew of an instance whose configured priority is 255 is that of 255, whatever has become of it. */
  readonly ownerKeepsSkew: boolean;
  /** Up to 2.3.2 the owner that first hears another owner gives way for good; from 2.3.3 the lower address gives way, and only for the time being. */
  readonly ownerYields: "first-to-hear" | "lower-address";
  /** From 2.2.8 vrrp_startup_delay also deafens: adverts are not heard while it lasts. */
  readonly startupDelayDeafens: boolean;
  /** Up to 2.3.2 a script that still runs is started again, whatever the log says; from 2.3.3 that run is skipped. */
  readonly skipsBusyScripts: boolean;
}

const table: { readonly [Name in keyof VrrpBehaviour]: VersionRow<VrrpBehaviour[Name]> } = {
  ownerKeepsSkew: { since: [2, 3, 3], before: false, after: true },
  ownerYields: { since: [2, 3, 3], before: "first-to-hear", after: "lower-address" },
  startupDelayDeafens: { since: [2, 2, 8], before: false, after: true },
  skipsBusyScripts: { since: [2, 3, 3], before: false, after: true },
};

/** What that version of keepalived ("2.2.7") does. */
export function behaviourOf(version: string): VrrpBehaviour {
  return inVersion<VrrpBehaviour>(table, version);
}
