// agent: whether there is one, its key, where it listens. Any of agent:, alerts: and traffic: asks for it.

import { isLoopback, parseAddress } from "./address.ts";
import { fieldTable, type Path, pathText } from "./fields.ts";
import type { AgentOptions, HaproxySettings } from "./pair.ts";
import { shown } from "./places.ts";
import { readAlerts } from "./read-alerts.ts";
import { readTraffic } from "./read-traffic.ts";
import { addAt, addAtKey, type Reading } from "./reading.ts";
import { readSecretReference } from "./secret.ts";
import { valueAt } from "./shape.ts";

const DEFAULT_PORT = 8406;
const DEFAULT_METRICS = { address: "127.0.0.1", port: 8407 } as const;
const DEFAULT_POLL_MS = 250;

/** Stands for each node's own address. */
export const OWN_ADDRESS = "node";

/** Reads agent:, alerts: and traffic:; undefined where the file asks for no agent, or where its key has a finding. */
export function readAgent(reading: Reading, haproxy: HaproxySettings | undefined): AgentOptions | undefined {
  const { tree, file } = reading;
  const asking = (["agent", "alerts", "traffic"] as const).filter(
    (key) => valueAt(tree.value, [key]) !== undefined,
  );
  const [first] = asking;
  if (first === undefined) return undefined;
  const rules = readTraffic(reading);
  const alerts = readAlerts(reading);
  const metrics = readMetrics(reading, haproxy);
  if (!asking.includes("agent") && !reading.isMisspelt(["agent"])) {
    const field = fieldTable["agent.key"];
    addAtKey(reading, "HP011", [first], {
      message: `${first} asks for the agent, and the file says no agent.key: ${field?.wanted} is wanted`,
      advice: field?.example ?? "",
    });
  }
  const path: Path = ["agent", "key"];
  const written = file.agent?.key;
  const key = written === undefined ? undefined : readSecretReference(tree, path, written, reading.findings);
  if (key === undefined || metrics === undefined) return undefined;
  return {
    port: file.agent?.port ?? DEFAULT_PORT,
    key,
    metrics,
    pollMs: file.agent?.poll_ms ?? DEFAULT_POLL_MS,
    rules,
    alerts,
  };
}

const PORT_MAX = 65_535;

function readMetrics(
  reading: Reading,
  haproxy: HaproxySettings | undefined,
): AgentOptions["metrics"] | undefined {
  const written = reading.file.agent?.metrics;
  const path: Path = ["agent", "metrics"];
  if (written === "off") return "off";
  const metrics = written === undefined ? DEFAULT_METRICS : endpointOf(written);
  if (metrics === undefined) {
    addAt(reading, "HP020", path, {
      message: `${pathText(path)} is ${shown(written)}: not an address with a port from 1 to ${PORT_MAX}, node:PORT, or off`,
      advice: "metrics: 127.0.0.1:8407",
    });
    return undefined;
  }
  if (!isOnEveryNode(metrics.address)) {
    addAt(reading, "HP088", path, {
      message: `${pathText(path)} is ${shown(written)}: an address that one node alone can have`,
      consequence: "on the other nodes nobody can ask the agent",
      advice: `metrics: ${OWN_ADDRESS}:${metrics.port}, which is each node's own address`,
    });
    return undefined;
  }
  if (haproxy?.healthPort === metrics.port && sharesSocket(metrics.address, haproxy.healthAddress)) {
    addAt(reading, "HP089", path, {
      message: `metrics and HAProxy's health both want port ${metrics.port}`,
      consequence: "whichever starts second does not start",
      advice: "metrics: 127.0.0.1:8407, or another haproxy.health",
    });
  }
  return metrics;
}

function endpointOf(written: string): { address: string; port: number } | undefined {
  const parts = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(written);
  const port = Number(parts?.[3] ?? 0);
  const address = parts?.[1] ?? parts?.[2] ?? "";
  if (port < 1 || port > PORT_MAX) return undefined;
  if (address === OWN_ADDRESS) return { address, port };
  const parsed = parseAddress(address);
  return parsed.kind === "address" ? { address: parsed.address.text, port } : undefined;
}

const WILDCARDS: readonly string[] = ["0.0.0.0", "::"];

function isOnEveryNode(address: string): boolean {
  const parsed = parseAddress(address);
  return (
    address === OWN_ADDRESS ||
    WILDCARDS.includes(address) ||
    (parsed.kind === "address" && isLoopback(parsed.address))
  );
}

function sharesSocket(metrics: string, health: string): boolean {
  return metrics === health || WILDCARDS.includes(metrics);
}
