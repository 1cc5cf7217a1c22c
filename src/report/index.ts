// report: the document of a drill, its renderings and its comparison with an earlier one. Pure.
export {
  type Change,
  type ComparedFigures,
  type Comparison,
  COMPARISON_BUDGET,
  type ComparisonBudget,
  type ComparisonRow,
  compareReports,
  renderComparison,
} from "./compare.ts";
export { renderHtml } from "./html.tsx";
export { type PredictedRow, predictedRows, type Prediction, PREDICTION_TOLERANCE_MS } from "./predicted.ts";
export { renderJunit } from "./junit.ts";
export {
  judgePromise,
  type Kept,
  keptOf,
  milliseconds,
  type PromiseVerdict,
  type RunPromise,
} from "./promise.ts";
export {
  allKept,
  decodeReport,
  type DrillEvent,
  type DrillReport,
  type DrillRun,
  encodeReport,
  makeReport,
  makeRun,
  type ReportConfiguration,
  type ReportEnvironment,
  type ReportNode,
  type ReportScenario,
  type RunDescription,
  type RunFailure,
  type RunOutage,
} from "./report.ts";
export { renderSimulatedTimeline } from "./simulated-timeline.tsx";
export { type CellSummary, holderText, type Spread, summarise, typicalRun } from "./summary.ts";
export { renderTable, type TableOptions } from "./table.ts";
