// What is generated is what the code says now; `npm run generate` writes it again.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { generatedFiles } from "../scripts/generated-files.ts";

it.each([...generatedFiles()])("%s is up to date", (path, text) => {
  expect(readFileSync(resolve(import.meta.dirname, "..", path), "utf8")).toBe(text);
});
