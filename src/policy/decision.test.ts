// What peers say is read strictly: every decision survives JSON, and anything else is none.

import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { consentOf } from "./consent.ts";
import { type Decision, gradeIn, MOVING_RULES_MAX, readDecision } from "./decision.ts";
import type { Reading } from "./traffic.ts";

const readings = fc.constantFrom<Reading>("whole", "broken", "dead", "unknown");
const fits = fc.constantFrom<Decision["fit"]>("yes", "no", "unknown");
const grades = fc.dictionary(fc.string({ maxLength: 12 }), readings, { maxKeys: 6 });
const decisions: fc.Arbitrary<Decision> = fc.record(
  {
    fit: fits,
    grades,
    givenUp: fc.boolean(),
    request: fc.integer({ min: 1 }),
    grant: fc.record({ session: fc.string({ maxLength: 20 }), request: fc.integer({ min: 1 }) }),
  },
  { requiredKeys: ["fit", "grades", "givenUp"] },
);

describe("a decision", () => {
  it("survives JSON", () => {
    fc.assert(
      fc.property(decisions, (decision) => {
        const sent: unknown = JSON.parse(JSON.stringify(decision));
        expect(readDecision(sent)).toEqual(sent);
      }),
    );
  });

  it("is nothing else, and no exception either", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(readDecision(value)).toBeUndefined();
      }),
    );
  });

  const good = { fit: "yes", grades: { web: "whole" }, givenUp: false };
  const rules = (count: number): unknown =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`rule ${index}`, "whole"]));

  test.each<[string, unknown]>([
    ["another fitness", { ...good, fit: true }],
    ["another grade", { ...good, grades: { web: "fine" } }],
    ["grades in a list", { ...good, grades: ["whole"] }],
    ["no opinion", { fit: "yes", grades: {} }],
    ["a request without a number", { ...good, request: "1" }],
    ["request 0", { ...good, request: 0 }],
    ["half a request", { ...good, request: 1.5 }],
    ["a grant without a session", { ...good, grant: { request: 1 } }],
    ["a grant of nothing", { ...good, grant: null }],
    ["too many rules", { ...good, grades: rules(MOVING_RULES_MAX + 1) }],
  ])("with %s is none", (_, value) => {
    expect(readDecision(value)).toBeUndefined();
  });

  it("with as many rules as are allowed is one, and what it says beyond is dropped", () => {
    expect(readDecision({ ...good, grades: rules(MOVING_RULES_MAX) })).toBeDefined();
    expect(readDecision({ ...good, more: 1 })).toEqual(good);
  });

  it("knows nothing of rules that objects have by nature", () => {
    for (const rule of ["constructor", "__proto__", "toString"])
      expect(gradeIn({ grades: {} }, rule)).toBe("unknown");
    const said = readDecision(JSON.parse('{"fit":"yes","givenUp":false,"grades":{"__proto__":"dead"}}'));
    expect(said === undefined ? undefined : gradeIn(said, "__proto__")).toBe("dead");
  });
});

describe("consent", () => {
  const taker = (given: Record<string, Reading>, more: Partial<Decision> = {}): Decision => ({
    ...{ fit: "yes", givenUp: false, grades: given },
    ...more,
  });

  test.each<[string, Record<string, Reading>, Decision, string]>([
    ["better", { web: "broken" }, taker({ web: "whole" }), "yes"],
    ["less bad", { web: "dead" }, taker({ web: "broken" }), "yes"],
    ["as bad", { web: "broken" }, taker({ web: "broken" }), "no"],
    ["worse", { web: "broken" }, taker({ web: "dead" }), "no"],
    ["both whole", { web: "whole" }, taker({ web: "whole" }), "no"],
    [
      "better for one, worse for another",
      { web: "broken", api: "whole" },
      taker({ web: "whole", api: "broken" }),
      "no",
    ],
    ["better for one, unknown for another", { web: "broken", api: "whole" }, taker({ web: "whole" }), "yes"],
    ["unknown where it counts", { web: "broken" }, taker({}), "unknown"],
    ["not known here", { web: "unknown" }, taker({ web: "whole" }), "unknown"],
    ["unknown where nothing could be better", { web: "whole" }, taker({ web: "unknown" }), "no"],
    [
      "worse for a rule that is not known here",
      { web: "broken" },
      taker({ web: "whole", api: "dead" }),
      "yes",
    ],
    ["unfit", { web: "dead" }, taker({ web: "whole" }, { fit: "no" }), "no"],
    ["perhaps fit", { web: "dead" }, taker({ web: "whole" }, { fit: "unknown" }), "unknown"],
    ["perhaps fit, but no better", { web: "dead" }, taker({ web: "dead" }, { fit: "unknown" }), "no"],
    ["given up", { web: "dead" }, taker({ web: "whole" }, { givenUp: true }), "no"],
  ])("of a node that is %s", (_, own, other, verdict) => {
    expect(consentOf({ grades: own }, other).verdict).toBe(verdict);
  });

  it("is never mutual", () => {
    fc.assert(
      fc.property(decisions, decisions, (left, right) => {
        const both = [consentOf(left, right), consentOf(right, left)];
        expect(both.every((one) => one.verdict === "yes")).toBe(false);
      }),
    );
  });
});
