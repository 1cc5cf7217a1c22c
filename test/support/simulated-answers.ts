// What the simulator and the prover answer about texts: pair.yaml, keepalived.conf and scenario files. Rule: it touches nothing but these texts, so that
// determinism.test.ts can ask it here, in a bundle for browsers, and in a browser, and compare the bytes.

import { needsMetBy } from "../../src/cli/pair-needs.ts";
import { storyFrom, storyText } from "../../src/cli/simulate-text.ts";
import { siteOfPair } from "../../src/cli/simulated-pair.ts";
import { sourceText } from "../../src/diagnostics/index.ts";
import { readConfiguration, TESTED_VERSION } from "../../src/keepalived/index.ts";
import { loadPair } from "../../src/model/index.ts";
import {
  answer,
  itfText,
  limitsOfFiles,
  limitsOfPair,
  type PromiseLimits,
  proofDocument,
  proofText,
  provenSite,
  provenStart,
  writeTrace,
} from "../../src/prove/index.ts";
import { type Need, readScenario, scenariosFor, type TimedScenario } from "../../src/scenario/index.ts";
import {
  forecast,
  forecastDocument,
  restingWorld,
  runDocument,
  type RunHead,
  type Site,
  siteFromFiles,
  timedOn,
  usualHabits,
} from "../../src/simulate/index.ts";

export interface Question {
  /** pair.yaml files by name. */
  readonly pairs: Readonly<Record<string, string>>;
  /** keepalived.conf files by name, each pair's by node. */
  readonly files: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Scenario files by name, played on every pair. */
  readonly scenarios: Readonly<Record<string, string>>;
  readonly seeds: readonly number[];
  /** How many faults a proof goes. */
  readonly depth: number;
}

interface Subject {
  readonly head: RunHead;
  readonly site: Site;
  readonly has: ReadonlySet<Need>;
  readonly limits: PromiseLimits;
}

/** Every answer by what was asked: documents as the command line prints them, and texts for a person. */
export function answers(question: Question): Record<string, string> {
  const found: [string, string][] = [];
  const subjects = [
    ...Object.entries(question.pairs).map(([name, text]) => ofPair(name, text)),
    ...Object.entries(question.files).map(([name, texts]) => ofFiles(name, texts)),
  ];
  for (const subject of subjects) {
    const { name } = subject.head;
    found.push([`${name}: forecast`, forecastOf(subject, question)]);
    for (const scenario of scenariosOn(subject, question))
      found.push(...toldOf(subject, scenario, question).map(told(`${name}: ${scenario.name}`)));
    found.push(...provedOf(subject, question).map(told(`${name}: proof`)));
  }
  return Object.fromEntries(found);
}

/** As {@link answers}, for another realm: JSON in, JSON out. */
export function answersJson(question: string): string {
  return JSON.stringify(answers(JSON.parse(question) as Question));
}

function told(what: string): (text: string, index: number) => [string, string] {
  return (text, index) => [`${what}, ${index + 1}`, text];
}

function ofPair(name: string, text: string): Subject {
  const { pair } = loadPair(name, text);
  if (pair === undefined) throw new Error(`${name} is no pair`);
  const head = { name, notes: [], keepalived: TESTED_VERSION };
  return { head, site: siteOfPair(pair), has: needsMetBy(pair, true), limits: limitsOfPair(pair) };
}

function ofFiles(name: string, texts: Readonly<Record<string, string>>): Subject {
  const nodes = Object.entries(texts).map(([node, text]) => {
    const configuration = readConfiguration(sourceText(node, text), { version: TESTED_VERSION });
    const checks = new Map(
      configuration.scripts.map((script) => [script.name, { asks: "process" } as const]),
    );
    return { name: node, configuration, checks, habits: usualHabits };
  });
  return {
    head: { name, notes: [], keepalived: TESTED_VERSION },
    site: siteFromFiles(nodes, TESTED_VERSION),
    has: new Set(),
    limits: limitsOfFiles(
      nodes.map(({ configuration }) => configuration),
      {},
    ),
  };
}

function scenariosOn({ site, has }: Subject, { scenarios }: Question): TimedScenario[] {
  const nodes = site.nodes.map(({ name }) => name);
  return [
    ...scenariosFor(has).map((scenario) => timedOn(site, scenario)),
    ...Object.entries(scenarios).map(([file, text]) => {
      const { scenario } = readScenario(file, text, { nodes });
      if (scenario === undefined) throw new Error(`${file} is no scenario`);
      return scenario;
    }),
  ];
}

function forecastOf(subject: Subject, question: Question): string {
  const { site, head } = subject;
  const resting = restingWorld(site);
  const forecasts = scenariosOn(subject, question).map((scenario) => ({
    scenario,
    events: forecast(site, resting, scenario, question.seeds),
  }));
  return json(forecastDocument(site, head, question.seeds, forecasts));
}

function toldOf({ site, head }: Subject, scenario: TimedScenario, { seeds }: Question): string[] {
  const story = storyFrom(site, head, scenario, seeds);
  return [json(runDocument(story.run, head, story.seed, story)), storyText(story, 100)];
}

function provedOf({ site, head, limits }: Subject, { depth }: Question): string[] {
  const proven = provenSite(site, []);
  const found = answer(proven, provenStart(proven), {
    depth,
    overlap: 2,
    overlaps: 1,
    statesMax: 100_000,
    limits,
  });
  return [
    // How long it took is no answer.
    json(proofDocument(proven, head, found, 0)),
    proofText(proven, found, { seconds: 1, replay: "" }),
    ...[...found.broken.values()].flatMap(({ trace, run }) => [writeTrace(trace), itfText(run, head.name)]),
  ];
}

function json(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
