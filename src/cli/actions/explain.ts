// hapair explain: what the page says of a parameter, beside what keepalived really does.

import { explainParameter, renderExplanation } from "../../model/index.ts";
import type { ExplainFlags } from "../commands/file-commands.ts";
import { type HapairContext, printJson } from "../context.ts";
import { exitCodes } from "../exit-code.ts";

export function explain(this: HapairContext, flags: ExplainFlags, name?: string): void {
  const explanation = explainParameter(name);
  if (flags.json === true) printJson(this, explanation);
  else this.process.stdout.write(`${renderExplanation(explanation).join("\n")}\n`);
  if (explanation.kind === "unknown") this.process.exitCode = exitCodes.usage;
}
