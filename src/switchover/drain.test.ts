// How connections that would be cut are named: the largest groups by client and port, the rest counted.

import { expect, test } from "vitest";
import { clientsOf } from "./drain.ts";
import type { OpenConnection } from "./node-look.ts";

function from(client: string, port: number, count: number): OpenConnection[] {
  const isIpv6 = client.includes(":");
  const [vip, host] = isIpv6 ? ["[2001:db8::50]", `[${client}]`] : ["192.0.2.50", client];
  return Array.from({ length: count }, (_, index) => ({
    local: `${vip}:${port}`,
    peer: `${host}:${50_000 + index}`,
  }));
}

test.each<[string, OpenConnection[], string]>([
  ["nobody", [], ""],
  ["one", from("192.0.2.7", 443, 1), "1 from 192.0.2.7 to port 443"],
  [
    "the largest group first",
    [...from("192.0.2.9", 80, 2), ...from("192.0.2.7", 443, 8)],
    "8 from 192.0.2.7 to port 443, 2 from 192.0.2.9 to port 80",
  ],
  [
    "one client's ports apart",
    [...from("192.0.2.7", 80, 2), ...from("192.0.2.7", 443, 1)],
    "2 from 192.0.2.7 to port 80, 1 from 192.0.2.7 to port 443",
  ],
  ["IPv6", from("2001:db8::7", 443, 3), "3 from 2001:db8::7 to port 443"],
  ["IPv4 on a socket of IPv6", from("::ffff:192.0.2.7", 443, 3), "3 from 192.0.2.7 to port 443"],
  [
    "four groups, and the rest counted",
    [1, 2, 3, 4, 5, 6].flatMap((last) => from(`192.0.2.${last}`, 443, 10 - last)),
    "9 from 192.0.2.1 to port 443, 8 from 192.0.2.2 to port 443, 7 from 192.0.2.3 to port 443, 6 from 192.0.2.4 to port 443, and 9 others",
  ],
])("%s", (_, connections, text) => {
  expect(clientsOf(connections)).toBe(text);
});
