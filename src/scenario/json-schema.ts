// The JSON Schema of a scenario file (draft 2020-12) for editors, made from the same tables that the reader asks.

import { faultNames, faultOf, furtherKeys, keysTaken } from "./faults.ts";
import { EVENTS_MAX, eventKeys, type Form, type Key, nodeNameForm, nodeRoles, scenarioKeys } from "./keys.ts";
import { timePattern } from "./time-text.ts";

type Schema = Readonly<Record<string, unknown>>;

/** The schema as a plain object; schema/hapair-scenario.schema.json holds its text (see {@link scenarioJsonSchemaText}). */
export function scenarioJsonSchema(): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "hapair scenario file",
    description: "What happens to a pair, and when: for hapair simulate and hapair drill.",
    type: "object",
    properties: propertiesOf(scenarioKeys),
    required: ["scenario", "events"],
    additionalProperties: false,
  };
}

/** What schema/hapair-scenario.schema.json holds: indented by two, ending with a newline. */
export function scenarioJsonSchemaText(): string {
  return `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`;
}

function propertiesOf(keys: Readonly<Record<string, Key>>): Schema {
  return Object.fromEntries(
    Object.entries(keys).map(([name, { description, form }]) => [name, { description, ...formSchema(form) }]),
  );
}

function formSchema(form: Form): Schema {
  switch (form.kind) {
    case "text":
      return textSchema(form);
    case "time":
      return { type: "string", pattern: timePattern.source };
    case "whole number":
      return { type: "integer", minimum: form.minimum, maximum: form.maximum };
    case "fault":
      return {
        type: "string",
        oneOf: faultNames.map((name) => ({ const: name, description: faultOf(name).happens })),
      };
    case "node":
      return { anyOf: [{ enum: [...nodeRoles] }, textSchema(nodeNameForm), nodeByName] };
    case "events":
      return { type: "array", maxItems: EVENTS_MAX, items: eventSchema() };
  }
}

function textSchema({ pattern, lengthMax }: Extract<Form, { kind: "text" }>): Schema {
  return { type: "string", pattern: pattern.source, maxLength: lengthMax };
}

const nodeByName = {
  type: "object",
  properties: { name: textSchema(nodeNameForm) },
  required: ["name"],
  additionalProperties: false,
};

function eventSchema(): Schema {
  return {
    type: "object",
    properties: propertiesOf(eventKeys),
    required: ["at", "fault", "node"],
    additionalProperties: false,
    allOf: faultNames
      .filter((name) => faultOf(name).needs !== undefined)
      // oxlint-disable-next-line unicorn/no-thenable -- The schema's word; nothing awaits it.
      .map((name) => ({ if: faultIs(name), then: { required: faultOf(name).needs } })),
    dependentSchemas: Object.fromEntries(
      furtherKeys.map((key) => [key, faultIs(...faultNames.filter((name) => keysTaken(name).includes(key)))]),
    ),
  };
}

function faultIs(...names: readonly string[]): Schema {
  return { properties: { fault: { enum: names } }, required: ["fault"] };
}
