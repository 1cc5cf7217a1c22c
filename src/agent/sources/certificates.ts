// The certificates that HAProxy has loaded, and when they end: asked every ten minutes over a short connection of its own.
// Rule: without the right to ask (level operator) nothing is said.

import type { FactReport } from "../../agent-api/index.ts";
import { certificateCommand, readCertificate, readCertificateNames } from "./certificate-answer.ts";
import { repeat } from "./repeat.ts";
import { openRuntime, type RuntimeConnection } from "./runtime-connection.ts";
import type { Report, Source } from "./source.ts";

export interface CertificateOptions {
  readonly runtimeSocket: string;
  readonly report: Report;
}

export interface CertificateSource extends Source {
  /** Asks as soon as possible, as after a reload. */
  now(): void;
}

const LOOK_MS = 600_000;
/** HAProxy may not be there yet. */
const RETRY_MS = 10_000;
const TIME_LIMIT_MS = 2_000;
const CERTIFICATES_MAX = 500;
const ANSWER_BYTES_MAX = 1024 * 1024;
/** No more at once than an idle HAProxy answers in a moment; then others have their turn. */
const PAUSE_MS = 5;

/** Reports each certificate in use with its end. */
export function startCertificates(options: CertificateOptions): CertificateSource {
  let connection: RuntimeConnection | undefined;
  let stopped = false;
  let retry: NodeJS.Timeout | undefined;
  const look = repeat(LOOK_MS, async () => {
    clearTimeout(retry);
    connection = openRuntime(options.runtimeSocket, ANSWER_BYTES_MAX);
    const reports = await certificates(connection, () => stopped);
    connection.close();
    if (stopped) return;
    if (reports === undefined) retry = setTimeout(() => look.now(), RETRY_MS);
    else if (reports.length > 0) options.report(reports);
  });
  return {
    now: () => look.now(),
    async stop() {
      stopped = true;
      clearTimeout(retry);
      connection?.close();
      await look.stop();
    },
  };
}

/** undefined: HAProxy did not answer. */
async function certificates(
  connection: RuntimeConnection,
  isStopped: () => boolean,
): Promise<FactReport[] | undefined> {
  const list = await connection.ask("show ssl cert\n", TIME_LIMIT_MS);
  if ("failure" in list) return undefined;
  const reports: FactReport[] = [];
  for (const name of readCertificateNames(list.answer, CERTIFICATES_MAX)) {
    if (isStopped()) return undefined;
    const one = await connection.ask(certificateCommand(name), TIME_LIMIT_MS);
    if ("failure" in one) return undefined;
    const report = readCertificate(name, one.answer);
    if (report !== undefined) reports.push(report);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return reports;
}
