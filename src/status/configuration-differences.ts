// Where the nodes' own keepalived.conf and HAProxy files disagree in what must be equal. Pure: compares what was read, not what the pair file says.

import { sentenceList } from "../base/index.ts";
import type { Pair, Router } from "../model/index.ts";
import { configuredInstance } from "./node-status.ts";
import type { ConfiguredInstance, NodeObservation } from "./observation.ts";

export interface ConfigurationDifference {
  /** undefined: a file of HAProxy. */
  readonly router?: string;
  readonly what: string;
  readonly text: string;
}

interface Compared {
  readonly what: string;
  /** The value to compare; undefined: this node says nothing of it. */
  readonly value: (instance: ConfiguredInstance) => string | undefined;
  /** false: the value is never shown. */
  readonly shown: boolean;
  /** Only where it matters for this router. */
  readonly matters?: (router: Router, pair: Pair) => boolean;
}

/** What must be equal on all nodes of a router (keepalived-behaviour section 9; the page's production notes). */
export const comparedFields: readonly Compared[] = [
  { what: "virtual_router_id", value: (instance) => instance.vrid?.toString(), shown: true },
  {
    what: "interface",
    value: (instance) => instance.interface,
    shown: true,
    matters: (_router, pair) => oneInterface(pair),
  },
  { what: "version", value: (instance) => String(instance.version), shown: true },
  // Version 3 carries the interval in the advert, so a standby adapts.
  {
    what: "advert_int",
    value: (instance) => String(Number(instance.advertInterval)),
    shown: true,
    matters: (router) => router.version === 2,
  },
  {
    what: "auth_type",
    value: (instance) => instance.authType ?? "none",
    shown: true,
    matters: (router) => router.version === 2,
  },
  {
    what: "auth_pass",
    value: (instance) => instance.passwordChecksum ?? "none",
    shown: false,
    matters: (router) => router.version === 2,
  },
  { what: "virtual_ipaddress", value: (instance) => [...instance.vips].toSorted().join(" "), shown: true },
  {
    what: "virtual_ipaddress_excluded",
    value: (instance) => [...instance.excludedVips].toSorted().join(" "),
    shown: true,
  },
];

/** The document wants one name on all nodes; a pair file may say otherwise. */
function oneInterface(pair: Pair): boolean {
  return new Set(pair.nodes.map((node) => node.interface)).size === 1;
}

/** Every disagreement, with the nodes and their values (never a password). */
export function configurationDifferences(
  pair: Pair,
  seen: readonly NodeObservation[],
): ConfigurationDifference[] {
  return [
    ...pair.routers.flatMap((router) =>
      comparedFields.flatMap((field) => {
        const values = fieldValues(router, field.value, seen);
        if (field.matters?.(router, pair) === false || new Set(values.map(([, value]) => value)).size < 2)
          return [];
        return [
          {
            router: router.name,
            what: field.what,
            text: `${field.what} of ${router.name} differs${field.shown ? `: ${listed(values)}` : " between the nodes"}`,
          },
        ];
      }),
    ),
    ...fileDifferences(seen),
  ];
}

/** Node and value, of the nodes that say anything and whose file could be read whole. */
export function fieldValues(
  router: Router,
  value: (instance: ConfiguredInstance) => string | undefined,
  seen: readonly NodeObservation[],
): [node: string, value: string][] {
  return seen.flatMap((observation): [string, string][] => {
    if (observation.configuration?.partlyRead !== false) return [];
    // An instance with another VRID is looked up by name or address, so that a differing VRID is a difference and not a silence.
    const instance =
      configuredInstance(router, observation) ??
      observation.configuration.instances.find(
        (candidate) =>
          candidate.name === router.name ||
          candidate.vips.some((vip) => router.vips.some((own) => own.address.text === vip.split("/")[0])),
      );
    const found = instance === undefined ? undefined : value(instance);
    return found === undefined ? [] : [[observation.node, found]];
  });
}

function fileDifferences(seen: readonly NodeObservation[]): ConfigurationDifference[] {
  const paths = [...new Set(seen.flatMap((observation) => Object.keys(observation.checksums)))];
  return paths.flatMap((path) => {
    const holders = seen.filter((observation) => observation.checksums[path] !== undefined);
    if (
      holders.length === seen.length &&
      new Set(holders.map((observation) => observation.checksums[path])).size === 1
    )
      return [];
    const missing = seen
      .filter((observation) => observation.checksums[path] === undefined)
      .map((observation) => observation.node);
    const text =
      missing.length > 0
        ? `${path} is missing on ${sentenceList(missing)}`
        : `${path} differs between the nodes`;
    return [{ what: path, text }];
  });
}

function listed(values: readonly (readonly [string, string])[]): string {
  return sentenceList(values.map(([node, value]) => `${value === "" ? "none" : value} on ${node}`));
}
