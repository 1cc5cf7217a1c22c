// What `hapair explain` says of a parameter: the page's figures, keepalived's behaviour, where they differ, and which key sets it.

import { nearest } from "../base/index.ts";
import { type Parameter, type ParameterName, parameterNames, parameterTable } from "./parameters.ts";

export type Explanation =
  | { readonly kind: "parameter"; readonly parameter: Parameter }
  | { readonly kind: "list"; readonly parameters: readonly Parameter[] }
  | {
      readonly kind: "unknown";
      readonly name: string;
      readonly suggestion?: ParameterName;
      readonly names: readonly ParameterName[];
    };

// How pair.yaml calls them, for those who ask by the file's words.
const pairFileWords: Readonly<Record<string, ParameterName>> = {
  id: "virtual_router_id",
  vrid: "virtual_router_id",
  password: "auth_pass",
  authentication: "auth_type",
  prefer: "priority",
  failback: "nopreempt",
  preempt: "nopreempt",
  vips: "virtual_ipaddress",
  vip: "virtual_ipaddress",
  unicast_peer: "unicast",
  unicast_src_ip: "unicast",
  nodes: "unicast",
};

/** The parameter of that name (the page's, or the pair file's word for it), the list of all without a name. */
export function explainParameter(name?: string): Explanation {
  if (name === undefined)
    return { kind: "list", parameters: parameterNames.map((each) => parameterTable[each]) };
  const word = name.toLowerCase().split(".").at(-1) ?? "";
  const known = parameterNames.find((each) => each === word) ?? ownValue(pairFileWords, word);
  if (known !== undefined) return { kind: "parameter", parameter: parameterTable[known] };
  const near = nearest(word, [...parameterNames, ...Object.keys(pairFileWords)]);
  const suggestion =
    near === undefined
      ? undefined
      : (parameterNames.find((each) => each === near) ?? ownValue(pairFileWords, near));
  return {
    kind: "unknown",
    name,
    ...(suggestion === undefined ? {} : { suggestion }),
    names: parameterNames,
  };
}

function ownValue<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

const WIDTH = 100;
const LABEL_WIDTH = 14;

/** The explanation as lines for a terminal, at most {@link WIDTH} columns unless a word is longer. */
export function renderExplanation(explanation: Explanation): string[] {
  if (explanation.kind === "parameter") return renderParameter(explanation.parameter);
  if (explanation.kind === "list") return renderList(explanation.parameters);
  const meant = explanation.suggestion === undefined ? "" : ` Did you mean ${explanation.suggestion}?`;
  return [
    `${explanation.name} is not in the table.${meant}`,
    ...labelled("The table has", explanation.names.join(", ")),
  ];
}

function renderParameter(parameter: Parameter): string[] {
  const { page, keepalived, pairFile } = parameter;
  return [
    parameter.name,
    "",
    "The page",
    ...labelled("default", page.default),
    ...labelled("acceptable", page.acceptable),
    ...labelled("recommended", page.recommended),
    ...labelled("notes", page.notes),
    "",
    "keepalived",
    ...labelled("default", keepalived.default),
    ...labelled("accepts", keepalived.accepts),
    ...labelled("otherwise", keepalived.otherwise),
    ...keepalived.facts.flatMap((fact) => labelled("", fact)),
    "",
    "Where they differ",
    ...(parameter.differences.length === 0
      ? labelled("", "Nowhere: the page's figures are keepalived's.")
      : parameter.differences.flatMap(({ text, versions }) =>
          labelled("", `${text} (keepalived ${versions})`),
        )),
    "",
    "hapair",
    ...labelled("pair.yaml", pairFile.key ?? "no key: hapair decides"),
    ...labelled("classic", pairFile.classic),
    ...labelled("fast", pairFile.fast),
  ];
}

function renderList(parameters: readonly Parameter[]): string[] {
  const heading = ["Parameter", "Default", "Acceptable", "Recommended", "pair.yaml"];
  const rows = parameters.map(({ name, page, pairFile }) => [
    name,
    page.default,
    page.acceptable,
    page.recommended,
    pairFile.key ?? "-",
  ]);
  const widths = heading.map((_, column) =>
    Math.max(...[heading, ...rows].map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(heading), ...rows.map(line)];
}

function labelled(label: string, text: string): string[] {
  const lines: string[] = [];
  let current = `  ${label.padEnd(LABEL_WIDTH)}`;
  let empty = true;
  for (const word of text.split(" ")) {
    if (!empty && current.length + 1 + word.length > WIDTH) {
      lines.push(current);
      current = " ".repeat(LABEL_WIDTH + 2);
      empty = true;
    }
    current += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, current.trimEnd()];
}
