// The JSON Schema of pair.yaml (draft 2020-12) for editors, made from the same zod schema that checks the file, with the words of the field table.

import { toJSONSchema } from "zod/mini";
import { fieldOf } from "./fields.ts";
import { pairFileSchema } from "./file-schema.ts";

/** The schema as a plain object; schema/hapair.schema.json holds its text (see {@link pairJsonSchemaText}). */
export function pairJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = toJSONSchema(pairFileSchema, { io: "input", target: "draft-2020-12" });
  return {
    $schema,
    title: "hapair pair file",
    description: "One HAProxy + keepalived pair (pair.yaml).",
    ...describedBelow(rest as SchemaNode, ""),
  };
}

/** What schema/hapair.schema.json holds: indented by two, ending with a newline. */
export function pairJsonSchemaText(): string {
  return `${JSON.stringify(pairJsonSchema(), null, 2)}\n`;
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** The schema of the key whose pattern is `place`, it and everything below with a description. */
function described(node: SchemaNode, place: string): SchemaNode {
  return { description: fieldOf(place)?.description ?? "", ...describedBelow(node, place) } as SchemaNode;
}

function describedBelow(node: SchemaNode, place: string): SchemaNode {
  const below = (name: string): string => (place === "" ? name : `${place}.${name}`);
  const { properties, additionalProperties, items, anyOf } = node;
  const entries = Object.entries(properties ?? {});
  return {
    ...node,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(entries.map(([name, each]) => [name, described(each, below(name))])),
        }),
    ...(typeof additionalProperties === "object"
      ? { additionalProperties: described(additionalProperties, below("*")) }
      : {}),
    ...(items === undefined ? {} : { items: described(items, below("*")) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((each) => describedBelow(each, place)) }),
  };
}
