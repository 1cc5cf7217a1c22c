// The virtual routers of pair.yaml: `vips` and `vrrp` for one, `routers` for several.

import { sentenceList } from "../base/index.ts";
import { type ProfileName, profileTable } from "../model/index.ts";
import { nodesInOrder } from "./node-settings.ts";
import type { NoteList } from "./note.ts";
import { mapSetting, type Setting } from "./pair-text.ts";
import { remarkPreference } from "./routers.ts";
import { type ImportedRouter, type NamedNode, placeOf } from "./subject.ts";
import { readVips } from "./vips.ts";
import { haveOnePassword, readPassword, readVrrp, variableName } from "./vrrp.ts";

/** A router that speaks on another interface than the rest of its node's. */
function remarkOtherInterface(router: ImportedRouter, notes: NoteList): void {
  const others = router.members.filter(({ node, instance }) => instance.interface !== node.interface);
  const [first] = others;
  if (first === undefined) return;
  const places = others.map(
    ({ node, instance }) => `${instance.interface ?? "no interface"} of ${node.name}`,
  );
  notes.add({
    kind: "cannot-express",
    message: `${router.name} speaks on ${sentenceList(places)}. In pair.yaml all routers of a node speak on one interface, from the node's one address; the virtual addresses stay where they are.`,
    node: first.node.name,
    nodes: router.members.map(({ node }) => node.name),
    span: placeOf(first.instance, "interface"),
    keywords: [
      "interface",
      "unicast_src_ip",
      "unicast_peer",
      "virtual_ipaddress",
      "virtual_ipaddress_excluded",
    ],
  });
}

/** `vips` and `vrrp` for one router, `routers` for several. */
export function routerSettings(
  pairName: string,
  nodes: readonly NamedNode[],
  routers: readonly ImportedRouter[],
  profileName: ProfileName,
  notes: NoteList,
): Setting[] {
  const profile = profileTable[profileName];
  const [only, ...others] = routers;
  if (only === undefined) return [];
  if (others.length === 0) {
    remarkOtherInterface(only, notes);
    remarkPreference(only, profileName, ["nodes"], notes);
    const vrrp = [
      ...readVrrp(only, profile, ["vrrp"], notes),
      ...readPassword([only], variableName(pairName), ["vrrp"], notes),
    ];
    return [{ key: "vips", value: readVips(only, nodes, ["vips"], notes) }, ...mapSetting("vrrp", vrrp)];
  }
  const order = nodesInOrder(nodes, routers).map(({ name }) => name);
  const isShared = haveOnePassword(routers);
  const common = isShared ? readPassword(routers, variableName(pairName), ["vrrp"], notes) : [];
  const settings = routers.map((router): Setting => {
    const at = ["routers", router.name];
    remarkOtherInterface(router, notes);
    remarkPreference(router, profileName, [...at, "prefer"], notes);
    const vrrp = readVrrp(router, profile, at, notes);
    const password = isShared ? [] : readPassword([router], variableName(pairName, router.name), at, notes);
    const isLikeNodes = router.prefer.join() === order.join();
    return {
      key: router.name,
      value: [
        ...vrrp.filter(({ key }) => key === "id"),
        ...(isLikeNodes ? [] : [{ key: "prefer", value: router.prefer }]),
        ...vrrp.filter(({ key }) => key !== "id"),
        ...password,
        { key: "vips", value: readVips(router, nodes, [...at, "vips"], notes) },
      ],
    };
  });
  return [...mapSetting("vrrp", common), { key: "routers", value: settings, spread: true }];
}
