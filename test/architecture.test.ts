// The house's floors as data: which folder may import which, and why; pure floors touch no machine. A broken row names its reason.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

interface Floor {
  readonly line: number;
  /** Folders of the same line that this one may import (an arrow in the design's table). */
  readonly peers?: readonly string[];
  /** No node:*, clock, randomness, process or network. */
  readonly pure?: boolean;
  /** Only these folders, whatever lies below. */
  readonly only?: readonly string[];
  /** Packages this folder may import. */
  readonly packages?: readonly string[];
  readonly reason: string;
}

const floors: Readonly<Record<string, Floor>> = {
  base: { line: 0, pure: true, reason: "everything stands on it" },
  diagnostics: { line: 0, peers: ["base"], pure: true, reason: "findings are values with source positions" },
  model: {
    line: 1,
    pure: true,
    packages: ["zod", "yaml", "ipaddr.js"],
    reason: "a pair is a value; the browser may read one",
  },
  keepalived: { line: 2, pure: true, packages: ["ipaddr.js"], reason: "a language, not a daemon" },
  haproxy: { line: 2, pure: true, packages: ["ipaddr.js"], reason: "a language, not a daemon" },
  vrrp: { line: 2, pure: true, reason: "a protocol, not a daemon: bytes and a table" },
  policy: {
    line: 2,
    only: ["base"],
    pure: true,
    reason: "decisions about who should have the VIP; agent and simulator run the same ones",
  },
  "agent-api": {
    line: 2,
    peers: ["policy"],
    pure: true,
    reason: "the words that agent, command line and page share",
  },
  scenario: {
    line: 2,
    pure: true,
    packages: ["yaml"],
    reason: "what can happen is data that drill and simulate share",
  },
  measure: {
    line: 2,
    pure: true,
    packages: ["d3-array"],
    reason: "the same record gives the same figures everywhere",
  },
  lint: { line: 3, pure: true, reason: "questions about a pair; whoever has its files may ask them" },
  simulate: { line: 3, pure: true, reason: "what would happen, played without a machine" },
  prove: {
    line: 3,
    peers: ["simulate"],
    pure: true,
    reason: "everything that could happen, up to a depth; it plays the simulator's own world",
  },
  import: { line: 3, pure: true, packages: ["yaml"], reason: "what foreign files mean, as a pair" },
  render: { line: 3, pure: true, packages: ["@noble/hashes"], reason: "the same pair gives the same bytes" },
  host: { line: 4, reason: "the edge where commands run" },
  report: {
    line: 4,
    pure: true,
    packages: ["preact", "preact-render-to-string", "d3-scale"],
    reason: "a report is a function of its record",
  },
  status: { line: 5, packages: ["string-width"], reason: "what is seen of a running pair" },
  deploy: {
    line: 5,
    peers: ["status"],
    packages: ["diff"],
    reason: "what is done to a pair; it waits for what status sees",
  },
  switchover: {
    line: 5,
    peers: ["deploy", "status"],
    reason: "moves the VIP on purpose; it takes deploy's locks and believes what status sees",
  },
  lab: { line: 5, reason: "machines to try things on; knows nothing of deploying" },
  agent: {
    line: 5,
    only: ["base", "diagnostics", "haproxy", "policy", "agent-api"],
    packages: ["nodemailer"],
    reason: "one file on the node, for Node 18 and without zod, yaml or ssh",
  },
  drill: { line: 6, reason: "faults with measurements, over status and lab" },
  cli: {
    line: 7,
    packages: ["@stricli/core", "@clack/prompts", "string-width", "yaml", "diff"],
    reason: "joins everything for a person",
  },
};

const NOT_PURE = [
  [/from "node:/, "imports node:*"],
  [/\bDate\.now\(|new Date\(\)/, "reads the clock"],
  [/\bMath\.random\(/, "draws unseeded randomness"],
  [/\bprocess\./, "touches the process"],
  [/\b(setTimeout|setInterval|setImmediate)\(/, "sets a timer"],
  [/\bfetch\(/, "reaches the network"],
] as const;

const root = resolve(import.meta.dirname, "..");

function sourceFiles(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    if (statSync(path).isDirectory()) return sourceFiles(path);
    return /\.tsx?$/.test(name) ? [path] : [];
  });
}

interface SourceFile {
  readonly path: string;
  readonly folder: string;
  readonly isTest: boolean;
  readonly text: string;
  readonly imports: readonly string[];
}

const files: SourceFile[] = sourceFiles(join(root, "src")).map((absolute) => {
  const path = relative(root, absolute);
  const text = readFileSync(absolute, "utf8");
  // Statements that end in `from "x";`, bare imports, and dynamic ones.
  const found = text.matchAll(
    /^(?:(?:import|export)\b[^;="]*|\}) from "([^"]+)";$|^import "([^"]+)";$|\bimport\("([^"]+)"\)/gm,
  );
  const imports = [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
  return { path, folder: path.split("/")[1] ?? "", isTest: /\.test\.tsx?$/.test(path), text, imports };
});

describe("architecture", () => {
  it("knows every folder", () => {
    expect(
      [...new Set(files.map((file) => file.folder))].filter((folder) => floors[folder] === undefined),
    ).toEqual([]);
  });

  it("imports downward only, and through doors", () => {
    const wrong: string[] = [];
    for (const file of files) {
      const own = floors[file.folder];
      for (const specifier of file.imports.filter((name) => name.startsWith("."))) {
        const target = relative(join(root, "src"), resolve(root, dirname(file.path), specifier));
        const folder = target.split("/")[0] ?? "";
        if (folder === file.folder || target.startsWith("..")) {
          if (target.startsWith("..") && !file.isTest)
            wrong.push(`${file.path} imports ${specifier}, outside src`);
          continue;
        }
        const other = floors[folder];
        const allowed =
          other !== undefined &&
          own !== undefined &&
          (other.line < own.line || own.peers?.includes(folder) === true) &&
          own.only?.includes(folder) !== false;
        if (!allowed) wrong.push(`${file.path} imports ${folder} (${own?.reason ?? "unknown folder"})`);
        if (target !== `${folder}/index.ts`)
          wrong.push(`${file.path} imports ${target}, behind the door of ${folder}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("keeps the pure floors pure", () => {
    const wrong = files
      .filter((file) => floors[file.folder]?.pure === true && !file.isTest)
      .flatMap((file) =>
        NOT_PURE.filter(([pattern]) => pattern.test(code(file.text))).map(
          ([, what]) => `${file.path} ${what}`,
        ),
      );
    expect(wrong).toEqual([]);
  });

  it("uses in each folder only the packages listed for it", () => {
    const wrong = files
      .filter((file) => !file.isTest)
      .flatMap((file) =>
        file.imports
          .filter((name) => !name.startsWith(".") && !name.startsWith("node:"))
          .map((name) =>
            (name.startsWith("@") ? name.split("/").slice(0, 2) : name.split("/").slice(0, 1)).join("/"),
          )
          .filter((name) => floors[file.folder]?.packages?.includes(name) !== true)
          .map((name) => `${file.path} imports ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  it("opens every file with a sentence that says what it is", () => {
    const silent = files
      .filter((file) => !file.isTest && !/^(#!.*\n)?(\/\/|\/\*\*?) ?\S/.test(file.text))
      .map((file) => file.path);
    expect(silent).toEqual([]);
  });

  it("lists names at the doors", () => {
    const starred = files.filter(
      (file) => file.path.endsWith("/index.ts") && /export \* from/.test(file.text),
    );
    expect(starred.map((file) => file.path)).toEqual([]);
  });
});

/** The text without comments, so that a word in a sentence is not taken for a call. */
function code(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}
