// Notes as comments of pair.yaml: beside the key they belong to, and as lists at the top of the file.

import { sentenceList } from "../base/index.ts";
import { wrapped } from "../diagnostics/index.ts";
import type { ImportNote, PairPath } from "./note.ts";
import { isSettings, type Setting } from "./pair-text.ts";
import type { NamedNode } from "./subject.ts";

const HEADER_COLUMNS = 110;

/** The lines at the top of the file. */
export function headerOf(
  nodes: readonly NamedNode[],
  notes: readonly ImportNote[],
  settings: readonly Setting[],
): string[] {
  const files = nodes.flatMap(({ configuration }) => configuration.files.parts.slice(0, 1));
  const from = sentenceList(files.map(({ source }) => source.file));
  const lines = [
    ...wrapped(
      `The pair that ${from} ${files.length === 1 ? "describes" : "describe"}, as hapair init --from read it. hapair explain NAME says what a parameter does; everything not said here has the document's value.`,
      HEADER_COLUMNS,
    ),
  ];
  const loose = notes.filter((note) => isCommented(note) && placeFor(settings, note.at) === undefined);
  const sections: readonly (readonly [string, readonly ImportNote[]])[] = [
    ["To be known:", loose.filter(({ kind }) => kind !== "missing")],
    ["To be completed:", loose.filter(({ kind }) => kind === "missing")],
    [
      "pair.yaml cannot express, and the rendered files will not have:",
      notes.filter(({ kind }) => kind === "cannot-express"),
    ],
    ["The rendered files do in another way:", notes.filter(({ kind }) => kind === "changed")],
  ];
  for (const [title, items] of sections) {
    if (items.length === 0) continue;
    lines.push("", title);
    for (const { message } of items)
      lines.push(
        ...wrapped(message, HEADER_COLUMNS - 2).map((line, index) => `${index === 0 ? "-" : " "} ${line}`),
      );
  }
  return lines;
}

/** Whether the note is told beside its key; the others are lists at the top. */
function isCommented({ kind }: ImportNote): boolean {
  return kind !== "cannot-express" && kind !== "changed";
}

/** The deepest setting along the path that is there. */
function placeFor(settings: readonly Setting[], path: PairPath | undefined): PairPath | undefined {
  const [key, ...rest] = path ?? [];
  const setting = settings.find((each) => each.key === key);
  if (key === undefined || setting === undefined) return undefined;
  return [key, ...(placeFor(innerSettings(setting), rest) ?? [])];
}

function innerSettings({ value }: Setting): readonly Setting[] {
  return typeof value === "string" || typeof value === "number" || !isSettings(value) ? [] : value;
}

/** The settings with the comments that belong to them. */
export function withComments(settings: readonly Setting[], notes: readonly ImportNote[]): Setting[] {
  const comments = new Map<string, string[]>();
  for (const note of notes.filter(isCommented)) {
    const place = placeFor(settings, note.at)?.join("\n");
    const text = note.kind === "missing" ? `TO DO: ${note.message}` : note.message;
    if (place !== undefined) comments.set(place, [...(comments.get(place) ?? []), text]);
  }
  const visit = (setting: Setting, path: PairPath): Setting => {
    const inner = innerSettings(setting);
    const own = comments.get([...path, setting.key].join("\n")) ?? [];
    return {
      ...setting,
      ...(inner.length === 0 ? {} : { value: inner.map((each) => visit(each, [...path, setting.key])) }),
      comments: [...(setting.comments ?? []), ...own],
    };
  };
  return settings.map((setting) => visit(setting, []));
}
