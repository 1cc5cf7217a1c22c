// hapair-agent: the program on the node. `run SETTINGS` is what the unit does; `events` reads the log when the agent does not run.

import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { readSettings } from "../agent-api/index.ts";
import { HapairError, messageOf } from "../base/index.ts";
import { loggedEvents } from "./logged-events.ts";
import { runAgent } from "./run.ts";
import type { Say } from "./say.ts";

declare const __HAPAIR_VERSION__: string | undefined;

const version = typeof __HAPAIR_VERSION__ === "string" ? __HAPAIR_VERSION__ : "development";

const USAGE = `usage:
  hapair-agent run SETTINGS
  hapair-agent events --directory STATE-DIRECTORY [--since-ms MILLISECONDS]
  hapair-agent --version
`;

const EXIT_USAGE = 2;
const EXIT_FAILED = 1;
/** Stopping takes no longer: a little less than its unit waits. */
const STOP_LIMIT_MS = 4500;

const priorities = { error: 3, warning: 4, info: 6 } as const;

const say: Say = (priority, line) => {
  process.stdout.write(`<${priorities[priority]}>${line.replaceAll("\n", " ")}\n`);
};

async function run(settingsFile: string): Promise<void> {
  const settings = readSettings(await readFile(settingsFile, "utf8"));
  const agent = await runAgent(settings, version, say);
  const stop = (): void => {
    setTimeout(() => process.exit(EXIT_FAILED), STOP_LIMIT_MS).unref();
    agent.stop().then(
      () => process.exit(0),
      () => process.exit(EXIT_FAILED),
    );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

async function printEvents(directory: string, sinceMs: number): Promise<void> {
  for await (const event of loggedEvents(`${directory}/log`, sinceMs)) {
    if (!process.stdout.write(`${JSON.stringify(event)}\n`)) {
      await new Promise((resolve) => {
        process.stdout.once("drain", resolve);
      });
    }
  }
}

function isMoment(text: string): boolean {
  return text !== "" && Number.isFinite(Number(text));
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      directory: { type: "string" },
      "since-ms": { type: "string", default: "0" },
      version: { type: "boolean", default: false },
    },
  });
  const [command, file] = positionals;
  if (values.version) process.stdout.write(`${version}\n`);
  else if (command === "run" && file !== undefined) await run(file);
  else if (command === "events" && values.directory !== undefined && isMoment(values["since-ms"]))
    await printEvents(values.directory, Number(values["since-ms"]));
  else {
    process.stderr.write(USAGE);
    process.exitCode = EXIT_USAGE;
  }
}

// Without a listener Node.js answers this signal with a debugger on 127.0.0.1, and who asks that one has every secret of the agent.
process.on("SIGUSR1", () => undefined);
// An agent with a broken belief is worth less than a new one: it ends, its unit takes the opinion back and starts it again.
process.on("uncaughtException", (thrown) => {
  process.stderr.write(`<2>${thrown.stack ?? thrown.message}\n`);
  process.exit(EXIT_FAILED);
});
main().catch((thrown: unknown) => {
  const hint = thrown instanceof HapairError && thrown.hint !== undefined ? `. ${thrown.hint}` : "";
  say("error", `${messageOf(thrown)}${hint}`);
  process.exit(EXIT_FAILED);
});
