// Builds the two outputs there are so far: the command line, split so that a command loads only what it needs, and the agent, one file for Node 18.
import { readFileSync } from "node:fs";
import { defineConfig } from "rolldown";

const version = (JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version;
const define = { __HAPAIR_VERSION__: JSON.stringify(version) };

export default defineConfig([
  {
    input: { hapair: "src/cli/main.ts" },
    platform: "node",
    transform: { target: "node20.19", define },
    output: {
      dir: "dist/cli",
      format: "esm",
      cleanDir: true,
      entryFileNames: "[name].mjs",
      chunkFileNames: "chunks/[name]-[hash].mjs",
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
