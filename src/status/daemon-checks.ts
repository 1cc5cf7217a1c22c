// Checks of the two daemons on each node: both run, with what lies on the disk, and keepalived watches what HAProxy's hooks write. Pure.

import { nodePaths } from "../render/index.ts";
import { type Answer, type Check, okOr } from "./check.ts";
import type { NodeObservation, UnitState } from "./observation.ts";
import { clockText } from "./time-text.ts";

export const daemonChecks: readonly Check[] = [
  { check: "keepalived-active", ofNode: (_node, { keepalived }) => unitAnswers("keepalived", keepalived) },
  { check: "haproxy-active", ofNode: (_node, { haproxy }) => unitAnswers("haproxy", haproxy) },
  {
    check: "agent-active",
    ofNode: (_node, { agentUnit }, { pair }) => (pair.agent === undefined ? [] : agentAnswers(agentUnit)),
  },
  { check: "health-address", ofNode: (_node, observation) => [healthAnswer(observation)] },
  { check: "second-file", ofNode: (_node, observation) => [secondFile(observation)] },
  { check: "watched-files", ofNode: (_node, observation) => watchedFiles(observation) },
  { check: "runs-its-file", ofNode: (_node, observation) => runsItsFile(observation) },
];

function unitAnswers(unit: "keepalived" | "haproxy" | "hapair-agent", state: UnitState): Answer[] {
  const checked = `${unit} is active and starts at boot`;
  const since = state.startedAtMs === undefined ? "" : `, since ${clockText(state.startedAtMs)}`;
  const restarts = state.restarts === 0 ? "" : `, restarted ${state.restarts} times by systemd`;
  const evidence = `${state.active} (${state.sub})${since}${restarts}, ${state.atBoot === "" ? "boot unknown" : state.atBoot}`;
  if (state.load === "not-found")
    return [
      {
        checked,
        outcome: "failed",
        evidence: "not installed",
        advice: `install it: apt-get install ${unit}`,
      },
    ];
  if (state.active !== "active") {
    return [
      {
        checked,
        outcome: "failed",
        evidence: `${evidence}, result ${state.result}`,
        advice: `journalctl -u ${unit} -n 50 says why; systemctl start ${unit}`,
      },
    ];
  }
  const enabled = state.atBoot.startsWith("enabled") || state.atBoot === "static";
  const answer = okOr(
    enabled,
    checked,
    evidence,
    `after a reboot it stays off: systemctl enable ${unit}`,
    "warning",
  );
  if (!state.needsDaemonReload) return [answer];
  return [
    answer,
    {
      checked: `systemd has read ${unit}'s unit files`,
      outcome: "warning",
      evidence: "NeedDaemonReload=yes",
      advice: "systemctl daemon-reload",
    },
  ];
}

/** The pair fails over without it, but nobody is told, and no traffic rule moves anything. */
function agentAnswers(agent: UnitState | undefined): Answer[] {
  if (agent === undefined || agent.load === "not-found") {
    const checked = "hapair-agent is active and starts at boot";
    const outcome = agent === undefined ? "unknown" : "failed";
    return [{ checked, outcome, evidence: "not there", advice: "hapair apply puts it there" }];
  }
  return unitAnswers("hapair-agent", agent);
}

function healthAnswer(observation: NodeObservation): Answer {
  const { health } = observation;
  const checked = `${health.url} answers on the node`;
  if (health.curlExit === 127)
    return {
      checked,
      outcome: "unknown",
      evidence: "there is no curl on the node",
      advice: "install curl: the check script needs it too",
    };
  const evidence =
    health.httpStatus > 0
      ? `HTTP ${health.httpStatus} in ${health.elapsedMs} ms`
      : `no answer (curl exit ${health.curlExit})`;
  const advice =
    health.curlExit === 28
      ? "HAProxy hangs: systemctl restart haproxy"
      : "HAProxy is down or runs without hapair's second file: hapair apply";
  return okOr(health.httpStatus === 200, checked, evidence, advice);
}

function secondFile(observation: NodeObservation): Answer {
  const checked = "HAProxy runs with hapair's second file";
  if (observation.haproxyCommand === "")
    return { checked, outcome: "skipped", evidence: "HAProxy is not running" };
  const loaded =
    observation.haproxyCommand.includes(nodePaths.secondHaproxyConf) ||
    observation.haproxyCommand.includes("conf.d");
  const inUnit = observation.haproxy.command.includes(nodePaths.secondHaproxyConf);
  const advice = inUnit
    ? "the unit has it, the running process not yet: systemctl restart haproxy"
    : "hapair apply writes the drop-in that loads it";
  return okOr(loaded, checked, observation.haproxyCommand, advice);
}

function watchedFiles(observation: NodeObservation): Answer[] {
  const { configuration, watch } = observation;
  const tracked = Object.entries(configuration?.trackedPaths ?? {}).filter(([, path]) =>
    path.startsWith(`${nodePaths.watchDirectory}/`),
  );
  const checked = `keepalived watches ${nodePaths.watchDirectory}`;
  if (tracked.length === 0) {
    return [
      {
        checked,
        outcome: "skipped",
        evidence:
          configuration === undefined ? "no keepalived.conf" : "its configuration tracks no file there",
      },
    ];
  }
  const recreate =
    "systemd-tmpfiles --create, then write the present state (systemctl restart haproxy), then systemctl restart keepalived";
  if (watch === undefined)
    return [
      {
        checked,
        outcome: "failed",
        evidence: `${nodePaths.watchDirectory} is missing: keepalived takes every file in it for healthy`,
        advice: recreate,
      },
    ];
  const values = watch.files.map((file) => `${file.name} ${file.value.trim() || "empty"}`).join(", ");
  const missing = tracked
    .map(([name]) => name)
    .filter((name) => !watch.files.some((file) => file.name === name));
  if (missing.length > 0)
    return [
      {
        checked,
        outcome: "failed",
        evidence: `missing: ${missing.join(", ")} (there: ${values || "nothing"})`,
        advice: "a missing file counts as healthy; systemd-tmpfiles --create makes it",
      },
    ];
  if (watch.watchedByKeepalived === undefined)
    return [{ checked, outcome: "skipped", evidence: `keepalived is not running; ${values}` }];
  return [
    okOr(
      watch.watchedByKeepalived,
      checked,
      watch.watchedByKeepalived
        ? `inotify watch on the directory; ${values}`
        : `no inotify watch on it: it was made anew after keepalived started; ${values}`,
      "systemctl restart keepalived (a holder's VIP moves)",
    ),
  ];
}

/** What runs is as new as what lies on the disk. Files are dated to the second. */
function runsItsFile(observation: NodeObservation): Answer[] {
  const reloads = observation.notes
    .filter((note) => /reload|configuration file/i.test(note.text))
    .map((note) => note.atMs);
  const keepalivedLoaded = Math.max(
    observation.keepalived.startedAtMs ?? 0,
    observation.keepalived.changedAtMs ?? 0,
    ...reloads,
  );
  const haproxyLoaded = Math.max(observation.haproxy.startedAtMs ?? 0, observation.haproxy.changedAtMs ?? 0);
  const haproxyFiles = [nodePaths.haproxyConf, nodePaths.secondHaproxyConf].flatMap(
    (path) => observation.changedAtMs[path] ?? [],
  );
  return [
    loadedAnswer(
      "keepalived",
      observation.keepalived,
      keepalivedLoaded,
      observation.configuration?.changedAtMs,
    ),
    loadedAnswer(
      "haproxy",
      observation.haproxy,
      haproxyLoaded,
      haproxyFiles.length === 0 ? undefined : Math.max(...haproxyFiles),
    ),
  ];
}

function loadedAnswer(
  unit: string,
  state: UnitState,
  loadedMs: number,
  changedMs: number | undefined,
): Answer {
  const checked = `${unit} runs the configuration on disk`;
  if (changedMs === undefined)
    return { checked, outcome: "unknown", evidence: "its configuration file is not there" };
  if (state.active !== "active" || loadedMs === 0)
    return { checked, outcome: "skipped", evidence: `${unit} is ${state.active}` };
  const evidence = `file of ${clockText(changedMs)}, loaded ${clockText(loadedMs)}`;
  return okOr(
    loadedMs >= changedMs,
    checked,
    evidence,
    `the file changed since: check it, then systemctl reload ${unit}`,
    "warning",
  );
}
