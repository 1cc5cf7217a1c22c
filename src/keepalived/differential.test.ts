// What keepalived 2.2.7 said of real configurations, line by line, against what readConfiguration says of them.
// Rule: where the daemon complains of a line, so do we, and where it is silent, so are we; every difference has its reason here.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { positionAt, type SourceText, sourceText } from "../diagnostics/index.ts";
import type { Complaint } from "./complaint.ts";
import { locate } from "./config-files.ts";
import { printConfig } from "./cst.ts";
import { parseConfig } from "./parser.ts";
import { readConfiguration } from "./read-configuration.ts";

const corpus = join(import.meta.dirname, "../../../shared/corpus");
const verdicts = join(corpus, "verdicts.csv");

/** What the daemon says only because of the machine it ran on, or of what no line is to blame for. */
const OF_THE_MACHINE =
  /doesn't exist|WARNING - interface|default user|script uid\/gid|uid\/gid for script|set uid\/gid|iptables not supported|not found\/accessible|not supported by kernel|no kernel support|already exists and is not|does not support|Config files missing|Configuration file|loopback|Invalid smtp server|vmac_xmit_base|Cannot use VMAC|config_save_dir|requires either|[Uu]nknown interface/;

/** Lines of routes and rules, whose options hapair does not read; and keywords that other builds of keepalived know. */
const NOT_JUDGED =
  /\b[Rr]outes?\b|\b[Rr]ule\b|invalid IP (?:link|track|restore)\.|cannot track|VROUTE|'vrrp_ipsets'|nftables already specified/;

/** Files whose verdict differs, by reason. */
const EXPLAINED: Readonly<Record<string, readonly string[]>> = {
  "static routes and rules are not judged": ["singles/ka-sample-vrrp.rules.conf"],
  "a definition that contains itself, on which 2.2.7 does not end": ["singles/dt-1996.conf"],
  "an escaped comment mark in a header cuts off its brace, since the file is read twice": [
    "singles/dt-one_hash.conf",
  ],
  "the daemon stopped at a network namespace that the machine had not": ["singles/dt-1569d.conf"],
  "virtual servers: address families, ranges, a track_file without a file, SSL given twice": [
    "singles/dt-1576.conf",
    "singles/dt-713.conf",
    "singles/dt-955q.conf",
    "singles/dt-lvs_config_test.conf",
    "singles/dt-ssl.conf",
  ],
  "the process that checks servers said nothing at all, not even of the quorum": ["singles/dt-ipvs.conf"],
};

interface Row {
  readonly file: string;
  readonly exit: string;
  /** The messages with script stubs, as far as they were kept. */
  readonly messages: readonly string[];
  /** Not all messages were kept. */
  readonly isCut: boolean;
}

const MESSAGES_KEPT = 6;
const CHARACTERS_KEPT = 400;

function rows(): Row[] {
  const [header = [], ...lines] = readCsv(readFileSync(verdicts, "utf8"));
  const column = (line: readonly string[], name: string): string => line[header.indexOf(name)] ?? "";
  return lines
    .filter((line) => column(line, "tool").startsWith("keepalived"))
    .map((line) => {
      const text = column(line, "messages_with_script_stubs");
      const messages = text.split(" | ");
      const cutInside = text.length >= CHARACTERS_KEPT;
      return {
        file: column(line, "file"),
        exit: column(line, "exit_with_script_stubs"),
        messages: cutInside ? messages.slice(0, -1) : messages,
        isCut: cutInside || messages.length >= MESSAGES_KEPT,
      };
    });
}

/** Fields in quotes may hold commas and doubled quotes, and no line ends. */
function readCsv(text: string): string[][] {
  return text
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
      ),
    );
}

interface Told {
  /** The lines of the main file that the daemon complains of. */
  readonly lines: ReadonlySet<number>;
  /** Lines it complains of for reasons that no reading of the file can know. */
  readonly excused: ReadonlySet<number>;
  readonly missesClose: boolean;
  /** The line it exits at; Infinity: it reads to the end. */
  readonly exitsAt: number;
}

function told(row: Row, text: string): Told {
  const lines = new Set<number>();
  const excused = new Set<number>();
  let exitsAt = Number.POSITIVE_INFINITY;
  for (const each of row.messages) {
    const match = /^\((?:(\S+): )?Line (\d+)\) (.*)$/s.exec(each);
    if (match === null) continue;
    const [, file, number, message = ""] = match;
    const line = Number(number);
    if (file !== undefined && !row.file.endsWith(file.split("/").at(-1) ?? file)) continue;
    const isExcused =
      OF_THE_MACHINE.test(message) || NOT_JUDGED.test(message) || isDroppedForItsUser(message, text, line);
    (isExcused ? excused : lines).add(line);
    if (message.includes("is missing a parameter")) exitsAt = Math.min(exitsAt, line);
  }
  const missesClose = row.messages.some((each) => each.startsWith("There are "));
  return { lines, excused, missesClose, exitsAt };
}

/** A script that is defined above, and that the daemon dropped because the machine had no user to run it as. */
function isDroppedForItsUser(message: string, text: string, line: number): boolean {
  const name = /track script (\S+) not found/.exec(message)?.[1];
  if (name === undefined) return false;
  const above = text.split("\n").slice(0, line).join("\n");
  return (
    new RegExp(`vrrp_script\\s+"?${name.replaceAll(/[^\w-]/g, ".")}"?[\\s{]`).test(above) ||
    above.includes("$")
  );
}

/** The daemon finds these out at the end and names no line, or says nothing of them in a test. */
function hasLine({ kind, silent, keyword, context }: Complaint): boolean {
  if (silent || ["missing-close", "password-missing", "include"].includes(kind)) return false;
  if (kind === "overruled") return keyword === "unicast_ttl";
  if (kind === "dropped")
    return (
      !["virtual_router_id", "interface", "virtual_ipaddress"].includes(keyword) ||
      context !== "vrrp_instance"
    );
  return kind !== "deprecated" || keyword !== "unicast_peer";
}

interface Comparison {
  readonly file: string;
  readonly isVrrp: boolean;
  /** `12 only keepalived`, `30 only hapair`. */
  readonly differences: readonly string[];
}

function compare(row: Row): Comparison {
  const path = join(corpus, row.file);
  const main = sourceText(row.file, readFileSync(path, "utf8"));
  const { complaints, files } = readConfiguration(main, {
    resolveInclude: (pattern) => besides(path, pattern),
  });
  const ours = new Set<number>();
  for (const complaint of complaints.filter(hasLine)) {
    const place = locate(files, complaint.span);
    if (place.source.file === main.file) ours.add(positionAt(main, place.span.start).line);
  }
  const theirs = told(row, main.text);
  const differences = [...theirs.lines]
    .filter((line) => !ours.has(line) && line <= theirs.exitsAt)
    .map((line) => `${line} only keepalived`);
  if (!row.isCut) {
    const alone = [...ours].filter(
      (line) => !theirs.lines.has(line) && !theirs.excused.has(line) && line < theirs.exitsAt,
    );
    differences.push(...alone.map((line) => `${line} only hapair`));
  }
  const missesClose = complaints.some((complaint) => complaint.kind === "missing-close");
  if (!row.isCut && missesClose !== theirs.missesClose && theirs.exitsAt === Number.POSITIVE_INFINITY) {
    differences.push(`missing brace: ${theirs.missesClose ? "only keepalived" : "only hapair"}`);
  }
  return { file: row.file, isVrrp: /^\s*vrrp_/m.test(main.text), differences };
}

/** An included file, where the corpus has it beside the one that includes it. */
function besides(path: string, pattern: string): SourceText[] | undefined {
  const file = join(dirname(path), pattern);
  if (/[*?[{]/.test(pattern) || !existsSync(file)) return undefined;
  return [sourceText(pattern, readFileSync(file, "utf8"))];
}

describe.skipIf(!existsSync(verdicts))("the corpus", () => {
  it("is printed back as it was read", () => {
    for (const folder of ["singles", ...readdirSync(join(corpus, "pairs")).map((each) => `pairs/${each}`)]) {
      for (const name of readdirSync(join(corpus, folder)).filter((each) => each.endsWith(".conf"))) {
        const text = readFileSync(join(corpus, folder, name), "utf8");
        expect(printConfig(parseConfig(text)) === text, `${folder}/${name}`).toBe(true);
      }
    }
  });

  it(
    "is complained of where keepalived 2.2.7 complains of it",
    () => {
      const compared = rows().map(compare);
      const explained = new Set(Object.values(EXPLAINED).flat());
      const differing = compared.filter((each) => each.differences.length > 0);
      const report = differing.map((each) => `${each.file}: ${each.differences.slice(0, 4).join(", ")}`);
      const unexplained = differing.filter((each) => !explained.has(each.file));
      expect(
        unexplained.map((each) => each.file),
        report.join("\n"),
      ).toEqual([]);
      // Reasons whose difference has gone are to be taken out.
      const stale = [...explained].filter((file) => !differing.some((each) => each.file === file));
      expect(stale).toEqual([]);
      expect(agreement(compared), report.join("\n")).toBeGreaterThanOrEqual(AGREEMENT_LEAST);
      expect(agreement(compared.filter((each) => each.isVrrp))).toBeGreaterThanOrEqual(AGREEMENT_LEAST_VRRP);
    },
    TIMEOUT_MS,
  );
});

const TIMEOUT_MS = 120_000;
const AGREEMENT_LEAST = 0.98;
const AGREEMENT_LEAST_VRRP = 0.98;

/** The share of files of which hapair and the daemon say the same. */
function agreement(compared: readonly Comparison[]): number {
  return compared.filter((each) => each.differences.length === 0).length / compared.length;
}
