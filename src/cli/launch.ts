#!/usr/bin/env node
// The entry of the built command line: loads its chunks, which the build makes as CommonJS, with the compiled code that an earlier run of the same command left.
// Rule: it knows nothing of commands; what a chunk needs is another chunk or one of Node's own modules.

import type { Script } from "node:vm";
import { codeCachePath, keepCode, keptCode, NO_CODE } from "./code-cache.ts";

const fs = process.getBuiltinModule("node:fs");
const path = process.getBuiltinModule("node:path");
const vm = process.getBuiltinModule("node:vm");
const { crc32 } = process.getBuiltinModule("node:zlib");

type Require = (name: string) => unknown;
type Chunk = (
  exports: unknown,
  require: Require,
  module: { exports: unknown },
  filename: string,
  folder: string,
) => void;

/** The exit code of a command that was not understood (exit-code.ts). */
const USAGE = 2;

const [word = ""] = process.argv.slice(2);
const cache = codeCachePath(process.env, /^[a-z]+$/.test(word) ? word : "hapair");
const kept = cache === undefined ? NO_CODE : keptCode(cache);
let isComplete = !kept.isOld;
const modules = new Map<string, { exports: unknown }>();
const scripts = new Map<number, Script>();

function load(file: string): unknown {
  const known = modules.get(file);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  modules.set(file, module);
  const folder = path.dirname(file);
  const require: Require = (name) =>
    name.startsWith(".") ? load(path.join(folder, name)) : process.getBuiltinModule(name);
  (compiled(file).runInThisContext() as Chunk)(module.exports, require, module, file, folder);
  return module.exports;
}

function compiled(file: string): Script {
  const bytes = fs.readFileSync(file);
  const checksum = crc32(bytes);
  const cachedData = kept.code.get(checksum);
  const script = new vm.Script(bytes.toString("latin1"), {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  if (cachedData === undefined || script.cachedDataRejected === true) isComplete = false;
  scripts.set(checksum, script);
  return script;
}

process.on("exit", (status) => {
  // A word that is no command leaves nothing behind.
  if (cache !== undefined && !isComplete && status < USAGE) keepCode(cache, scripts, kept);
});

load(path.join(import.meta.dirname, "chunks", "main.cjs"));
