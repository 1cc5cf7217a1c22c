// A test of the alert routes, sent by the agent of every node. Rule: every route of the file has a result on every node, and a failure says what came back.

import { type AlertTestResult, readAlertTestResult } from "../agent-api/index.ts";
import { HapairError, messageOf } from "../base/index.ts";
import type { Paint } from "../diagnostics/index.ts";
import { type Host, shellWord } from "../host/index.ts";
import type { Pair } from "../model/index.ts";
import { agentPaths } from "../render/index.ts";
import { alignedRows, type Cell } from "./aligned-text.ts";
import { lastSaid, requireAgent } from "./agent-history.ts";
import type { PairHosts } from "./observe.ts";
import { withoutControls } from "./plain-text.ts";

/** What the routes answered on every node. */
export interface AlertTest {
  readonly results: readonly AlertTestResult[];
}

/** Transports have their own limits; a mail server may take its time. */
const TEST_LIMIT_S = 120;

function testScript(route: string | undefined): string {
  const query = route === undefined ? "" : `?route=${encodeURIComponent(route)}`;
  return `curl --silent --show-error --noproxy '*' --max-time ${TEST_LIMIT_S} --request POST --write-out '\\nhttp %{http_code}\\n' --unix-socket ${shellWord(agentPaths.controlSocket)} ${shellWord(`http://agent/alert-test${query}`)}`;
}

/** Sends a test along every route, or along one, from every node. Rejects where the pair has no agent, no routes, or not that one. */
export async function testAlerts(pair: Pair, hosts: PairHosts, route?: string): Promise<AlertTest> {
  requireAgent(pair);
  const names = (pair.agent?.alerts.routes ?? []).map(({ name }) => name);
  if (names.length === 0)
    throw testFailure("no-routes", `${pair.name} has no alert routes: nobody is told of anything`);
  if (route !== undefined && !names.includes(route))
    throw testFailure("no-such-route", `${pair.name} has no route ${route}; it has ${names.join(", ")}`);
  const wanted = route === undefined ? names : [route];
  const results = await Promise.all(
    pair.nodes.map((node) => testOn(node.name, hosts.get(node.name), route, wanted)),
  );
  return { results: results.flat() };
}

function testFailure(code: string, message: string): HapairError {
  return new HapairError({
    kind: "usage",
    code,
    message,
    hint: "routes stand under alerts: in the pair's file",
  });
}

/** A result for every route that is wanted. Never rejects. */
async function testOn(
  node: string,
  host: Host | undefined,
  route: string | undefined,
  wanted: readonly string[],
): Promise<AlertTestResult[]> {
  const failed = (said: string): AlertTestResult[] =>
    wanted.map((name) => ({ node, route: name, result: "failed", tookMs: 0, said }));
  if (host === undefined) return failed(`no connection was made to ${node}`);
  try {
    const run = await host.run(testScript(route), { timeoutMs: (TEST_LIMIT_S + 10) * 1000 });
    if (run.exitCode === CURL_REFUSED || run.exitCode === CURL_NO_FILE)
      return failed("the agent does not run there");
    const lines = run.stdout.split("\n");
    const results = lines.flatMap((line) => {
      const result = readAlertTestResult(line);
      return result === undefined ? [] : [{ ...result, node }];
    });
    const http = /^http (\d+)$/m.exec(run.stdout)?.[1] ?? "000";
    if (results.length === 0 && (run.exitCode !== 0 || http !== "200"))
      return failed(
        run.exitCode === 0 ? `the agent answered ${http}: ${withoutControls(lines[0] ?? "")}` : lastSaid(run),
      );
    const missing = wanted.filter((name) => results.every((result) => result.route !== name));
    const silent =
      run.exitCode === 0 ? "the agent there does not know this route: run hapair apply" : lastSaid(run);
    return [...results, ...failed(silent).filter((result) => missing.includes(result.route))];
  } catch (thrown) {
    return failed(messageOf(thrown));
  }
}

/** curl's exit codes for a socket on which nobody listens. */
const CURL_REFUSED = 7;
/** Older ones say this where the socket file is missing. */
const CURL_NO_FILE = 37;

/** One line for each node and route, no newline at the end. */
export function renderAlertTest({ results }: AlertTest, paint: Paint): string {
  const heads = ["node", "route", "result", "took", "answer"].map((text): Cell => ({ text, kind: "dim" }));
  const rows = results.map(({ node, route, result, tookMs, said }): Cell[] => [
    { text: node, kind: "strong" },
    { text: route },
    result === "failed" ? { text: result, kind: "error" } : { text: result },
    { text: tookMs > 0 ? `${Math.round(tookMs)} ms` : "-", kind: "dim" },
    { text: said },
  ]);
  return alignedRows([heads, ...rows], paint).join("\n");
}
