// A proof for a person: a line for each promise, the outages beside what is allowed, and every counterexample as a story. Rule: what was tried is said with
// its bounds, and so is what no proof can say.

import { counted } from "../base/index.ts";
import { PAGE_COLUMNS, type Paint, plainPaint, printable, wrapped } from "../diagnostics/index.ts";
import { clockText, secondsText, sentenceOf, type Site, storyOf } from "../simulate/index.ts";
import { allowedOf, type Answer, type Broken, needsWork } from "./answer.ts";
import { breachText } from "./breach-text.ts";
import { type PromiseName, promiseTexts } from "./promises.ts";
import type { Proof } from "./proof.ts";

export interface ProofTextOptions {
  readonly paint?: Paint;
  /** How long the search took, seconds. */
  readonly seconds: number;
  /** What to type to play a counterexample again. */
  readonly replay: string;
}

/** Who reads more of a story than this plays it. */
const STORY_LINES_MAX = 40;
const TIME_WIDTH = 10;

/** What VRRP itself cannot do, so that no promise asks for it. */
export const beyondVrrp: readonly string[] = [
  "While nodes do not hear each other, each side has a holder, and clients meet either of them.",
  "A keepalived that hangs keeps its VIP: nobody can take it from there.",
  "When nodes hear each other again, the higher priority keeps the VIP: it may move then, whatever failback says.",
];

/** The whole answer; no newline at the end. `seconds` are those of the whole answer. */
export function proofText(site: Site, answer: Answer, options: ProofTextOptions): string {
  const { paint = plainPaint, seconds, replay } = options;
  return [
    ...promiseLines(answer, paint),
    ...outageLines(answer, paint),
    "",
    ...wrapped(triedText(answer.proof, seconds), PAGE_COLUMNS),
    ...(answer.planned === undefined ? [] : wrapped(plannedText(answer.planned), PAGE_COLUMNS)),
    ...[...answer.broken].flatMap(([name, broken]) => [
      "",
      ...brokenLines(site, name, broken, { paint, before: toldBefore(answer, name) }),
    ]),
    ...(answer.broken.size === 0 ? [] : ["", paint("dim", `To play one again: ${replay}`)]),
    "",
    paint("dim", "What VRRP cannot promise, and nothing above asks for:"),
    ...beyondVrrp.flatMap((line) =>
      wrapped(line, PAGE_COLUMNS - 4).map((part, index) =>
        paint("dim", `${index === 0 ? "  - " : "    "}${part}`),
      ),
    ),
  ].join("\n");
}

/** What became of a promise, in a word or two. */
export function verdictOf({ broken, unpromised, planned, ...answer }: Answer, name: PromiseName): string {
  const proof = needsWork(name) ? (planned ?? answer.proof) : answer.proof;
  if (unpromised.includes(name)) return "not promised";
  if (broken.has(name)) return "BROKEN";
  if (proof.isComplete) return "proved";
  return proof.depth === 0 ? "unknown" : `to depth ${proof.depth}`;
}

function promiseLines(answer: Answer, paint: Paint): string[] {
  const names = [...answer.asked, ...answer.unpromised];
  const nameWidth = Math.max(...names.map((name) => name.length));
  const verdictWidth = Math.max(...names.map((name) => verdictOf(answer, name).length));
  const indent = " ".repeat(nameWidth + verdictWidth + 6);
  return names.flatMap((name) => {
    const verdict = verdictOf(answer, name).padEnd(verdictWidth);
    const painted = answer.broken.has(name)
      ? paint("error", verdict)
      : answer.unpromised.includes(name)
        ? paint("dim", verdict)
        : verdict;
    const [first = "", ...rest] = wrapped(promiseTexts[name], PAGE_COLUMNS - indent.length);
    return [`  ${name.padEnd(nameWidth)}  ${painted}  ${first}`, ...rest.map((line) => `${indent}${line}`)];
  });
}

function outageLines(answer: Answer, paint: Paint): string[] {
  if (answer.outages.length === 0) return [];
  const rows = answer.outages.map(({ kind, longestUs }) => {
    const allowedUs = allowedOf(answer.limits, kind);
    const allowed = allowedUs === Infinity ? "" : `allowed: ${secondsText(allowedUs)}`;
    const longest =
      longestUs === Infinity ? "without end" : longestUs === 0 ? "none" : `up to ${secondsText(longestUs)}`;
    return { kind, longest, allowed, isOver: longestUs > allowedUs };
  });
  const kindWidth = Math.max(...rows.map(({ kind }) => kind.length));
  const longestWidth = Math.max(...rows.map(({ longest }) => longest.length));
  return [
    "",
    "Clients without an answer after one fault on the pair at rest:",
    ...rows.map(({ kind, longest, allowed, isOver }) => {
      const padded = longest.padEnd(longestWidth);
      const shown = isOver ? paint("error", padded) : padded;
      const verdict = isOver ? "  BROKEN" : "";
      return `  ${kind.padEnd(kindWidth)}  ${shown}  ${allowed}${verdict}`.trimEnd();
    }),
  ];
}

/** What was tried, with its bounds. */
export function triedText(proof: Proof, seconds: number): string {
  const { depth, states, rests, transitions, isComplete } = proof;
  const reach =
    depth === 0
      ? "The start alone was tried"
      : `Every sequence of up to ${counted(depth, "fault or repair", "faults and repairs")} was tried${closeText(proof)}`;
  const figures = `${states.toLocaleString("en")} states, ${rests.toLocaleString("en")} of them at rest, ${transitions.toLocaleString("en")} transitions, ${seconds.toFixed(1)} s`;
  const bound = isComplete
    ? ""
    : " The bound on states was met (--states): of longer sequences nothing is said.";
  return `${reach}: ${figures}.${bound}`;
}

function plannedText({ depth, states, isComplete }: Proof): string {
  const bound = isComplete ? "" : " (the bound on states was met)";
  return `Planned work among them: every sequence of up to ${depth}, ${states.toLocaleString("en")} states${bound}.`;
}

function closeText({ depth, overlap, overlaps }: Proof): string {
  if (depth === 1) return "";
  if (overlap === 1 || overlaps === 0) return ", each with the pair at rest from the one before";
  return `, up to ${overlap} of them together before the pair has come to rest, ${overlaps === 1 ? "once" : `${overlaps} times`} in a sequence`;
}

interface BrokenOptions {
  readonly paint: Paint;
  /** The promise whose counterexample is the same sequence, told above. */
  readonly before: PromiseName | undefined;
}

function brokenLines(site: Site, name: PromiseName, broken: Broken, options: BrokenOptions): string[] {
  const { paint, before } = options;
  const count = broken.counterexample.steps.length;
  const by = count === 0 ? "from the start" : `by ${counted(count, "fault or repair", "faults and repairs")}`;
  const heading = wrapped(`${name} is broken ${by}: ${breachText(site, broken)}`, PAGE_COLUMNS);
  return [
    ...heading.map((line, index) => paint("strong", index === 0 ? line : `  ${line}`)),
    ...(before === undefined ? storyLines(broken, paint) : [`${" ".repeat(TIME_WIDTH)}  as with ${before}`]),
  ];
}

function toldBefore({ broken }: Answer, name: PromiseName): PromiseName | undefined {
  const sequence = (of: Broken): string => JSON.stringify([of.trace.scenario.events, of.trace.phases]);
  const names = [...broken.keys()];
  const own = sequence(broken.get(name)!);
  return names.slice(0, names.indexOf(name)).find((other) => sequence(broken.get(other)!) === own);
}

function storyLines({ run }: Broken, paint: Paint): string[] {
  const story = storyOf(run);
  const shown = story.slice(0, STORY_LINES_MAX);
  const more = story.length - shown.length;
  return [
    ...shown.flatMap((told) =>
      wrapped(printable(sentenceOf(told)), PAGE_COLUMNS - TIME_WIDTH - 6).map((line, index) => {
        const time = index === 0 ? clockText(told.atUs) : "";
        const text = `${time.padStart(TIME_WIDTH)}  ${index === 0 ? "" : "  "}${line}`;
        return told.kind === "event" ? paint("strong", text) : text;
      }),
    ),
    ...(more > 0 ? [`${" ".repeat(TIME_WIDTH)}  and ${more} more`] : []),
  ];
}
