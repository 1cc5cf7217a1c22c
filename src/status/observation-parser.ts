// The observation script's lines to a NodeObservation. Pure: anything missing or unreadable is absent in the result, never an exception.

import { readAgentStatus } from "../agent-api/index.ts";
import type { ObservationRequest } from "./observation-script.ts";
import { summariseConfiguration } from "./configuration-summary.ts";
import { addressesOf, advertsOf, unitsOf, watchOf } from "./observation-fields.ts";
import type {
  HealthAnswer,
  InstanceState,
  JournalNote,
  KeepalivedConfiguration,
  LoggedState,
  NodeObservation,
} from "./observation.ts";
import { operationOf } from "./operation-parser.ts";
import { withoutControls } from "./plain-text.ts";
import { type Clock, clockOf, first, type Sections, sectionsOf, valuesOf } from "./script-answer.ts";
import { setupOf } from "./setup-parser.ts";

/** The asking machine's wall clock around the asking, milliseconds. */
export interface AskedBetween {
  readonly sentMs: number;
  readonly answeredMs: number;
}

/** Reads the output of `observationScript(request)`. undefined: it is not the output of that script (cut short, or a login banner only). */
export function parseObservation(
  node: string,
  output: string,
  request: ObservationRequest,
  asked: AskedBetween,
): NodeObservation | undefined {
  const sections = sectionsOf(output);
  const clock = clockOf(sections);
  if (clock === undefined) return undefined;
  const units = unitsOf(sections.get("unit") ?? [], clock);
  const manager = valuesOf(sections.get("manager") ?? []);
  const journal = journalOf(sections.get("journal") ?? [], clock);
  const booted = Number(manager.get("UserspaceTimestampMonotonic") ?? 0);
  const adverts = advertsOf(sections, request);
  const watch = watchOf(sections, units.keepalived.mainPid > 0);
  const configuration = configurationOf(sections);
  const operation = operationOf(sections, clock, units.states);
  const { links, addresses } = addressesOf(first(sections, "addresses"));
  const files = (sections.get("file") ?? []).map((text) => text.split(" "));
  return {
    node,
    hostname: first(sections, "hostname"),
    wallMs: clock.wallMs,
    tookMs: clock.tookMs,
    ...clockDifference(clock, asked),
    ...(booted > 0 ? { bootedAtMs: clock.wallOf(booted) } : {}),
    versions: {
      keepalived: /v(\d[\w.]*)/.exec(first(sections, "version.keepalived"))?.[1] ?? "",
      haproxy: /version (\S+)/.exec(first(sections, "version.haproxy"))?.[1] ?? "",
      systemd: manager.get("Version") ?? "",
    },
    links,
    addresses,
    keepalived: units.keepalived,
    haproxy: units.haproxy,
    ...(units.agentUnit === undefined ? {} : { agentUnit: units.agentUnit }),
    haproxyCommand: first(sections, "haproxy.command").trim(),
    listening: sections.get("listening") ?? [],
    ...journal,
    ...(configuration === undefined ? {} : { configuration }),
    ...(watch === undefined ? {} : { watch }),
    ...(operation === undefined ? {} : { operation }),
    health: healthOf(first(sections, "health"), request.healthUrl),
    checksums: Object.fromEntries(files.flatMap(([path, sum]) => (path && sum ? [[path, sum]] : []))),
    changedAtMs: Object.fromEntries(
      files.flatMap(([path, , at]) => (path && at ? [[path, Number(at) * 1000]] : [])),
    ),
    ...(adverts === undefined ? {} : { adverts }),
    advertsCountedMs: adverts === undefined ? 0 : request.captureMs,
    ...(request.agentSocket === undefined ? {} : agentOf(sections)),
    ...(request.thorough ? { setup: setupOf(sections, request) } : {}),
  };
}

function agentOf(sections: Sections): Pick<NodeObservation, "agent" | "agentCurlExit"> {
  const agent = readAgentStatus(first(sections, "agent"));
  return {
    agentCurlExit: Number(first(sections, "agent.asked") || 127),
    ...(agent === undefined ? {} : { agent }),
  };
}

function clockDifference(
  clock: Clock,
  asked: AskedBetween,
): Pick<NodeObservation, "clockAheadMs" | "clockUncertaintyMs"> {
  // The node looked for `tookMs` somewhere between the two readings here.
  const slackMs = Math.max(0, asked.answeredMs - asked.sentMs - clock.tookMs);
  return {
    clockAheadMs: Math.round(clock.wallMs - (asked.sentMs + slackMs / 2)),
    clockUncertaintyMs: Math.round(slackMs / 2),
  };
}

const STATE_LINE = /^\(([^)]+)\):? [Ee]ntering (MASTER|BACKUP|FAULT)\b/i;

function journalOf(lines: readonly string[], clock: Clock): { states: LoggedState[]; notes: JournalNote[] } {
  const notes: JournalNote[] = [];
  const states = new Map<string, LoggedState>();
  // Newest first, so the first state of an instance is its present one.
  for (const line of lines) {
    const entry = journalEntry(line);
    if (entry === undefined) continue;
    const atMs = clock.wallOf(entry.monotonicUs);
    const match = STATE_LINE.exec(entry.text);
    const [, instance, state] = match ?? [];
    if (instance === undefined || state === undefined) {
      notes.push({ atMs, text: entry.text });
    } else if (!states.has(instance)) {
      states.set(instance, {
        instance,
        state: state.toUpperCase() as InstanceState,
        sinceMs: atMs,
        text: entry.text,
      });
    }
  }
  return { states: [...states.values()], notes };
}

function journalEntry(line: string): { monotonicUs: number; text: string } | undefined {
  try {
    const entry = JSON.parse(line) as Record<string, unknown>;
    const text = entry["MESSAGE"];
    const monotonicUs = Number(entry["__MONOTONIC_TIMESTAMP"]);
    return typeof text === "string" && Number.isFinite(monotonicUs)
      ? { monotonicUs, text: withoutControls(text) }
      : undefined;
  } catch {
    // A line cut by a time limit.
    return undefined;
  }
}

function configurationOf(sections: Sections): KeepalivedConfiguration | undefined {
  const [mode, owner, , changedS] = first(sections, "conf.file").split(" ");
  if (mode === undefined || owner === undefined || changedS === undefined) return undefined;
  const text = `${(sections.get("conf") ?? []).join("\n")}\n`;
  return { mode, owner, changedAtMs: Number(changedS) * 1000, ...summariseConfiguration(text) };
}

function healthOf(text: string, url: string): HealthAnswer {
  const [exit, status, seconds] = text.split(" ");
  return {
    url,
    curlExit: Number(exit ?? 127),
    httpStatus: Number(status ?? 0) || 0,
    elapsedMs: Math.round((Number(seconds ?? 0) || 0) * 10_000) / 10,
  };
}
