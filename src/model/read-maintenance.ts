// maintenance: who takes the address when the peers fall silent, how long a maintenance lasts, how long connections are waited for.
// Rule: without a key its default stands, and the default silence is never shorter than a restart of keepalived.

import { type Path, pathText } from "./fields.ts";
import type { MaintenanceSettings } from "./pair.ts";
import { defaultMaintenance } from "./profiles.ts";
import type { RouterDraft } from "./read-routers.ts";
import { skewMs } from "./read-settings.ts";
import { readTimeSpan, type SpanRange } from "./read-time-span.ts";
import { addAt, addAtKey, type Reading } from "./reading.ts";
import { valueAt } from "./shape.ts";
import { timeSpanMs } from "./time-text.ts";

const SECTION = "maintenance";

const SILENCE: SpanRange = {
  minimum: "5s",
  maximum: "10m",
  example: "10s",
  consequence:
    "a shorter silence can be the peer's restart, which would move the address; after a longer one nobody has answered for as long",
};
const LIMIT: SpanRange = {
  minimum: "1m",
  maximum: "7d",
  example: "2h",
  consequence:
    "a maintenance that ends sooner ends under the work; one that lasts longer is forgotten, and the pair is one node",
};
const DRAIN: SpanRange = {
  minimum: "0s",
  maximum: "1h",
  example: "60s",
  consequence: "one idle connection would hold the switch up for all that time",
};

/** Reads maintenance:; `routers` say how long a restart of keepalived keeps a node silent. */
export function readMaintenance(reading: Reading, routers: readonly RouterDraft[]): MaintenanceSettings {
  const lastResort = readLastResort(reading);
  const restart = slowestRestart(reading, routers);
  const silenceS = readSeconds(reading, "silence", SILENCE);
  if (silenceS !== undefined && restart !== undefined && lastResort === "take")
    checkSilence(reading, silenceS, restart);
  return {
    lastResort,
    silenceS: silenceS ?? Math.max(defaultMaintenance.silenceS, restart?.seconds ?? 0),
    limitS: readSeconds(reading, "limit", LIMIT) ?? defaultMaintenance.limitS,
    drainS: readSeconds(reading, "drain", DRAIN) ?? defaultMaintenance.drainS,
  };
}

/** Whole seconds, upwards: what counts them on the nodes (sleep, systemd, keepalived) counts no less. */
function readSeconds(
  reading: Reading,
  key: "silence" | "limit" | "drain",
  range: SpanRange,
): number | undefined {
  const written = reading.file.maintenance?.[key];
  if (written === undefined) return undefined;
  const span = readTimeSpan(reading, [SECTION, key], written, range);
  return span === undefined ? undefined : Math.ceil(span / 1000);
}

// The second is how a flag is spelt, and so how many write it.
const SPELLINGS = ["last_resort", "last-resort"] as const;

function readLastResort(reading: Reading): MaintenanceSettings["lastResort"] {
  const written = SPELLINGS.filter((key) => valueAt(reading.tree.value, [SECTION, key]) !== undefined);
  if (written.length > 1) {
    addAtKey(reading, "HP092", [SECTION, SPELLINGS[1]], {
      message: `${SPELLINGS[1]} stands beside ${SPELLINGS[0]}, which is the same key`,
      consequence: "it would be left open whether a node under maintenance takes the address",
      advice: `${SPELLINGS[0]} alone`,
    });
  }
  const values = SPELLINGS.map((key) => reading.file.maintenance?.[key]);
  return values.find((value) => value !== undefined) ?? defaultMaintenance.lastResort;
}

// keepalived started anew is a standby: it becomes MASTER after three advertisements missed (down_timer_adverts) and its skew.
const ADVERTS_MISSED = 3;
// keepalived waits a second for its children when it stops; the rest is its start.
const STOP_AND_START_MS = 1500;

/** How long a node says nothing while its keepalived restarts and nobody else takes the address. */
interface Restart {
  /** Rounded up. */
  readonly seconds: number;
  readonly sum: string;
}

/** The slowest router's. The least preferred node has the longest skew, and may be the one that carries the address. */
function slowestRestart(reading: Reading, routers: readonly RouterDraft[]): Restart | undefined {
  return routers
    .flatMap((router) => (router.advertIntervalUs === undefined ? [] : [router]))
    .map((router): Restart => {
      const intervalMs = (router.advertIntervalUs ?? 0) / 1000;
      const skew = Math.floor(skewMs(reading, router, router.prefer.at(-1)));
      return {
        seconds: Math.ceil((ADVERTS_MISSED * intervalMs + skew + STOP_AND_START_MS) / 1000),
        sum: `${ADVERTS_MISSED} × ${intervalMs} ms of advertisements + ${skew} ms skew + ${STOP_AND_START_MS} ms to stop and start`,
      };
    })
    .toSorted((left, right) => right.seconds - left.seconds)[0];
}

function checkSilence(reading: Reading, silenceS: number, restart: Restart): void {
  if (silenceS >= restart.seconds) return;
  const path: Path = [SECTION, "silence"];
  const isTaken = restart.seconds * 1000 <= (timeSpanMs(SILENCE.maximum) ?? 0);
  addAt(reading, "HP093", path, {
    message: `${pathText(path)} is ${silenceS} s, and a restart of keepalived takes up to ${restart.seconds} s: ${restart.sum}`,
    consequence:
      "when keepalived restarts on the node that carries the address, the node under maintenance takes it",
    advice: isTaken ? `silence: ${restart.seconds}s, or a shorter advert_int` : "a shorter advert_int",
  });
}
