// The JSON Schema of pair.yaml (draft 2020-12) for editors, made from the same zod schema that checks the file.

import * as z from "zod";
import { pairFileSchema } from "./file-schema.ts";

/** The schema as a plain object; schema/hapair.schema.json holds its text (see {@link pairJsonSchemaText}). */
export function pairJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(pairFileSchema, { io: "input", target: "draft-2020-12" });
  return {
    $schema,
    title: "hapair pair file",
    description: "One HAProxy + keepalived pair (pair.yaml).",
    ...rest,
  };
}

/** What schema/hapair.schema.json holds: indented by two, ending with a newline. */
export function pairJsonSchemaText(): string {
  return `${JSON.stringify(pairJsonSchema(), null, 2)}\n`;
}
