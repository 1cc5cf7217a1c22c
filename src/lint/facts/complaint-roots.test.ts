// Complaints grouped by their root cause, and lines that were never meant for keepalived told from those that were.

import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { junkOf, linesOfFollowers, lostKeywords, plainRoots, rootComplaints } from "./complaint-roots.ts";
import { exampleFile } from "../examples/example-file.ts";
import { lintedNode } from "../node.ts";
import type { LintedNode } from "../subject.ts";

function node(text: string): LintedNode {
  return lintedNode({ name: "lb1", main: sourceText("lb1.conf", text) }, "2.2.7");
}

describe("rootComplaints", () => {
  it("has one root for a brace that is one too many, with all that is lost", () => {
    const lb1 = node(exampleFile().replace("    nopreempt\n", "    nopreempt\n    }\n"));
    const roots = rootComplaints(lb1);
    expect(roots).toHaveLength(1);
    expect(roots[0]?.complaint.kind).toBe("extra-close");
    expect(lostKeywords(roots[0]!)).toBe(
      "unicast_src_ip, unicast_peer, check_unicast_src, authentication and 4 more keywords",
    );
    expect(linesOfFollowers(lb1, roots[0]!)).toBe("lines 19 to 34");
  });

  it("has none for a sound file", () => {
    expect(rootComplaints(node(exampleFile()))).toEqual([]);
  });
});

describe("junkOf", () => {
  it.each([
    ["[root@lb1 ~]# vi /etc/keepalived/keepalived.conf", "a shell prompt"],
    ["admin@lb1:~$ cat keepalived.conf", "a shell prompt"],
    ["$ cat keepalived.conf", "a shell command"],
    ["sudo vi /etc/keepalived/keepalived.conf", "a shell command"],
    ["```conf", "a Markdown fence"],
    ["<<<<<<< HEAD", "a mark of a merge conflict"],
    ["/etc/keepalived/keepalived.conf", "a file name"],
    ["// a comment", "a comment in the style of another language (keepalived's begins with # or !)"],
  ])("knows %s", (line, what) => {
    const lb1 = node(`${line}\n${exampleFile()}`);
    expect(rootComplaints(lb1).map(({ complaint }) => junkOf(lb1, complaint))).toContain(what);
    expect(plainRoots(lb1, "unknown-keyword")).toEqual([]);
  });

  it.each(["rrp_script x", "prioritty 100", "lvs_id lb1"])("takes %s for configuration", (line) => {
    const lb1 = node(`${line}\n${exampleFile()}`);
    expect(rootComplaints(lb1).map(({ complaint }) => junkOf(lb1, complaint))).toEqual([undefined]);
  });
});
