// HP204: a check whose run may outlast its interval, or that waits for a server without any limit of its own.

import type { KeepalivedScript } from "../../keepalived/index.ts";
import { runLength } from "../checks/check-limits.ts";
import {
  fastFailureDetection,
  hangDetection,
  intervalsBetweenHangingRuns,
  sumText,
  totalText,
} from "../facts/detection-time.ts";
import { exampleNode } from "../examples/example-instance.ts";
import { trackedScripts } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode, lineOf } from "../subject.ts";

// Where a hang is noticed within this time anyway, a missing limit is no matter.
const SLOW_US = 10_000_000;

export const rule: Rule = {
  code: "HP204",
  name: "script-timeout",
  severity: "warning",
  scope: "node",
  versions: "differ",
  changesAt: ["2.3.3"],
  summary: "a check's timeout is longer than its interval, or it can wait without a limit",
  explanation: `\`timeout\` is how long one run of a check may last before keepalived ends it and counts a failure; without the line it is the interval.

A timeout longer than the interval does not do what it seems to. Up to 2.3.2 keepalived starts the next run although the one before has not ended, and when a server hangs, the runs pile up on a machine that is in trouble already. From 2.3.3 on it leaves those runs out, so \`fall\` failures take several times as long as \`fall\` intervals.

A check that asks over the network (curl, wget, nc, mysql) and has no limit of its own waits for a server that accepts and does not answer until keepalived ends it. With a long interval that is noticed late.`,
  source: "keepalived-behaviour 3.1 and 9.25 (tested with 2.2.7; source of 2.3.2 and 2.3.3); F29",
  bad: { lb1: exampleNode(0).replace("timeout 1", "timeout 3") },
  good: { lb1: exampleNode(0) },
  check: function* ({ nodes, version }) {
    for (const node of nodes) {
      for (const script of trackedScripts(node)) {
        if (script.timeoutS > script.intervalS) yield longTimeout(node, script, version);
        else yield* noLimit(node, script, version);
      }
    }
  },
};

function longTimeout(node: LintedNode, script: KeepalivedScript, version: string): Finding {
  const { name, intervalS, timeoutS, fall } = script;
  const stride = intervalsBetweenHangingRuns(script, version);
  const hang = hangDetection(script, version);
  return {
    message: `${node.name}: ${name} may run for ${timeoutS} s (timeout) and is due every ${intervalS} s (interval)`,
    at: inKeepalived(node, lineOf(script, "timeout", "interval")),
    consequence:
      stride === 1
        ? `when a run hangs, the next ones start beside it, up to ${Math.ceil(timeoutS / intervalS)} at a time`
        : `when a run hangs, the next one begins ${stride} intervals later, so ${fall} ${fall === 1 ? "failure takes" : "failures take"} ${sumText(hang)}`,
    advice: `timeout ${Math.max(1, intervalS - 1)}: below the interval`,
  };
}

/** Only where the line, or the script's text, shows a client that waits without a limit. */
function* noLimit(node: LintedNode, script: KeepalivedScript, version: string): Iterable<Finding> {
  const { name, intervalS, fall } = script;
  const length = runLength(node, script);
  if (length.kind !== "waits" || script.lines.has("timeout")) return;
  const hang = hangDetection(script, version);
  // Beyond that already without a hang, HP203 says it.
  if (hang.mostUs <= SLOW_US || fastFailureDetection(script).mostUs > SLOW_US) return;
  yield {
    message: `${node.name}: ${name} runs ${length.client} without a time limit, and has no timeout: a run may last the whole interval, ${intervalS} s`,
    at: inKeepalived(node, lineOf(script, "script", "interval")),
    consequence: `a server that takes connections and does not answer is noticed after ${sumText(hang)}, one that is gone after ${fall} × ${intervalS} s = up to ${totalText(fall * intervalS * 1_000_000)}`,
    advice: `timeout 1, or a limit for ${length.client} itself (curl --max-time 1, wget --timeout=1 --tries=1, nc -w 1)`,
  };
}
