// The built agent as a process of its own: in a temporary folder with a real FIFO, a journal that is a file followed by tail, and settings of the test's making.

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentSettings, SETTINGS_VERSION } from "../../src/agent-api/index.ts";
import { childrenOf } from "./process-figures.ts";

const project = new URL("../..", import.meta.url).pathname;
export const agentProgram = join(project, "dist/agent/hapair-agent.mjs");
/** What the agent is built from. */
const AGENT_FOLDERS = [
  "src/agent",
  "src/agent-api",
  "src/base",
  "src/diagnostics",
  "src/haproxy",
  "src/policy",
];

/** Builds the agent where it is missing, or older than what it is made from. */
export function buildAgentIfStale(): void {
  const builtMs = existsSync(agentProgram) ? statSync(agentProgram).mtimeMs : 0;
  const isStale = AGENT_FOLDERS.some((folder) =>
    readdirSync(join(project, folder), { recursive: true, encoding: "utf8" }).some(
      (name) => /(?<!\.test)\.ts$/.test(name) && statSync(join(project, folder, name)).mtimeMs > builtMs,
    ),
  );
  if (!isStale) return;
  const words = ["rolldown", "--config", "rolldown.config.ts", "--logLevel", "warn"];
  const { status, stderr } = spawnSync("npx", words, { cwd: project, encoding: "utf8" });
  if (status !== 0) throw new Error(`the agent cannot be built: ${stderr}`);
}

export interface StartOptions {
  readonly words?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Where an agent under test lives. */
export interface AgentSite {
  readonly directory: string;
  readonly settings: AgentSettings;
  /** Starts the agent; one at a time. Words are for node, before the program; the environment is over the little that it has anyway. */
  start(how?: StartOptions): void;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and waits until it is gone; gives its exit code. */
  stop(): Promise<number | null>;
  readonly child: ChildProcess | undefined;
  /** Process numbers of what the agent has started and that still runs. */
  children(): number[];
  /** Everything the agent said on its outputs. */
  said(): string;
  /** A line into the notify FIFO, as keepalived writes it. */
  notify(line: string): void;
  /** An entry into the journal that the agent follows. */
  journal(entry: Readonly<Record<string, string>>): void;
  /** GET or POST on the control socket; undefined while nobody answers. */
  ask(path: string, method?: "GET" | "POST"): Promise<string | undefined>;
  opinion(): string;
  remove(): Promise<void>;
}

// tail, not journalctl: line N of the file is the entry with cursor N.
const JOURNAL_SCRIPT = `file=$1
from=1
for word in "$@"; do case "$word" in --after-cursor=*) from=$((\${word#--after-cursor=} + 1)) ;; esac; done
# --pid: it ends with its agent, also with one that was killed.
exec tail -n "+$from" -f --pid="$PPID" "$file"
`;

/** A free folder with an agent that is not yet started. `change` has the last word on the settings. */
export function agentSite(
  change: (settings: AgentSettings, directory: string) => AgentSettings = (settings) => settings,
  node = "lb1",
): AgentSite {
  const directory = mkdtempSync(join(tmpdir(), "hapair-agent-"));
  const at = (name: string): string => join(directory, name);
  for (const folder of ["state", "watch"]) mkdirSync(at(folder), { mode: 0o700 });
  for (const [name, value] of [
    ["process", "0"],
    ["traffic", "0"],
    ["hold", "0"],
  ] as const)
    writeFileSync(at(`watch/${name}`), `${value}\n`);
  execFileSync("mkfifo", [at("notify")]);
  writeFileSync(at("journal"), "");
  writeFileSync(at("journal.sh"), JOURNAL_SCRIPT);
  const settings = change(defaultSettings(directory, node), directory);
  const settingsFile = at("settings.json");
  writeFileSync(settingsFile, JSON.stringify(settings), { mode: 0o600 });
  // Open for reading too, so that lines written while the agent is dead wait in the pipe.
  const fifo = openSync(at("notify"), constants.O_RDWR | constants.O_NONBLOCK);
  let cursor = 0;
  let child: ChildProcess | undefined;
  let gone: Promise<number | null> = Promise.resolve(null);
  let output = "";
  return {
    directory,
    settings,
    get child() {
      return child;
    },
    start({ words = [], environment = {} } = {}) {
      const started = spawn(process.execPath, [...words, agentProgram, "run", settingsFile], {
        stdio: ["ignore", "pipe", "pipe"],
        env: { PATH: process.env["PATH"], ...environment },
      });
      for (const stream of [started.stdout, started.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          output = (output + text).slice(-200_000);
        });
      }
      gone = new Promise((resolve) => started.once("close", resolve));
      child = started;
    },
    children: () => (child?.pid === undefined ? [] : childrenOf(child.pid)),
    async kill() {
      const left = this.children();
      child?.kill("SIGKILL");
      await gone;
      for (const pid of left) endOrphan(pid);
    },
    async stop() {
      child?.kill("SIGTERM");
      return await gone;
    },
    said: () => output,
    notify: (line) => void writeSync(fifo, `${line}\n`),
    journal(entry) {
      cursor += 1;
      const whole = { __CURSOR: String(cursor), __REALTIME_TIMESTAMP: String(Date.now() * 1000), ...entry };
      appendFileSync(at("journal"), `${JSON.stringify(whole)}\n`);
    },
    ask: (path, method = "GET") => askSocket(settings.paths.controlSocket, path, method),
    opinion: () => readFileSync(at("watch/traffic"), "utf8").trim(),
    async remove() {
      await this.kill();
      closeSync(fifo);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Ends what a killed agent left behind, unless it has ended by itself. */
function endOrphan(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It was quicker.
  }
}

function askSocket(socketPath: string, path: string, method: string): Promise<string | undefined> {
  if (!existsSync(socketPath)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const asked = request({ socketPath, path, method, timeout: 20_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
      response.on("error", () => resolve(undefined));
    });
    asked.on("error", () => resolve(undefined));
    asked.on("timeout", () => asked.destroy());
    asked.end();
  });
}

function defaultSettings(directory: string, node: string): AgentSettings {
  const at = (name: string): string => join(directory, name);
  return {
    version: SETTINGS_VERSION,
    pair: "ext-lb",
    node,
    nodes: [
      { name: "lb1", address: "127.0.0.1", interface: "lo" },
      { name: "lb2", address: "127.0.0.2", interface: "lo" },
    ],
    routers: [
      {
        name: "ext-lb",
        vrid: 50,
        prefer: ["lb1", "lb2"],
        advertIntervalMs: 1000,
        takeoverMs: 3650,
        vips: [{ name: "vip", address: "10.150.160.32", interface: "ens192" }],
      },
    ],
    haproxy: {
      runtimeSocket: at("haproxy.sock"),
      healthUrl: "http://127.0.0.1:1/healthz",
      pollMs: 250,
      timeLimitMs: 250,
      slowMs: 250,
    },
    rules: [],
    peers: { port: 0, key: "a key for tests alone", beatMs: 200, silentMs: 1000, consentMs: 1500 },
    alerts: {
      routes: [],
      quietTimes: [],
      patienceMs: {},
      retryForMs: 86_400_000,
      retryFirstMs: 1000,
      retryMaxMs: 300_000,
      takeOverAfterMs: 10_000,
      logBytesMax: 16_000_000,
      certificateDays: 21,
    },
    paths: {
      stateDirectory: at("state"),
      controlSocket: at("control.sock"),
      notifyFifo: at("notify"),
      watchDirectory: at("watch"),
      keepalivedConf: at("keepalived.conf"),
      haproxyConf: at("haproxy.cfg"),
      appliedMark: at("applied"),
      maintenance: at("maintenance"),
      lastResort: at("last-resort"),
      drainDirectory: at("drain"),
    },
    sources: { journal: ["/bin/sh", at("journal.sh"), at("journal")], addresses: [], units: [] },
  };
}
