// Foreign keepalived.conf files as a site to simulate: read as lint reads them, each check taken for what its command shows that it asks.
// Rule: what a check asks is never guessed without saying so.

import { type KeepalivedConfiguration, readConfiguration, TESTED_VERSION } from "../keepalived/index.ts";
import { type CheckReading, type LintNodeInput, readCheck } from "../lint/index.ts";
import { type CheckNature, type Site, siteFromFiles, usualHabits } from "../simulate/index.ts";
import { withTellingNames } from "./lint-inputs.ts";

/** A check whose command does not show what it asks. */
export interface GuessedCheck {
  readonly node: string;
  readonly check: string;
  /** The file whose content nobody gave. */
  readonly script?: string;
  /** It is known to fail where /bin/sh is dash, and taken to (HP416). */
  readonly failsInDash?: true;
}

export interface FilesSite {
  readonly site: Site;
  /** Taken for checks of HAProxy's process, or for ones that always fail. */
  readonly guessed: readonly GuessedCheck[];
  /** By node. */
  readonly configurations: readonly KeepalivedConfiguration[];
}

/** The site of nodes' files, one input a node, in the order given. */
export function siteOfFiles(
  given: readonly LintNodeInput[],
  { keepalived = TESTED_VERSION }: { readonly keepalived?: string } = {},
): FilesSite {
  const guessed: GuessedCheck[] = [];
  const nodes = withTellingNames(given).map((input) => {
    const { name, main, resolveInclude, configId, surroundings } = input;
    const configuration = readConfiguration(main, {
      version: keepalived,
      ...(configId === undefined ? {} : { configId }),
      ...(resolveInclude === undefined ? {} : { resolveInclude }),
    });
    const vips = vipsOf(configuration);
    const checks = new Map<string, CheckNature>();
    for (const script of configuration.scripts) {
      // Debian's /bin/sh has no /dev/tcp; what is simulated is Debian.
      if (/^<\s*\/dev\/(?:tcp|udp)\//.test(script.command?.[0] ?? "")) {
        checks.set(script.name, { asks: "fails" });
        guessed.push({ node: name, check: script.name, failsInDash: true });
        continue;
      }
      const reading = readCheck(script.command ?? [], surroundings?.scripts ?? new Map());
      const nature = natureOf(reading, script.command ?? [], vips);
      checks.set(script.name, nature ?? { asks: "process" });
      if (nature === undefined)
        guessed.push({
          node: name,
          check: script.name,
          ...(reading.kind === "script" && reading.scriptPath !== undefined
            ? { script: reading.scriptPath }
            : {}),
        });
    }
    return { name, configuration, checks, habits: usualHabits };
  });
  return {
    site: siteFromFiles(nodes, keepalived),
    guessed,
    configurations: nodes.map(({ configuration }) => configuration),
  };
}

function vipsOf({ instances }: KeepalivedConfiguration): ReadonlySet<string> {
  return new Set(
    instances.flatMap(({ virtualIpaddresses, excludedVirtualIpaddresses }) =>
      [...virtualIpaddresses, ...excludedVirtualIpaddresses].map(({ address }) => address.text),
    ),
  );
}

/** What the command finds out; undefined: it does not show. */
function natureOf(
  { kind, deeds }: CheckReading,
  command: readonly string[],
  vips: ReadonlySet<string>,
): CheckNature | undefined {
  const constant = constantOf(command);
  if (constant !== undefined) return { asks: constant };
  if (kind === "process-only" || kind === "listens") return { asks: "process" };
  if (kind !== "asks") return undefined;
  const asked = deeds.flatMap((deed) => (deed.asked === undefined ? [] : [deed.asked]));
  const [first] = asked;
  // A ping is answered by the machine, whatever becomes of HAProxy.
  if (first?.protocol === "icmp") return undefined;
  if (asked.some(({ host }) => host !== undefined && vips.has(host))) return { asks: "holder" };
  return first?.host === undefined ? undefined : { asks: "service" };
}

/** `true` and `exit 0` find out nothing. */
function constantOf(command: readonly string[]): "passes" | "fails" | undefined {
  const text = command.join(" ").replace(/^(?:\/usr)?\/bin\//, "");
  if (/^(?:true|:|exit 0)$/.test(text)) return "passes";
  return /^(?:false|exit 1)$/.test(text) ? "fails" : undefined;
}
