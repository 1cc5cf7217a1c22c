// Virtual addresses as they stand in the file, one by one. What they are to each other and to the nodes is asked in check-vips.ts.

import { type Path, pathText } from "./fields.ts";
import type { PairFile } from "./file-schema.ts";
import type { VirtualAddress } from "./pair.ts";
import { VIPS_PER_ROUTER_MAX } from "./profiles.ts";
import { readInterface, readPrefixedAddress } from "./read-addresses.ts";
import { addAtKey, entry, namesAt, type Reading } from "./reading.ts";
import { badNameFinding, type Partially, valueAt } from "./shape.ts";
import { namePattern } from "./schema-words.ts";

export interface VipDraft extends VirtualAddress {
  /** Where its address stands in the file. */
  readonly path: Path;
}

type WrittenVip = Partially<NonNullable<PairFile["vips"]>[string]>;
export type WrittenVips = Readonly<Record<string, WrittenVip | undefined>>;

/** Reads the map of virtual addresses at `mapPath`. */
export function readVips(reading: Reading, mapPath: Path, map: WrittenVips | undefined): readonly VipDraft[] {
  const names = namesAt(reading, mapPath);
  const written = valueAt(reading.tree.value, mapPath);
  if (names.length === 0 && typeof written === "object" && written !== null) {
    addAtKey(reading, "HP046", mapPath, {
      message: `${pathText(mapPath)} is empty: a virtual router without an address has nothing to move`,
      advice: "vips: { web: 192.0.2.50/32 }",
    });
  }
  if (names.length > VIPS_PER_ROUTER_MAX) {
    addAtKey(reading, "HP031", mapPath, {
      message: `${names.length} virtual addresses in one router: an advertisement has room for ${VIPS_PER_ROUTER_MAX}`,
      consequence: "keepalived would advertise the first ones only",
      advice: "further routers, each with its own id",
    });
    return [];
  }
  return names.flatMap((name) => readVip(reading, [...mapPath, name], name, entry(map, name)) ?? []);
}

function readVip(
  reading: Reading,
  path: Path,
  name: string,
  written: WrittenVip | undefined,
): VipDraft | undefined {
  if (!namePattern.test(name)) reading.findings.add(badNameFinding(reading.tree, path, name));
  if (written === undefined) return undefined;
  const place = typeof written === "string" ? path : [...path, "address"];
  const text = typeof written === "string" ? written : written.address;
  const interfaceText = typeof written === "string" ? undefined : written.interface;
  const ownInterface =
    interfaceText === undefined ? undefined : readInterface(reading, [...path, "interface"], interfaceText);
  const read = text === undefined ? undefined : readPrefixedAddress(reading, place, text);
  return (
    read && { name, ...read, ...(ownInterface === undefined ? {} : { interface: ownInterface }), path: place }
  );
}

/** The virtual address without its place in the file. */
export function finalVip(draft: VipDraft): VirtualAddress {
  const { name, address, prefixLength } = draft;
  return {
    name,
    address,
    prefixLength,
    ...(draft.interface === undefined ? {} : { interface: draft.interface }),
  };
}
