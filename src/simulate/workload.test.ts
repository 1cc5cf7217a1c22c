// What a site costs is known before it is simulated.

import { expect, it } from "vitest";
import { siteNamed } from "../../test/support/simulated-site.ts";
import { advertsHeardPerSecond } from "./workload.ts";

it.each([
  ["classic", 1],
  ["fast", 10],
  // Each of two MASTERs is looked at by both instances of the other node.
  ["active-active", 4],
  ["three-nodes", 2],
])("%s: %i a second", (name, heard) => {
  expect(advertsHeardPerSecond(siteNamed(name))).toBe(heard);
});
