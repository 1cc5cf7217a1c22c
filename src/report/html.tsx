// The report as one HTML page that needs nothing else: no script, no font, no picture from elsewhere. It reads well on a screen, in the dark and on paper.

import type { JSX } from "preact";
import { renderToStaticMarkup } from "preact-render-to-string";
import { counted } from "../base/index.ts";
import type { ProbeRecord } from "../measure/index.ts";
import { OutageBars } from "./outage-bars.tsx";
import { PAGE_STYLE } from "./page-style.ts";
import type { DrillReport } from "./report.ts";
import { RunFigure } from "./run-figure.tsx";
import {
  brokenCount,
  brokenSentences,
  failureSentences,
  measurementSentence,
  noiseSentences,
  predictionSentence,
  promiseCount,
  twoHolderSentences,
  unpredictedSentences,
} from "./sentences.ts";
import { figureId, SummaryTable } from "./summary-table.tsx";
import { summarise, typicalRun } from "./summary.ts";

/** The page. `records` by the runs' `recordFile`; a run without its record is drawn from what the report knows. */
export function renderHtml(report: DrillReport, records: ReadonlyMap<string, ProbeRecord>): string {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`Drill of ${report.pair.name}, ${report.startedAt}`}</title>
        <style dangerouslySetInnerHTML={{ __html: PAGE_STYLE }} />
      </head>
      <body>
        <main>
          <Heading report={report} />
          <SummaryTable report={report} />
          <Findings report={report} />
          {report.scenarios.map(({ name, title }) => (
            <ScenarioSection key={name} report={report} scenario={name} title={title} records={records} />
          ))}
          <HowMeasured report={report} />
        </main>
      </body>
    </html>
  );
  return `<!doctype html>\n${renderToStaticMarkup(page)}\n`;
}

function Heading({ report }: { readonly report: DrillReport }): JSX.Element {
  const promises = promiseCount(report);
  const broken = brokenCount(report);
  return (
    <header>
      <h1>What clients of {report.pair.name} see when something fails</h1>
      <p class="lead">
        {counted(report.runs.length, "run")} against {report.pair.vips.join(", ")},{" "}
        {report.startedAt.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC")},{" "}
        {Math.round(report.durationMs / 1000)} s; hapair {report.hapairVersion}.
      </p>
      <dl>
        {report.configurations.map(({ name, what }) => (
          <>
            <dt key={name}>{name}</dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
      {promises > 0 && (
        <p class={`verdict ${broken === 0 ? "good" : "bad"}`}>
          {broken === 0
            ? `All ${counted(promises, "promise")} kept.`
            : `${broken} of ${counted(promises, "promise")} broken.`}
        </p>
      )}
    </header>
  );
}

function Findings({ report }: { readonly report: DrillReport }): JSX.Element {
  const sections = [
    { heading: "Broken promises", sentences: brokenSentences(report) },
    { heading: "Two nodes held the VIP at once (longest stretch)", sentences: twoHolderSentences(report) },
    { heading: "Runs that could not be made", sentences: failureSentences(report) },
    { heading: "Noisy runs, their figures are doubtful", sentences: noiseSentences(report) },
    { heading: "Not what the simulator predicted", sentences: unpredictedSentences(report) },
  ];
  return (
    <>
      {sections
        .filter(({ sentences }) => sentences.length > 0)
        .map(({ heading, sentences }) => (
          <section key={heading}>
            <h2>{heading}</h2>
            <ul>
              {sentences.map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          </section>
        ))}
    </>
  );
}

interface ScenarioSectionProps {
  readonly report: DrillReport;
  readonly scenario: string;
  readonly title: string;
  readonly records: ReadonlyMap<string, ProbeRecord>;
}

/** A scenario: the configurations to one scale, then for each the plot of its typical run, the other repeats folded away. */
function ScenarioSection({ report, scenario, title, records }: ScenarioSectionProps): JSX.Element {
  const recordOf = (file: string | undefined): ProbeRecord | undefined =>
    file === undefined ? undefined : records.get(file);
  return (
    <section id={scenario}>
      <h2>{title}</h2>
      <div class="scroll">
        <OutageBars report={report} scenario={scenario} id={`${scenario}-bars`} />
      </div>
      {report.configurations.map(({ name }, index) => {
        const cell = summarise(report, scenario, name);
        if (cell === undefined) return null;
        const typical = typicalRun(cell);
        const id = figureId(scenario, index);
        const others = cell.runs.filter((run) => run !== typical);
        return (
          <div key={name}>
            {cell.failures.map(({ message }) => (
              <p class="bad" key={message}>
                {name}: could not be run: {message}
              </p>
            ))}
            {typical !== undefined && (
              <RunFigure report={report} run={typical} record={recordOf(typical.recordFile)} id={id} />
            )}
            {others.length > 0 && (
              <details>
                <summary>
                  {name}: {counted(others.length, "further run")}
                </summary>
                {others.map((run) => (
                  <RunFigure
                    key={run.repeat}
                    report={report}
                    run={run}
                    record={recordOf(run.recordFile)}
                    id={`${id}-run-${run.repeat}`}
                  />
                ))}
              </details>
            )}
          </div>
        );
      })}
    </section>
  );
}

function HowMeasured({ report }: { readonly report: DrillReport }): JSX.Element {
  const { environment } = report;
  const predicted = predictionSentence(report);
  return (
    <section>
      <h2>How this was measured</h2>
      <p>
        An open-loop client starts a new connection and request on a fixed schedule, whatever the earlier ones
        do. An outage runs from the first failed start to the next good start; requests without a whole answer
        within their time limit are lost. Every figure can be computed again from the raw records beside this
        page.
      </p>
      <p>{measurementSentence(report)}</p>
      {predicted !== undefined && <p>{predicted}</p>}
      {(environment.notes ?? []).map((note) => (
        <p key={note}>{note}</p>
      ))}
      <dl>
        <dt>kernel</dt>
        <dd>
          {environment.kernel}
          {environment.cores !== undefined && `, ${counted(environment.cores, "core")}`}
        </dd>
        {environment.nodes.map(({ name, configuration, system, keepalived, haproxy, systemd }) => (
          <>
            <dt key={`${name}${configuration ?? ""}`}>
              {configuration === undefined ? name : `${name} (${configuration})`}
            </dt>
            <dd>
              {[
                system,
                keepalived === undefined ? undefined : `keepalived ${keepalived}`,
                haproxy === undefined ? undefined : `HAProxy ${haproxy}`,
                systemd === undefined ? undefined : `systemd ${systemd}`,
              ]
                .filter((part) => part !== undefined)
                .join(", ")}
            </dd>
          </>
        ))}
      </dl>
    </section>
  );
}
