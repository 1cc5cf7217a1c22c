// vrrp_script blocks to values, with the daemon's defaults (keepalived-behaviour 3.1 and section 5).

import type { Span } from "../diagnostics/index.ts";
import { commandOf } from "./command-words.ts";
import { argumentText, type Block, type KeepalivedCst, spanOf, type Statement } from "./cst.ts";
import { argumentsOf, blocksNamed, statementsIn } from "./query.ts";
import { leadingIntegerIn, millisecondsIn } from "./values.ts";
import { isAtLeast, TESTED_VERSION } from "./version.ts";

export interface KeepalivedScript {
  readonly name: string;
  /** What stands behind `script`, as written. Absent: no line, and the daemon drops the script. */
  readonly scriptLine?: string;
  /** The program and its arguments as they are started; there is no shell. Absent also where a quote never closes. */
  readonly command?: readonly string[];
  /** Whole seconds before 2.3.2, milliseconds count since. */
  readonly intervalS: number;
  /** Without a line the interval. */
  readonly timeoutS: number;
  readonly rise: number;
  readonly fall: number;
  /** 0: a failure is a FAULT of the instance. */
  readonly weight: number;
  readonly reverse: boolean;
  /** `user USER [GROUP]`; absent: script_user of global_defs, or keepalived_script. */
  readonly user?: string;
  readonly span: Span;
  /** By keyword: where the line is that gave the value. */
  readonly lines: ReadonlyMap<string, Span>;
}

const SECONDS_MAX = 4294;
const COUNT_MAX = 2_147_483_647;

/** The scripts in the order of the file; of two with one name the daemon keeps the first. Whether the program exists is not asked here. */
export function readScripts(cst: KeepalivedCst, version: string = TESTED_VERSION): KeepalivedScript[] {
  const scripts = new Map<string, KeepalivedScript>();
  for (const block of blocksNamed(cst.items, "vrrp_script")) {
    const [name] = block.header === undefined ? [] : argumentsOf(block.header);
    // One that names no program is dropped, so that a later one of its name counts.
    if (name === undefined || scripts.get(name.value)?.scriptLine !== undefined) continue;
    scripts.set(name.value, readScript(name.value, block, version));
  }
  return [...scripts.values()];
}

function readScript(name: string, block: Block, version: string): KeepalivedScript {
  const lines = new Map<string, Span>();
  const settings: Settings = {};
  for (const statement of statementsIn(block.items)) {
    const keyword = statement.keyword.value;
    const read = Object.hasOwn(READERS, keyword) ? READERS[keyword] : undefined;
    const change = read === undefined ? {} : read(statement, version);
    if (change === undefined) continue;
    Object.assign(settings, change);
    lines.set(keyword, spanOf(statement));
  }
  const intervalS = settings.intervalS ?? 1;
  const defaults = { intervalS, timeoutS: intervalS, rise: 1, fall: 1, weight: 0, reverse: false };
  return { name, ...defaults, ...settings, span: spanOf(block), lines };
}

type Settings = Partial<Omit<KeepalivedScript, "name" | "span" | "lines">>;

/** What a line changes; undefined where the daemon ignores it and keeps what it had. */
const READERS: Readonly<Record<string, (statement: Statement, version: string) => Settings | undefined>> = {
  script: (statement) => {
    const command = commandOf(statement);
    return { scriptLine: argumentText(statement), ...(command === undefined ? {} : { command }) };
  },
  interval: (statement, version) => secondsSetting("intervalS", statement, version),
  timeout: (statement, version) => secondsSetting("timeoutS", statement, version),
  // Out of range is said to become 1, not to keep the line before.
  rise: (statement) => ({ rise: leadingIntegerIn(first(statement), 1, COUNT_MAX) ?? 1 }),
  fall: (statement) => ({ fall: leadingIntegerIn(first(statement), 1, COUNT_MAX) ?? 1 }),
  // A number out of range is complained of, and kept; no number is 0. `reverse` stays once it was said.
  weight: (statement) => {
    const text = first(statement);
    if (text === undefined) return undefined;
    const weight = leadingIntegerIn(text, -COUNT_MAX, COUNT_MAX) ?? 0;
    return { weight, ...(argumentsOf(statement)[1]?.value === "reverse" ? { reverse: true } : {}) };
  },
  user: (statement) => {
    const user = first(statement);
    return user === undefined ? undefined : { user };
  },
};

/** Zero is taken for one second. Decimals are thrown away before 2.3.2. */
function secondsSetting(
  key: "intervalS" | "timeoutS",
  statement: Statement,
  version: string,
): Settings | undefined {
  const text = first(statement);
  const milliseconds = isAtLeast(version, "2.3.2")
    ? millisecondsIn(text, 0, SECONDS_MAX)
    : secondsToMilliseconds(leadingIntegerIn(text, 0, SECONDS_MAX));
  return milliseconds === undefined ? undefined : { [key]: milliseconds === 0 ? 1 : milliseconds / 1000 };
}

function secondsToMilliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function first(statement: Statement): string | undefined {
  return argumentsOf(statement)[0]?.value;
}
