// What a move says before and after: who gives what to whom, what will be cut, and what became of connections and requests. Pure.

import { counted, sentenceList } from "../base/index.ts";
import { clientsOf, type MovePlan, type SwitchReport } from "../switchover/index.ts";

/** Before it is done. */
export function renderMovePlan(plan: MovePlan): string {
  const { move, overridden, remarks } = plan;
  const givers = [...new Set(move.routers.map(({ from }) => from))];
  const what =
    move.routers.length === 0
      ? []
      : [`${sentenceList(givers)} -> ${move.to}: ${sentenceList(move.routers.map(({ router }) => router))}`];
  return [
    ...what,
    ...remarks.map((remark) => `  ${remark}`),
    ...overridden.map(
      ({ code, node, text }) =>
        `  forced in spite of: ${node === undefined ? "" : `${node} `}${text} [${code}]`,
    ),
    "",
  ].join("\n");
}

/** After it was done. */
export function renderMoveReport(report: SwitchReport): string {
  const { from, to, outcome, connections, probe } = report;
  const { confirmation, drains, failures } = outcome;
  const rows: [string, string][] = [
    ["holder", `${to} (before: ${sentenceList(from)})`],
    ...(confirmation?.vips ?? []).map(({ address, answer, hardwareAddress, isHolders }): [string, string] => [
      address,
      `${answer}${hardwareAddress === undefined ? "" : `, at ${hardwareAddress}${isHolders === undefined ? "" : isHolders ? ` (${to})` : " (not the holder's)"}`}`,
    ]),
    ["connections", connectionsText(connections, drains.length > 0)],
    [
      "requests",
      "notMeasured" in probe
        ? `not measured: ${probe.notMeasured}`
        : `${probe.lost} of ${probe.requests} lost, slowest ${probe.slowestMs} ms, longest time without an answer ${probe.longestGapMs} ms`,
    ],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const cut = drains.flatMap((drain) =>
    drain.cutCount === 0
      ? []
      : [`  cut on ${drain.node}: ${clientsOf(drain.cut)}${moreText(drain.cutCount - drain.cut.length)}`],
  );
  const back = drains.flatMap((drain) =>
    drain.returned === undefined
      ? []
      : [`  ${drain.node} has the VIP again: its connections go on there, and nothing was cut`],
  );
  const left = drains.flatMap((drain) =>
    drain.left === undefined
      ? []
      : [
          `  left to ${drain.node}: ${counted(drain.left, "connection")} live on until they end, or until the nodes' own time is over`,
        ],
  );
  return [
    ...rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`),
    ...cut,
    ...back,
    ...left,
    ...failures.map((failure) => `failed after the move: ${failure}`),
    `switched in ${(report.tookMs / 1000).toFixed(1)} s`,
    "",
  ].join("\n");
}

function connectionsText(connections: SwitchReport["connections"], drained: boolean): string {
  if (!drained) return "not kept: there was no drain";
  const { atMove, ended, asked, cut } = connections;
  return `${counted(atMove, "connection")} kept through the move, ${ended} ended by themselves${asked === 0 ? "" : ` (${asked} asked to leave)`}, ${cut} cut`;
}

/** Connections that were not told apart. */
function moreText(count: number): string {
  return count > 0 ? `, and ${count} more` : "";
}
