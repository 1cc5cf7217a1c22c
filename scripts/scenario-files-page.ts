// The reference page of scenario files: their keys, and what every fault does. Made from the tables that the reader asks.

import { readFileSync } from "node:fs";
import { eventKeys, faultNames, faultOf, type Key, keysTaken, scenarioKeys } from "../src/scenario/index.ts";

const EXAMPLE = "examples/ext-lb/double-fault.yaml";

/** In a table a bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function keyRows(keys: Readonly<Record<string, Key>>): string {
  return Object.entries(keys)
    .map(
      ([name, { description, example }]) => `| \`${name}\` | ${cell(description)} | \`${cell(example)}\` |`,
    )
    .join("\n");
}

function faultRows(): string {
  return faultNames
    .map((name) => {
      const { happens, needs = [] } = faultOf(name);
      const further = keysTaken(name).map((key) => (needs.includes(key) ? key : `(${key})`));
      return `| ${name} | ${further.join(", ")} | ${cell(happens)} |`;
    })
    .join("\n");
}

/** docs/reference/scenario-files.md, without the note that it is generated; to be called in the project's root. */
export function scenarioFilesPage(): string {
  return `# Scenario files

A scenario file says what happens to a pair, and when: one map, in YAML. A simulation plays it, a counterexample is told as one. The scenarios of a drill exist under their own names
([scenarios](scenarios.md)) and need no file. Editors take the JSON Schema in \`schema/hapair-scenario.schema.json\`.

\`\`\`yaml
${readFileSync(EXAMPLE, "utf8").trimEnd()}
\`\`\`

Times have a unit (us, ms, s, m, h) and are whole microseconds, from a beginning before which the pair has been at rest for long. Events stand in the order of their times; those of one time happen
in the order of the file. What is wrong with a file is said with its place and what to write ([findings](findings.md)).

| key | what it is | for example |
|---|---|---|
${keyRows(scenarioKeys)}

## Events

| key | what it is | for example |
|---|---|---|
${keyRows(eventKeys)}

## Faults and work

The further keys belong to these faults alone; one in parentheses may be left out.

| fault | further keys | what happens |
|---|---|---|
${faultRows()}
`;
}
