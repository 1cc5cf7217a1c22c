// An agent's answers, read where they were asked for. Pure. Rule: it is another machine's text; unknown fields are passed over, nothing throws.

import { EVIDENCE_LENGTH_MAX, SUBJECT_LENGTH_MAX, VALUE_LENGTH_MAX } from "./facts.ts";
import { conditionCodes, severities } from "./incidents.ts";
import {
  fieldsOf,
  type Fields,
  fieldsOfText,
  known,
  listOf,
  momentOf,
  numberOf,
  oneOf,
  textOf,
} from "./reading.ts";
import {
  AGENT_STATUS_BYTES_MAX,
  AGENT_STATUS_VERSION,
  type AgentBackend,
  type AgentDurations,
  type AgentHolderView,
  type AgentIncident,
  type AgentInstance,
  type AgentLayer,
  type AgentOpinion,
  type AgentPeer,
  type AgentRoute,
  type AgentRule,
  type AgentStatus,
  type AlertTestResult,
  healthLayers,
  instanceStates,
  ruleGrades,
  STATUS_LIST_MAX,
} from "./status.ts";

/** Nodes of a pair, and addresses of a router, in one list. */
const NAMES_MAX = 32;

const nameOf = (value: unknown): string | undefined => textOf(value, SUBJECT_LENGTH_MAX) || undefined;
const namesOf = (value: unknown): string[] => listOf(value, NAMES_MAX, nameOf);

/** undefined: it is no status, or one of a version that this hapair does not know. */
export function readAgentStatus(text: string): AgentStatus | undefined {
  if (text.length > AGENT_STATUS_BYTES_MAX) return undefined;
  const fields = fieldsOfText(text);
  if (fields === undefined || fields["version"] !== AGENT_STATUS_VERSION) return undefined;
  const node = nameOf(fields["node"]);
  const nowMs = momentOf(fields["nowMs"]);
  const startedAtMs = momentOf(fields["startedAtMs"]);
  if (node === undefined || nowMs === undefined || startedAtMs === undefined) return undefined;
  const spool = fieldsOf(fields["spool"]) ?? {};
  const log = fieldsOf(fields["log"]) ?? {};
  const entries = <Entry>(name: string, read: (entry: Fields) => Entry | undefined): Entry[] =>
    entriesOf(fields[name], read);
  return {
    version: AGENT_STATUS_VERSION,
    program: textOf(fields["program"], VALUE_LENGTH_MAX) ?? "",
    pair: nameOf(fields["pair"]) ?? "",
    node,
    nodes: namesOf(fields["nodes"]),
    startedAtMs,
    nowMs,
    instances: entries("instances", instanceOf),
    holders: entries("holders", holderViewOf),
    health: healthOf(fieldsOf(fields["health"]) ?? {}),
    opinion: opinionOf(fieldsOf(fields["opinion"]) ?? {}),
    rules: entries("rules", ruleOf),
    backends: entries("backends", backendOf),
    incidents: entries("incidents", incidentOf),
    spool: { depth: countOf(spool["depth"]), ...known({ oldestAtMs: momentOf(spool["oldestAtMs"]) }) },
    routes: entries("routes", routeOf),
    peers: entries("peers", peerOf),
    log: { bytes: countOf(log["bytes"]), ...known({ trouble: textOf(log["trouble"], EVIDENCE_LENGTH_MAX) }) },
    checks: durationsOf(fieldsOf(fields["checks"]) ?? {}),
    looks: durationsOf(fieldsOf(fields["looks"]) ?? {}),
    certificates: entries("certificates", (entry) => {
      const [name, endsAtMs] = [nameOf(entry["name"]), momentOf(entry["endsAtMs"])];
      return name === undefined || endsAtMs === undefined ? undefined : { name, endsAtMs };
    }),
  };
}

/** One line of an alert test's answer; undefined where it is none. */
export function readAlertTestResult(line: string): AlertTestResult | undefined {
  const fields = fieldsOfText(line) ?? {};
  const [node, route] = [nameOf(fields["node"]), nameOf(fields["route"])];
  const result = oneOf(fields["result"], ["delivered", "failed"]);
  if (node === undefined || route === undefined || result === undefined) return undefined;
  return {
    node,
    route,
    result,
    tookMs: countOf(fields["tookMs"]),
    said: textOf(fields["said"], EVIDENCE_LENGTH_MAX) ?? "",
  };
}

function entriesOf<Entry>(value: unknown, read: (entry: Fields) => Entry | undefined): Entry[] {
  return listOf(value, STATUS_LIST_MAX, (entry) => {
    const fields = fieldsOf(entry);
    return fields === undefined ? undefined : read(fields);
  });
}

/** Not negative; 0 where it is not known. */
function countOf(value: unknown): number {
  return Math.max(0, numberOf(value) ?? 0);
}

function instanceOf(fields: Fields): AgentInstance | undefined {
  const router = nameOf(fields["router"]);
  const state = oneOf(fields["state"], instanceStates);
  const sinceMs = momentOf(fields["sinceMs"]);
  if (router === undefined || state === undefined || sinceMs === undefined) return undefined;
  return {
    router,
    state,
    sinceMs,
    ...known({ priority: numberOf(fields["priority"]) }),
    held: namesOf(fields["held"]),
  };
}

function holderViewOf(fields: Fields): AgentHolderView | undefined {
  const router = nameOf(fields["router"]);
  if (router === undefined) return undefined;
  return { router, holders: namesOf(fields["holders"]), unknown: namesOf(fields["unknown"]) };
}

function healthOf(fields: Fields): AgentStatus["health"] {
  const layer = (name: (typeof healthLayers)[number]): AgentLayer => {
    const entry = fieldsOf(fields[name]) ?? {};
    return {
      answer: oneOf(entry["answer"], ["ok", "bad", "unknown"]) ?? "unknown",
      value: textOf(entry["value"], VALUE_LENGTH_MAX) ?? "",
      ...known({ sinceMs: momentOf(entry["sinceMs"]) }),
    };
  };
  return {
    process: layer("process"),
    service: layer("service"),
    traffic: layer("traffic"),
    hold: layer("hold"),
  };
}

function opinionOf(fields: Fields): AgentOpinion {
  return {
    value: oneOf(fields["value"], ["kept", "given-up"]) ?? "kept",
    ...known({
      sinceMs: momentOf(fields["sinceMs"]),
      to: nameOf(fields["to"]),
      rule: nameOf(fields["rule"]),
    }),
  };
}

function ruleOf(fields: Fields): AgentRule | undefined {
  const name = nameOf(fields["name"]);
  if (name === undefined) return undefined;
  return {
    name,
    grade: oneOf(fields["grade"], ruleGrades) ?? "unknown",
    moves: fields["moves"] === true,
    ...known({ sinceMs: momentOf(fields["sinceMs"]) }),
  };
}

function backendOf(fields: Fields): AgentBackend | undefined {
  const name = nameOf(fields["name"]);
  if (name === undefined) return undefined;
  return {
    name,
    serversUp: countOf(fields["serversUp"]),
    serversTotal: countOf(fields["serversTotal"]),
    ...known({ atLeast: numberOf(fields["atLeast"]) }),
  };
}

function incidentOf(fields: Fields): AgentIncident | undefined {
  const id = nameOf(fields["id"]);
  const condition = oneOf(fields["condition"], conditionCodes);
  const severity = oneOf(fields["severity"], severities);
  const openedAtMs = momentOf(fields["openedAtMs"]);
  if (id === undefined || condition === undefined || severity === undefined || openedAtMs === undefined)
    return undefined;
  return {
    id,
    condition,
    severity,
    openedAtMs,
    scope: nameOf(fields["scope"]) ?? "",
    title: textOf(fields["title"], EVIDENCE_LENGTH_MAX) ?? "",
    owner: nameOf(fields["owner"]) ?? "",
  };
}

function routeOf(fields: Fields): AgentRoute | undefined {
  const name = nameOf(fields["name"]);
  if (name === undefined) return undefined;
  const last = fieldsOf(fields["last"]) ?? {};
  const result = oneOf(last["result"], ["delivered", "failed"]);
  const atMs = momentOf(last["atMs"]);
  const said = textOf(last["said"], EVIDENCE_LENGTH_MAX) ?? "";
  return {
    name,
    kind: textOf(fields["kind"], VALUE_LENGTH_MAX) ?? "",
    ...(result === undefined || atMs === undefined ? {} : { last: { result, atMs, said } }),
  };
}

function peerOf(fields: Fields): AgentPeer | undefined {
  const node = nameOf(fields["node"]);
  if (node === undefined) return undefined;
  return {
    node,
    heard: fields["heard"] === true,
    holders: entriesOf(fields["holders"], holderViewOf),
    ...known({
      lastHeardMsAgo: numberOf(fields["lastHeardMsAgo"]),
      roundTripMs: numberOf(fields["roundTripMs"]),
      clockAheadMs: numberOf(fields["clockAheadMs"]),
      agrees: typeof fields["agrees"] === "boolean" ? fields["agrees"] : undefined,
    }),
  };
}

function durationsOf(fields: Fields): AgentDurations {
  return {
    count: countOf(fields["count"]),
    ...known({
      lastMs: numberOf(fields["lastMs"]),
      p50Ms: numberOf(fields["p50Ms"]),
      p99Ms: numberOf(fields["p99Ms"]),
    }),
  };
}
