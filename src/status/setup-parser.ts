// The part of an observation that only verify asks for: sysctl, check script, firewalls, who manages the interface. Pure.

import type { ObservationRequest } from "./observation-script.ts";
import type { CheckScriptState, FirewalldState, HostSetup, InterfaceManager } from "./observation.ts";
import { first, type Sections } from "./script-answer.ts";

/** Reads what `thorough` adds to the script's answer. */
export function setupOf(sections: Sections, request: ObservationRequest): HostSetup {
  const checkScript = checkScriptOf(sections);
  const nftRuleset = parsed(first(sections, "nft"));
  return {
    nonlocalBind: Object.fromEntries((sections.get("nonlocal") ?? []).map(pair)),
    ...(checkScript === undefined ? {} : { checkScript }),
    hasNft: !sections.has("nft.missing"),
    ...(nftRuleset === undefined ? {} : { nftRuleset }),
    legacyIptables: (sections.get("iptables-legacy") ?? []).filter(
      (line) => line.startsWith("-A ") || line.startsWith(":"),
    ),
    firewalld: firewalldOf(sections),
    managers: Object.fromEntries(request.interfaces.map((name) => [name, managerOf(sections, name)])),
  };
}

function checkScriptOf(sections: Sections): CheckScriptState | undefined {
  const [mode, owner, group] = first(sections, "check.file").split(" ");
  if (mode === undefined || owner === undefined || group === undefined) return undefined;
  const [user, exitCode] = first(sections, "check.run").split(" ");
  const run =
    user !== undefined && exitCode !== undefined ? { run: { user, exitCode: Number(exitCode) } } : {};
  return { mode, owner, group, ...run };
}

function firewalldOf(sections: Sections): FirewalldState {
  const direct = first(sections, "firewalld.direct");
  return {
    active: first(sections, "firewalld.state") === "active",
    defaultZone: first(sections, "firewalld.default"),
    zones: (sections.get("firewalld.zone") ?? []).map((text) => {
      const [path, rest] = pair(text);
      return { path, text: rest };
    }),
    ...(direct === "" ? {} : { direct }),
  };
}

function managerOf(sections: Sections, name: string): InterfaceManager {
  const ofInterface = (section: string): string | undefined =>
    (sections.get(section) ?? []).map(pair).find(([device]) => device === name)?.[1];
  // networkctl list: index, name, type, operational state, setup state.
  const setup = ofInterface("networkd")?.trim().split(" ")[4];
  if (setup !== undefined && setup !== "unmanaged") {
    const file = ofInterface("networkd.file");
    const settings = (sections.get("networkd.setting") ?? []).map(pair).filter(([device]) => device === name);
    return {
      kind: "systemd-networkd",
      setup,
      ...(file === undefined ? {} : { file }),
      settings: settings.map(([, setting]) => setting),
    };
  }
  const state = ofInterface("networkmanager");
  if (state !== undefined && state !== "" && !state.includes("unmanaged"))
    return { kind: "NetworkManager", text: state.trim() };
  return sections.get("ifupdown")?.includes(name) ? { kind: "ifupdown" } : { kind: "none" };
}

/** The first word of a text and the rest. */
function pair(text: string): [string, string] {
  const space = text.indexOf(" ");
  return space === -1 ? [text, ""] : [text.slice(0, space), text.slice(space + 1)];
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
