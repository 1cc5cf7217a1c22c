// The broken promises of a pair as lint findings (`hapair lint --prove`): a search so short that it stays quick, each counterexample at the line or key that a
// person would look at first.

import type { Diagnostic, Severity } from "../diagnostics/index.ts";
import { type KeepalivedConfiguration, locate } from "../keepalived/index.ts";
import {
  type FurtherFindings,
  isSelected,
  type LintNodeInput,
  type ProofRule,
  proofRules,
  type RuleSelection,
} from "../lint/index.ts";
import type { LoadedPair, Pair } from "../model/index.ts";
import {
  type Answer,
  answer,
  breachText,
  type Broken,
  limitsOfFiles,
  limitsOfPair,
  moves,
  type PromiseName,
  promiseNames,
  provenSite,
  provenStart,
} from "../prove/index.ts";
import { eventText, type Site } from "../simulate/index.ts";
import { siteOfFiles } from "./simulated-files.ts";
import { siteOfPair } from "./simulated-pair.ts";

const DEPTH = 2;
const STATES_MAX = 500_000;
/** More nodes than a pair has make the search slow, and nobody lints so many for what they promise together. */
const NODES_MAX = 4;

/** What a killed or hung keepalived leaves behind, no line of keepalived.conf mends; hapair's units do. */
const movesOfFiles = moves.filter(({ kind }) => kind !== "keepalived-crash");

export interface LintProofOptions {
  readonly selection?: RuleSelection;
  readonly keepalived?: string;
}

/** What nodes' files break; nothing where there is no second node. */
export function proofOfFiles(
  group: readonly LintNodeInput[],
  { selection = {}, keepalived }: LintProofOptions,
): FurtherFindings {
  // No outage is promised in a keepalived.conf.
  const asked = rulesAsked(selection).filter(({ promise }) => promise !== "outage");
  const { site, configurations } = siteOfFiles(group, keepalived === undefined ? {} : { keepalived });
  const isPair = site.nodes.length > 1 && site.nodes.length <= NODES_MAX && site.routers.length > 0;
  if (!isPair || asked.length === 0) return { codes: [], diagnostics: [] };
  const found = answer(site, provenStart(site), {
    ...{ depth: DEPTH, overlap: 1, overlaps: 0, statesMax: STATES_MAX, moves: movesOfFiles },
    limits: limitsOfFiles(configurations),
    promises: promisesOf(asked),
  });
  return {
    codes: asked.map(({ code }) => code),
    diagnostics: findingsOf(asked, found, (rule, broken) => ({
      ...findingOf(site, rule, broken, selection),
      ...placeIn(configurations, site, broken),
    })),
  };
}

/** What a pair.yaml breaks. */
export function proofOfPair(
  pair: Pair,
  { source, spanOf }: LoadedPair,
  { selection = {}, keepalived }: LintProofOptions,
): Diagnostic[] {
  const asked = rulesAsked(selection);
  if (asked.length === 0) return [];
  const site = provenSite(siteOfPair(pair, keepalived === undefined ? {} : { keepalived }), []);
  const found = answer(site, provenStart(site), {
    ...{ depth: DEPTH, overlap: 1, overlaps: 0, statesMax: STATES_MAX },
    limits: limitsOfPair(pair),
    promises: promisesOf(asked),
  });
  const span = spanOf(["promises"]) ?? spanOf(["vrrp"]) ?? spanOf(["routers"]) ?? spanOf(["pair"]);
  return findingsOf(asked, found, (rule, broken) => ({
    ...findingOf(site, rule, broken, selection),
    file: source.file,
    ...(span === undefined ? {} : { span }),
  }));
}

function rulesAsked(selection: RuleSelection): ProofRule[] {
  // --prove has asked for them all.
  const { add = [] } = selection;
  return proofRules.filter((rule) => isSelected(rule, { ...selection, add: [...add, rule.code] }));
}

function promisesOf(asked: readonly ProofRule[]): PromiseName[] {
  return promiseNames.filter((name) => asked.some(({ promise }) => promise === name));
}

function findingsOf(
  asked: readonly ProofRule[],
  { broken }: Answer,
  told: (rule: ProofRule, broken: Broken) => Diagnostic,
): Diagnostic[] {
  return asked.flatMap((rule) => {
    const found = broken.get(rule.promise as PromiseName);
    return found === undefined ? [] : [told(rule, found)];
  });
}

function findingOf(
  site: Site,
  { code, name, severity, consequence, advice }: ProofRule,
  broken: Broken,
  { severities }: RuleSelection,
): Diagnostic {
  const wanted: Severity = severities?.get(code) ?? severities?.get(name) ?? severity;
  return { code, severity: wanted, message: messageOf(site, broken), consequence, advice };
}

/** `lb1: systemctl restart keepalived: the VIP goes back from lb2 to lb1`. */
function messageOf(site: Site, broken: Broken): string {
  const { steps } = broken.counterexample;
  const faults = steps.map(({ node, move }) => `${site.nodes[node]!.name}: ${eventText(move.fault)}`);
  const story = faults.length === 0 ? "from the start" : faults.join(", then ");
  return `${story}: ${breachText(site, broken)}`;
}

/** The instance that the promise is about, on the node that the last fault struck. */
function placeIn(
  configurations: readonly KeepalivedConfiguration[],
  site: Site,
  { counterexample: { breach, steps } }: Broken,
): Pick<Diagnostic, "file" | "span"> {
  const node = steps.at(-1)?.node ?? 0;
  const configuration = configurations[node]!;
  const [layout] = site.nodes[node]!.layouts;
  const name = layout.instances.find(({ router }) => router === breach.router)?.name;
  const instance = configuration.instances.find((one) => one.name === name) ?? configuration.instances[0];
  if (instance === undefined) return {};
  const { source, span } = locate(configuration.files, instance.span);
  const end = source.text.indexOf("\n", span.start);
  // The block's first line: a frame of the whole block says nothing.
  return {
    file: source.file,
    span: { start: span.start, end: end === -1 ? span.end : Math.min(span.end, end) },
  };
}
