// TCP resets sent by this host: what a client gets that asks where nobody listens. Their number over an outage is about the connections refused.

import { readFile } from "node:fs/promises";

/** Resets sent since boot; undefined where the kernel does not say. */
export async function tcpResets(path = "/proc/net/snmp"): Promise<number | undefined> {
  try {
    return readTcpResets(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** OutRsts of /proc/net/snmp: two lines for each protocol, names and then values. */
export function readTcpResets(text: string): number | undefined {
  const [names, values] = text.split("\n").filter((line) => line.startsWith("Tcp: "));
  const place = names?.split(" ").indexOf("OutRsts") ?? -1;
  const value = place === -1 ? undefined : values?.split(" ")[place];
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
