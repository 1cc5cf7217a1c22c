import * as fc from "fast-check";
import { expect, test } from "vitest";
import { incidentFromDetail, incidentToDetail } from "./incident-detail.ts";
import { conditionCodes, type Incident, severities } from "./incidents.ts";

const incident: fc.Arbitrary<Incident> = fc.record({
  id: fc.stringMatching(/^[0-9a-f]{16}$/),
  condition: fc.constantFrom(...conditionCodes),
  scope: fc.string({ maxLength: 60 }),
  severity: fc.constantFrom(...severities),
  phase: fc.constantFrom("opened", "updated", "resolved"),
  revision: fc.integer({ min: 1, max: 1000 }),
  openedAtMs: fc.integer({ min: 0, max: 2e12 }),
  changedAtMs: fc.integer({ min: 0, max: 2e12 }).map((atMs) => atMs + 0.125),
  title: fc.string({ maxLength: 100 }),
  text: fc.string({ maxLength: 300 }),
  owner: fc.string({ maxLength: 30 }),
  // "__proto__" as a name cannot be: conditions name their figures.
  detail: fc.dictionary(fc.stringMatching(/^[a-z.]{1,12}$/), fc.string({ maxLength: 60 }), { maxKeys: 20 }),
});

test("what is told of an incident is read back as the same incident", () => {
  fc.assert(
    fc.property(incident, (told) => {
      expect(incidentFromDetail(told.id, told.phase, incidentToDetail(told))).toEqual({
        ...told,
        detail: { ...told.detail },
      });
    }),
  );
});

test("it stays within what one event may hold", () => {
  const huge: Incident = {
    id: "0123456789abcdef",
    condition: "vip-moved",
    scope: "ext-lb",
    severity: "info",
    phase: "opened",
    revision: 1,
    openedAtMs: 0,
    changedAtMs: 0,
    title: "t".repeat(10_000),
    text: "x".repeat(10_000),
    owner: "extlb-01",
    detail: Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`figure${index}`, "y".repeat(1000)]),
    ),
  };
  const detail = incidentToDetail(huge);
  expect(Object.keys(detail).length).toBeLessThanOrEqual(40);
  expect(JSON.stringify(detail).length).toBeLessThan(6000);
});

test.each<[string, string, Record<string, string> | undefined]>([
  ["nothing", "opened", undefined],
  ["no field", "opened", {}],
  ["an unknown phase", "reopened", { condition: "vip-moved" }],
  [
    "a number that is none",
    "opened",
    {
      condition: "vip-moved",
      severity: "info",
      scope: "s",
      title: "t",
      text: "x",
      owner: "o",
      revision: "many",
      openedAtMs: "0",
      changedAtMs: "0",
    },
  ],
])("%s is no incident", (_, phase, detail) => {
  expect(incidentFromDetail("0123456789abcdef", phase, detail)).toBeUndefined();
});
