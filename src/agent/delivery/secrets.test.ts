// What of an answer is said: everything that helps, and nothing that shares a piece with a secret.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RouteTarget } from "../../agent-api/index.ts";
import { sayable, secretsOf, WITHHELD } from "./secrets.ts";

const slack: RouteTarget = {
  kind: "slack",
  url: "https://hooks.example.com/services/T01ABCDEF/B02GHIJKL/xXyYzZ0123456789",
};
const smtp: RouteTarget = {
  kind: "smtp",
  host: "mail.example.com",
  port: 587,
  tls: "starttls",
  user: "alerts",
  password: "pw7",
  from: "a@example.com",
  to: [],
};

describe("an answer", () => {
  it.each([
    ["invalid_payload", "invalid_payload"],
    ["  channel\r\n\tis_archived  ", "channel is_archived"],
    ["hooks.example.com: services are down", "hooks.example.com: services are down"],
    ["", ""],
    ["x".repeat(20).concat(" ").repeat(20), expect.stringMatching(/^(x{20} ){9}.*\.\.\.$/)],
    ["<html>\u0000\u202e</html>", "<html>\ufffd\ufffd</html>"],
    ["request eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9abc failed", "request *** failed"],
  ])("%j is said", (answer, said) => {
    expect(sayable(answer, secretsOf(slack))).toEqual(said);
  });

  it.each([
    "no such hook: /services/T01ABCDEF/B02GHIJKL/xXyYzZ0123456789",
    "no such hook: T01ABCDEF",
    "zZ0123456789 is not known",
    "XXYYZZ0123456",
    "/services%2FT01ABCDEF",
    Buffer.from("xXyYzZ0123456789").toString("base64"),
    Buffer.from("xXyYzZ0123456789").toString("hex"),
    // Cut within the shown part and beyond it.
    `${"word ".repeat(38)}xXyYzZ0123456789`,
  ])("%j is withheld", (answer) => {
    expect(sayable(answer, secretsOf(slack))).toBe(WITHHELD);
  });

  it("withholds a short password as well, and both forms of a login", () => {
    for (const answer of ["no pw7 here", "PW7", Buffer.from("\0alerts\0pw7").toString("base64"), "cHc3"])
      expect(sayable(answer, secretsOf(smtp))).toBe(WITHHELD);
    expect(sayable("535 5.7.8 alerts: authentication failed", secretsOf(smtp))).toBe(
      "535 5.7.8 alerts: authentication failed",
    );
  });

  it("is looked at quickly when both it and the secrets are long", () => {
    const long = `https://example.com/${"ab1".repeat(2000)}?x=${"cd2".repeat(2000)}`;
    expect(sayable("ab ".repeat(1400), secretsOf({ kind: "slack", url: long }))).toMatch(/^ab ab/);
  });
});

describe("secrets of a route", () => {
  it("are all that its settings hold", () => {
    const target: RouteTarget = {
      kind: "webhook",
      url: "https://user1:pass1@example.com/path1/a%20b?q=query1",
      secret: "signing1",
      headers: { Authorization: "Bearer bearer1", "Content-Type": "text/plain", "X-Key": "key1" },
      template: '{"chat":"channel-1234","text":"{{title}}"}',
    };
    const secrets = secretsOf(target);
    for (const secret of [
      ...["user1", "pass1", "user1:pass1", "/path1/a%20b", "path1", "a b", "q=query1", "query1"],
      ...["signing1", "bearer1", "Bearer bearer1", "key1", "channel-1234"],
    ])
      expect(secrets).toContain(secret);
    expect(secrets).not.toContain("text/plain");
    expect(secretsOf({ kind: "alertmanager", url: "http://alerts.example.com/api/v2/alerts" })).toEqual([]);
  });

  it("never stand in what is said, wherever they stand in the answer", () => {
    const secret = fc
      .string({ unit: "binary", minLength: 4, maxLength: 60 })
      .filter((text) => text.trim() === text);
    const around = fc.string({ unit: "binary", maxLength: 300 });
    fc.assert(
      fc.property(secret, around, around, (password, before, after) => {
        const said = sayable(before + password + after, secretsOf({ ...smtp, password }));
        expect(said === WITHHELD || !said.toLowerCase().includes(password.toLowerCase())).toBe(true);
      }),
    );
  });
});
