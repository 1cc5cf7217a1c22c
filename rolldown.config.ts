// Builds the one output there is so far: the command line, split so that a command loads only what it needs.
import { readFileSync } from "node:fs";
import { defineConfig } from "rolldown";

const version = (JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version;

export default defineConfig({
  input: { hapair: "src/cli/main.ts" },
  platform: "node",
  transform: { target: "node20.19", define: { __HAPAIR_VERSION__: JSON.stringify(version) } },
  output: {
    dir: "dist/cli",
    format: "esm",
    cleanDir: true,
    entryFileNames: "[name].mjs",
    chunkFileNames: "chunks/[name]-[hash].mjs",
  },
});
