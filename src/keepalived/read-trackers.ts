// track_file and vrrp_track_process at the top of the file to values, with the daemon's defaults (keepalived-behaviour 3.2, 3.3).

import type { Span } from "../diagnostics/index.ts";
import type { TrackFile, TrackProcess } from "./configuration.ts";
import { type Block, type KeepalivedCst, spanOf } from "./cst.ts";
import { argumentsOf, blocksNamed, statementsIn } from "./query.ts";
import { integerIn } from "./values.ts";

const WEIGHT_MAX = 254;
const FILE_WEIGHT_DEFAULT = 1;
const PROCESSES_MAX = 65_535;

/** The tracked files in the order of the file; of two with one name an instance that names them finds the first. */
export function readTrackFiles(cst: KeepalivedCst): TrackFile[] {
  return named(cst, ["track_file", "vrrp_track_file"]).map(([name, block]) => readTrackFile(name, block));
}

/** The tracked processes in the order of the file. */
export function readTrackProcesses(cst: KeepalivedCst): TrackProcess[] {
  return named(cst, ["vrrp_track_process"]).map(([name, block]) => readTrackProcess(name, block));
}

function named(cst: KeepalivedCst, keywords: readonly string[]): [string, Block][] {
  const blocks = new Map<string, Block>();
  for (const block of blocksNamed(cst.items, ...keywords)) {
    const [name] = block.header === undefined ? [] : argumentsOf(block.header);
    if (name !== undefined && !blocks.has(name.value)) blocks.set(name.value, block);
  }
  return [...blocks];
}

/** The first `file` counts, and the first weight that is not the default. */
function readTrackFile(name: string, block: Block): TrackFile {
  let path: string | undefined;
  let weight = FILE_WEIGHT_DEFAULT;
  let reverse = false;
  const lines = new Map<string, Span>();
  for (const statement of statementsIn(block.items)) {
    const keyword = statement.keyword.value;
    const [first, second] = argumentsOf(statement).map((word) => word.value);
    if (keyword === "file") {
      if (path !== undefined || first === undefined) continue;
      path = first;
    } else if (keyword === "weight") {
      if (weight !== FILE_WEIGHT_DEFAULT || first === undefined) continue;
      weight = integerIn(first, -WEIGHT_MAX, WEIGHT_MAX) ?? FILE_WEIGHT_DEFAULT;
      reverse ||= second === "reverse";
    }
    lines.set(keyword, spanOf(statement));
  }
  return { name, ...(path === undefined ? {} : { path }), weight, reverse, span: spanOf(block), lines };
}

/** The first `process` counts, and the first weight that is not 0. */
function readTrackProcess(name: string, block: Block): TrackProcess {
  let command: readonly string[] | undefined;
  let weight = 0;
  let reverse = false;
  let quorum = 1;
  const lines = new Map<string, Span>();
  for (const statement of statementsIn(block.items)) {
    const keyword = statement.keyword.value;
    const words = argumentsOf(statement).map((word) => word.value);
    if (keyword === "process") {
      if (command !== undefined || words.length === 0) continue;
      command = words;
    } else if (keyword === "weight") {
      const number = integerIn(words[0], -WEIGHT_MAX, WEIGHT_MAX);
      if (weight !== 0 || number === undefined) continue;
      weight = number;
      reverse ||= words[1] === "reverse";
    } else if (keyword === "quorum") {
      const number = integerIn(words[0], 1, PROCESSES_MAX);
      if (number === undefined) continue;
      quorum = number;
    }
    lines.set(keyword, spanOf(statement));
  }
  return {
    name,
    ...(command === undefined ? {} : { command }),
    weight,
    reverse,
    quorum,
    span: spanOf(block),
    lines,
  };
}
