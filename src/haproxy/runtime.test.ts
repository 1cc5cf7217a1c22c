// Answers of the runtime socket, cut down from those of HAProxy 2.6.

import { describe, expect, it } from "vitest";
import { readShowInfo, readShowStat } from "./runtime.ts";

describe("show stat", () => {
  it("is rows with columns by name", () => {
    const csv = `# pxname,svname,qcur,status,check_status,desc,
web,FRONTEND,,OPEN,,,
web,s1,0,UP,L7OK,"first, or ""main""",
web,s2,0,DOWN 1/2,* L4CON,"",

`;
    const rows = readShowStat(csv);
    expect(
      rows.map((row) => [row.pxname, row.svname, row.status, row.checkStatus, row.columns.get("desc")]),
    ).toEqual([
      ["web", "FRONTEND", "OPEN", "", ""],
      ["web", "s1", "UP", "L7OK", 'first, or "main"'],
      ["web", "s2", "DOWN 1/2", "* L4CON", ""],
    ]);
  });

  it("is nothing where the answer is something else", () => {
    expect(readShowStat("")).toEqual([]);
    expect(readShowStat("Permission denied\n")).toEqual([]);
    expect(readShowStat('# pxname,svname\n"open')).toEqual([]);
  });
});

describe("show info", () => {
  it("is values by name", () => {
    const info = readShowInfo(
      "Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nnode: extlb-01\ndescription: a: b\nbroken\n\n",
    );
    expect(info.get("Version")).toBe("2.6.12-1+deb12u4");
    expect(info.get("description")).toBe("a: b");
    expect(info.size).toBe(4);
  });
});
