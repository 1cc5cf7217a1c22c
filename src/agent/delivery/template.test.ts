// Templates: what they become, and what is told about those that are wrong.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { anyNotice, sampleNotice, sender } from "../../../test/support/agent-notices.ts";
import { noticeDocument, noticeFields } from "./notice-document.ts";
import { filledTemplate, templateProblems } from "./template.ts";

it("puts values in, and nothing for names that it does not know", () => {
  const document = noticeDocument(sampleNotice("updated"), sender);
  expect(
    filledTemplate(
      '{"a":"{{title}}","b":{{ revision }},"c":"{{detail.address}}{{detail.none}}{{nonsense}}{{toString}}","d":"{{detail}}"}',
      document,
    ),
  ).toMatchInlineSnapshot(
    `"{"a":"ext-lb: two nodes hold 10.150.160.32 (extlb-01, extlb-02)","b":2,"c":"10.150.160.32","d":"{\\"address\\":\\"10.150.160.32\\",\\"nodes\\":\\"extlb-01, extlb-02\\"}"}"`,
  );
});

it("stays JSON whatever the notice holds", () => {
  const names = [...Object.keys(noticeFields), "detail.address", "detail.__proto__"];
  const template = `{${names.map((name, index) => `"${index}":"{{${name}}}"`).join(",")}}`;
  fc.assert(
    fc.property(anyNotice, (notice) => {
      const document = noticeDocument(notice, sender);
      const filled = JSON.parse(filledTemplate(template, document)) as Record<string, string>;
      expect(filled[String(names.indexOf("title"))]).toBe(document.title);
      expect(filled[String(names.indexOf("text"))]).toBe(document.text);
    }),
  );
});

it("does not read a value as a template", () => {
  const document = noticeDocument(sampleNotice("opened", { title: "{{text}} $& $1" }), sender);
  expect(filledTemplate("{{title}}", document)).toBe("{{text}} $& $1");
});

it("tells what is wrong with a template", () => {
  expect(templateProblems('{"text":"{{title}} {{detail.from}}","n":{{revision}}}')).toEqual([]);
  expect(templateProblems('{"text":"{{titel}} {{zzzzzzzzz}} {{title"}')).toMatchInlineSnapshot(`
    [
      "{{titel}} is no value of a notice and stays empty: did you mean {{title}}?",
      "{{zzzzzzzzz}} is no value of a notice and stays empty: the names are version, notice, incident, revision, phase, severity, condition, scope, title, text, pair, node, owner, route, openedAt, changedAt, createdAt, hapair, detail and detail.NAME",
      "1 {{ is not closed by }}, and sent as it stands",
    ]
  `);
  expect(templateProblems('{"text": {{title}}}')).toMatchInlineSnapshot(`
    [
      "filled in, it is not JSON: put values of text between double quotes",
    ]
  `);
  expect(templateProblems("{{".repeat(50_000)).length).toBeLessThan(5);
});
