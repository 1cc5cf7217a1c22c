// HAProxy's times for its servers' checks, with what lines inherit.

import { expect, it, test } from "vitest";
import { readCheckTimes } from "./check-times.ts";

it("takes each value from the line, default-server before it, the defaults, or HAProxy", () => {
  const text = `defaults base
    default-server inter 500ms rise 4
defaults other from base
    default-server fall 5
backend a
    server s1 192.0.2.1:80 check inter 1s
    default-server fall 2
    server s2 192.0.2.2:80 check
backend b from base
    server-template s 3 192.0.2.9:80 check rise 1
backend empty
    balance roundrobin
defaults
listen c
    bind :80
    server inter 192.0.2.1:80 check
`;
  expect([...readCheckTimes(text)]).toEqual([
    // The slower of the two is s1: it stands before the section's default-server.
    ["a", { intervalMs: 1000, fall: 5, rise: 4 }],
    ["b", { intervalMs: 500, fall: 3, rise: 1 }],
    ["c", { intervalMs: 2000, fall: 3, rise: 2 }],
  ]);
});

test.each([
  ["inter 250", 250],
  ["inter 3m", 180_000],
  ["inter 1500000us", 1500],
  ["inter 0", 2000],
  ["inter soon", 2000],
  ["inter", 2000],
])("%s", (option, intervalMs) => {
  expect(readCheckTimes(`backend a\n  server s 192.0.2.1 check ${option}\n`).get("a")?.intervalMs).toBe(
    intervalMs,
  );
});
