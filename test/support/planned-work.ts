// What the labs of planned work share: hapair with words before the pair's file, what a drain path leaves on a node, and waiting for what has to come.

import { type Ended, hapair } from "./hapair-command.ts";
import { SWITCH_NODES, type SwitchSite } from "./switch-site.ts";

/** hapair with the pair's file as a flag: maintenance and roll take a node or a command in its place. */
export async function operate(site: SwitchSite, ...words: string[]): Promise<Ended> {
  const at = words.indexOf("--");
  const [own, command] = at === -1 ? [words, []] : [words.slice(0, at), words.slice(at)];
  return await hapair([...own, "--lab", site.name, "--pair", site.file, ...command], {
    timeLimitMs: 170_000,
  });
}

/** What of a drain path is on a node; nothing: an empty text. */
export async function openParts(site: SwitchSite, node: string): Promise<string> {
  return await site.on(
    node,
    `ip -o address show dev lo | grep -F 10.150.160.32; nft list tables | grep hapair_drain; ls -A /run/hapair/drain 2> /dev/null; grep -v '^0$' /run/hapair/watch/*; cat /proc/sys/net/ipv4/conf/ens192/arp_ignore | grep -v '^0$'; systemctl list-units --no-legend 'hapair-drain*' 'hapair-move*' 'hapair-maintenance*'`,
  );
}

export function other(node: string): string {
  return SWITCH_NODES.find((name) => name !== node) ?? "";
}

export async function pause(seconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

export async function until(what: string, holds: () => Promise<boolean>, limitS = 60): Promise<void> {
  const deadline = performance.now() + limitS * 1000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never so within ${limitS} s: ${what}`);
    await pause(0.1);
  }
}
