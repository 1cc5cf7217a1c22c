// Checks that compare the nodes' own configurations: what must be equal is, passwords included; nopreempt has effect. Pure.
// Rule: a password is "the same" or "not the same"; neither it nor its checksum is ever in an answer.

import { sentenceList } from "../base/index.ts";
import type { Router } from "../model/index.ts";
import { type Answer, type Check, type CheckContext, okOr } from "./check.ts";
import { comparedFields, configurationDifferences, fieldValues } from "./configuration-differences.ts";
import { configuredInstance } from "./node-status.ts";
import type { NodeObservation } from "./observation.ts";

const APPLY = "hapair plan shows it, hapair apply makes it the same";

export const configurationChecks: readonly Check[] = [
  {
    check: "same-configuration",
    ofPair: (context) => context.pair.routers.flatMap((router) => sameFields(router, context)),
  },
  { check: "same-files", ofPair: (context) => sameFiles(context) },
  {
    check: "router-configured",
    ofNode: (_node, observation, context) =>
      context.pair.routers.flatMap((router) => routerConfigured(router, observation)),
  },
  {
    check: "nopreempt",
    ofNode: (_node, observation, context) =>
      context.pair.routers.flatMap((router) => nopreempt(router, observation)),
  },
];

function sameFields(router: Router, context: CheckContext): Answer[] {
  const { pair, seen } = context;
  const read = seen
    .filter((observation) => observation.configuration?.partlyRead === false)
    .map(({ node }) => node);
  const unread = pair.nodes.map((node) => node.name).filter((name) => !read.includes(name));
  const answers = comparedFields.flatMap((field): Answer[] => {
    if (field.matters?.(router, pair) === false) return [];
    const values = fieldValues(router, field.value, seen);
    const checked = `${field.what} is the same on every node${pair.routers.length > 1 ? ` (${router.name})` : ""}`;
    const distinct = [...new Set(values.map(([, value]) => value))];
    // Nothing excluded anywhere: not worth a line.
    if (field.what === "virtual_ipaddress_excluded" && distinct.every((value) => value === "")) return [];
    // Said once below, not for every field.
    if (values.length < 2) return [];
    if (distinct.length === 1) {
      const value = field.shown
        ? (distinct[0] ?? "")
        : distinct[0] === "none"
          ? "none set"
          : "equal checksums";
      return [{ checked, outcome: "ok", evidence: value }];
    }
    const evidence = field.shown
      ? values.map(([node, value]) => `${node}: ${value === "" ? "none" : value}`).join("; ")
      : `differs: ${sentenceList(values.map(([node]) => node))}`;
    return [{ checked, outcome: "failed", evidence, advice: APPLY }];
  });
  if (unread.length === 0) return answers;
  const evidence = `${sentenceList(unread)}: not reached, no readable file, or one with includes, definitions or conditions, which verify does not follow`;
  return [
    ...answers,
    { checked: `configuration of ${router.name} can be compared`, outcome: "unknown", evidence },
  ];
}

function sameFiles({ pair, seen }: CheckContext): Answer[] {
  if (seen.length < 2) return [];
  const differences = configurationDifferences(pair, seen).filter(
    (difference) => difference.router === undefined,
  );
  if (differences.length === 0) {
    const paths = [...new Set(seen.flatMap((observation) => Object.keys(observation.checksums)))];
    return [
      {
        checked: "HAProxy's files and the check script are the same on every node",
        outcome: "ok",
        evidence: `equal checksums: ${paths.join(", ")}`,
      },
    ];
  }
  return differences.map((difference) => ({
    checked: `${difference.what} is the same on every node`,
    outcome: "failed",
    evidence: difference.text,
    advice: APPLY,
  }));
}

/** The node's own file has an instance for the router. Said only where it has none: what the instance says is compared above. */
function routerConfigured(router: Router, observation: NodeObservation): Answer[] {
  const { configuration } = observation;
  if (configuration?.partlyRead === true || configuredInstance(router, observation) !== undefined) return [];
  const found =
    configuration?.instances.map((instance) => `${instance.name} (VRID ${instance.vrid ?? "none"})`) ?? [];
  const evidence =
    configuration === undefined
      ? "no keepalived.conf, or an unreadable one"
      : `instances: ${found.join(", ") || "none"}`;
  return [
    {
      checked: `keepalived.conf has an instance with VRID ${router.id} for ${router.name}`,
      outcome: "failed",
      evidence,
      advice: "hapair apply writes it",
    },
  ];
}

/** nopreempt works only on the node that has it, and only with state BACKUP and a priority below 255 (keepalived-behaviour section 2). */
function nopreempt(router: Router, observation: NodeObservation): Answer[] {
  if (router.preempt) return [];
  const instance = configuredInstance(router, observation);
  const checked = `nopreempt has effect in ${router.name}`;
  if (instance === undefined) return [];
  const evidence = `state ${instance.state ?? "not given"}, priority ${instance.priority ?? "not given"}, ${instance.nopreempt ? "nopreempt" : "no nopreempt"}`;
  const cleared = instance.state === "MASTER" || instance.priority === 255;
  const advice = cleared
    ? "with state MASTER or priority 255 keepalived clears nopreempt, and this node takes the VIP back: state BACKUP on every node"
    : "without it this node takes the VIP back when it returns: hapair apply writes it on every node";
  return [okOr(instance.nopreempt && !cleared, checked, evidence, advice)];
}
