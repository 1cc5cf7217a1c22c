// The command lines of a systemd unit as its files say: the fragment first, then each drop-in in systemd's order; an empty assignment forgets what was before.

import type { UnitCommands } from "../render/index.ts";

/** One file of a unit. */
export interface UnitFile {
  readonly path: string;
  readonly text: string;
}

/** ExecStart= and ExecReload= as written, with variables unexpanded. */
export function unitCommands(files: readonly UnitFile[]): UnitCommands {
  return { execStart: serviceValues(files, "ExecStart"), execReload: serviceValues(files, "ExecReload") };
}

/** Every value of a list setting of [Service] that is in force, in order. */
export function serviceValues(files: readonly UnitFile[], key: string): string[] {
  let values: string[] = [];
  for (const file of files) {
    for (const value of fileValues(file.text, key)) values = value === "" ? [] : [...values, value];
  }
  return values;
}

function fileValues(text: string, key: string): string[] {
  const values: string[] = [];
  let section = "";
  for (const line of logicalLines(text)) {
    const header = /^\[(.+)\]$/.exec(line);
    if (header !== null) section = header[1] ?? "";
    const [name, ...rest] = line.split("=");
    if (section === "Service" && name?.trim() === key && rest.length > 0) values.push(rest.join("=").trim());
  }
  return values;
}

/** Lines with continuations joined and comments left out, also comments between continued lines (systemd.syntax). */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open: string | undefined;
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    if (line.startsWith("#") || line.startsWith(";")) continue;
    const joined: string = open === undefined ? line : `${open} ${line}`;
    if (joined.endsWith("\\")) {
      open = joined.slice(0, -1).trimEnd();
    } else {
      open = undefined;
      if (joined !== "") lines.push(joined);
    }
  }
  if (open !== undefined) lines.push(open);
  return lines;
}
