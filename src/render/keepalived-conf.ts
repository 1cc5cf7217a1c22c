// keepalived.conf of one node, built as a syntax tree and printed by keepalived/'s own printer: what we write is what we can read.
// Rules: state BACKUP and nopreempt on every node, weight 0 for everything that moves the VIP, one keyword per line (keepalived-behaviour sections 2, 3, 6.1).

import { assert } from "../base/index.ts";
import {
  blankLine,
  block,
  type Buildable,
  comment,
  document,
  printConfig,
  statement,
} from "../keepalived/index.ts";
import type { IpAddress, Pair, PairNode, Router, VirtualAddress } from "../model/index.ts";
import { agentPaths, nodePaths, watchedFilesOf } from "./paths.ts";

const CHECK_NAME = "chk_haproxy";

const GARP_REFRESH_S = 1;

/** lint says of a weighted file that it moves no VIP under nopreempt. It is right, and that is what is wanted. */
const WEIGHT_REASON =
  "hapair-ignore HP108: shortens a standby's skew while the VIP is moved on purpose, and moves nothing";

// Not an unprivileged user: keepalived 2.2.7's own configuration test ends itself with SIGTERM when a script belongs to one (tested; 2.3.3 does not).
// The script is root's, and enable_script_security refuses it if anyone else could write it.
const SCRIPT_USER = "root";

/** The text of a node's keepalived.conf without hapair's mark. `passwords` holds the value for each router that has one. */
export function renderKeepalivedConf(
  pair: Pair,
  node: PairNode,
  passwords: ReadonlyMap<string, string>,
): string {
  const items: Buildable[] = [
    block(
      "global_defs",
      [],
      [
        statement("router_id", node.name),
        statement("script_user", SCRIPT_USER),
        statement("enable_script_security"),
        ...(pair.agent === undefined ? [] : [statement("vrrp_notify_fifo", agentPaths.notifyFifo)]),
      ],
    ),
  ];
  for (const file of watchedFilesOf(pair)) {
    const meaning = file.weight === 0 ? "anything but 0 is FAULT" : "added to the priority for a moment";
    items.push(
      blankLine(),
      comment(`${file.name}: written by ${file.writer}; ${meaning}`),
      block(
        "track_file",
        [file.name],
        [
          statement("file", `${nodePaths.watchDirectory}/${file.name}`),
          statement("weight", String(file.weight)),
          statement("init_file", String(file.initial)),
        ],
      ),
    );
  }
  items.push(blankLine(), checkScript(pair));
  for (const router of pair.routers)
    items.push(blankLine(), instance(pair, node, router, passwords.get(router.name)));
  return printConfig(document(items));
}

function checkScript(pair: Pair): Buildable {
  const { intervalS, fall, rise } = pair.check;
  return block(
    "vrrp_script",
    [CHECK_NAME],
    [
      statement("script", nodePaths.checkScript),
      statement("interval", String(intervalS)),
      // The script has its own, shorter limits; this one is for a machine so stuck that the script cannot keep them.
      statement("timeout", String(intervalS)),
      statement("fall", String(fall)),
      statement("rise", String(rise)),
      statement("weight", "0"),
    ],
  );
}

function instance(pair: Pair, node: PairNode, router: Router, password: string | undefined): Buildable {
  const source = addressOf(node, router);
  const peers = pair.nodes
    .filter((other) => other.name !== node.name)
    .map((other) => addressOf(other, router));
  const priority = router.priorities.get(node.name);
  assert(priority !== undefined, `router ${router.name} has no priority for node ${node.name}`);
  assert(
    router.version === 3 || router.password === undefined || password !== undefined,
    `router ${router.name}: password not resolved`,
  );

  const items: Buildable[] = [
    statement("state", "BACKUP"),
    statement("interface", node.interface),
    statement("virtual_router_id", String(router.id)),
    statement("priority", String(priority)),
    statement("version", String(router.version)),
    statement("advert_int", decimalSeconds(router.advertIntervalUs)),
  ];
  if (!router.preempt) items.push(statement("nopreempt"));
  // When two masters meet again, the one that stays says nothing to the switches and neighbours that learned the other's; this does, every second.
  items.push(statement("garp_master_refresh", String(GARP_REFRESH_S)));
  items.push(
    blankLine(),
    statement("unicast_src_ip", source.text),
    statement("check_unicast_src"),
    block(
      "unicast_peer",
      [],
      peers.map((peer) => statement(peer.text)),
    ),
  );
  if (router.version === 2 && password !== undefined) {
    items.push(
      blankLine(),
      block("authentication", [], [statement("auth_type", "PASS"), statement("auth_pass", password)]),
    );
  }
  items.push(blankLine(), block("virtual_ipaddress", [], router.vips.map(virtualAddress)));
  if (router.excludedVips.length > 0) {
    items.push(blankLine(), block("virtual_ipaddress_excluded", [], router.excludedVips.map(virtualAddress)));
  }
  items.push(
    blankLine(),
    block("track_script", [], [statement(CHECK_NAME)]),
    blankLine(),
    block(
      "track_file",
      [],
      watchedFilesOf(pair)
        .filter((file) => file.router === undefined || file.router === router.name)
        .flatMap((file) =>
          file.weight === 0 ? [statement(file.name)] : [comment(WEIGHT_REASON), statement(file.name)],
        ),
    ),
  );
  return block("vrrp_instance", [router.name], items);
}

function virtualAddress(vip: VirtualAddress): Buildable {
  const device = vip.interface === undefined ? [] : ["dev", vip.interface];
  // An IPv6 VIP that is preferred becomes the source of outgoing connections, which then die with a failover (failure F44).
  const notASource = vip.address.family === 6 ? ["preferred_lft", "0"] : [];
  return statement(`${vip.address.text}/${vip.prefixLength}`, ...device, ...notASource);
}

/** The node's address in the family the router's advertisements travel in. */
export function addressOf(node: PairNode, router: Router): IpAddress {
  const found = node.addresses.find((address) => address.family === router.family);
  assert(
    found !== undefined,
    `node ${node.name} has no IPv${router.family} address for router ${router.name}`,
  );
  return found;
}

/** `1`, `0.1`, `2.5`: keepalived reads up to six decimals, version 3 in steps of 0.01 (keepalived-behaviour section 5). */
function decimalSeconds(microseconds: number): string {
  return String(microseconds / 1_000_000);
}
