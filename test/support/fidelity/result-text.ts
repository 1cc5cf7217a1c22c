// What a person reads of fidelity runs: a line for each case, a case in full, and the summary with its distributions.
// Rule: pure; numbers are in milliseconds with one decimal, and every share says of what.

import { eventText } from "./event-text.ts";
import type { KeepalivedVersion } from "./case.ts";
import { type Distribution, distribution, TIME_TOLERANCE_US } from "./compare.ts";
import type { CaseResult, HarnessResult } from "./harness.ts";
import { MOMENT_US } from "./moments.ts";

function milliseconds(us: number): string {
  return `${(us / 1000).toFixed(1)} ms`;
}

/** One case in a line; a difference in full below it. */
export function resultLine(result: CaseResult): string {
  const { fidelityCase, observation, comparison } = result;
  const verdict =
    comparison === undefined
      ? "played"
      : comparison.differences.length === 0
        ? "same"
        : `DIFFERS (${comparison.differences.map(({ kind, lane }) => `${kind} of ${lane}`).join(", ")})`;
  const worst = comparison === undefined ? 0 : distribution(comparison.differencesUs).largestUs;
  const line = [
    `case ${fidelityCase.index}: ${verdict}`,
    `${observation.transitions.length} transitions`,
    ...(comparison === undefined ? [] : [`within ${milliseconds(worst)}`]),
    `noise ${milliseconds(observation.noiseUs)}`,
    ...(result.again.length === 0 ? [] : [`played again: ${result.again.join("; ")}`]),
    ...(result.unfit === undefined ? [] : [`unfit: ${result.unfit}`]),
  ].join(", ");
  if (comparison === undefined || comparison.differences.length === 0) return line;
  return [line, eventLines(result), ...comparison.differences.map(({ text }) => text)].join("\n");
}

/** A case with its configurations, its events, and both stories. */
export function caseText(result: CaseResult): string {
  const { fidelityCase, observation, prediction } = result;
  const configurations = fidelityCase.nodes.flatMap(({ name, address, configurations: files }) =>
    Object.entries(files).map(([file, text]) => `--- ${name} (${address}), configuration ${file}\n${text}`),
  );
  return [
    ...configurations,
    "--- real",
    storyText(result, observation),
    ...(prediction === undefined ? [] : ["--- simulated", storyText(result, prediction)]),
    resultLine(result),
  ].join("\n");
}

type Story = Pick<CaseResult["observation"], "transitions" | "holding"> &
  Partial<Pick<CaseResult["observation"], "checkRuns" | "log">>;

function storyText({ fidelityCase, observation }: CaseResult, story: Story): string {
  const lines = [
    ...observation.performed.map(({ index, atUs, readyUs }) => ({
      atUs,
      text: `* ${eventText(fidelityCase.events[index])}${readyUs === undefined ? "" : ` (ready ${milliseconds(readyUs - atUs)} later)`}`,
    })),
    ...story.transitions.map(({ node, instance, state, atUs }) => ({
      atUs,
      text: `${node} ${instance} ${state}`,
    })),
    ...story.holding.map(({ node, instance, holds, atUs }) => ({
      atUs,
      text: `${node} ${instance} ${holds ? "holds" : "releases"}`,
    })),
    ...(story.checkRuns ?? []).map(({ node, check, atUs }) => ({ atUs, text: `    ${node} runs ${check}` })),
    ...(story.log ?? []).map(({ node, text, atUs }) => ({ atUs, text: `    ${node} logs ${text}` })),
  ];
  return lines
    .toSorted((left, right) => left.atUs - right.atUs)
    .map(({ atUs, text }) => `${(atUs / 1_000_000).toFixed(4).padStart(8)} ${text}`)
    .join("\n");
}

function eventLines({ fidelityCase, observation }: CaseResult): string {
  return observation.performed
    .map(
      ({ index, atUs }) =>
        `    ${(atUs / 1_000_000).toFixed(3).padStart(7)} s ${eventText(fidelityCase.events[index])}`,
    )
    .join("\n");
}

/** The tables at the end. */
export function summaryText(result: HarnessResult, version: KeepalivedVersion): string {
  const { results, failures } = result;
  return [
    `keepalived ${version}: ${results.length} cases, ${results.reduce((sum, { observation }) => sum + observation.transitions.length, 0)} transitions`,
    ...differenceLines(result),
    ...fitnessLines(result),
    ...latencyLines(results),
    ...failures.map(({ index, reason }) => `case ${index} could not be played: ${reason}`),
  ].join("\n");
}

function differenceLines({ results }: HarnessResult): string[] {
  const fit = results.filter(({ unfit }) => unfit === undefined);
  const compared = fit.flatMap(({ comparison }) => comparison ?? []);
  if (compared.length === 0) return [];
  const same = compared.filter(({ differences }) => differences.every(({ kind }) => kind !== "order")).length;
  const late = compared.flatMap(({ differences }) =>
    differences.filter(({ kind }) => kind === "time"),
  ).length;
  return [
    `same states in the same order: ${same} of ${compared.length} cases`,
    `lanes with a transition beyond ${TIME_TOLERANCE_US / 1000} ms and the run's noise: ${late}`,
    `real minus simulated: ${distributionText(distribution(compared.flatMap(({ differencesUs }) => differencesUs)))}`,
    "Predicted from when each event really happened, and from when each start, restart of the child and reload was really over:",
    "how long a process takes to begin is the machine's, what it then does is keepalived's.",
    ...featureLines(fit),
  ];
}

/** Features with a difference, the worst share first: where to look. */
function featureLines(results: readonly CaseResult[]): string[] {
  const counts = new Map<string, { cases: number; differing: number }>();
  for (const { fidelityCase, comparison } of results) {
    for (const feature of fidelityCase.features) {
      const count = counts.get(feature) ?? { cases: 0, differing: 0 };
      counts.set(feature, {
        cases: count.cases + 1,
        differing: count.differing + ((comparison?.differences.length ?? 0) > 0 ? 1 : 0),
      });
    }
  }
  const rows = [...counts].toSorted(
    ([, left], [, right]) =>
      right.differing / right.cases - left.differing / left.cases || right.cases - left.cases,
  );
  return rows.map(
    ([feature, { cases, differing }]) =>
      `  ${feature.padEnd(24)} ${String(cases).padStart(4)} cases${differing === 0 ? "" : `, ${differing} differ`}`,
  );
}

function fitnessLines({ results, drawn, rejected }: HarnessResult): string[] {
  const again = results.filter((each) => each.again.length > 0).length;
  const unfit = results.filter((each) => each.unfit !== undefined).length;
  const share = drawn === 0 ? 0 : (100 * rejected) / drawn;
  return [
    `drawn again before the run, the outcome hung on less than ${MOMENT_US / 1000} ms: ${rejected} of ${drawn} (${share.toFixed(1)} %)`,
    `played again for a stalled machine, or an outcome that hung on a moment by the real times: ${again} cases; unfit to the last, and not counted above: ${unfit}`,
  ];
}

/** What the machine and the daemon's processes take, which the simulator is told rather than asked. */
function latencyLines(results: readonly CaseResult[]): string[] {
  const of = (kind: string): number[] =>
    results.flatMap(({ fidelityCase, observation }) =>
      observation.performed.flatMap(({ index, atUs, readyUs }) =>
        fidelityCase.events[index]?.action.kind === kind && readyUs !== undefined ? [readyUs - atUs] : [],
      ),
    );
  const lateness = results.flatMap(({ fidelityCase, observation }) =>
    observation.performed.map(({ index, atUs }) => atUs - (fidelityCase.events[index]?.atUs ?? atUs)),
  );
  const rows: (readonly [string, number[]])[] = [
    ["start until ready", of("start-service")],
    ["child killed until the next is ready", of("kill-keepalived")],
    ["reload until read", of("reload")],
    ["stop until the notice", stopLatencies(results)],
    ["events later than planned", lateness],
    ["noise of a run", results.map(({ observation }) => observation.noiseUs)],
  ];
  return rows
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${name.padEnd(38)} ${distributionText(distribution(list))}`);
}

function stopLatencies(results: readonly CaseResult[]): number[] {
  return results.flatMap(({ fidelityCase, observation }) =>
    observation.performed.flatMap(({ index, atUs }) => {
      const event = fidelityCase.events[index];
      if (event?.action.kind !== "stop-service" || typeof event.on === "string") return [];
      const { node } = event.on;
      const notice = observation.transitions.find(
        (each) => each.node === node && each.state === "STOP" && each.atUs > atUs - 5_000,
      );
      return notice === undefined ? [] : [notice.atUs - atUs];
    }),
  );
}

function distributionText({ count, medianUs, p90Us, p99Us, largestUs, within15Ms }: Distribution): string {
  return `median ${milliseconds(medianUs)}, 90 % ${milliseconds(p90Us)}, 99 % ${milliseconds(p99Us)}, largest ${milliseconds(largestUs)} (${count}; ${(100 * within15Ms).toFixed(1)} % within 15 ms)`;
}
