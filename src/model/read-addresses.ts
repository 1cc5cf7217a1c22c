// Addresses, prefix lengths and interface names as they stand in the file, each mistake with what to write instead.

import {
  hostPrefixLength,
  lastAddress,
  lengthOfNetmask,
  networkAddress,
  parseAddress,
  unusableAs,
} from "./address.ts";
import { type Path, pathText } from "./fields.ts";
import type { IpAddress } from "./pair.ts";
import { shown } from "./places.ts";
import { addAt, type Reading } from "./reading.ts";

/** Reads an address that a host can have; undefined, with a finding, where it is none. */
export function readAddress(
  reading: Reading,
  path: Path,
  written: string,
  example: string,
): IpAddress | undefined {
  const parsed = parseAddress(written);
  if (parsed.kind === "octal-looking") {
    addAt(reading, "HP021", path, {
      message: `${shown(written)} has a number with a leading zero`,
      consequence: "some programs read such a number as octal and reach another host",
      advice: parsed.decimal,
    });
    return undefined;
  }
  if (parsed.kind === "bad") {
    addAt(reading, "HP020", path, {
      message: `${shown(written)} is not an address: ${parsed.why}`,
      advice: example,
    });
    return undefined;
  }
  const why = unusableAs(parsed.address);
  if (why === undefined) return parsed.address;
  addAt(reading, "HP027", path, {
    message: `${parsed.address.text} is ${why}: no node can hold it for others`,
    advice: example,
  });
  return undefined;
}

export interface PrefixedAddress {
  readonly address: IpAddress;
  readonly prefixLength: number;
}

const VIP_EXAMPLE = "an address such as 192.0.2.50/32";

/** Reads ADDRESS or ADDRESS/LENGTH; without a length it is the address alone (/32, /128). */
export function readPrefixedAddress(
  reading: Reading,
  path: Path,
  written: string,
): PrefixedAddress | undefined {
  const slash = written.indexOf("/");
  const address = readAddress(reading, path, slash === -1 ? written : written.slice(0, slash), VIP_EXAMPLE);
  if (address === undefined) return undefined;
  const longest = hostPrefixLength(address.family);
  if (slash === -1) return { address, prefixLength: longest };
  const lengthText = written.slice(slash + 1);
  const prefixLength = /^(0|[1-9]\d{0,2})$/.test(lengthText) ? Number(lengthText) : undefined;
  if (prefixLength === undefined || prefixLength < 1 || prefixLength > longest) {
    addAt(reading, "HP022", path, {
      message: `${shown(written)}: the length ${shown(lengthText)} is not a number from 1 to ${longest}`,
      ...(prefixLength !== undefined && prefixLength > longest
        ? { consequence: "keepalived would use the longest one and log a line" }
        : {}),
      advice: `${address.text}/${lengthOfNetmask(lengthText) ?? longest}`,
    });
    return undefined;
  }
  return isHostAddress(reading, path, address, prefixLength) ? { address, prefixLength } : undefined;
}

// In a network of two addresses (/31, /127) both are hosts' (RFC 3021, RFC 6164).
function isHostAddress(reading: Reading, path: Path, address: IpAddress, prefixLength: number): boolean {
  if (prefixLength >= hostPrefixLength(address.family) - 1) return true;
  const isNetwork = networkAddress(address, prefixLength).text === address.text;
  const isBroadcast = address.family === 4 && lastAddress(address, prefixLength).text === address.text;
  if (!isNetwork && !isBroadcast) return true;
  const what = isNetwork ? "the network's own address" : "the network's broadcast address";
  addAt(reading, "HP027", path, {
    message: `${address.text}/${prefixLength} is ${what}: no host can have it`,
    advice: `an address inside the network, or ${address.text}/${hostPrefixLength(address.family)} if the network is another`,
  });
  return false;
}

const INTERFACE_NAME_MAX = 15;
const INTERFACE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;

/** Reads an interface's name; undefined, with a finding, where Linux or keepalived would not take it. */
export function readInterface(reading: Reading, path: Path, written: string): string | undefined {
  const refuse = (why: string, advice: string, consequence?: string): undefined => {
    const words = { message: `${pathText(path)} is ${shown(written)}: ${why}`, advice };
    addAt(reading, "HP032", path, consequence === undefined ? words : { ...words, consequence });
  };
  if (written === "lo")
    return refuse(
      "keepalived does not speak on loopback",
      "the interface of the node's address, e.g. ens192",
    );
  if (written.includes("@"))
    return refuse(
      "the part after @ is not the name; `ip link` shows it so",
      `interface: ${written.slice(0, written.indexOf("@"))}`,
    );
  if (!INTERFACE_NAME.test(written))
    return refuse(
      "an interface's name has letters, digits, dot, underscore and hyphen",
      "a name that `ip link` shows, e.g. ens192",
    );
  if (written.length > INTERFACE_NAME_MAX) {
    return refuse(
      `${written.length} characters, and Linux has room for ${INTERFACE_NAME_MAX}`,
      "a name that `ip link` shows, e.g. ens192",
      "keepalived ends at once when the interface does not exist",
    );
  }
  return written;
}
