// One run as a figure: its facts in a line, the plot, and what else there is to know about it.

import type { JSX } from "preact";
import type { ProbeRecord } from "../measure/index.ts";
import { milliseconds } from "./promise.ts";
import type { DrillReport, DrillRun } from "./report.ts";
import { RunPlot } from "./run-plot.tsx";
import { noiseOf, titleOf } from "./sentences.ts";
import { holderText } from "./summary.ts";

export interface RunFigureProps {
  readonly report: DrillReport;
  readonly run: DrillRun;
  readonly record: ProbeRecord | undefined;
  readonly id: string;
}

export function RunFigure({ report, run, record, id }: RunFigureProps): JSX.Element {
  const repeated = report.runs.some(({ repeat }) => repeat > 1);
  const title = `${titleOf(report, run.scenario)}, ${run.configuration}${repeated ? `, run ${run.repeat}` : ""}`;
  return (
    <figure id={id}>
      <figcaption>
        <h3>
          {run.configuration}
          {repeated && <span class="muted"> run {run.repeat}</span>}
        </h3>
        {factsOf(run).map((fact) => (
          <span class="fact" key={fact}>
            {fact}
          </span>
        ))}
        <PromiseFact run={run} />
      </figcaption>
      <div class="scroll">
        <RunPlot run={run} record={record} id={`${id}-plot`} title={title} description={describe(run)} />
      </div>
      {remarksOf(run, record).map((remark) => (
        <p key={remark}>{remark}</p>
      ))}
    </figure>
  );
}

function PromiseFact({ run }: { readonly run: DrillRun }): JSX.Element {
  if (run.promises.length === 0) return <span class="fact promise muted">nothing promised</span>;
  return (
    <span class="promise">
      {run.promises.map(({ text, kept }) => (
        <span class={kept === "yes" ? "fact good" : "fact bad"} key={text}>
          {kept === "yes" ? "kept" : "broken"}: {text}
        </span>
      ))}
    </span>
  );
}

function outageFact(run: DrillRun): string {
  if (run.neverRecovered)
    return `not answering again in ${((run.capMs ?? run.outageMs) / 1000).toFixed(1)} s`;
  if (run.outages.some(({ inherited }) => inherited)) return "unanswered before it began";
  return run.outageMs === 0 ? "no outage" : `outage ${milliseconds(run.outageMs)}`;
}

function factsOf(run: DrillRun): string[] {
  return [
    outageFact(run),
    `${run.lost} of ${run.requests} lost`,
    ...(run.slow > 0 ? [`${run.slow} slow`] : []),
    holderFact(run),
  ];
}

function holderFact(run: DrillRun): string {
  const after = holderText(run);
  if (run.holderBefore.join() !== run.holderAfter.join())
    return `VIP ${run.holderBefore.join("+") || "none"} → ${after}`;
  return run.holderMoves > 0
    ? `VIP back on ${after} after ${run.holderMoves} moves`
    : `VIP stays on ${after}`;
}

/** The plot in words. */
function describe(run: DrillRun): string {
  const sinceFault = (atUs: number): string => milliseconds((atUs - run.faultAtUs) / 1000);
  const outages = run.outages.map(({ fromUs, toUs, lost, recovered }) =>
    recovered
      ? `Requests failed from ${sinceFault(fromUs)} to ${sinceFault(toUs)} after the fault, ${lost} lost.`
      : `Requests failed from ${sinceFault(fromUs)} after the fault to the end of the watch, ${lost} lost.`,
  );
  const holders = run.holderSegments.map(
    ({ fromUs, holders: names, unknown }, index) =>
      `${index === 0 ? "at first" : `from ${sinceFault(fromUs)}`} ${names.join(" and ") || (unknown.length > 0 ? "not known" : "nobody")}`,
  );
  return [
    `${factsOf(run).join(", ")}.`,
    ...(outages.length > 6 ? [`${outages.length} separate outages.`] : outages),
    ...(holders.length > 12 ? [] : [`The VIP was held: ${holders.join(", ")}.`]),
  ].join(" ");
}

function remarksOf(run: DrillRun, record: ProbeRecord | undefined): string[] {
  const bounds = run.outages
    .filter(({ recovered, inherited }) => recovered && !inherited)
    .reduce((sum, { atLeastMs, atMostMs }) => ({ least: sum.least + atLeastMs, most: sum.most + atMostMs }), {
      least: 0,
      most: 0,
    });
  const { noise } = run;
  const measured = [
    ...(bounds.most > 0 && !run.neverRecovered
      ? [
          `The spacing of the requests leaves the outage between ${milliseconds(bounds.least)} and ${milliseconds(bounds.most)}.`,
        ]
      : []),
    noise.verdict === "clean"
      ? `Measurement clean: starts at most ${(noise.latenessMaxUs / 1000).toFixed(1)} ms late, answers before the fault ${(noise.baselineLatencyP50Us / 1000).toFixed(1)} ms (median).`
      : `Measurement noisy: ${noiseOf(run)}.`,
    ...(record === undefined ? ["The raw record was not at hand, so single requests are not drawn."] : []),
    ...(run.recordFile === undefined ? [] : [`Record: ${run.recordFile}.`]),
  ].join(" ");
  return [...run.notes, ...inheritedRemarks(run), measured];
}

/** An outage from before is not this run's, but the reader sees it in the plot. */
function inheritedRemarks(run: DrillRun): string[] {
  return run.outages
    .filter(({ inherited }) => inherited)
    .map(({ toUs, recovered }) =>
      recovered
        ? `Requests already failed before this; they were answered again ${milliseconds(Math.max(0, toUs - run.faultAtUs) / 1000)} after it. That outage is not counted here.`
        : "Requests already failed before this and went on failing to the end of the watch. That outage is not counted here.",
    );
}
