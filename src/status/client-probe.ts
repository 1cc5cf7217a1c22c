// Asks a VIP as a client would: from this machine, or from another one that a Host stands for. Rule: bounded time, one connection per port.

import { connect } from "node:net";
import { formatEndpoint, type IpAddress } from "../model/index.ts";
import { type Host, shellWord } from "../host/index.ts";

export interface ClientAnswer {
  readonly address: string;
  readonly port: number;
  /** answered: data, or an orderly close · silent: connected, nothing came in time (a hung HAProxy, or a protocol that waits) · failed: no connection */
  readonly outcome: "answered" | "silent" | "failed";
  /** In a few words: `HTTP/1.1 200 OK`, `refused`. */
  readonly text: string;
  readonly elapsedMs: number;
}

/** Never rejects. */
export type ClientProbe = (address: IpAddress, port: number) => Promise<ClientAnswer>;

/** With connecting. Short, so that verify keeps its 2 s also when nobody answers. */
const PROBE_LIMIT_MS = 500;
/** What of an answer is read at most. */
const ANSWER_BYTES_MAX = 200;

/** A client on this machine: connects, asks as HTTP would, and reads the first line. */
export const localClientProbe: ClientProbe = (address, port) =>
  new Promise((resolve) => {
    const startedMs = performance.now();
    let connected = false;
    let received = "";
    const socket = connect({ host: address.text, port, family: address.family });
    const settle = (outcome: ClientAnswer["outcome"], text: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({
        address: address.text,
        port,
        outcome,
        text,
        elapsedMs: Math.round(performance.now() - startedMs),
      });
    };
    const timer = setTimeout(() => {
      if (connected) settle("silent", `connected, and silent for ${PROBE_LIMIT_MS} ms`);
      else settle("failed", `no connection within ${PROBE_LIMIT_MS} ms`);
    }, PROBE_LIMIT_MS);
    socket.on("connect", () => {
      connected = true;
      socket.write(
        `HEAD / HTTP/1.0\r\nHost: ${formatEndpoint(address, port)}\r\nUser-Agent: hapair-verify\r\n\r\n`,
      );
    });
    socket.on("data", (chunk: Buffer) => {
      received = (received + chunk.toString("latin1")).slice(0, ANSWER_BYTES_MAX);
      if (received.includes("\n") || received.length >= ANSWER_BYTES_MAX)
        settle("answered", firstLine(received));
    });
    socket.on("end", () => settle("answered", received === "" ? "accepted and closed" : firstLine(received)));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (connected) settle("answered", `connected, then ${error.code ?? error.message}`);
      else settle("failed", error.code === "ECONNREFUSED" ? "refused" : (error.code ?? error.message));
    });
  });

function firstLine(text: string): string {
  const line = text.split(/\r?\n/)[0] ?? "";
  return /^[\u0020-\u007E]+$/.test(line) ? line : `${text.length} bytes that are not text`;
}

/** curl's exit codes that mean: someone was there, and did not speak HTTP. */
const CURL_OTHER_PROTOCOL = new Set([1, 52, 56]);

/** A client on another machine, by its curl. */
export function clientProbeOn(host: Host): ClientProbe {
  return async (address, port) => {
    const url = `http://${formatEndpoint(address, port)}/`;
    const limit = String(PROBE_LIMIT_MS / 1000);
    const script = `curl --silent --head --output /dev/null --noproxy '*' --max-time ${limit} --write-out '%{http_code} %{time_connect} %{time_total}' ${shellWord(url)}; echo " $?"`;
    const answer = (outcome: ClientAnswer["outcome"], text: string, elapsedMs = 0): ClientAnswer => ({
      address: address.text,
      port,
      outcome,
      text,
      elapsedMs,
    });
    try {
      const result = await host.run(script, { timeoutMs: PROBE_LIMIT_MS * 3 });
      const [status, connectS, totalS, exit] = result.stdout.trim().split(/\s+/).map(Number);
      const elapsedMs = Math.round((totalS ?? 0) * 1000);
      if (exit === 0) return answer("answered", `HTTP ${status ?? 0}`, elapsedMs);
      if (exit !== undefined && CURL_OTHER_PROTOCOL.has(exit))
        return answer("answered", "connected, and it is not HTTP", elapsedMs);
      if ((connectS ?? 0) > 0)
        return answer("silent", `connected, and silent for ${PROBE_LIMIT_MS} ms`, elapsedMs);
      return answer(
        "failed",
        exit === 7 ? "refused or unreachable" : `no connection (curl exit ${exit ?? "unknown"})`,
        elapsedMs,
      );
    } catch (thrown) {
      return answer(
        "failed",
        `the client could not be asked: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      );
    }
  };
}
