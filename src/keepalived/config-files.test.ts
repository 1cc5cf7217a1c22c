// Files laid end to end: which file an offset is in, and where in it.

import { describe, expect, it } from "vitest";
import { sourceText } from "../diagnostics/index.ts";
import { addFile, filesOf, locate } from "./config-files.ts";

describe("files laid end to end", () => {
  const main = sourceText("keepalived.conf", "abc\n");
  const included = sourceText("conf.d/a.conf", "x");
  const empty = sourceText("conf.d/empty.conf", "");

  function found(start: number, end: number): string {
    const files = filesOf(main);
    addFile(files, included);
    addFile(files, empty);
    const { source, span } = locate(files, { start, end });
    return `${source.file} ${span.start}-${span.end}`;
  }

  it.each([
    [0, 3, "keepalived.conf 0-3"],
    // The end of the main file, and a span that another file closes.
    [4, 4, "keepalived.conf 4-4"],
    [1, 6, "keepalived.conf 1-4"],
    [5, 6, "conf.d/a.conf 0-1"],
    [6, 6, "conf.d/a.conf 1-1"],
    [7, 7, "conf.d/empty.conf 0-0"],
    [900, 901, "conf.d/empty.conf 0-0"],
    [-1, 2, "keepalived.conf 0-2"],
  ])("%i to %i is %s", (start, end, expected) => {
    expect(found(start, end)).toBe(expected);
  });

  it("has a file once, however often it is included", () => {
    const files = filesOf(main);
    expect([addFile(files, included), addFile(files, empty), addFile(files, included)]).toEqual([5, 7, 5]);
    expect(files.parts.length).toBe(3);
  });
});
