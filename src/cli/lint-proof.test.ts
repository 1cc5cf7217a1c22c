// The rules of `hapair lint --prove`: each example of theirs is proved, comments silence as elsewhere, and what a person chooses is asked.

import { describe, expect, it } from "vitest";
import { pairFiles } from "../../test/support/pairs.ts";
import { sourceText } from "../diagnostics/index.ts";
import { lintNodes, type LintNodeInput, proofRules } from "../lint/index.ts";
import { loadPair } from "../model/index.ts";
import { promiseNames } from "../prove/index.ts";
import { proofOfFiles, proofOfPair } from "./lint-proof.ts";

type Files = Readonly<Record<string, string>>;

function inputsOf(files: Files): LintNodeInput[] {
  return Object.entries(files).map(([name, text]) => ({ name, main: sourceText(`${name}.conf`, text) }));
}

function codesOf(files: Files): string[] {
  const pairFile = Object.entries(files).find(([name]) => name.endsWith("pair.yaml"));
  if (pairFile === undefined) return proofOfFiles(inputsOf(files), {}).diagnostics.map(({ code }) => code);
  const loaded = loadPair("pair.yaml", `${pairFiles["classic"]}${pairFile[1]}`);
  return proofOfPair(loaded.pair!, loaded, {}).map(({ code }) => code);
}

describe.each(proofRules.map((rule) => [rule.name, rule] as const))("%s", (_name, rule) => {
  it("is broken by its bad example, and by its good one nothing is", () => {
    expect(codesOf(rule.bad)).toContain(rule.code);
    expect(codesOf(rule.good)).toEqual([]);
  });

  it("is about a promise that there is", () => {
    expect(promiseNames).toContain(rule.promise);
  });
});

const { bad } = proofRules.find(({ promise }) => promise === "check-moves-vip")!;

it("points at the instance of the node that was struck last", () => {
  const { diagnostics } = proofOfFiles(inputsOf(bad), {});
  const [finding] = diagnostics;
  expect(finding).toMatchObject({ code: "HP705", file: "lb1.conf", severity: "error" });
  expect(bad["lb1"]!.slice(finding!.span!.start, finding!.span!.end)).toBe("vrrp_instance VI_1 {");
  expect(finding!.message).toBe("lb1: systemctl stop haproxy: lb1 keeps the VIP, and HAProxy there is down");
});

it("is silenced by a comment with a reason, and a comment that silences nothing is told", () => {
  const above = (text: string, code: string): string =>
    text.replace(
      "vrrp_instance",
      `# hapair-ignore ${code}: the switch in front has a check of its own\nvrrp_instance`,
    );
  const silenced = inputsOf({ ...bad, lb1: above(bad["lb1"]!, "HP705") });
  const result = lintNodes(silenced, { further: proofOfFiles(silenced, {}) });
  expect(result.suppressed.map(({ diagnostic }) => diagnostic.code)).toEqual(["HP705"]);
  expect(result.diagnostics.map(({ code }) => code)).not.toContain("HP705");
  const idle = inputsOf({ ...bad, lb1: above(bad["lb1"]!, "HP703") });
  const told = (further?: ReturnType<typeof proofOfFiles>): string[] =>
    lintNodes(idle, further === undefined ? {} : { further }).diagnostics.map(({ code }) => code);
  expect(told(proofOfFiles(idle, {}))).toContain("HP990");
  // Nobody proved anything, so nobody can say.
  expect(told()).not.toContain("HP990");
});

it("asks what was chosen, as bad as it was called", () => {
  const only = { selection: { only: ["HP703"] } };
  expect(proofOfFiles(inputsOf(bad), only)).toEqual({ codes: ["HP703"], diagnostics: [] });
  const milder = { selection: { severities: new Map([["HP705", "warning" as const]]) } };
  expect(proofOfFiles(inputsOf(bad), milder).diagnostics[0]?.severity).toBe("warning");
});

it("says nothing about one node alone", () => {
  expect(proofOfFiles(inputsOf({ lb1: bad["lb1"]! }), {})).toEqual({ codes: [], diagnostics: [] });
});
