import { expect, it } from "vitest";
import { joinedAcrossNodes } from "./joined.ts";

const finding = (node: string, rest: string, line: number) =>
  ({
    code: "HP405",
    severity: "warning",
    message: `${node}: ${rest}`,
    file: `${node}.conf`,
    span: { start: line, end: line + 1 },
    consequence: "the VIP stays",
    advice: "ask the service",
  }) as const;

it("says once what is the same on both nodes, and points at both", () => {
  const [only, ...more] = joinedAcrossNodes(
    [finding("lb1", "pidof", 3), finding("lb2", "pidof", 7)],
    ["lb1", "lb2"],
  );
  expect(more).toEqual([]);
  expect(only?.message).toBe("lb1 and lb2: pidof");
  expect(only?.related).toEqual([{ file: "lb2.conf", span: { start: 7, end: 8 }, message: "lb2 too" }]);
});

it("keeps apart what differs, and two of one node", () => {
  const given = [finding("lb1", "pidof a", 3), finding("lb1", "pidof a", 9), finding("lb2", "pidof b", 3)];
  expect(joinedAcrossNodes(given, ["lb1", "lb2"])).toEqual(given);
});
