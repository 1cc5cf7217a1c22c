// What two configurations do differently: every change of meaning is told, no change of spelling is.

import { describe, expect, it } from "vitest";
import { sourceText } from "../diagnostics/index.ts";
import { compareConfigurations } from "./compare.ts";
import { readConfiguration } from "./read-configuration.ts";

const BASE = `global_defs {
    router_id lb1
    enable_script_security
}

vrrp_script haproxy {
    script "/bin/check -a 1"
    interval 2
    weight -20
}

vrrp_instance VI {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 101
    advert_int 1
    nopreempt
    authentication {
        auth_type PASS
        auth_pass secret1x
    }
    unicast_src_ip 192.0.2.1
    unicast_peer {
        192.0.2.2
        192.0.2.3
    }
    virtual_ipaddress {
        192.0.2.10/32
        192.0.2.11 dev eth0
    }
    track_script {
        haproxy
    }
    notify_master /bin/tell
}
`;

function differences(a: string, b: string): string[] {
  const read = (text: string) => readConfiguration(sourceText("keepalived.conf", text));
  return compareConfigurations(read(a), read(b)).map((each) => `${each.path}: ${each.a} -> ${each.b}`);
}

const changed = (from: string, to: string): string[] => differences(BASE, BASE.replace(from, to));

describe("differences", () => {
  it.each([
    ["priority 101", "priority 99", ["vrrp_instance VI / priority: 101 -> 99"]],
    ["router_id lb1", "router_id lb2", ["global_defs / router_id: lb1 -> lb2"]],
    ["    router_id lb1\n", "", ["global_defs / router_id: lb1 -> none"]],
    ["advert_int 1", "advert_int 2", ["vrrp_instance VI / advert_int: 1 s -> 2 s"]],
    ["    nopreempt\n", "", ["vrrp_instance VI / nopreempt: on -> off"]],
    [
      "state BACKUP",
      "state MASTER",
      ["vrrp_instance VI / state: BACKUP -> MASTER", "vrrp_instance VI / nopreempt: on -> off"],
    ],
    ["        192.0.2.3\n", "", ["vrrp_instance VI / unicast_peer: 192.0.2.2, 192.0.2.3 -> 192.0.2.2"]],
    [
      "192.0.2.10/32",
      "192.0.2.10/24",
      ["vrrp_instance VI / virtual_ipaddress: 192.0.2.10/32, 192.0.2.11/32 -> 192.0.2.10/24, 192.0.2.11/32"],
    ],
    [
      "weight -20",
      "weight 0",
      [
        "vrrp_script haproxy / weight: -20 -> 0",
        "vrrp_instance VI / track_script: haproxy weight -20 -> haproxy weight 0",
      ],
    ],
    ["-a 1", "-a '1 2'", ['vrrp_script haproxy / script: /bin/check -a 1 -> /bin/check -a "1 2"']],
    [
      "notify_master /bin/tell",
      "notify_fault /bin/tell",
      [
        "vrrp_instance VI / notify_master: /bin/tell -> none",
        "vrrp_instance VI / notify_fault: none -> /bin/tell",
      ],
    ],
    [
      "vrrp_instance VI {",
      "vrrp_instance V2 {",
      ["vrrp_instance VI: defined -> none", "vrrp_instance V2: none -> defined"],
    ],
  ])("%j becoming %j", (from, to, expected) => {
    expect(changed(from, to)).toEqual(expected);
  });

  it.each([
    ["", ""],
    ["router_id lb1", 'router_id "lb1" # a comment'],
    ["    advert_int 1\n", ""],
    ["192.0.2.10/32\n        192.0.2.11 dev eth0", "192.0.2.11\n        192.0.2.10"],
    ["192.0.2.2\n        192.0.2.3", "192.0.2.3\n        192.0.2.2"],
    ["priority 101", "priority 7\n    priority 101"],
    ["haproxy\n    }\n    notify", "haproxy weight -20\n    }\n    notify"],
    ["global_defs {", "$ID=lb1\nglobal_defs {"],
  ])("%j becoming %j is none", (from, to) => {
    expect(changed(from, to)).toEqual([]);
  });

  it("tells that passwords differ, where keepalived looks at them, and never what they are", () => {
    expect(changed("secret1x", "changed")).toEqual([
      "vrrp_instance VI / auth_pass: ******** -> another ********",
    ]);
    expect(changed("secret1x", "secret1xyz")).toEqual([]);
    expect(changed("        auth_pass secret1x\n", "")).toEqual([
      "vrrp_instance VI / auth_type: PASS -> none",
      "vrrp_instance VI / auth_pass: ******** -> none",
    ]);
  });
});
