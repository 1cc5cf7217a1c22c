// The JSON Schema for editors: compiles, knows good from bad, says something of every key, and the file in schema/ is the present one.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { fieldTable } from "./fields.ts";
import { pairJsonSchema, pairJsonSchemaText } from "./index.ts";

const root = resolve(import.meta.dirname, "../..");
const validate = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(
  pairJsonSchema(),
);
const example = (name: string): string => readFileSync(resolve(root, "examples", name, "pair.yaml"), "utf8");
const valid = (text: string): boolean => validate(parse(text));

describe("the JSON Schema", () => {
  it.each(["ext-lb", "ext-lb-agent", "active-active"])("accepts examples/%s", (name) => {
    expect(valid(example(name))).toBe(true);
  });

  it.each([
    ["an unknown key", "vips:", "vip:"],
    ["a literal password", "{ env: EXT_LB_VRRP_PASSWORD }", "s3cret"],
    ["two references", "{ env: EXT_LB_VRRP_PASSWORD }", "{ env: A, file: b }"],
    ["a VRID out of range", "id: 50", "id: 256"],
    ["a VRID with a fraction", "id: 50", "id: 5.5"],
    ["one node", /\n {2}extlb-02.*/, ""],
    ["a node's name of digits", "extlb-02", '"2"'],
    ["no HAProxy", /haproxy:.*/, ""],
    ["an unknown profile", "haproxy:", "profile: slow\nhaproxy:"],
    ["neither vips nor routers", /vips:.*/, ""],
    ["a last resort there is not", "haproxy:", "maintenance: { last_resort: never }\nhaproxy:"],
    ["both spellings", "haproxy:", "maintenance: { last_resort: take, last-resort: take }\nhaproxy:"],
  ])("rejects %s", (_name, from, to) => {
    expect(valid(example("ext-lb").replace(from, to))).toBe(false);
  });

  it("describes every key, with the words of the table", () => {
    const described = new Set<string>();
    collect(pairJsonSchema(), "", described);
    const expected = Object.keys(fieldTable).flatMap((key) =>
      key.startsWith("vips") ? [key, `routers.*.${key}`] : [key],
    );
    expect([...described].toSorted()).toEqual(expected.toSorted());
  });

  it("stands in schema/hapair.schema.json as it is now", () => {
    expect(readFileSync(resolve(root, "schema/hapair.schema.json"), "utf8")).toBe(pairJsonSchemaText());
  });
});

interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** Gathers the paths of all described keys, in the spelling of the field table. */
function collect(schema: SchemaNode, path: string, found: Set<string>): void {
  if (path !== "" && schema.description !== undefined) found.add(path);
  const below = (name: string): string => (path === "" ? name : `${path}.${name}`);
  for (const [name, each] of Object.entries(schema.properties ?? {})) collect(each, below(name), found);
  if (typeof schema.additionalProperties === "object")
    collect(schema.additionalProperties, below("*"), found);
  if (schema.items !== undefined) collect(schema.items, below("*"), found);
  for (const each of schema.anyOf ?? []) collect(each, path, found);
}
