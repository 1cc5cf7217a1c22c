// The application: every command's name and one line about it. A command's code is loaded only when it runs.

import { type Application, buildApplication, buildRouteMap, run, text_en } from "@stricli/core";
import { alertRoutes, historyCommand, whyCommand } from "./commands/agent-commands.ts";
import { applyCommand, planCommand, removeCommand } from "./commands/deploy-commands.ts";
import { compareCommand, demoCommand, drillCommand, proberCommand } from "./commands/drill-commands.ts";
import { explainCommand, initCommand, renderCommand } from "./commands/file-commands.ts";
import { lintCommand } from "./commands/lint-command.ts";
import { proveCommand } from "./commands/prove-command.ts";
import { simulateCommand } from "./commands/simulate-command.ts";
import { labRoutes } from "./commands/lab-commands.ts";
import { logsCommand, statusCommand, verifyCommand } from "./commands/status-commands.ts";
import { maintenanceRoutes, rollCommand, switchCommand } from "./commands/switch-commands.ts";
import type { HapairContext } from "./context.ts";
import { exitCodeOf, failureOf } from "./exit-code.ts";
import { AlreadyReported } from "./already-reported.ts";
import { hapairVersion } from "./version.ts";

const drillRoutes = buildRouteMap({
  routes: { run: drillCommand, compare: compareCommand },
  defaultCommand: "run",
  docs: { brief: "Make failures happen and measure what clients see" },
});

const routes = buildRouteMap({
  routes: {
    lint: lintCommand,
    simulate: simulateCommand,
    prove: proveCommand,
    init: initCommand,
    render: renderCommand,
    plan: planCommand,
    apply: applyCommand,
    remove: removeCommand,
    switch: switchCommand,
    maintenance: maintenanceRoutes,
    roll: rollCommand,
    verify: verifyCommand,
    status: statusCommand,
    logs: logsCommand,
    why: whyCommand,
    history: historyCommand,
    alert: alertRoutes,
    drill: drillRoutes,
    lab: labRoutes,
    explain: explainCommand,
    demo: demoCommand,
    prober: proberCommand,
  },
  docs: {
    brief: "One file describes an HAProxy + keepalived pair: linted, rendered, deployed, verified, drilled",
    hideRoute: { prober: true },
  },
});

/** The whole command line, also for the reference pages that are generated from it. */
export const application: Application<HapairContext> = buildApplication(routes, {
  name: "hapair",
  versionInfo: { currentVersion: hapairVersion },
  scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
  documentation: { caseStyle: "convert-camel-to-kebab", onlyRequiredInUsageLine: true },
  determineExitCode: (thrown) =>
    thrown instanceof AlreadyReported ? thrown.exitCode : failureOf(thrown).exitCode,
  localization: {
    text: {
      ...text_en,
      exceptionWhileRunningCommand: (thrown) =>
        thrown instanceof AlreadyReported ? "" : failureOf(thrown).text,
      exceptionWhileLoadingCommandFunction: (thrown) => failureOf(thrown).text,
      commandErrorResult: (error) => failureOf(error).text,
    },
  },
});

/** Runs the command line of a process and sets its exit code. */
export async function runApplication(process: NodeJS.Process): Promise<void> {
  await run(application, process.argv.slice(2), {
    process: process as NodeJS.Process & { exitCode: number | string | null },
  });
  process.exitCode = exitCodeOf(process.exitCode);
}
