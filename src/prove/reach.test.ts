// Ways to a world against a plain list of them.

import { array, assert, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import { isSurpassed, reachedBy, reachWith, UNREACHED, type WayLength } from "./reach.ts";

const ways = record({ depth: integer({ min: 0, max: 14 }), overlaps: integer({ min: 0, max: 7 }) });
const isWithin = (one: WayLength, other: WayLength): boolean =>
  one.depth <= other.depth && one.overlaps <= other.overlaps;

test("knows whether a way as short has been noted, and whether a shorter one has", () => {
  assert(
    property(array(ways, { maxLength: 12 }), ways, (noted, way) => {
      const reach = noted.reduce(reachWith, UNREACHED);
      expect(reachedBy(reach, way)).toBe(noted.some((one) => isWithin(one, way)));
      expect(isSurpassed(reach, way)).toBe(
        noted.some((one) => isWithin(one, way) && (one.depth < way.depth || one.overlaps < way.overlaps)),
      );
    }),
  );
});
