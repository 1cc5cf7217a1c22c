// readAsDaemon: blocks end where the daemon ends them, the tree has only what it took, and what follows from a mistake is told as that.

import { describe, expect, it } from "vitest";
import type { Complaint } from "./complaint.ts";
import { type Block, printConfig } from "./cst.ts";
import { readAsDaemon } from "./daemon-reading.ts";
import { effectiveConfig } from "./expand.ts";
import { parseConfig } from "./parser.ts";
import { blocksNamed, statementsIn } from "./query.ts";

function read(text: string, version = "2.2.7"): ReturnType<typeof readAsDaemon> {
  return readAsDaemon(effectiveConfig(parseConfig(text), { configId: "lb1" }), { version });
}

/** `3 unknown-keyword foo <- 1`: line, kind, keyword, and the line of the cause. */
function said(text: string, version?: string): string[] {
  const line = (offset: number): number => text.slice(0, offset).split("\n").length;
  return read(text, version).complaints.map(
    ({ kind, keyword, span, cause }: Complaint) =>
      `${line(span.start)} ${kind} ${keyword}${cause === undefined ? "" : ` <- ${line(cause.start)}`}`,
  );
}

function instance(...lines: readonly string[]): string {
  return [
    "vrrp_instance VI_1 {",
    "interface eth0",
    "virtual_router_id 50",
    "priority 101",
    ...lines,
    "}",
    "",
  ].join("\n");
}

describe("readAsDaemon", () => {
  it("says nothing of a sound file and keeps all of it", () => {
    const text = instance(
      "virtual_ipaddress {",
      "192.0.2.50/32",
      "}",
      "authentication {",
      "auth_type PASS",
      "auth_pass s3cret42",
      "}",
    );
    expect(said(text)).toEqual([]);
    expect(printConfig(read(text).tree).replaceAll(/\s+/g, " ").trim()).toBe(
      text.replaceAll(/\s+/g, " ").trim(),
    );
    expect(read(text).dependsOnVersion).toBe(false);
  });

  it("takes what stands in an unknown block for lines of the block around it, which its brace closes", () => {
    const text = instance("unknown {", "nopreempt", "odd", "}", "advert_int 2");
    expect(said(text)).toEqual([
      "5 unknown-keyword unknown",
      "5 unexpected-open { <- 5",
      "7 unknown-keyword odd <- 5",
      "9 misplaced-keyword advert_int <- 5",
      "10 extra-close } <- 5",
    ]);
    const [block] = blocksNamed(read(text).tree.items, "vrrp_instance") as [Block];
    expect(statementsIn(block.items).map((each) => each.keyword.value)).toEqual([
      "interface",
      "virtual_router_id",
      "priority",
      "nopreempt",
    ]);
  });

  it("names the keyword that was meant", () => {
    const { complaints } = read('rrp_script chk {\nscript "/bin/true"\n}\n');
    expect(complaints[0]).toMatchObject({ kind: "unknown-keyword", suggestion: "vrrp_script" });
    expect(complaints.slice(1).every((each) => each.cause?.start === 0)).toBe(true);
  });

  it("finds the brace that is one too many by what comes after it", () => {
    const text = instance("}", "virtual_ipaddress {", "192.0.2.50/32", "}");
    expect(said(text)).toEqual([
      "5 extra-close }",
      "6 misplaced-keyword virtual_ipaddress <- 5",
      "6 unexpected-open { <- 5",
      "7 unknown-keyword 192.0.2.50/32 <- 5",
      "8 extra-close } <- 5",
      "9 extra-close } <- 5",
    ]);
  });

  it("finds the block whose closing brace is missing by what stands in it", () => {
    const text = instance("track_script {", "chk", "virtual_ipaddress {", "192.0.2.50/32", "}");
    expect(said(`vrrp_script chk {\nscript "/bin/true"\n}\n${text}`)).toContain(
      "8 missing-close track_script",
    );
    expect(said(instance().replace("}\n", ""))).toEqual(["1 missing-close vrrp_instance"]);
  });

  it("takes a block without its opening brace all the same", () => {
    expect(said('vrrp_script chk\nscript "/bin/true"\n}\n')).toEqual([
      "1 missing-open vrrp_script",
      // The processes that have nothing to do with scripts do not pass over it.
      "2 misplaced-keyword script <- 1",
      "3 extra-close } <- 1",
    ]);
  });

  it("tells a keyword of another block from one that nobody knows", () => {
    const { complaints } = read('vrrp_script chk {\nscript "/bin/true"\nscript_user root\n}\n');
    expect(complaints).toMatchObject([
      { kind: "misplaced-keyword", context: "vrrp_script", suggestion: "global_defs" },
    ]);
  });

  it("knows keywords by version", () => {
    const text = instance("owner_ignore_adverts");
    expect(said(text, "2.3.2")).toEqual(["5 unknown-keyword owner_ignore_adverts"]);
    expect(said(text, "2.3.3")).toEqual([]);
    expect(read(text).dependsOnVersion).toBe(true);
  });

  it("takes fractions of a second in a script from 2.3.2 on", () => {
    const text = 'vrrp_script chk {\nscript "/bin/true"\ninterval 0.5\n}\n';
    expect(said(text, "2.3.1")).toEqual(["3 invalid-value interval"]);
    expect(said(text, "2.3.2")).toEqual([]);
    expect(read(text, "2.4.3").dependsOnVersion).toBe(true);
  });

  it.each([
    ["priority 256", "priority", "100"],
    ["state SLAVE", "state", "BACKUP"],
    ["garp_master_repeat 0", "garp_master_repeat", "1"],
    ["skip_check_adv_addr off", "skip_check_adv_addr", "on"],
  ])("says what is used for %s", (line, keyword, used) => {
    expect(read(instance(line)).complaints).toContainEqual(
      expect.objectContaining({ kind: "invalid-value", keyword, used }),
    );
  });

  it("exits where an argument is missing", () => {
    expect(read(instance("advert_int")).complaints).toMatchObject([
      { kind: "missing-argument", fatal: true },
    ]);
    expect(read(instance("notify_deleted")).complaints).toEqual([]);
  });

  it("drops what it cannot use, and then does not know it", () => {
    const text = `vrrp_script chk {\ninterval 2\n}\n${instance("track_script {", "chk", "gone", "}")}`;
    expect(said(text)).toEqual(["3 dropped vrrp_script", "9 undefined-name chk", "10 undefined-name gone"]);
  });

  it("passes over the second instance of a name", () => {
    expect(said(instance() + instance())).toEqual(["6 duplicate-name vrrp_instance"]);
    expect(blocksNamed(read(instance() + instance()).tree.items, "vrrp_instance")).toHaveLength(1);
  });

  it("never shows a password", () => {
    const text = instance(
      "authentication {",
      "auth_type PASS",
      "auth_pass verysecretword",
      "auth_pass othersecretword",
      "}",
    );
    expect(JSON.stringify(read(text).complaints)).not.toMatch(/secret/);
    expect(said(text)).toContain("7 password-truncated auth_pass");
  });

  it("glues the backslash at a comment's end to the value before it, up to 2.3.4", () => {
    const text = instance("advert_int 2 # two \\");
    expect(said(text, "2.3.4")).toEqual(["5 invalid-value advert_int"]);
    expect(said(text, "2.4.0")).toEqual([]);
    expect(read(text).dependsOnVersion).toBe(true);
  });

  it("crashes on an open quote in a script line", () => {
    expect(read('vrrp_script chk {\nscript "/bin/true\n}\n').complaints[0]).toMatchObject({
      kind: "unterminated-quote",
      fatal: true,
    });
  });

  it("reads what follows from a line that is too long as that", () => {
    const text = `# ${"story ".repeat(200)}\n${instance()}`;
    const { complaints } = read(text);
    expect(complaints[0]).toMatchObject({ kind: "line-too-long", silent: true });
    expect(complaints.slice(1).every((each) => each.cause !== undefined)).toBe(true);
  });

  it.each(["{", "}", "vrrp_instance a {", "x {\n}\n", "vrrp_instance a {\nunicast_peer {\n"])(
    "takes twenty thousand of %j",
    (piece) => {
      expect(read(piece.repeat(20_000)).complaints.length).toBeGreaterThan(0);
    },
  );
});
