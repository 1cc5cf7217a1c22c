// The rules on authentication. No password may come out of them, so every finding here is searched for the ones that went in.

import { afterAll, describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { exampleNode } from "../examples/example-instance.ts";
import { lintedNode } from "../node.ts";
import { virtualRouters } from "../routers.ts";
import type { Finding, Rule } from "../rule.ts";
import { rule as hp320 } from "./hp320-password-truncated.ts";
import { rule as hp321 } from "./hp321-password-differs.ts";
import { rule as hp322 } from "./hp322-password-ignored.ts";
import { rule as hp323 } from "./hp323-password-missing.ts";
import { rule as hp324 } from "./hp324-password-cut.ts";
import { rule as hp325 } from "./hp325-auth-ah.ts";

const said: string[] = [];

function findings(rule: Rule, files: Readonly<Record<string, string>>): Finding[] {
  const nodes = Object.entries(files).map(([name, text]) =>
    lintedNode({ name, main: sourceText(`${name}.conf`, text) }, "2.4.3"),
  );
  const found = [...rule.check({ nodes, routers: virtualRouters(nodes), version: "2.4.3" })];
  for (const { message, consequence, advice, related = [] } of found) {
    said.push(message, consequence, advice, ...related.map((each) => each.message));
  }
  return found;
}

function messages(rule: Rule, files: Readonly<Record<string, string>>): string[] {
  return findings(rule, files).map((finding) => finding.message);
}

/** lb1's or lb2's file with these lines in its authentication block; undefined: without the block. */
function file(index: 0 | 1, block: string | undefined, ...lines: string[]): string {
  const pattern = /^ *authentication \{[^}]*\}\n/m;
  return exampleNode(index, { lines }).replace(
    pattern,
    block === undefined ? "" : `    authentication {\n${block}\n    }\n`,
  );
}

const pass = (password: string): string => `auth_type PASS\nauth_pass ${password}`;

afterAll(() => {
  expect(said.filter((text) => /zQ9|wX7|kV3/.test(text))).toEqual([]);
});

describe("HP320 password-truncated", () => {
  it("counts bytes", () => {
    expect(messages(hp320, { lb1: file(0, pass("zQ9zQ9zQ9")) })).toEqual([
      "lb1: the auth_pass of LB_VIP has 9 bytes, keepalived uses the first 8",
    ]);
    expect(messages(hp320, { lb1: file(0, pass("zQ9ääää")) })).toHaveLength(1);
    expect(messages(hp320, { lb1: file(0, pass("zQ9zQ9zQ")) })).toEqual([]);
    expect(messages(hp320, { lb1: file(0, pass('"zQ9 zQ9 "')) })).toEqual([]);
  });

  it("offers no change, since it would write a password", () => {
    expect(findings(hp320, { lb1: file(0, pass("zQ9zQ9zQ9")) }).map((each) => each.fix)).toEqual([undefined]);
  });

  it("is silent where there is no authentication in the end", () => {
    expect(messages(hp320, { lb1: file(0, pass("zQ9zQ9zQ9"), "version 3") })).toEqual([]);
    expect(messages(hp320, { lb1: file(0, pass("zQ9zQ9zQ9"), "strict_mode") })).toEqual([]);
  });
});

describe("HP321 password-differs", () => {
  it("compares the first eight bytes", () => {
    const lb1 = file(0, pass("zQ9zQ9zQ1"));
    expect(messages(hp321, { lb1, lb2: file(1, pass("zQ9zQ9zQ2")) })).toEqual([]);
    expect(messages(hp321, { lb1, lb2: file(1, pass("zQ9zQ9zq1")) })).toEqual([
      "lb2 and lb1 have passwords that differ within the first 8 bytes",
    ]);
    expect(messages(hp321, { lb1, lb2: file(1, pass("zQ9zQ9z")) })).toHaveLength(1);
  });

  it("knows quotes and definitions", () => {
    const lb1 = file(0, pass("zQ9wX7"));
    expect(messages(hp321, { lb1, lb2: file(1, pass('"zQ9wX7"')) })).toEqual([]);
    expect(messages(hp321, { lb1, lb2: `$PASS=zQ9wX7\n${file(1, pass("$PASS"))}` })).toEqual([]);
    expect(messages(hp321, { lb1, lb2: `$PASS=kV3wX7\n${file(1, pass("$PASS"))}` })).toHaveLength(1);
  });

  it("compares types, and nodes with and without", () => {
    const lb1 = file(0, pass("zQ9"));
    expect(messages(hp321, { lb1, lb2: file(1, undefined) })).toEqual([
      "lb2 has no authentication, lb1 has auth_type PASS",
    ]);
    expect(messages(hp321, { lb1, lb2: file(1, "auth_type AH\nauth_pass zQ9") })).toEqual([
      "lb2 has auth_type AH, lb1 has auth_type PASS",
    ]);
    expect(messages(hp321, { lb1, lb2: file(1, "auth_type PASS") })).toHaveLength(1);
    expect(messages(hp321, { lb1: file(0, undefined), lb2: file(1, undefined) })).toEqual([]);
  });

  it.each(["YOUR_PASSWORD", "<password>", "$UNDEFINED", "xxxxxxxx", "{{ vrrp_password }}"])(
    "is silent about %s",
    (placeholder) => {
      expect(messages(hp321, { lb1: file(0, pass("zQ9")), lb2: file(1, pass(placeholder)) })).toEqual([]);
    },
  );

  it("is silent where another thing keeps the nodes apart", () => {
    const lb1 = file(0, pass("zQ9"));
    expect(messages(hp321, { lb1, lb2: file(1, pass("kV3"), "version 3") })).toEqual([]);
    const otherId = file(1, pass("kV3")).replace("virtual_router_id 50", "virtual_router_id 51");
    expect(messages(hp321, { lb1, lb2: otherId })).toEqual([]);
  });

  it("looks at every node", () => {
    const third = file(1, pass("kV3")).replace("192.0.2.12", "192.0.2.13");
    const found = findings(hp321, { lb1: file(0, pass("zQ9")), lb2: file(1, pass("zQ9")), lb3: third });
    expect(found.map((each) => each.at.node.name)).toEqual(["lb3"]);
  });
});

describe("HP322 password-ignored", () => {
  it("says why", () => {
    expect(messages(hp322, { lb1: file(0, pass("zQ9"), "version 3") })).toEqual([
      "lb1: LB_VIP has no authentication in spite of its block: it is version 3",
    ]);
    expect(messages(hp322, { lb1: file(0, pass("zQ9"), "strict_mode") }).join()).toContain("strict mode");
  });

  it("is silent in version 2", () => {
    expect(messages(hp322, { lb1: file(0, pass("zQ9")) })).toEqual([]);
  });
});

describe("HP323 password-missing", () => {
  it("is said once for a router", () => {
    const found = findings(hp323, { lb1: file(0, undefined), lb2: file(1, undefined) });
    expect(found.map((each) => [each.message, each.related?.length])).toEqual([
      ["lb1: LB_VIP has no authentication", 1],
    ]);
  });

  it("is silent where a node has some, and in version 3", () => {
    expect(messages(hp323, { lb1: file(0, pass("zQ9")), lb2: file(1, undefined) })).toEqual([]);
    expect(messages(hp323, { lb1: file(0, undefined, "version 3") })).toEqual([]);
  });
});

describe("HP324 password-cut", () => {
  it.each([
    ["a hash", "zQ9#kV3"],
    ["an exclamation mark", "zQ9!kV3"],
    ["a hash behind a backslash", "zQ9\\#kV3"],
    ["a hash at the end", "zQ9#"],
  ])("sees %s", (_name, written) => {
    const [found] = findings(hp324, { lb1: file(0, pass(written)) });
    expect(found?.message).toMatch(
      /ends before the [#!] inside it, which begins a comment: 3 bytes are left$/,
    );
    expect(found?.severity).toBeUndefined();
  });

  it("is less certain where the comment is more than a word", () => {
    const found = findings(hp324, { lb1: file(0, pass("zQ9# the old one")) });
    expect(found.map((each) => each.severity)).toEqual(["warning"]);
  });

  it.each([
    ["a comment behind a blank", "zQ9 # the old one"],
    ["a comment of one word behind a blank", "zQ9 #old"],
    ["quotes", '"zQ9#kV3"'],
    ["a comment behind quotes", '"zQ9"# note'],
    ["a plain word", "zQ9"],
    ["a mark behind the part that counts", "zQ9zQ9zQ9#kV3"],
  ])("takes %s", (_name, written) => {
    expect(messages(hp324, { lb1: file(0, pass(written)) })).toEqual([]);
  });

  it("sees a password that is all comment", () => {
    expect(messages(hp324, { lb1: file(0, pass("#zQ9")) })).toEqual([
      "lb1: the auth_pass of LB_VIP begins with #, which begins a comment: no password is left",
    ]);
  });

  it("sees what stands behind another keyword", () => {
    expect(messages(hp324, { lb1: file(0, "auth_type PASS auth_pass zQ9") })).toEqual([
      "lb1: auth_pass of LB_VIP stands on the line of auth_type, and keepalived reads one keyword in a line",
    ]);
    expect(messages(hp324, { lb1: file(0, "auth_pass zQ9 auth_type PASS") })).toEqual([
      "lb1: auth_type of LB_VIP stands on the line of auth_pass, and keepalived reads one keyword in a line",
    ]);
    const oneLine = exampleNode(0).replace(
      /authentication \{[^}]*\}/,
      "authentication { auth_type PASS auth_pass zQ9 }",
    );
    expect(messages(hp324, { lb1: oneLine })).toHaveLength(1);
    expect(messages(hp324, { lb1: file(0, `auth_type PASS auth_pass zQ9\n${pass("zQ9")}`) })).toEqual([]);
  });

  it("is silent in version 3, where there is no password", () => {
    expect(messages(hp324, { lb1: file(0, pass("zQ9#kV3"), "version 3") })).toEqual([]);
  });
});

describe("HP325 auth-ah", () => {
  const block = "auth_type AH\nauth_pass zQ9";

  it("says what becomes of state MASTER", () => {
    const master = file(0, block).replace("state BACKUP", "state MASTER");
    expect(messages(hp325, { lb1: master, lb2: file(1, block) })).toEqual([
      "lb1: LB_VIP has auth_type AH, and keepalived takes its state MASTER away",
      "lb2: LB_VIP has auth_type AH",
    ]);
  });

  it("is silent about PASS and in version 3", () => {
    expect(messages(hp325, { lb1: file(0, pass("zQ9")) })).toEqual([]);
    expect(messages(hp325, { lb1: file(0, block, "version 3") })).toEqual([]);
  });
});
