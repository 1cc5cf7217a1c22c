// npm run generate: writes what is generated from the code. Tests compare, so that nothing generated goes stale.

import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pairJsonSchemaText } from "../src/model/index.ts";

const root = resolve(import.meta.dirname, "..");
writeFileSync(resolve(root, "schema/hapair.schema.json"), pairJsonSchemaText());
