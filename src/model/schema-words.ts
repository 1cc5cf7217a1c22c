// The pieces that the schema of pair.yaml is made of: a text, a name, a reference to a secret. What a key is for stands in fields.ts, by its place.

import * as z from "zod/mini";

/** Names that are safe as an instance name, a file name and a word of a shell command. Not all digits: JavaScript would reorder those. */
export const namePattern = /^(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export const text = z.string().check(z.minLength(1), z.maxLength(4096));

// Told to editors here; in the file the reader says it with the name's own place, and goes on with what is under the name.
export const key = z.string().register(z.globalRegistry, { pattern: namePattern.source });

/** A whole number between two bounds, themselves included. */
export function whole(minimum: number, maximum: number): z.ZodMiniNumber<number> {
  return z.int().check(z.gte(minimum), z.lte(maximum));
}

/** A number between two bounds, themselves included. */
export function number(minimum: number, maximum: number): z.ZodMiniNumber<number> {
  return z.number().check(z.gte(minimum), z.lte(maximum));
}

/** A list of that many items. */
export function list<Item extends z.ZodMiniType>(
  item: Item,
  minimum: number,
  maximum: number,
): z.ZodMiniArray<Item> {
  return z.array(item).check(z.minLength(minimum), z.maxLength(maximum));
}

/** A reference to a secret. */
export const secret = z
  .strictObject({ env: z.optional(text), file: z.optional(text), command: z.optional(text) })
  .register(z.globalRegistry, { minProperties: 1, maxProperties: 1 });
