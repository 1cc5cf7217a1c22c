// Whatever the text is, loading it gives findings or a pair: it never throws, never hangs, and never shows a literal secret.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tries } from "../../test/support/tries.ts";
import { renderDiagnostic } from "../diagnostics/index.ts";
import { findingTable, loadPair } from "./index.ts";

const GOOD = `pair: ext-lb
profile: classic
nodes:
  lb1: { address: [10.0.0.11, 2001:db8::11], interface: eth0, ssh: "ops@[2001:db8::5]:22" }
  lb2: { address: [10.0.0.12, 2001:db8::12], interface: eth0, ssh: { host: mgmt, port: 22 } }
routers:
  web: { id: 50, prefer: [lb1, lb2], vips: { a: 10.0.0.50/32, b: { address: 2001:db8::50, interface: eth1 } } }
  api: { id: 51, version: 2, advert_int: 1, password: { env: API_PASSWORD }, vips: { c: 10.0.0.51 } }
vrrp: { password: { command: pass show vrrp } }
check: { interval: 2, fall: 2, rise: 1, time_limit: 0.5 }
haproxy: { config: ./haproxy.cfg, files: [{ from: a.pem, to: /etc/haproxy/a.pem, mode: "0600", secret: true }], health: 127.0.0.1:8405 }
promises: { node_loss_ms: 3600, failback: never }
maintenance: { last_resort: take, silence: 12s, limit: 2h, drain: 0s }
network: { keep_configuration: true }
agent: { key: { env: AGENT_KEY }, port: 8406, metrics: node:8407, poll_ms: 250 }
traffic: { web: { backend: web, servers_up: 1, fall: 3, moves: true }, full: { frontend: web, session_share: 0.9 } }
alerts:
  routes:
    ops: { email: [ops@example.com], from: hapair@example.com, smtp: { host: mail, user: u, password: { env: S } } }
    hook: { webhook: https://h.example.com/, secret: { env: H }, headers: { X-Token: { env: T } }, conditions: [no-holder] }
    chat: { slack: { env: SLACK_URL }, severity: info }
  quiet: [{ from: "22:00", to: "07:00", days: [sat, sun], except: critical }]
  patience: { no-holder: 10s }
`;

function check(text: string): void {
  const { pair, diagnostics, source } = loadPair("pair.yaml", text);
  const hasError = diagnostics.some(({ severity }) => severity === "error");
  expect(pair === undefined).toBe(hasError);
  expect(diagnostics.length).toBeLessThanOrEqual(101);
  expect(source.text.length).toBe(text.length);
  for (const diagnostic of diagnostics) {
    expect(Object.hasOwn(findingTable, diagnostic.code)).toBe(true);
    const { span } = diagnostic;
    if (span !== undefined)
      expect(0 <= span.start && span.start <= span.end && span.end <= Math.max(1, text.length)).toBe(true);
    // oxlint-disable-next-line no-control-regex -- Control characters are what must not be there.
    expect(renderDiagnostic(diagnostic, source)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
  }
}

const words = [
  "{",
  "}",
  "[",
  "]",
  ":",
  ": ",
  ",",
  "\n",
  "\n  ",
  "\t",
  "-",
  "- ",
  "#",
  "&a ",
  "*a",
  "!t ",
  "|\n",
  ">",
  '"',
  "'",
  "?",
  "<<: ",
  "---\n",
  "null",
  "~",
  "0",
  "-1",
  "1e9",
  "0x1",
  "true",
  "\u0000",
  "\uFFFD",
  "é",
  "😀",
  "__proto__",
  "constructor",
  "password: s3cret",
  "10.0.0.11",
  "::",
  "lb1",
  "%",
  "@",
  "`",
];

const mutation = fc.record({
  at: fc.nat({ max: GOOD.length }),
  removed: fc.nat({ max: 12 }),
  inserted: fc.oneof(fc.constantFrom(...words), fc.constant(""), fc.string({ maxLength: 6 })),
});

describe("loadPair", () => {
  it("loads the file that is mutated below", () => {
    expect(loadPair("pair.yaml", GOOD).diagnostics).toEqual([]);
  });

  it("never throws on a mutated file", () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        let text = GOOD;
        for (const { at, removed, inserted } of mutations)
          text = text.slice(0, at) + inserted + text.slice(at + removed);
        check(text);
      }),
      { numRuns: tries(80, 400) },
    );
  });

  it("never throws when a value is replaced by another kind of value", () => {
    const values = [...GOOD.matchAll(/(?<=: )[^\s{}[\],]+|\{[^{}]*\}|\[[^[\]]*\]/g)];
    const others = [
      "",
      "null",
      "7",
      "-0.5",
      "true",
      "[]",
      "{}",
      "[[]]",
      "{ a: { b: 1 } }",
      '""',
      '"\\0"',
      "'x y'",
      "2001:db8::1",
      "*a",
      "&a 1",
    ];
    for (const value of values) {
      for (const other of others)
        check(GOOD.slice(0, value.index) + other + GOOD.slice(value.index + value[0].length));
    }
  });

  it("never throws on noise", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), check));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 60 }), (parts) => check(parts.join(""))),
      { numRuns: tries(60, 300) },
    );
  });

  it("shows no literal password, wherever it stands", () => {
    const secret = "geheim-7";
    const places = [
      (text: string) => text.replace("{ env: API_PASSWORD }", secret),
      (text: string) => text.replace("{ env: API_PASSWORD }", `"${secret}"`),
      (text: string) => text.replace("API_PASSWORD", secret),
      (text: string) => text.replace("env: API_PASSWORD", `plain: ${secret}`),
      (text: string) => text.replace("password: { env: API_PASSWORD }", `auth_pass: ${secret}`),
      (text: string) => text.replace("{ env: API_PASSWORD }", `[${secret}, { env: ${secret} }]`),
      (text: string) => text.replace(/vrrp: .*/, `vrrp:\n  password: |\n    ${secret}`),
      (text: string) => text.replace("{ env: AGENT_KEY }", secret),
      (text: string) => text.replace("{ env: SLACK_URL }", `https://hooks.example.com/${secret}`),
      (text: string) => text.replace("{ env: H }", `{ value: ${secret} }`),
      (text: string) => text.replace("{ env: T }", secret),
      (text: string) => text.replace("https://h.example.com/", `https://ops:${secret}@h.example.com/`),
      (text: string) => text.replace("slack: { env: SLACK_URL }", `pagerduty: ${secret}`),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.array(mutation, { maxLength: 2 }), (place, mutations) => {
        let text = place(GOOD);
        for (const { at, inserted } of mutations) {
          // Mutations keep clear of the secret and its key: what is not called a password cannot be known for one.
          const near = text.indexOf(secret);
          if (at < near - 40 || at > near + secret.length)
            text = text.slice(0, at) + inserted + text.slice(at);
        }
        const { diagnostics, source } = loadPair("pair.yaml", text);
        expect(
          diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, source)).join("\n"),
        ).not.toContain(secret);
      }),
      { numRuns: tries(60, 300) },
    );
  });
});

const codes = (text: string): string[] => loadPair("pair.yaml", text).diagnostics.map(({ code }) => code);

describe("files far too large", () => {
  it("refuses 2 MB", () => {
    expect(codes("x".repeat(2_000_000))).toEqual(["HP002"]);
  });

  it.each([
    ["closing brackets", "]".repeat(900_000)],
    ["closers", "}".repeat(900_000)],
    ["commas", `[${",".repeat(900_000)}`],
    ["lines", "a: 1\n".repeat(180_000)],
  ])("refuses a megabyte of %s before reading it", (_name, text) => {
    expect(codes(text)).toEqual(["HP002"]);
  });

  it.each([
    ["brackets", "[".repeat(900_000)],
    ["braces", "{a: ".repeat(200_000)],
    ["list marks", "- ".repeat(450_000)],
    ["key marks", "? ".repeat(450_000)],
    ["keys", "a: ".repeat(300_000)],
    ["blocks", Array.from({ length: 300 }, (_, index) => `${" ".repeat(index)}k:`).join("\n")],
  ])("refuses deep %s", (_name, text) => {
    expect(codes(text)).toEqual(["HP006"]);
  });

  it("refuses aliases that multiply", () => {
    const levels = Array.from(
      { length: 12 },
      (_, index) =>
        `k${index}: &a${index} [${index === 0 ? "x" : Array.from({ length: 9 }, () => `*a${index - 1}`).join(", ")}]`,
    );
    expect(codes(levels.join("\n"))).toContain("HP006");
  });

  it("counts the findings it does not show", () => {
    const { diagnostics } = loadPair(
      "pair.yaml",
      GOOD + Array.from({ length: 500 }, (_, index) => `zebra${index}: 1`).join("\n"),
    );
    expect(diagnostics).toHaveLength(101);
    expect(diagnostics.at(-1)).toMatchObject({
      code: "HP099",
      message: "400 further findings are not shown",
    });
  });
});
