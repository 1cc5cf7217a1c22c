// The agent's program as the build leaves it beside the command line: one file, carried to the nodes as it is.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { HapairError } from "../base/index.ts";

/** Its text. Throws `agent-program-missing` where the build did not make it. */
export async function readAgentProgram(): Promise<string> {
  const path = agentProgramPath();
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new HapairError({
      kind: "usage",
      code: "agent-program-missing",
      message: `the pair has an agent, and the agent's program is not there: ${path}`,
      hint: "It is made together with the command line: npm run build",
      cause,
    });
  }
}

// From dist/cli/hapair.mjs, dist/cli/chunks/*.mjs and src/cli/*.ts alike.
function agentProgramPath(): string {
  const root = import.meta.url.replace(/\/(?:dist|src)\/cli\/.*$/, "/");
  return fileURLToPath(new URL("dist/agent/hapair-agent.mjs", root));
}
