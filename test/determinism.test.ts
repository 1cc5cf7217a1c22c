// The same input and seed give the same bytes wherever the simulator and the prover run: in Node, bundled for browsers with nothing of Node at hand, in a
// browser and in another version of Node where there is one, and in any time zone and language.

import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { createContext, runInContext } from "node:vm";
import { type OutputChunk, rolldown } from "rolldown";
import { beforeAll, describe, expect, it } from "vitest";
import { buildIfMissing, commandLine } from "./support/hapair-command.ts";
import { answers, type Question } from "./support/simulated-answers.ts";

const root = resolve(import.meta.dirname, "..");
const example = (path: string): string => readFileSync(join(root, "examples", path), "utf8");

const question: Question = {
  pairs: {
    classic: example("ext-lb/pair.yaml"),
    fast: `${example("ext-lb/pair.yaml")}\nprofile: fast\n`,
    agents: example("ext-lb-agent/pair.yaml"),
  },
  files: {
    "as written": {
      "extlb-01": example("ext-lb/as-written/extlb-01.conf"),
      "extlb-02": example("ext-lb/as-written/extlb-02.conf"),
    },
  },
  scenarios: { "double-fault.yaml": example("ext-lb/double-fault.yaml") },
  seeds: [1, 4_294_967_295],
  depth: 1,
};

let here: Record<string, string>;
let bundle: OutputChunk;
beforeAll(async () => {
  here = answers(question);
  bundle = await bundled();
}, 120_000);

/** The simulator and all that it stands on as one script that a page can load; its exports are the properties of `hapair`. */
async function bundled(): Promise<OutputChunk> {
  const build = await rolldown({
    input: resolve(import.meta.dirname, "support/simulated-answers.ts"),
    platform: "browser",
    onLog: (_level, log) => {
      throw new Error(log.message);
    },
  });
  const { output } = await build.generate({ format: "iife", name: "hapair", codeSplitting: false });
  expect(output).toHaveLength(1);
  return output[0];
}

describe("a bundle for browsers", () => {
  it("wants nothing of Node", () => {
    expect(bundle.imports).toEqual([]);
    expect(bundle.dynamicImports).toEqual([]);
  });

  it(
    "answers as Node does, to the byte, with nothing but the language and TextEncoder",
    { timeout: 60_000 },
    () => {
      const context = createContext({ TextEncoder });
      runInContext(bundle.code, context);
      expect(
        runInContext("typeof process + typeof Buffer + typeof require + typeof setTimeout", context),
      ).toBe("undefined".repeat(4));
      // In this realm no clock goes and no draw is new.
      runInContext(
        "const never = () => { throw new Error('neither clock nor chance') }; Math.random = never; Date.now = never; Date = never;",
        context,
      );
      context["question"] = JSON.stringify(question);
      expect(JSON.parse(runInContext("hapair.answersJson(question)", context) as string)).toEqual(here);
    },
  );

  const browser = onPath(["chromium", "chromium-browser", "google-chrome"], process.env["HAPAIR_BROWSER"]);
  it.skipIf(browser === undefined)(
    browser === undefined
      ? "answers the same in a browser (no browser here)"
      : `answers the same in ${browser}`,
    { timeout: 120_000 },
    () => {
      const folder = mkdtempSync(join(tmpdir(), "hapair-browser-"));
      try {
        writeFileSync(join(folder, "bundle.js"), bundle.code);
        writeFileSync(
          join(folder, "question.js"),
          `const question = ${JSON.stringify(JSON.stringify(question))};`,
        );
        const page = join(folder, "page.html");
        writeFileSync(
          page,
          `<!doctype html><meta charset="utf-8"><body><script src="bundle.js"></script><script src="question.js"></script>
           <script>document.body.textContent = "answer:" + encodeURIComponent(hapair.answersJson(question)) + ":end"</script>`,
        );
        const dom = execFileSync(
          browser ?? "",
          [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            `--user-data-dir=${folder}/profile`,
            "--dump-dom",
            `file://${page}`,
          ],
          {
            encoding: "utf8",
            maxBuffer: 256 * 1024 * 1024,
            timeout: 100_000,
            stdio: ["ignore", "pipe", "ignore"],
          },
        );
        const told = /answer:(.*):end/s.exec(dom)?.[1] ?? "";
        expect(JSON.parse(decodeURIComponent(told))).toEqual(here);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});

describe("the command line", () => {
  const pair = "examples/ext-lb/pair.yaml";
  const asked = [
    ["simulate", "--json", "--seeds", "3", pair],
    ["simulate", "--json", "--scenario", "node-power", "--seed", "7", "--seeds", "3", pair],
    ["simulate", "--scenario", "examples/ext-lb/double-fault.yaml", "examples/ext-lb/as-written"],
    [
      "simulate",
      "--json",
      "--scenario",
      "backends-dead-here",
      "--seeds",
      "1",
      "examples/ext-lb-agent/pair.yaml",
    ],
    ["prove", "--json", "--depth", "1", "examples/ext-lb/as-written"],
  ];
  const answersOf = (node: string, environment: Readonly<Record<string, string>> = {}): string[] =>
    asked.map((words) => {
      const { stdout, stderr } = spawnSync(node, [commandLine, ...words], {
        cwd: root,
        encoding: "utf8",
        maxBuffer: 64 * 1024 * 1024,
        env: { ...process.env, NO_COLOR: "1", ...environment },
      });
      expect(stderr, words.join(" ")).toBe("");
      expect(stdout.length, words.join(" ")).toBeGreaterThan(1000);
      return stdout.replace(/"seconds": [\d.e-]+/, '"seconds": 0');
    });
  let own: string[];
  beforeAll(() => {
    buildIfMissing();
    own = answersOf(process.execPath);
  }, 60_000);

  it("answers the same in another time zone and language", { timeout: 60_000 }, () => {
    const elsewhere = { TZ: "Pacific/Chatham", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" };
    expect(answersOf(process.execPath, elsewhere)).toEqual(own);
  });

  const others = ["node20", "node22", "node24", "node26"].flatMap((name) => onPath([name]) ?? []);
  const named = process.env["HAPAIR_OTHER_NODE"]?.split(delimiter) ?? [];
  const second = [...named, ...others];
  it.skipIf(second.length === 0).each(second.length === 0 ? ["no second Node here"] : second)(
    "answers the same under another Node (%s)",
    { timeout: 120_000 },
    (node) => {
      expect(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout).not.toBe(`${process.version}\n`);
      expect(answersOf(node)).toEqual(own);
    },
  );
});

/** The first program of these names on PATH; `named` before all, where it is said. */
function onPath(names: readonly string[], named?: string): string | undefined {
  const found = names.flatMap((name) =>
    (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name)),
  );
  return [...(named === undefined ? [] : [named]), ...found].find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
