// What an `include` line of a keepalived.conf stands for on this machine: a glob, relative to the including file's folder.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { type SourceText, sourceText } from "../diagnostics/index.ts";

const MATCHES_MAX = 200;
const FILE_BYTES_MAX = 1024 * 1024;

/**
 * The files that match, in the order of their names; executable and irregular ones are passed over, as the daemon does. Undefined where
 * nobody can say: an absolute path of another machine.
 */
export function readIncluded(pattern: string, fromFile: string): readonly SourceText[] | undefined {
  const absolute = isAbsolute(pattern);
  const paths = bracesExpanded(pattern).flatMap((each) =>
    matches(absolute ? each : join(dirname(fromFile), each)),
  );
  if (paths.length === 0 && absolute) return undefined;
  return paths.slice(0, MATCHES_MAX).flatMap((path) => {
    const text = readable(path);
    return text === undefined ? [] : [sourceText(path, text)];
  });
}

function readable(path: string): string | undefined {
  try {
    const status = statSync(path);
    if (!status.isFile() || (status.mode & 0o111) !== 0 || status.size > FILE_BYTES_MAX) return undefined;
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** `a{b,c}d` as abd and acd; braces are not nested. */
function bracesExpanded(pattern: string): string[] {
  const match = /^(.*?)\{([^{}]*)\}(.*)$/.exec(pattern);
  if (match === null) return [pattern];
  const [, before = "", inner = "", after = ""] = match;
  return inner
    .split(",")
    .slice(0, MATCHES_MAX)
    .flatMap((part) => bracesExpanded(`${before}${part}${after}`));
}

/** The paths that a glob with *, ? and [...] matches; like glob(3) a leading dot must be written. */
function matches(pattern: string): string[] {
  const segments = pattern.split("/");
  let found = [segments[0] === "" ? "/" : ""];
  for (const segment of segments) {
    if (segment === "" || segment === ".") continue;
    found = found.flatMap((folder) => {
      if (!/[*?[]/.test(segment)) return [join(folder, segment)];
      const expression = segmentExpression(segment);
      return entries(folder)
        .filter((name) => expression.test(name) && (!name.startsWith(".") || segment.startsWith(".")))
        .map((name) => join(folder, name));
    });
    found = found.slice(0, MATCHES_MAX);
  }
  return found.filter((path) => readable(path) !== undefined);
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder === "" ? "." : folder).toSorted();
  } catch {
    return [];
  }
}

function segmentExpression(segment: string): RegExp {
  const source = segment.replaceAll(/\[[^\]]+\]|[\s\S]/g, (part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    if (part.length > 1) return part.replace(/^\[!/, "[^").replaceAll("\\", "\\\\");
    return part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`^${source}$`, "s");
}
