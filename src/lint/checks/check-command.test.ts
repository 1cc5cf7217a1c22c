// What the commands of script lines do, for lines as they stand in real configurations.

import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { commandWords } from "../../keepalived/index.ts";
import { type CheckReading, readCheck } from "./check-command.ts";

function check(line: string, scripts: Record<string, string> = {}): CheckReading {
  const files = Object.entries(scripts).map(([path, text]) => [path, sourceText(path, text)] as const);
  return readCheck(commandWords(line) ?? [], new Map(files));
}

describe("what a check's command does", () => {
  it.each([
    ["killall -0 haproxy", "process-only"],
    ["/usr/bin/killall -0 haproxy", "process-only"],
    ["sudo /usr/bin/killall -0 haproxy", "process-only"],
    ["pkill -0 -f /usr/sbin/sshd", "process-only"],
    ["killall -s 0 haproxy", "process-only"],
    ["/sbin/pidof nginx", "process-only"],
    ["pgrep nginx", "process-only"],
    ["systemctl is-active --quiet haproxy", "process-only"],
    ["/sbin/service haproxy status", "process-only"],
    ["/etc/init.d/haproxy status", "process-only"],
    ["test -f /var/run/haproxy.pid", "process-only"],
    ["sh -c 'kill -0 $(cat /var/run/haproxy.pid)'", "process-only"],
    ["/bin/bash -c 'ps aux | grep -v grep | grep haproxy'", "process-only"],
    ["timeout 2 curl -sf http://127.0.0.1:8404/healthz", "asks"],
    ["sh -c 'killall -0 haproxy && curl -f http://127.0.0.1/'", "asks"],
    ["nc -z 127.0.0.1 80", "asks"],
    ["</dev/tcp/127.0.0.1/3306", "asks"],
    ["bash -c '</dev/tcp/127.0.0.1/3306'", "asks"],
    ["sh -c 'echo show stat | socat stdio /run/haproxy.sock'", "asks"],
    ["sh -c 'ss -ltn | grep -q :80'", "listens"],
    ["/etc/keepalived/check.sh", "script"],
    ["/usr/bin/clustercheck clustercheck admin 0", "script"],
    ["bash /etc/keepalived/check", "script"],
    ["check_haproxy.sh", "script"],
    ["systemctl restart haproxy", "acts"],
    ["killall haproxy", "acts"],
    ["retcd get-leader", "unknown"],
    ["echo ok", "unknown"],
    ["nft -v", "unknown"],
  ])("%s: %s", (line, kind) => {
    expect(check(line).kind).toBe(kind);
  });

  it.each([
    ["curl -s -m 2 -o /dev/null http://192.0.2.50:8080/health", "192.0.2.50", 8080],
    ["curl 192.0.2.50", "192.0.2.50", 80],
    ["curl --fail --max-time 1 https://user@[2001:DB8:0::1]/x", "2001:db8::1", 443],
    ["curl -sfm2 localhost:80", "localhost", 80],
    ["wget -q -T 2 -O /dev/null http://192.0.2.50/", "192.0.2.50", 80],
    ["nc -zw1 192.0.2.50 443", "192.0.2.50", 443],
    ["ping -c5 -l5 -i 0.2 -w1 192.0.2.1 -A", "192.0.2.1", undefined],
    ["mysqladmin -h 192.0.2.7 -P 3307 ping", "192.0.2.7", 3307],
    ["openssl s_client -connect 192.0.2.50:443", "192.0.2.50", 443],
    ["socat - TCP:192.0.2.50:25", "192.0.2.50", 25],
    ["bash -c 'exec 3<>/dev/tcp/192.0.2.50/80'", "192.0.2.50", 80],
    ["sh -c 'V=192.0.2.50; curl -f http://$V/'", "192.0.2.50", 80],
    ["curl --resolve a:80:192.0.2.50 http://a/", undefined, undefined],
    ["sh -c 'curl http://$1/'", undefined, 80],
  ])("%s asks %s port %s", (line, host, port) => {
    const [asked] = check(line).deeds.flatMap((deed) => deed.asked ?? []);
    expect([asked?.host, asked?.port]).toEqual([host, port]);
  });

  it.each([
    ["systemctl stop keepalived", { verb: "stop", service: "keepalived" }],
    ["service haproxy restart", { verb: "restart", service: "haproxy" }],
    ["/etc/init.d/keepalived stop", { verb: "stop", service: "keepalived" }],
    ["killall - 0 haproxy", { verb: "kill", service: "haproxy" }],
    ["pkill -9 keepalived", { verb: "kill", service: "keepalived" }],
    ["haproxy -f /etc/haproxy/haproxy.cfg -D", { verb: "start", service: "haproxy" }],
  ])("%s", (line, act) => {
    expect(check(line).deeds[0]?.act).toEqual(act);
  });

  it("reads a script whose text is given, and no other", () => {
    const text = `#!/bin/bash
if [ $(ps -C haproxy --no-header | wc -l) -eq 0 ]; then
  systemctl start haproxy
  sleep 2
  if [ $(ps -C haproxy --no-header | wc -l) -eq 0 ]; then systemctl stop keepalived; fi
fi
`;
    const read = check("/etc/keepalived/chk.sh", { "/etc/keepalived/chk.sh": text });
    expect(read.kind).toBe("process-only");
    expect(read.deeds.flatMap((deed) => deed.act ?? [])).toEqual([
      { verb: "start", service: "haproxy" },
      { verb: "stop", service: "keepalived" },
    ]);
    expect(check("/x.py", { "/x.py": "#!/usr/bin/env python3\nimport os\n" }).kind).toBe("script");
    expect(check("/x.sh", { "/x.sh": "#!/usr/bin/env bash\npidof x\n" }).kind).toBe("process-only");
  });
});
