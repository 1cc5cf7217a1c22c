// What the agent's files are made of besides the pair: its program, its secrets' values, the templates and authorities that routes name.

import { HapairError } from "../base/index.ts";
import {
  AGENT_KEY_LENGTH_MIN,
  type AgentOptions,
  agentSecrets,
  agentTextFiles,
  type Pair,
} from "../model/index.ts";
import type { AgentInputs } from "../render/index.ts";
import { readAgentProgram } from "./agent-program.ts";
import { resolveSecret } from "./secrets.ts";
import { unknownProxies } from "./traffic-names.ts";

/** Reads a file that the pair's file names at `place`. */
export type ReadNamed = (place: string, path: string) => Promise<string>;

/** Everything for the agent; `directory` is that of the pair's file. Throws HapairError for what is missing or cannot be used. */
export async function readAgentInputs(
  agent: AgentOptions,
  directory: string,
  readNamed: ReadNamed,
): Promise<AgentInputs> {
  const texts = new Map<string, string>();
  for (const path of agentTextFiles(agent)) texts.set(path, await readNamed("alerts.routes", path));
  const secrets = new Map<string, string>();
  for (const { name, reference } of agentSecrets(agent)) {
    const value = await resolveSecret(reference, `the secret of ${name}`, directory);
    refuseUnusable(name, value);
    secrets.set(name, value);
  }
  return { program: await readAgentProgram(), secrets, texts };
}

/** Secrets that would be sent as they are in a header or a URL, or that could be guessed. The value itself is never told. */
function refuseUnusable(name: string, value: string): void {
  const problem = problemOf(name, value);
  if (problem === undefined) return;
  throw new HapairError({
    kind: "usage",
    code: "secret-unusable",
    message: `the secret of ${name} ${problem.why}`,
    hint: problem.cure,
  });
}

function problemOf(name: string, value: string): { readonly why: string; readonly cure: string } | undefined {
  if (name === "agent.key" && value.length < AGENT_KEY_LENGTH_MIN) {
    return {
      why: `has ${value.length} characters: with fewer than ${AGENT_KEY_LENGTH_MIN} it could be guessed, and a stranger could make a node give the address up`,
      cure: "Make one with: openssl rand -hex 32",
    };
  }
  // oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(value))
    return {
      why: "holds a line end or another control character",
      cure: "Give the secret alone, on one line.",
    };
  const isUrl = /\.(?:webhook|slack|teams|alertmanager)$/.test(name);
  if (isUrl && !/^https?:\/\/[^\s/]+/.test(value))
    return {
      why: "is no URL that begins with https:// or http://",
      cure: "Look where the reference points.",
    };
  return undefined;
}

/** Throws where a traffic rule is about a proxy that haproxy.cfg does not have: HAProxy would never report it. */
export function requireKnownProxies(pair: Pair, haproxyConfig: string): void {
  const unknown = unknownProxies(pair, haproxyConfig);
  const [first] = unknown;
  if (first === undefined) return;
  throw new HapairError({
    kind: "usage",
    code: "unknown-backend",
    message: unknown.map(({ message }) => message).join("; "),
    hint:
      first.meant === undefined
        ? "Name one of them under traffic, or take the rule away."
        : `Did you mean ${first.path[2]}: ${first.meant}?`,
  });
}
