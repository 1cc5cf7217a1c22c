// Builds the two outputs there are so far: the command line, split so that a command loads only what it needs, and the agent, one file for Node 18.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "rolldown";

const version = (JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version;
const define = { __HAPAIR_VERSION__: JSON.stringify(version) };

// The command line's chunks. Left alone there would be one for each set of commands that share something: forty files to find, open and link for one command. So a folder that commands load nearly
// whole is one chunk; of the higher folders each command takes its own part. A folder imports only from lower lines of the house (test/architecture.test.ts), so chunks made of folders cannot wait
// for each other. A module goes into the first group that names it or needs it, hence the lowest first.
const groups = [
  { name: "version", test: /\/src\/cli\/version\.ts$/ },
  // Every command's name and flags, and what all of them use.
  {
    name: "command-line",
    test: /\/@stricli\/|\/src\/(?:base|diagnostics|cli\/commands)\/|\/src\/cli\/(?:app|context|exit-code|already-reported)\.ts$/,
  },
  // What lint and explain need of the model; they read no pair file.
  {
    name: "addresses",
    test: /\/node_modules\/ipaddr\.js\/|\/src\/model\/(?:address|findings|parameters|password|profiles)\.ts$/,
  },
  { name: "pair-file", test: /\/node_modules\/(?:yaml|zod)\/|\/src\/model\// },
  { name: "keepalived", test: /\/src\/keepalived\// },
  { name: "policy", test: /\/src\/(?:policy|agent-api)\// },
  { name: "haproxy", test: /\/src\/haproxy\// },
  { name: "simulate", test: /\/src\/(?:vrrp|scenario|simulate)\// },
  { name: "render", test: /\/src\/render\// },
].map((group, index, all) => ({ ...group, priority: all.length - index }));

// All that is not ASCII stands in texts and patterns, where its escape means the same. A chunk without it V8 keeps in one byte a character, not two.
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
const ascii = {
  name: "ascii",
  renderChunk: (code: string) => ({ code: code.replaceAll(/[^\0-\u007F]/g, escaped) }),
};

export default defineConfig([
  {
    input: { hapair: "src/cli/main.ts" },
    platform: "node",
    transform: { target: "node20.19", define },
    // yaml as it is built for browsers: the same code as ES modules, so that what is not used is left out and nothing has to be wrapped.
    resolve: { alias: { yaml: resolve("node_modules/yaml/browser/dist/index.js") } },
    plugins: [ascii],
    // Not minified: it loads no faster, and a bug report's stack trace has to be readable.
    output: {
      dir: "dist/cli",
      format: "esm",
      minify: false,
      cleanDir: true,
      entryFileNames: "[name].mjs",
      chunkFileNames: "chunks/[name]-[hash].mjs",
      codeSplitting: { groups },
    },
  },
  {
    input: { "hapair-agent": "src/agent/main.ts" },
    platform: "node",
    transform: { target: "node18", define },
    // Not minified: a stack trace in a node's journal has to be readable.
    output: {
      dir: "dist/agent",
      format: "esm",
      cleanDir: true,
      entryFileNames: "[name].mjs",
      codeSplitting: false,
    },
  },
]);
