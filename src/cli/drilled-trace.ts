// A trace file as `hapair drill --trace` plays it: read for what is deployed, refused where no lab can do it, and predicted to the event.

import { type DrilledTrace, refuseUndrillable } from "../drill/index.ts";
import { playTrace, provenStart, type Trace } from "../prove/index.ts";
import type { DrillRun, Prediction } from "../report/index.ts";
import { holdersOf, outcomesOf, type Site } from "../simulate/index.ts";
import type { HapairContext } from "./context.ts";
import { drilledSite } from "./drill-predictions.ts";
import { drilledInLab, type LabDrill, type LabDrillResult } from "./lab-drill.ts";
import { traceFrom } from "./trace-file.ts";

/** What a drill of a trace needs before and after its lab. */
export interface TraceToDrill {
  readonly drilled: DrilledTrace & { readonly holder: string };
  /** The result with what the simulator makes of the same events. */
  readonly predicted: (result: LabDrillResult) => LabDrillResult;
}

/** The trace that was named, for what is deployed; undefined: none was. */
export async function drilledTrace(
  context: HapairContext,
  deployed: Pick<LabDrill, "pair" | "haproxyConfig" | "deployment">,
  flags: { readonly trace?: string; readonly json?: boolean },
): Promise<TraceToDrill | undefined> {
  if (flags.trace === undefined) return undefined;
  const inLab = drilledInLab({ ...deployed, scenarios: [] });
  const site = drilledSite(inLab);
  const trace = traceFrom(context, site, flags.trace, flags);
  const drilled = {
    scenario: trace.scenario,
    atRest: trace.phases.map((phases) => phases !== null),
    holder: holderAtStart(site),
  };
  refuseUndrillable(drilled);
  return {
    drilled,
    predicted: (result) => {
      const predictions = predictionsOf(drilledSite(inLab, result.nodes), trace);
      return { ...result, runs: result.runs.map((run, index) => withPrediction(run, predictions[index])) };
    },
  };
}

function holderAtStart(site: Site): string {
  const [holder] = holdersOf({ site, world: provenStart(site) }, 0);
  const node = site.nodes[holder ?? site.routers[0]?.prefer[0] ?? 0];
  return node?.name ?? "";
}

/** One for each event, of the first router; a trace has one beginning. */
function predictionsOf(site: Site, trace: Trace): Prediction[] {
  const outcomes = outcomesOf(playTrace(site, provenStart(site), trace));
  return outcomes.map(({ routers: [first] }, index) => {
    const before =
      outcomes[index - 1]?.routers[0]?.holders ?? holdersOf({ site, world: provenStart(site) }, 0);
    const { outageUs = 0, recovered = true, moves = [], holders = [] } = first ?? {};
    const outageMs = outageUs / 1000;
    return {
      outageMs: { min: outageMs, median: outageMs, max: outageMs },
      beginnings: 1,
      neverRecovered: recovered ? 0 : 1,
      moves: moves.length,
      moved: holders.length === 1 && holders.join() !== before.join(),
      holdersAfter: [{ nodes: holders.map((node) => site.nodes[node]!.name), beginnings: 1 }],
    };
  });
}

function withPrediction(run: DrillRun, prediction: Prediction | undefined): DrillRun {
  return prediction === undefined ? run : { ...run, predicted: prediction };
}
