// npm run generate: writes what is generated from the code. test/generated.test.ts compares, so that nothing generated goes stale.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { generatedFiles } from "./generated-files.ts";

const root = resolve(import.meta.dirname, "..");
for (const [path, text] of generatedFiles()) {
  mkdirSync(dirname(resolve(root, path)), { recursive: true });
  writeFileSync(resolve(root, path), text);
}
