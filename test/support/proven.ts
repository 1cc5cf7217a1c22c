// Sites and starts for tests of proofs: the document's pair as written, and small pairs of two files with this or that in them.

import { resolve } from "node:path";
import { lintInputs } from "../../src/cli/lint-inputs.ts";
import { type FilesSite, siteOfFiles } from "../../src/cli/simulated-files.ts";
import { sourceText } from "../../src/diagnostics/index.ts";

/** examples/ext-lb/as-written. */
export function asWritten(): FilesSite {
  return siteOfFiles(
    lintInputs([resolve(import.meta.dirname, "../../examples/ext-lb/as-written")], { haproxy: [] }),
  );
}

export interface WrittenNode {
  readonly state: "MASTER" | "BACKUP";
  readonly priority: number;
  readonly nopreempt: boolean;
  readonly weight: number;
  readonly vrid: number;
  /** process: killall -0 haproxy. service: asks it. */
  readonly asks: "process" | "service";
  readonly advertS: number;
}

/** A node's keepalived.conf; the other one is its only peer. */
export function writtenNode(index: 0 | 1, node: WrittenNode): string {
  const address = (place: 0 | 1): string => `192.0.2.${11 + place}`;
  const other = index === 0 ? 1 : 0;
  const script =
    node.asks === "process"
      ? "/usr/bin/killall -0 haproxy"
      : "/usr/bin/curl -fs -m 1 http://127.0.0.1:8404/health";
  return `vrrp_script chk_haproxy {
    script "${script}"
    interval 2
    fall 2
    rise 2
    weight ${node.weight}
}
vrrp_instance VI_1 {
    state ${node.state}
    interface eth0
    virtual_router_id ${node.vrid}
    priority ${node.priority}
    advert_int ${node.advertS}
    ${node.nopreempt ? "nopreempt" : ""}
    unicast_src_ip ${address(index)}
    unicast_peer {
        ${address(other)}
    }
    virtual_ipaddress {
        192.0.2.50/32
    }
    track_script {
        chk_haproxy
    }
}
`;
}

/** Two nodes as a site. */
export function writtenPair(first: WrittenNode, second: WrittenNode): FilesSite {
  return siteOfFiles([
    { name: "lb1", main: sourceText("lb1.conf", writtenNode(0, first)) },
    { name: "lb2", main: sourceText("lb2.conf", writtenNode(1, second)) },
  ]);
}
