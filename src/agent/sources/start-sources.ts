// All sources of an agent, started from its settings and stopped together; one's news makes another look.

import type { AgentSettings, FactReport } from "../../agent-api/index.ts";
import type { ProxyNumbers } from "../../policy/index.ts";
import { type AgentCounters } from "../counters.ts";
import { recordDuration } from "../durations.ts";
import { startAddresses } from "./addresses.ts";
import { startCertificates } from "./certificates.ts";
import { startFifo } from "./fifo.ts";
import { startHaproxy } from "./haproxy.ts";
import { startHealth } from "./health.ts";
import { startJournal } from "./journal.ts";
import { operationLook } from "./operation-notes.ts";
import type { Note, Source } from "./source.ts";
import { startUnits } from "./units.ts";
import { waitedStates } from "./waited-states.ts";
import { routerHold, startWatchedFiles } from "./watched-files.ts";

export interface SourcesOptions {
  readonly settings: AgentSettings;
  /** Where the journal goes on. */
  readonly cursor: string | undefined;
  /** When the agent's log was begun. */
  readonly bornAtMs: number;
  readonly report: (reports: readonly FactReport[], cursor?: string) => void;
  readonly counters: AgentCounters;
  readonly onLook: (numbers: ProxyNumbers) => void;
  readonly note: Note;
}

export type Sources = Source;

export function startSources(options: SourcesOptions): Sources {
  const { settings, counters, note } = options;
  const { paths, haproxy, sources } = settings;
  const routers = settings.routers.map(({ name }) => name);
  const vips = settings.routers.flatMap((router) => router.vips);
  const own = settings.nodes.find(({ name }) => name === settings.node);
  let stopped = false;
  const report = (reports: readonly FactReport[]): void => {
    if (!stopped) options.report(reports);
  };

  const states = waitedStates(report);
  const certificates = startCertificates({ runtimeSocket: haproxy.runtimeSocket, report });
  const units = startUnits({
    words: sources.units,
    configurations: { haproxy: paths.haproxyConf, keepalived: paths.keepalivedConf },
    appliedMark: paths.appliedMark,
    routers,
    report: afterJournal(report),
    note,
  });
  const started: Source[] = [
    certificates,
    units,
    startWatchedFiles({
      directory: paths.watchDirectory,
      further: routers.length > 1 ? routers.map(routerHold) : [],
      look: operationLook(paths),
      report,
      note,
    }),
    startAddresses({
      words: sources.addresses,
      vips: [...new Set(vips.map(({ address }) => address))],
      interfaces: [
        ...new Set([...(own === undefined ? [] : [own.interface]), ...vips.map((vip) => vip.interface)]),
      ],
      report,
      note,
    }),
    startFifo({ path: paths.notifyFifo, report: states.report, onWaited: states.hold, note }),
    startJournal({
      words: sources.journal,
      ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
      bornAtMs: options.bornAtMs,
      routers,
      report: (reports, { cursor }) => {
        options.report(reports, cursor);
        // What systemd did to a unit, its properties tell better; and a reload may have brought other files.
        if (reports.some(({ kind }) => kind === "unit" || kind === "reload")) units.now();
      },
      note,
    }),
    startHealth({
      url: haproxy.healthUrl,
      timeLimitMs: haproxy.timeLimitMs,
      slowMs: haproxy.slowMs,
      report,
      onAnswer: ({ tookMs }) => recordDuration(counters.checks, tookMs),
    }),
    startHaproxy({
      runtimeSocket: haproxy.runtimeSocket,
      pollMs: haproxy.pollMs,
      timeLimitMs: haproxy.timeLimitMs,
      report: (reports) => {
        report(reports);
        if (reports.some(({ kind }) => kind === "worker")) certificates.now();
      },
      onLook: (numbers, tookMs) => {
        recordDuration(counters.looks, tookMs);
        options.onLook(numbers);
      },
    }),
  ];
  return {
    async stop() {
      states.stop();
      await Promise.all(started.map((source) => source.stop()));
    },
  };
}

/** The journal tells what systemd did with its cause, and tells it somewhat later. */
const JOURNAL_LAG_MS = 1500;

/**
 * What systemd's properties say is a safety net under the journal. The first look is taken at once; a later one waits for the journal's own word,
 * and says nothing where that has come meanwhile: else "active" would hide that there was a crash in between.
 */
function afterJournal(
  report: (reports: readonly FactReport[]) => void,
): (reports: readonly FactReport[]) => void {
  let isFirst = true;
  return (reports) => {
    if (isFirst) {
      isFirst = false;
      report(reports);
      return;
    }
    const atMs = Date.now();
    setTimeout(() => report(reports.map((one) => ({ ...one, atMs }))), JOURNAL_LAG_MS).unref();
  };
}
