// The prober's process as the tests start it: the hidden subcommand alone, without the rest of the command line.

import { parseArgs } from "node:util";
import { parseProbeTarget, runProber } from "../../src/drill/prober.ts";

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    target: { type: "string", default: "" },
    kind: { type: "string", default: "http" },
    "interval-us": { type: "string", default: "2000" },
    "time-limit-ms": { type: "string", default: "200" },
    output: { type: "string", default: "" },
  },
});

await runProber({
  target: parseProbeTarget(values.target, values.kind === "tcp" ? "tcp" : "http"),
  intervalUs: Number(values["interval-us"]),
  timeLimitUs: Number(values["time-limit-ms"]) * 1000,
  outputFile: values.output,
});
