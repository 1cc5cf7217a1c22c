// The pieces that the schema of pair.yaml is made of: a key with its description, a text, a name, a reference to a secret.

import * as z from "zod";
import { fieldTable } from "./fields.ts";

/** Names that are safe as an instance name, a file name and a word of a shell command. Not all digits: JavaScript would reorder those. */
export const namePattern = /^(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** The schema with the description that {@link fieldTable} has for `field`. */
export function described<Schema extends z.ZodType>(field: string, schema: Schema): Schema {
  return schema.meta({ description: fieldTable[field]?.description ?? "" });
}

export const text = z.string().min(1).max(4096);

// Told to editors here; in the file the reader says it with the name's own place, and goes on with what is under the name.
export const key = z.string().meta({ pattern: namePattern.source });

/** A reference to a secret whose key has the pattern `field`. */
export function secretAt(field: string) {
  return z
    .strictObject({
      env: described(`${field}.env`, text.optional()),
      file: described(`${field}.file`, text.optional()),
      command: described(`${field}.command`, text.optional()),
    })
    .meta({ minProperties: 1, maxProperties: 1 });
}
