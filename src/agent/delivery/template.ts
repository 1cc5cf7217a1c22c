// A webhook's template: text in which {{name}} stands for a value of the notice. Values are escaped for JSON, so they belong between quotes (or stand alone, for numbers).

import { counted, nearest } from "../../base/index.ts";
import { noticeDocument, type NoticeDocument, noticeFields } from "./notice-document.ts";
import { oneLine } from "./plain-text.ts";

const PLACEHOLDER = /\{\{([^{}]{1,200})\}\}/g;
const DETAIL_PREFIX = "detail.";
/** Of a name that is told in a sentence. */
const SHOWN_NAME_LENGTH_MAX = 60;

/** The template with its values; an unknown name, or a detail that this incident has not, is empty. */
export function filledTemplate(template: string, document: NoticeDocument): string {
  return template.replaceAll(PLACEHOLDER, (_whole, name: string) =>
    jsonEscaped(valueOf(name.trim(), document)),
  );
}

function valueOf(name: string, document: NoticeDocument): string {
  if (name.startsWith(DETAIL_PREFIX)) {
    const key = name.slice(DETAIL_PREFIX.length);
    return Object.hasOwn(document.detail, key) ? (document.detail[key] ?? "") : "";
  }
  if (!isFieldName(name)) return "";
  const value = document[name];
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isFieldName(name: string): name is keyof NoticeDocument {
  return Object.hasOwn(noticeFields, name);
}

function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** What is wrong with a template, a sentence each; none: it makes valid JSON with known names. */
export function templateProblems(template: string): string[] {
  const names = [...new Set([...template.matchAll(PLACEHOLDER)].map((match) => (match[1] ?? "").trim()))];
  const problems = names
    .filter((name) => !isFieldName(name) && !/^detail\.\S+$/.test(name))
    .map((name) => {
      const meant = nearest(name, Object.keys(noticeFields));
      const hint =
        meant === undefined
          ? `the names are ${Object.keys(noticeFields).join(", ")} and detail.NAME`
          : `did you mean {{${meant}}}?`;
      return `{{${oneLine(name, SHOWN_NAME_LENGTH_MAX)}}} is no value of a notice and stays empty: ${hint}`;
    });
  const open = template.replaceAll(PLACEHOLDER, "").split("{{").length - 1;
  if (open > 0) problems.push(`${counted(open, "{{ is", "{{ are")} not closed by }}, and sent as it stands`);
  // The engine's own words are not said: they quote the template, and it may hold a token.
  if (!isJson(filledTemplate(template, sample())))
    problems.push("filled in, it is not JSON: put values of text between double quotes");
  return problems;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A notice with quotes, backslashes and line ends in its texts: what has to stay JSON. */
function sample(): NoticeDocument {
  const incident = {
    id: "0123456789abcdef",
    condition: "vip-moved",
    scope: "ext-lb",
    severity: "warning",
    phase: "opened",
    revision: 1,
    openedAtMs: 0,
    changedAtMs: 0,
    title: 'a "title"',
    text: "line 1\nline 2 \\",
    owner: "lb1",
    detail: {},
  } as const;
  const notice = { id: "0123456789abcdef/1/route", route: "route", incident, createdAtMs: 0 };
  return noticeDocument(notice, { pair: "pair", node: "lb1", version: "0" });
}
