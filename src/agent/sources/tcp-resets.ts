// TCP resets sent by this host: what a client gets that asks where nobody listens. Their number over an outage is about the connections refused.

/** OutRsts of /proc/net/snmp, resets sent since boot: two lines for each protocol, names and then values. undefined: it does not say. */
export function readTcpResets(text: string): number | undefined {
  const [names, values] = text.split("\n").filter((line) => line.startsWith("Tcp: "));
  const place = names?.split(" ").indexOf("OutRsts") ?? -1;
  const value = place === -1 ? undefined : values?.split(" ")[place];
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
