// Misspelt commands of checks, and ones that look odd and are right.

import { describe, expect, it } from "vitest";
import { misspellingIn } from "./command-spelling.ts";

function meant(line: string): string | undefined {
  return misspellingIn(line.split(" "))?.meant;
}

describe("misspelt commands", () => {
  it.each([
    ["kilall -0 haproxy", "killall"],
    ["kill -0 1", undefined],
    ["pidoff haproxy", "pidof"],
    ["/usr/bin/kilall -0 haproxy", "killall"],
    ["sudo kilall -0 haproxy", "killall"],
    ["systemctl is-active --quite haproxy", "--quiet"],
    ["systemctl is-active --quiet haproxy", undefined],
    ["systemctl is-activ haproxy", "is-active"],
    ["systemctl --no-pager status haproxy", undefined],
    ["killall - 0 haproxy", "-0"],
    ["killall -0 haproxy", undefined],
    ["curl --slient --fail http://127.0.0.1/", "--silent"],
    ["curl --no-progress-meter --fail-early http://127.0.0.1/", undefined],
    ["curl --max-time=1 http://127.0.0.1/", undefined],
    ["retcd get-leader", undefined],
    ["/etc/keepalived/pidoff x", undefined],
    ["nft -v", undefined],
    ["clustercheck", undefined],
  ])("%s: %s", (line, expected) => {
    expect(meant(line)).toBe(expected);
  });
});
