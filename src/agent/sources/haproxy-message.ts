// What HAProxy (2.4 to 3.2) says on its standard error, which systemd puts into the journal: how a reload ended, and servers that change.

import { type FactReport, SUBJECT_LENGTH_MAX } from "../../agent-api/index.ts";

/** `[ALERT]    (17355) : text`; 2.4 has the day and time before the process: `[WARNING] 303/161811 (12) : text`. */
const LINE = /^\[(NOTICE|WARNING|ALERT|EMERG)\]\s+(?:\d+\/\d+ )?\((\d+)\) : (.*)/;

/** 2.5 to 3.2 say it of every start and reload; 2.4 says nothing, and there the reload job's result tells. */
const LOADED = "Loading success.";
/** 2.5 to 3.0; 3.1 and later; 2.4. The old worker serves on. */
const NOT_LOADED = /^(?:Loading failure!|Failed to load worker!|Reexecuting Master process in waitpid mode)/;

const SERVER = /^(?:Backup )?Server ([\w.:-]+\/[\w.:-]+) (.*)/;

const SERVER_WORDS: readonly (readonly [RegExp, string])[] = [
  [/^is DOWN\b/, "down"],
  [/^is UP\b/, "up"],
  [/^(?:was DOWN and now enters|is going DOWN for) maintenance\b/, "maint"],
  [/^(?:enters drain state|is stopping)\b/, "drain"],
];

/** The last alert: said before the word that loading failed, it is the reason. */
export interface LastAlert {
  text?: string;
}

/** The facts of one line of HAProxy's; `alert` is brought up to date. */
export function readHaproxyMessage(message: string, alert: LastAlert): FactReport[] {
  const [, level, , text] = LINE.exec(message) ?? [];
  if (text === undefined) return [];
  if (text === LOADED) {
    delete alert.text;
    return [{ kind: "reload", subject: "haproxy", value: "ok" }];
  }
  if (NOT_LOADED.test(text)) {
    return [{ kind: "reload", subject: "haproxy", value: "failed", evidence: alert.text ?? message }];
  }
  // The sum of it says less than the alert before.
  if (level === "ALERT" && !/Fatal errors found|Error\(s\) found/.test(text)) alert.text = message;
  const [, server, said] = SERVER.exec(text) ?? [];
  if (server === undefined || said === undefined || server.length > SUBJECT_LENGTH_MAX) return [];
  const value = SERVER_WORDS.find(([pattern]) => pattern.test(said))?.[1];
  return value === undefined ? [] : [{ kind: "server", subject: server, value }];
}
