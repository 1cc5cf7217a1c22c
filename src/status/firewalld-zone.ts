// Whether firewalld's permanent configuration lets protocol 112 from a peer in, read from its zone files. Pure.
// Rule: a runtime rule alone is lost at the next reload, so this looks at files only; the running rules are nft's to tell.

import { parseAddress, shareNetwork } from "../model/index.ts";
import type { FirewalldState } from "./observation.ts";

export interface PermanentVerdict {
  readonly answer: "allowed" | "not-allowed" | "unknown";
  readonly zone: string;
  /** The words of the zone file that allow it, or where there are none. */
  readonly evidence: string;
}

interface Zone {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** The answer for adverts that come from `peer` (an address) through `device`. */
export function permanentVerdict(firewalld: FirewalldState, device: string, peer: string): PermanentVerdict {
  const zones = zonesOf(firewalld);
  const zone =
    zones.find((candidate) => sourcesOf(candidate.text).some((source) => covers(source, peer))) ??
    zones.find((candidate) => new RegExp(`<interface name="${escaped(device)}"`).test(candidate.text)) ??
    zones.find((candidate) => candidate.name === firewalld.defaultZone);
  if (zone === undefined) {
    return {
      answer: "unknown",
      zone: firewalld.defaultZone,
      evidence: `the file of zone ${firewalld.defaultZone} was not found`,
    };
  }
  const allowing = allowingText(zone.text, peer);
  if (allowing !== undefined)
    return { answer: "allowed", zone: zone.name, evidence: `${zone.path}: ${allowing}` };
  if (/vrrp|\b112\b/.test(firewalld.direct ?? "")) {
    return {
      answer: "unknown",
      zone: zone.name,
      evidence: "/etc/firewalld/direct.xml has a rule about VRRP that is not judged",
    };
  }
  return {
    answer: "not-allowed",
    zone: zone.name,
    evidence: `${zone.path}: nothing allows protocol vrrp from ${peer}`,
  };
}

/** /etc overrides /usr/lib; the script lists /etc first. */
function zonesOf(firewalld: FirewalldState): Zone[] {
  const zones = new Map<string, Zone>();
  for (const { path, text } of firewalld.zones) {
    const name = /([^/]+)\.xml$/.exec(path)?.[1] ?? "";
    if (!zones.has(name)) zones.set(name, { name, path, text });
  }
  return [...zones.values()];
}

const RULE = /<rule\b[^>]*>.*?<\/rule>/gs;
const VRRP_PROTOCOL = /<protocol value="(?:vrrp|112)"\s*\/>/;

function allowingText(text: string, peer: string): string | undefined {
  if (/<zone\b[^>]*target="ACCEPT"/.test(text)) return 'target="ACCEPT"';
  const outsideRules = VRRP_PROTOCOL.exec(text.replaceAll(RULE, ""));
  if (outsideRules !== null) return outsideRules[0];
  const rule = [...text.matchAll(RULE)].map(([match]) => match).find((match) => ruleAllows(match, peer));
  return rule?.replaceAll(/\s+/g, " ");
}

function ruleAllows(rule: string, peer: string): boolean {
  if (!VRRP_PROTOCOL.test(rule) || !/<accept\b/.test(rule)) return false;
  const source = /<source\b[^>]*>/.exec(rule)?.[0];
  if (source === undefined) return true;
  const address = /address="([^"]+)"/.exec(source)?.[1];
  return address !== undefined && covers(address, peer) !== /invert="(?:true|yes)"/i.test(source);
}

/** Sources that bind a zone, those inside rules not among them. */
function sourcesOf(text: string): string[] {
  return [...text.replaceAll(RULE, "").matchAll(/<source\b[^>]*address="([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
}

function covers(network: string, peer: string): boolean {
  const [base = "", length] = network.split("/");
  const [own, other] = [parseAddress(base), parseAddress(peer)];
  if (own.kind !== "address" || other.kind !== "address") return false;
  const prefixLength = length === undefined ? (own.address.family === 4 ? 32 : 128) : Number(length);
  return shareNetwork(own.address, other.address, prefixLength);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
