// hapair prober: the drill's open-loop client, in a process of its own so that nothing else can make it late.

import { parseProbeTarget, runProber } from "../../drill/index.ts";
import type { ProberFlags } from "../commands/drill-commands.ts";
import type { HapairContext } from "../context.ts";

export async function prober(this: HapairContext, flags: ProberFlags): Promise<void> {
  await runProber({
    target: parseProbeTarget(flags.target, flags.kind === "tcp" ? "tcp" : "http"),
    intervalUs: flags.intervalUs,
    timeLimitUs: flags.timeLimitMs * 1000,
    outputFile: flags.output,
  });
}
