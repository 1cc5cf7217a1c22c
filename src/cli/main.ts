#!/usr/bin/env node
// The entry of the command line: the version without loading anything, everything else through the application.

import { hapairVersion } from "./version.ts";

// A reader that closes early (head, a pager) is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

// A failure that nobody waited for is a bug, said as one.
process.on("unhandledRejection", (thrown) => {
  void import("./exit-code.ts").then(({ exitCodes, failureOf }) => {
    process.stderr.write(`${failureOf(thrown).text}\n`);
    process.exit(exitCodes.bug);
  });
});

const [first] = process.argv.slice(2);
if (first === "--version" || first === "-v") {
  process.stdout.write(`hapair ${hapairVersion}\n`);
} else {
  const { runApplication } = await import("./app.ts");
  await runApplication(process);
}
