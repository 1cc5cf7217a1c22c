// Hands out addresses that nobody in the lab has: for the client, for back ends known by name, for nodes that do not say theirs.
// Rule: pure, and the same question always gets the same answer, so a lab built twice is the same lab.
import { assert, HapairError } from "../base/index.ts";
import { addressBytes, type Family, parseAddress } from "../model/index.ts";
import type { LabAddress } from "./lab-spec.ts";

/** The network assumed around a node's address, where nothing says how large it is. */
const assumedPrefixLength = { 4: 24, 6: 64 } as const;
/** Where to look when no address says which network the lab is in: the range set aside for tests of network equipment (RFC 2544). */
const fallbackAddress = "198.18.0.1";
/** The first host number tried: above what people give to nodes and gateways, below .254. */
const firstHostNumber = 100;
const hostNumbersTried = 154;

export function familyOf(address: string): Family {
  return address.includes(":") ? 6 : 4;
}

/** RFC 5952 text for IPv6; undefined for what is not an address. */
export function canonicalAddress(text: string): string | undefined {
  const parsed = parseAddress(text);
  return parsed.kind === "address" ? parsed.address.text : undefined;
}

/** The prefix length a lab gives an address that comes without one. */
export function assumedPrefix(address: string): number {
  return assumedPrefixLength[familyOf(address)];
}

/** `address` with its last byte set to `number`. */
function inNetworkOf(address: string, number: number): string {
  const given = addressBytes({ family: familyOf(address), text: address });
  const bytes = [...given.slice(0, -1), number];
  if (bytes.length === 4) return bytes.join(".");
  const groups = bytes.flatMap((byte, index) =>
    index % 2 === 0 ? [(byte * 256 + (bytes[index + 1] ?? 0)).toString(16)] : [],
  );
  return canonicalAddress(groups.join(":")) ?? address;
}

export interface AddressPlan {
  /** An address of this family beside `near` (or beside the lab's first address) that nobody has yet. It is taken from now on. */
  free(family: Family, near?: string): LabAddress;
  /** Whether somebody has it. */
  isTaken(address: string): boolean;
}

/** A plan in which the addresses `taken` belong to somebody. */
export function addressPlan(taken: readonly string[]): AddressPlan {
  const used = new Set<string>(taken.map((address) => canonicalAddress(address) ?? address));
  const firstOf = (family: Family): string | undefined =>
    taken.find((address) => familyOf(address) === family);
  return {
    free(family, near) {
      const base = near ?? firstOf(family) ?? (family === 4 ? fallbackAddress : undefined);
      assert(base !== undefined, "a lab asks for an IPv6 address only beside one");
      for (let offset = 0; offset < hostNumbersTried; offset += 1) {
        const address = inNetworkOf(base, firstHostNumber + offset);
        if (used.has(address)) continue;
        used.add(address);
        return { address, prefixLength: assumedPrefix(address) };
      }
      throw new HapairError({
        kind: "usage",
        code: "lab-addresses",
        message: `There is no free address left beside ${base} for the lab.`,
        hint: "Drill with fewer back ends.",
      });
    },
    isTaken: (address) => used.has(canonicalAddress(address) ?? address),
  };
}
